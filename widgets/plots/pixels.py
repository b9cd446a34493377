"""Lines in pixels that Qt can draw, of numbers of any size: infinite ones, gaps, single points."""

from collections.abc import Iterable

import numpy as np
from pyqtgraph.functions import create_qpolygonf, ndarray_from_qpolygonf
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPolygonF

from core.arrays import Array

FARTHEST_PX = 1e5  # beyond it Qt's arithmetic is no longer sure
ONLY_POINT_PX = QPointF(4, 0)


def on_sheet(y: Array, height: int) -> Array:
    """Bring pixels (points,) where Qt can draw: what is infinite lies on an edge; NaN stays."""
    if y.dot(y) < FARTHEST_PX**2:  # the quickest way to know that all are finite and near
        return y
    if not np.isfinite(y).all():
        y = np.where(y == np.inf, height - 1.0, np.where(y == -np.inf, 1.0, y))
    near: Array = np.minimum(np.maximum(y, -FARTHEST_PX), FARTHEST_PX)
    return near


def polygon_of(x: Array, y: Array) -> QPolygonF:
    """Return a polygon of points in pixels, at least one."""
    polygon: QPolygonF = create_qpolygonf(len(x))
    pixels = ndarray_from_qpolygonf(polygon)
    pixels[:, 0], pixels[:, 1] = x, y
    return polygon


def unbroken(x: Array, y: Array) -> Iterable[QPolygonF]:
    """Cut a line in pixels where y is NaN."""
    usable = ~np.isnan(y)
    edges = np.flatnonzero(np.diff(usable, prepend=False, append=False)).tolist()
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        yield polygon_of(x[start:stop], y[start:stop])


def draw_line(painter: QPainter, polygon: QPolygonF) -> None:
    """Draw a line; one of a single point would not be seen, and becomes a short stroke."""
    if polygon.size() == 1:
        painter.drawLine(polygon.at(0) - ONLY_POINT_PX, polygon.at(0) + ONLY_POINT_PX)
    else:
        painter.drawPolyline(polygon)
