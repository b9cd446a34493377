"""The plot of ridges: values against layers, over one range of values or each over its own."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics, QPen

from core.arrays import Array
from lab.distributions import Distributions
from lab.words import number, percent
from widgets.colors import blend
from widgets.focus import Focus
from widgets.plots.axes import Plot
from widgets.plots.canvas import Labels, Words
from widgets.plots.ridges import Ridges, rise_of
from widgets.plots.ticks import NumberAxis
from widgets.theme import Theme

OWN_AXIS, OWN_AXIS_BRIEFLY = ", each over its own range", ", own ranges"
SHADE = 0.4
SMALLEST_SPAN, LARGEST_SPAN = 1e-290, 1e290  # that ticks can be computed of


class SpanAxis(NumberAxis):
    """An axis from 0 to 1 that stands for a span of values; None, or one too extreme, is no number.

    So the plot itself has ordinary numbers, whatever the values are.
    """

    _span: tuple[float, float] | None = None

    def set_span(self, span: tuple[float, float] | None) -> None:
        """Write the values of this span."""
        if span is not None and not SMALLEST_SPAN < span[1] - span[0] < LARGEST_SPAN:
            span = None
        if span != self._span:
            self._span = span
            self.setStyle(showValues=span is not None)
            self.redraw()

    def ticks_between(self, low: float, high: float) -> list[float]:
        if self._span is None:
            return super().ticks_between(low, high)
        start, width = self._span[0], self._span[1] - self._span[0]
        ticks = super().ticks_between(start + low * width, start + high * width)
        return [(tick - start) / width for tick in ticks]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if self._span is None:
            return super().tickStrings(values, scale, spacing)
        start, width = self._span[0], self._span[1] - self._span[0]
        spacing *= width
        shown = [round((start + value * width) / spacing) * spacing for value in values]
        return super().tickStrings(shown, scale, spacing)


class RidgePlot(Plot):
    """Value against layer; a click chooses a layer."""

    x_axis_type = SpanAxis
    x_axis: SpanAxis

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "", "layer")
        self._focus = focus
        self.ridges, self._reading = Ridges(), Labels()
        self.draw(self.ridges, self._reading)
        self.on_read = self._show_reading
        self.y_axis.whole = True
        self.x_axis.setStyle(showValues=False)
        self._shown: Distributions | None = None
        self.read = self._describe
        self.on_pick = self._on_picked
        self.box.sigResized.connect(self._write_names)
        self.apply_theme()

    def show_distributions(self, shown: Distributions, *, logarithmic: bool) -> None:
        """Draw histograms; heights are counts or their logarithms."""
        self._shown = shown
        found = shown.histograms
        n_layers = len(found.counts)
        ends = found.edges[:, [0, -1]].tolist()
        if len(self.ridges.pens) != n_layers:
            self._color(n_layers)
        zeros = np.array([_place_of_zero(*span) for span in ends])
        self.ridges.set_data(_heights(found.counts, logarithmic=logarithmic), zeros)
        self.x_axis.set_span(ends[0] if shown.shared else None)
        self.y_axis.set_bounds((1, n_layers))
        self._write_names()
        self.follow((0.0, 1.0), (0.5, n_layers + self._head_room(n_layers)), exact=True)

    def _write_names(self) -> None:
        """Name the values as fully as there is room for."""
        if self._shown is not None:
            room, names = self.canvas.width(), _names_of(self._shown)
            fitting = (name for name in names if self.length_of(name) <= room)
            self.set_labels(next(fitting, names[-1]), "layer")

    def _head_room(self, n_layers: int) -> float:
        """Return, in layers, what the uppermost ridge needs, and the headings beside it."""
        apart_px = max(1, self.canvas.height()) / (n_layers + 1)
        headings = 2 * QFontMetrics(self.theme.font("small")).height() / apart_px
        return max(0.5, rise_of(apart_px) - 0.4, headings - 0.5)

    def apply_theme(self) -> None:
        super().apply_theme()
        colors = self.theme.colors
        self._reading.font, self._reading.ground = self.theme.font("small"), QColor(colors.panel)
        self.ridges.zero_pen = QPen(QColor(colors.muted), 1, Qt.PenStyle.DotLine)
        self.ridges.set_table(colors.layer_table, QColor(colors.panel))
        self._color(len(self.ridges.pens))

    def _color(self, count: int) -> None:
        colors = self.theme.colors
        lines = [colors.layer(index, count) for index in range(count)]
        fills = [blend(line.name(), colors.panel, SHADE) for line in lines]
        self.ridges.set_colors(lines, fills, QColor(colors.text))

    def _layer_at(self, y: float) -> int:
        assert self._shown is not None
        return int(np.clip(round(y), 1, len(self._shown.histograms.counts)))

    def _show_reading(self, text: str) -> None:
        """Write what is under the pointer into the free corner: the title row has little room."""
        (left, _), (_, high) = self.view().x_range, self.view().y_range
        color = QColor(self.theme.colors.text)
        self._reading.words = [Words(text, left, high, color)] if text else []
        self.canvas.update()

    def _describe(self, x: float, y: float) -> str:
        shown = self._shown
        if shown is None:
            return ""
        found, layer = shown.histograms, self._layer_at(y)
        edges = found.edges[layer - 1]
        bin_ = int(np.clip(x * (len(edges) - 1), 0, len(edges) - 2))
        low, high = (number(float(edge)) for edge in edges[bin_ : bin_ + 2])
        count, size = found.counts[layer - 1, bin_], max(1, found.sizes[layer - 1])
        text = f"layer {layer}: {count} of {size} ({percent(count / size)}) from {low} to {high}"
        for name, odd in (("NaN", found.nans), ("infinite", found.infinities)):
            if odd[layer - 1]:
                text += f", {odd[layer - 1]} {name}"
        return text

    def _on_picked(self, point: tuple[float, float] | None) -> None:
        if self._shown is not None and point is not None:
            self._focus.choose_layer(self._layer_at(point[1]))


def _names_of(shown: Distributions) -> list[str]:
    """Say whose distribution it is, ever more briefly."""
    samples = f" of {shown.samples} samples" if shown.samples else ""
    rows = f", 1 of {shown.every} rows" if shown.every > 1 else ""
    start, own = shown.kind.symbol, "" if shown.shared else OWN_AXIS
    parts = [samples + rows + own, rows + own, own and OWN_AXIS_BRIEFLY, ""]
    return [start + part for part in parts]


def _heights(counts: Array, *, logarithmic: bool) -> Array:
    """Return heights from 0 to 1, each layer's largest being 1; NaN where nothing is."""
    values = np.log1p(counts) if logarithmic else counts.astype(float)
    values /= np.maximum(values.max(axis=1, keepdims=True), 1e-9)
    values[counts == 0] = np.nan
    return values


def _place_of_zero(low: float, high: float) -> float:
    """Return where 0 lies between two values, as a share; NaN where it does not."""
    return low / 2 / (low / 2 - high / 2) if low <= 0 <= high else np.nan
