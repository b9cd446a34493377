"""A text in one line that ends with dots where there is no room for all of it."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QToolTip

NARROWEST_PX = 1


class OneLine(QLabel):
    """A label that takes what room there is; a pointer that rests on it shows all of a cut text."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def is_cut(self) -> bool:
        """Tell whether a part of a plain text is left out."""
        return self._fitting() != self.text()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and self.is_cut() and not self.toolTip():
            QToolTip.showText(event.globalPos(), self.text(), self)
            return True
        return bool(super().event(event))

    def minimumSizeHint(self) -> QSize:
        return QSize(NARROWEST_PX, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        fitting = self._fitting()
        if self.textFormat() is not Qt.TextFormat.PlainText or fitting == self.text():
            super().paintEvent(event)
            return
        with QPainter(self) as painter:
            painter.setPen(self.palette().color(self.foregroundRole()))
            painter.drawText(self.contentsRect(), self.alignment(), fitting)

    def _fitting(self) -> str:
        room = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
