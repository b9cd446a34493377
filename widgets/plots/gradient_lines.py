"""A magnitude of every layer over time, as lines coloured from the input's to the output's end."""

import numpy as np
from PySide6.QtGui import QColor

from core.arrays import Array
from core.measures import Quantity
from lab.history import History, Series
from lab.verdict import number
from widgets.plots.axes import Plot, decades, finite_range, roomy_end
from widgets.plots.canvas import Labels, Polylines, Words
from widgets.theme import Theme

MOST_ROWS, FEWEST_ROWS = 300, 96
MOST_POINTS = 7000  # of all lines together, per frame
FLATTEST_DECADES = 1.0
FLATTEST_SHARE = 0.1
LABELS_APART_PX = 15


class GradientLines(Plot):
    """One line per layer; the one under the pointer comes to the front."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "step", "")
        self.lines, self._labels_inside = Polylines(), Labels()
        self.draw(self.lines, self._labels_inside)
        self.x_axis.whole = True
        self._series: Series | None = None
        self._quantity: Quantity | None = None
        self.read = self._describe
        self.apply_theme()

    def show_history(self, history: History, quantity: Quantity) -> None:
        """Draw a quantity as far as the run has come."""
        if self._quantity is not quantity or self.n_layers != history.n_layers:
            self._quantity = quantity
            self.y_axis.logarithmic = quantity.logarithmic
            self.set_labels("step", quantity.symbol)
            self.lines.front = None
        rows = max(FEWEST_ROWS, min(MOST_ROWS, MOST_POINTS // history.n_layers))
        self._series = series = history.series(quantity.name, rows)
        values = decades(series.mean) if quantity.logarithmic else series.mean
        if values.shape[1] != self.n_layers:
            self._color_lines(values.shape[1])
        self.lines.set_data(series.center, values)
        self.marks.marks = history.marks
        flattest = FLATTEST_DECADES if quantity.logarithmic else FLATTEST_SHARE
        end = roomy_end(len(history))
        self.follow((0.0, end), finite_range(values, flattest))
        self._name_ends(values)

    @property
    def n_layers(self) -> int:
        """How many layers are drawn."""
        return int(self.lines.y.shape[1])

    def apply_theme(self) -> None:
        super().apply_theme()
        self._labels_inside.font = self.theme.font("small")
        self._labels_inside.ground = QColor(self.theme.colors.panel)
        self._labels_inside.ground.setAlpha(190)
        self._color_lines(self.n_layers)

    def _color_lines(self, count: int) -> None:
        self.lines.set_colors([self.theme.colors.layer(index, count) for index in range(count)])

    def _name_ends(self, values: Array) -> None:
        """Write the first and the last layer's name above the end of their lines."""
        self._labels_inside.words = []
        if not len(values) or values.shape[1] < 2:
            return
        ends, count = values[-1], values.shape[1]
        view, x = self.view(), float(self.lines.x[-1])
        per_unit = view.height / (view.y_range[1] - view.y_range[0])
        together = abs(ends[-1] - ends[0]) * per_unit < LABELS_APART_PX
        chosen = [(count - 1, f"layers 1–{count}")]
        if not together:
            chosen = [(0, "layer 1"), (count - 1, f"layer {count}, output")]
        self._labels_inside.words = [
            Words(text, x, float(ends[index]), self._text_color(index, count), True, (0, -4))
            for index, text in chosen
            if np.isfinite(ends[index])
        ]

    def _text_color(self, index: int, count: int) -> QColor:
        """A layer's colour, moved toward the text's so that it can be read on the ground."""
        colors = self.theme.colors
        color = colors.layer(index, count)
        return color.lighter(150) if colors.dark else color.darker(125)

    def _describe(self, x: float, y: float) -> str:
        series = self._series
        if series is None or not len(series.first):
            return ""
        row = int(np.clip(np.searchsorted(series.last, x), 0, len(series.last) - 1))
        distances = np.abs(self.lines.y[row] - y)
        if not np.isfinite(distances).any():
            return ""
        layer = int(np.nanargmin(distances))
        self.lines.front = layer
        value = number(series.mean[row, layer])
        return f"step {int(series.first[row])}, layer {layer + 1}: {value}"
