"""What is drawn of a ladder: a bar per factor, the running product, the rung that is chosen.

Rung i stands at x = i. Heights are exponents of ten, bars stand on 10⁰ = 1: they hang where a
factor shrinks the product. A negative factor is hollow and has a minus below; one of zero hangs
down to the edge, hatched.
"""

import math

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen

from core.arrays import Array
from lab.ladders import Ladder
from lab.traces import decades
from lab.words import brief, number
from widgets.plots.canvas import View
from widgets.plots.pixels import draw_line, on_sheet, unbroken
from widgets.theme import Theme

BAR_SHARE, WIDEST_BAR_PX = 0.72, 34.0
HOLLOW_FROM_PX = 4.0
DOTS_FROM_PX, DOT_PX = 9.0, 2.6
VALUE_GAP_PX, WIDEST_VALUE = 6, "-0.0123"
FOOT_PX = 5.0  # of the minus signs, from the lower edge
PIN_PX = 4.0


class Rungs:
    """The bars, the largest that slopes can be, and the values where there is room."""

    def __init__(self) -> None:
        self._theme: Theme | None = None
        self._font = QFont()
        self._values, self._bounds = np.empty(0), np.empty(0)
        self._slopes, self._pinned = np.empty(0, bool), np.empty(0, bool)

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours and type."""
        self._theme, self._font = theme, theme.font("small")

    def set_data(self, ladder: Ladder | None, pinned: Array) -> None:
        """Show a ladder or none; `pinned (rungs,)` are those whose unit a person has chosen."""
        factors = ladder.path.factors if ladder is not None else ()
        self._values = np.array([factor.value for factor in factors], float)
        self._slopes = np.array([factor.kind == "slope" for factor in factors], bool)
        self._bounds = np.array(ladder.bounds if ladder is not None else (), float)
        self._pinned = pinned

    @property
    def heights(self) -> Array:
        """All finite heights, with 1 and the bounds, which the axis has to span."""
        found = decades(np.abs(np.concatenate([self._values, self._bounds, [1.0]])))
        usable: Array = found[np.isfinite(found)]
        return usable

    def values_fit(self, pitch: float) -> bool:
        """Whether rungs that far apart can have their values written at them."""
        return pitch >= QFontMetricsF(self._font).horizontalAdvance(WIDEST_VALUE) + VALUE_GAP_PX

    def draw(self, painter: QPainter, view: View) -> None:
        if self._theme is None or not len(self._values):
            return
        colors = self._theme.colors
        x, base = view.x(np.arange(len(self._values))), view.point(0, 0).y()
        heights = on_sheet(view.y(decades(np.abs(self._values))), view.height)
        pitch = view.width / (view.x_range[1] - view.x_range[0])
        width = max(1.0, min(WIDEST_BAR_PX, BAR_SHARE * pitch))
        negative = self._values < 0
        painter.setPen(QColor(colors.muted))
        painter.drawLine(QLineF(0, base, view.width, base))
        for mask, name in (
            (self._slopes, colors.muted),
            (~self._slopes & ~negative, colors.second_class),
            (~self._slopes & negative, colors.first_class),
        ):
            self._draw_bars(painter, x, heights, base, width, mask & ~negative, QColor(name))
            hollow = QColor(name)
            hollow.setAlphaF(0.22 if width >= HOLLOW_FROM_PX else 1.0)
            self._draw_bars(painter, x, heights, base, width, mask & negative, hollow, name)
        zero = self._values == 0
        if zero.any():
            hatched = QBrush(QColor(colors.panel), Qt.BrushStyle.BDiagPattern)
            self._draw_bars(painter, x, heights, base, width, zero, hatched)
        painter.setPen(QPen(QColor(colors.text), 1.4))
        foot, half = view.height - FOOT_PX, min(4.0, 0.3 * pitch)
        signs = x[negative].tolist()
        painter.drawLines([QLineF(at - half, foot, at + half, foot) for at in signs])
        self._draw_bounds(painter, view, x, pitch)
        self._draw_pins(painter, x)
        self._draw_values(painter, view, x, heights, base, pitch)

    def _draw_bars(
        self,
        painter: QPainter,
        x: Array,
        heights: Array,
        base: float,
        width: float,
        mask: Array,
        color: QColor | QBrush,
        edge: str = "",
    ) -> None:
        usable = mask & ~np.isnan(heights)
        tops = np.minimum(heights[usable], base - 0.5)
        feet = np.maximum(heights[usable], base + 0.5)
        lefts = np.floor(x[usable] - width / 2)
        boxes = [
            QRectF(left, top, width, foot - top)
            for left, top, foot in zip(lefts.tolist(), tops.tolist(), feet.tolist(), strict=True)
        ]
        outlined = edge and width >= HOLLOW_FROM_PX
        painter.setPen(QPen(QColor(edge)) if outlined else Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRects(boxes)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _draw_bounds(self, painter: QPainter, view: View, x: Array, pitch: float) -> None:
        """One line where all slopes have the same bound, else one for each."""
        assert self._theme is not None
        known = np.isfinite(self._bounds) & (self._bounds > 0)
        bounds = np.unique(self._bounds[known]).tolist()
        if not bounds:
            return
        painter.setPen(QPen(QColor(self._theme.colors.text), 1, Qt.PenStyle.DashLine))
        if len(bounds) > 1:
            ys = view.y(decades(self._bounds[known])).tolist()
            places = zip(x[known].tolist(), ys, strict=True)
            painter.drawLines([QLineF(at - pitch / 2, y, at + pitch / 2, y) for at, y in places])
            return
        y = view.point(0, math.log10(bounds[0])).y()
        painter.drawLine(QLineF(0, y, view.width, y))
        painter.setFont(self._font)
        words, metrics = f"φ′ ≤ {brief(bounds[0])}", painter.fontMetrics()
        width = metrics.horizontalAdvance(words)
        box = QRectF(view.width - width - 4, y, width, metrics.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _draw_pins(self, painter: QPainter, x: Array) -> None:
        assert self._theme is not None
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.colors.accent))
        for at in x[self._pinned].tolist():
            corners = ((at - PIN_PX, 1.0), (at + PIN_PX, 1.0), (at, 1.0 + 1.5 * PIN_PX))
            painter.drawPolygon([QPointF(*corner) for corner in corners])
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _draw_values(
        self, painter: QPainter, view: View, x: Array, heights: Array, base: float, pitch: float
    ) -> None:
        assert self._theme is not None
        if not self.values_fit(pitch):
            return
        painter.setFont(self._font)
        metrics = painter.fontMetrics()
        words = [number(value) for value in self._values.tolist()]
        widths = [metrics.horizontalAdvance(word) for word in words]
        painter.setPen(QColor(self._theme.colors.text))
        rise, lowest = metrics.ascent(), view.height - FOOT_PX - 4
        for word, width, at, y in zip(words, widths, x.tolist(), heights.tolist(), strict=True):
            below = not y < base
            end = base if math.isnan(y) else y
            foot = min(end + rise + 1, lowest) if below else max(end - 3, rise)
            painter.drawText(QPointF(at - width / 2, foot), word)


class Products:
    """The running product as steps, a dot on each where there is room: hollow if negative."""

    def __init__(self) -> None:
        self._colors: tuple[QColor, QColor] = (QColor(), QColor())
        self._font = QFont()
        self._values = np.empty(0)

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._colors = QColor(theme.colors.text), QColor(theme.colors.panel)
        self._font = theme.font("small")

    def set_data(self, ladder: Ladder | None) -> None:
        """Show a ladder or none."""
        factors = ladder.path.factors if ladder is not None else ()
        self._values = np.array([factor.product for factor in factors], float)

    @property
    def heights(self) -> Array:
        """All finite heights, which the axis has to span."""
        found = decades(np.abs(self._values))
        usable: Array = found[np.isfinite(found)]
        return usable

    def draw(self, painter: QPainter, view: View) -> None:
        if not len(self._values):
            return
        places = np.arange(len(self._values))
        y = on_sheet(view.y(decades(np.abs(self._values))), view.height)
        edges = view.x(np.stack([places - 0.5, places + 0.5], axis=1)).ravel()
        painter.setPen(self._colors[0])
        for polygon in unbroken(edges, np.repeat(y, 2)):
            draw_line(painter, polygon)
        if view.width / (view.x_range[1] - view.x_range[0]) >= DOTS_FROM_PX:
            self._draw_dots(painter, view.x(places), y)
        self._draw_words(painter, view, float(edges[-1]), float(y[-1]))

    def _draw_words(self, painter: QPainter, view: View, x: float, y: float) -> None:
        """The whole product, at the end of its line."""
        painter.setFont(self._font)
        metrics = painter.fontMetrics()
        foot = view.height - 4.0 if math.isnan(y) else y + metrics.ascent() / 2 - 1
        foot = max(metrics.ascent(), min(foot, view.height - 4.0))
        painter.setPen(self._colors[0])
        painter.drawText(QPointF(x + 5, foot), number(float(self._values[-1])))

    def _draw_dots(self, painter: QPainter, x: Array, y: Array) -> None:
        line, ground = self._colors
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for at, height, value in zip(x.tolist(), y.tolist(), self._values.tolist(), strict=True):
            if not math.isnan(height):
                painter.setBrush(ground if value < 0 else line)
                painter.drawEllipse(QPointF(at, height), DOT_PX, DOT_PX)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


class Spotlight:
    """A band behind the rung that is chosen."""

    def __init__(self) -> None:
        self.color = QColor()
        self.rung: int | None = None

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.color = QColor(theme.colors.accent)
        self.color.setAlphaF(0.25)

    def draw(self, painter: QPainter, view: View) -> None:
        if self.rung is not None:
            left, right = view.point(self.rung - 0.5, 0).x(), view.point(self.rung + 0.5, 0).x()
            painter.fillRect(QRectF(left, 0, max(2.0, right - left), view.height), self.color)
