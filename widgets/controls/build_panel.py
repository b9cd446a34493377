"""The left panel: an editor for every field of the spec, in a section for each part.

It is built from `KNOBS` alone, so a new field of the spec appears here by itself.
"""

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from lab.fields import Knob
from lab.spec import KNOBS, Spec, idle_fields
from widgets.controls.editor import Editor
from widgets.controls.editors import SwitchEditor, make_editor
from widgets.controls.section import Section


class BuildPanel(QScrollArea):
    """Shows a spec; `field_changed` tells the field, the value a person gave it, the gesture.

    `refused` carries the sentence that says why a value was not taken.
    """

    field_changed = Signal(str, object, int)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.editors: dict[str, Editor] = {}
        self._labels: dict[str, QLabel] = {}
        self._content = QWidget()
        self._layout = QVBoxLayout(self._content)
        self._layout.setContentsMargins(8, 0, 8, 8)
        self._layout.setSpacing(4)
        for group in dict.fromkeys(knob.group for knob in KNOBS.values()):
            self._add_section(group, [knob for knob in KNOBS.values() if knob.group == group])
        self._layout.addStretch(1)
        self.setWidget(self._content)
        self._fit_width()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep every number readable when the text grows."""
        if event.type() == QEvent.Type.LayoutRequest and watched is self._content:
            self._fit_width()
        return super().eventFilter(watched, event)

    def _fit_width(self) -> None:
        bar = self.verticalScrollBar().sizeHint().width()
        self.setMinimumWidth(self._content.minimumSizeHint().width() + bar)

    def set_spec(self, spec: Spec) -> None:
        """Show a spec, without a signal."""
        idle = idle_fields(spec)
        for path, editor in self.editors.items():
            editor.set_value(spec.value(path))
            editor.set_idle(idle.get(path, ""))
            self._labels[path].setEnabled(editor.isEnabled())

    def refuse(self, path: str, reason: str) -> None:
        """Say at a field why the value a person gave it was not taken."""
        self.editors[path].say(reason)
        self.refused.emit(reason)

    def _add_section(self, group: str, knobs: list[Knob]) -> None:
        form_widget = QWidget()
        form = QFormLayout(form_widget)
        form.setContentsMargins(0, 0, 0, 8)
        form.setHorizontalSpacing(8)
        form.setVerticalSpacing(4)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for knob in knobs:
            editor = make_editor(knob)
            editor.value_changed.connect(partial(self._on_editor_changed, knob.path))
            editor.refused.connect(partial(self.refuse, knob.path))
            label = QLabel("" if isinstance(editor, SwitchEditor) else knob.label)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setToolTip(knob.tooltip)
            label.setBuddy(editor)
            form.addRow(label, editor)
            self.editors[knob.path] = editor
            self._labels[knob.path] = label
        self._layout.addWidget(Section(group.capitalize(), form_widget))

    def _on_editor_changed(self, path: str, value: object, gesture: int) -> None:
        self.field_changed.emit(path, value, gesture)
