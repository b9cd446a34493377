"""Lines of other runs, each over its own x, with the run's name where the line begins or ends."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from core.arrays import Array
from widgets.plots.canvas import View
from widgets.plots.pixels import draw_line, on_sheet, unbroken

EDGE_PX = 4


@dataclass(frozen=True, eq=False)
class PinnedLine:
    """One run's line: x and y (points,)."""

    name: str
    color: QColor
    x: Array
    y: Array


class PinnedLines:
    """Lines in their runs' colours; names stand at the left or right end, never on one another."""

    def __init__(self, *, names_right: bool) -> None:
        self._right = names_right
        self.ghosts: Sequence[PinnedLine] = ()
        self.font, self.ground = QFont(), QColor()

    def draw(self, painter: QPainter, view: View) -> None:
        placed: list[tuple[float, float, PinnedLine]] = []
        for ghost in self.ghosts:
            x, y = view.x(ghost.x), on_sheet(view.y(ghost.y), view.height)
            painter.setPen(QPen(ghost.color, 1.2))
            for part in unbroken(x, y):
                draw_line(painter, part)
            seen = np.flatnonzero(~np.isnan(y) & (x >= 0) & (x <= view.width))
            if len(seen):
                end = seen[-1 if self._right else 0]
                placed.append((float(y[end]), float(x[end]), ghost))
        self._write(painter, view, sorted(placed, key=lambda place: place[0]))

    def _write(
        self, painter: QPainter, view: View, placed: list[tuple[float, float, PinnedLine]]
    ) -> None:
        painter.setFont(self.font)
        metrics = painter.fontMetrics()
        bases = stacked([y - EDGE_PX for y, _, _ in placed], metrics.height(), view.height)
        for base, (_, x, ghost) in zip(bases, placed, strict=True):
            width = metrics.horizontalAdvance(ghost.name)
            left = x - width - EDGE_PX if self._right else x + EDGE_PX
            left = max(EDGE_PX, min(left, view.width - width - EDGE_PX))
            box = QRectF(left - 2, base - metrics.ascent(), width + 4, metrics.height() - 1)
            painter.fillRect(box, self.ground)
            painter.setPen(ghost.color)
            painter.drawText(QPointF(left, base), ghost.name)


def stacked(wanted: Sequence[float], apart: float, height: float) -> list[float]:
    """Return base lines as near as may be to the wanted ones, in their order, without overlap."""
    bases: list[float] = []
    for base in wanted:
        bases.append(max(base, bases[-1] + apart if bases else apart))
    limit = height - EDGE_PX
    for index in range(len(bases) - 1, -1, -1):
        bases[index] = min(bases[index], limit)
        limit = bases[index] - apart
    return bases
