"""The plot area: own axes, own ranges, a hover readout, zoom that can be taken back.

Logarithmic plots hold log10 of their values, with a floor for zero, so that ranges stay sane when a
gradient is exactly zero; only the ticks know that the numbers are exponents.
"""

import math
from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QFontMetrics, QPen

from core.arrays import Array
from widgets.plots.canvas import Canvas, Grid, Item, View
from widgets.plots.focus_frame import FocusFrame
from widgets.plots.hover import Hover
from widgets.plots.marks import Marks
from widgets.plots.ticks import NumberAxis
from widgets.plots.zoom_frame import ZoomFrame
from widgets.theme import Theme

MARGIN = 0.06
FINEST = 1e-9  # an axis spans at least this share of its numbers: they have only so many digits
FARTHEST = 1e300  # what an axis can show; beyond, differences would overflow
FEWEST_STEPS = 20.0
ROUND_ENDS = (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8, 10)
ROOM = 0.05
Range = tuple[float, float]
LEAST_FILLED = 0.42  # of the y range; with less the range is chosen anew
AHEAD = 0.12  # of the y range: how far an end that has to move goes beyond what is wanted


def finite_range(values: Array, least: float) -> tuple[float, float] | None:
    """Return a range around all finite values with a margin, at least `least` wide."""
    usable = values[np.isfinite(values)]
    if not usable.size:
        return None
    return roomy_range((float(usable.min()), float(usable.max())), least)


def roomy_range(extremes: tuple[float, float], least: float) -> tuple[float, float]:
    """Return a range around two extremes with a margin, at least `least` wide."""
    low, high = (max(-FARTHEST, min(end, FARTHEST)) for end in extremes)
    least = max(least, FINEST * max(abs(low), abs(high)))
    missing = max(0.0, least - (high - low)) / 2
    margin = MARGIN * max(high - low, least)
    return low - missing - margin, high + missing + margin


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
    describes a point under the pointer, `on_read` gets the description; `on_pick` gets a point that
    is clicked, None for the second click of a double one. `companions` are plots above or below
    that always show the same span of x.
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
        self.on_pick: Callable[[tuple[float, float] | None], None] = lambda _point: None
        self._labels = (x_label, y_label)
        self._y_range: tuple[float, float] | None = None
        self.canvas = Canvas(self.viewport(), self.view)
        self._grid = Grid(self._ticks, lambda: (self.x_axis.style_now, self.y_axis.style_now))
        self.marks, self._focus_frame = Marks(), FocusFrame(self)
        self.canvas.items = [self._grid, self.marks, self._focus_frame, ZoomFrame(self.box)]
        self.box.disableAutoRange()
        self.box.sigRangeChangedManually.connect(self._on_zoomed)
        self.box.sigRangeChanged.connect(self.canvas.update)
        self.box.sigResized.connect(self._place_canvas)
        self.scene().sigMouseClicked.connect(self._on_clicked)
        self.hover = Hover(self)
        # A click into a picture leaves the keys where they were: Right is the window's.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(f"{y_label} against {x_label}")
        self.setFrameShape(pg.GraphicsView.Shape.NoFrame)

    def draw(self, *items: Item) -> None:
        """Draw these items, over the grid and under what was added before."""
        self.canvas.items[1:1] = items

    def view(self) -> View:
        """Return how plot coordinates become pixels now."""
        x_range, y_range = self.box.viewRange()
        canvas = self.canvas
        return View(tuple(x_range), tuple(y_range), max(1, canvas.width()), max(1, canvas.height()))

    def length_of(self, text: str) -> int:
        """Return how many pixels a label takes along its axis."""
        return QFontMetrics(self.theme.font("small")).horizontalAdvance(text)

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
        self.canvas.line_width = self.theme.line_width
        self._grid.pen = QPen(QColor(colors.grid))
        self._focus_frame.pen = QPen(QColor(colors.accent))
        self.marks.set_style(QColor(colors.muted), QColor(colors.panel), font)
        for axis in (self.x_axis, self.y_axis):
            axis.setPen(pg.mkPen(colors.line, width=self.theme.line_width))
            axis.setTextPen(pg.mkPen(colors.muted))
            axis.setTickFont(font)
            axis.enlarged = self.theme.enlarged
            axis.setStyle(tickLength=-4, maxTickLevel=0, hideOverlappingLabels=True)
        self.y_axis.setWidth(54 + 4 * max(0, self.theme.enlargement))
        self._write_labels()
        self.canvas.update()

    def follow(self, x_range: Range, y_range: Range | None, *, exact: bool = False) -> None:
        """Show at least these ranges, or `exact` ones, unless a person has zoomed, and draw.

        The y range stays as it is while the data fills it well, so that the axis stands still.
        """
        x_range = _distinct(x_range)
        self._wanted = (x_range, y_range, exact)
        self.canvas.update()
        self.hover.read_again()
        if not self.following or y_range is None:
            self._y_range = None
            return
        shown = y_range
        if not exact:
            self._y_range = _settled(y_range, self._y_range)
            shown = _roomy(self._y_range)
        shown = _distinct(shown)
        if self.box.viewRange() != [list(x_range), list(shown)]:
            self.box.setRange(xRange=x_range, yRange=shown, padding=0)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.canvas.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.canvas.update()

    def read_at(self, at: QPointF) -> None:
        """Read what a place of the scene shows now."""
        self.on_read(self.read(*self._point(at)))
        self.canvas.update()

    def leave(self) -> None:
        """Nothing is under the pointer any more."""
        self.on_read("")

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
            axis.resizeEvent()  # else a longer name would begin where the shorter one did

    def _on_zoom_dragged(self) -> None:
        self.canvas.update()

    def _on_zoomed(self) -> None:
        self.following = False
        for other in self.companions:
            other.following = False
            other.box.setXRange(*self.box.viewRange()[0], padding=0)

    def _on_clicked(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if event.double():
            self.on_pick(None)
            for plot in (self, *self.companions):
                plot.go_back()
        elif self.box.sceneBoundingRect().contains(event.scenePos()):
            self.on_pick(self._point(event.scenePos()))

    def go_back(self) -> None:
        """Follow the data again, at once: a run that waits would not draw."""
        self.following = True
        if self._wanted is not None:
            x_range, y_range, exact = self._wanted
            self.follow(x_range, y_range, exact=exact)

    def _point(self, at: QPointF) -> tuple[float, float]:
        """Return a place of the scene in plot coordinates, which may be of any size."""
        inside = self.box.sceneBoundingRect()
        (left, right), (low, high) = self.box.viewRange()
        across = (at.x() - inside.left()) / max(1.0, inside.width())
        down = (at.y() - inside.top()) / max(1.0, inside.height())
        return left + across * (right - left), high - down * (high - low)


def _roomy(chosen: Range) -> Range:
    """Return a range with some room around it."""
    room = ROOM * (chosen[1] - chosen[0])
    return chosen[0] - room, chosen[1] + room


def _distinct(ends: Range) -> Range:
    """Widen a range whose ends are the same number, or nearly, beside their size."""
    low, high = ends
    least = FINEST * max(abs(low), abs(high))
    return ends if high - low > least else (low - least, high + least)


def _settled(wanted: Range, before: Range | None) -> Range:
    """Return the range before, or a wider one, unless the wanted one would fill too little."""
    if before is None:
        return wanted
    (low, high), (lowest, highest) = before, _roomy(before)
    ahead = AHEAD * (high - low)
    if wanted[0] < lowest:
        low = wanted[0] - ahead
    if wanted[1] > highest:
        high = wanted[1] + ahead
    return (low, high) if wanted[1] - wanted[0] > LEAST_FILLED * (high - low) else wanted
