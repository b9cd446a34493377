"""What was changed while training, on a time axis."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from lab.moments import Mark
from widgets.plots.canvas import View

MOST_MARKS = 24
MOST_ROWS = 3
BESIDE_PX, REACH_PX, EDGE_PX = 1.0, 4.0, 6


class Marks:
    """Labelled upright lines on a time axis where something was changed while training.

    The labels stand in a few `rows` at the top, the newest first, where nothing else is written;
    what has no room there can be asked for with the pointer.
    """

    def __init__(self) -> None:
        self.marks: tuple[Mark, ...] = ()
        self.rows = MOST_ROWS
        self._pen, self._ground = QPen(), QColor()
        self._font = QFont()

    def set_style(self, color: QColor, ground: QColor, font: QFont) -> None:
        """Write in this colour and font, on this ground."""
        self._ground = ground
        self._pen = QPen(color, 1, Qt.PenStyle.DashLine)
        self._font = font

    def draw(self, painter: QPainter, view: View) -> None:
        shown = self.marks[-MOST_MARKS:]
        if not shown:
            return
        painter.setFont(self._font)
        painter.setPen(self._pen)
        places = [view.point(mark.step, 0).x() for mark in shown]
        for x in places:
            painter.drawLine(QPointF(x, 0), QPointF(x, view.height))
        painter.setPen(self._pen.color())
        metrics = painter.fontMetrics()
        for x, mark in zip(reversed(places), reversed(shown), strict=True):
            room = round(max(x, view.width - x)) - EDGE_PX
            text = metrics.elidedText(mark.text, Qt.TextElideMode.ElideRight, room)
            width = metrics.horizontalAdvance(text) + 4
            box = self._free_box(x, width, metrics.height(), view)
            if box is not None:
                view.taken.append(box)
                painter.fillRect(box, self._ground)
                painter.drawText(QPointF(box.left() + 2, box.bottom() - 3), text)

    def near(self, x: float, view: View) -> list[str]:
        """Return what was changed near a pixel, the first change first."""
        with_places = ((mark, view.point(mark.step, 0).x()) for mark in self.marks)
        return [mark.text for mark, place in with_places if abs(place - x) <= REACH_PX]

    def _free_box(self, x: float, width: float, height: float, view: View) -> QRectF | None:
        """Return where a label fits beside its line: in the uppermost row, rather to the right."""
        for row in range(self.rows):
            for left in (x + BESIDE_PX, x - BESIDE_PX - width):
                box = QRectF(left, 3 + row * height, width, height)
                if left >= 0 and box.right() <= view.width and view.is_free(box):
                    return box
        return None
