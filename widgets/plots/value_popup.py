"""A small editor that lies over a picture: one number, typed while the run goes on."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolTip, QWidget

from widgets.plots.floating import Floating


class ValuePopup(Floating):
    """`entered` carries a number that was typed and finished with Return; Escape leaves.

    It is gone as soon as something else gets the focus.
    """

    entered = Signal(float)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.name = QLabel()
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.line = QLineEdit()
        self.line.setFixedWidth(self.line.fontMetrics().horizontalAdvance("-0.000000000"))
        self.line.setAccessibleName(self.tr("New value"))
        self.line.setToolTip(self.tr("A number; Return applies it, Escape leaves."))
        self.line.installEventFilter(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.name)
        row.addWidget(self.line)

    def ask(self, name: str, value: float, at: QPoint) -> None:
        """Ask for the value of something at a point of the window, near which this shows."""
        self.name.setText(f"{name} =")
        self.line.setText(f"{value:.6g}")
        self.line.selectAll()
        self.adjustSize()
        self.move_near(at)
        self.show()
        self.raise_()
        self.line.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Return applies, Escape and a click elsewhere leave."""
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._take(event)
        return super().eventFilter(watched, event)

    def _take(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._apply()
        else:
            return False
        return True

    def _apply(self) -> None:
        text = self.line.text()
        try:
            value = float(text.replace(",", ".").replace("\N{MINUS SIGN}", "-"))
        except ValueError:
            sentence = self.tr("Received “{0}”; allowed: a number such as 0.5 or -1e-3.")
            at = self.mapToGlobal(self.rect().bottomLeft())
            QToolTip.showText(at, sentence.replace("{0}", text[:40]), self)
            return
        self.hide()
        self.entered.emit(value)
