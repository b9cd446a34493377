"""A frame around the plot that has the keys."""

from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from widgets.plots.canvas import View


class FocusFrame:
    """Draws a frame while a widget has the focus."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self.pen = QPen()

    def draw(self, painter: QPainter, view: View) -> None:
        if self._owner.hasFocus():
            painter.setPen(self.pen)
            painter.drawRect(0, 0, view.width - 1, view.height - 1)
