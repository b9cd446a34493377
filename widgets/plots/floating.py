"""A small panel that lies over the window's pictures, wholly inside it."""

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QFrame, QWidget

OFFSET, MARGIN = 12, 4


class Floating(QFrame):
    """A child of the window, hidden at first."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setProperty("floating", "true")
        self.hide()

    def move_near(self, at: QPoint) -> None:
        """Stand beside a point of the window."""
        window = self.parentWidget()
        assert window is not None
        x = min(at.x() + OFFSET, window.width() - self.width() - MARGIN)
        y = min(at.y() + OFFSET, window.height() - self.height() - MARGIN)
        self.move(max(MARGIN, x), max(MARGIN, y))
