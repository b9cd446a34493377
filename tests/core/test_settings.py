"""Schedules and label smoothing inside a run, and settings of which each run has its own."""

from dataclasses import replace

import numpy as np
import pytest

from core.arrays import Array
from core.datasets import Task
from core.losses import LOSSES, Loss
from core.optimizers import OPTIMIZERS
from core.schedules import SCHEDULES, Schedule
from core.training import Trainer
from tests.core.checks import assert_close
from tests.core.engines import LOSS_TASKS, make_trainer

every_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES.keys())


def moved(trainer: Trainer) -> Array:
    """What one step subtracts from the parameters."""
    before = trainer.network.parameters.copy()
    trainer.step()
    change: Array = before - trainer.network.parameters
    return change


@every_schedule
def test_the_learning_rate_of_a_step_follows_the_schedule(schedule: Schedule) -> None:
    trainer = make_trainer(schedule=schedule, period=4, floor=0.3, learning_rate=0.2)
    for step in range(1, 8):
        change = moved(trainer)
        rate = 0.2 * schedule.factor(step, 4, 0.3)
        assert_close(change, rate * trainer.network.gradient, 1e-11)


def test_the_first_step_of_a_warm_up_takes_its_share() -> None:
    trainer = make_trainer(schedule=SCHEDULES["warm_up"], period=10, learning_rate=1.0)
    for share in (0.1, 0.2, 0.3):
        change = moved(trainer)
        assert_close(change, share * trainer.network.gradient, 1e-11)


def test_a_schedule_goes_on_by_the_steps_that_were_taken() -> None:
    whole = make_trainer(schedule=SCHEDULES["cosine"], period=6)
    changed = make_trainer()
    for trainer in (whole, changed):
        for _ in range(3):
            trainer.tune(replace(trainer.settings, schedule=SCHEDULES["constant"]))
            trainer.step()
        trainer.tune(replace(trainer.settings, schedule=SCHEDULES["cosine"], period=6))
    assert np.array_equal(moved(whole), moved(changed))
    change, factor = moved(whole), SCHEDULES["cosine"].factor(5, 6, 0.1)
    assert_close(change, 0.1 * factor * whole.network.gradient, 1e-11)


@every_schedule
def test_runs_with_their_own_rates_share_the_schedule(schedule: Schedule) -> None:
    rates = np.array([[0.1], [0.4]])
    trainer = make_trainer(
        seeds=(1, 2),
        runs=(2,),
        learning_rate=rates,
        schedule=schedule,
        period=3,
    )
    for step in range(1, 5):
        change = moved(trainer)
        factor = schedule.factor(step, 3, 0.1)
        assert_close(change, rates * factor * trainer.network.gradient, 1e-11)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_measuring_foretells_the_scheduled_update(name: str) -> None:
    trainer = make_trainer(optimizer=name, schedule=SCHEDULES["warm_up"], period=5)
    for _ in range(4):
        foretold = trainer.measure().magnitudes
        assert np.array_equal(foretold, trainer.step().magnitudes)


@pytest.mark.parametrize("pair", LOSS_TASKS, ids=lambda pair: f"{pair[0].name}-{pair[1]}")
def test_a_step_smooths_the_targets_of_losses_that_do(pair: tuple[Loss, Task]) -> None:
    loss, task = pair
    sizes = (3, 5, 1 if task == "binary" else 3)
    smooth = make_trainer(sizes, loss=loss.name, task=task, smoothing=0.2)
    plain = make_trainer(sizes, loss=loss.name, task=task)
    assert (smooth.step().loss != plain.step().loss) == loss.smooths
    flow = smooth.flow
    z, delta = flow.out.copy(), np.empty_like(flow.out)
    indices = make_trainer(sizes, loss=loss.name, task=task).order.take(8)
    LOSSES[loss.name].value_and_gradient(z, smooth.data.y_train[indices], delta, 0.2)
    assert_close(flow.delta_out, delta, 1e-14)


def test_smoothing_of_k_classes_spreads_its_share_over_all_k() -> None:
    """z = 0 gives p = 1/K, and delta = (p - target) / batch."""
    for k in (2, 5):
        delta = np.empty((1, k))
        LOSSES["cross_entropy"].value_and_gradient(np.zeros((1, k)), np.array([1]), delta, 0.3)
        target = np.full(k, 0.3 / k)
        target[1] += 0.7
        np.testing.assert_allclose(delta[0], 1 / k - target, atol=1e-15)
