"""The rule that a verdict goes by, as two numbers that a person may change."""

from functools import partial

from PySide6.QtCore import QSettings, QSignalBlocker, Signal
from PySide6.QtWidgets import QFormLayout, QWidget

from lab.fields import Knob
from lab.verdict import RULE, Rule
from widgets.controls.manners import teach
from widgets.controls.number_editor import NumberBox

KNOBS = (
    Knob(
        "rule.vanishing_below",
        "Vanishing under",
        "A gradient whose total over all hidden layers is smaller vanishes.",
        float,
        RULE.vanishing_below,
        1e-30,
        0.99,
        scale="log",
    ),
    Knob(
        "rule.exploding_above",
        "Exploding over",
        "A gradient whose total over all hidden layers is larger explodes.",
        float,
        RULE.exploding_above,
        1.01,
        1e30,
        scale="log",
    ),
)


class RuleEditor(QWidget):
    """Shows a rule; `changed` carries the one that a person made of it.

    `refused` carries the sentence that says why a typed number was not taken.
    """

    changed = Signal(object)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        self.boxes = [NumberBox(knob) for knob in KNOBS]
        for knob, box in zip(KNOBS, self.boxes, strict=True):
            box.setToolTip(self.tr(knob.tooltip))
            box.setAccessibleName(self.tr(knob.label))
            teach(box)
            box.valueChanged.connect(self._on_box_changed)
            box.refused.connect(partial(self._on_box_refused, knob))
            form.addRow(self.tr(knob.label), box)
        self.set_value(RULE)

    def value(self) -> Rule:
        """Return the rule that is shown."""
        vanishing, exploding = self.boxes
        return Rule(vanishing.value(), exploding.value())

    def set_value(self, rule: Rule) -> None:
        """Show a rule, without a signal."""
        limits = (rule.vanishing_below, rule.exploding_above)
        for box, limit in zip(self.boxes, limits, strict=True):
            with QSignalBlocker(box):
                box.setValue(limit)

    def _on_box_changed(self, _value: float) -> None:
        self.changed.emit(self.value())

    def _on_box_refused(self, knob: Knob, text: str) -> None:
        self.refused.emit(f"{knob.label}: received {text}; allowed: {knob.allowed}")


def stored_rule(settings: QSettings) -> Rule:
    """Read the rule from the settings, which anybody may have edited."""
    stored = [settings.value(knob.path, knob.default) for knob in KNOBS]
    try:
        return Rule(*(float(str(value)) for value in stored))
    except ValueError:
        return RULE


def store_rule(settings: QSettings, rule: Rule) -> None:
    """Keep a rule for the next start."""
    for knob, limit in zip(KNOBS, (rule.vanishing_below, rule.exploding_above), strict=True):
        settings.setValue(knob.path, limit)
