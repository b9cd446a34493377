"""The way over a surface: a line from the start to the present, which is a dot."""

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from core.arrays import Array
from widgets.plots.canvas import View
from widgets.plots.pixels import FARTHEST_PX, polygon_of

START_PX, NOW_PX = 4.0, 5.0
INK, HALO = QColor("#ffffff"), QColor("#14171c")


class WalkLine:
    """White with a dark rim, to be seen on every colour; `center` is where the surface was taken.

    `places (n, 2)` begin at the start; `now (2,)` is the live position.
    """

    def __init__(self) -> None:
        self.places: Array = np.empty((0, 2))
        self.now: Array | None = None
        self.center: tuple[float, float] | None = None

    def clear(self) -> None:
        """Draw nothing."""
        self.places, self.now, self.center = np.empty((0, 2)), None, None

    def draw(self, painter: QPainter, view: View) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        way = self.places if self.now is None else np.vstack([self.places, self.now])
        if len(way) > 1:
            x, y = (np.clip(one, -FARTHEST_PX, FARTHEST_PX) for one in self._pixels(way, view))
            polygon = polygon_of(x, y)
            for pen in (QPen(HALO, 3.4), QPen(INK, 1.6)):
                painter.setPen(pen)
                painter.drawPolyline(polygon)
        if len(self.places):
            self._ring(painter, self._point(self.places[0], view), START_PX, HALO)
        if self.center is not None:
            self._cross(painter, view.point(*self.center))
        if self.now is not None:
            self._ring(painter, self._point(self.now, view), NOW_PX, INK)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _pixels(self, places: Array, view: View) -> tuple[Array, Array]:
        return view.x(places[:, 0]), view.y(places[:, 1])

    def _point(self, place: Array, view: View) -> QPointF:
        return view.point(float(place[0]), float(place[1]))

    def _ring(self, painter: QPainter, at: QPointF, radius: float, fill: QColor) -> None:
        painter.setBrush(fill)
        painter.setPen(QPen(HALO, 3.4))
        painter.drawEllipse(at, radius, radius)
        painter.setPen(QPen(INK, 1.6))
        painter.drawEllipse(at, radius, radius)

    def _cross(self, painter: QPainter, at: QPointF) -> None:
        for pen in (QPen(HALO, 3.4), QPen(INK, 1.6)):
            painter.setPen(pen)
            painter.drawLine(at - QPointF(6, 0), at + QPointF(6, 0))
            painter.drawLine(at - QPointF(0, 6), at + QPointF(0, 6))
