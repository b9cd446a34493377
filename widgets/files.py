"""Opening, saving and not losing runs: dialogs, recent files, dropped files, failures.

Reading and writing are `lab.runfile`'s; here is what a person sees of them.
"""

from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox

from lab.runfile import SUFFIX
from lab.words import one_line
from widgets.messages import show_message

if TYPE_CHECKING:
    from widgets.main_window import MainWindow

MOST_RECENT = 8


class FileActions(QObject):
    """What the File menu does for one window. `path` is the file the run belongs to."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self.path: Path | None = None
        self.kept_path: Path | None = None  # where safety copies go; None keeps none
        self._after_saving: Callable[[], None] | None = None
        self.shows_failure = False
        self.recent_menu = QMenu(self.tr("Open &Recent"), window)
        self.recent_menu.setToolTipsVisible(True)
        self.recent_menu.aboutToShow.connect(self._fill_recent_menu)
        window.session.saved.connect(self._on_saved)
        window.session.save_failed.connect(self._on_save_failed)
        window.session.opened.connect(self._on_opened)
        window.session.open_failed.connect(self.tell_not_opened)

    def keep_copy(self) -> None:
        """Write a safety copy of a run with unsaved steps; the Recent menu offers it."""
        if self.kept_path is not None and self._window.session.changed_since_saving:
            self._window.session.keep(self.kept_path)

    def ask_and_open(self) -> None:
        """Let a person choose a run file."""
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, self.tr("Open a run"), str(self.folder), self.kinds
        )
        if chosen:
            self.open(Path(chosen))

    def open(self, path: Path) -> None:
        """Have a run file opened, or say in one sentence why not and leave everything as it is."""
        self.guard_run(lambda: self._open(path))

    def tell_not_opened(self, _path: Path, reason: str) -> None:
        """Say why a file could not be opened."""
        self._window.status.clearMessage()
        self._warn(self.tr("Not opened"), reason)

    def save(self) -> None:
        """Save to the run's file, asking for one when it has none."""
        if self.path is None:
            self.ask_and_save()
        else:
            self._window.session.save(self.path)

    def ask_and_save(self) -> None:
        """Let a person choose where to save."""
        suggestion = str(self.path or self.folder / f"run{SUFFIX}")
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save the run"), suggestion, self.kinds
        )
        if chosen:
            path = Path(chosen)
            self._window.session.save(path if path.suffix else path.with_suffix(SUFFIX))

    def guard_run(self, go_on: Callable[[], None]) -> None:
        """Go on, but ask first when a file's run has unsaved steps.

        A person who wants them saved goes on only when they are.
        """
        if self.path is None or not self._window.session.changed_since_saving:
            go_on()
            return
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Save the run?"))
        box.setText(self.tr("The run has steps that its file does not hold."))
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        answer = box.exec()
        box.deleteLater()
        if answer == buttons.Save:
            self._after_saving = go_on
            self.save()
        elif answer == buttons.Discard:
            go_on()

    def forget_path(self) -> None:
        """The experiment on the bench belongs to no file."""
        self.path = None
        self._window.update_title()

    def dropped_path(self, content: QMimeData) -> Path | None:
        """Return the one local file that is dragged over the window."""
        urls = content.urls()
        if len(urls) == 1 and urls[0].isLocalFile():
            return Path(urls[0].toLocalFile())
        return None

    def show_failure(self, traceback: str) -> None:
        """Show an unexpected error with a way to copy it; the run stays and can be saved."""
        last_line = traceback.strip().splitlines()[-1]
        box = show_message(
            self._window,
            QMessageBox.Icon.Critical,
            self.tr("Something went wrong"),
            self.tr("An unexpected error was met and written to the log. The run can be saved.")
            + f"\n\n{last_line}",
        )
        box.setDetailedText(traceback)
        copy = box.addButton(self.tr("Copy"), QMessageBox.ButtonRole.ActionRole)
        copy.clicked.disconnect()  # a message box would close at any button
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(traceback))
        box.finished.connect(self._on_failure_closed)
        self.shows_failure = True

    def _on_failure_closed(self) -> None:
        self.shows_failure = False

    def _on_saved(self, path: Path) -> None:
        self._belong_to(path)
        self.say(self.tr("Saved {0}"), path)
        go_on, self._after_saving = self._after_saving, None
        if go_on is not None:
            go_on()

    def _on_save_failed(self, path: Path, reason: str) -> None:
        self._after_saving = None
        self._warn(
            self.tr("Not saved"),
            self.tr("{0} could not be saved: {1}. Training goes on; what was there is unchanged.")
            .replace("{0}", str(path))
            .replace("{1}", reason),
        )

    def _open(self, path: Path) -> None:
        self.say(self.tr("Opening {0} …"), path)
        self._window.session.open(path)

    def _on_opened(self, path: Path) -> None:
        self._window.undo_stack.clear()
        self.say(self.tr("Opened {0}"), path)
        if path == self.kept_path:  # to save it asks for a place of its own
            self.forget_path()
        else:
            self._belong_to(path)

    def _belong_to(self, path: Path) -> None:
        self.path = path
        self.note(path)
        self._window.update_title()

    def note(self, path: Path) -> None:
        """Put a file at the head of the recent ones."""
        names = [str(path.absolute())]
        names += [name for name in self._recent() if name not in names]
        self._window.settings.setValue("recent", names[:MOST_RECENT])

    def _recent(self) -> list[str]:
        names = self._window.settings.value("recent")
        names = [names] if isinstance(names, str) else names  # so Qt reads a list of one
        return [str(name) for name in names] if isinstance(names, list) else []

    def _fill_recent_menu(self) -> None:
        self.recent_menu.clear()
        for name in self._recent():
            path = Path(name)
            action = self.recent_menu.addAction(path.name.replace("&", "&&"))
            action.setToolTip(f"<qt>{escape(name)}</qt>")
            action.setEnabled(path.exists())
            action.triggered.connect(lambda _checked=False, path=path: self.open(path))
        if self.kept_path is not None and self.kept_path.exists():
            kept = self.recent_menu.addAction(self.tr("Last unsaved run (kept for you)"))
            kept.triggered.connect(partial(self.open, self.kept_path))
        self.recent_menu.addSeparator()
        clear = self.recent_menu.addAction(self.tr("Clear"))
        clear.setEnabled(bool(self._recent()))
        clear.triggered.connect(lambda: self._window.settings.remove("recent"))

    @property
    def folder(self) -> Path:
        """Where dialogs begin."""
        return self.path.parent if self.path else Path.home()

    @property
    def kinds(self) -> str:
        """The files that dialogs offer."""
        return self.tr("Runs (*{0});;All files (*)").replace("{0}", SUFFIX)

    def say(self, text: str, path: Path) -> None:
        """Say something about a file, named {0} in the text."""
        self._window.status.show_message(text.replace("{0}", one_line(path.name)))

    def _warn(self, title: str, text: str) -> None:
        show_message(self._window, QMessageBox.Icon.Warning, title, text)
