"""A magnitude of every layer over time, as lines coloured from the input's to the output's end."""

import numpy as np
from PySide6.QtGui import QColor

from core.arrays import Array
from core.measures import Quantity
from lab.history import Mark
from lab.traces import Trace
from lab.verdict import number
from widgets.plots.axes import Plot, roomy_end, roomy_range
from widgets.plots.canvas import Labels, Polylines, Words
from widgets.plots.level import Level
from widgets.theme import Theme

FLATTEST_DECADES = 1.0
FLATTEST_SHARE = 0.1
LABELS_APART_PX = 15


class GradientLines(Plot):
    """One line per layer; the one under the pointer comes to the front."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "step", "")
        self.lines, self._labels_inside = Polylines(), Labels()
        self.level = Level()
        self.draw(self.level, self.lines, self._labels_inside)
        self.x_axis.whole = True
        self._trace: Trace | None = None
        self._quantity: Quantity | None = None
        self.read = self._describe
        self.apply_theme()

    def show_trace(self, trace: Trace, quantity: Quantity, marks: tuple[Mark, ...]) -> None:
        """Draw a quantity as far as the run has come."""
        if self._quantity is not quantity or self.n_layers != len(trace.values):
            self._quantity = quantity
            self.y_axis.logarithmic = quantity.logarithmic
            self.set_labels("step", quantity.symbol)
            self.lines.front = None
        self._trace = trace
        values = trace.shown(logarithmic=quantity.logarithmic)
        if len(values) != self.n_layers:
            self._color_lines(len(values))
        self.lines.set_data(trace.center, values)
        self.marks.marks = marks
        flattest = FLATTEST_DECADES if quantity.logarithmic else FLATTEST_SHARE
        end = roomy_end(trace.last[-1] if len(trace.last) else 0)
        y_range = roomy_range(trace.extremes, flattest) if trace.extremes else None
        self.follow((0.0, end), self.level.widened(quantity, y_range))
        self._name_ends(values)

    @property
    def n_layers(self) -> int:
        """How many layers are drawn."""
        return len(self.lines.y)

    def apply_theme(self) -> None:
        super().apply_theme()
        self._labels_inside.font = self.theme.font("small")
        self._labels_inside.ground = QColor(self.theme.colors.panel)
        self._labels_inside.ground.setAlpha(190)
        self.level.apply_theme(self.theme)
        self._color_lines(self.n_layers)

    def _color_lines(self, count: int) -> None:
        self.lines.set_colors([self.theme.colors.layer(index, count) for index in range(count)])

    def _name_ends(self, values: Array) -> None:
        """Write the first and the last layer's name above the end of their lines."""
        self._labels_inside.words = []
        if len(values) < 2 or not values.shape[1]:
            return
        ends, count = values[:, -1], len(values)
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
        trace = self._trace
        if trace is None or not len(trace.first):
            return ""
        row = int(np.clip(np.searchsorted(trace.last, round(x)), 0, len(trace.last) - 1))
        distances = np.abs(self.lines.y[:, row] - y)
        if not np.isfinite(distances).any():
            return ""
        layer = int(np.nanargmin(distances))
        self.lines.front = layer
        value = trace.values[layer, row]
        text = f"{number(value)}{self.level.meaning(value)}"
        return f"step {int(trace.first[row])}, layer {layer + 1}: {text}"
