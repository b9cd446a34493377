"""Marks of different shapes at points of a plot: what is measured, and what was predicted of it."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from widgets.plots.canvas import View

LINE_PX = 1.5
EDGE_PX = 7.0  # of marks that lie beyond the plot


def _round(painter: QPainter, at: QPointF, radius: float) -> None:
    painter.drawEllipse(at, radius, radius)


def _square(painter: QPainter, at: QPointF, radius: float) -> None:
    side = 0.88 * radius
    painter.drawRect(QRectF(at.x() - side, at.y() - side, 2 * side, 2 * side))


def _diamond(painter: QPainter, at: QPointF, radius: float) -> None:
    corners = ((0, -1), (1, 0), (0, 1), (-1, 0))
    side = 1.25 * radius
    painter.drawPolygon(QPolygonF([at + QPointF(side * x, side * y) for x, y in corners]))


SHAPES: dict[str, Callable[[QPainter, QPointF, float], None]] = {
    "round": _round,
    "square": _square,
    "diamond": _diamond,
}


@dataclass(frozen=True)
class Mark:
    """A shape; hollow unless `filled`."""

    shape: str
    color: QColor
    filled: bool = True
    radius: float = 3.5


class Markers:
    """Marks at points (x, y), in their order.

    What lies beyond an edge is drawn on it, what is NaN not at all.
    """

    def __init__(self) -> None:
        self.marks: list[tuple[float, float, Mark]] = []

    def draw(self, painter: QPainter, view: View) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for x, y, mark in self.marks:
            at = view.point(x, y)
            if math.isnan(at.x()) or math.isnan(at.y()):
                continue
            within = QPointF(
                max(EDGE_PX, min(at.x(), view.width - EDGE_PX)),
                max(EDGE_PX, min(at.y(), view.height - EDGE_PX)),
            )
            painter.setPen(QPen(mark.color, LINE_PX))
            painter.setBrush(mark.color if mark.filled else Qt.BrushStyle.NoBrush)
            SHAPES[mark.shape](painter, within, mark.radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
