"""The rows of the health table: what a column shows, by what it sorts, how a cell stands out.

The model keeps the chosen order while numbers go on changing, and the selection with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.measures import QUANTITIES, ROW
from lab.health import SETTLED, Health, health_of, ratio_sign
from lab.spec import Spec
from lab.verdict import RULE
from lab.words import UNKNOWN, number, whole_percent
from widgets.plots.frame import Table
from widgets.theme import Theme

Role = Qt.ItemDataRole
Index = QModelIndex | QPersistentModelIndex
UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
ARROWS = {UP: " ▴", DOWN: " ▾"}
ALIGNED_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
ALIGNED_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, eq=False)
class Layer:
    """One row: what is known of a layer before it is measured, what is measured, and a word."""

    number: int
    width: int
    activation: str
    magnitudes: Array
    health: Health
    frozen: bool

    def measured(self, name: str) -> float:
        """Return one of `QUANTITIES`."""
        return float(self.magnitudes[ROW[name]])


@dataclass(frozen=True)
class Column:
    """`value` is what is sorted and exported, `text` what is shown, `sign` stands beside it.

    `widest` needs as much room as any text and sign.
    """

    name: str
    label: str
    help: str
    value: Callable[[Layer], float | str]
    text: Callable[[Layer], str]
    sign: Callable[[Layer], str] = lambda _layer: ""
    is_number: bool = True
    widest: str = "0.00000"


def _measured(label: str, name: str) -> Column:
    return Column(
        name,
        label,
        QUANTITIES[name].help,
        lambda layer: layer.measured(name),
        lambda layer: number(layer.measured(name)),
    )


def _share(label: str, name: str) -> Column:
    column = _measured(label, name)
    return replace(column, text=lambda layer: whole_percent(layer.measured(name)), widest="100 %")


def _ratio_sign(layer: Layer) -> str:
    calm = layer.frozen or layer.health is SETTLED
    return "" if calm else ratio_sign(layer.measured("update_ratio"))


COLUMNS: tuple[Column, ...] = (
    Column(
        "layer",
        "Layer",
        "Counted from the input; the last one is the output.",
        lambda layer: layer.number,
        lambda layer: str(layer.number),
        widest="100",
    ),
    Column(
        "state",
        "State",
        "A word for the layer; its rule appears when the pointer rests on the row.",
        lambda layer: layer.health.word,
        lambda layer: layer.health.word,
        lambda layer: "" if layer.health.calm else layer.health.sign,
        is_number=False,
        widest="▼ not learning",
    ),
    Column(
        "width",
        "Width",
        "Units in the layer.",
        lambda layer: layer.width,
        lambda layer: str(layer.width),
        widest="1000",
    ),
    Column(
        "activation",
        "Activation",
        "The layer's non-linearity; the output layer has none.",
        lambda layer: layer.activation,
        lambda layer: layer.activation.partition(" (")[0],  # what is in brackets has no room
        is_number=False,
        widest="Leaky ReLU",
    ),
    _measured("RMS h", "activation_rms"),
    _measured("Signal grad.", "signal_gradient_rms"),
    _measured("Weight grad.", "weight_gradient_rms"),
    _measured("Clipped", "clipped_gradient_rms"),
    Column(
        "update_ratio",
        "ΔW / W",
        QUANTITIES["update_ratio"].help
        + " ▼ and ▲ mark what is more than ten times below or above.",
        lambda layer: layer.measured("update_ratio"),
        lambda layer: number(layer.measured("update_ratio")),
        _ratio_sign,
        widest="▼ 0.0e-00",
    ),
    _share("Sat.", "saturated_share"),
    _share("Dead", "dead_share"),
)


CLIPPED = next(place for place, one in enumerate(COLUMNS) if one.name == "clipped_gradient_rms")


class HealthModel(QAbstractTableModel):
    """A row per layer, in the order of one column.

    The gradient after clipping is in none of its tables while nothing is clipped.
    """

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._spec = Spec()
        self.rule = RULE
        self._known: list[tuple[int, str]] = []
        self.layers: list[Layer] = []  # in the order shown
        self.sorted_by, self.order = 0, UP
        self.clips = False

    @property
    def places(self) -> list[int]:
        """Which columns there are now."""
        return [place for place in range(len(COLUMNS)) if self.clips or place != CLIPPED]

    def set_clipping(self, *, on: bool) -> None:
        """Have the gradient after clipping, or no longer."""
        self.clips = on
        if self.sorted_by not in self.places:
            self.sort(0)

    def begin(self, spec: Spec) -> None:
        """Forget all rows; the next ones are of this spec's layers."""
        names = [ACTIVATIONS[layer.activation].label for layer in spec.hidden]
        self.beginResetModel()
        self.set_spec(spec)
        self._known = list(zip(spec.sizes[1:], [*names, UNKNOWN], strict=True))
        self.layers = []
        self.endResetModel()

    def set_spec(self, spec: Spec) -> None:
        """Judge the same network by a spec whose live fields have changed."""
        self._spec = spec

    def show(self, magnitudes: Array, *, learned: bool = False) -> None:
        """Take over one step's matrix (quantities, layers), and whether most is learned."""
        magnitudes = magnitudes.copy()
        for name, quantity in QUANTITIES.items():
            if quantity.hidden_only:
                magnitudes[ROW[name], -1] = np.nan
        healths = health_of(magnitudes, self._spec, self.rule, learned=learned)
        rows = zip(self._known, magnitudes.T, healths, strict=True)
        frozen = self._spec.training.frozen
        layers = [
            Layer(index, *known, column, health, index in frozen)
            for index, (known, column, health) in enumerate(rows, start=1)
        ]
        if self.layers:
            self._reorder(self._in_order(layers))
        else:
            self.beginResetModel()
            self.layers = self._in_order(layers)
            self.endResetModel()

    def numbers(self, layers: Sequence[Layer]) -> Table:
        """Return what is known of some layers, a row for each."""
        columns = [COLUMNS[place] for place in self.places]
        rows = [[column.value(layer) for column in columns] for layer in layers]
        return Table([column.name for column in columns], rows)

    def row_of(self, number: int) -> int | None:
        """Return in which row a layer is."""
        return next((row for row, one in enumerate(self.layers) if one.number == number), None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.layers)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = COLUMNS[section]
        if role == Role.DisplayRole:
            return column.label + (ARROWS[self.order] if section == self.sorted_by else "")
        if role == Role.TextAlignmentRole:
            return ALIGNED_RIGHT if column.is_number else ALIGNED_LEFT
        return column.help if role == Role.ToolTipRole else None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        layer, column = self.layers[index.row()], COLUMNS[index.column()]
        if role == Role.DisplayRole:
            return " ".join(filter(None, (column.sign(layer), column.text(layer))))
        if role == Role.TextAlignmentRole:
            return ALIGNED_RIGHT if column.is_number else ALIGNED_LEFT
        if role == Role.ForegroundRole and column.sign(layer):
            return QColor(self._theme.colors.warning)
        if role == Role.ToolTipRole:
            return f"Layer {layer.number}, {layer.health.word}. {layer.health.rule}"
        return None

    def sort(self, column: int, order: Qt.SortOrder = UP) -> None:
        self.sorted_by, self.order = column, order
        self._reorder(self._in_order(self.layers))
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)

    def sort_or_turn(self, column: int) -> None:
        """Sort by a column; by the one that it is sorted by already, the other way round."""
        turned = column == self.sorted_by and self.order is UP
        self.sort(column, DOWN if turned else UP)

    def _in_order(self, layers: list[Layer]) -> list[Layer]:
        """Sort; what is not a number comes last either way, and equals by their number."""
        column, down = COLUMNS[self.sorted_by], self.order is DOWN
        values = {layer.number: column.value(layer) for layer in layers}
        layers = sorted(layers, key=lambda layer: layer.number)
        absent = [layer for layer in layers if values[layer.number] != values[layer.number]]
        present = [layer for layer in layers if layer not in absent]
        return sorted(present, key=lambda layer: values[layer.number], reverse=down) + absent

    def _reorder(self, layers: list[Layer]) -> None:
        """Show rows anew; who is selected stays so, wherever it goes."""
        before = [layer.number for layer in self.layers]
        after = [layer.number for layer in layers]
        if before == after:
            self.layers = layers
            if layers:
                self.dataChanged.emit(
                    self.index(0, 0), self.index(len(layers) - 1, len(COLUMNS) - 1)
                )
            return
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        rows = {number: row for row, number in enumerate(after)}
        moved = [self.index(rows[before[one.row()]], one.column()) for one in held]
        self.layers = layers
        self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()
