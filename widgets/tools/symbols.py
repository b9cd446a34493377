"""One mark per layer, without a line between them: a second and a third measurement in a picture.

Zero (-inf on a log axis) lies on the lower edge, what is infinite or unknown on the upper one.
"""

import math
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from core.arrays import Array
from widgets.plots.canvas import View

Shape = Literal["cross", "square"]
REACH_PX = 3.5
EDGE_PX = 8.0


class Symbols:
    """Marks of one shape and colour at the points (x, y), both (points,)."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self.color = QColor()
        self.x: Array = np.empty(0)
        self.y: Array = np.empty(0)

    def draw(self, painter: QPainter, view: View) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.color, 1.4))
        for x, y in zip(view.x(self.x).tolist(), view.y(self.y).tolist(), strict=True):
            edge = view.height - EDGE_PX if y == math.inf else EDGE_PX
            self._mark(painter, QPointF(x, y if math.isfinite(y) else edge))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _mark(self, painter: QPainter, at: QPointF) -> None:
        if self._shape == "square":
            painter.drawRect(QRectF(at.x() - 3, at.y() - 3, 6, 6))
            return
        for rise in (-REACH_PX, REACH_PX):
            painter.drawLine(at + QPointF(-REACH_PX, -rise), at + QPointF(REACH_PX, rise))
