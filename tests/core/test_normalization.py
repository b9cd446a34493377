"""Batch and layer norm: what a step computes, what is followed, and what evaluation uses."""

import numpy as np
import pytest

from core.arrays import Array
from core.initializers import INITIALIZERS
from core.losses import LOSSES
from core.network import Network
from core.propagation import Propagation
from core.training import Trainer
from tests.core.checks import assert_close
from tests.core.engines import backpropagate, make_trainer, random_network

SIZES = (3, 5, 4, 2)
both_norms = pytest.mark.parametrize("norm", ["batch", "layer"])


def batch_of(samples: int, n: int = 3, seed: int = 1) -> Array:
    return 2 + 3 * np.random.default_rng(seed).standard_normal((samples, n))


def trained(steps: int, norm: str = "batch", **changes: object) -> Trainer:
    trainer = make_trainer(SIZES, norm=norm, **changes)  # type: ignore[arg-type]
    for _ in range(steps):
        trainer.step()
    return trainer


def forward(network: Network, x: Array) -> Propagation:
    flow = Propagation(network, len(x))
    flow.x[...] = x
    flow.forward()
    return flow


@both_norms
def test_what_is_normalised_has_the_mean_and_spread_of_shift_and_scale(norm: str) -> None:
    network = random_network((3, 40, 2), "identity", 3, norm=norm)
    layer = network.layers[0]
    assert layer.scale is not None
    assert layer.shift is not None
    layer.scale[...], layer.shift[...] = 2.5, -0.5
    u = forward(network, batch_of(50)).h[0]
    axis = 0 if norm == "batch" else 1
    np.testing.assert_allclose(u.mean(axis), -0.5, atol=1e-12)
    np.testing.assert_allclose(u.std(axis), 2.5, rtol=1e-4)  # eps is part of the spread


def test_a_unit_without_spread_is_its_shift() -> None:
    network = random_network((3, 4, 2), "identity", 3, norm="batch")
    u, shift = forward(network, np.ones((6, 3))).h[0], network.layers[0].shift
    assert shift is not None
    np.testing.assert_allclose(u, np.broadcast_to(shift, u.shape), atol=1e-12)


def test_running_statistics_follow_as_those_of_pytorch() -> None:
    """running = 0.9 running + 0.1 batch's, with the variance over batch - 1."""
    trainer = make_trainer(SIZES, norm="batch", batch_size=7, activations="relu")
    layer = trainer.network.layers[0]
    mean, variance = np.zeros(5), np.ones(5)
    for _ in range(6):
        w, b = layer.w.copy(), layer.b.copy()
        trainer.step()
        z = trainer.flow.x @ w + b
        mean = 0.9 * mean + 0.1 * z.mean(axis=0)
        variance = 0.9 * variance + 0.1 * z.var(axis=0, ddof=1)
        assert layer.running is not None
        assert_close(layer.running, np.stack([mean, variance]), 1e-13)


def test_every_hidden_layer_has_running_statistics_of_its_own() -> None:
    network = trained(3).network
    first, second, last = network.layers
    assert first.running is not None
    assert second.running is not None
    assert (first.running.shape, second.running.shape) == ((2, 5), (2, 4))
    assert last.running is last.scale is None
    assert not np.shares_memory(first.running, second.running)
    assert network.running.size == 2 * 9
    assert (network.running[0] != 0).all()


@pytest.mark.parametrize("norm", ["none", "layer"])
def test_others_follow_nothing(norm: str) -> None:
    network = trained(2, norm).network
    assert network.running.size == 0
    assert all(layer.running is None for layer in network.layers)


def test_evaluation_uses_the_running_statistics() -> None:
    network, x = trained(20).network, batch_of(9)
    h = x
    for layer in network.layers[:-1]:
        assert layer.running is not None
        mean, variance = layer.running
        u = (h @ layer.w + layer.b - mean) / np.sqrt(variance + 1e-5)
        h = np.tanh(u * layer.scale + layer.shift)
    last = network.layers[-1]
    assert_close(network.predict(x), h @ last.w + last.b, 1e-13)


@both_norms
def test_an_evaluated_sample_does_not_depend_on_its_neighbours(norm: str) -> None:
    network, x = trained(20, norm).network, batch_of(9)
    alone = np.concatenate([network.predict(row[None]) for row in x])
    assert_close(network.predict(x), alone, 1e-14)


def test_training_uses_the_statistics_of_its_batch() -> None:
    network, x = trained(20).network, batch_of(9)
    *_, out = network.signals(x, training=True)
    assert_close(forward(network, x).out, out, 1e-13)
    assert np.abs(out - network.predict(x)).max() > 0.01


def test_evaluation_comes_to_what_training_computes() -> None:
    network, x = random_network(SIZES, "tanh", 5, norm="batch"), batch_of(400)
    flow = forward(network, x)
    for _ in range(300):
        flow.follow_statistics()
    assert_close(network.predict(x), flow.out, 0.005)  # batch - 1 is not batch


def test_layer_norm_computes_the_same_in_training_and_evaluation() -> None:
    network, x = random_network(SIZES, "tanh", 5, norm="layer", residual=True), batch_of(6)
    assert_close(network.predict(x), forward(network, x).out, 1e-13)


def test_measuring_leaves_the_running_statistics_alone() -> None:
    trainer = trained(3)
    before = trainer.network.running.copy()
    trainer.measure()
    assert np.array_equal(trainer.network.running, before)
    trainer.step()
    assert not np.array_equal(trainer.network.running, before)


def test_drawing_anew_forgets_the_statistics() -> None:
    network = trained(3).network
    network.initialize(INITIALIZERS["he_normal"], 1, [np.random.default_rng(1)])
    assert network.running.tolist() == [[0] * 9, [1] * 9]
    assert all(layer.scale is None or (layer.scale == 1).all() for layer in network.layers)


def test_a_batch_of_one_has_no_spread() -> None:
    network = random_network(SIZES, "tanh", norm="batch")
    with pytest.raises(ValueError, match=r"batch: .* number of at least 2 with batch norm"):
        Propagation(network, 1)
    Propagation(random_network(SIZES, "tanh", norm="layer"), 1)


def test_a_state_holds_the_statistics_and_gives_them_back() -> None:
    trained_network, fresh = trained(5).network, random_network(SIZES, "tanh", norm="batch")
    state = trained_network.state()
    assert list(state) == [
        *("0.weight", "0.bias", "1.weight", "1.bias", "3.weight", "3.bias", "4.weight", "4.bias"),
        *("6.weight", "6.bias", "1.running_mean", "1.running_var"),
        *("4.running_mean", "4.running_var"),
    ]
    fresh.load(state)
    x = batch_of(4)
    assert np.array_equal(fresh.predict(x), trained_network.predict(x))


@pytest.mark.parametrize("shift", [1e3, 1e6])
def test_a_large_mean_costs_few_digits(shift: float) -> None:
    x, y = batch_of(8), np.ones((8, 2))
    plain, moved = (random_network(SIZES, "tanh", 2, norm="batch") for _ in range(2))
    moved.layers[0].b[...] += shift
    values = [backpropagate(network, LOSSES["mse"], x, y)[1] for network in (plain, moved)]
    assert values[1] == pytest.approx(values[0], rel=1e-9 * shift)
