"""The lines of a stage, one below the other: each formula beside the same with numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from widgets.theme import Theme
from widgets.tools.formulas import formula_size, paint_formula
from widgets.tools.tableau import Tableau, TableauPainter

MARGIN, GAP, BETWEEN = 8.0, 6.0, 18.0
UNDER_WORDS = 3.0  # a low formula would touch them
LARGER = 1.25  # formulas, than the text around


@dataclass(frozen=True)
class Row:
    """One line: what it is called, its formulas, and the numbers, of which the first came out."""

    words: str
    formulas: tuple[str, ...]
    tableaux: tuple[Tableau, ...]

    @property
    def text(self) -> str:
        """The row as plain text."""
        return f"{self.words}. {'; '.join(tableau.text for tableau in self.tableaux)}"


class StepRows(QWidget):
    """Rows, of which `current` has happened last and later ones are still to come.

    `chosen` carries the number of a row that a person has clicked.
    """

    chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.rows: tuple[Row, ...] = ()
        self.current: int | None = None
        self._tops: list[float] = [0.0]
        self._formula_width = 0.0
        self.setToolTip(self.tr("Click a line to stand there."))

    def show_rows(self, rows: Sequence[Row], current: int | None) -> None:
        """Show rows; without a current one all have happened."""
        self.rows, self.current = tuple(rows), current
        self.setAccessibleDescription("\n".join(row.text for row in self.rows))
        self._arrange()

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def span(self, index: int) -> tuple[int, int]:
        """Return where a row begins and ends, in pixels."""
        return int(self._tops[index]), int(self._tops[index + 1])

    def apply_theme(self) -> None:
        """Take over the present theme's size of text."""
        self._arrange()

    @property
    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self._theme.font("small"))

    @property
    def _pixels(self) -> float:
        """The height of the letters of formulas."""
        return LARGER * QFontMetricsF(self._theme.font()).height() * 0.8

    def _arrange(self) -> None:
        painter, line = TableauPainter(self._metrics, self._theme.colors), self._metrics.height()
        sizes = [[formula_size(f, self._pixels) for f in row.formulas] for row in self.rows]
        names = [self._metrics.horizontalAdvance(row.words) for row in self.rows]
        widths = [size.width() for row in sizes for size in row]
        self._formula_width = max([*widths, *names, 0.0])
        self._tops, width = [0.0], 0.0
        for row, own in zip(self.rows, sizes, strict=True):
            tableaux = [painter.size(tableau) for tableau in row.tableaux]
            left = line + UNDER_WORDS + sum(size.height() + GAP for size in own)
            right = max((size.height() for size in tableaux), default=0.0)
            self._tops.append(self._tops[-1] + max(left, right) + 2 * GAP)
            width = max(width, sum(size.width() + BETWEEN for size in tableaux))
        whole = self._formula_width + BETWEEN + width + 2 * MARGIN
        self.setMinimumSize(round(whole), round(self._tops[-1]))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(self._theme.font("small"))
            for index, row in enumerate(self.rows):
                top, bottom = self._tops[index : index + 2]
                box = QRectF(0, top, self.width(), bottom - top)
                if box.intersects(QRectF(event.rect())):
                    self._paint_row(painter, index, row, box)

    def _paint_row(self, painter: QPainter, index: int, row: Row, box: QRectF) -> None:
        colors = self._theme.colors
        if index == self.current:
            accent = QColor(colors.accent)
            painter.fillRect(QRectF(0, box.top(), 3, box.height()), accent)
            accent.setAlphaF(0.13)
            painter.fillRect(box, accent)
        to_come = self.current is not None and index > self.current
        painter.setOpacity(0.35 if to_come else 1.0)
        painter.setPen(QColor(colors.muted))
        y, line = box.top() + GAP, self._metrics.height()
        left = Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(MARGIN, y, self._formula_width + 2, line), left, row.words)
        y += line + UNDER_WORDS
        for formula in row.formulas:
            paint_formula(painter, formula, QPointF(MARGIN, y), self._pixels, colors.text)
            y += formula_size(formula, self._pixels).height() + GAP
        if not to_come:  # what is not yet computed has no numbers
            self._paint_numbers(painter, row, box)
        painter.setOpacity(1.0)

    def _paint_numbers(self, painter: QPainter, row: Row, box: QRectF) -> None:
        numbers = TableauPainter(self._metrics, self._theme.colors)
        x, y = MARGIN + self._formula_width + BETWEEN, box.top() + GAP
        for place, tableau in enumerate(row.tableaux):
            if place == 1:
                painter.setPen(QColor(self._theme.colors.accent))
                middle = QRectF(x - BETWEEN, y + numbers.line, BETWEEN - 3, numbers.line)
                painter.drawText(middle, Qt.AlignmentFlag.AlignCenter, "←")
            numbers.paint(painter, tableau, QPointF(x, y))
            x += numbers.size(tableau).width() + BETWEEN

    def mousePressEvent(self, event: QMouseEvent) -> None:
        y = event.position().y()
        for index in range(len(self.rows)):
            if self._tops[index] <= y < self._tops[index + 1]:
                self.chosen.emit(index)
        event.ignore()  # the panel around takes the keys


class ScrolledRows(QScrollArea):
    """Rows that scroll so that the current one is seen."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.rows = StepRows(theme)
        self.setWidget(self.rows)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_rows(self, rows: Sequence[Row], current: int | None) -> None:
        """Show rows and bring the current one into view."""
        self.rows.show_rows(rows, current)
        if current is not None:
            top, bottom = self.rows.span(current)
            bar = self.verticalScrollBar()
            bar.setRange(0, max(0, self.rows.minimumHeight() - self.viewport().height()))
            if top < bar.value() or bottom > bar.value() + self.viewport().height():
                bar.setValue(max(0, min(top, bottom - self.viewport().height() // 2)))
        else:
            self.verticalScrollBar().setValue(0)
