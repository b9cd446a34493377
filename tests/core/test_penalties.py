"""L1 and L2 penalties: they concern the weights, and nothing else."""

from typing import Any

import numpy as np
import pytest

from core.measures import ROW
from core.training import Trainer
from tests.core.checks import assert_close
from tests.core.engines import make_trainer
from tests.core.plain import norm


def measured(**changes: Any) -> Trainer:
    """A trainer that has computed the gradient of its first batch, with biases that are not 0."""
    trainer = make_trainer(**changes)
    for layer in trainer.network.layers:
        layer.b[...] = 0.7
        if layer.shift is not None:
            layer.shift[...] = -0.4
    trainer.measure()
    return trainer


@pytest.mark.parametrize("kind", ["none", "batch", "layer"])
@pytest.mark.parametrize("sizes", [(3, 5, 4, 2), (3, 300, 300, 2)])  # 300 x 300 goes in pieces
@pytest.mark.parametrize(("l1", "l2"), [(0.3, 0.0), (0.0, 0.2), (0.3, 0.2)])
def test_the_gradient_of_the_penalties_is_added_to_that_of_the_weights(
    kind: str, sizes: tuple[int, ...], l1: float, l2: float
) -> None:
    plain = measured(sizes=sizes, norm=kind)
    with_penalty = measured(sizes=sizes, norm=kind, l1=l1, l2=l2)
    for without, layer in zip(plain.network.layers, with_penalty.network.layers, strict=True):
        assert_close(layer.d_w, without.d_w + l2 * layer.w + l1 * np.sign(layer.w), 1e-13)
        assert np.array_equal(layer.d_b, without.d_b)
        if kind != "none" and layer.d_scale is not None:
            assert np.array_equal(layer.d_scale, without.d_scale)  # type: ignore[arg-type]
            assert np.array_equal(layer.d_shift, without.d_shift)  # type: ignore[arg-type]


def test_a_weight_of_zero_is_not_moved_by_l1() -> None:
    trainer = make_trainer(initializer="zeros", activations="relu", l1=0.5)
    trainer.step()
    assert not trainer.network.layers[0].w.any()


def test_every_run_has_its_own_penalties() -> None:
    seeds = (1, 2, 3)
    l1, l2 = np.array([[0.0], [0.1], [0.2]]), np.array([[0.3], [0.0], [0.1]])
    plain = measured(seeds=seeds, runs=(3,))
    penalized = measured(seeds=seeds, runs=(3,), l1=l1, l2=l2)
    for without, layer in zip(plain.network.layers, penalized.network.layers, strict=True):
        added = l2[..., None] * layer.w + l1[..., None] * np.sign(layer.w)
        assert_close(layer.d_w, without.d_w + added, 1e-13)


def test_penalties_are_no_part_of_the_loss_that_is_shown() -> None:
    assert make_trainer(l1=0.5, l2=0.5).step().loss == make_trainer().step().loss


def test_what_is_clipped_has_the_penalty_in_it() -> None:
    free = measured(l2=5.0)
    size = norm(free.network.gradient)
    clipped = measured(l2=5.0, clip_norm=0.1)
    assert_close(clipped.network.gradient, free.network.gradient * (0.1 / (size + 1e-6)), 1e-12)


def test_the_measured_gradient_has_the_penalty_in_it() -> None:
    trainer = make_trainer(l1=0.5, l2=0.5)
    magnitudes = trainer.measure().magnitudes
    right = [norm(layer.d_w) for layer in trainer.network.layers]
    np.testing.assert_allclose(magnitudes[ROW["weight_gradient_norm"]], right, 1e-12)


def test_adamw_decays_where_l2_would_be_divided_away() -> None:
    """Adam divides an L2 gradient by its own size; AdamW's decay is lr decay w (all parameters)."""
    plain, decayed = (measured(optimizer="adamw", decay=decay) for decay in (0.0, 0.25))
    before = plain.network.parameters.copy()
    plain.step()
    decayed.step()
    difference = plain.network.parameters - decayed.network.parameters
    assert_close(difference, 0.1 * 0.25 * before, 1e-10)
