"""The run axis: a stack of runs gives each run the bits it has alone.

Only what is measured of it in float32 may differ, by rounding.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from core.activations import ACTIVATIONS
from core.divergence import Divergence
from core.initializers import INITIALIZERS
from core.losses import LOSSES
from core.normalization import NORMS
from core.optimizers import OPTIMIZERS
from core.schedules import SCHEDULES
from core.training import Trainer
from tests.core.engines import LOSS_TASKS, REORDERED, make_trainer

STEPS = 4
# Settings of which each run may have its own.
PER_RUN = ("learning_rate", "momentum", "decay", "l1", "l2", "clip_norm", "clip_value")


def trained(sizes: list[int], seeds: list[int], runs: tuple[int, ...], **changes: Any) -> Trainer:
    trainer = make_trainer(sizes, seeds=seeds, runs=runs, **changes)
    for _ in range(STEPS):
        trainer.step()
    return trainer


def assert_same_bits(
    sizes: list[int],
    seeds: list[int],
    runs: tuple[int, ...],
    per_run: Mapping[str, list[float]] | None = None,
    **changes: Any,
) -> None:
    """Train a stack and each of its runs; `per_run` are settings with one number per run."""
    changes = {"learning_rate": 0.05, **changes}
    per_run = per_run or {}
    columns = {name: np.reshape(values, (*runs, 1)) for name, values in per_run.items()}
    if "gain" in columns:
        columns["gain"] = columns["gain"][..., 0]
    together = trained(sizes, seeds, runs, **changes | columns)
    record = together.measure()
    count = len(seeds)
    for index, seed in enumerate(seeds):
        own = {name: values[index] for name, values in per_run.items()}
        alone = trained(sizes, [seed], (), **changes | own)
        one = alone.measure()
        assert np.array_equal(record.loss.reshape(count)[index], one.loss)
        magnitudes = record.magnitudes.reshape(count, *one.magnitudes.shape)[index]
        tolerance = 0 if together.network.dtype == np.float64 else REORDERED
        np.testing.assert_allclose(magnitudes, one.magnitudes, tolerance)
        parameters = together.network.parameters.reshape(count, -1)[index]
        assert np.array_equal(parameters, alone.network.parameters)
        slots = together.slots.reshape(-1, *parameters.shape)[index::count]
        assert np.array_equal(slots, alone.slots)
        running = together.network.running.reshape(2, count, -1)[:, index]
        assert np.array_equal(running, alone.network.running)


def test_one_blas_thread() -> None:
    pools = threadpool_info()
    assert pools
    assert all(pool["num_threads"] == 1 for pool in pools)


dtypes = st.sampled_from(["float32", "float64", "float16"])
some_seeds = st.lists(st.integers(0, 1000), min_size=1, max_size=4, unique=True)


@st.composite
def kinds(draw: st.DrawFn) -> dict[str, Any]:
    """Every choice that a registry or a switch offers."""
    loss, task = draw(st.sampled_from(LOSS_TASKS))
    return {
        "activations": draw(st.sampled_from(sorted(ACTIVATIONS))),
        "initializer": draw(st.sampled_from(sorted(set(INITIALIZERS) - {"zeros"}))),
        "norm": draw(st.sampled_from(sorted(NORMS))),
        "residual": draw(st.booleans()),
        "dropout": draw(st.sampled_from([0.0, 0.4])),
        "loss": loss.name,
        "task": task,
        "smoothing": draw(st.sampled_from([0.0, 0.1])),
        "optimizer": draw(st.sampled_from(sorted(OPTIMIZERS))),
        "schedule": SCHEDULES[draw(st.sampled_from(sorted(SCHEDULES)))],
        "period": draw(st.integers(1, 6)),
        "batch_size": draw(st.integers(2, 20)),
        "dtype": draw(dtypes),
    }


@st.composite
def rates(draw: st.DrawFn, count: int) -> dict[str, list[float]]:
    """Some settings with numbers of their own for every run; 0 is off."""
    names = draw(st.lists(st.sampled_from([*PER_RUN, "gain"]), unique=True, max_size=5))
    number = {
        "learning_rate": st.floats(0, 0.1),
        "momentum": st.sampled_from([0.0, 0.5, 0.9]),
        "gain": st.floats(0.25, 2),
    }
    usual = st.sampled_from([0.0, 0.003, 0.1, 1.0])
    return {name: [draw(number.get(name, usual)) for _ in range(count)] for name in names}


@pytest.mark.slow
@settings(max_examples=200)
@given(st.data())
def test_a_stack_of_runs_equals_each_run_alone(data: st.DataObject) -> None:
    seeds, changes = data.draw(some_seeds), data.draw(kinds())
    sizes = data.draw(st.lists(st.integers(1, 20), min_size=2, max_size=7))
    if data.draw(st.booleans()):  # so that residual connections have somewhere to go
        sizes[:-1] = sizes[:1] * (len(sizes) - 1)
    if changes["task"] == "binary":
        sizes[-1] = 1
    per_run = data.draw(rates(len(seeds)))
    try:
        assert_same_bits(sizes, seeds, (len(seeds),), per_run, **changes)
    except Divergence:
        reject()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [16, 33, 300])
@pytest.mark.parametrize("norm", NORMS)
def test_wide_layers_too(width: int, dtype: str, norm: str) -> None:
    changes = {"activations": "relu", "batch_size": 20, "dtype": dtype, "norm": norm}
    per_run = {"clip_norm": [0.0, 0.1], "learning_rate": [0.1, 0.03]}
    assert_same_bits([7, width, width, 3], [1, 2], (2,), per_run, **changes)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_large_batch_too(loss: str, dtype: str) -> None:
    sizes = [5, 24, 24, 1 if loss in {"hinge", "binary_cross_entropy"} else 3]
    assert_same_bits(
        sizes, [3, 4, 5], (3,), samples=700, batch_size=513, dtype=dtype, loss=loss, norm="batch"
    )


@pytest.mark.parametrize("runs", [(2, 3), (6, 1), (1, 6), (1, 2, 3)])
def test_there_may_be_several_run_axes(runs: tuple[int, ...]) -> None:
    per_run = {
        "learning_rate": [0.1, 0.2, 0.3, 0.0, 0.05, 0.01],
        "gain": [1.0, 2.0, 0.5, 1.0, 1.5, 0.1],
        "l2": [0.0, 0.1, 0.0, 0.2, 0.3, 0.0],
    }
    seeds = [1, 2, 3, 4, 5, 6]
    assert_same_bits([3, 6, 6, 2], seeds, runs, per_run, norm="batch", dropout=0.2, residual=True)


def test_a_run_that_is_not_clipped_beside_one_that_is() -> None:
    # What is measured before clipping and after is summed in the same way.
    assert_same_bits([3, 40, 40, 2], [1, 2], (2,), {"clip_norm": [0.003, 0.0]}, dtype="float32")
