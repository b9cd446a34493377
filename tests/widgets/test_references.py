"""A guard against versions of PySide6 that lose references.

PySide6 6.12 on Python 3.11 forgets to count None, True and False in ordinary calls, until Python
frees one of them and aborts. Whoever raises the pinned version learns of it here.
"""

import sys
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QPushButton
from pytestqt.qtbot import QtBot

CALLS = 3000
TOLERANCE = CALLS // 20  # other things come and go meanwhile; a lost reference is lost every time


class Things:
    """What the calls are made on."""

    def __init__(self) -> None:
        self.window = QMainWindow()
        self.label, self.button = QLabel(self.window), QPushButton(self.window)
        self.timer = QTimer(self.window)
        self.plain = QObject()


ORDINARY: dict[str, Callable[[Things, bool], object]] = {
    "setText": lambda things, flag: things.label.setText("a" if flag else "b"),
    "setToolTip": lambda things, flag: things.label.setToolTip("a" if flag else "b"),
    "setEnabled": lambda things, flag: things.button.setEnabled(flag),
    "isEnabled": lambda things, _flag: things.button.isEnabled(),
    "setVisible": lambda things, flag: things.label.setVisible(flag),
    "update": lambda things, _flag: things.label.update(),
    "setProperty": lambda things, flag: things.label.setProperty("marked", flag),
    "property": lambda things, _flag: things.label.property("marked"),
    "no property": lambda things, _flag: things.label.property("nothing"),
    "no parent": lambda things, _flag: things.plain.parent(),
    "blockSignals": lambda things, flag: things.button.blockSignals(flag),
    "setCheckable": lambda things, flag: things.button.setCheckable(flag),
    "setWindowModified": lambda things, flag: things.window.setWindowModified(flag),
    "start": lambda things, _flag: things.timer.start(10_000),
    "stop": lambda things, _flag: things.timer.stop(),
    "isActive": lambda things, _flag: things.timer.isActive(),
    "focusWidget": lambda _things, _flag: QApplication.focusWidget(),
}


@pytest.fixture
def things(qtbot: QtBot) -> Iterator[Things]:
    made = Things()
    qtbot.addWidget(made.window)
    yield made
    made.timer.stop()


def counts() -> dict[str, int]:
    return {str(thing): sys.getrefcount(thing) for thing in (None, True, False)}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_calls_lose_no_reference(things: Things, name: str) -> None:
    call = ORDINARY[name]
    call(things, True)
    call(things, False)
    before = counts()
    for index in range(CALLS):
        call(things, index % 2 == 0)
    lost = {thing: before[thing] - count for thing, count in counts().items()}
    assert max(map(abs, lost.values())) < TOLERANCE, lost


def test_signals_slots_and_events_lose_no_reference(things: Things) -> None:
    heard: list[bool] = []
    things.button.setCheckable(True)
    things.button.toggled.connect(heard.append)
    things.button.click()
    before = counts()
    for _ in range(CALLS // 4 * 2):
        things.button.click()
        heard.clear()
        QApplication.processEvents()
    lost = {thing: before[thing] - count for thing, count in counts().items()}
    assert max(map(abs, lost.values())) < TOLERANCE, lost
