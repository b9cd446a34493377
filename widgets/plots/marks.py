"""What was changed while training, on a time axis."""

from functools import partial

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from lab.moments import Mark
from widgets.plots.canvas import View

tr = partial(QCoreApplication.translate, "Marks")

MOST_MARKS = 24
MOST_ROWS = 3
BESIDE_PX, REACH_PX, EDGE_PX = 1.0, 4.0, 6


class Marks:
    """Labelled upright lines on a time axis where something was changed while training.

    The labels stand in a few `rows` at the top, the newest first, where nothing else is written;
    what has no room there can be asked for with the pointer, and is counted below its neighbours.
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
        more = dict[float, int]()  # beside which labels how many have no room
        for x, mark in zip(reversed(places), reversed(shown), strict=True):
            if self._write(painter, x, mark.text, range(self.rows), view):
                more.setdefault(x, 0)
                continue
            near = next((place for place in more if abs(place - x) <= REACH_PX), None)
            if near is not None:
                more[near] += 1
        below = range(self.rows, self.rows + 1)
        for x, count in more.items():
            if count:
                words = tr("and {0} more").replace("{0}", str(count))
                self._write(painter, x, words, below, view)

    def near(self, x: float, view: View) -> list[str]:
        """Return what was changed near a pixel, the first change first."""
        with_places = ((mark, view.point(mark.step, 0).x()) for mark in self.marks)
        return [mark.text for mark, place in with_places if abs(place - x) <= REACH_PX]

    def _write(self, painter: QPainter, x: float, words: str, rows: range, view: View) -> bool:
        """Write a label beside its line, in the uppermost row, if there is room for it."""
        metrics, room = painter.fontMetrics(), round(max(x, view.width - x)) - EDGE_PX
        text = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(text) + 4
        box = _free_box(rows, x, width, metrics.height(), view)
        if box is None:
            return False
        view.taken.append(box)
        painter.fillRect(box, self._ground)
        painter.drawText(QPointF(box.left() + 2, box.bottom() - 3), text)
        return True


def _free_box(rows: range, x: float, width: float, height: float, view: View) -> QRectF | None:
    """Return where a label fits beside its line: in the uppermost row, rather to the right."""
    for row in rows:
        for left in (x + BESIDE_PX, x - BESIDE_PX - width):
            box = QRectF(left, 3 + row * height, width, height)
            if left >= 0 and box.right() <= view.width and view.is_free(box):
                return box
    return None
