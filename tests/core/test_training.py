"""The trainer: what a step leaves behind, and what may change between two."""

from dataclasses import replace

import numpy as np
import pytest

from core.optimizers import OPTIMIZERS, Rates
from core.updates import take_step
from tests.core.checks import assert_close
from tests.core.engines import all_bits, make_trainer

every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS)
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@every_optimizer
@both_precisions
def test_a_run_is_repeated_to_the_last_bit(optimizer: str, dtype: type[np.floating]) -> None:
    first, second = (make_trainer(optimizer=optimizer, dtype=dtype, l2=0.01) for _ in range(2))
    for _ in range(20):
        one, other = first.step(), second.step()
        assert one.loss.tobytes() == other.loss.tobytes()
        assert one.magnitudes.tobytes() == other.magnitudes.tobytes()
    assert all_bits(first) == all_bits(second)


def test_training_lowers_the_loss() -> None:
    trainer = make_trainer((3, 16, 16, 2), batch_size=20, learning_rate=0.2)
    losses = [float(trainer.step().loss) for _ in range(300)]
    assert losses[-1] < losses[0] / 5


def test_a_step_is_counted() -> None:
    trainer = make_trainer(batch_size=8, samples=20)
    assert (trainer.steps_done, trainer.samples_seen, trainer.epoch) == (0, 0, 0)
    assert [trainer.step().step for _ in range(3)] == [1, 2, 3]
    assert (trainer.steps_done, trainer.samples_seen, trainer.epoch) == (3, 24, 1.2)


def test_records_do_not_change_afterwards() -> None:
    trainer = make_trainer()
    first = trainer.step()
    loss, magnitudes = first.loss.copy(), first.magnitudes.copy()
    trainer.step()
    trainer.measure()
    assert first.loss == loss
    assert np.array_equal(first.magnitudes, magnitudes)


def test_a_batch_larger_than_the_data_is_all_of_it() -> None:
    trainer = make_trainer(batch_size=1000, samples=20)
    trainer.step()
    assert trainer.samples_seen == 20


@every_optimizer
def test_measuring_leaves_the_run_unchanged(optimizer: str) -> None:
    measured, plain = (make_trainer(optimizer=optimizer) for _ in range(2))
    for _ in range(6):
        before = all_bits(measured)
        foretold = measured.measure()
        assert all_bits(measured) == before
        one, other = measured.step(), plain.step()
        assert one.loss == other.loss == foretold.loss
        assert np.array_equal(foretold.magnitudes, one.magnitudes)
        assert np.array_equal(one.magnitudes, other.magnitudes)
        assert foretold.step == one.step - 1
    assert all_bits(measured) == all_bits(plain)


def test_rates_may_change_between_steps() -> None:
    tuned, plain = make_trainer(learning_rate=0.1), make_trainer(learning_rate=0.1)
    tuned.step()
    plain.step()
    start = plain.network.parameters.copy()
    tuned.tune(replace(tuned.settings, rates=Rates(0.3)))
    tuned.step()
    plain.step()
    change = plain.network.parameters - start
    assert_close(tuned.network.parameters - start, 3 * change, 1e-12)


def test_the_batch_size_may_change_between_steps() -> None:
    trainer = make_trainer(batch_size=5, samples=20)
    seen = []
    for batch in (5, 3, 20, 1, 7, 7):
        trainer.tune(replace(trainer.settings, batch_size=batch))
        trainer.step()
        seen.append(trainer.flow.x[:, 0].tolist())
    assert [len(rows) for rows in seen] == [5, 3, 20, 1, 7, 7]
    rows = [value for batch in seen for value in batch]
    everything = sorted(trainer.data.x_train[:, 0].tolist())
    assert sorted(rows[:20]) == sorted(rows[20:40]) == everything


def test_a_tuned_run_equals_one_that_had_these_settings() -> None:
    tuned, fresh = make_trainer(batch_size=2), make_trainer(batch_size=6, learning_rate=0.3)
    tuned.tune(fresh.settings)
    for _ in range(5):
        assert np.array_equal(tuned.step().magnitudes, fresh.step().magnitudes)
    assert all_bits(tuned) == all_bits(fresh)


def test_the_same_settings_keep_the_buffers() -> None:
    trainer = make_trainer(batch_size=5)
    flow = trainer.flow
    trainer.tune(replace(trainer.settings, rates=Rates(0.2)))
    assert trainer.flow is flow


# --- a loop of one's own


@every_optimizer
def test_a_loop_of_ones_own_takes_the_same_steps(optimizer: str) -> None:
    trainer, own = (make_trainer(optimizer=optimizer, batch_size=20) for _ in range(2))
    slots = None
    for step in range(1, 6):
        trainer.step()
        own.flow.gradient_of(trainer.flow.x, trainer._targets, own.loss)
        rule, rates = OPTIMIZERS[optimizer], own.settings.rates
        slots = take_step(own.network, rule, rates, slots, step)
    assert np.array_equal(own.network.parameters, trainer.network.parameters)
