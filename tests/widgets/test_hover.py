"""What is read under a pointer that rests: what is shown, and nothing once that is gone."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.measures import ROW
from lab.words import number
from tests.widgets.person import hover, mouse, press, settle, shown_step
from tests.widgets.test_distributions import opened
from widgets.main_window import MainWindow

Key = Qt.Key


@pytest.fixture
def trained(window: MainWindow, qtbot: QtBot) -> MainWindow:
    step_on(window, qtbot)
    return window


def step_on(window: MainWindow, qtbot: QtBot) -> None:
    """Take the steps of one epoch, and wait until the last is shown."""
    before = shown_step(window)
    press(window, Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: shown_step(window) > before)
    settle(qtbot, window)


def value_now(window: MainWindow, quantity: str, layer: int) -> str:
    frame = window.session.frame
    assert frame is not None
    return number(float(frame.record.magnitudes[ROW[quantity], layer - 1]))


def test_a_resting_pointer_reads_the_newest_step(trained: MainWindow, qtbot: QtBot) -> None:
    panel = trained.gradients
    last = len(panel.profile.values)
    hover(panel.profile, last, -3)
    signal = "signal_gradient_rms"
    start = f"layer {last}: {value_now(trained, signal, last)}"
    qtbot.waitUntil(lambda: panel.readout.text().startswith(start))
    step_on(trained, qtbot)
    end = f"layer {last}: {value_now(trained, signal, last)}"
    assert end != start
    qtbot.waitUntil(lambda: panel.readout.text().startswith(end))


def test_another_quantity_is_read_at_once(trained: MainWindow, qtbot: QtBot) -> None:
    panel = trained.gradients
    hover(panel.profile, 4, -3)
    qtbot.waitUntil(lambda: panel.readout.text().startswith("layer 4"))
    press(trained, Key.Key_G)
    value = value_now(trained, "weight_gradient_rms", 4)
    qtbot.waitUntil(lambda: panel.readout.text().startswith(f"layer 4: {value}"))


@pytest.mark.parametrize("view", [0, 1])
def test_lines_and_map_read_what_they_show(trained: MainWindow, qtbot: QtBot, view: int) -> None:
    panel = trained.gradients
    panel.view.choose(view)
    panel.choice.choose("dead_share")
    plot = panel.map if view else panel.lines
    qtbot.waitUntil(lambda: plot.canvas.width() > 99)
    qtbot.waitUntil(lambda: bool(plot.read(2.0, 2.0)))
    hover(plot, 2.0, sum(plot.view().y_range) / 2)
    qtbot.waitUntil(lambda: panel.readout.text().endswith(": 0"))
    panel.choice.choose("signal_gradient_rms")
    qtbot.waitUntil(lambda: not panel.readout.text().endswith(": 0"))
    assert panel.readout.text().startswith("step ")


def test_a_layer_that_has_gone_is_no_longer_read(trained: MainWindow, qtbot: QtBot) -> None:
    panel = trained.gradients
    hover(panel.profile, 7, -3)
    qtbot.waitUntil(lambda: panel.readout.text().startswith("layer 7:"))
    trained.session.set_spec(trained.session.spec.with_values({"network.depth": 2}))
    qtbot.waitUntil(lambda: len(panel.profile.values) == 3)
    qtbot.waitUntil(lambda: "layer 7:" not in panel.readout.text())


def test_nothing_is_read_of_a_picture_that_is_hidden(trained: MainWindow, qtbot: QtBot) -> None:
    panel = trained.gradients
    hover(panel.lines, 3, -3)
    qtbot.waitUntil(lambda: panel.readout.text().startswith("step 3"))
    panel.view.choose(1)
    assert panel.readout.text() == ""
    assert panel.lines.hover.at is None


def test_without_a_pointer_nothing_is_read(
    trained: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[float] = []
    panel = trained.gradients

    def note(x: float, _y: float) -> str:
        read.append(x)
        return "read"

    monkeypatch.setattr(panel.profile, "read", note)
    hover(panel.profile, 4, -3)
    QApplication.sendEvent(panel.profile.viewport(), QEvent(QEvent.Type.Leave))
    step_on(trained, qtbot)
    assert not read
    assert panel.readout.text() == ""


def test_distributions_are_read_anew(trained: MainWindow, qtbot: QtBot) -> None:
    picture = opened(trained, qtbot)
    hover(picture.plot, 0.5, 3)
    words = picture.plot._reading
    qtbot.waitUntil(lambda: bool(words.words))
    before = words.words[0].text
    trained.session.set_spec(trained.session.spec.with_values({"network.width": 5}))
    qtbot.waitUntil(lambda: bool(words.words) and words.words[0].text != before)


def test_a_cell_of_the_confusion_table_is_read_anew(window: MainWindow, qtbot: QtBot) -> None:
    spec = window.session.spec.with_values({"data.source": "digits", "network.depth": 1})
    window.session.set_spec(spec)
    qtbot.waitUntil(lambda: window.data.title.text() == "Confusion")
    table = window.data.confusion
    mouse(table, QEvent.Type.MouseMove, QPoint(table.MARGIN + 3, 8), down=False)
    assert "taken for" in window.data.readout.text()
    counts = np.zeros_like(table._counts)
    counts[0, 0] = 777
    table.show_counts(counts)
    assert window.data.readout.text().startswith("777 ")
    QApplication.sendEvent(table, QEvent(QEvent.Type.Leave))
    assert "taken for" not in window.data.readout.text()
