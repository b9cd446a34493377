"""Samples as dots, many of them, that stand still while everything else moves."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen

from core.arrays import Array
from widgets.plots.canvas import View
from widgets.plots.kept import Kept


@dataclass(frozen=True, eq=False)
class Cloud:
    """Samples (n, 2) in plot coordinates, each with the colours of its inside and its rim."""

    points: Array
    fills: Sequence[QColor]
    rims: Sequence[QColor]


class Scatter:
    """Clouds of samples, painted once and then kept as a picture until the view changes."""

    RADIUS_PX = 3.0

    def __init__(self) -> None:
        self._clouds: tuple[Cloud, ...] = ()
        self._kept = Kept(self._paint)

    def set_clouds(self, *clouds: Cloud) -> None:
        """Show these clouds, the last on top."""
        self._clouds = clouds
        self._kept.forget()

    def draw(self, painter: QPainter, view: View) -> None:
        self._kept.draw(painter, view)

    def _paint(self, painter: QPainter, view: View) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for cloud in self._clouds:
            xs = view.x(cloud.points[:, 0]).tolist()
            ys = view.y(cloud.points[:, 1]).tolist()
            for x, y, fill, rim in zip(xs, ys, cloud.fills, cloud.rims, strict=False):
                painter.setBrush(fill)
                painter.setPen(QPen(rim, 1.3))
                painter.drawEllipse(QPointF(x, y), self.RADIUS_PX, self.RADIUS_PX)
