"""Dropout: which outputs are dropped, what the kept ones become, and who draws them."""

import numpy as np
import pytest

from core.arrays import Array
from core.propagation import Propagation
from core.training import Trainer
from tests.core.engines import generators, make_trainer, random_network

SIZES = (3, 6, 6, 2)


def masks(dropout: float, seeds: tuple[int, ...] = (1,), width: int = 6) -> Array:
    """One drawn mask per seed, of a network of 2 hidden layers; (seeds, batch * units)."""
    network = random_network((3, width, width, 2), "tanh", runs=(len(seeds),), dropout=dropout)
    flow = Propagation(network, 50)
    flow.drop(generators(seeds))
    return flow.mask


@pytest.mark.parametrize("dropout", [0.1, 0.5, 0.9])
def test_the_share_is_dropped_and_the_mean_kept(dropout: float) -> None:
    mask = masks(dropout, width=400)
    assert set(np.unique(mask)) == {0, 1 / (1 - dropout)}
    assert np.mean(mask == 0) == pytest.approx(dropout, abs=0.01)
    assert mask.mean() == pytest.approx(1, abs=0.05)


def test_every_run_has_a_mask_of_its_own() -> None:
    together = masks(0.5, (1, 2, 3))
    assert len({row.tobytes() for row in together}) == 3
    for row, seed in zip(together, (1, 2, 3), strict=True):
        assert np.array_equal(masks(0.5, (seed,))[0], row)


def test_a_mask_multiplies_what_the_activation_gives() -> None:
    network = random_network(SIZES, "tanh", 4, dropout=0.5)
    flow, x = Propagation(network, 5), np.random.default_rng(2).standard_normal((5, 3))
    flow.drop(generators([3]))
    flow.x[...] = x
    flow.forward()
    h = x
    for index, layer in enumerate(network.layers[:-1]):
        h = np.tanh(h @ layer.w + layer.b) * flow.mask[index * 30 :][:30].reshape(6, 5).T
        np.testing.assert_allclose(flow.h[index], h, 1e-13)
    assert (flow.h[0] == 0).any()


def test_what_is_dropped_carries_no_gradient_back() -> None:
    network = random_network(SIZES, "tanh", 4, dropout=0.5)
    flow = Propagation(network, 5)
    flow.drop(generators([3]))
    flow.x[...] = 1
    flow.forward()
    flow.delta_out[...] = 1
    flow.backward()
    for index in range(2):
        dropped = flow.mask[index * 30 :][:30].reshape(6, 5).T == 0
        assert not flow.delta[index][dropped].any()
        assert flow.delta[index][~dropped].all()


def test_a_residual_connection_passes_a_dropped_output_by() -> None:
    network = random_network((6, 6, 6, 2), "tanh", 4, dropout=0.5, residual=True)
    flow = Propagation(network, 5)
    flow.drop(generators([3]))
    flow.x[...] = 7
    flow.forward()
    dropped = flow.mask[:30].reshape(6, 5).T == 0
    assert (flow.h[0][dropped] == 7).all()
    assert (flow.h[0][~dropped] != 7).all()


def test_an_evaluated_network_drops_nothing() -> None:
    with_dropout, without = (random_network(SIZES, "tanh", 4, dropout=p) for p in (0.5, 0.0))
    x = np.ones((3, 3))
    assert np.array_equal(with_dropout.predict(x), without.predict(x))


def states(trainer: Trainer) -> list[str]:
    return [repr(rng.bit_generator.state) for rng in trainer.dropout_rngs]


def test_every_step_draws_anew_and_measuring_draws_nothing() -> None:
    measured, plain = (make_trainer(SIZES, dropout=0.5) for _ in range(2))
    seen = set()
    for _ in range(5):
        before = states(measured)
        foretold = measured.measure()
        assert states(measured) == before
        assert foretold.loss == measured.step().loss == plain.step().loss
        assert states(measured) != before
        seen.add(measured.flow.mask.tobytes())
    assert len(seen) == 5
    assert np.array_equal(measured.network.parameters, plain.network.parameters)


def test_a_network_without_hidden_layers_has_nothing_to_drop() -> None:
    trainer, plain = make_trainer((3, 2), dropout=0.5), make_trainer((3, 2))
    for _ in range(3):
        assert trainer.step().loss == plain.step().loss


def test_the_mean_over_many_masks_is_the_output_without() -> None:
    network = random_network((3, 8, 2), "tanh", 4, dropout=0.3)
    x = np.random.default_rng(1).standard_normal((4, 3))
    flow, (rng,) = Propagation(network, 4), generators([5])
    flow.x[...] = x
    total = np.zeros((4, 2))
    for _ in range(4000):
        flow.drop([rng])
        flow.forward()
        total += flow.out
    np.testing.assert_allclose(total / 4000, network.predict(x), atol=0.06)
