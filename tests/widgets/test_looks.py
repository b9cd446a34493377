"""Theme, text size and layout: changed without a restart, kept until the next start."""

from functools import partial

import pytest
from PySide6.QtCore import QByteArray, QEvent, QObject, QSettings, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QScrollBar,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from lab.cli import WindowRequest
from lab.run import Phase
from tests.widgets.conftest import WindowMaker
from tests.widgets.person import field, menu, pause, play, press
from widgets.colors import DARK, LIGHT, Colors
from widgets.docks import PANELS
from widgets.main_window import MainWindow
from widgets.one_line import OneLine
from widgets.plots.axes import Plot
from widgets.tools.check_panel import CheckPanel
from widgets.tools.errand_tool import ErrandTool
from widgets.tools.nudge import NudgeTool
from widgets.tools.tool import Tool

CTRL = Qt.KeyboardModifier.ControlModifier
Area = Qt.DockWidgetArea
LONG_MS = 30_000
AT_FIRST = {panel.name for panel in PANELS if panel.at_first}


def shown(window: MainWindow) -> set[str]:
    return {name for name, dock in window.docks.items() if dock.isVisible()}


def choose_theme(window: MainWindow, name: str) -> None:
    (action,) = (a for a in menu(window, "&Theme").actions() if a.text() == name)
    action.trigger()


def close(window: MainWindow, qtbot: QtBot) -> None:
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())


def contrast(first: str, second: str) -> float:
    """The ratio that readability guidelines ask for: (lighter + 0.05) / (darker + 0.05)."""

    def luminance(name: str) -> float:
        color = QColor(name)
        channels = (color.redF(), color.greenF(), color.blueF())
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        red, green, blue = linear
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colors", [DARK, LIGHT], ids=["dark", "light"])
def test_text_stands_out_from_its_ground(colors: Colors) -> None:
    for text in (colors.text, colors.muted, colors.accent, colors.warning):
        assert contrast(text, colors.panel) >= 4.5, text
    for text in (colors.text, colors.muted):
        assert contrast(text, colors.ground) >= 4.5, text
    assert contrast(colors.text, colors.field) >= 4.5
    assert contrast(colors.on_accent, colors.accent) >= 4.5


@pytest.mark.parametrize("colors", [DARK, LIGHT], ids=["dark", "light"])
def test_every_line_stands_out_from_its_ground(colors: Colors) -> None:
    for index in range(60):
        assert contrast(colors.layer(index, 60).name(), colors.panel) >= 3
    for line in (colors.first_class, colors.second_class):
        assert contrast(line, colors.panel) >= 2.5


@pytest.mark.parametrize("colors", [DARK, LIGHT], ids=["dark", "light"])
def test_words_in_the_colour_of_a_line_can_be_read(colors: Colors) -> None:
    layers = [colors.layer(index, 60).name() for index in range(60)]
    for line in (*layers, colors.first_class, colors.second_class, *colors.pins):
        assert contrast(colors.ink(line).name(), colors.panel) >= 4.5
    assert colors.ink(colors.text).name() == colors.text, "what can be read stays as it is"


def plots(window: MainWindow) -> list[Plot]:
    return [plot for plot in window.findChildren(Plot) if plot.isVisible()]


def share_of(image: QImage, color: QColor) -> float:
    """How much of a picture has exactly this colour, looking at every third pixel."""
    places = [(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)]
    return sum(image.pixelColor(x, y) == color for x, y in places) / len(places)


def check_colors(window: MainWindow, colors: Colors) -> None:
    assert window.theme.colors is colors
    assert QApplication.palette().color(QPalette.ColorRole.Text) == QColor(colors.text)
    assert len(plots(window)) >= 4
    for plot in plots(window):
        if plot is not window.data.surface:
            assert share_of(plot.canvas.grab().toImage(), QColor(colors.panel)) > 0.3
        assert plot.grab().toImage().pixelColor(1, plot.height() - 2) == QColor(colors.panel)
    pens = window.gradients.lines.lines.pens
    assert [pen.color() for pen in pens] == [colors.layer(i, len(pens)) for i in range(len(pens))]
    assert window.loss.train.pens[0].color() == QColor(colors.first_class)
    assert colors.first_class in window.loss.readout.text()
    assert colors.warning in window.verdict.headline.styleSheet()


def test_the_theme_changes_without_a_restart_plots_too(window: MainWindow, qtbot: QtBot) -> None:
    play(qtbot, window)
    pause(qtbot, window)
    history = window.session.history
    for name, colors in (("Dark", DARK), ("Light", LIGHT), ("Dark", DARK), ("System", LIGHT)):
        choose_theme(window, name)
        qtbot.waitUntil(lambda: window.theme.choice == name.lower())  # noqa: B023 - used at once
        check_colors(window, colors)
    assert window.session.history is history


def test_the_style_sheet_waits_until_widgets_are_made(
    window: MainWindow, qapp: QApplication
) -> None:
    usual = qapp.styleSheet()
    assert "QToolBar" in usual
    with window.theme.dressing_later():
        assert not qapp.styleSheet()
    assert qapp.styleSheet() == usual


def test_a_theme_is_put_on_over_no_style_sheet(window: MainWindow, qapp: QApplication) -> None:
    """From one sheet to another Qt takes twice as long, and the window stands still meanwhile."""
    worn: list[str] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.ApplicationPaletteChange:
                worn.append(qapp.styleSheet())
            return False

    watch = Watch()
    qapp.installEventFilter(watch)
    window.theme.set_choice("dark")
    qapp.removeEventFilter(watch)
    assert worn
    assert not any(worn)


def test_text_grows_and_shrinks(window: MainWindow) -> None:
    usual = QApplication.font().pointSizeF()
    ticks = window.loss.plot.marks._font.pointSizeF()
    press(window, Qt.Key.Key_Plus, CTRL)
    press(window, Qt.Key.Key_Equal, CTRL)
    assert QApplication.font().pointSizeF() == usual + 2
    assert window.build.editors["network.depth"].font().pointSizeF() == usual + 2
    assert window.loss.plot.marks._font.pointSizeF() == ticks + 2
    press(window, Qt.Key.Key_0, CTRL)
    assert QApplication.font().pointSizeF() == usual
    for _ in range(5):
        press(window, Qt.Key.Key_Minus, CTRL)
    assert QApplication.font().pointSizeF() == usual - 3
    window.theme.set_zoom(6)
    for _ in range(4):
        press(window, Qt.Key.Key_Plus, CTRL)
    assert QApplication.font().pointSizeF() == usual + 8
    press(window, Qt.Key.Key_0, CTRL)


def test_layout_theme_and_text_size_are_kept(
    make: WindowMaker, settings: QSettings, qtbot: QtBot
) -> None:
    window = make()
    window.resize(1234, 789)
    window.docks["verdict"].close()
    window.addDockWidget(Area.RightDockWidgetArea, window.docks["build"])
    choose_theme(window, "Dark")
    press(window, Qt.Key.Key_Plus, CTRL)
    close(window, qtbot)
    again = make()
    assert isinstance(settings.value("geometry"), QByteArray)
    assert not again.docks["verdict"].isVisible()
    assert again.dockWidgetArea(again.docks["build"]) == Area.RightDockWidgetArea
    assert again.theme.choice == "dark"
    assert again.theme.zoom == 1
    again.theme.set_choice("light")
    again.reset_layout()
    assert shown(again) == AT_FIRST
    assert again.dockWidgetArea(again.docks["build"]) == Area.LeftDockWidgetArea
    again.theme.set_zoom(0)


@pytest.mark.parametrize(
    "stored",
    [
        {"geometry": "nonsense", "state": 5, "zoom": "big", "theme": "pink", "recent": 7},
        {"geometry": QByteArray(b"x"), "state": QByteArray(b"x"), "zoom": "-99"},
    ],
    ids=["of other kinds", "damaged"],
)
def test_damaged_settings_do_no_harm(
    make: WindowMaker, settings: QSettings, stored: dict[str, object]
) -> None:
    for name, value in stored.items():
        settings.setValue(name, value)
    window = make()
    assert shown(window) == AT_FIRST
    menu(window, "Open &Recent").aboutToShow.emit()
    window.theme.set_zoom(0)


def test_what_the_command_line_asks_for_comes_before_the_settings(
    make: WindowMaker, settings: QSettings
) -> None:
    settings.setValue("theme", "light")
    window = make(WindowRequest(theme="dark", preset="digits", size=(1024, 700)))
    assert window.theme.colors is DARK
    assert window.session.spec.data.source == "digits"
    assert (window.width(), window.height()) == (1024, 700)


def test_view_lists_every_panel(window: MainWindow) -> None:
    actions = {action.text(): action for action in menu(window, "&View").actions()}
    for dock in window.docks.values():
        action = actions[dock.windowTitle()]
        assert action.isChecked() == dock.panel.at_first
        for visible in (not dock.panel.at_first, dock.panel.at_first):
            action.trigger()
            assert dock.isVisible() == visible


def test_reset_layout_brings_floating_and_closed_panels_home(window: MainWindow) -> None:
    before = {name: window.dockWidgetArea(dock) for name, dock in window.docks.items()}
    window.docks["loss"].setFloating(True)
    window.docks["data"].close()
    window.addDockWidget(Area.LeftDockWidgetArea, window.docks["lesson"])
    (action,) = (a for a in menu(window, "&View").actions() if a.text() == "Reset &Layout")
    action.trigger()
    assert {name: window.dockWidgetArea(dock) for name, dock in window.docks.items()} == before
    assert not any(dock.isFloating() for dock in window.docks.values())
    assert shown(window) == AT_FIRST


def test_every_control_has_a_name_and_a_tooltip(window: MainWindow) -> None:
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox)
    controls: list[QWidget] = [w for kind in kinds for w in window.findChildren(kind)]
    own = [c for c in controls if not isinstance(c, QScrollBar) and _is_ours(c)]
    assert len(own) > 50
    for control in own:
        interface = QAccessible.queryAccessibleInterface(control)
        assert interface is not None
        assert interface.text(QAccessible.Text.Name), control
        assert control.toolTip(), (control, control.accessibleName())


def _is_ours(control: QWidget) -> bool:
    """Qt makes some of its own: in title bars, tool bars, tab bars and spin boxes."""
    in_tabs = isinstance(control.parent(), QTabBar)
    return not in_tabs and not control.objectName().startswith("qt_")


def test_tab_reaches_every_enabled_field(window: MainWindow) -> None:
    seen = set()
    for _ in range(200):
        press(window, Qt.Key.Key_Tab)
        seen.add(window.focusWidget())
    for editor in window.build.editors.values():
        if editor.isEnabled():
            assert editor.focusProxy() in seen


def test_tab_goes_down_the_build_panel_before_it_leaves(window: MainWindow) -> None:
    editors = [editor for editor in window.build.editors.values() if editor.isEnabled()]
    editors[0].setFocus()
    visited = [window.focusWidget()]
    while visited[-1] is not editors[-1].focusProxy():
        assert len(visited) < 200
        press(window, Qt.Key.Key_Tab)
        visited.append(window.focusWidget())
    assert all(widget and window.build.isAncestorOf(widget) for widget in visited)


@pytest.mark.parametrize("size", [(900, 600), (1024, 700), (1440, 900)], ids=str)
def test_the_build_panel_cuts_off_nothing(
    make: WindowMaker, size: tuple[int, int], qtbot: QtBot
) -> None:
    window = make(WindowRequest(size=size))
    assert (window.width(), window.height()) == size
    box = field(window, "network.depth").box

    def nothing_is_cut_off() -> None:
        content = window.build.widget()
        assert content is not None
        assert content.width() <= window.build.viewport().width()
        assert box.width() >= box.fontMetrics().horizontalAdvance("1.23e-05")

    for zoom in (0, 4, 8, 0):
        window.theme.set_zoom(zoom)
        qtbot.waitUntil(nothing_is_cut_off)


@pytest.mark.parametrize("width", [1024, 1440])
def test_a_long_message_pushes_no_number_out_of_the_status_line(
    window: MainWindow, width: int
) -> None:
    window.resize(width, 700)
    window.status.show_phase(Phase.DIVERGED, "diverged " + 40 * "very far ")
    QApplication.processEvents()
    assert window.width() == width
    last = window.status.values["speed"]
    assert last.geometry().right() <= window.status.width()
    assert window.status.phase.is_cut()
    assert "very far" in window.status.phase.toolTip()


@pytest.mark.parametrize("size", [(1024, 700), (1440, 900)], ids=str)
def test_no_tool_cuts_off_its_words(make: WindowMaker, size: tuple[int, int], qtbot: QtBot) -> None:
    window = make(WindowRequest(size=size, preset="vanishing"))
    window.session.take_step()
    qtbot.waitUntil(lambda: window.session.frame is not None and window.session.frame.step == 1)
    for name in ("steps", "nudge", "path", "surface", "check"):
        window.show_panel(name)
        tool = window.docks[name].widget()
        assert isinstance(tool, Tool)
        if isinstance(tool, CheckPanel):
            tool.ask()
        qtbot.waitUntil(partial(has_answered, tool), timeout=LONG_MS)
        qtbot.waitUntil(partial(no_line_is_cut, window.docks[name]))
        window.docks[name].close()


def no_line_is_cut(parent: QWidget) -> None:
    lines = [line for line in parent.findChildren(OneLine) if line.isVisible()]
    assert lines
    for line in lines:
        assert not line.is_cut(), line.text()


def has_answered(tool: Tool) -> bool:
    return tool.specimen is not None and not (isinstance(tool, ErrandTool) and tool.busy)


def test_the_words_in_the_plots_of_a_nudge_fit(make: WindowMaker, qtbot: QtBot) -> None:
    window = make(WindowRequest(size=(1024, 700), preset="vanishing"))
    window.show_panel("nudge")
    tool = window.docks["nudge"].widget()
    assert isinstance(tool, NudgeTool)
    qtbot.waitUntil(lambda: tool.nudged is not None)

    def they_fit() -> None:
        for plot in (tool.line, tool.errors):
            assert plot.legend.fits(plot.canvas.width())
        for plot in tool.plots:
            across, upward = plot._labels
            assert plot.length_of(across) <= plot.canvas.width() + 12, across
            assert plot.length_of(upward) <= plot.canvas.height() + 12, upward
        for words in tool.layers.labels.words:
            assert plot.length_of(words.text) <= tool.layers.canvas.width()

    qtbot.waitUntil(they_fit)


def test_words_and_a_list_of_lessons_that_fit_do_not_scroll(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.resize(1440, 900)
    window.reset_layout()
    window.lessons.open(window.lessons.entries[3].path)  # makes room
    window.lessons.leave()
    bar = window.lesson_panel.contents.verticalScrollBar()
    window.lesson_panel.contents.show_preset("A title", "A few words. " * 400)
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    window.lesson_panel.contents.show_preset("A title", "A few words. " * 9)
    qtbot.waitUntil(lambda: bar.maximum() == 0)
