"""A small table of numbers in brackets, with its symbol above and what it is cut from below."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from core.arrays import Array
from core.glimpses import Glimpse
from lab.words import known, number
from widgets.colors import Colors

COLUMN_GAP, BRACKET, LINE = 9.0, 4.0, 1.15


@dataclass(frozen=True)
class Tableau:
    """`cells` are rows of words; `heads` stand above the columns and `sides` before the rows."""

    title: str
    caption: str
    cells: tuple[tuple[str, ...], ...]
    heads: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it as plain text."""
        rows = [" ".join(row) for row in self.cells]
        return f"{self.title} {self.caption}: {'; '.join(rows)}"


def tableau_of(glimpse: Glimpse) -> Tableau:
    """Show a small array in full, of a large one its shape, its norm and a corner."""
    rows = [[number(value) for value in row] for row in glimpse.values.tolist()]
    if glimpse.whole:
        return Tableau(glimpse.name, "", tuple(map(tuple, rows)))
    sides = glimpse.shape if len(glimpse.shape) > 1 else (1, *glimpse.shape)
    if glimpse.values.shape[1] < sides[-1]:
        rows = [[*row, "…"] for row in rows]
    if glimpse.values.shape[0] < sides[0]:
        rows.append(["⋮", *[""] * (len(rows[0]) - 1)])
    shape = " × ".join(map(str, sides))
    return Tableau(glimpse.name, f"{shape}, norm {number(glimpse.norm)}", tuple(map(tuple, rows)))


def tableau_of_layers(title: str, heads: Sequence[str], values: Array) -> Tableau:
    """Show numbers (layers, heads) of every layer."""
    cells = tuple(tuple(map(known, row)) for row in values.tolist())
    sides = tuple(str(layer) for layer in range(1, len(cells) + 1))
    return Tableau(title, "", cells, tuple(heads), sides)


class TableauPainter:
    """Measures and paints tableaux in one font."""

    def __init__(self, metrics: QFontMetricsF, colors: Colors) -> None:
        self._metrics, self._colors = metrics, colors
        self.line = metrics.height() * LINE

    def size(self, tableau: Tableau) -> QSizeF:
        """How much room one takes."""
        inner = sum(self._widths(tableau)) + COLUMN_GAP * (len(self._widths(tableau)) - 1)
        words = max(map(self._metrics.horizontalAdvance, (tableau.title, tableau.caption)))
        lines = len(tableau.cells) + 1 + bool(tableau.caption) + bool(tableau.heads)
        width = inner + self._side(tableau) + 2 * BRACKET + 4
        return QSizeF(max(width, words), self.line * lines)

    def paint(self, painter: QPainter, tableau: Tableau, at: QPointF) -> None:
        """Paint one with its upper left corner at a point."""
        text, muted = QColor(self._colors.text), QColor(self._colors.muted)
        x, y, line = at.x(), at.y(), self.line
        size = self.size(tableau)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(text)
        painter.drawText(QRectF(x, y, size.width(), line), left, tableau.title)
        y += line
        widths, side = self._widths(tableau), self._side(tableau)
        start = x + side + BRACKET + 2
        ends = [start + sum(widths[: i + 1]) + COLUMN_GAP * i for i in range(len(widths))]
        painter.setPen(muted)
        if tableau.heads:
            for end, width, word in zip(ends, widths, tableau.heads, strict=True):
                painter.drawText(QRectF(end - width, y, width, line), right, word)
            y += line
        for index, word in enumerate(tableau.sides):
            painter.drawText(QRectF(x, y + index * line, side - 6, line), right, word)
        painter.setPen(text)
        for index, row in enumerate(tableau.cells):
            for end, width, word in zip(ends, widths, row, strict=True):
                box = QRectF(end - width, y + index * line, width, line)
                painter.drawText(box, right, word)
        bottom = y + len(tableau.cells) * line
        self._paint_brackets(painter, start - BRACKET, ends[-1] + BRACKET, y + 1, bottom - 1)
        painter.setPen(muted)
        if tableau.caption:
            painter.drawText(QRectF(x, bottom, size.width(), line), left, tableau.caption)

    def _paint_brackets(
        self, painter: QPainter, left: float, right: float, top: float, bottom: float
    ) -> None:
        painter.setPen(QPen(QColor(self._colors.muted), 1.2))
        for x, hook in ((left, 3.0), (right, -3.0)):
            ends = [(x + hook, top), (x, top), (x, bottom), (x + hook, bottom)]
            painter.drawPolyline(QPolygonF([QPointF(*end) for end in ends]))

    def _widths(self, tableau: Tableau) -> list[float]:
        rows = [*tableau.cells, *([tableau.heads] if tableau.heads else [])]
        return [
            max(map(self._metrics.horizontalAdvance, column)) for column in zip(*rows, strict=True)
        ]

    def _side(self, tableau: Tableau) -> float:
        if not tableau.sides:
            return 0.0
        return max(map(self._metrics.horizontalAdvance, tableau.sides)) + 8
