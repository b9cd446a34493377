"""Contour lines with their heights, painted once and kept until the view changes."""

import math
from operator import itemgetter

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from core.arrays import Array
from widgets.plots.canvas import View
from widgets.plots.kept import Kept
from widgets.tools.contours import contour

LABELS_APART_PX = 56.0
EDGE_PX = 14.0
LOW = 2.2  # labels are wider than they are high
DARK, BRIGHT = QColor(0, 0, 0, 150), QColor(255, 255, 255, 150)


class ContourLines:
    """`set_surface` gives the heights; each line is dark on a bright colour and bright on a dark.

    `labels` are what is written at the levels.
    """

    def __init__(self) -> None:
        self.font, self.color, self.ground = QFont(), QColor(), QColor()
        self.labels: list[str] = []
        self.lines: list[Array] = []  # of each level (n, 2, 2), ends by (a, b)
        self.avoided: tuple[float, float] | None = None  # by labels
        self._bright: list[bool] = []
        self._kept = Kept(self._paint)

    def clear(self) -> None:
        """Draw nothing."""
        self.lines, self.labels = [], []
        self._kept.forget()

    def set_surface(
        self, a: Array, b: Array, heights: Array, levels: Array, labels: list[str], table: Array
    ) -> None:
        """Draw the lines of levels over heights (len(a), len(b)); `table` are the colours below."""
        self.lines = [contour(a, b, heights, level) for level in levels.tolist()]
        self.labels = labels
        low, high = (float(end) for end in (levels.min(), levels.max())) if len(levels) else (0, 1)
        shares = (levels - low) / max(high - low, 1e-300)
        below = table[np.clip(255 * shares, 0, 255).astype(int)] @ np.array([0.3, 0.59, 0.11])
        self._bright = (below < 120).tolist()
        self._kept.forget()

    def forget(self) -> None:
        """Paint anew, in other colours or type."""
        self._kept.forget()

    def draw(self, painter: QPainter, view: View) -> None:
        if self.lines:
            self._kept.draw(painter, view)

    def _paint(self, painter: QPainter, view: View) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = list[tuple[QPointF, str]]()
        if self.avoided is not None:
            places.append((view.point(*self.avoided), ""))
        for lines, bright, label in zip(self.lines, self._bright, self.labels, strict=True):
            x, y = view.x(lines[..., 0]), view.y(lines[..., 1])
            painter.setPen(QPen(BRIGHT if bright else DARK, 1))
            ends = np.concatenate([x, y], axis=1)[:, [0, 2, 1, 3]]
            painter.drawLines([QLineF(*end) for end in ends.tolist()])
            place = self._free_place(x.mean(axis=1), y.mean(axis=1), view, places)
            if place is not None:
                places.append((place, label))
        painter.setFont(self.font)
        metrics = painter.fontMetrics()
        for place, label in filter(itemgetter(1), places):
            width, height = metrics.horizontalAdvance(label), metrics.height()
            box = QRectF(place.x() - width / 2 - 2, place.y() - height / 2, width + 4, height)
            painter.fillRect(box, self.ground)
            painter.setPen(self.color)
            painter.drawText(QPointF(box.left() + 2, box.top() + metrics.ascent()), label)

    def _free_place(
        self, x: Array, y: Array, view: View, taken: list[tuple[QPointF, str]]
    ) -> QPointF | None:
        """Where on a line there is most room for its label, if there is enough."""
        margin = EDGE_PX + 10
        inside = (x > margin) & (x < view.width - margin) & (y > EDGE_PX)
        inside &= y < view.height - EDGE_PX
        x, y = x[inside], y[inside]
        if not len(x):
            return None
        room = np.full(len(x), math.inf)
        for place, _ in taken:
            room = np.minimum(room, np.hypot(x - place.x(), LOW * (y - place.y())))
        best = int(np.argmax(room))
        if room[best] < LABELS_APART_PX:
            return None
        return QPointF(float(x[best]), float(y[best]))
