"""One step of a lesson, as a person reads it, between its title and the buttons for going on."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from lab.lesson_tasks import Situation
from lab.lesson_walks import Walk
from lab.lessons import TITLES, Lesson
from widgets.controls.segments import small_button
from widgets.lesson_page import Page, push_button
from widgets.lesson_steps import page_of
from widgets.one_line import OneLine
from widgets.rich_text import RichText
from widgets.text_panel import plain_text


class Reader(QWidget):
    """One step of a lesson between its title and the buttons for going on."""

    moved = Signal(int)
    left = Signal()
    set_up_wanted = Signal()
    panel_wanted = Signal(str)
    answered = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.title, self.place = plain_text("title"), OneLine()
        self.place.setProperty("role", "muted")
        self.leave = small_button("☰", self.tr("Back to the list of lessons; this place is kept."))
        self.leave.setAccessibleName(self.tr("List of lessons"))
        self.leave.clicked.connect(self.left)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(3)
        self.progress.setAccessibleName(self.tr("Progress in the lesson"))
        self.scroller = QScrollArea()
        self.scroller.setWidgetResizable(True)
        self.scroller.setFrameShape(QFrame.Shape.NoFrame)
        self.scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroller.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.page: Page  # once there is a step
        self.back = push_button(
            self.tr("Back"), self.tr("The step before."), partial(self.moved.emit, -1)
        )
        self.next = push_button(
            self.tr("Next"), self.tr("The next step."), partial(self.moved.emit, 1)
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 8)
        layout.setSpacing(4)
        layout.addWidget(self.title)
        layout.addLayout(_row(self.place, self.leave))
        layout.addWidget(self.progress)
        layout.addWidget(self.scroller, 1)
        layout.addLayout(_row(self.back, self.next))

    def show_step(self, lesson: Lesson, walk: Walk) -> None:
        """Show the step at which a walk stands."""
        position, count = walk.position, len(lesson.steps)
        step = lesson.steps[position]
        self.title.setText(lesson.title)
        text = self.tr("Step {0} of {1}: {2}").replace("{0}", str(position + 1))
        text = text.replace("{1}", str(count)).replace("{2}", self.tr(TITLES[type(step)]))
        self.place.setText(text)
        self.progress.setRange(0, count)
        self.progress.setValue(position + 1)
        self.back.setEnabled(position > 0)
        self.next.setText(self.tr("Next") if position + 1 < count else self.tr("Finish"))
        self.next.setAccessibleName(self.next.text())
        self.page = page_of(step, walk, lesson)
        self.page.set_up_wanted.connect(self.set_up_wanted)
        self.page.panel_wanted.connect(self.panel_wanted)
        self.page.answered.connect(self.answered)
        self.content = content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 6, 4, 6)
        column.setSpacing(8)
        if position == 0:
            column.addWidget(RichText(f"*{lesson.text}*"))
        column.addWidget(self.page)
        column.addStretch(1)
        self.scroller.setWidget(content)

    def show_situation(self, now: Situation) -> None:
        """See what is on the bench."""
        self.page.show_situation(now)

    def show_measured(self, measured: Mapping[str, float]) -> None:
        """See what was measured, by measurement."""
        self.page.show_measured(measured)


def _row(first: QWidget, last: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    stretches = isinstance(first, OneLine)
    row.addWidget(first, 1 if stretches else 0)
    if not stretches:
        row.addStretch(1)
    row.addWidget(last)
    return row
