"""All layers and all time in one picture: a magnitude as colour, log10 where it spans decades."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF

from core.arrays import Array
from core.measures import Quantity
from lab.history import History, Series
from lab.verdict import number
from widgets.plots.axes import NumberAxis, Plot, decades, finite_range
from widgets.plots.marks import Marks
from widgets.theme import Theme

MOST_ROWS = 300
FLATTEST_DECADES = 1.0
SCALE_WIDTH = 12


class GradientMap(Plot):
    """Layer against step; the scale at the right says what the colours mean."""

    def __init__(self, theme: Theme) -> None:
        self.image = pg.ImageItem(axisOrder="col-major")
        self._scale_axis = NumberAxis("right")
        self._scale = pg.ImageItem(axisOrder="col-major")
        self._series: Series | None = None
        self._quantity: Quantity | None = None
        super().__init__(theme, "step", "layer")
        self.x_axis.whole = self.y_axis.whole = True
        self.addItem(self.image, ignoreBounds=True)
        self._scale_box = pg.ViewBox(enableMouse=False, enableMenu=False, defaultPadding=0)
        self._scale_box.setFixedWidth(SCALE_WIDTH)
        self._scale_box.addItem(self._scale, ignoreBounds=True)
        self._scale.setImage(np.linspace(0, 1, 256)[None, :], levels=(0, 1))
        layout = self.getPlotItem().layout
        layout.addItem(self._scale_box, 2, 4)
        layout.addItem(self._scale_axis, 2, 5)
        self._scale_axis.linkToView(self._scale_box)
        self._marks = Marks(self)
        self.read = self._describe
        self.apply_theme()

    def show_history(self, history: History, quantity: Quantity) -> None:
        """Draw a quantity as far as the run has come."""
        self._series = series = history.series(quantity.name, MOST_ROWS)
        self._marks.set_marks(history.marks)
        if self._quantity is not quantity:
            self._quantity = quantity
            self._scale_axis.logarithmic = quantity.logarithmic
            self._scale_axis.setLabel(quantity.symbol, color=self.theme.colors.muted)
            self._scale_axis.label.setFont(self.theme.font("small"))
        values = self._plotted(series.mean)
        levels = finite_range(values, FLATTEST_DECADES if quantity.logarithmic else 0.1)
        self.image.setVisible(levels is not None)
        self.follow((0.0, max(10.0, float(len(history)))), (0.5, history.n_layers + 0.5))
        if levels is None:
            return
        self.image.setImage(values.astype(np.float32), levels=levels, autoLevels=False)
        span = float(series.last[0] - series.first[0] + 1)
        start = float(series.first[0]) - 1
        self.image.setRect(QRectF(start, 0.5, span * len(values), history.n_layers))
        self._scale.setRect(QRectF(0, levels[0], 1, levels[1] - levels[0]))
        self._scale_box.setRange(xRange=(0, 1), yRange=levels, padding=0)

    def apply_theme(self) -> None:
        super().apply_theme()
        table = self.theme.colors.layer_table
        for item in (self.image, self._scale):
            item.setLookupTable(table)
        self._scale_axis.setPen(pg.mkPen(self.theme.colors.line))
        self._scale_axis.setTextPen(pg.mkPen(self.theme.colors.muted))
        self._scale_axis.setTickFont(self.theme.font("small"))
        self._scale_axis.setStyle(tickLength=-3, maxTickLevel=0)
        self._quantity = None  # its label is written anew in the present colours
        if hasattr(self, "_marks"):
            self._marks.apply_theme()

    def _plotted(self, values: Array) -> Array:
        assert self._quantity is not None
        return decades(values) if self._quantity.logarithmic else values

    def _describe(self, x: float, y: float) -> str:
        series = self._series
        if series is None or not len(series.first):
            return ""
        row = int(np.clip(np.searchsorted(series.last, x), 0, len(series.last) - 1))
        layer = int(np.clip(round(y), 1, series.mean.shape[1]))
        value = series.mean[row, layer - 1]
        return f"step {int(series.first[row])}, layer {layer}: {number(value)}"
