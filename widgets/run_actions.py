"""What a person does with runs side by side: pin, rename, hide, remove, bring back.

Pins are the session's. Here is what the menus and the panel of runs share, what a person is told,
and the list of pins that outlives the program.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtWidgets import QFileDialog

from lab.pin_list import entries_of, text_of, tidy
from lab.pins import MOST_PINS, Pin, PinError
from lab.words import spaced
from widgets.undo import PinRemoval

if TYPE_CHECKING:
    from widgets.main_window import MainWindow

SETTING = "pins"


class RunActions(QObject):
    """Pins of one window. `notice` is what went wrong last, `told` that it has changed."""

    told = Signal()

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = session = window.session
        self.notice = ""
        self._returning = 0  # pins of the last time that are still being read
        self._gone: list[str] = []
        session.pins_changed.connect(self._remember)
        session.pinned.connect(self._on_pinned)
        session.pin_failed.connect(self._on_pin_failed)

    def pin(self) -> None:
        """Pin the live run, or say in one sentence why not."""
        with self.refusals():
            self._session.pin()

    def ask_and_pin(self) -> None:
        """Let a person choose run files to compare with."""
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window,
            self.tr("Pin runs to compare with"),
            str(Path.home()),
            self._window.files.kinds,
        )
        if chosen:
            self.pin_files([Path(name) for name in chosen])

    def pin_files(self, paths: Sequence[Path]) -> None:
        """Pin the runs of files, as many as there are places for."""
        self._window.show_panel("runs")
        with self.refusals():
            for path in paths:
                self._session.board.pin_file(path.absolute())

    def change(
        self,
        place: int,
        *,
        name: str | None = None,
        note: str | None = None,
        visible: bool | None = None,
    ) -> None:
        """Rename, annotate, show or hide a pinned run, or say in one sentence why not."""
        with self.refusals():
            self._session.board.change(place, name=name, note=note, visible=visible)

    def remove(self, place: int) -> None:
        """Compare with a run no more, as a step that can be taken back."""
        pin = self._session.board.at(place)
        text = self.tr("remove “{0}”").replace("{0}", pin.name)
        self._window.undo_stack.push(PinRemoval(self._session, pin, text, self.tell))
        self._confirm(self.tr("Removed “{0}”; Ctrl+Z brings it back.").replace("{0}", pin.name))

    def restore(self) -> None:
        """Bring back the pins of the last time; whatever has gone is said, the rest is shown."""
        entries = entries_of(self._window.settings.value(SETTING))
        self._returning = len(entries)
        for path, label in entries:
            self._session.board.pin_file(path, label)
        if self._session.board.folder is not None:
            tidy(self._session.board.folder, [path for path, _ in entries])

    def tell(self, text: str) -> None:
        """Say what went wrong, and keep it where the runs are."""
        self._window.status.show_message(text)
        self._keep_notice(text)

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Say why something cannot be done with pins."""
        try:
            yield
        except PinError as error:
            self.tell(str(error))

    def dropped_paths(self, content: QMimeData) -> list[Path]:
        """Return the local files that are dragged over the panel."""
        return [Path(url.toLocalFile()) for url in content.urls() if url.isLocalFile()]

    def _confirm(self, text: str) -> None:
        self._window.status.show_message(text)
        self._keep_notice("")

    def _keep_notice(self, text: str) -> None:
        self.notice = text
        self.told.emit()

    def _on_pinned(self, pin: Pin) -> None:
        if self._returning:
            self._on_returned()
            return
        places = f"{len(self._session.pins)}/{MOST_PINS}"
        self._confirm(f"Pinned “{pin.name}” at step {spaced(pin.steps)} ({places}).")

    def _on_pin_failed(self, reason: str) -> None:
        if self._returning:
            self._gone.append(reason)
            self._on_returned()
        else:
            self.tell(reason)

    def _on_returned(self) -> None:
        """What was asked for first is answered first, so the pins of the last time come first."""
        self._returning -= 1
        if self._returning:
            return
        if self._gone:
            self.tell(" ".join(self._gone))
        self._gone = []
        self._remember()

    def _remember(self) -> None:
        # Until all have returned, the list of the last time is the better one.
        if not self._returning:
            self._window.settings.setValue(SETTING, text_of(self._session.pins))
