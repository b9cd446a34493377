"""How a run diverges: the first operation whose result is not finite is named, and undone."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.divergence import Divergence
from core.measures import QUANTITIES
from core.optimizers import Rates
from core.training import Trainer
from tests.core.engines import all_bits, dataset, make_trainer

both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def diverged(trainer: Trainer, most: int = 2000) -> Divergence:
    """Step until it diverges, and require that the failing step changed nothing."""
    for _ in range(most):
        before = all_bits(trainer)
        try:
            record = trainer.step()
        except Divergence as error:
            divergence = error
            break
        assert np.isfinite(record.loss).all()
        assert record.magnitudes.shape[-2] == len(QUANTITIES)
        for held in (trainer.network.parameters, trainer.slots, trainer.network.running):
            assert np.isfinite(held).all()
    else:
        raise AssertionError("it did not diverge")
    after = all_bits(trainer)
    assert after[:3] == before[:3]  # parameters, slots and running statistics
    assert after[-1] == before[-1]
    assert divergence.step == trainer.steps_done + 1
    return divergence


def where(trainer: Trainer) -> tuple[int, int, str]:
    divergence = diverged(trainer, 1)
    return divergence.step, divergence.layer, divergence.what


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov"])
@pytest.mark.parametrize("activation", ["identity", "relu"])
@pytest.mark.parametrize("norm", ["none", "batch"])
@both_precisions
def test_too_high_a_learning_rate_diverges(
    optimizer: str, activation: str, norm: str, dtype: type[np.floating]
) -> None:
    trainer = make_trainer(
        (3, 8, 8, 8, 2),
        activation,
        optimizer=optimizer,
        learning_rate=1e9 if norm == "batch" else 30,
        dtype=dtype,
        batch_size=20,
        gain=2,
        norm=norm,
    )
    divergence = diverged(trainer)
    assert 1 <= divergence.layer <= 4
    assert str(divergence) == (
        f"diverged at step {divergence.step}: the {divergence.what} is not finite, "
        f"first in layer {divergence.layer} ({divergence.overflow.numbers})"
    )
    assert 0 < divergence.overflow.largest < np.inf
    assert divergence.overflow.infinite + divergence.overflow.undefined > 0


@both_precisions
def test_adam_keeps_finite_moments(dtype: type[np.floating]) -> None:
    """A gradient may be finite and its square not."""
    huge = float(np.finfo(dtype).max) ** 0.55
    data = dataset(np.ones((4, 1)), np.full((4, 1), huge), dtype=dtype)
    trainer = make_trainer((1, 2, 1), "identity", data=data, optimizer="adam", dtype=dtype)
    trainer.loss = replace(trainer.loss, function=_gradient_without_loss)
    assert diverged(trainer).what == "update"


def _gradient_without_loss(z: Any, y: Any, delta: Any, _smoothing: float = 0.0, /) -> Any:
    np.subtract(z, y, delta)
    return np.zeros(z.shape[:-2])


# One operation after the other.


def test_a_matrix_product() -> None:
    trainer = make_trainer((3, 4, 4, 4, 2), "identity", dtype=np.float32)
    trainer.network.layers[1].w[...] = 3e30
    trainer.network.layers[2].w[...] = 3e30
    assert where(trainer) == (1, 3, "matrix product")


@pytest.mark.parametrize("activation", ["identity", "tanh"])
def test_a_bias(activation: str) -> None:
    trainer = make_trainer((3, 4, 4, 2), activation)
    trainer.network.layers[1].b[2] = np.inf
    assert where(trainer) == (1, 2, "matrix product")  # of which it is a part


@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_a_normalisation_whose_variance_overflows(norm: str) -> None:
    trainer = make_trainer((3, 4, 4, 2), "tanh", dtype=np.float32, norm=norm)
    trainer.step()
    trainer.network.layers[1].w[0, 0] = 1e25
    divergence = diverged(trainer, 1)
    assert (divergence.step, divergence.layer, divergence.what) == (2, 2, "normalisation")


def test_an_activation() -> None:
    trainer = make_trainer((3, 4, 4, 2), ["tanh", "selu"], dtype=np.float32)
    trainer.network.layers[1].w[...] = 0
    trainer.network.layers[1].b[...] = 3.3e38  # selu is 1.05 z
    assert where(trainer) == (1, 2, "activation")


def test_a_residual_sum() -> None:
    trainer = make_trainer((4, 4, 4, 2), "identity", dtype=np.float32, residual=True)
    for layer in trainer.network.layers[:2]:
        layer.w[...] = 0
        layer.b[...] = 3e38
    trainer.network.layers[0].b[...] = 1e38
    assert where(trainer) == (1, 2, "residual sum")


def test_dropout() -> None:
    trainer = make_trainer((3, 4, 2), "identity", dtype=np.float32, dropout=0.9)
    trainer.network.layers[0].w[...] = 0
    trainer.network.layers[0].b[...] = 1e38  # times 1 / 0.1
    assert where(trainer) == (1, 1, "dropout")


def test_a_loss() -> None:
    data = dataset(np.ones((4, 1)), np.full((4, 1), 1e30), dtype=np.float32)
    assert where(make_trainer((1, 3, 1), data=data, dtype=np.float32)) == (1, 2, "loss")


@pytest.mark.parametrize("loss", ["mae", "huber"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_loss_whose_sum_would_overflow_is_a_number(loss: str, dtype: str) -> None:
    data = dataset(np.ones((4, 1)), np.full((4, 1), 3e38), dtype=np.float32)
    trainer = make_trainer((1, 3, 1), data=data, dtype=dtype, loss=loss)
    assert trainer.step().loss == pytest.approx(3e38)


def test_a_signal_gradient() -> None:
    trainer = make_trainer((3, 4, 4, 4, 2), "tanh", dtype=np.float32)
    for layer in trainer.network.layers[1:3]:
        layer.w[...] *= 1e30
        layer.b[...] = 0
    trainer.network.layers[0].w[...] = 0
    assert where(trainer) == (1, 1, "signal gradient")


def test_a_weight_gradient() -> None:
    data = dataset(np.full((4, 1), 1e35), np.full((4, 1), 1e5), dtype=np.float32)
    trainer = make_trainer((1, 3, 1), "identity", data=data, dtype=np.float32)
    trainer.network.layers[0].w[...] = 1e-35
    assert where(trainer) == (1, 1, "weight gradient")


def test_a_weight_gradient_of_large_inputs_and_moderate_signals() -> None:
    data = dataset(np.full((4, 1), 1e35), np.full((4, 1), 1e5), dtype=np.float32)
    trainer = make_trainer((1, 3, 1), "identity", data=data, dtype=np.float32, learning_rate=0.0)
    first, last = trainer.network.layers
    first.w[...], last.w[...] = 1e-35, 0
    trainer.step()
    last.w[...] = 1
    assert where(trainer) == (2, 1, "weight gradient")


def test_the_gradient_of_a_shift() -> None:
    trainer = make_trainer(
        (3, 4, 4, 2), "identity", dtype=np.float32, norm="batch", learning_rate=0.0
    )
    trainer.step()
    _, second, last = trainer.network.layers
    assert second.scale is not None
    last.w[...], second.scale[...] = 3e36, 1e-30  # so that the signals stay moderate
    trainer.loss = replace(trainer.loss, function=_slope_of_20)
    assert where(trainer) == (2, 2, "weight gradient")


def _slope_of_20(z: Any, y: Any, delta: Any, _smoothing: float = 0.0, /) -> Any:
    delta.fill(20)
    return np.zeros(z.shape[:-2])


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adamw"])
@pytest.mark.parametrize("steps_before", [0, 3])
@both_precisions
def test_an_update(optimizer: str, steps_before: int, dtype: type[np.floating]) -> None:
    trainer = make_trainer(optimizer=optimizer, norm="batch", dtype=dtype)
    for _ in range(steps_before):
        trainer.step()
    huge = float(np.finfo(dtype).max)
    trainer.tune(replace(trainer.settings, rates=Rates(huge, decay=huge)))
    if optimizer != "adamw":
        for layer in trainer.network.layers:
            layer.w[...] *= 30
    divergence = diverged(trainer, 3)
    assert divergence.what == "update"


@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_an_update_by_a_penalty(penalty: str) -> None:
    changes: dict[str, Any] = {penalty: 3e38}
    trainer = make_trainer(activations="relu", learning_rate=1.9, dtype=np.float32, **changes)
    for layer in trainer.network.layers:
        layer.w[...] = np.sign(layer.w)
    assert where(trainer) == (1, 1, "update")


# More than one number, and other ways in.


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("name", ["0.weight", "2.bias", "2.weight", "4.weight"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_loading_what_is_not_finite_is_left_for_a_step_to_name(
    value: float, name: str, dtype: str
) -> None:
    trainer = make_trainer((3, 4, 4, 2), "relu", dtype=dtype)
    state = {key: values.copy() for key, values in trainer.network.state().items()}
    state[name].flat[0] = value
    trainer.network.load(state)
    layer = 1 + int(name[0]) // 2
    assert where(trainer) == (1, layer, "matrix product")


def test_one_diverging_run_stops_the_stack() -> None:
    trainer = make_trainer((3, 4, 2), "relu", seeds=(1, 2, 3), runs=(3,))
    trainer.network.layers[0].w[1] = 1e308
    divergence = diverged(trainer)
    assert (divergence.step, divergence.layer) == (1, 1)


def test_a_run_may_go_on_after_the_learning_rate_was_lowered() -> None:
    trainer = make_trainer(norm="batch", optimizer="adam")
    before, moderate = trainer.network.parameters.copy(), trainer.settings
    trainer.tune(replace(moderate, rates=Rates(1.7e308)))
    trainer.network.parameters[...] = -np.sign(before) * 1.7e308
    diverged(trainer)
    trainer.network.parameters[...] = before
    trainer.tune(moderate)
    assert trainer.step().step == 1


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


def test_inputs_beyond_the_precision_are_a_steps_to_name() -> None:
    data = dataset(np.array([[1e300, 1], [1, 1]]), np.ones((2, 1)), dtype=np.float64)
    trainer = make_trainer((2, 2, 1), "tanh", data=data, dtype=np.float32)  # without a warning
    assert where(trainer) == (1, 1, "matrix product")
