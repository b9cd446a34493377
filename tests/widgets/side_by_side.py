"""What a person does with the list of runs, for the tests of it."""

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from lab.pins import Pin
from tests.widgets.person import key, press, settle, write
from widgets.main_window import MainWindow
from widgets.run_card import PinCard
from widgets.runs_panel import RunsPanel

CTRL = Qt.KeyboardModifier.ControlModifier
STEPS = 9


def take_steps(window: MainWindow, qtbot: QtBot, count: int) -> None:
    """Take some steps of a run that has just begun."""
    settle(qtbot, window)
    for _ in range(count):
        window.session.take_step()
    qtbot.waitUntil(lambda: window.session.frame is not None and window.session.frame.step == count)
    settle(qtbot, window)


def pin(window: MainWindow, qtbot: QtBot) -> Pin:
    """Press Ctrl+P and wait until the run is pinned."""
    count = len(window.session.pins)
    press(window, Qt.Key.Key_P, CTRL)
    qtbot.waitUntil(lambda: len(window.session.pins) == count + 1)
    return window.session.pins[-1]


def panel(window: MainWindow) -> RunsPanel:
    """The list of runs, brought to the front."""
    window.show_panel("runs")
    found = window.docks["runs"].widget()
    assert isinstance(found, RunsPanel)
    return found


def card(window: MainWindow, place: int = 0) -> PinCard:
    """The card of the run at a place."""
    return next(card for card in panel(window).cards if card.pin.place == place)


def retype(line: QLineEdit, text: str) -> None:
    """Type over what a line says, and press Return."""
    line.setFocus()
    line.selectAll()
    write(line, text) if text else key(line, Qt.Key.Key_Delete)
    key(line, Qt.Key.Key_Return)


def drop(target: RunsPanel, *paths: Path | QUrl) -> bool:
    """Drag files over the list and let go; tell whether it would take them."""
    content = QMimeData()
    content.setUrls([QUrl.fromLocalFile(str(p)) if isinstance(p, Path) else p for p in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(9, 9), copy, content, buttons, keys)
    enter.ignore()
    QApplication.sendEvent(target, enter)
    if enter.isAccepted():
        QApplication.sendEvent(target, QDropEvent(QPointF(9, 9), copy, content, buttons, keys))
    return enter.isAccepted()


def pin_count(window: MainWindow) -> int:
    """How many runs are pinned."""
    return len(window.session.pins)
