"""The columns of numbers beside a plot of ridges, a row at each ridge as far as there is room."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets.plots.axes import Plot
from widgets.plots.ridges import apart
from widgets.theme import Theme

GAP_PX, NARROW_GAP_PX = 14, 8


class RidgeNumbers(QWidget):
    """`show_columns` takes headings, the widest text of each column, and a row per layer."""

    def __init__(self, theme: Theme, plot: Plot) -> None:
        super().__init__()
        self._theme, self._plot = theme, plot
        self.headings: Sequence[str] = ()
        self.rows: Sequence[Sequence[str]] = ()
        self.chosen: int | None = None
        self._widths: list[int] = []
        plot.box.sigRangeChanged.connect(lambda *_arguments: self.update())
        self.setAccessibleName(self.tr("Shares of every layer"))

    def show_columns(
        self,
        headings: Sequence[str],
        widest: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        narrow: bool = False,
    ) -> None:
        """Show texts; columns keep their width while the numbers change."""
        gap = NARROW_GAP_PX if narrow else GAP_PX
        self.rows = rows
        metrics = self.fontMetrics()
        texts = zip(headings, widest, strict=True)
        widths = [gap + max(map(metrics.horizontalAdvance, pair)) for pair in texts]
        if widths != self._widths or headings != self.headings:
            self.headings, self._widths = headings, widths
            self.setFixedWidth(sum(widths) + gap)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        colors, metrics, view = self._theme.colors, self.fontMetrics(), self._plot.view()
        top = self._plot.canvas.y()
        every = max(1, math.ceil(metrics.height() / apart(view)))
        painter.fillRect(self.rect(), QColor(colors.panel))
        painter.setPen(QColor(colors.muted))
        self._write(painter, self.headings, top + metrics.ascent())
        lowest = top + metrics.ascent() + metrics.height() - metrics.descent()
        for index, row in enumerate(self.rows):
            base = top + view.point(0, index + 0.5).y() - 2
            written = index % every == 0 if self.chosen is None else index == self.chosen
            written = written or self._is_free(index, every)
            if written and lowest <= base <= top + view.height:
                painter.setPen(QColor(colors.text if index == self.chosen else colors.muted))
                self._write(painter, row, base)

    def _is_free(self, index: int, every: int) -> bool:
        """Whether a row is written although another one is chosen: not close to that one."""
        if self.chosen is None:
            return False
        return index % every == 0 and abs(index - self.chosen) >= every

    def _write(self, painter: QPainter, texts: Sequence[str], base: float) -> None:
        right = 0
        for text, width in zip(texts, self._widths, strict=True):
            right += width
            painter.drawText(
                QPointF(right - self.fontMetrics().horizontalAdvance(text), base), text
            )
