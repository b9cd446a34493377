"""A tool whose answer takes long: it is computed beside the training, with progress and Cancel.

A person asks; the next frame brings a fresh specimen, and an errand works on it. A new run, or
another question, cancels what is under way.
"""

from typing import Generic, TypeVar

from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QWidget

from lab.errands import Errand, Errands, Latest, Work
from lab.frames import Frame
from lab.mailbox import Wishes
from lab.specimens import QUESTIONS, Specimen, SpecimenOf
from widgets.controls.segments import small_button
from widgets.focus import Focus
from widgets.plots.frame import Begun
from widgets.theme import Theme
from widgets.tools.tool import Tool

T = TypeVar("T")

WHOLE = 1000  # of the progress bar
WIDE_ENOUGH_FOR_TITLE = 560


class ErrandTool(Tool, Generic[T]):
    """Subclasses say what to compute in `work` and show it in `show_result`.

    The button that asks, progress and Cancel stand in the title row, `note` below it says what has
    become of the last question.
    """

    def __init__(
        self, theme: Theme, title: str, focus: Focus, errands: Errands, ask: tuple[str, str]
    ) -> None:
        super().__init__(theme, title, focus)
        self._latest = Latest[T](errands)
        self._question = 0
        self.asked = False
        self.start = small_button(*ask)
        self.start.clicked.connect(self.ask)
        self.progress = QProgressBar()
        self.progress.setRange(0, WHOLE)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(80, 8)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.cancel_button = small_button(
            self.tr("Cancel"), self.tr("Stop computing; what was shown before stays.")
        )
        self.cancel_button.clicked.connect(self._on_cancel_clicked)
        for widget in (self.start, self.progress, self.cancel_button):
            self.add_control(widget)
        self.note = QLabel()
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.note.setContentsMargins(8, 0, 8, 2)
        self.body.addWidget(self.note)
        self._show_state()

    def add_control(self, widget: QWidget, before: QWidget | None = None) -> None:
        """Put a control into the title row, at the end or before another one."""
        self.header.insertWidget(self.header.indexOf(before or self.readout), widget)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.title.setVisible(self.width() >= WIDE_ENOUGH_FOR_TITLE)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous() and self.busy:  # closed, not behind another tab
            self._cancel(self.tr("Cancelled: the panel was closed."))

    def work(self, specimen: Specimen) -> Work[T]:
        """Return the computation. Raises ValueError, in one sentence, for what cannot be."""
        raise NotImplementedError

    def show_result(self, result: T) -> None:
        """Show what came out."""
        raise NotImplementedError

    @property
    def errand(self) -> Errand[T] | None:
        """The one under way."""
        return self._latest.errand

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return self.asked or self.errand is not None

    @property
    def wishes(self) -> Wishes:
        return (self._request,) if self.asked else ()

    @property
    def _request(self) -> SpecimenOf:
        """For every question a new one: a run that waits would not show the same things twice."""
        return SpecimenOf(self.focus.seed, self._question)

    def ask(self) -> None:
        """Begin anew with the next frame's specimen."""
        self._latest.drop()
        self.asked, self._question = True, next(QUESTIONS)
        self.say("")

    def say(self, text: str) -> None:
        """Write the note, and show what can be done now."""
        self.note.setText(text)
        self._show_state()

    def begin(self, begun: Begun) -> None:
        self.specimen = None
        if self.busy:
            self._cancel(self.tr("Cancelled: a new run has begun."))

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        specimen = frame.shown(self._request) if self.asked else None
        if specimen is not None:
            self.specimen, self.asked = specimen, False
            self.show_specimen()

    def refresh(self) -> None:
        """What is shown is an answer to an earlier question; a new focus does not change it."""

    def show_specimen(self) -> None:
        assert self.specimen is not None
        try:
            work = self.work(self.specimen)
        except ValueError as error:
            self.say(str(error))
            return
        self.progress.setValue(0)
        self._latest.run(work, moved=self._on_moved, ended=self._on_ended)
        self._show_state()

    def _cancel(self, words: str) -> None:
        self._latest.drop()
        self.asked = False
        self.say(words)

    def _on_cancel_clicked(self) -> None:
        self._cancel(self.tr("Cancelled."))

    def _on_moved(self, share: float) -> None:
        self.progress.setValue(round(WHOLE * share))

    def _on_ended(self, errand: Errand[T]) -> None:
        if errand.failure:
            self.say(self.tr("It failed: {0}").replace("{0}", errand.failure))
        elif errand.result is not None:
            self.say("")
            self.show_result(errand.result)

    def _show_state(self) -> None:
        self.note.setVisible(bool(self.note.text()))
        for widget in (self.progress, self.cancel_button):
            widget.setVisible(self.busy)
