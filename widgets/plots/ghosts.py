"""Lines of other runs below the live ones, each with its number and name where it begins or ends.

Pinned runs stand still, so their lines are painted once and kept as a picture until the view, the
runs or the colours change. Their names are an item of their own: they have to be read, and stand
above the live lines.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPaintEngine, QPainter, QPen

from core.arrays import Array
from widgets.plots.canvas import View
from widgets.plots.kept import Kept
from widgets.plots.pixels import draw_line, on_sheet, unbroken

AHEAD = 4  # other runs are shown up to this many times as far as the live run has come
LEAST_ROOM_PX = 300  # a narrower plot shows numbers without names
MOST_COVERED = 0.5  # of the plot's height may be names
FARTHEST_ROWS = 1.5  # that words may be from where they belong
ASIDE_PX = 2.0
LONGEST_NAME_SHARE = 0.4  # of the plot's width
SOLID, DASHED = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine


def reach(live: int, others: Iterable[int]) -> int:
    """Return how far an axis of steps reaches, of a run that has come so far, beside others."""
    longest = max(others, default=0)
    return max(live, min(longest, AHEAD * live) if live else longest)


@dataclass(frozen=True, eq=False)
class Ghost:
    """A line (points,) in its colour; with `words` at an end: a number, and a name after it.

    A long name is cut; what comes `after` it is not.
    """

    x: Array
    y: Array
    color: QColor
    dashed: bool = False
    words: tuple[str, str] | None = None
    after: str = ""


class Ghosts:
    """Draws ghosts in one call; `names` draws their words, and comes after it."""

    def __init__(self, *, names_right: bool = True) -> None:
        self._names_right = names_right
        self.font, self.ground = QFont(), QColor()
        self.ghosts: tuple[Ghost, ...] = ()
        self.names = GhostNames(self)
        self.ends: tuple[tuple[QPointF, Ghost], ...] = ()  # where words belong, as drawn last
        self._kept = Kept(self._paint)

    def set_ghosts(self, ghosts: Sequence[Ghost]) -> None:
        """Show these lines, the last on top; the very same ones are left as they are painted."""
        if ghosts is not self.ghosts:
            self.ghosts, self.ends = tuple(ghosts), ()
            self._kept.forget()

    def draw(self, painter: QPainter, view: View) -> None:
        if not self.ghosts:
            return
        if painter.paintEngine().type() == QPaintEngine.Type.SVG:
            self._paint(painter, view)  # a file of lines and words gets these
            return
        self._kept.draw(painter, view)

    def _paint(self, painter: QPainter, view: View) -> None:
        ends = []
        for ghost in self.ghosts:
            x, y = view.x(ghost.x), on_sheet(view.y(ghost.y), view.height)
            painter.setPen(QPen(ghost.color, 1, DASHED if ghost.dashed else SOLID))
            for part in unbroken(x, y):
                draw_line(painter, part)
            seen = np.flatnonzero(~np.isnan(y) & (x >= 0) & (x <= view.width))
            if ghost.words is not None and len(seen):
                end = seen[-1 if self._names_right else 0]
                ends.append((QPointF(x[end], min(max(y[end], 0.0), view.height)), ghost))
        self.ends = tuple(sorted(ends, key=lambda pair: pair[0].y()))


class GhostNames:
    """Writes each line's words at its end, or close to it: a name, else a number, else nothing.

    They give way to all that is written before them. Who has no place is told elsewhere.
    """

    def __init__(self, ghosts: Ghosts) -> None:
        self._ghosts = ghosts

    def draw(self, painter: QPainter, view: View) -> None:
        ends = self._ghosts.ends
        if not ends:
            return
        painter.setFont(self._ghosts.font)
        metrics = painter.fontMetrics()
        height = metrics.height()
        roomy = view.width >= LEAST_ROOM_PX and len(ends) * height < MOST_COVERED * view.height
        for end, ghost in ends:
            assert ghost.words is not None
            texts = [ghost.words[0]]
            if roomy:
                texts.insert(0, _named(ghost, metrics, LONGEST_NAME_SHARE * view.width))
            boxes = [_box_at(end, metrics.horizontalAdvance(text), height, view) for text in texts]
            # Better a number than a name over dots, and better that than nothing.
            ways = ((box, dots) for dots in (view.dotted, ()) for box in boxes)
            found = next(filter(None, (placed(box, view, dots) for box, dots in ways)), None)
            found = found or beside(boxes[-1], view)
            if found is None:
                continue
            text = texts[0] if found.width() == boxes[0].width() else texts[-1]
            view.taken.append(found)
            painter.fillRect(found, self._ghosts.ground)
            painter.setPen(ghost.color)
            painter.drawText(QPointF(found.left() + 2, found.top() + metrics.ascent()), text)


def _named(ghost: Ghost, metrics: QFontMetrics, room: float) -> str:
    """Return a ghost's number and name, which has dots at its end where it is too long."""
    assert ghost.words is not None
    mark, name = ghost.words
    left = round(room) - metrics.horizontalAdvance(ghost.after)
    cut = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left)
    return f"{mark} {cut}{ghost.after}"


def _box_at(end: QPointF, width: int, height: int, view: View) -> QRectF:
    left = max(0.0, min(end.x() + 4, view.width - width - 4.0))
    return QRectF(left - 2, end.y() - height / 2, width + 4, height)


def placed(wanted: QRectF, view: View, dots: Sequence[QRectF] = ()) -> QRectF | None:
    """Move a box up or down, a little at most, so that it covers no words and none of the dots."""
    tallest = wanted.height()
    for rows in range(round(2 * FARTHEST_ROWS) + 1):
        for way in (1, -1):
            top = max(0.0, min(wanted.top() + way * rows * tallest / 2, view.height - tallest))
            box = QRectF(wanted.left(), top, wanted.width(), tallest)
            if view.is_free(box) and not any(box.intersects(dot) for dot in dots):
                return box
    return None


def beside(wanted: QRectF, view: View) -> QRectF | None:
    """Move a box to the right of words that are in its way."""
    right = view.width - wanted.width()
    top = max(0.0, min(wanted.top(), view.height - wanted.height()))
    for edge in sorted(box.right() + ASIDE_PX for box in view.taken):
        box = QRectF(edge, top, wanted.width(), wanted.height())
        if wanted.left() < edge <= right and view.is_free(box):
            return box
    return None
