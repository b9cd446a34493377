"""The scale beside a map: which number each colour stands for, in decades or in plain numbers."""

from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from widgets.plots.axes import Plot, Range
from widgets.plots.canvas import Canvas, View
from widgets.plots.picture import Picture
from widgets.plots.ticks import NumberAxis
from widgets.theme import Theme

WIDTH_PX = 12
SHADES = 256


class ColorScale:
    """A strip of all colours with an axis, at the right of a plot."""

    def __init__(self, plot: Plot) -> None:
        self._levels: Range | None = None
        self._named: tuple[str, bool] | None = None
        self._strip = Picture()
        self.axis = NumberAxis("right")
        self.axis.enableAutoSIPrefix(False)
        self._box = pg.ViewBox(enableMouse=False, enableMenu=False, defaultPadding=0)
        self._box.setFixedWidth(WIDTH_PX)
        plot.cells.addItem(self._box, 0, 2)
        plot.cells.addItem(self.axis, 0, 3)
        self.axis.linkToView(self._box)
        self.canvas = Canvas(plot.viewport(), self._view)
        self.canvas.items = [self._strip]
        self._box.geometryChanged.connect(self._place)  # the axis beside it may move it

    def show_levels(
        self, levels: Range, symbol: str, theme: Theme, *, logarithmic: bool = False
    ) -> None:
        """Write the numbers at both ends of the colours, and between; exponents if logarithmic."""
        if (symbol, logarithmic) != self._named:
            self._named = (symbol, logarithmic)
            self.axis.logarithmic = logarithmic
            self._write_name(theme)
            self.axis.redraw()
        if levels != self._levels:
            self._levels = levels
            steps = np.linspace(levels[1], levels[0], SHADES)[:, None]
            self._strip.set_data(steps, levels, (0, levels[0], 1, levels[1]))
            self._box.setRange(yRange=levels, padding=0)
            self.canvas.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take over the colours and fonts of the present theme."""
        colors = theme.colors
        self._strip.set_table(colors.layer_table, QColor(colors.panel))
        self.axis.setPen(pg.mkPen(colors.line))
        self.axis.setTextPen(pg.mkPen(colors.muted))
        self.axis.setTickFont(theme.font("small"))
        self.axis.setStyle(tickLength=-3, maxTickLevel=0)
        self._write_name(theme)
        self.canvas.update()

    def _write_name(self, theme: Theme) -> None:
        if self._named is not None:
            name = escape(self._named[0], quote=False)
            self.axis.setLabel(name, color=theme.colors.muted)
            self.axis.label.setFont(theme.font("small"))
            self.axis.resizeEvent()

    def _view(self) -> View:
        size = self.canvas.size()
        return View((0, 1), self._levels or (0, 1), max(1, size.width()), max(1, size.height()))

    def _place(self) -> None:
        self.canvas.setGeometry(self._box.sceneBoundingRect().toAlignedRect())
