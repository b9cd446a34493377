"""The menu bar: every command by name and key, the same actions as the buttons'."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QAction, QActionGroup, QDesktopServices, QKeySequence
from PySide6.QtWidgets import QMenu, QMessageBox

from lab import VERSION
from lab.presets import presets
from widgets.logs import log_folder
from widgets.theme import CHOICES

if TYPE_CHECKING:
    from widgets.main_window import MainWindow


def build_menus(window: "MainWindow") -> None:
    """Fill the window's menu bar."""
    bar = window.menuBar()
    _fill_file(window, bar.addMenu(window.tr("&File")))
    _fill_edit(window, bar.addMenu(window.tr("&Edit")))
    _fill_view(window, bar.addMenu(window.tr("&View")))
    _fill_run(window, bar.addMenu(window.tr("&Run")))
    _fill_lessons(window, bar.addMenu(window.tr("&Lessons")))
    _fill_help(window, bar.addMenu(window.tr("&Help")))


def _fill_run(window: "MainWindow", menu: QMenu) -> None:
    transport = window.transport
    for action in (
        transport.play,
        transport.step,
        transport.epoch,
        transport.reset,
        transport.new_seed,
    ):
        menu.addAction(action)
    menu.addSeparator()
    for text, key, tool in (
        (window.tr("Step T&hrough"), "T", "steps"),
        (window.tr("&Nudge a Weight"), "W", "nudge"),
        (window.tr("P&ath of a Weight"), "Ctrl+L", "path"),
        (window.tr("Loss S&urface"), "Ctrl+U", "surface"),
    ):
        menu.addAction(text, QKeySequence(key), partial(window.show_panel, tool))
    check = partial(_check_gradients, window)
    menu.addAction(window.tr("&Check Gradients"), QKeySequence("Ctrl+G"), check)
    menu.addSeparator()
    menu.addAction(window.tr("Pin &This Run"), QKeySequence("Ctrl+P"), window.runs.pin)
    menu.addAction(window.tr("Pin a Run from a &File…"), window.runs.ask_and_pin)


def _check_gradients(window: "MainWindow") -> None:
    from widgets.tools.check_panel import CheckPanel

    window.show_panel("check")
    window.docks["check"].make()
    panel = window.docks["check"].widget()
    if isinstance(panel, CheckPanel):
        panel.ask()


def _fill_file(window: "MainWindow", menu: QMenu) -> None:
    files, keys = window.files, QKeySequence.StandardKey
    menu.addAction(window.tr("&Open…"), keys.Open, files.ask_and_open)
    menu.addMenu(files.recent_menu)
    menu.addSeparator()
    menu.addAction(window.tr("&Save"), keys.Save, files.save)
    menu.addAction(window.tr("Save &As…"), QKeySequence("Ctrl+Shift+S"), files.ask_and_save)
    menu.addAction(window.tr("Save as &Hand-out…"), window.handouts.ask_and_save)
    menu.addSeparator()
    menu.addAction(window.tr("&Quit"), QKeySequence("Ctrl+Q"), window.close)


def _fill_edit(window: "MainWindow", menu: QMenu) -> None:
    keys = QKeySequence.StandardKey
    undo = window.undo_stack.createUndoAction(menu, window.tr("&Undo"))
    undo.setShortcuts(keys.Undo)
    redo = window.undo_stack.createRedoAction(menu, window.tr("&Redo"))
    redo.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
    menu.addActions([undo, redo])


def _fill_view(window: "MainWindow", menu: QMenu) -> None:
    for at_first in (True, False):  # then the tools
        for dock in window.docks.values():
            if dock.panel.at_first == at_first:
                menu.addAction(dock.toggleViewAction())
        menu.addSeparator()
    menu.addAction(window.tr("Reset &Layout"), window.reset_layout)
    menu.addAction(window.handouts.unlock)
    menu.addSeparator()
    menu.addAction(
        window.tr("Signal or Weight &Gradient"),
        QKeySequence("G"),
        window.gradients.toggle_kind,
    )
    menu.addSeparator()
    themes = menu.addMenu(window.tr("&Theme"))
    group = QActionGroup(themes)
    for choice in CHOICES:
        action = themes.addAction(window.tr(choice.capitalize()))
        action.setCheckable(True)
        action.setChecked(choice == window.theme.choice)
        action.triggered.connect(partial(window.theme.set_choice, choice))
        group.addAction(action)
    theme = window.theme
    zoom_in = menu.addAction(window.tr("&Larger Text"), lambda: theme.set_zoom(theme.zoom + 1))
    zoom_in.setShortcuts([QKeySequence("Ctrl++"), QKeySequence("Ctrl+=")])
    menu.addAction(
        window.tr("&Smaller Text"),
        QKeySequence("Ctrl+-"),
        lambda: theme.set_zoom(theme.zoom - 1),
    )
    menu.addAction(window.tr("&Usual Text"), QKeySequence("Ctrl+0"), lambda: theme.set_zoom(0))
    menu.addSeparator()
    presenter = menu.addAction(window.tr("&Presenter"))
    presenter.setShortcut(QKeySequence("F11"))
    presenter.setCheckable(True)
    presenter.setToolTip(window.tr("Larger type, thicker lines, full screen; Escape leaves."))
    presenter.toggled.connect(window.presenter.set_on)
    window.presenter.changed.connect(presenter.setChecked)


def _fill_lessons(window: "MainWindow", menu: QMenu) -> None:
    lessons = window.lessons
    actions: dict[str, QAction] = {}
    menu.setToolTipsVisible(True)
    for index, entry in enumerate(lessons.entries, start=1):
        key = f"&{index}" if index < 10 else f"1&{index % 10}"
        actions[entry.name] = action = menu.addAction(f"{key}  {entry.title}")
        action.setCheckable(True)
        action.setToolTip(window.tr("Begin this lesson, or go on where you left it."))
        action.triggered.connect(partial(lessons.open, entry.path))

    def show_done() -> None:
        for name, action in actions.items():
            action.setChecked(name in lessons.done)

    menu.aboutToShow.connect(show_done)
    menu.addSeparator()
    menu.addAction(window.tr("Open a Lesson from a &File…"), lessons.ask_and_open)
    menu.addSeparator()
    myths = menu.addAction(window.tr("&Myths"), QKeySequence("Ctrl+M"))
    myths.setToolTip(window.tr("What backpropagation does not do, shown on your own network."))
    myths.triggered.connect(lambda: window.show_panel("myths"))
    _fill_experiments(window, menu.addMenu(window.tr("&Experiments")))


def _fill_experiments(window: "MainWindow", menu: QMenu) -> None:
    menu.setToolTipsVisible(True)
    for index, preset in enumerate(presets().values(), start=1):
        action = menu.addAction(f"&{index}  {preset.title}")
        action.setToolTip(preset.text)
        action.triggered.connect(partial(window.open_preset, preset))


def _fill_help(window: "MainWindow", menu: QMenu) -> None:
    menu.addAction(window.tr("&Keys"), QKeySequence("F1"), lambda: _show_keys(window))
    menu.addAction(
        window.tr("Show the &Log's Folder"),
        lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_folder()))),
    )
    menu.addAction(window.tr("&About Backprop Lab"), lambda: _show_about(window))


def _show_keys(window: "MainWindow") -> None:
    from widgets.keys import KeysDialog

    KeysDialog(window).show()


def _show_about(window: "MainWindow") -> None:
    text = window.tr(
        "See how a layered network learns, and why a deep one stops learning. Backpropagation is "
        "written by hand in NumPy and runs in a thread of its own; every layer is measured at "
        "every step. Nothing is sent anywhere."
    )
    box = QMessageBox(window)
    box.setWindowTitle(window.tr("About Backprop Lab"))
    box.setText(f"<b>Backprop Lab {VERSION}</b><p>{text}</p>")
    box.setModal(False)
    box.show()
