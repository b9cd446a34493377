"""The editors of choices, switches and texts, and which editor suits a field."""

from PySide6.QtCore import QEvent, QSignalBlocker
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit

from lab.fields import Knob
from widgets.controls.editor import Editor
from widgets.controls.number_editor import NumberEditor


class ChoiceEditor(Editor):
    """A combo box over the choices of a knob."""

    def __init__(self, knob: Knob) -> None:
        super().__init__(knob)
        self.combo = QComboBox()
        for value, label in (knob.choices or {}).items():
            self.combo.addItem(label, value)
        self.combo.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.combo.setMinimumContentsLength(10)
        self._adopt(self.combo)
        self.combo.activated.connect(self._emit)
        self.set_value(knob.default)

    def value(self) -> object:
        return self.combo.currentData()

    def set_value(self, value: object) -> None:
        with QSignalBlocker(self.combo):
            self.combo.setCurrentIndex(self.combo.findData(value))

    def _emit(self) -> None:
        self._gesture += 1  # every choice is a step of its own
        self.value_changed.emit(self.value(), self._gesture)


class SwitchEditor(Editor):
    """A check box."""

    def __init__(self, knob: Knob) -> None:
        super().__init__(knob)
        self.box = QCheckBox(knob.label)
        self._adopt(self.box)
        self.box.clicked.connect(self._emit)
        self.set_value(knob.default)

    def value(self) -> object:
        return self.box.isChecked()

    def set_value(self, value: object) -> None:
        with QSignalBlocker(self.box):
            self.box.setChecked(bool(value))


class Line(QLineEdit):
    """A line that leaves undo and redo to the window, unless a text is half typed."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = ""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            keys = QKeySequence.StandardKey
            taken_back = event.matches(keys.Undo) or event.matches(keys.Redo)
            if taken_back and self.text() == self.shown:
                event.ignore()
                return True
        return super().event(event)


class TextEditor(Editor):
    """A line of text for a value that has a written form, such as a list of layers.

    What a person typed is given on as text; whoever takes it says whether it can be read.
    """

    def __init__(self, knob: Knob) -> None:
        super().__init__(knob)
        self.line = Line()
        self.line.setPlaceholderText(knob.shown(knob.default))
        self._adopt(self.line)
        self.line.editingFinished.connect(self._on_line_edited)
        self.set_value(knob.default)

    def value(self) -> object:
        return self._value if self.line.text() == self.line.shown else self.line.text()

    def set_value(self, value: object) -> None:
        self._value = value
        self.line.shown = self.knob.shown(value) if value else ""
        self.line.setText(self.line.shown)

    def _on_line_edited(self) -> None:
        if self.line.text() != self.line.shown:
            self._emit()


def make_editor(knob: Knob) -> Editor:
    """Return the editor that suits a knob's kind of value."""
    if knob.choices is not None:
        return ChoiceEditor(knob)
    if knob.kind is bool:
        return SwitchEditor(knob)
    return TextEditor(knob) if knob.form else NumberEditor(knob)
