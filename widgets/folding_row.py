"""A row of controls that becomes several lines where there is no room for it in one.

Whatever a row holds, its panel can become nearly as narrow as the widest of its controls, so that
no panel has to lie over another one in a small window or with large type.
"""

from PySide6.QtCore import QEvent, QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

SPACING_PX, LINE_SPACING_PX = 6, 3
LEFT_PX, RIGHT_PX, BELOW_PX = 8, 8, 3


class FoldingRow(QWidget):
    """Controls from left to right; those added at the `end` stand at the right of their line."""

    def __init__(self) -> None:
        super().__init__()
        self._controls: list[tuple[QWidget, bool]] = []

    def add(self, *controls: QWidget, end: bool = False) -> None:
        """Add controls behind those that are there."""
        for control in controls:
            control.setParent(self)
            self._controls.append((control, end))
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        widths = [control.sizeHint().width() for control, _ in self._shown()]
        return QSize(max(widths, default=0) + LEFT_PX + RIGHT_PX, self.minimumHeight())

    def sizeHint(self) -> QSize:
        widths = [control.sizeHint().width() + SPACING_PX for control, _ in self._shown()]
        return QSize(sum(widths) + LEFT_PX + RIGHT_PX, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """Arrange anew when a control has come, gone or become wider."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return bool(super().event(event))

    def _shown(self) -> list[tuple[QWidget, bool]]:
        return [(control, end) for control, end in self._controls if not control.isHidden()]

    def _lines(self) -> list[list[tuple[QWidget, bool]]]:
        room, lines, x = self.width() - RIGHT_PX, list[list[tuple[QWidget, bool]]](), 0
        for control, end in self._shown():
            width = control.sizeHint().width()
            if not lines or x + width > room:
                lines.append([])
                x = LEFT_PX
            lines[-1].append((control, end))
            x += width + SPACING_PX
        return lines

    def _arrange(self) -> None:
        y = 0
        for line in self._lines():
            height = max(control.sizeHint().height() for control, _ in line)
            x = LEFT_PX
            pushed = False
            for index, (control, end) in enumerate(line):
                size = control.sizeHint()
                if end and not pushed:
                    pushed = True
                    rest = [other.sizeHint().width() + SPACING_PX for other, _ in line[index:]]
                    x = max(x, self.width() - RIGHT_PX - sum(rest) + SPACING_PX)
                top = y + (height - size.height()) // 2
                control.setGeometry(QRect(x, top, size.width(), size.height()))
                x += size.width() + SPACING_PX
            y += height + LINE_SPACING_PX
        self.setFixedHeight(max(0, y - LINE_SPACING_PX) + BELOW_PX)
