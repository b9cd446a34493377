"""What a person does with mouse and keys, as the events that Qt would get of it."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QMenu,
    QMessageBox,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from lab.exhibits import Exhibit
from lab.run import Phase
from widgets.controls.editors import ChoiceEditor
from widgets.controls.number_editor import NumberEditor
from widgets.main_window import MainWindow
from widgets.plots.axes import Plot

NO_KEY = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


def mouse(
    widget: QWidget, kind: QEvent.Type, at: QPoint, button: Qt.MouseButton = LEFT, *, down: bool
) -> None:
    """Send one mouse event, `down` telling whether the button is held afterwards."""
    moved = kind == QEvent.Type.MouseMove
    held = button if down else Qt.MouseButton.NoButton
    event = QMouseEvent(
        kind,
        QPointF(at),
        QPointF(widget.mapToGlobal(at)),
        Qt.MouseButton.NoButton if moved else button,
        held,
        NO_KEY,
    )
    QApplication.sendEvent(widget, event)


def drag(widget: QWidget, points: Iterable[QPoint], button: Qt.MouseButton = LEFT) -> None:
    """Press at the first point, move over all others, let go at the last."""
    start, *way = points
    mouse(widget, QEvent.Type.MouseButtonPress, start, button, down=True)
    for point in way:
        mouse(widget, QEvent.Type.MouseMove, point, button, down=True)
    mouse(widget, QEvent.Type.MouseButtonRelease, way[-1], button, down=False)


def handle(slider: QSlider) -> QPoint:
    """Where the slider's handle is."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    control, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
    return slider.style().subControlRect(control, option, part, slider).center()


def drag_slider(slider: QSlider, *shares: float) -> None:
    """Drag the handle to these shares of the slider's width, one after the other."""
    start = handle(slider)
    ends = [QPoint(round(share * (slider.width() - 1)), start.y()) for share in shares]
    drag(slider, [start, *ends])


def turn_wheel(widget: QWidget, notches: int = 1) -> None:
    """Turn the wheel over the middle of a widget; what it ignores goes to those around it."""
    whole = widget.window()
    at = widget.mapTo(whole, widget.rect().center())
    QTest.wheelEvent(whole.windowHandle(), QPointF(at), QPoint(0, 120 * notches))
    QApplication.processEvents()


def click(widget: QWidget, at: QPoint | None = None, button: Qt.MouseButton = LEFT) -> None:
    """Click into a widget's middle, or somewhere else in it."""
    QTest.mouseClick(widget, button, NO_KEY, at or widget.rect().center())


def key(widget: QWidget, name: Qt.Key, modifier: Qt.KeyboardModifier = NO_KEY) -> None:
    """Press and release a key."""
    QTest.keyClick(widget, name, modifier)


def write(widget: QWidget, text: str) -> None:
    """Type a text."""
    QTest.keyClicks(widget, text)


def type_number(editor: object, text: str) -> None:
    """Type over the number and press Return."""
    assert isinstance(editor, NumberEditor)
    editor.box.setFocus()
    editor.box.selectAll()
    write(editor.box, text)
    key(editor.box, Qt.Key.Key_Return)


def field(window: MainWindow, path: str) -> NumberEditor:
    """The editor of a number."""
    editor = window.build.editors[path]
    assert isinstance(editor, NumberEditor)
    return editor


def choose(editor: object, value: object) -> None:
    """Take a choice, as Qt tells of it after a list was open: the platform has no screen for it."""
    assert isinstance(editor, ChoiceEditor)
    combo = editor.combo
    combo.setFocus()
    combo.setCurrentIndex(combo.findData(value))
    combo.activated.emit(combo.currentIndex())


def button(window: MainWindow, action: QAction) -> QWidget:
    """The button of an action in the bar."""
    found = window.transport.widgetForAction(action)
    assert found is not None
    return found


def menu(window: MainWindow, title: str) -> QMenu:
    """The menu of that title."""
    (found,) = (menu for menu in window.findChildren(QMenu) if menu.title() == title)
    return found


def hover(plot: Plot, x: float, y: float) -> None:
    """Move the pointer to a point given in the plot's coordinates."""
    mouse(plot.viewport(), QEvent.Type.MouseMove, pixel(plot, x, y), down=False)


def pixel(plot: Plot, x: float, y: float) -> QPoint:
    """Return where a point of the plot is on its viewport."""
    at = plot.view().point(x, y) + QPointF(plot.canvas.pos())
    return at.toPoint()


def zoom(plot: Plot) -> None:
    """Drag a rectangle over the middle of a plot."""
    inside = plot.canvas.geometry()
    start = inside.topLeft() + QPoint(inside.width() // 3, inside.height() // 3)
    end = inside.topLeft() + QPoint(inside.width() // 2, inside.height() // 2)
    drag(plot.viewport(), [start, start + QPoint(9, 9), end])


def double_click(widget: QWidget, at: QPoint) -> None:
    """Click twice, as Qt reports it."""
    kinds = QEvent.Type
    mouse(widget, kinds.MouseButtonPress, at, down=True)
    mouse(widget, kinds.MouseButtonRelease, at, down=False)
    mouse(widget, kinds.MouseButtonDblClick, at, down=True)
    mouse(widget, kinds.MouseButtonRelease, at, down=False)


def press(window: MainWindow, name: Qt.Key, modifier: Qt.KeyboardModifier = NO_KEY) -> None:
    """Press a key of the window, wherever its focus is."""
    key(window.focusWidget() or window, name, modifier)


def play(qtbot: QtBot, window: MainWindow, steps: int = 20) -> None:
    """Press Space and wait until some more steps are shown."""
    seen = shown_step(window)
    press(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown_step(window) >= seen + steps)


def pause(qtbot: QtBot, window: MainWindow) -> None:
    """Press Space and wait until the run waits and its last frame is shown."""
    press(window, Qt.Key.Key_Space)
    settle(qtbot, window)


def settle(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until the run waits and the window shows its last step."""

    def settled() -> bool:
        history = window.session.history
        resting = window.session.phase is not Phase.PLAYING
        return resting and history is not None and shown_step(window) == len(history)

    qtbot.waitUntil(settled)


def wishes_are_met(window: MainWindow) -> bool:
    """Whether the frame that the window has holds what its pictures wish for, and no more."""
    frame = window.session.frame
    wanted = {wish for wish in window.pictures.wishes if isinstance(wish, Exhibit)}
    return frame is not None and set(frame.exhibits) == wanted


def shown_step(window: MainWindow) -> int:
    """The step of the frame the window has; -1 while a new run has shown none."""
    frame = window.session.frame
    return frame.step if frame is not None else -1


def boxes(window: MainWindow) -> list[QMessageBox]:
    """The message boxes on the screen."""
    return [box for box in window.findChildren(QMessageBox) if box.isVisible()]


def close_boxes(qtbot: QtBot, window: MainWindow) -> list[str]:
    """Close all message boxes; return what they said."""
    said = []
    for box in boxes(window):
        said.append(box.text())
        box.close()
    window.activateWindow()
    qtbot.waitUntil(lambda: not boxes(window) and window.isActiveWindow())
    return said


def answer(window: MainWindow, button: QMessageBox.StandardButton) -> list[str]:
    """Press a button of the question that comes next; the list gets what was asked."""
    asked: list[str] = []

    def press_it() -> None:
        found = boxes(window)
        if not found:
            QTimer.singleShot(1, press_it)
            return
        asked.append(found[0].text())
        chosen = found[0].button(button)
        assert isinstance(chosen, QAbstractButton)
        chosen.click()

    QTimer.singleShot(0, press_it)
    return asked
