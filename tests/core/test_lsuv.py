"""LSUV: after it, every layer's z has the spread that was asked for."""

import numpy as np
import pytest

from core.arrays import Array
from core.initializers import INITIALIZERS
from core.lsuv import scale_to_unit_variance
from core.network import Network
from core.normalization import NORMS
from core.propagation import Propagation
from tests.core.engines import generators

SIZES = (6, 20, 20, 12, 3)


def drawn(activation: str, gain: float | Array = 1.0, **kinds: object) -> Network:
    runs = kinds.get("runs", ())
    network = Network(SIZES, activation, **kinds)  # type: ignore[arg-type]
    count = int(np.prod(runs))  # type: ignore[call-overload]
    network.initialize(INITIALIZERS["lsuv"], gain, generators(range(count)))
    return network


def batch() -> Array:
    return 0.3 + 2 * np.random.default_rng(5).standard_normal((200, SIZES[0]))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("activation", ["tanh", "relu", "sine", "selu"])
def test_every_z_of_a_training_step_has_unit_variance(
    norm: str, residual: bool, activation: str
) -> None:
    network, x = drawn(activation, dtype=np.float64, norm=norm, residual=residual), batch()
    assert max(abs(z.std() - 1) for z in network.signals(x, training=True)) > 0.02
    scale_to_unit_variance(network, x)
    for z in network.signals(x, training=True):
        assert z.std() == pytest.approx(1, abs=2e-3)


def test_the_output_of_a_step_is_one_of_them() -> None:
    network, x = drawn("relu", dtype=np.float64, norm="batch"), batch()
    scale_to_unit_variance(network, x)
    flow = Propagation(network, len(x))
    flow.x[...] = x
    flow.forward()
    assert flow.out.std() == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_runs_have_their_own_gain_in_every_precision(dtype: str) -> None:
    gains = np.array([0.5, 1.0, 3.0])
    network, x = drawn("tanh", gains, dtype=dtype, runs=(3,)), batch().astype(np.float32)
    scale_to_unit_variance(network, x, gains)
    for z in network.signals(x):
        np.testing.assert_allclose(z.std(axis=(-2, -1)), gains, rtol=4e-3)
    assert np.array_equal(network.parameters, network.parameters.astype(dtype))


def test_biases_stay_as_they_are() -> None:
    network = drawn("tanh", dtype=np.float64)
    for layer in network.layers:
        layer.b[...] = 0.3 * np.random.default_rng(1).standard_normal(layer.b.shape)
    before = [layer.b.copy() for layer in network.layers]
    scale_to_unit_variance(network, batch())
    for z, layer, b in zip(network.signals(batch()), network.layers, before, strict=True):
        assert np.array_equal(layer.b, b)
        assert z.std() == pytest.approx(1, abs=2e-3)


def test_a_layer_without_spread_is_left_as_it_is() -> None:
    network = drawn("relu", dtype=np.float64)
    before = network.parameters.copy()
    scale_to_unit_variance(network, np.zeros((4, SIZES[0])))
    assert np.array_equal(network.parameters, before)
