"""Axes and the plot area: own ticks, own ranges, a hover readout, zoom that can be taken back.

Logarithmic plots hold log10 of their values, with a floor for zero, so that ranges stay sane when a
gradient is exactly zero; only the ticks know that the numbers are exponents.
"""

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from core.arrays import Array
from lab.history import Mark
from lab.verdict import number
from widgets.plots.canvas import Canvas, Grid, Item, View
from widgets.theme import Theme

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST_TICKS = 8
LONGEST_NUMBER = 1e7  # from here on ticks are written with an exponent
TICKS_APART_PX = {"across": 80, "upward": 36}
HOVER_RATE_HZ = 20
MOST_MARKS = 24
MARGIN = 0.06
FEWEST_STEPS = 20.0
ROUND_ENDS = (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8, 10)
ROOM = 0.05
Range = tuple[float, float]
LEAST_FILLED = 0.55  # of the y range; with less the range is chosen anew


def finite_range(values: Array, least: float) -> tuple[float, float] | None:
    """Return a range around all finite values with a margin, at least `least` wide."""
    usable = values[np.isfinite(values)]
    if not usable.size:
        return None
    return roomy_range((float(usable.min()), float(usable.max())), least)


def roomy_range(extremes: tuple[float, float], least: float) -> tuple[float, float]:
    """Return a range around two extremes with a margin, at least `least` wide."""
    low, high = extremes
    missing = max(0.0, least - (high - low)) / 2
    margin = MARGIN * max(high - low, least)
    return low - missing - margin, high + missing + margin


class NumberAxis(pg.AxisItem):
    """An axis of plain numbers, or of exponents of ten when `logarithmic`."""

    logarithmic = False
    whole = False
    apart_px: int | None = None  # least distance of ticks, when not the usual one
    _room = MOST_TICKS

    def redraw(self) -> None:
        """Draw the ticks anew, also when the range is the same."""
        self.picture = None
        self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Return (spacing, values): whole decades, or 1-2-5 where there is room."""
        upright = self.orientation in ("left", "right")
        apart = self.apart_px or TICKS_APART_PX["upward" if upright else "across"]
        self._room = max(3, min(MOST_TICKS, int(size / apart)))
        ticks = self.ticks_between(low, high)
        spacing = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
        return [(spacing, ticks)]

    def ticks_between(self, low: float, high: float) -> list[float]:
        """Return the ticks of a range."""
        spacing = _nice_spacing((high - low) / self._room, whole=self.logarithmic or self.whole)
        if self.logarithmic and high - low < 1.2:
            ticks = [
                exponent + math.log10(digit)
                for exponent in range(math.floor(low), math.ceil(high) + 1)
                for digit in (1, 2, 5)
            ]
            return [tick for tick in ticks if low <= tick <= high]
        first, last = math.ceil(low / spacing), math.floor(high / spacing)
        return [index * spacing for index in range(first, last + 1)]

    def tickStrings(self, values: Sequence[float], _scale: float, spacing: float) -> list[str]:
        """Write each tick: powers of ten as such, steps with thin spaces."""
        if not self.logarithmic:
            if max(map(abs, values), default=0) >= LONGEST_NUMBER:
                return [number(value) for value in values]
            digits = max(0, -math.floor(math.log10(spacing))) if spacing < 1 else 0
            return [f"{value:,.{digits}f}".replace(",", "\u2009") for value in values]
        return [_power_of_ten(value) for value in values]


def _power_of_ten(exponent: float) -> str:
    whole = round(exponent)
    if abs(exponent - whole) > 1e-6:
        return number(10**exponent)
    if -2 <= whole <= 3:
        return f"{10**whole:g}"
    return f"10{str(whole).translate(SUPERSCRIPT)}"


def _nice_spacing(rough: float, *, whole: bool) -> float:
    if rough <= 0:
        return 1.0
    base = 10 ** math.floor(math.log10(rough))
    spacing = next(base * factor for factor in (1, 2, 5, 10) if base * factor >= 0.7 * rough)
    return max(1.0, float(round(spacing))) if whole else float(spacing)


def roomy_end(last: float) -> float:
    """Return a round number at or a little above `last`: an axis that grows in few steps.

    A range that stands still lets Qt draw axes once and only the lines anew.
    """
    if last <= FEWEST_STEPS:
        return FEWEST_STEPS
    base = 10 ** math.floor(math.log10(last))
    return float(next(base * factor for factor in ROUND_ENDS if base * factor >= last))


class Box(pg.ViewBox):
    """pyqtgraph's view box; tells when the rectangle of a zoom is dragged, with the left button."""

    def __init__(self, on_drag: Callable[[], None]) -> None:
        self._on_drag = on_drag
        super().__init__(enableMenu=False, defaultPadding=0)
        self.setMouseMode(pg.ViewBox.RectMode)

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        if ev.button() == Qt.MouseButton.LeftButton:
            super().mouseDragEvent(ev, axis)
        else:
            ev.ignore()

    def updateScaleBox(self, first: QPointF, second: QPointF) -> None:
        super().updateScaleBox(first, second)
        self._on_drag()


class Plot(pg.GraphicsView):
    """A plot area without frame or built-in menu, whose inside is a `Canvas`.

    It follows the data until a person zooms by dragging; a double click follows again. `read`
    describes a point under the pointer, `on_read` gets the description. `companions` are plots
    above or below that always show the same span of x.
    """

    x_axis_type = NumberAxis

    def __init__(self, theme: Theme, x_label: str, y_label: str) -> None:
        super().__init__()
        self.x_axis = self.x_axis_type("bottom")
        self.y_axis = NumberAxis("left")
        self.box = Box(self._on_zoom_dragged)
        # A view box between two axes: half the cost of a whole PlotItem, of which no more is used.
        self.cells = pg.GraphicsLayout()
        self.cells.setContentsMargins(4, 4, 12, 2)
        self.cells.setSpacing(0)
        for item, row, column in ((self.y_axis, 0, 0), (self.box, 0, 1), (self.x_axis, 1, 1)):
            self.cells.addItem(item, row, column)
        self.setCentralItem(self.cells)
        for axis in (self.x_axis, self.y_axis):
            axis.enableAutoSIPrefix(False)
            axis.linkToView(self.box)
        self.theme = theme
        self.following = True
        self.companions: tuple[Plot, ...] = ()
        self._wanted: tuple[Range, Range | None, bool] | None = None
        self.read: Callable[[float, float], str] = lambda _x, _y: ""
        self.on_read: Callable[[str], None] = lambda _text: None
        self._labels = (x_label, y_label)
        self._y_range: tuple[float, float] | None = None
        self.canvas = Canvas(self.viewport(), self.view)
        self._grid = Grid(self._ticks)
        self.marks = Marks()
        self.canvas.items = [self._grid, self.marks, _ZoomFrame(self.box)]
        self.box.disableAutoRange()
        self.box.sigRangeChangedManually.connect(self._on_zoomed)
        self.box.sigRangeChanged.connect(self.canvas.update)
        self.box.sigResized.connect(self._place_canvas)
        self.scene().sigMouseClicked.connect(self._on_clicked)
        self._hover = pg.SignalProxy(
            self.scene().sigMouseMoved, rateLimit=HOVER_RATE_HZ, slot=self._on_mouse_moved
        )
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.viewport().installEventFilter(self)
        self.setFrameShape(pg.GraphicsView.Shape.NoFrame)

    def draw(self, *items: Item) -> None:
        """Draw these items, over the grid and under what was added before."""
        self.canvas.items[1:1] = items

    def view(self) -> View:
        """Return how plot coordinates become pixels now."""
        x_range, y_range = self.box.viewRange()
        canvas = self.canvas
        return View(tuple(x_range), tuple(y_range), max(1, canvas.width()), max(1, canvas.height()))

    def set_labels(self, x_label: str, y_label: str) -> None:
        """Name both axes."""
        if self._labels != (x_label, y_label):
            self._labels = (x_label, y_label)
            self._write_labels()

    def apply_theme(self) -> None:
        """Take over the colours and fonts of the present theme."""
        colors, font = self.theme.colors, self.theme.font("small")
        self.setBackground(colors.panel)
        self.canvas.ground = QColor(colors.panel)
        self._grid.pen = QPen(QColor(colors.grid))
        self.marks.set_style(QColor(colors.muted), QColor(colors.panel), font)
        for axis in (self.x_axis, self.y_axis):
            axis.setPen(pg.mkPen(colors.line))
            axis.setTextPen(pg.mkPen(colors.muted))
            axis.setTickFont(font)
            axis.setStyle(tickLength=-4, maxTickLevel=0, hideOverlappingLabels=True)
        self.y_axis.setWidth(54 + 3 * max(0, self.theme.zoom))
        self._write_labels()
        self.canvas.update()

    def follow(self, x_range: Range, y_range: Range | None, *, exact: bool = False) -> None:
        """Show at least these ranges, or `exact` ones, unless a person has zoomed, and draw.

        The y range stays as it is while the data fills it well, so that the axis stands still.
        """
        self._wanted = (x_range, y_range, exact)
        self.canvas.update()
        if not self.following or y_range is None:
            self._y_range = None
            return
        shown = y_range if exact else self._y_range
        if shown is None or not (exact or _fills(y_range, shown)):
            room = ROOM * (y_range[1] - y_range[0])
            shown = self._y_range = (y_range[0] - room, y_range[1] + room)
        if self.box.viewRange() != [list(x_range), list(shown)]:
            self.box.setRange(xRange=x_range, yRange=shown, padding=0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Clear the readout when the pointer leaves."""
        if event.type() == QEvent.Type.Leave:
            self.on_read("")
        return bool(super().eventFilter(watched, event))

    def _ticks(self, view: View) -> tuple[list[float], list[float]]:
        return (
            self.x_axis.ticks_between(*view.x_range),
            self.y_axis.ticks_between(*view.y_range),
        )

    def _place_canvas(self) -> None:
        inside = self.box.sceneBoundingRect().toAlignedRect()
        # One pixel is left to the axes' lines.
        self.canvas.setGeometry(inside.adjusted(1, 0, 0, -1))

    def _write_labels(self) -> None:
        style = {"color": self.theme.colors.muted}
        for axis, text in zip((self.x_axis, self.y_axis), self._labels, strict=True):
            axis.setLabel(escape(text, quote=False), **style)  # pyqtgraph takes it for HTML
            axis.label.setFont(self.theme.font("small"))

    def _on_zoom_dragged(self) -> None:
        self.canvas.update()

    def _on_zoomed(self) -> None:
        self.following = False
        for other in self.companions:
            other.following = False
            other.box.setXRange(*self.box.viewRange()[0], padding=0)

    def _on_clicked(self, event: object) -> None:
        if getattr(event, "double", lambda: False)():
            for plot in (self, *self.companions):
                plot.go_back()

    def go_back(self) -> None:
        """Follow the data again, at once: a run that waits would not draw."""
        self.following = True
        if self._wanted is not None:
            x_range, y_range, exact = self._wanted
            self.follow(x_range, y_range, exact=exact)

    def _on_mouse_moved(self, args: tuple[QPointF]) -> None:
        if not self.box.sceneBoundingRect().contains(args[0]):
            self.on_read("")
            return
        point = self.box.mapSceneToView(args[0])
        self.on_read(self.read(point.x(), point.y()))
        self.canvas.update()


def _fills(wanted: tuple[float, float], shown: tuple[float, float]) -> bool:
    inside = shown[0] <= wanted[0] and wanted[1] <= shown[1]
    return inside and wanted[1] - wanted[0] > LEAST_FILLED * (shown[1] - shown[0])


class _ZoomFrame:
    """The rectangle of a zoom while it is dragged."""

    def __init__(self, box: pg.ViewBox) -> None:
        self.box = box

    def draw(self, painter: QPainter, _view: View) -> None:
        frame = self.box.rbScaleBox
        if frame.isVisible():
            origin = self.box.sceneBoundingRect().topLeft()
            shown = frame.mapRectToScene(frame.boundingRect()).translated(-origin)
            painter.setPen(QPen(frame.pen().color(), 1))
            painter.setBrush(frame.brush())
            painter.drawRect(shown)


class Marks:
    """Labelled upright lines on a time axis where something was changed while training."""

    def __init__(self) -> None:
        self.marks: tuple[Mark, ...] = ()
        self._pen, self._ground = QPen(), QColor()
        self._font = QFont()

    def set_style(self, color: QColor, ground: QColor, font: QFont) -> None:
        """Write in this colour and font, on this ground."""
        self._ground = ground
        self._pen = QPen(color, 1, Qt.PenStyle.DashLine)
        self._font = font

    def draw(self, painter: QPainter, view: View) -> None:
        painter.setFont(self._font)
        height = painter.fontMetrics().height()
        for index, mark in enumerate(self.marks[-MOST_MARKS:]):
            x = view.point(mark.step, 0).x()
            painter.setPen(self._pen)
            painter.drawLine(QPointF(x, 0), QPointF(x, view.height))
            painter.setPen(self._pen.color())
            # Labels of neighbouring marks stand on three levels, so that they can be read.
            base = height * (1 + index % 3)
            width = painter.fontMetrics().horizontalAdvance(mark.text)
            beside = x + 3 if x + 3 + width < view.width else x - 3 - width
            box = QRectF(beside - 2, base - height + 3, width + 4, height)
            painter.fillRect(box, self._ground)
            painter.drawText(QPointF(beside, base), mark.text)
