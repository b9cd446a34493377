"""The trainer: what a step leaves behind, what may change between two, and how a run diverges."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.measures import QUANTITIES
from core.optimizers import OPTIMIZERS, Rates
from core.training import Divergence, Trainer
from core.updates import Settings
from tests.core.checks import assert_close
from tests.core.engines import dataset, make_trainer

every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS)
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def all_bits(trainer: Trainer) -> list[bytes]:
    """Everything that the rest of a run depends on."""
    state = trainer.order.state()
    return [
        trainer.network.parameters.tobytes(),
        trainer.slots.tobytes(),
        state["permutation"].tobytes(),
        repr((state["position"], state["generators"])).encode(),
        repr((trainer.steps_done, trainer.samples_seen)).encode(),
    ]


# --- a step


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


# --- weight decay


@pytest.mark.parametrize("hidden", [(5, 4), (300, 300)])  # (300, 300) is updated piece by piece
def test_l2_adds_itself_to_the_gradient_of_the_weights_alone(hidden: tuple[int, ...]) -> None:
    sizes = (3, *hidden, 2)
    plain, decayed = make_trainer(sizes), make_trainer(sizes, l2=0.3)
    for trainer in (plain, decayed):
        for layer in trainer.network.layers:
            layer.b[...] = 0.7
    old = [layer.w.copy() for layer in plain.network.layers]
    plain.measure()
    decayed.measure()
    layers = zip(plain.network.layers, decayed.network.layers, old, strict=True)
    for without, with_l2, w in layers:
        assert_close(with_l2.d_w, without.d_w + 0.3 * w, 1e-14)
        assert np.array_equal(with_l2.d_b, without.d_b)


def test_l2_is_not_part_of_the_loss() -> None:
    assert make_trainer(l2=0.5).step().loss == make_trainer().step().loss


# --- tuning


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


# --- divergence


def diverged(trainer: Trainer, most: int = 2000) -> Divergence:
    """Step until it diverges, and require that the failing step changed nothing."""
    for _ in range(most):
        before = all_bits(trainer)
        try:
            record = trainer.step()
        except Divergence as found:
            divergence = found
            after = all_bits(trainer)
            assert after[:2] == before[:2]  # parameters and slots
            assert after[-1] == before[-1]
            assert np.isfinite(trainer.network.parameters).all()
            assert np.isfinite(trainer.slots).all()
            assert divergence.step == trainer.steps_done + 1
            return divergence
        assert np.isfinite(record.loss).all()
        assert record.magnitudes.shape[-2] == len(QUANTITIES)
        assert np.isfinite(trainer.network.parameters).all()
        assert np.isfinite(trainer.slots).all()
    raise AssertionError("it did not diverge")


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
@pytest.mark.parametrize("activation", ["identity", "relu"])
@both_precisions
def test_too_high_a_learning_rate_diverges(
    optimizer: str, activation: str, dtype: type[np.floating]
) -> None:
    trainer = make_trainer(
        (3, 8, 8, 8, 2),
        activation,
        optimizer=optimizer,
        learning_rate=30,
        dtype=dtype,
        batch_size=20,
        gain=2,
    )
    divergence = diverged(trainer)
    assert 1 <= divergence.layer <= 4
    assert str(divergence.step) in str(divergence)


@both_precisions
def test_adam_keeps_finite_moments(dtype: type[np.floating]) -> None:
    """A gradient may be finite and its square not."""
    huge = float(np.finfo(dtype).max) ** 0.55
    data = dataset(np.ones((4, 1)), np.full((4, 1), huge), dtype=dtype)
    trainer = make_trainer((1, 2, 1), "identity", data=data, optimizer="adam", dtype=dtype)
    trainer.loss = replace(trainer.loss, value_and_gradient=_gradient_without_loss)
    assert diverged(trainer).what == "update"


def _gradient_without_loss(z: Any, y: Any, delta: Any, _smoothing: float = 0.0, /) -> Any:
    np.subtract(z, y, delta)
    return np.zeros(z.shape[:-2])


def test_the_first_layer_of_an_exploding_signal_is_named() -> None:
    trainer = make_trainer((3, 4, 4, 4, 2), "identity", dtype=np.float32)
    trainer.network.layers[1].w[...] = 3e30
    trainer.network.layers[2].w[...] = 3e30
    divergence = diverged(trainer)
    assert (divergence.step, divergence.layer, divergence.what) == (1, 3, "matrix product")


def test_an_infinite_loss_is_named() -> None:
    data = dataset(np.ones((4, 1)), np.full((4, 1), 1e30), dtype=np.float32)
    divergence = diverged(make_trainer((1, 3, 1), data=data, dtype=np.float32))
    assert (divergence.layer, divergence.what) == (2, "loss")


def test_an_exploding_signal_gradient_is_named() -> None:
    trainer = make_trainer((3, 4, 4, 4, 2), "tanh", dtype=np.float32)
    for layer in trainer.network.layers[1:3]:
        layer.w[...] *= 1e30
        layer.b[...] = 0
    trainer.network.layers[0].w[...] = 0
    divergence = diverged(trainer)
    assert (divergence.layer, divergence.what) == (1, "signal gradient")


def test_an_infinite_weight_gradient_is_named() -> None:
    data = dataset(np.full((4, 1), 1e35), np.full((4, 1), 1e5), dtype=np.float32)
    trainer = make_trainer((1, 3, 1), "identity", data=data, dtype=np.float32)
    trainer.network.layers[0].w[...] = 1e-35
    divergence = diverged(trainer)
    assert (divergence.layer, divergence.what) == (1, "weight gradient")


def test_one_diverging_run_stops_the_stack() -> None:
    trainer = make_trainer((3, 4, 2), "relu", seeds=(1, 2, 3), runs=(3,))
    trainer.network.layers[0].w[1] = 1e308
    divergence = diverged(trainer)
    assert (divergence.step, divergence.layer) == (1, 1)


@both_precisions
def test_a_large_but_finite_step_is_taken(dtype: type[np.floating]) -> None:
    size = float(np.finfo(dtype).max) ** 0.45
    data = dataset(np.ones((4, 1)), np.full((4, 1), size), dtype=dtype)
    trainer = make_trainer((1, 2, 1), "identity", data=data, dtype=dtype, learning_rate=1e-3)
    before = trainer.network.parameters.copy()
    record = trainer.step()
    assert np.isfinite(record.loss)
    assert np.isfinite(record.magnitudes[:5]).all()
    assert not np.array_equal(trainer.network.parameters, before)
    assert isinstance(trainer.settings, Settings)
