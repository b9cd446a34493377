"""All layers and all time in one picture: a magnitude as colour, log10 where it spans decades."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF

from lab.moments import Mark
from lab.traces import Trace
from lab.words import number, spaced
from widgets.colors import Colors, blend
from widgets.focus import Focus
from widgets.plots.axes import Plot, roomy_end
from widgets.plots.canvas import View
from widgets.plots.color_scale import ColorScale
from widgets.plots.handle import TimeHandle
from widgets.plots.picture import INFINITE, UNKNOWN, ZERO, Pattern, Picture
from widgets.plots.shown import Shown
from widgets.theme import Theme

SWATCH_PX, EDGE_PX = 14, 6
KEY_TOP_PX, HEAD_PX = 2, 6
ARROW_PX = 6


class GradientMap(Plot):
    """Layer against step; the scale at the right says what the colours mean."""

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "step", "layer")
        self._focus = focus
        self.image = Picture()
        self._row, self._key = RowMark(), PatternKey(self.image)
        self.draw(self.image, self._row, self._key)
        self.handle = TimeHandle(self, focus)
        self.marks.rows = 1
        self.x_axis.whole = self.y_axis.whole = True
        self._trace: Trace | None = None
        self.levels = (0.0, 1.0)
        self.scale = ColorScale(self)
        self.read = self._describe
        self.setAccessibleName(self.tr("Map of a magnitude: layer against step"))
        self.apply_theme()

    def show_trace(self, trace: Trace, shown: Shown, marks: tuple[Mark, ...]) -> None:
        """Draw a quantity as far as the run has come."""
        self._trace = trace
        self.marks.marks = marks
        values = trace.shown(logarithmic=shown.logarithmic)
        n_layers, n_rows = values.shape
        if n_rows:
            self.levels = shown.range_of_trace(trace)
            self.scale.show_levels(
                self.levels, shown.quantity.symbol, self.theme, logarithmic=shown.logarithmic
            )
            span = float(trace.last[0] - trace.first[0] + 1)
            start = float(trace.first[0]) - 1
            corners = (start, 0.5, start + span * n_rows, n_layers + 0.5)
            self.image.set_data(values[::-1], self.levels, corners)
        else:
            self.image.clear()
        self._row.layer = self._focus.layer
        self.handle.set_stops(trace.last)
        self.y_axis.set_bounds((1, n_layers))
        top = n_layers + 0.5 + self._head_room(n_layers)
        self.follow((0.0, roomy_end(trace.last[-1] if n_rows else 0)), (0.5, top), exact=True)

    def _head_room(self, n_layers: int) -> float:
        """Return, in layers, what words need that would cover the picture."""
        if not self.marks.marks and not self.image.present:
            return 0.0
        words = QFontMetrics(self.theme.font("small")).height() + HEAD_PX
        return n_layers * words / max(1, self.canvas.height() - words)

    def layer_at(self, y: float) -> int | None:
        """Return the layer, counted from 0, of a height."""
        if self._trace is None or not len(self._trace.first):
            return None
        return int(np.clip(round(y), 1, len(self._trace.values))) - 1

    def apply_theme(self) -> None:
        super().apply_theme()
        colors = self.theme.colors
        self.image.patterns = patterns_of(colors)
        self.image.set_table(colors.layer_table, QColor(colors.panel))
        self._row.pen = QPen(QColor(colors.text))
        self._key.font, self._key.color = self.theme.font("small"), QColor(colors.text)
        self._key.ground, self._key.line = (
            QColor(colors.panel),
            blend(colors.text, colors.panel, 0.5),
        )
        self.scale.apply_theme(self.theme)

    def _describe(self, x: float, y: float) -> str:
        layer, trace = self.layer_at(y), self._trace
        if layer is None or trace is None:
            return ""
        row = int(np.clip(np.searchsorted(trace.last, x), 0, len(trace.last) - 1))
        value = number(trace.values[layer, row])
        return f"step {spaced(int(trace.first[row]))}, layer {layer + 1}: {value}"


def patterns_of(colors: Colors) -> dict[int, Pattern]:
    """Return how zero, infinity and what is not a number look on a logarithmic scale."""
    return {
        ZERO: _pattern("zero", colors.panel, colors.muted, Qt.BrushStyle.Dense7Pattern),
        INFINITE: _pattern("infinite", colors.text, colors.panel, Qt.BrushStyle.CrossPattern),
        UNKNOWN: _pattern("not a number", colors.panel, colors.warning, Qt.BrushStyle.BDiagPattern),
    }


def _pattern(name: str, ground: str, ink: str, style: Qt.BrushStyle) -> Pattern:
    return Pattern(name, QColor(ground), QBrush(QColor(ink), style))


class RowMark:
    """The layer in focus: hairlines around its row, and an arrow at its beginning."""

    def __init__(self) -> None:
        self.pen = QPen()
        self.layer: int | None = None

    def draw(self, painter: QPainter, view: View) -> None:
        if self.layer is None:
            return
        top, bottom = (round(view.point(0, self.layer + half).y()) for half in (0.5, -0.5))
        painter.setPen(self.pen)
        for y in (top, bottom):
            painter.drawLine(QPointF(0, y), QPointF(view.width, y))
        middle = (top + bottom) / 2
        painter.setBrush(self.pen.color())
        corners = ((0, -ARROW_PX), (ARROW_PX, 0), (0, ARROW_PX))
        painter.drawPolygon(QPolygonF([QPointF(dx, middle + dy) for dx, dy in corners]))
        painter.setBrush(Qt.BrushStyle.NoBrush)


class PatternKey:
    """What the patterns of a picture mean, for those that are in it."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self.font, self.color, self.ground, self.line = QFont(), QColor(), QColor(), QColor()

    def draw(self, painter: QPainter, view: View) -> None:
        painter.setFont(self.font)
        metrics = painter.fontMetrics()
        left = float(EDGE_PX)  # marks are rather at the right, where the run is now
        for place in self._picture.present:
            pattern = self._picture.patterns[place]
            width = metrics.horizontalAdvance(pattern.name) + SWATCH_PX + 3 * EDGE_PX
            box = QRectF(left, KEY_TOP_PX, width, metrics.height() + 2)
            swatch = QRectF(box.left() + EDGE_PX, box.top() + 2, SWATCH_PX, box.height() - 4)
            view.taken.append(box)
            painter.fillRect(box, self.ground)
            painter.fillRect(swatch, pattern.ground)
            painter.fillRect(swatch, pattern.brush)
            painter.setPen(self.line)
            painter.drawRect(swatch)
            painter.setPen(self.color)
            base = box.top() + 1 + metrics.ascent()
            painter.drawText(QPointF(swatch.right() + EDGE_PX, base), pattern.name)
            left = box.right() + 2
