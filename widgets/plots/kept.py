"""A picture of what stands still while everything else moves, painted once for each view."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPixmap

from widgets.plots.canvas import View


class Kept:
    """Keeps what `paint` painted until it is to `forget`, or the view is another one."""

    def __init__(self, paint: Callable[[QPainter, View], None]) -> None:
        self._paint = paint
        self._kept: tuple[View, float, QPixmap] | None = None

    def forget(self) -> None:
        """Paint anew the next time."""
        self._kept = None

    def draw(self, painter: QPainter, view: View) -> None:
        """Draw the picture, painting it first if need be."""
        ratio = painter.device().devicePixelRatio()
        if self._kept is None or self._kept[:2] != (view, ratio):
            pixmap = QPixmap(round(view.width * ratio), round(view.height * ratio))
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            with type(painter)(pixmap) as inner:  # whose lines are as thick
                self._paint(inner, view)
            self._kept = (view, ratio, pixmap)
        painter.drawPixmap(0, 0, self._kept[2])
