"""The page of a comparison: what is measured, what was predicted, and what the lesson finds."""

import math
from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lab.lesson_walks import Walk, score_of
from lab.lessons import Claim, Compare, Lesson, Predict
from lab.measurements import MEASUREMENTS
from lab.words import known
from widgets.lesson_page import DONE, Page, set_text
from widgets.text_panel import plain_text

SURPRISE = "≠"


class ComparePage(Page):
    """Every measurement with its present value, beside what was predicted of it."""

    def __init__(self, step: Compare, walk: Walk, lesson: Lesson) -> None:
        super().__init__(step.text)
        self.rows = [
            ClaimRow(claim, walk.prediction_of(claim.measure, lesson)) for claim in step.claims
        ]
        for index, row in enumerate(self.rows):
            self.column.insertWidget(index, row)

    def show_measured(self, measured: Mapping[str, float]) -> None:
        for row in self.rows:
            if row.claim.measure in measured:
                row.show_value(measured[row.claim.measure])


class ClaimRow(QWidget):
    """One measurement: its name, its value, and how the prediction fares."""

    def __init__(self, claim: Claim, prediction: tuple[Predict, float] | None) -> None:
        super().__init__()
        self.claim = claim
        self._prediction = prediction
        name = claim.measure
        self.name, self.value = QLabel(name[:1].upper() + name[1:]), QLabel(self.tr("…"))
        self.name.setWordWrap(True)
        self.name.setToolTip(MEASUREMENTS[name].help)
        self.value.setProperty("role", "title")
        self.score, self.note = plain_text(), plain_text("muted")
        row = QHBoxLayout()
        row.addWidget(self.name, 1)
        row.addWidget(self.value, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.score)
        column.addWidget(self.note)
        self.score.hide()
        self.note.hide()

    def show_value(self, value: float) -> None:
        """Show what was measured."""
        set_text(self.value, known(value))
        if self._prediction is not None:
            score = score_of(*self._prediction, value)
            set_text(self.score, f"{DONE if score.right else SURPRISE} {score.words}")
            self.score.show()
        astray = value not in self.claim.span
        if astray:
            self._say_where(value)
        self.note.setVisible(astray)

    def _say_where(self, value: float) -> None:
        if math.isnan(value):
            set_text(self.note, self.tr("It cannot be measured in the network as it is now."))
            return
        text = self.tr(
            "The lesson finds {0} here. Something else is on the bench now: set it up again and do "
            "the step before to see that."
        )
        set_text(self.note, text.replace("{0}", str(self.claim.span)))
