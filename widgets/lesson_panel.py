"""The panel of lessons: the list of them below the words of a prepared experiment, or one lesson.

A lesson is shown step by step beside the lab. The panel shows what it is told; `widgets.lessons`
knows where a person stands.
"""

from collections.abc import Collection, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from lab.lesson_walks import Walk
from lab.lessons import Entry, Lesson
from widgets.controls.manners import teach
from widgets.lesson_page import DONE, ButtonLabel
from widgets.text_panel import TextPanel
from widgets.watched import Watched

if TYPE_CHECKING:
    from widgets.lesson_reader import Reader

UNDER_WAY = "▸"


class LessonPanel(QWidget, Watched):
    """`chosen` carries the entry of a lesson; `moved` how many steps to go.

    `left` asks for the list; all others are those of the present step's page.
    """

    chosen = Signal(object)
    moved = Signal(int)
    left = Signal()
    set_up_wanted = Signal()
    panel_wanted = Signal(str)
    answered = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.contents = Contents()
        self.contents.chosen.connect(self.chosen)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.contents)

    @cached_property
    def reader(self) -> "Reader":
        """Where a lesson is read, made (and imported) when the first one is opened."""
        from widgets.lesson_reader import Reader

        reader = Reader()
        reader.moved.connect(self.moved)
        reader.left.connect(self.left)
        reader.set_up_wanted.connect(self.set_up_wanted)
        reader.panel_wanted.connect(self.panel_wanted)
        reader.answered.connect(self.answered)
        self._pages.addWidget(reader)
        return reader

    def show_contents(self) -> None:
        """Show the list of lessons."""
        self._pages.setCurrentWidget(self.contents)

    def show_step(self, lesson: Lesson, walk: Walk) -> None:
        """Show the step at which a walk stands."""
        self.reader.show_step(lesson, walk)
        self._pages.setCurrentWidget(self.reader)


class Contents(TextPanel):
    """The title and text of the prepared experiment that was opened last, and all lessons."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.title = self.add_text("title")
        self.text = self.add_text()
        self.heading = self.add_text("muted")
        self.heading.setText(self.tr("Lessons"))
        self.links: list[QToolButton] = []
        table = QWidget()
        self._list = QVBoxLayout(table)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(4)
        self.add(table)

    def show_preset(self, title: str, text: str) -> None:
        """Show a prepared experiment's words."""
        self.title.setText(title)
        self.text.setText(text)

    def show_lessons(
        self, entries: Sequence[Entry], done: Collection[str], begun: Collection[str]
    ) -> None:
        """List the lessons, by name those that are done or under way."""
        if not self.links:
            self.links = [self._link(entry) for entry in entries]
        for index, (link, entry) in enumerate(zip(self.links, entries, strict=True), 1):
            mark, state = f"{index}", ""
            if entry.name in done:
                mark, state = DONE, self.tr(", done")
            elif entry.name in begun:
                mark, state = UNDER_WAY, self.tr(", under way")
            link.setText(mark)
            link.setAccessibleName(f"{entry.title}{state}")

    def _link(self, entry: Entry) -> QToolButton:
        link = QToolButton()
        link.setProperty("entry", "true")
        link.setToolTip(self.tr("Begin this lesson, or go on where you left it."))
        link.setCursor(Qt.CursorShape.PointingHandCursor)
        link.clicked.connect(partial(self.chosen.emit, entry))
        teach(link)
        label = ButtonLabel(entry.title, link)
        label.setCursor(link.cursor())
        row = QHBoxLayout()
        row.addWidget(link, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(label, 1)
        self._list.addLayout(row)
        return link
