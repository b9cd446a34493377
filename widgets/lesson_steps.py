"""The steps of a lesson as a person sees them: a page for each kind, made when it is come to."""

import math
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
)

from lab.lesson_tasks import PanelSeen, Situation, ToolUsed
from lab.lesson_walks import Walk
from lab.lessons import Checkpoint, Compare, Do, Lesson, Predict, SetUp, Step, Why
from lab.words import brief
from widgets.controls.manners import teach
from widgets.lesson_compare import ComparePage
from widgets.lesson_page import DONE, OPEN, ButtonLabel, Page, push_button, set_text
from widgets.rich_text import rich_text
from widgets.text_panel import plain_text


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
            row.addWidget(ButtonLabel(choice.text, button), 1)
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


class DoPage(Page):
    """What is to be done, each with a tick once it is so."""

    def __init__(self, step: Do) -> None:
        super().__init__(step.text)
        self._step = step
        self.done = not step.tasks
        self.ticks = [plain_text() for _ in step.tasks]
        self.buttons = list[QPushButton]()
        for task, tick in zip(step.tasks, self.ticks, strict=True):
            row = QHBoxLayout()
            row.addWidget(tick, 1)
            if isinstance(task, PanelSeen | ToolUsed):
                row.addWidget(self._button(task.name))
            self.column.addLayout(row)

    def _button(self, name: str) -> QPushButton:
        """What brings a panel to the front; the View menu has it too."""
        button = push_button(
            self.tr("Show"),
            self.tr("Bring this panel to the front."),
            partial(self.panel_wanted.emit, name),
        )
        button.setAccessibleName(self.tr("Show the panel {0}").replace("{0}", name))
        self.buttons.append(button)
        return button

    def show_situation(self, now: Situation) -> None:
        if self.done:
            return  # it stays so
        met = [task.met(now) for task in self._step.tasks]
        self.done = all(met)
        for tick, task, is_met in zip(self.ticks, self._step.tasks, met, strict=True):
            set_text(tick, f"{DONE if is_met else OPEN} {task}")


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
