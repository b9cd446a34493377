"""What the pages of a lesson's steps share: a column that begins with words, and its small parts.

A page knows its step; what is on the bench is told to it, and what a person does it says by a
signal. It decides nothing.
"""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from lab.lesson_tasks import Situation
from widgets.controls.manners import teach

DONE, OPEN = "✓", "○"


class Page(QWidget):
    """A column that begins with the step's words.

    `set_up_wanted` asks for the step's experiment, `panel_wanted` for a panel by its name;
    `answered` carries a prediction.
    """

    set_up_wanted = Signal()
    panel_wanted = Signal(str)
    answered = Signal(float)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)
        from widgets.rich_text import rich_text  # the list of lessons needs none

        self.words = rich_text(text)
        self.column.addWidget(self.words)

    def show_situation(self, now: Situation) -> None:
        """See what is on the bench."""

    def show_measured(self, measured: Mapping[str, float]) -> None:
        """See what was measured, by measurement."""


class ButtonLabel(QLabel):
    """The words of a button, which may take several lines; a click on them is one on it."""

    def __init__(self, text: str, button: QAbstractButton) -> None:
        super().__init__(text)
        self._button = button
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._button.click()


def push_button(text: str, tip: str, act: Callable[[], object]) -> QPushButton:
    """Return a small button with its manners."""
    button = QPushButton(text)
    button.setProperty("small", "true")
    button.setToolTip(tip)
    button.setAccessibleName(text)
    button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    button.clicked.connect(act)
    teach(button)
    return button


def set_text(label: QLabel, text: str) -> None:
    """Change a label's text, if it is another one."""
    if label.text() != text:
        label.setText(text)
