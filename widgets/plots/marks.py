"""What was changed while training, on a time axis."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from lab.moments import Mark
from widgets.plots.canvas import View

MOST_MARKS = 24


class Marks:
    """Labelled upright lines on a time axis where something was changed while training."""

    def __init__(self) -> None:
        self.marks: tuple[Mark, ...] = ()
        self._pen, self._ground = QPen(), QColor()
        self._font = QFont()

    def set_style(self, color: QColor, ground: QColor, font: QFont) -> None:
        """Write in this colour and font, on this ground."""
        self._ground = ground
        self._pen = QPen(color, 1, Qt.PenStyle.DashLine)
        self._font = font

    def draw(self, painter: QPainter, view: View) -> None:
        painter.setFont(self._font)
        height = painter.fontMetrics().height()
        for index, mark in enumerate(self.marks[-MOST_MARKS:]):
            x = view.point(mark.step, 0).x()
            painter.setPen(self._pen)
            painter.drawLine(QPointF(x, 0), QPointF(x, view.height))
            painter.setPen(self._pen.color())
            # Labels of neighbouring marks stand on three levels, so that they can be read.
            base = height * (1 + index % 3)
            width = painter.fontMetrics().horizontalAdvance(mark.text)
            beside = x + 3 if x + 3 + width < view.width else x - 3 - width
            box = QRectF(beside - 2, base - height + 3, width + 4, height)
            painter.fillRect(box, self._ground)
            painter.drawText(QPointF(beside, base), mark.text)
