"""Thicker lines for an audience, at a price that live pictures can pay.

A pen two pixels wide takes Qt more than twenty times as long as one of a single pixel. Here each
line is drawn three times, a pixel apart, which takes three times as long and looks the same.
"""

from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QPaintDevice, QPainter

MOVES = ((1, 0), (-1, 1), (0, -1))  # a pixel to the right, one down, and back


class BroadPainter(QPainter):
    """A painter whose lines are about a pixel thicker; areas and texts are as usual."""

    def drawPolyline(self, *args: Any) -> None:
        self._broadly(super().drawPolyline, args)

    def drawLine(self, *args: Any) -> None:
        self._broadly(super().drawLine, args)

    def drawLines(self, *args: Any) -> None:
        self._broadly(super().drawLines, args)

    def _broadly(self, draw: Callable[..., None], args: tuple[Any, ...]) -> None:
        for move in MOVES:
            draw(*args)
            self.translate(*move)


def painter_on(device: QPaintDevice, line_width: float) -> QPainter:
    """Return a painter for lines of this width, in units of the usual one."""
    return BroadPainter(device) if line_width > 1 else QPainter(device)
