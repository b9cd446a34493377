"""Choosing a weight or bias by its layer, the unit it comes from and the unit it leads to."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from core.places import Place
from widgets.controls.index_box import IndexBox

BIAS = -1  # in the box of units that a weight comes from


class PlaceBoxes(QWidget):
    """`value_changed` carries the place that a person has chosen, always one that there is.

    `refused` carries a sentence on a number that was typed for none.
    """

    value_changed = Signal(object)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._sizes: tuple[int, ...] = (1, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.layer, self.row, self.column = (
            _box(row, *words)
            for words in (
                (
                    self.tr("Layer"),
                    self.tr("The layer of the weight or bias; the last is the output."),
                    self.tr("layer"),
                    self.tr("layers"),
                ),
                (
                    self.tr("from"),
                    self.tr("The unit that the weight comes from, or the bias."),
                    self.tr("unit"),
                    self.tr("units"),
                ),
                (
                    self.tr("to"),
                    self.tr("The unit that the weight leads to."),
                    self.tr("unit"),
                    self.tr("units"),
                ),
            )
        )
        self.row.limit(BIAS, 0)
        self.row.setSpecialValueText(self.tr("bias"))
        for box in (self.layer, self.row, self.column):
            box.valueChanged.connect(self._on_box_changed)
            box.refused.connect(self.refused)

    def value(self) -> Place:
        """The chosen place."""
        layer, row, column = (box.value() for box in (self.layer, self.row, self.column))
        return Place("b", layer, column) if row == BIAS else Place("w", layer, column, row)

    def set_value(self, place: Place, sizes: Sequence[int]) -> None:
        """Show a place of a network whose layers have these sizes, the inputs first."""
        self._sizes = tuple(sizes)
        row = BIAS if place.row is None else place.row
        self._limit(place.layer)
        for box, value in ((self.layer, place.layer), (self.row, row), (self.column, place.column)):
            box.set_value(value)

    def _limit(self, layer: int) -> None:
        ends = (
            (self.layer, 1, len(self._sizes) - 1),
            (self.row, BIAS, self._sizes[layer - 1] - 1),
            (self.column, 0, self._sizes[layer] - 1),
        )
        for box, low, high in ends:
            box.limit(low, high)
        inside = self.tr("in layer {0}")
        self.column.where = inside.replace("{0}", str(layer))
        inputs = self.tr("among the inputs")
        self.row.where = inputs if layer == 1 else inside.replace("{0}", str(layer - 1))

    def _on_box_changed(self) -> None:
        self._limit(self.layer.value())
        self.value_changed.emit(self.value())


def _box(row: QHBoxLayout, text: str, tip: str, one: str, many: str) -> IndexBox:
    label, box = QLabel(text), IndexBox(text, tip, one, many)
    label.setProperty("role", "muted")
    label.setBuddy(box)
    row.addWidget(label)
    row.addWidget(box)
    return box
