"""A few short lines in a corner of a plot that say what is drawn, with a stroke as it is drawn."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from core.arrays import Array
from widgets.plots.axes import Range
from widgets.plots.canvas import View

REACH = (0.6, 0.25)  # share of the plot's width and height that a legend may take
HIGHEST = 0.5  # share of the height that entries may take where that is little
TOLERATED = 1  # a point more than elsewhere does not make it jump
CORNERS = ((False, False), (True, False), (True, True), (False, True))  # right, low
EDGE_PX, STROKE_PX, GAP_PX = 6, 20, 5


@dataclass(frozen=True)
class Entry:
    """One line: its words, their colour, and the stroke before them, if there is one."""

    text: str
    color: QColor
    pen: QPen | None = None
    large: bool = False


class Legend:
    """Entries in the corner of a plot where the fewest points are.

    `place` is the rectangle that they took when they were drawn.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.right = self.low = False
        self.font, self.large_font, self.ground = QFont(), QFont(), QColor()
        self.place = QRectF()

    def avoid(self, x: Array, y: Array, x_range: Range, y_range: Range) -> None:
        """Go to another corner if it is emptier: x and y (points,) are what is drawn."""
        with np.errstate(all="ignore"):
            across = (x - x_range[0]) / (x_range[1] - x_range[0])
            up = (y - y_range[0]) / (y_range[1] - y_range[0])
        up = np.where(np.isnan(up), 0.0, up)  # whose mark stands on the lower edge
        here = (self.right, self.low)
        crowds = {
            (right, low): int(
                (
                    (across > 1 - REACH[0] if right else across < REACH[0])
                    & (up < REACH[1] if low else up > 1 - REACH[1])
                ).sum()
            )
            for right, low in (here, *CORNERS)
        }
        best = min(crowds, key=lambda corner: crowds[corner])
        if crowds[best] < crowds[here] - TOLERATED:
            self.right, self.low = best

    def keep_to(self, height: int) -> None:
        """Leave out the last entries where all would cover a plot of some height in pixels."""
        line = QFontMetrics(self.font).height()
        del self.entries[max(1, int(HIGHEST * height / line)) :]

    def fits(self, width: int) -> bool:
        """Tell whether no entry is cut off in a plot of some width in pixels."""
        fonts = {True: QFontMetrics(self.large_font), False: QFontMetrics(self.font)}
        widths = (
            fonts[entry.large].horizontalAdvance(entry.text)
            + (STROKE_PX + GAP_PX if entry.pen is not None else 0)
            for entry in self.entries
        )
        return max(widths, default=0) + 2 * EDGE_PX <= width

    def draw(self, painter: QPainter, view: View) -> None:
        self.place = QRectF()
        heights = []
        for entry in self.entries:
            painter.setFont(self.large_font if entry.large else self.font)
            heights.append(painter.fontMetrics().height())
        y = view.height - EDGE_PX - sum(heights) if self.low else EDGE_PX - 2
        for entry, height in zip(self.entries, heights, strict=True):
            self._write(painter, view, entry, float(y))
            y += height

    def _write(self, painter: QPainter, view: View, entry: Entry, y: float) -> None:
        painter.setFont(self.large_font if entry.large else self.font)
        metrics = painter.fontMetrics()
        stroke = STROKE_PX + GAP_PX if entry.pen is not None else 0
        room = view.width - 2 * EDGE_PX - stroke
        text = metrics.elidedText(entry.text, Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(text) + stroke
        left = max(2.0, view.width - EDGE_PX - width) if self.right else float(EDGE_PX)
        box = QRectF(left - 2, y, width + 4, metrics.height())
        self.place = self.place.united(box)
        view.taken.append(box)
        painter.fillRect(box, self.ground)
        if entry.pen is not None:
            painter.setPen(entry.pen)
            middle = round(y + metrics.height() / 2)
            painter.drawLine(QPointF(left, middle), QPointF(left + STROKE_PX, middle))
        painter.setPen(entry.color)
        painter.drawText(QPointF(left + stroke, y + metrics.ascent()), text)
