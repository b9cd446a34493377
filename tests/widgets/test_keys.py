"""The list of keys fits a small screen, and names every key of the menus."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.widgets.person import menu, press
from widgets.keys import COLUMNS, KeysDialog
from widgets.main_window import MainWindow

SMALL = (1024, 700)
# Those of the system for undo and redo, others that mean the same, and what a menu is enough for.
NOT_LISTED = {"F1", "Ctrl+Q", "Ctrl+Shift+S", "Ctrl+=", "Ctrl+Y", "Undo", "Alt+Backspace", "Redo"}
MENUS = ("&File", "&Edit", "&View", "&Run", "&Lessons", "&Help")


def test_the_list_of_keys_fits_a_small_screen(window: MainWindow, qtbot: QtBot) -> None:
    press(window, Qt.Key.Key_F1)
    (dialog,) = window.findChildren(KeysDialog)
    qtbot.waitUntil(dialog.isVisible)
    assert not dialog.isModal()
    screen = dialog.screen().availableSize()
    assert dialog.height() <= screen.height()
    assert dialog.width() <= screen.width()
    content = dialog.scroller.widget()
    assert content is not None
    assert content.sizeHint().height() < SMALL[1] - 100
    assert content.sizeHint().width() < SMALL[0] - 24
    words = " ".join(label.text() for label in content.findChildren(QLabel))
    assert "step through" in words
    dialog.close()


def test_every_key_of_the_menus_is_in_the_list(window: MainWindow) -> None:
    listed = {key for column in COLUMNS for _, keys in column for key, _ in keys}
    names = {name for key in listed for name in key.split(", ")}
    for title in MENUS:
        for action in menu(window, title).actions():
            keys = {shortcut.toString() for shortcut in action.shortcuts()} - NOT_LISTED
            assert not keys or keys & names, action.text()  # of several one is enough


def test_every_tool_opens_from_a_menu(window: MainWindow) -> None:
    actions = [*menu(window, "&Run").actions(), *menu(window, "&Lessons").actions()]
    for name in (
        "Step T&hrough",
        "&Nudge a Weight",
        "P&ath of a Weight",
        "Loss S&urface",
        "&Myths",
    ):
        (action,) = (action for action in actions if action.text() == name)
        action.trigger()
    opened = {name for name, dock in window.docks.items() if not dock.isHidden()}
    assert {"steps", "nudge", "path", "surface", "myths"} <= opened
