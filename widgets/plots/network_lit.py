"""What a walk through one step lights in the picture of a network: the layers that move, and where.

It is painted over the picture, which stays as it is; without a walk nothing is.
"""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from core.moments import Stage
from widgets.colors import Colors
from widgets.focus import Lit
from widgets.plots.network_geometry import FOOT, HEAD, Geometry

FILL = 0.14
ARROW = 5.0


def paint_lit(painter: QPainter, geometry: Geometry, lit: Lit, colors: Colors) -> None:
    """Light the layers, each with the links that lead to it, and say which way it goes."""
    if lit.last >= len(geometry.x):
        return  # of a network that is gone
    backward = lit.stage in (Stage.LOSS, Stage.BACKWARD)
    color = QColor(colors.warning if backward else colors.accent)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    left, right = _span(geometry, lit)
    top, height = HEAD - 2, geometry.height - HEAD - FOOT + 4
    fill = QColor(color)
    fill.setAlphaF(FILL)
    painter.setPen(QPen(color, 2))
    painter.setBrush(fill)
    painter.drawRoundedRect(QRectF(left, top, right - left, height), 4, 4)
    painter.setBrush(color)
    painter.setPen(Qt.PenStyle.NoPen)
    if lit.stage is Stage.UPDATE:
        return
    tip, tail = (left, right) if backward else (right, left)
    _paint_arrow(painter, QPointF(tip, top), QPointF(tail, top))


def _span(geometry: Geometry, lit: Lit) -> tuple[float, float]:
    """From where to where: a layer reaches from the one before it to its own right side."""
    bars = geometry.bars
    right = float(bars[lit.last, 0] + bars[lit.last, 2]) + 3
    if lit.stage is Stage.LOSS:
        return float(bars[lit.last, 0]) - 3, geometry.loss_x + 24
    before = lit.first - 1
    left = float(bars[before, 0] + bars[before, 2]) + 2
    if lit.stage is Stage.BACKWARD:  # from the next layer, or the loss
        after = lit.last + 1
        right = float(bars[after, 0]) - 2 if after < len(bars) else geometry.loss_x - 24
    return left, right


def _paint_arrow(painter: QPainter, tip: QPointF, tail: QPointF) -> None:
    """A head at the tip of what is lit, pointing where it goes."""
    along = ARROW if tip.x() > tail.x() else -ARROW
    head = [
        QPointF(tip.x() + along, tip.y()),
        QPointF(tip.x() - along, tip.y() - ARROW),
        QPointF(tip.x() - along, tip.y() + ARROW),
    ]
    painter.drawPolygon(QPolygonF(head))
