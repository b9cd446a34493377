"""A magnitude of every layer over time, as lines coloured from the input's to the output's end."""

import numpy as np
import pyqtgraph as pg

from core.arrays import Array
from core.measures import Quantity
from lab.history import History, Series
from lab.verdict import number
from widgets.plots.axes import Plot, decades, finite_range
from widgets.plots.marks import Marks
from widgets.plots.polylines import Polylines
from widgets.theme import Theme

MOST_ROWS = 300
FLATTEST_DECADES = 1.0
LABELS_APART_PX = 14


class GradientLines(Plot):
    """One line per layer; the one under the pointer comes to the front."""

    def __init__(self, theme: Theme) -> None:
        self.lines = Polylines()
        self._series: Series | None = None
        self._quantity: Quantity | None = None
        super().__init__(theme, "step", "")
        self.x_axis.whole = True
        self.addItem(self.lines, ignoreBounds=True)
        self._names = [pg.TextItem(anchor=(1, 0.5)) for _ in range(2)]
        for name in self._names:
            self.addItem(name, ignoreBounds=True)
        self._marks = Marks(self)
        self.read = self._describe

    def show_history(self, history: History, quantity: Quantity) -> None:
        """Draw a quantity as far as the run has come."""
        if self._quantity is not quantity or self.n_layers != history.n_layers:
            self._quantity = quantity
            self.y_axis.logarithmic = quantity.logarithmic
            self.set_labels("step", quantity.symbol)
            self.lines.set_front(None)
        self._series = history.series(quantity.name, MOST_ROWS)
        values = self._plotted(self._series.mean)
        x_range = (0.0, max(10.0, float(len(history))))
        y_range = finite_range(values, FLATTEST_DECADES if quantity.logarithmic else 0.1)
        floor = y_range[0] if y_range else 0.0
        changed_layers = self.lines.values.shape[1] != values.shape[1]
        self.lines.set_data(self._series.center, values, floor)
        if changed_layers:
            self.apply_theme()
        self.follow(x_range, y_range)
        self._marks.set_marks(history.marks)
        self._place_names(values, x_range[1])

    @property
    def n_layers(self) -> int:
        """How many layers are drawn."""
        return int(self.lines.values.shape[1])

    def apply_theme(self) -> None:
        super().apply_theme()
        count = self.n_layers
        self.lines.set_colors([self.theme.colors.layer(index, count) for index in range(count)])
        if hasattr(self, "_marks"):
            self._marks.apply_theme()
            for name in self._names:
                name.setFont(self.theme.font("small"))

    def _plotted(self, values: Array) -> Array:
        assert self._quantity is not None
        return decades(values) if self._quantity.logarithmic else values

    def _place_names(self, values: Array, x: float) -> None:
        """Write the first and the last layer's name at the end of their lines."""
        ends = values[-1] if len(values) else np.empty(0)
        pixel = self.getViewBox().viewPixelSize()[1]
        chosen = [(0, "layer 1"), (len(ends) - 1, f"layer {len(ends)}")] if len(ends) > 1 else []
        together = bool(chosen) and abs(ends[-1] - ends[0]) < LABELS_APART_PX * pixel
        for name, (index, text) in zip(self._names, chosen, strict=False):
            visible = bool(np.isfinite(ends[index])) and not (together and index == 0)
            name.setVisible(visible)
            name.setPlainText(text if not together else f"layers 1–{len(ends)}")
            if visible:
                name.setColor(self.theme.colors.layer(index, len(ends)))
                name.setPos(x, float(ends[index]) + 9 * pixel)
        for name in self._names[len(chosen) :]:
            name.setVisible(False)

    def _describe(self, x: float, y: float) -> str:
        series = self._series
        if series is None or not len(series.first):
            return ""
        row = int(np.clip(np.searchsorted(series.last, x), 0, len(series.last) - 1))
        layer = int(np.argmin(np.abs(self.lines.values[row] - y)))
        self.lines.set_front(layer)
        return (
            f"step {int(series.first[row])}, layer {layer + 1}: {number(series.mean[row, layer])}"
        )
