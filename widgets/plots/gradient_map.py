"""All layers and all time in one picture: a magnitude as colour, log10 where it spans decades."""

from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from core.measures import Quantity
from lab.history import Mark
from lab.traces import Trace
from lab.verdict import number
from widgets.plots.axes import NumberAxis, Plot, roomy_end, roomy_range
from widgets.plots.canvas import Canvas, Picture, View
from widgets.theme import Theme

FLATTEST_DECADES = 1.0
FLATTEST_SHARE = 0.1
SCALE_WIDTH = 12


class GradientMap(Plot):
    """Layer against step; the scale at the right says what the colours mean."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "step", "layer")
        self.image, self._scale = Picture(), Picture()
        self.draw(self.image)
        self.x_axis.whole = self.y_axis.whole = True
        self._trace: Trace | None = None
        self._quantity: Quantity | None = None
        self._levels = (0.0, 1.0)
        self._scale_axis = NumberAxis("right")
        self._scale_box = pg.ViewBox(enableMouse=False, enableMenu=False, defaultPadding=0)
        self._scale_box.setFixedWidth(SCALE_WIDTH)
        self.cells.addItem(self._scale_box, 0, 2)
        self.cells.addItem(self._scale_axis, 0, 3)
        self._scale_axis.linkToView(self._scale_box)
        self._scale_canvas = Canvas(self.viewport(), self._scale_view)
        self._scale_canvas.items = [self._scale]
        self._scale_box.sigResized.connect(self._place_scale)
        self.read = self._describe
        self.apply_theme()

    def show_trace(self, trace: Trace, quantity: Quantity, marks: tuple[Mark, ...]) -> None:
        """Draw a quantity as far as the run has come."""
        self._trace = trace
        self.marks.marks = marks
        if self._quantity is not quantity:
            self._quantity = quantity
            self._name_scale()
        values = trace.shown(logarithmic=quantity.logarithmic)
        flattest = FLATTEST_DECADES if quantity.logarithmic else FLATTEST_SHARE
        levels = roomy_range(trace.extremes, flattest) if trace.extremes else None
        n_layers, n_rows = values.shape
        if levels is None:
            self.image.clear()
        else:
            self._show_scale(levels)
            span = float(trace.last[0] - trace.first[0] + 1)
            start = float(trace.first[0]) - 1
            corners = (start, 0.5, start + span * n_rows, n_layers + 0.5)
            self.image.set_data(values[::-1], levels, corners)
        end = roomy_end(trace.last[-1] if n_rows else 0)
        self.follow((0.0, end), (0.5, n_layers + 0.5))

    def apply_theme(self) -> None:
        super().apply_theme()
        colors = self.theme.colors
        for picture in (self.image, self._scale):
            picture.set_table(colors.layer_table, QColor(colors.panel))
        axis = self._scale_axis
        axis.setPen(pg.mkPen(colors.line))
        axis.setTextPen(pg.mkPen(colors.muted))
        axis.setTickFont(self.theme.font("small"))
        axis.setStyle(tickLength=-3, maxTickLevel=0)
        self._name_scale()
        self._scale_canvas.update()

    def _name_scale(self) -> None:
        if self._quantity is not None:
            self._scale_axis.logarithmic = self._quantity.logarithmic
            name = escape(self._quantity.symbol, quote=False)
            self._scale_axis.setLabel(name, color=self.theme.colors.muted)
            self._scale_axis.label.setFont(self.theme.font("small"))

    def _show_scale(self, levels: tuple[float, float]) -> None:
        if levels != self._levels or self._scale_canvas.isHidden():
            self._levels = levels
            steps = np.linspace(levels[1], levels[0], 256)[:, None]
            self._scale.set_data(steps, levels, (0, levels[0], 1, levels[1]))
            self._scale_box.setRange(yRange=levels, padding=0)
            self._scale_canvas.update()

    def _scale_view(self) -> View:
        size = self._scale_canvas.size()
        return View((0, 1), self._levels, max(1, size.width()), max(1, size.height()))

    def _place_scale(self) -> None:
        inside = self._scale_box.sceneBoundingRect().toAlignedRect()
        self._scale_canvas.setGeometry(inside)

    def _describe(self, x: float, y: float) -> str:
        trace = self._trace
        if trace is None or not len(trace.first):
            return ""
        row = int(np.clip(np.searchsorted(trace.last, x), 0, len(trace.last) - 1))
        layer = int(np.clip(round(y), 1, len(trace.values)))
        value = number(trace.values[layer - 1, row])
        return f"step {int(trace.first[row])}, layer {layer}: {value}"
