"""Where live data is drawn: an opaque sheet over the inside of a plot, painted in one call.

pyqtgraph's scene asks Python about every item several times per frame, and each time training gives
up the interpreter. Here one `paintEvent` walks over a few light items whose geometry NumPy wrote in
pixels. Axes, zoom and pointer stay pyqtgraph's; the sheet lets the mouse through.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from pyqtgraph.functions import create_qpolygonf, ndarray_from_qpolygonf
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from core.arrays import Array
from widgets.plots.broad import painter_on
from widgets.plots.pixels import draw_line, on_sheet, polygon_of, unbroken

FRONT_WIDTH_PX = 2.5


@dataclass(frozen=True)
class View:
    """How plot coordinates become pixels of the canvas in one painting.

    `taken` are the boxes of what has been written in it so far, for words that can go elsewhere,
    and `dotted` those of its dots, which they rather leave to be seen.
    """

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    width: int
    height: int
    taken: list[QRectF] = field(default_factory=list, compare=False)
    dotted: list[QRectF] = field(default_factory=list, compare=False)

    def is_free(self, box: QRectF) -> bool:
        """Tell whether nothing is written there."""
        return not any(box.intersects(other) for other in self.taken)

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
        self.line_width = 1.0
        self.items: list[Item] = []
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, _event: QPaintEvent) -> None:
        # Leaving the painter active after an exception would end the process. Numbers of any size
        # may be shown in any zoom: what overflows lies outside.
        with painter_on(self, self.line_width) as painter, np.errstate(all="ignore"):
            painter.fillRect(self.rect(), self.ground)
            view = self._view()
            for item in self.items:
                item.draw(painter, view)


class Grid:
    """Quiet lines at the ticks of both axes.

    They are found anew when the view changes, or what `style` returns.
    """

    def __init__(
        self,
        ticks: Callable[[View], tuple[list[float], list[float]]],
        style: Callable[[], Hashable],
    ) -> None:
        self._ticks, self._style = ticks, style
        self._lines = list[QLineF]()
        self._known: tuple[View, Hashable] | None = None
        self.pen = QPen()

    def draw(self, painter: QPainter, view: View) -> None:
        wanted = view, self._style()
        if wanted != self._known:
            self._known, self._lines = wanted, self._lines_of(view)
        painter.setPen(self.pen)
        painter.drawLines(self._lines)

    def _lines_of(self, view: View) -> list[QLineF]:
        x_ticks, y_ticks = self._ticks(view)
        xs, ys = view.x(np.array(x_ticks)).round(), view.y(np.array(y_ticks)).round()
        upright = [QLineF(x, 0, x, view.height) for x in xs.tolist()]
        return upright + [QLineF(0, y, view.width, y) for y in ys.tolist()]


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
        """Show y (lines, points) over x (points,); what is infinite lies on an edge."""
        self.x, self.y = x, y

    def draw(self, painter: QPainter, view: View) -> None:
        n_lines, n_points = self.y.shape
        if not n_points:
            return
        broken = self._fill(view)
        unusual = broken if n_points > 1 else range(n_lines)
        for index, (polygon, pen) in enumerate(zip(self._polygons, self.pens, strict=False)):
            if index == self.front:
                continue
            painter.setPen(pen)
            if index in unusual:
                self._draw_parts(painter, index)
            else:
                painter.drawPolyline(polygon)
        if self.front is not None and self.front < n_lines:
            pen = QPen(self.pens[self.front])
            pen.setWidthF(FRONT_WIDTH_PX)
            painter.setPen(pen)
            self._draw_parts(painter, self.front)

    def _fill(self, view: View) -> set[int]:
        """Write all lines in pixels; returns those with gaps."""
        n_lines, n_points = self.y.shape
        if len(self._polygons) != n_lines or (self._views and len(self._views[0]) < n_points):
            room = 2 * n_points  # a run that goes on has more points with every frame
            self._polygons = [create_qpolygonf(room) for _ in range(n_lines)]
            self._views = [ndarray_from_qpolygonf(polygon) for polygon in self._polygons]
        if self._polygons and self._polygons[0].size() != n_points:
            for polygon in self._polygons:  # its memory, which the view shows, stays where it is
                polygon.resize(n_points)
        x, broken = view.x(self.x), set[int]()
        # Line by line: NumPy gives up the interpreter for larger arrays, and takes long to get it.
        for index, (pixels, line) in enumerate(zip(self._views, self.y, strict=True)):
            pixels[:n_points, 0] = x
            pixels[:n_points, 1] = y = on_sheet(view.y(line), view.height)
            if math.isnan(np.add.reduce(y)):
                broken.add(index)
        return broken

    def _draw_parts(self, painter: QPainter, index: int) -> None:
        pixels = self._views[index][: len(self.x)]
        for part in unbroken(pixels[:, 0], pixels[:, 1]):
            draw_line(painter, part)


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
        ends = np.stack([on_sheet(view.y(end), view.height) for end in (low, high)], axis=1)
        painter.setPen(self.pen)
        painter.drawPolyline(polygon_of(np.repeat(view.x(x), 2), ends.ravel()))


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
            box = QRectF(left - 2, base - metrics.ascent(), width + 4, metrics.height() - 2)
            view.taken.append(box)
            if self.ground is not None:
                painter.fillRect(box, self.ground)
            painter.setPen(words.color)
            painter.drawText(QPointF(left, base), words.text)
