"""A named height on a log axis that numbers are to be read against.

Below the smallest number of a precision zero means underflow; updates are usually near a thousandth
of the weights.
"""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from core.arrays import Precision
from lab.findings import USUAL_STEP
from lab.words import brief, number
from widgets.plots.axes import Range
from widgets.plots.canvas import View
from widgets.plots.shown import Shown
from widgets.theme import Theme

EDGE_PX = 4.0
NEAR_DECADES = 3.0
MARGIN_DECADES = 0.5
HEALTHY_QUANTITY = "update_ratio"


class Level:
    """A dashed line at the smallest number of a precision, or at a healthy update's ratio.

    Its words are at the left, or at the right where others have been written before.
    """

    def __init__(self) -> None:
        self.pen, self.font, self.ground = QPen(), QFont(), QColor()
        self.precision: Precision | None = None
        self._height: float | None = None
        self.words, self._underflow = "", False

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colour and type."""
        self.pen = QPen(QColor(theme.colors.muted), 1, Qt.PenStyle.DashLine)
        self.font, self.ground = theme.font("small"), theme.veil

    def widened(self, shown: Shown, y_range: Range) -> Range:
        """Return the range of decades with the line in it, when the numbers come near."""
        precision, quantity = self.precision, shown.quantity
        self._height, self.words, self._underflow = None, "", False
        low, high = y_range
        if not (shown.logarithmic and quantity.logarithmic):
            return y_range
        if quantity.name == HEALTHY_QUANTITY:
            self._height = height = math.log10(USUAL_STEP)
            self.words = f"{brief(USUAL_STEP)}, usually healthy"
            return min(low, height - MARGIN_DECADES), max(high, height + MARGIN_DECADES)
        if precision is None:
            return y_range
        self._height, self._underflow = math.log10(precision.smallest), True
        self.words = f"smallest {precision.name}"
        near = low < self._height + NEAR_DECADES
        return (min(low, self._height - MARGIN_DECADES) if near else low), high

    def meaning(self, value: float) -> str:
        """Say of a zero that it may be an underflow."""
        if value != 0 or not self._underflow or self.precision is None:
            return ""
        smallest = number(self.precision.smallest)
        return f" (under {smallest}, the smallest {self.precision.name})"

    def draw(self, painter: QPainter, view: View) -> None:
        if self._height is None or not view.y_range[0] < self._height < view.y_range[1]:
            return
        y = view.point(0, self._height).y()
        painter.setPen(self.pen)
        painter.drawLine(QPointF(0, y), QPointF(view.width, y))
        painter.setFont(self.font)
        metrics = painter.fontMetrics()
        height, width = metrics.height(), metrics.horizontalAdvance(self.words)
        box = QRectF(EDGE_PX, y - 1 - height, width + 4, height)
        if not view.is_free(box):
            box.moveRight(view.width - EDGE_PX)
        view.taken.append(box)
        painter.fillRect(box, self.ground)
        painter.drawText(QPointF(box.left() + 2, y - 4), self.words)
