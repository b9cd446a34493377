"""The thumbnail shows time to the right, the output layer on top, and blank where nothing is."""

import numpy as np
import pytest

from core.arrays import Array
from core.measures import QUANTITIES, ROW
from core.training import StepRecord
from lab.history import History
from lab.thumbnail import BLANK, HEIGHT, VIRIDIS, WIDTH, thumbnail, viridis
from tests.lab.making import WILD, run_of


def history_of(signals: Array) -> History:
    """A history with these signal gradients (steps, layers)."""
    history = History(signals.shape[1])
    for step, signal in enumerate(signals, 1):
        magnitudes = np.ones((len(QUANTITIES), signals.shape[1]))
        magnitudes[ROW["signal_gradient_rms"]] = signal
        history.append(StepRecord(step, np.array(1.0), magnitudes))
    return history


def colors(pixels: Array) -> set[tuple[int, ...]]:
    return {tuple(color) for color in pixels.reshape(-1, 3).tolist()}


def test_the_ends_of_the_map_are_viridis() -> None:
    np.testing.assert_array_equal(viridis(np.array([0, 0.5, 1])), VIRIDIS[[0, 4, 8]])
    between = viridis(np.array([1 / 16]))
    np.testing.assert_allclose(between[0], VIRIDIS[:2].mean(axis=0), atol=0.5)


def test_a_layer_is_a_band_and_the_output_is_on_top() -> None:
    pixels = thumbnail(history_of(np.tile([1e-6, 1e-3, 1.0], (10, 1))))
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels[0, 0], VIRIDIS[-1])
    np.testing.assert_array_equal(pixels[HEIGHT // 2, 0], VIRIDIS[4])
    np.testing.assert_array_equal(pixels[-1, 0], VIRIDIS[0])
    assert (pixels == pixels[:, :1]).all()


def test_time_runs_to_the_right() -> None:
    pixels = thumbnail(history_of(np.geomspace(1e-9, 1, 4)[:, np.newaxis]))
    np.testing.assert_array_equal(pixels[0, 0], VIRIDIS[0])
    np.testing.assert_array_equal(pixels[0, -1], VIRIDIS[-1])
    assert (pixels == pixels[:1]).all()
    assert len(colors(pixels)) == 4


def test_zero_nan_and_infinity_are_blank() -> None:
    pixels = thumbnail(history_of(np.array([[0.0, np.nan, np.inf, 1.0, 10.0]])))
    band = [tuple(pixels[int(HEIGHT * (1 - (layer + 0.5) / 5)), 0].tolist()) for layer in range(5)]
    assert band[:3] == [BLANK] * 3
    assert BLANK not in band[3:]


@pytest.mark.parametrize("signals", [np.zeros((0, 3)), np.zeros((5, 3)), np.full((5, 3), np.nan)])
def test_nothing_to_show_is_blank(signals: Array) -> None:
    assert colors(thumbnail(history_of(signals))) == {BLANK}


def test_one_size_everywhere_is_one_color() -> None:
    assert len(colors(thumbnail(history_of(np.full((7, 4), 0.5))))) == 1


@pytest.mark.parametrize("depth", [0, 100])
def test_any_depth_and_length_fits(depth: int) -> None:
    for steps in (1, 200):
        pixels = thumbnail(run_of({"network.depth": depth}, steps=steps).history)
        assert pixels.shape == (HEIGHT, WIDTH, 3)
        assert BLANK not in colors(pixels)


def test_a_run_about_to_diverge_has_one() -> None:
    assert thumbnail(run_of(WILD, steps=2).history).any()
