"""What is read under the pointer of a plot: of the moment that is shown, also while it rests.

Pictures change below a pointer that does not move. So what it points at is read again after each
drawing, a few times a second, and only by the plot that the pointer is in. A pointer that rests on
a mark is told what was changed there.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, QTimer
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip

if TYPE_CHECKING:
    from widgets.plots.axes import Plot

AFTER_MOVE_MS, AFTER_DRAWING_MS = 50, 200


class Hover(QObject):
    """Asks the plot to read its place, in the scene, or to leave off."""

    def __init__(self, plot: "Plot") -> None:
        super().__init__(plot)
        self._plot = plot
        self.at: QPointF | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._read)
        plot.scene().sigMouseMoved.connect(self._on_mouse_moved)
        plot.viewport().installEventFilter(self)

    def read_again(self, within_ms: int = AFTER_DRAWING_MS) -> None:
        """Read before long, if there is a pointer."""
        if self.at is None:
            return
        if not self._soon.isActive() or self._soon.remainingTime() > within_ms:
            self._soon.start(within_ms)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Leave off when the pointer leaves, or the plot goes from under it; tell of marks."""
        if event.type() in (QEvent.Type.Leave, QEvent.Type.Hide) and self.at is not None:
            self._leave()
        return isinstance(event, QHelpEvent) and self._tell_of_marks(event)

    def _tell_of_marks(self, event: QHelpEvent) -> bool:
        plot = self._plot
        changes = plot.marks.near(event.pos().x() - plot.canvas.x(), plot.view())
        if changes:
            QToolTip.showText(event.globalPos(), "\n".join(changes), plot.viewport())
        return bool(changes)

    def _on_mouse_moved(self, at: QPointF) -> None:
        if self._plot.box.sceneBoundingRect().contains(at):
            self.at = QPointF(at)
            self.read_again(AFTER_MOVE_MS)
        elif self.at is not None:
            self._leave()

    def _leave(self) -> None:
        self.at = None
        self._soon.stop()
        self._plot.leave()

    def _read(self) -> None:
        if self.at is not None:
            self._plot.read_at(self.at)
