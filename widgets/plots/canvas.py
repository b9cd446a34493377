"""Where live data is drawn: an opaque sheet over the inside of a plot, painted in one call.

pyqtgraph's scene asks Python about every item several times per frame, and each time training gives
up the interpreter. Here one `paintEvent` walks over a few light items whose geometry NumPy wrote in
pixels. Axes, zoom and pointer stay pyqtgraph's; the sheet lets the mouse through.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from pyqtgraph.functions import create_qpolygonf, ndarray_from_qpolygonf
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from core.arrays import Array

DOT_RADIUS_PX = 3.5
FRONT_WIDTH_PX = 2.5
ONLY_POINT_PX = QPointF(4, 0)
NOTHING = 255  # the colour index of "no number here"


@dataclass(frozen=True)
class View:
    """How plot coordinates become pixels of the canvas."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    width: int
    height: int

    def x(self, values: Array) -> Array:
        """Map x coordinates."""
        low, high = self.x_range
        mapped: Array = (values - low) * (self.width / (high - low))
        return mapped

    def y(self, values: Array) -> Array:
        """Map y coordinates; pixels count downward."""
        low, high = self.y_range
        mapped: Array = (high - values) * (self.height / (high - low))
        return mapped

    def point(self, x: float, y: float) -> QPointF:
        """Map one point."""
        (left, right), (low, high) = self.x_range, self.y_range
        return QPointF(
            (x - left) * self.width / (right - left), (high - y) * self.height / (high - low)
        )

    def rect(self, left: float, low: float, right: float, high: float) -> QRectF:
        """Map a rectangle."""
        return QRectF(self.point(left, high), self.point(right, low))


class Item(Protocol):
    """Something drawn on a canvas."""

    def draw(self, painter: QPainter, view: View) -> None:
        """Draw in pixels."""


class Canvas(QWidget):
    """The inside of a plot. `view` gives the present mapping, `items` are drawn in their order."""

    def __init__(self, parent: QWidget, view: Callable[[], View]) -> None:
        super().__init__(parent)
        self._view = view
        self.ground = QColor()
        self.items: list[Item] = []
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, _event: QPaintEvent) -> None:
        # Leaving the painter active after an exception would end the process.
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), self.ground)
            view = self._view()
            for item in self.items:
                item.draw(painter, view)


class Grid:
    """Quiet lines at the ticks of both axes."""

    def __init__(self, ticks: Callable[[View], tuple[list[float], list[float]]]) -> None:
        self._ticks = ticks
        self.pen = QPen()

    def draw(self, painter: QPainter, view: View) -> None:
        painter.setPen(self.pen)
        x_ticks, y_ticks = self._ticks(view)
        for x in view.x(np.array(x_ticks)).round().tolist():
            painter.drawLine(QPointF(x, 0), QPointF(x, view.height))
        for y in view.y(np.array(y_ticks)).round().tolist():
            painter.drawLine(QPointF(0, y), QPointF(view.width, y))


class Polylines:
    """Lines over a common x, each in its colour; one may be in front."""

    def __init__(self) -> None:
        self._polygons: list[QPolygonF] = []
        self._views: list[Array] = []
        self.pens: list[QPen] = []
        self.front: int | None = None
        self.x: Array = np.empty(0)
        self.y: Array = np.empty((0, 0))

    def set_colors(self, colors: Sequence[QColor]) -> None:
        """Give every line its colour."""
        self.pens = [QPen(color) for color in colors]

    def set_data(self, x: Array, y: Array) -> None:
        """Show y (lines, points) over x (points,); what is not finite lies on the lower edge."""
        self.x, self.y = x, y

    def draw(self, painter: QPainter, view: View) -> None:
        n_lines, n_points = self.y.shape
        if not n_points:
            return
        if len(self._polygons) != n_lines or (self._views and len(self._views[0]) != n_points):
            self._polygons = [create_qpolygonf(n_points) for _ in range(n_lines)]
            self._views = [ndarray_from_qpolygonf(polygon) for polygon in self._polygons]
        x, bottom = view.x(self.x), view.height - 1.0
        # Line by line: NumPy gives up the interpreter for larger arrays, and takes long to get it.
        for pixels, line in zip(self._views, self.y, strict=True):
            y = view.y(line)
            pixels[:, 0] = x
            pixels[:, 1] = np.where(np.isfinite(y), y, bottom)
        if n_points == 1:
            self._draw_only_point(painter)
        for index, (polygon, pen) in enumerate(zip(self._polygons, self.pens, strict=False)):
            if index != self.front:
                painter.setPen(pen)
                painter.drawPolyline(polygon)
        if self.front is not None and self.front < n_lines:
            pen = QPen(self.pens[self.front])
            pen.setWidthF(FRONT_WIDTH_PX)
            painter.setPen(pen)
            painter.drawPolyline(self._polygons[self.front])

    def _draw_only_point(self, painter: QPainter) -> None:
        """A line of one point would not be seen: draw a short stroke."""
        for pixels, pen in zip(self._views, self.pens, strict=False):
            point = QPointF(*pixels[0])
            painter.setPen(pen)
            painter.drawLine(point - ONLY_POINT_PX, point + ONLY_POINT_PX)


class Band:
    """The spread between two lines as one zigzag, far cheaper than a filled area."""

    def __init__(self) -> None:
        self.pen = QPen()
        self._data = (np.empty(0), np.empty(0), np.empty(0))

    def set_data(self, x: Array, low: Array, high: Array) -> None:
        """Show the spread from low to high, all (points,), where both are finite."""
        usable = np.isfinite(low) & np.isfinite(high)
        self._data = (x[usable], low[usable], high[usable])

    def draw(self, painter: QPainter, view: View) -> None:
        x, low, high = self._data
        if not len(x):
            return
        zigzag = create_qpolygonf(2 * len(x))
        pixels = ndarray_from_qpolygonf(zigzag)
        for corner, end in enumerate((low, high)):
            pixels[corner::2, 0] = view.x(x)
            pixels[corner::2, 1] = view.y(end)
        painter.setPen(self.pen)
        painter.drawPolyline(zigzag)


class Dots:
    """A line with a coloured dot at every finite point."""

    def __init__(self) -> None:
        self.pen = QPen()
        self.colors: list[QColor] = []
        self.x: Array = np.empty(0)
        self.y: Array = np.empty(0)

    def set_data(self, x: Array, y: Array) -> None:
        """Show the points (x, y), both (points,)."""
        self.x, self.y = x, y

    def draw(self, painter: QPainter, view: View) -> None:
        pixels = zip(view.x(self.x).tolist(), view.y(self.y).tolist(), strict=True)
        points = [
            QPointF(*pair) if finite else None
            for pair, finite in zip(pixels, np.isfinite(self.y), strict=True)
        ]
        painter.setPen(self.pen)
        for left, right in pairwise(points):
            if left is not None and right is not None:
                painter.drawLine(left, right)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for point, color in zip(points, self.colors, strict=False):
            if point is not None:
                painter.setBrush(color)
                painter.drawEllipse(point, DOT_RADIUS_PX, DOT_RADIUS_PX)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


class Segment:
    """One straight line between two points, or none."""

    def __init__(self) -> None:
        self.pen = QPen()
        self.ends: tuple[tuple[float, float], tuple[float, float]] | None = None

    def draw(self, painter: QPainter, view: View) -> None:
        if self.ends is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.pen)
        painter.drawLine(view.point(*self.ends[0]), view.point(*self.ends[1]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


@dataclass(frozen=True)
class Words:
    """A text at a point, moved by pixels; `right` aligns its end there."""

    text: str
    x: float
    y: float
    color: QColor
    right: bool = False
    shift: tuple[float, float] = (0.0, 0.0)


class Labels:
    """Plain texts inside a plot, kept within its edges."""

    def __init__(self) -> None:
        self.font = QFont()
        self.ground: QColor | None = None  # behind the words, where lines run below them
        self.words: list[Words] = []

    def draw(self, painter: QPainter, view: View) -> None:
        painter.setFont(self.font)
        metrics = painter.fontMetrics()
        for words in self.words:
            point = view.point(words.x, words.y)
            width = metrics.horizontalAdvance(words.text)
            left = point.x() + words.shift[0] - (width if words.right else 0)
            base = point.y() + words.shift[1]
            left = max(2.0, min(left, view.width - width - 2.0))
            base = max(float(metrics.ascent()), min(base, view.height - 3.0))
            if self.ground is not None:
                box = QRectF(left - 2, base - metrics.ascent(), width + 4, metrics.height() - 2)
                painter.fillRect(box, self.ground)
            painter.setPen(words.color)
            painter.drawText(QPointF(left, base), words.text)


class Picture:
    """Numbers as colours over a rectangle; what is not finite shows the ground."""

    def __init__(self, *, smooth: bool = False) -> None:
        self._smooth = smooth
        self._image = QImage()
        self._pixels: Array = np.empty((0, 0), np.uint8)
        self._corners: tuple[float, float, float, float] | None = None
        self._colors: list[int] = []

    def set_table(self, table: Array, nothing: QColor) -> None:
        """Use these colours (256, 3) uint8; the last place is kept for "nothing"."""
        self._colors = [QColor(*row).rgb() for row in table.tolist()]
        self._colors[NOTHING] = nothing.rgb()
        if not self._image.isNull():
            self._image.setColorTable(self._colors)

    def set_data(
        self,
        values: Array,
        levels: tuple[float, float],
        corners: tuple[float, float, float, float],
    ) -> None:
        """Show values (rows from the top, columns) over (left, low, right, high)."""
        low, high = levels
        share = (values - low) * ((NOTHING - 1) / max(high - low, 1e-300))
        finite = np.isfinite(share)
        rows, columns = values.shape[0], values.shape[1]
        # QImage wants rows of whole 32-bit words, and does not keep the memory alive.
        self._pixels = np.full((rows, -(-columns // 4) * 4), NOTHING, np.uint8)
        shown = self._pixels[:, :columns]
        shown[finite] = np.clip(share[finite], 0, NOTHING - 1).astype(np.uint8)
        self._image = QImage(
            self._pixels.data, columns, rows, self._pixels.shape[1], QImage.Format.Format_Indexed8
        )
        self._image.setColorTable(self._colors)
        self._corners = corners

    def clear(self) -> None:
        """Show nothing."""
        self._corners = None

    def draw(self, painter: QPainter, view: View) -> None:
        if self._corners is None:
            return
        target = view.rect(*self._corners)
        if self._smooth:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self._image.convertToFormat(QImage.Format.Format_RGB32))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
        else:
            painter.drawImage(target, self._image)


@dataclass(frozen=True, eq=False)
class Cloud:
    """Samples (n, 2) in plot coordinates, each with the colours of its inside and its rim."""

    points: Array
    fills: Sequence[QColor]
    rims: Sequence[QColor]


class Scatter:
    """Clouds of samples, painted once and then kept as a picture until the view changes."""

    RADIUS_PX = 3.0

    def __init__(self) -> None:
        self._clouds: tuple[Cloud, ...] = ()
        self._kept: tuple[View, float, QPixmap] | None = None

    def set_clouds(self, *clouds: Cloud) -> None:
        """Show these clouds, the last on top."""
        self._clouds = clouds
        self._kept = None

    def draw(self, painter: QPainter, view: View) -> None:
        ratio = painter.device().devicePixelRatio()
        if self._kept is None or self._kept[:2] != (view, ratio):
            pixmap = QPixmap(round(view.width * ratio), round(view.height * ratio))
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            with QPainter(pixmap) as inner:
                self._paint(inner, view)
            self._kept = (view, ratio, pixmap)
        painter.drawPixmap(0, 0, self._kept[2])

    def _paint(self, painter: QPainter, view: View) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for cloud in self._clouds:
            xs = view.x(cloud.points[:, 0]).tolist()
            ys = view.y(cloud.points[:, 1]).tolist()
            for x, y, fill, rim in zip(xs, ys, cloud.fills, cloud.rims, strict=False):
                painter.setBrush(fill)
                painter.setPen(QPen(rim, 1.3))
                painter.drawEllipse(QPointF(x, y), self.RADIUS_PX, self.RADIUS_PX)
