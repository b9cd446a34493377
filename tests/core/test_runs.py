"""The run axis: a stack of runs gives each run the bits it has alone."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from core.activations import ACTIVATIONS
from core.losses import LOSSES
from core.optimizers import OPTIMIZERS
from core.training import Trainer
from tests.core.engines import make_trainer

STEPS = 4


def trained(sizes: list[int], seeds: list[int], runs: tuple[int, ...], **changes: Any) -> Trainer:
    trainer = make_trainer(sizes, seeds=seeds, runs=runs, learning_rate=0.05, **changes)
    for _ in range(STEPS):
        trainer.step()
    return trainer


def assert_same_bits(
    sizes: list[int], seeds: list[int], runs: tuple[int, ...], **changes: object
) -> None:
    together = trained(sizes, seeds, runs, **changes)
    record = together.measure()
    count = len(seeds)
    for index, seed in enumerate(seeds):
        alone = trained(sizes, [seed], (), **changes)
        one = alone.measure()
        assert np.array_equal(record.loss.reshape(count)[index], one.loss)
        magnitudes = record.magnitudes.reshape(count, *one.magnitudes.shape)[index]
        assert np.array_equal(magnitudes, one.magnitudes, equal_nan=True)
        parameters = together.network.parameters.reshape(count, -1)[index]
        assert np.array_equal(parameters, alone.network.parameters)
        slots = together.slots.reshape(-1, *parameters.shape)[index::count]
        assert np.array_equal(slots, alone.slots)


def test_one_blas_thread() -> None:
    pools = threadpool_info()
    assert pools
    assert all(pool["num_threads"] == 1 for pool in pools)


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 20), min_size=2, max_size=7),
    st.lists(st.integers(0, 1000), min_size=1, max_size=4, unique=True),
    st.sampled_from(sorted(ACTIVATIONS)),
    st.sampled_from(sorted(LOSSES)),
    st.sampled_from(sorted(OPTIMIZERS)),
    st.integers(1, 20),
)
def test_a_stack_of_runs_equals_each_run_alone(
    sizes: list[int], seeds: list[int], activation: str, loss: str, optimizer: str, batch: int
) -> None:
    if loss == "binary_cross_entropy":
        sizes[-1] = 1
    assert_same_bits(
        sizes,
        seeds,
        (len(seeds),),
        activations=activation,
        loss=loss,
        optimizer=optimizer,
        batch_size=batch,
        l2=0.01,
    )


@pytest.mark.parametrize("width", [16, 33, 300])
def test_wide_layers_too(width: int) -> None:
    assert_same_bits([7, width, width, 3], [1, 2], (2,), activations="relu", batch_size=20)


def test_there_may_be_several_run_axes() -> None:
    assert_same_bits([3, 6, 6, 2], [1, 2, 3, 4, 5, 6], (2, 3), activations="tanh")
