"""The card of one layer: what can be set of it, and its numbers.

It shows a spec and a step's magnitudes and asks for other values of fields; it changes nothing.
"""

from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QToolButton, QWidget

from core.arrays import Array
from core.measures import QUANTITIES, ROW
from lab.fields import Knob
from lab.handouts import LOCKED
from lab.parts import LayerSpec
from lab.records import knobs_of
from lab.spec import KNOBS, Spec, idle_fields
from lab.words import number, percent
from widgets.controls.editors import make_editor
from widgets.plots.floating import Floating

WIDTH = 300
SHOWN = (
    "activation_rms",
    "signal_gradient_rms",
    "weight_gradient_rms",
    "weight_norm",
    "update_ratio",
    "saturated_share",
    "dead_share",
)
OF_A_LAYER = {knob.path.split(".")[1]: knob for knob in knobs_of(LayerSpec, "layer")}
# What each editor changes, or would go round.
FIELDS = {
    "width": ("network.layers", "network.width"),
    "activation": ("network.layers", "network.activation"),
    "norm": ("cures.norm",),
    "frozen": ("training.frozen",),
}
FREEZE = Knob(
    "layer.frozen",
    "Frozen",
    "The layer's weights and biases stay as they are; its gradient is still measured.",
    bool,
    default=False,
    live=True,
)


class LayerCard(Floating):
    """`changes_wanted` carries fields of the spec by path, words, and the gesture's number."""

    changes_wanted = Signal(dict, str, int)
    closed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.layer = 0
        self.held: frozenset[str] = frozenset()  # fields of the spec that are not to be changed
        self._spec: Spec | None = None
        self.title = QLabel()
        self.title.setProperty("role", "title")
        close = QToolButton()
        close.setText("✕")
        close.setProperty("close", "true")
        close.setToolTip(self.tr("Close this card (Escape)."))
        close.setAccessibleName(self.tr("Close the card"))
        close.clicked.connect(self.leave)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(close)
        norm = replace(KNOBS["cures.norm"], label=self.tr("Norm (all layers)"))
        self.editors = {
            name: make_editor(knob)
            for name, knob in (*OF_A_LAYER.items(), ("norm", norm), ("frozen", FREEZE))
        }
        self.form = QFormLayout(self)
        self.form.setContentsMargins(12, 8, 12, 10)
        self.form.setHorizontalSpacing(12)
        self.form.setVerticalSpacing(4)
        self.form.addRow(head)
        for name, editor in self.editors.items():
            label = "" if name == "frozen" else editor.knob.label
            self.form.addRow(label, editor)
            editor.value_changed.connect(
                lambda value, gesture, name=name: self._on_editor_changed(name, value, gesture)
            )
        self.values = {name: self._number_row(name) for name in SHOWN}
        self.setFixedWidth(WIDTH)

    def _number_row(self, name: str) -> QLabel:
        quantity, value = QUANTITIES[name], QLabel("–")
        caption = QLabel(quantity.label)
        for label in (caption, value):
            label.setToolTip(f"{quantity.help}\n{quantity.symbol}")
            label.setTextFormat(Qt.TextFormat.PlainText)
        caption.setProperty("role", "muted")
        value.setAlignment(Qt.AlignmentFlag.AlignRight)
        value.setAccessibleName(quantity.label)
        self.form.addRow(caption, value)
        return value

    def show_layer(self, spec: Spec, layer: int) -> None:
        """Show a layer, 1..L, as the spec has it."""
        self._spec, self.layer = spec, layer
        count, hidden = len(spec.hidden) + 1, layer <= len(spec.hidden)
        kind = "" if hidden else self.tr(" (output)")
        self.title.setText(f"{self.tr('Layer')} {layer} {self.tr('of')} {count}{kind}")
        if hidden:
            own = spec.hidden[layer - 1]
            self.editors["width"].set_value(own.width)
            self.editors["activation"].set_value(own.activation)
        for name, label in self.values.items():
            self.form.setRowVisible(label, hidden or not QUANTITIES[name].hidden_only)
        reason = "" if hidden else self.tr("The data give the output layer its form.")
        for name in ("width", "activation"):
            self.form.setRowVisible(self.editors[name], hidden)
            self.editors[name].set_idle(reason)
        self.editors["norm"].set_value(spec.cures.norm)
        self.editors["norm"].set_idle(idle_fields(spec).get("cures.norm", ""))
        self.editors["frozen"].set_idle("")
        for name, paths in FIELDS.items():
            if not self.held.isdisjoint(paths):
                self.editors[name].set_idle(self.tr(LOCKED))
        self.editors["frozen"].set_value(layer in spec.training.frozen)
        self.adjustSize()

    def show_magnitudes(self, magnitudes: Array) -> None:
        """Show a step's matrix (quantities, layers)."""
        if self.layer > magnitudes.shape[-1]:
            return
        for name, label in self.values.items():
            value = float(magnitudes[ROW[name], self.layer - 1])
            text = percent(value) if name.endswith("share") else number(value)
            if label.text() != text:
                label.setText(text)

    def leave(self) -> None:
        """Close."""
        self.hide()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.adjustSize()

    def _on_editor_changed(self, name: str, value: object, gesture: int) -> None:
        assert self._spec is not None
        changes = changes_of(self._spec, self.layer, name, value)
        words = f"{self.editors[name].knob.label.lower()} {self.tr('of layer')} {self.layer}"
        self.changes_wanted.emit(changes, words, gesture)


def changes_of(spec: Spec, layer: int, name: str, value: object) -> dict[str, object]:
    """Return the fields of the spec, by path, that give a layer another width, activation, ..."""
    if name == "norm":
        return {"cures.norm": value}
    if name == "frozen":
        others = set(spec.training.frozen) - {layer}
        return {"training.frozen": sorted(others | {layer} if value else others)}
    layers = [one.content() for one in spec.hidden]
    layers[layer - 1][name] = value
    return {"network.layers": layers}
