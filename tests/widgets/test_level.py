"""Where a precision ends: the line under which a gradient is no longer small but zero."""

import math

import numpy as np
from pytestqt.qtbot import QtBot

from core.arrays import PRECISIONS
from core.measures import QUANTITIES, ROW
from tests.widgets.person import play
from widgets.main_window import MainWindow
from widgets.plots.level import Level
from widgets.plots.shown import Shown

SIGNAL = QUANTITIES["signal_gradient_rms"]


def test_the_range_takes_the_line_in_when_the_numbers_come_near() -> None:
    level = Level()
    level.precision = PRECISIONS["float16"]
    height = math.log10(PRECISIONS["float16"].smallest)
    assert level.widened(Shown(SIGNAL, logarithmic=True), (-3.0, 0.0)) == (-3.0, 0.0)
    low, high = level.widened(Shown(SIGNAL, logarithmic=True), (-6.0, 0.0))
    assert low < height < high == 0
    linear = Shown(SIGNAL, logarithmic=False)
    assert level.widened(linear, (0.0, 1e-6)) == (0.0, 1e-6)
    assert level.widened(Shown(QUANTITIES["dead_share"], logarithmic=False), (0.0, 1.0)) == (
        0.0,
        1.0,
    )


def test_a_healthy_update_is_marked(window: MainWindow, qtbot: QtBot) -> None:
    play(qtbot, window, steps=3)
    window.gradients.choice.choose("update_ratio")
    for plot in (window.gradients.lines, window.gradients.profile):
        qtbot.waitUntil(lambda plot=plot: "healthy" in plot.level.words)  # type: ignore[misc]
        low, high = plot.view().y_range
        assert low < -3 < high
    assert "smallest" not in window.gradients.profile.read(1, 0)


def test_an_underflow_is_told_from_smallness(window: MainWindow, qtbot: QtBot) -> None:
    spec = window.session.spec.with_values({"network.precision": "float16", "network.depth": 20})
    window.session.set_spec(spec)
    play(qtbot, window, steps=3)
    profile = window.gradients.profile
    values = profile.values
    assert values[0] == 0
    assert np.count_nonzero(values) > 3
    low, high = profile.view().y_range
    assert low < math.log10(PRECISIONS["float16"].smallest) < high
    assert "the smallest float16)" in profile.read(1, 0)
    assert "smallest" not in profile.read(len(values), 0)
    frame = window.session.frame
    assert frame is not None
    assert frame.record.magnitudes[ROW[SIGNAL.name], 0] == 0
