"""Many lines as one item: a polyline per layer, drawn from one array.

One item instead of one per layer keeps the Python per frame small, which is time that training
would lose; the geometry of all layers is written in NumPy at once.
"""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from pyqtgraph.functions import create_qpolygonf, ndarray_from_qpolygonf
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from core.arrays import Array


class Polylines(pg.GraphicsObject):
    """Lines over a common x, in plot coordinates."""

    def __init__(self) -> None:
        super().__init__()
        self._polygons: list[QPolygonF] = []
        self._views: list[Array] = []
        self._pens: list[QPen] = []
        self._front: int | None = None
        self._bounds = QRectF()
        self.values = np.empty((0, 0))

    def set_colors(self, colors: Sequence[QColor]) -> None:
        """Give every line its colour."""
        self._pens = [_cosmetic(color) for color in colors]
        self.update()

    def set_front(self, index: int | None) -> None:
        """Draw one line thicker and last, or none."""
        if index != self._front:
            self._front = index
            self.update()

    def set_data(self, x: Array, y: Array, floor: float) -> None:
        """Show y (points, lines) over x (points,); NaN is drawn at `floor`."""
        y = np.where(np.isnan(y), floor, y)
        if len(self._polygons) != y.shape[1] or (self._views and len(self._views[0]) != len(x)):
            self._polygons = [create_qpolygonf(len(x)) for _ in range(y.shape[1])]
            self._views = [ndarray_from_qpolygonf(polygon) for polygon in self._polygons]
        for view, column in zip(self._views, y.T, strict=True):
            view[:, 0] = x
            view[:, 1] = column
        self.values = y
        bounds = QRectF()
        if y.size:
            low, high = float(y.min()), float(y.max())
            bounds = QRectF(float(x[0]), low, float(x[-1] - x[0]), high - low)
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = bounds
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        for index, (polygon, pen) in enumerate(zip(self._polygons, self._pens, strict=False)):
            if index != self._front:
                painter.setPen(pen)
                painter.drawPolyline(polygon)
        if self._front is not None and self._front < len(self._polygons):
            pen = QPen(self._pens[self._front])
            pen.setWidthF(2.5)
            painter.setPen(pen)
            painter.drawPolyline(self._polygons[self._front])


class Dots(pg.GraphicsObject):
    """A line with a coloured dot at every point; few points, redrawn often."""

    RADIUS_PX = 3.5

    def __init__(self) -> None:
        super().__init__()
        self._points: list[QPointF] = []
        self._colors: list[QColor] = []
        self._line = QPen()
        self._bounds = QRectF()

    def set_colors(self, line: QColor, dots: Sequence[QColor]) -> None:
        """Give the line and every dot its colour."""
        self._line, self._colors = _cosmetic(line), list(dots)
        self.update()

    def set_data(self, x: Array, y: Array) -> None:
        """Show the finite points among (x, y), both (points,)."""
        self._points = [QPointF(*pair) for pair in zip(x.tolist(), y.tolist(), strict=True)]
        usable = y[np.isfinite(y)]
        self.prepareGeometryChange()
        self._bounds = QRectF()
        if usable.size:
            span = float(x[-1] - x[0])
            self._bounds = QRectF(float(x[0]), float(usable.min()), span, float(np.ptp(usable)))
        self.update()

    def boundingRect(self) -> QRectF:
        # Room for the dots, whose size is in pixels.
        width, height = self.pixelVectors()
        margin_x = (width.x() if width else 0) * 2 * self.RADIUS_PX
        margin_y = abs(height.y() if height else 0) * 2 * self.RADIUS_PX
        return self._bounds.adjusted(-margin_x, -margin_y, margin_x, margin_y)

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        transform = painter.transform()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = [point if np.isfinite(point.y()) else None for point in self._points]
        mapped = [transform.map(point) if point is not None else None for point in shown]
        painter.setPen(self._line)
        for left, right in zip(mapped, mapped[1:], strict=False):
            if left is not None and right is not None:
                painter.drawLine(left, right)
        painter.setPen(QPen(QColor(0, 0, 0, 0)))
        for point, color in zip(mapped, self._colors, strict=False):
            if point is not None:
                painter.setBrush(color)
                painter.drawEllipse(point, self.RADIUS_PX, self.RADIUS_PX)


def _cosmetic(color: QColor) -> QPen:
    """A pen of one pixel whatever the zoom: by far the fastest."""
    pen = QPen(color)
    pen.setCosmetic(True)
    pen.setWidth(1)
    return pen
