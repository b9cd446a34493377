"""The steps of a lesson as a person sees them: a small page for each kind, made when it is come to.

A page knows its step; what is on the bench is told to it, and what a person does it says by a
signal. It decides nothing.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from lab.lessons import (
    Checkpoint,
    Claim,
    Compare,
    Do,
    Lesson,
    Predict,
    SetUp,
    Situation,
    Step,
    Why,
)
from lab.measurements import MEASUREMENTS
from lab.walks import Walk, score_of
from lab.words import brief, known
from widgets.controls.manners import teach
from widgets.rich_text import rich_text
from widgets.text_panel import plain_text

DONE, OPEN = "✓", "○"


class Page(QWidget):
    """A column that begins with the step's words.

    `set_up_wanted` asks for the step's experiment; `answered` carries a prediction.
    """

    set_up_wanted = Signal()
    answered = Signal(float)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)
        self.words = rich_text(text)
        self.column.addWidget(self.words)

    def show_situation(self, now: Situation) -> None:
        """See what is on the bench."""

    def show_measured(self, measured: Mapping[str, float]) -> None:
        """See what was measured, by measurement."""


class SetUpPage(Page):
    """A button that puts the experiment on the bench."""

    def __init__(self, step: SetUp) -> None:
        super().__init__(step.text)
        self._step = step
        self.button = push_button(
            self.tr("Set this up"),
            self.tr("Put this experiment on the bench; Undo brings the one before back."),
            self.set_up_wanted.emit,
        )
        self.state = plain_text("muted")
        self.column.insertWidget(0, self.button)
        self.column.insertWidget(1, self.state)

    def show_situation(self, now: Situation) -> None:
        there = now.spec == self._step.spec
        text = self.tr("✓ It is on the bench.") if there else self.tr("○ Not yet on the bench.")
        set_text(self.state, text)


class PredictPage(Page):
    """Choices, or a field for a number."""

    def __init__(self, step: Predict, answer: float | None) -> None:
        super().__init__(step.text)
        if step.choices:
            self._add_choices(step, answer)
        else:
            self._add_field(answer)

    def _add_choices(self, step: Predict, answer: float | None) -> None:
        self.group = QButtonGroup(self)
        for index, choice in enumerate(step.choices):
            button = QRadioButton()
            button.setAccessibleName(choice.text)
            button.setToolTip(self.tr("Predict this."))
            button.setChecked(answer == index)
            button.toggled.connect(partial(self._on_choice_toggled, index))
            teach(button)
            self.group.addButton(button, index)
            row = QHBoxLayout()
            row.setSpacing(6)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(ChoiceLabel(choice.text, button), 1)
            self.column.addLayout(row)

    def _on_choice_toggled(self, index: int, chosen: bool) -> None:
        if chosen:
            self.answered.emit(float(index))

    def _add_field(self, answer: float | None) -> None:
        self.field = QLineEdit("" if answer is None else brief(answer))
        self.field.setPlaceholderText(self.tr("Your number"))
        self.field.setAccessibleName(self.tr("Your prediction"))
        self.field.setToolTip(self.tr("A number such as 0.25, 1e-7 or 1/4."))
        self.field.setMaximumWidth(160)
        self.field.setMaxLength(30)
        teach(self.field)
        self.field.textEdited.connect(self._on_field_edited)
        self.refusal = plain_text("warning")
        self.refusal.hide()
        self.column.addWidget(self.field)
        self.column.addWidget(self.refusal)

    def _on_field_edited(self, text: str) -> None:
        value = number_from(text)
        self.refusal.setVisible(value is None and bool(text.strip()))
        if value is None:
            sentence = self.tr("“{0}” is no number; write one such as 0.25, 1e-7 or 1/4.")
            self.refusal.setText(sentence.replace("{0}", text))
        else:
            self.answered.emit(value)


class ChoiceLabel(QLabel):
    """The words of a choice, which may take several lines; a click on them chooses it."""

    def __init__(self, text: str, button: QRadioButton) -> None:
        super().__init__(text)
        self._button = button
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._button.setChecked(True)


class DoPage(Page):
    """What is to be done, each with a tick once it is so."""

    def __init__(self, step: Do) -> None:
        super().__init__(step.text)
        self._step = step
        self.done = not step.conditions
        self.ticks = [plain_text() for _ in step.conditions]
        for tick in self.ticks:
            self.column.addWidget(tick)

    def show_situation(self, now: Situation) -> None:
        if self.done and self.ticks and self.ticks[0].text():
            return  # once done, it stays so
        met = [condition.met(now) for condition in self._step.conditions]
        self.done = all(met)
        for tick, condition, is_met in zip(self.ticks, self._step.conditions, met, strict=True):
            set_text(tick, f"{DONE if is_met else OPEN} {condition}")


class ComparePage(Page):
    """Every measurement with its present value, beside what was predicted of it."""

    def __init__(self, step: Compare, walk: Walk, lesson: Lesson) -> None:
        super().__init__(step.text)
        self.rows = [
            ClaimRow(claim, partial(walk.prediction_of, claim.measure, lesson))
            for claim in step.claims
        ]
        for index, row in enumerate(self.rows):
            self.column.insertWidget(index, row)

    def show_measured(self, measured: Mapping[str, float]) -> None:
        for row in self.rows:
            if row.claim.measure in measured:
                row.show_value(measured[row.claim.measure])


class ClaimRow(QWidget):
    """One measurement: its name, its value, and how the prediction fares."""

    def __init__(
        self, claim: Claim, prediction: Callable[[], tuple[Predict, float] | None]
    ) -> None:
        super().__init__()
        self.claim = claim
        self._prediction = prediction()
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
            set_text(self.score, f"{DONE if score.right else '≠'} {score.words}")
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


class CheckpointPage(Page):
    """A question whose answer is shown when it is asked for."""

    def __init__(self, step: Checkpoint) -> None:
        super().__init__(step.text)
        self.button = push_button(
            self.tr("Show the answer"),
            self.tr("Show it once you have your own."),
            self._on_button_clicked,
        )
        self.answer = rich_text(step.answer)
        self.answer.hide()
        self.column.addWidget(self.button)
        self.column.addWidget(self.answer)

    def _on_button_clicked(self) -> None:
        self.button.hide()
        self.answer.show()


def page_of(step: Step, walk: Walk, lesson: Lesson) -> Page:
    """Return the page of the step at which a walk stands."""
    match step:
        case SetUp():
            return SetUpPage(step)
        case Predict():
            return PredictPage(step, walk.answers.get(walk.position))
        case Do():
            return DoPage(step)
        case Compare():
            return ComparePage(step, walk, lesson)
        case Checkpoint():
            return CheckpointPage(step)
        case Why():
            return Page(step.text)


def number_from(text: str) -> float | None:
    """Read a number or a fraction as people write them; None for anything else."""
    above, slash, below = text.strip().replace(",", ".").partition("/")
    try:
        value = float(above) / float(below) if slash else float(above)
    except (ValueError, ZeroDivisionError):
        return None
    return value if math.isfinite(value) else None


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
