"""The view for an audience: larger, thicker, full screen, and afterwards as it was."""

import pytest
from PySide6.QtCore import QSettings, QSize, Qt
from PySide6.QtWidgets import QApplication, QTabBar
from pytestqt.qtbot import QtBot

from lab.cli import WindowRequest
from tests.widgets.conftest import WindowMaker
from tests.widgets.person import field, key, menu, play, press, settle
from tests.widgets.places import places_of, settled_places
from widgets.main_window import MainWindow
from widgets.plots.canvas import Canvas

F11, ESCAPE = Qt.Key.Key_F11, Qt.Key.Key_Escape
FIND_DIRECT = Qt.FindChildOption.FindDirectChildrenOnly


def drawn(canvas: Canvas) -> float:
    """The share of a canvas that is not its ground."""
    image = canvas.grab().toImage()
    places = [(x, y) for x in range(image.width()) for y in range(image.height())]
    return sum(image.pixelColor(x, y) != canvas.ground for x, y in places) / len(places)


def test_type_is_larger_lines_are_thicker_and_the_screen_is_full(
    window: MainWindow, qtbot: QtBot
) -> None:
    play(qtbot, window)
    press(window, Qt.Key.Key_Space)
    settle(qtbot, window)
    type_before = QApplication.font().pointSizeF()
    canvas = window.gradients.lines.canvas
    before = drawn(canvas)
    press(window, F11)
    assert window.isFullScreen()
    assert QApplication.font().pointSizeF() >= type_before + 2
    qtbot.waitUntil(lambda: drawn(canvas) > 1.3 * before)
    assert window.gradients.lines.x_axis.pen().widthF() == 2
    for canvas in (plot.canvas for plot in (window.loss.plot, window.data.surface)):
        assert canvas.line_width == 2


@pytest.mark.parametrize("way", [F11, ESCAPE])
def test_leaving_brings_everything_back(window: MainWindow, qtbot: QtBot, way: Qt.Key) -> None:
    window.theme.set_zoom(1)
    window.resize(900, 640)
    window.docks["runs"].hide()
    qtbot.waitUntil(lambda: window.size() == QSize(900, 640))
    places, type_before = settled_places(window, qtbot), window.theme.font().pointSizeF()
    press(window, F11)
    window.docks["loss"].hide()
    press(window, way)
    assert not window.isFullScreen()
    assert not window.presenter.on
    qtbot.waitUntil(lambda: window.size() == QSize(900, 640))
    assert (window.theme.zoom, window.theme.font().pointSizeF()) == (1, type_before)
    assert window.theme.line_width == 1
    qtbot.waitUntil(lambda: places_of(window) == places)


def test_escape_leaves_a_field_before_it_leaves_the_view(window: MainWindow) -> None:
    press(window, F11)
    box = field(window, "network.depth").box
    box.setFocus()
    key(box, ESCAPE)
    assert window.presenter.on
    press(window, ESCAPE)
    assert not window.presenter.on


def test_the_menu_shows_whether_it_is_on(window: MainWindow) -> None:
    (action,) = (a for a in menu(window, "&View").actions() if a.text() == "&Presenter")
    action.trigger()
    assert window.presenter.on
    press(window, ESCAPE)
    assert not action.isChecked()


def test_every_tab_is_there_once_afterwards(window: MainWindow, qtbot: QtBot) -> None:
    press(window, F11)
    press(window, ESCAPE)
    settled_places(window, qtbot)
    bars = [bar for bar in window.findChildren(QTabBar) if bar.isVisible()]
    tabs = sorted(bar.tabText(index) for bar in bars for index in range(bar.count()))
    docks = window.docks.values()
    shown = [dock for dock in docks if dock.isVisible() and window.tabifiedDockWidgets(dock)]
    assert tabs == sorted(dock.windowTitle() for dock in shown)


def test_a_lesson_opened_before_an_audience_can_be_read_afterwards(
    window: MainWindow, qtbot: QtBot
) -> None:
    settled_places(window, qtbot)
    press(window, F11)
    settled_places(window, qtbot)
    window.lessons.open(window.lessons.entries[3].path)
    with qtbot.waitSignal(window.presenter.settled):
        press(window, ESCAPE)
    settled_places(window, qtbot)
    assert window.docks["lesson"].height() > 0.4 * window.height()


@pytest.mark.parametrize(
    "keys", [[], [ESCAPE], [ESCAPE, F11]], ids=["presenting", "just left", "again"]
)
def test_a_window_that_closes_while_presenting_opens_as_usual(
    window: MainWindow, qtbot: QtBot, make: WindowMaker, settings: QSettings, keys: list[Qt.Key]
) -> None:
    window.resize(900, 640)
    qtbot.waitUntil(lambda: window.size() == QSize(900, 640))
    places = settled_places(window, qtbot)
    press(window, F11)
    settled_places(window, qtbot)
    for name in keys:
        press(window, name)
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert settings.value("zoom") == 0
    again = make()
    assert not again.isFullScreen()
    assert again.size() == QSize(900, 640)
    assert settled_places(again, qtbot) == places


@pytest.mark.parametrize("stored", [0, 4], ids=["chosen", "stored"])
def test_larger_type_cuts_off_no_name_of_a_tab(
    make: WindowMaker, qtbot: QtBot, settings: QSettings, stored: int
) -> None:
    settings.setValue("zoom", stored)
    window = make(WindowRequest(size=(1024, 700)))

    def tabs_are_whole() -> bool:
        bars = [bar for bar in window.findChildren(QTabBar, options=FIND_DIRECT) if bar.isVisible()]
        return bool(bars) and all(bar.width() >= bar.sizeHint().width() for bar in bars)

    window.theme.set_zoom(4)
    qtbot.waitUntil(tabs_are_whole)
