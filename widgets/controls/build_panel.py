"""The left panel: an editor for every field of the spec, in a section for each part.

It is built from `KNOBS` alone, so a new field of the spec appears here by itself.
"""

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFormLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from lab.handouts import LOCKED
from lab.spec import KNOBS, Spec, idle_fields
from widgets.controls.editor import Editor
from widgets.controls.editors import SwitchEditor, make_editor
from widgets.controls.section import Section

SECTIONS_LATER = 2  # at the lower end, made right after the first frame
LATER_MS = 20


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
        self._editors: dict[str, Editor] = {}
        self._labels: dict[str, QLabel] = {}
        self._forms: dict[str, tuple[Section, QFormLayout]] = {}  # by group
        self._held = self._hidden = frozenset[str]()
        self._content = QWidget()
        self.setWidget(self._content)
        self._layout = QVBoxLayout(self._content)
        self._layout.setContentsMargins(8, 0, 8, 8)
        self._layout.setSpacing(4)
        self._spec: Spec | None = None
        self._sections = 0
        self._groups = list(dict.fromkeys(knob.group for knob in KNOBS.values()))
        while len(self._groups) > SECTIONS_LATER:
            self._add_section(self._groups.pop(0))
        self._layout.addStretch(1)
        self._fit_width()

    @property
    def editors(self) -> dict[str, Editor]:
        """All editors by path."""
        self._complete()
        return self._editors

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(LATER_MS, self, self._complete)

    def _complete(self) -> None:
        """Make what is out of sight at first: a fifth of the time to the first picture."""
        if not self._groups:
            return
        before = self._tab_chain()
        while self._groups:
            self._add_section(self._groups.pop(0))
        # The Tab key comes here before it leaves for what was made in the meantime.
        last = before[-1]
        for widget in self._tab_chain():
            if widget not in before:
                self.setTabOrder(last, widget)
                last = widget
        if self._spec is not None:
            self.set_spec(self._spec)

    def _tab_chain(self) -> list[QWidget]:
        """Return what the Tab key reaches inside, in its order."""
        chain, widget = list[QWidget](), self._content.nextInFocusChain()
        while widget is not None and widget is not self._content:
            inside = self._content.isAncestorOf(widget)
            if inside and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                chain.append(widget)
            widget = widget.nextInFocusChain()
        return chain

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
        self._spec, idle = spec, idle_fields(spec)
        for path, editor in self._editors.items():
            editor.set_value(spec.value(path))
            editor.set_idle(self.tr(LOCKED) if path in self._held else idle.get(path, ""))
            self._labels[path].setEnabled(editor.isEnabled())

    def hold(self, held: frozenset[str], hidden: frozenset[str]) -> None:
        """Let these fields not be changed, and those among them that are `hidden` not be seen."""
        self._held, self._hidden = held, hidden
        for group in self._forms:
            self._show_rows(group)
        if self._spec is not None:
            self.set_spec(self._spec)

    def _show_rows(self, group: str) -> None:
        section, form = self._forms[group]
        paths = [path for path in self._editors if KNOBS[path].group == group]
        for path in paths:
            form.setRowVisible(self._editors[path], path not in self._hidden)
        section.setVisible(not self._hidden.issuperset(paths))

    def refuse(self, path: str, reason: str) -> None:
        """Say at a field why the value a person gave it was not taken."""
        self.editors[path].say(reason)
        self.refused.emit(reason)

    def _add_section(self, group: str) -> None:
        form_widget = QWidget()
        form = QFormLayout(form_widget)
        form.setContentsMargins(0, 0, 0, 8)
        form.setHorizontalSpacing(8)
        form.setVerticalSpacing(4)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for knob in (knob for knob in KNOBS.values() if knob.group == group):
            editor = make_editor(knob)
            editor.value_changed.connect(partial(self._on_editor_changed, knob.path))
            editor.refused.connect(partial(self.refuse, knob.path))
            label = QLabel("" if isinstance(editor, SwitchEditor) else knob.label)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setToolTip(knob.tooltip)
            label.setBuddy(editor)
            form.addRow(label, editor)
            self._editors[knob.path] = editor
            self._labels[knob.path] = label
        section = Section(group.capitalize(), form_widget)
        self._layout.insertWidget(self._sections, section)
        self._sections += 1
        self._forms[group] = (section, form)
        self._show_rows(group)

    def _on_editor_changed(self, path: str, value: object, gesture: int) -> None:
        self.field_changed.emit(path, value, gesture)
