"""Which classes a network takes for which: a table that is painted."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QHideEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from core.arrays import Array
from widgets.theme import Theme


class ConfusionTable(QWidget):
    """A row per true class, a column per predicted one; the number and its shade are the count."""

    MARGIN = 34

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._names: tuple[str, ...] = ()
        self._counts = np.zeros((0, 0), int)
        self._pointed_at: QPointF | None = None
        self.on_read: Callable[[str], None] = lambda _text: None
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Confusion table of the test samples"))

    def set_names(self, names: tuple[str, ...]) -> None:
        """Name the classes."""
        self._names = names

    def show_counts(self, counts: Array) -> None:
        """Show counts (true class, predicted class)."""
        self._counts = counts
        self.update()
        if self._pointed_at is not None:
            self._read(self._pointed_at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointed_at = event.position()
        self._read(self._pointed_at)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._leave()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._leave()

    def _leave(self) -> None:
        if self._pointed_at is not None:
            self._pointed_at = None
            self.on_read("")

    def _read(self, at: QPointF) -> None:
        cell = self._cell()
        column = int((at.x() - self.MARGIN) // max(cell[0], 1e-9))
        row = int((at.y() - 4) // max(cell[1], 1e-9))
        n = len(self._counts)
        inside = 0 <= row < n and 0 <= column < n
        self.on_read(
            f"{self._counts[row, column]} × {self._name(row)} taken for {self._name(column)}"
            if inside
            else ""
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        colors, n = self._theme.colors, len(self._counts)
        painter.setFont(self._theme.font("small"))
        if not n:
            return
        width, height = self._cell()
        in_class = np.maximum(self._counts.sum(axis=1, keepdims=True), 1)
        for row in range(n):
            for column in range(n):
                cell = QRectF(self.MARGIN + column * width, 4 + row * height, width - 1, height - 1)
                share = float(self._counts[row, column] / in_class[row, 0])
                shade = QColor(colors.first_class if row == column else colors.second_class)
                shade.setAlphaF(0.06 + 0.7 * share**0.5 if self._counts[row, column] else 0.04)
                painter.fillRect(cell, shade)
                if self._counts[row, column]:
                    painter.setPen(QColor(colors.text))
                    text = str(self._counts[row, column])
                    painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, text)
        painter.setPen(QColor(colors.muted))
        for index in range(n):
            label = (
                self._name(index) if len(self._name(index)) <= 3 else self._name(index)[:3] + "."
            )
            left = QRectF(0, 4 + index * height, self.MARGIN - 6, height)
            painter.drawText(
                left, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, label
            )
            below = QRectF(self.MARGIN + index * width, 6 + n * height, width, 16)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, label)
        axis = QRectF(self.MARGIN, self.height() - 20, self.width() - self.MARGIN, 18)
        painter.drawText(
            axis, Qt.AlignmentFlag.AlignCenter, self.tr("predicted (rows: true class)")
        )

    def _cell(self) -> tuple[float, float]:
        n = max(1, len(self._counts))
        return (self.width() - self.MARGIN - 8) / n, (self.height() - 46) / n

    def _name(self, index: int) -> str:
        return self._names[index] if index < len(self._names) else str(index)
