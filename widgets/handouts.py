"""What a hand-out does to the window: words, title, and controls that are locked or not shown.

It is guidance, not security: a person unlocks all controls with one entry of the View menu, and
locks them again with the same. The hand-out stays in the run's files either way.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSignalBlocker
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog

from lab.handouts import Handout
from lab.runfile import SUFFIX
from lab.spec import Spec

if TYPE_CHECKING:
    from widgets.main_window import MainWindow


class Handouts(QObject):
    """Follows the session's hand-out in one window; `unlock` is the entry of the menu."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self.unlock = QAction(self.tr("&Unlock All Controls"), window)
        self.unlock.setCheckable(True)
        self.unlock.setEnabled(False)
        self.unlock.setToolTip(self.tr("Show and free the controls that a hand-out holds back."))
        self.unlock.toggled.connect(self._apply)
        window.session.handout_changed.connect(self._on_handout_changed)
        window.session.handout_saved.connect(self._on_handout_saved)

    @property
    def in_force(self) -> Handout | None:
        """The hand-out, unless it is unlocked."""
        return None if self.unlock.isChecked() else self._window.session.handout

    @property
    def title(self) -> str:
        """How the window's title names it; nothing without one."""
        handout = self._window.session.handout
        return "" if handout is None else handout.title.replace("[*]", "[*][*]")

    def allow(self, spec: Spec) -> bool:
        """Tell whether the experiment may be changed so; if not, say why."""
        handout = self.in_force
        refusal = "" if handout is None else handout.refusal(self._window.session.spec, spec)
        if refusal:
            self._window.build.set_spec(self._window.session.spec)
            self._window.status.show_message(refusal)
        return not refusal

    def ask_and_save(self) -> None:
        """Let a person write a hand-out and choose its file."""
        from widgets.handout_dialog import HandoutDialog

        dialog = HandoutDialog(self._window, self._window.session.handout)
        dialog.written.connect(self._ask_where)
        dialog.open()

    def _ask_where(self, handout: Handout) -> None:
        window = self._window
        suggestion = str(window.files.folder / f"{window.tr('hand-out')}{SUFFIX}")
        chosen, _ = QFileDialog.getSaveFileName(
            window, self.tr("Save the hand-out"), suggestion, window.files.kinds
        )
        if chosen:
            path = Path(chosen)
            path = path if path.suffix else path.with_suffix(SUFFIX)
            window.session.save_handout(path, handout)

    def _on_handout_saved(self, path: Path) -> None:
        self._window.files.note(path)
        self._window.files.say(self.tr("Saved the hand-out {0}"), path)

    def _on_handout_changed(self) -> None:
        window, handout = self._window, self._window.session.handout
        with QSignalBlocker(self.unlock):
            self.unlock.setChecked(False)
        self.unlock.setEnabled(handout is not None and bool(handout.held))
        self._apply()
        if handout is None:
            window.lesson_panel.contents.show_preset("", "")
        else:
            window.show_words(handout.title, handout.task)
            window.show_panel("lesson")
        window.update_title()

    def _apply(self) -> None:
        handout, window = self.in_force, self._window
        held = frozenset[str]() if handout is None else handout.held
        window.build.hold(held, frozenset() if handout is None else handout.unseen)
        window.network.hold(held)
        window.verdict.cures.hold(held)
