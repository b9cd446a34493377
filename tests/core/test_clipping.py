"""Clipping: the norm that is limited is that of the whole gradient, and both norms are measured."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.arrays import Array
from core.measures import ROW
from core.training import Trainer
from tests.core.checks import assert_close
from tests.core.engines import dataset, make_trainer
from tests.core.plain import norm

SIZES = (3, 5, 4, 2)
PRE, POST = ROW["weight_gradient_norm"], ROW["clipped_gradient_norm"]
norms = pytest.mark.parametrize("kind", ["none", "batch", "layer"])


def gradient(trainer: Trainer) -> tuple[Array, Array]:
    """The gradient that the next update uses, (*runs, P), and the measured magnitudes."""
    magnitudes = trainer.measure().magnitudes
    return trainer.network.gradient.copy(), magnitudes


def both(limits: dict[str, Any], **changes: Any) -> tuple[Array, Array, Array]:
    """The gradient without limits, that with them, and the magnitudes measured with them."""
    free, _ = gradient(make_trainer(**changes))
    clipped, magnitudes = gradient(make_trainer(**changes, **limits))
    return free, clipped, magnitudes


@norms
@pytest.mark.parametrize("sizes", [SIZES, (3, 300, 300, 2)])  # 300 x 300 is measured in parts
def test_the_norm_of_the_whole_gradient_is_limited(kind: str, sizes: tuple[int, ...]) -> None:
    free, clipped, _ = both({"clip_norm": 0.01}, sizes=sizes, norm=kind)
    assert norm(free) > 0.1
    # g min(1, limit / (|g| + 1e-6))
    assert_close(clipped, free * (0.01 / (norm(free) + 1e-6)), 1e-13)
    assert norm(clipped) == pytest.approx(0.01, rel=1e-4)


def test_a_gradient_below_the_limit_stays() -> None:
    free, clipped, _ = both({"clip_norm": 1e3, "clip_value": 1e3})
    assert np.array_equal(free, clipped)


def test_a_limit_just_above_and_just_below() -> None:
    size = norm(gradient(make_trainer())[0])
    for share in (0.999, 1.001):
        free, clipped, _ = both({"clip_norm": share * size})
        assert norm(clipped) == pytest.approx(min(share, 1) * size, rel=1e-5)
        assert np.array_equal(free, clipped) == (share > 1)


@norms
def test_every_element_is_limited(kind: str) -> None:
    free, clipped, _ = both({"clip_value": 0.02}, norm=kind)
    assert (np.abs(free) > 0.02).any()
    assert np.array_equal(clipped, np.clip(free, -0.02, 0.02))


def test_the_norm_is_limited_before_the_elements() -> None:
    free, clipped, _ = both({"clip_norm": 0.1, "clip_value": 0.02})
    right = np.clip(free * (0.1 / (norm(free) + 1e-6)), -0.02, 0.02)
    assert_close(clipped, right, 1e-13)
    assert (np.abs(right) == 0.02).any()


@pytest.mark.parametrize("limits", [{}, {"clip_norm": 0.0}, {"clip_value": 0.0, "clip_norm": 0.0}])
def test_no_limit_is_none(limits: dict[str, Any]) -> None:
    free, clipped, magnitudes = both(limits)
    assert np.array_equal(free, clipped)
    assert np.array_equal(magnitudes[PRE], magnitudes[POST])


@pytest.mark.parametrize("limits", [{"clip_norm": 0.01}, {"clip_value": 0.01}, {"clip_norm": 1e9}])
@pytest.mark.parametrize("sizes", [SIZES, (3, 300, 300, 2)])
def test_norms_are_measured_before_and_after(
    limits: dict[str, Any], sizes: tuple[int, ...]
) -> None:
    plain, clipped = make_trainer(sizes, l2=0.1), make_trainer(sizes, l2=0.1, **limits)
    gradient(plain)
    _, magnitudes = gradient(clipped)
    for row, trainer in ((PRE, plain), (POST, clipped)):
        right = [norm(layer.d_w) for layer in trainer.network.layers]
        np.testing.assert_allclose(magnitudes[row], right, 1e-12)
    rms = magnitudes[PRE] / np.sqrt([layer.d_w.size for layer in plain.network.layers])
    np.testing.assert_allclose(magnitudes[ROW["weight_gradient_rms"]], rms, 1e-12)


def test_limits_may_change_between_steps() -> None:
    trainer = make_trainer(clip_norm=0.01)
    for limit in (0.01, 0.0, 0.02):
        trainer.tune(replace(trainer.settings, clip_norm=limit))
        magnitudes = trainer.step().magnitudes
        if limit:
            assert (magnitudes[PRE] > magnitudes[POST]).all()
        else:
            np.testing.assert_array_equal(magnitudes[PRE], magnitudes[POST])


def test_every_run_has_its_own_limit() -> None:
    seeds, runs = (1, 2, 3, 4), (2, 2)
    limits = np.array([0.01, 0.0, 0.5, 100.0]).reshape(2, 2, 1)
    free, _ = gradient(make_trainer(seeds=seeds, runs=runs))
    clipped, _ = gradient(make_trainer(seeds=seeds, runs=runs, clip_norm=limits))
    for run in np.ndindex(runs):
        limit = float(limits[run][0]) or np.inf
        factor = min(1, limit / (norm(free[run]) + 1e-6))
        assert_close(clipped[run], free[run] * factor, 1e-13)
    by_value, _ = gradient(make_trainer(seeds=seeds, runs=runs, clip_value=limits))
    limits[limits == 0] = np.inf
    assert np.array_equal(by_value, np.clip(free, -limits, limits))


@pytest.mark.parametrize("size", [1e-30, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_whose_squares_leave_the_range(size: float, dtype: type[np.floating]) -> None:
    """With x = 1, w = 0 and mae's slope of 1, times the size of the next weight."""
    data = dataset(np.ones((4, 1)), np.ones((4, 1)), dtype=dtype)

    def made(limit: float) -> Trainer:
        trainer = make_trainer(
            (1, 2, 1), "identity", data=data, loss="mae", dtype=dtype, clip_norm=limit
        )
        first, last = trainer.network.layers
        first.w[...], last.w[...] = 0, size
        return trainer

    free, _ = gradient(made(0))
    right = np.array([-size, -size, -size, -size, 0, 0, -1])  # W1, b1, W2, b2
    assert_close(free, right.astype(dtype), 1e-6)
    clipped, magnitudes = gradient(made(1e-3))
    factor = 1e-3 / (norm(right) + 1e-6)
    assert_close(clipped, right * factor, 1e-6)
    np.testing.assert_allclose(magnitudes[PRE], [np.sqrt(2) * size, 0], 1e-6)
    np.testing.assert_allclose(magnitudes[POST], [np.sqrt(2) * size * factor, 0], 1e-6)
    layers = made(1e-3).network.layers
    assert layers[0].d_w.dtype == dtype


def test_a_clipped_step_moves_by_the_clipped_gradient() -> None:
    trainer = make_trainer(clip_norm=0.01, learning_rate=0.5, clip_value=0.004)
    expected, _ = gradient(trainer)
    before = trainer.network.parameters.copy()
    trainer.step()
    assert_close(before - trainer.network.parameters, 0.5 * expected, 1e-12)
    assert np.array_equal(trainer.network.gradient, expected)
