"""How several networks are spread at one moment: a ribbon of quartiles between thin extremes."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPen

from core.arrays import Array
from widgets.plots.canvas import View
from widgets.plots.pixels import draw_line, on_sheet, polygon_of, unbroken

LOWEST, LOW, _MEDIAN, HIGH, HIGHEST = range(5)


class Spread:
    """Ranks (5, points), as `lab.ranks` has them, over x (points,); None shows nothing."""

    def __init__(self) -> None:
        self.fill, self.pen = QColor(), QPen()
        self.x: Array = np.empty(0)
        self.ranks: Array | None = None

    def set_data(self, x: Array, ranks: Array | None) -> None:
        """Show a spread, or none."""
        self.x, self.ranks = x, ranks

    def draw(self, painter: QPainter, view: View) -> None:
        if self.ranks is None:
            return
        ys = [on_sheet(view.y(row), view.height) for row in self.ranks]
        usable = ~np.isnan(np.stack(ys)).any(axis=0)
        x = view.x(self.x[usable])
        if len(x):
            around = np.concatenate([ys[LOW][usable], ys[HIGH][usable][::-1]])
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.fill)
            painter.drawPolygon(polygon_of(np.concatenate([x, x[::-1]]), around))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self.pen)
        for row in (LOWEST, HIGHEST):
            for part in unbroken(view.x(self.x), ys[row]):
                draw_line(painter, part)
