"""One change tried on a new run, with the run before pinned beside it.

The new run has the same seed and data. Once it has come as far as the pinned one had, at most some
thousand steps, a line says what the change did.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from lab.faults import SpecError
from lab.frames import Frame
from lab.pins import LONGEST_NOTE, Label, Pin
from lab.run import Phase
from lab.spec import Spec
from lab.trial import Trial
from lab.words import one_line
from widgets.undo import SpecChange

if TYPE_CHECKING:
    from widgets.main_window import MainWindow


class Trials(QObject):
    """Tries one change at a time; `text` and `warnings` say how it stands, `changed` says when."""

    changed = Signal()

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = session = window.session
        self.text = ""
        self.warnings: tuple[str, ...] = ()  # what else the words may be about
        self._tried: Spec | None = None  # the experiment that `text` belongs to
        self._trial: Trial | None = None
        # Title, the pin's note and the spec of what is tried once the pin is there.
        self._pinning: tuple[str, str, Spec] | None = None
        self._begun = False  # whether the run on the bench is the one that is tried
        session.pinned.connect(self._on_pinned)
        session.run_started.connect(self._on_run_started)
        session.frame_arrived.connect(self._on_frame_arrived)
        session.phase_changed.connect(self._on_phase_changed)

    def apply(self, title: str, changes: Mapping[str, object]) -> None:
        """Pin the present run, then train a new one that differs by these changes alone."""
        window, session = self._window, self._session
        before = session.spec
        try:
            after = before.with_values(changes)
        except SpecError as error:
            window.runs.tell(f"“{title}” is not possible here: {error.faults[0]}.")
            return
        if after == before:
            window.runs.tell(f"“{title}” would change nothing: it is already so.")
            return
        if not window.handouts.allow(after):
            return
        with window.runs.refusals():
            self._keep_present(title, after)
            self._tried = after
            window.files.forget_path()  # its file holds the run before
            window.verdict.forget_cures()  # which were for that one, too
            window.undo_stack.push(SpecChange(session.load, before, after, title))
            session.play()
            window.show_panel("runs")

    def _keep_present(self, title: str, after: Spec) -> None:
        """Pin the present run, unless a pin holds the very same. Raises PinError."""
        session = self._session
        if not session.steps:
            self._trial, self._pinning, self._begun = None, None, False
            self._say(f"“{title}”: the run before had no steps, so there is nothing to compare.")
            return
        pinned = next((pin for pin in session.pins if self._is_present(pin)), None)
        if pinned is not None:
            self._begun = False
            self._await(Trial(title, pinned, after))
            return
        note = one_line(f"before “{title}”", LONGEST_NOTE)
        session.pin(Label(note=note))
        self._trial, self._pinning, self._begun = None, (title, note, after), False

    def _is_present(self, pin: Pin) -> bool:
        """Whether a pin is the run on the bench as it is now."""
        history = self._session.history
        return (
            history is not None
            and (pin.spec, pin.steps) == (self._session.spec, len(history))
            and pin.history.marks == history.marks
        )

    def _await(self, trial: Trial) -> None:
        self._trial, self._pinning = trial, None
        self._say(trial.waiting())

    def _say(self, text: str, warnings: tuple[str, ...] = ()) -> None:
        self.text, self.warnings = text, warnings
        self.changed.emit()

    def _on_pinned(self, pin: Pin) -> None:
        if self._pinning is not None and pin.note == self._pinning[1]:
            title, _, after = self._pinning
            self._await(Trial(title, pin, after))

    def _on_run_started(self) -> None:
        # The pin was asked for before this run: by now it is there, or never will be.
        self._pinning = None
        self._begun = self._trial is not None
        if not self._begun and self._session.spec != self._tried:
            self._say("")

    def _on_frame_arrived(self, _frame: Frame) -> None:
        self._look()

    def _on_phase_changed(self, _phase: Phase) -> None:
        self._look()

    def _look(self) -> None:
        session = self._session
        if self._trial is None or not self._begun or session.history is None:
            return
        outcome = self._trial.outcome(session.spec, session.history, session.phase)
        if outcome is not None:
            self._trial, self._tried = None, session.spec
            self._say(outcome.text, outcome.warnings)
            self._window.status.show_message(outcome.brief)
