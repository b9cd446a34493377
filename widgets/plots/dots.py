"""A magnitude per layer as coloured dots; zero, infinity and NaN have marks at the plot's edges."""

import math
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from core.arrays import Array
from widgets.plots.canvas import View

RADIUS_PX = 3.5
BOX = QRectF(-RADIUS_PX, -RADIUS_PX, 2 * RADIUS_PX, 2 * RADIUS_PX)
RING_PX = 7.0
EDGE_PX = 8.0  # of the marks, from the plot's edge
CORNERS = ((-4.0, 4.0), (4.0, 4.0), (0.0, -4.0))


class Dots:
    """A line with a dot at every finite point; one may have a ring.

    Zero (-inf on a log axis) is a hollow dot on the lower edge, infinity a triangle on the upper
    edge, NaN a cross on the lower one.
    """

    def __init__(self) -> None:
        self.pen, self.ring_pen = QPen(), QPen()
        self.colors: list[QColor] = []
        self.ringed: int | None = None
        self.x: Array = np.empty(0)
        self.y: Array = np.empty(0)

    def set_data(self, x: Array, y: Array) -> None:
        """Show the points (x, y), both (points,)."""
        self.x, self.y = x, y

    def draw(self, painter: QPainter, view: View) -> None:
        xs, ys = view.x(self.x).tolist(), view.y(self.y).tolist()
        points = [QPointF(x, y) if math.isfinite(y) else None for x, y in zip(xs, ys, strict=True)]
        painter.setPen(self.pen)
        for left, right in pairwise(points):
            if left is not None and right is not None:
                painter.drawLine(left, right)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for point, color in zip(points, self.colors, strict=False):
            if point is not None:
                painter.setBrush(color)
                painter.drawEllipse(point, RADIUS_PX, RADIUS_PX)
                view.dotted.append(BOX.translated(point))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if None in points:
            self._draw_marks(painter, view)
        if self.ringed is not None and self.ringed < len(points):
            edge = EDGE_PX if self.y[self.ringed] == np.inf else view.height - EDGE_PX
            painter.setPen(self.ring_pen)
            at = points[self.ringed]
            at = QPointF(xs[self.ringed], edge) if at is None else at
            painter.drawEllipse(at, RING_PX, RING_PX)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _draw_marks(self, painter: QPainter, view: View) -> None:
        for x, y, color in zip(view.x(self.x).tolist(), self.y.tolist(), self.colors, strict=False):
            if not math.isfinite(y):
                painter.setPen(QPen(color, 1.5))
                _draw_mark(painter, x, y, view.height)


def _draw_mark(painter: QPainter, x: float, value: float, height: int) -> None:
    bottom = QPointF(x, height - EDGE_PX)
    if value == math.inf:
        painter.drawPolygon(QPolygonF([QPointF(x + dx, EDGE_PX + dy) for dx, dy in CORNERS]))
    elif value == -math.inf:
        painter.drawEllipse(bottom, RADIUS_PX, RADIUS_PX)
    else:
        for rise in (-4, 4):
            painter.drawLine(bottom + QPointF(-4, -rise), bottom + QPointF(4, rise))
