"""Looking back: the handle on the time axes moves the moment of every picture."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from pytestqt.qtbot import QtBot

from core.measures import ROW
from tests.widgets.person import (
    click,
    double_click,
    drag,
    key,
    mouse,
    pause,
    pixel,
    play,
    press,
    shown_step,
)
from widgets.main_window import MainWindow
from widgets.plots.axes import Plot

Key = Qt.Key
SIGNAL = ROW["signal_gradient_rms"]


@pytest.fixture
def trained(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window whose run waits after some hundred steps."""
    play(qtbot, window, steps=300)
    pause(qtbot, window)
    return window


def grip(plot: Plot, step: float) -> QPoint:
    """Where the handle's grip is when it is at a step."""
    return QPoint(pixel(plot, step, 0).x(), plot.canvas.geometry().bottom() - 4)


def time_plots(window: MainWindow) -> list[Plot]:
    return [window.gradients.lines, window.loss.plot, window.loss.accuracy_plot]


def check_profile(window: MainWindow, step: int | None) -> None:
    history, profile = window.session.history, window.gradients.profile.profile
    assert history is not None
    assert profile is not None
    moment = history.at(len(history) if step is None else step)
    assert moment is not None
    np.testing.assert_allclose(profile.values, moment.magnitudes[SIGNAL])
    words = [entry.text for entry in window.gradients.profile.legend.entries]
    assert any("step" in text for text in words) is (step is not None)
    assert window.gradients.now.isVisible() is (step is not None)


def test_dragging_the_grip_looks_back_and_forth(trained: MainWindow) -> None:
    end = shown_step(trained)
    for plot in time_plots(trained):
        start, at = grip(plot, end), grip(plot, 100)
        drag(plot.viewport(), [start, start - QPoint(9, 0), at])
        step = trained.focus.moment
        assert step is not None
        assert abs(step - 100) <= 3
        check_profile(trained, step)
        drag(plot.viewport(), [grip(plot, step), at, grip(plot, end) + QPoint(20, 0)])
        assert trained.focus.moment is None
        check_profile(trained, None)


def test_dragging_zooms_nothing(trained: MainWindow) -> None:
    plot = trained.gradients.lines
    before = plot.view()
    drag(plot.viewport(), [grip(plot, shown_step(trained)), grip(plot, 90), grip(plot, 50)])
    assert plot.view() == before
    assert plot.following


def test_a_click_on_the_axis_moves_the_handle_there(trained: MainWindow) -> None:
    plot = trained.gradients.lines
    below = QPoint(pixel(plot, 50, 0).x(), plot.canvas.geometry().bottom() + 9)
    click(plot.viewport(), below)
    assert trained.focus.moment is not None
    assert abs(trained.focus.moment - 50) <= 3
    assert trained.focus.layer is None


def test_a_moment_stays_while_training_goes_on(trained: MainWindow, qtbot: QtBot) -> None:
    trained.focus.choose_moment(40)
    before = trained.gradients.profile.values
    play(qtbot, trained)
    pause(qtbot, trained)
    assert trained.focus.moment == 40
    assert trained.gradients.profile.values is before


def test_ways_back_to_now(trained: MainWindow) -> None:
    plot = trained.gradients.lines
    trained.focus.choose_moment(40)
    click(trained.gradients.now)
    check_profile(trained, None)
    trained.focus.choose_moment(40)
    double_click(plot.viewport(), grip(plot, 40))
    check_profile(trained, None)
    for name in (Key.Key_Escape, Key.Key_End):
        trained.focus.choose_moment(40)
        plot.setFocus()
        press(trained, name)
        check_profile(trained, None)


def test_keys_move_the_moment_while_a_plot_has_them(trained: MainWindow) -> None:
    plot, step = trained.gradients.lines, shown_step(trained)
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    press(trained, Key.Key_Home)
    first = trained.focus.moment
    assert first is not None
    press(trained, Key.Key_Right)
    second = trained.focus.moment
    assert second is not None
    assert second > first
    press(trained, Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert trained.focus.moment is not None
    assert trained.focus.moment > second + 5
    press(trained, Key.Key_Left)
    check_profile(trained, trained.focus.moment)
    assert trained.session.history is not None
    assert len(trained.session.history) == step, "no step was taken"


def test_right_takes_a_step_while_no_plot_has_the_keys(trained: MainWindow, qtbot: QtBot) -> None:
    """A click into a picture does not give it the keys."""
    step = shown_step(trained)
    click(trained.gradients.lines.viewport(), trained.gradients.lines.canvas.geometry().center())
    press(trained, Key.Key_Right)
    qtbot.waitUntil(lambda: shown_step(trained) == step + 1)
    assert trained.focus.moment is None


def test_a_new_run_is_looked_at_now(trained: MainWindow, qtbot: QtBot) -> None:
    trained.focus.choose_moment(40)
    press(trained, Key.Key_R)
    qtbot.waitUntil(lambda: shown_step(trained) == 0)
    assert trained.focus.moment is None
    assert trained.gradients.lines.handle.shown is None
    plot = trained.gradients.lines
    click(plot.viewport(), QPoint(pixel(plot, 5, 0).x(), plot.canvas.geometry().bottom() + 9))
    key(plot, Key.Key_Home)
    assert trained.focus.moment is None, "there is no past yet"


def test_the_map_has_the_handle_too(trained: MainWindow, qtbot: QtBot) -> None:
    trained.gradients.view.choose(1)
    plot = trained.gradients.map
    qtbot.waitUntil(lambda: plot.canvas.width() > 99)
    drag(plot.viewport(), [grip(plot, shown_step(trained)), grip(plot, 90), grip(plot, 60)])
    assert trained.focus.moment is not None
    assert abs(trained.focus.moment - 60) <= 3
    check_profile(trained, trained.focus.moment)


def test_the_pointer_shows_where_it_would_drag(trained: MainWindow) -> None:
    plot = trained.gradients.lines
    move = QEvent.Type.MouseMove
    mouse(plot.viewport(), move, grip(plot, shown_step(trained)), down=False)
    assert plot.viewport().cursor().shape() == Qt.CursorShape.SizeHorCursor
    mouse(plot.viewport(), move, plot.canvas.geometry().center(), down=False)
    assert plot.viewport().cursor().shape() != Qt.CursorShape.SizeHorCursor


def test_the_network_says_that_it_shows_the_present(window: MainWindow, qtbot: QtBot) -> None:
    play(qtbot, window, steps=30)
    pause(qtbot, window)
    readout = window.network.readout
    assert readout.text().startswith("layer 1 gets ×")
    window.focus.choose_moment(7)
    assert readout.text().startswith("now: layer 1 gets ×")
    window.focus.choose_moment(None)
    assert readout.text().startswith("layer 1 gets ×")
