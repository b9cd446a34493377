"""One histogram per layer, the one before the other like ridges of hills.

Where layers are too many for that, a picture shows the same heights as colours. Layers stand at 1,
2, ... of the plot's y axis, layer 1 at the bottom.
"""

from collections.abc import Sequence

import numpy as np
from pyqtgraph.functions import create_qpolygonf, ndarray_from_qpolygonf
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from core.arrays import Array
from widgets.plots.canvas import FRONT_WIDTH_PX, View
from widgets.plots.picture import Picture

LOWEST_RISE, LOWEST_RISE_PX = 1.35, 16.0  # the height of a ridge, in layers and on the screen
CLOSEST_PX = 5.0  # of two ridges
FOOT = -0.5  # where a ridge stands, from its layer's place on the axis


class Ridges:
    """Hills with steep steps, drawn from the back to the front; one may be chosen.

    `heights (layers, bins)` are from 0 to 1, NaN where nothing is; all bins lie from 0 to 1 of x.
    """

    def __init__(self) -> None:
        self.pens: list[QPen] = []
        self.fills: list[QColor] = []
        self.zero_pen, self.chosen_pen = QPen(), QPen()
        self.chosen: int | None = None  # counted from 0
        self._picture = Picture()
        self._x, self._heights = np.empty(0), np.empty((0, 0))
        self._zeros = np.empty(0)
        self._polygons: list[QPolygonF] = []
        self._views: list[Array] = []

    def set_colors(self, lines: Sequence[QColor], fills: Sequence[QColor], chosen: QColor) -> None:
        """Give each layer the colours of its line and of the ground below."""
        self.pens, self.fills = [QPen(color) for color in lines], list(fills)
        self.chosen_pen = QPen(chosen, FRONT_WIDTH_PX)

    def set_table(self, table: Array, nothing: QColor) -> None:
        """Use these colours (256, 3) where ridges are too many."""
        self._picture.set_table(table, nothing)

    def set_data(self, heights: Array, zeros: Array) -> None:
        """Show hills; `zeros (layers,)` is where each has its 0, NaN where it has none."""
        n_layers, n_bins = heights.shape
        # foot, then left and right end of every step, foot
        self._x = np.repeat(np.linspace(0, 1, n_bins + 1), 2)
        self._heights = np.pad(np.repeat(np.nan_to_num(heights), 2, axis=1), ((0, 0), (1, 1)))
        self._zeros = zeros
        self._picture.set_data(heights[::-1], (0.0, 1.0), (0.0, 0.5, 1.0, n_layers + 0.5))

    def as_picture(self, view: View) -> bool:
        """Whether there is too little room for hills."""
        return apart(view) < CLOSEST_PX

    def draw(self, painter: QPainter, view: View) -> None:
        n_layers, n_points = self._heights.shape
        if not n_layers:
            return
        if self.as_picture(view):
            self._picture.draw(painter, view)
            self._draw_frame(painter, view)
            return
        if len(self._views) != n_layers:
            self._polygons = [create_qpolygonf(n_points) for _ in range(n_layers)]
            self._views = [ndarray_from_qpolygonf(polygon) for polygon in self._polygons]
        rise, x = rise_of(apart(view)), view.x(self._x)
        for index in reversed(range(len(self._polygons))):
            pixels = self._views[index]
            pixels[:, 0] = x
            pixels[:, 1] = view.y(index + 1 + FOOT + rise * self._heights[index])
            painter.setBrush(self.fills[index])
            painter.setPen(self.pens[index])
            painter.drawPolygon(self._polygons[index])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.chosen is not None and self.chosen < n_layers:
            painter.setPen(self.chosen_pen)
            painter.drawPolyline(self._polygons[self.chosen])
        self._draw_zeros(painter, view)

    def _draw_zeros(self, painter: QPainter, view: View) -> None:
        painter.setPen(self.zero_pen)
        for index, zero in enumerate(self._zeros.tolist()):
            if zero == zero:  # noqa: PLR0124 - NaN is not
                foot = view.point(zero, index + 1 + FOOT)
                painter.drawLine(foot, QPointF(foot.x(), view.point(0, index + 2 + FOOT).y()))

    def _draw_frame(self, painter: QPainter, view: View) -> None:
        if self.chosen is not None:
            painter.setPen(self.chosen_pen)
            top, foot = (view.point(0, self.chosen + 1 + end).y() for end in (0.5, -0.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(1, top - 1, view.width - 2, foot - top + 2))


def apart(view: View) -> float:
    """Return how far two layers are apart on the screen."""
    low, high = view.y_range
    return view.height / max(1e-9, high - low)


def rise_of(apart_px: float) -> float:
    """Return the height of a ridge, in layers."""
    return max(LOWEST_RISE, LOWEST_RISE_PX / max(CLOSEST_PX, apart_px))
