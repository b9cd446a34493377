"""Small windows and large type: no panel lies over another one, and no control is cut off."""

from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from lab.cli import WindowRequest
from tests.widgets.conftest import WindowMaker
from tests.widgets.person import click, key, press
from tests.widgets.places import settled_places
from widgets.application import SMALLEST_SIZE
from widgets.docks import BOTTOM, PANELS
from widgets.main_window import MainWindow
from widgets.tools.steps import StepsTool
from widgets.tools.surface_panel import SurfacePanel

CONTROLS = (QAbstractButton, QAbstractSpinBox, QComboBox)
LOW = (1024, 700)
NAMES = [panel.name for panel in PANELS if panel.area is BOTTOM]


def overlaps(window: MainWindow, qtbot: QtBot) -> list[str]:
    """Which panels lie over one another, or beyond the window."""
    places = {name: place for name, place in settled_places(window, qtbot).items() if place}
    places["gradients"] = window.gradients.geometry()
    pairs = combinations(places.items(), 2)
    found = [f"{a} and {b}" for (a, one), (b, other) in pairs if one.intersects(other)]
    whole = window.rect()
    return found + [name for name, place in places.items() if not whole.contains(place)]


def cut_off(panel: QWidget) -> list[str]:
    """Which of a panel's controls do not have the width that they need, or end beyond it."""
    found = []
    for kind in CONTROLS:
        for control in filter(QWidget.isVisible, panel.findChildren(kind)):
            left = control.mapTo(panel, QPoint()).x()
            inside = left >= 0 and left + control.width() <= panel.width()
            if not inside or control.width() < control.minimumSizeHint().width():
                found.append(control.accessibleName())
    return found


def use(tool: QWidget | None, qtbot: QtBot) -> None:
    """Do what shows more of a tool than it does at first."""
    if isinstance(tool, StepsTool):
        qtbot.waitUntil(lambda: tool.stroll is not None)
        click(tool.sample.kind.group.button(1))
        key(tool, Qt.Key.Key_Down)
    elif isinstance(tool, SurfacePanel):
        qtbot.waitUntil(lambda: tool.plot.surface is not None)
        kind = tool.settings.kind
        kind.setCurrentIndex(kind.findData("weights"))
        kind.activated.emit(kind.currentIndex())
        qtbot.waitUntil(lambda: tool.busy)


@pytest.mark.parametrize(
    ("size", "zoom", "presenting"),
    [(SMALLEST_SIZE, 0, False), (LOW, 2, False), (LOW, 0, True)],
    ids=["smallest", "large type", "presenter"],
)
def test_no_panel_lies_over_another_one(
    make: WindowMaker, qtbot: QtBot, size: tuple[int, int], zoom: int, presenting: bool
) -> None:
    window = make(WindowRequest(size=size))
    window.theme.set_zoom(zoom)
    if presenting:
        press(window, Qt.Key.Key_F11)
        window.showNormal()  # the tests' screen is narrower than a projector's
        window.resize(*size)
    for name in NAMES:
        window.show_panel(name)
        dock = window.docks[name]
        assert (name, overlaps(window, qtbot)) == (name, [])
        use(dock.widget(), qtbot)
        assert (name, overlaps(window, qtbot), cut_off(dock)) == (name, [], [])
        if not dock.panel.at_first:
            dock.close()
