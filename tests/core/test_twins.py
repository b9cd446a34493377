"""A twin goes on as its model would, bit for bit, and leaves it alone."""

from typing import Any

import numpy as np
import pytest

from core.schedules import SCHEDULES
from core.training import Trainer
from core.twins import next_batch, twin_of
from tests.core.engines import make_trainer

CASES: list[dict[str, Any]] = [
    {},
    {"norm": "batch", "optimizer": "adam"},
    {"dropout": 0.3, "optimizer": "momentum"},
    {"dtype": "float16"},
    {"schedule": SCHEDULES["cosine"], "clip_norm": 0.5},
]


def state_of(trainer: Trainer) -> tuple[bytes, ...]:
    network, order = trainer.network, trainer.order.state()
    drawn = [rng.bit_generator.state for rng in trainer.dropout_rngs]
    arrays = (network.parameters, network.running, trainer.slots, order.pop("permutation"))
    return (*(values.tobytes() for values in arrays), repr((order, drawn)).encode())


@pytest.mark.parametrize("changes", CASES)
@pytest.mark.parametrize("runs", [(), (3,)])
def test_a_twin_takes_the_same_steps(changes: dict[str, Any], runs: tuple[int, ...]) -> None:
    trainer = make_trainer(
        [2, 5, 5, 1], seeds=[1, 2, 3][: len(runs) * 3 or 1], runs=runs, **changes
    )
    for _ in range(7):
        trainer.step()
    run = 1 if runs else None
    before = state_of(trainer)
    twin = twin_of(trainer, run)
    for _ in range(5):
        twin.step()
    assert state_of(trainer) == before
    for _ in range(5):
        record = trainer.step()
    place = () if run is None else (run,)
    assert np.array_equal(twin.network.parameters, trainer.network.parameters[place])
    assert np.array_equal(twin.slots, trainer.slots[:, *place])
    assert twin.steps_done == record.step


def test_settings_that_differ_between_runs() -> None:
    rates = np.array([[0.1], [0.2]])
    trainer = make_trainer([2, 4, 1], seeds=[1, 2], runs=(2,), learning_rate=rates)
    assert twin_of(trainer, 1).settings.rates.learning_rate == 0.2


def test_the_next_batch_stays_the_next() -> None:
    trainer = make_trainer([2, 5, 5, 1], seeds=[1], dropout=0.3)
    trainer.step()
    before = state_of(trainer)
    batch, again = next_batch(trainer), next_batch(trainer)
    assert state_of(trainer) == before
    trainer.step()
    assert batch.mask is not None
    assert np.array_equal(batch.x, again.x)
    assert np.array_equal(batch.x, trainer.flow.x)
    assert np.array_equal(batch.mask, trainer.flow.mask)


@pytest.mark.parametrize("run", [None, -1, 2])
def test_a_run_that_there_is_not(run: int | None) -> None:
    trainer = make_trainer([2, 4, 1], seeds=[1, 2], runs=(2,))
    with pytest.raises(ValueError, match="run"):
        twin_of(trainer, run)
