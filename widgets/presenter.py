"""Presenter: larger type, thicker lines and the full screen, for those who sit at the back.

It is a state of the window and not of its settings: leaving it, or closing the window, brings size,
panels and type back as they were.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Signal

if TYPE_CHECKING:
    from widgets.main_window import MainWindow

ZOOM, NARROW_ZOOM = 4, 2  # in points; on a small screen panels have no room for more
WIDE = 1280
SETTLED_MS = 150


class Presenter(QObject):
    """Turns the view for an audience on and off; `changed` tells which it is now.

    `settled` tells that the window is as it was before.
    """

    changed = Signal(bool)
    settled = Signal()

    def __init__(self, window: "MainWindow", layout_version: int) -> None:
        super().__init__(window)
        self._window = window
        self._version = layout_version
        self.on = False  # whether there is an audience
        # What to come back to, until the window has: geometry, layout, whether it was maximised.
        self._before: tuple[QByteArray, QByteArray, bool] | None = None

    @property
    def usual_layout(self) -> tuple[QByteArray, QByteArray]:
        """Geometry and layout as they are, or will be again, without an audience."""
        if self._before is not None:
            return self._before[:2]
        return self._window.saveGeometry(), self._window.saveState(self._version)

    def set_on(self, wanted: bool) -> None:
        """Begin or leave."""
        if wanted == self.on:
            return
        self.on = wanted
        if wanted:
            self._begin()
        else:
            self._leave()
        self.changed.emit(wanted)

    def _begin(self) -> None:
        window = self._window
        if self._before is None:
            self._before = (*self.usual_layout, window.isMaximized())
        window.theme.present(ZOOM if window.screen().size().width() >= WIDE else NARROW_ZOOM)
        window.showFullScreen()

    def _leave(self) -> None:
        window, before = self._window, self._before
        assert before is not None
        geometry, layout, maximised = before
        window.theme.present(0)
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowFullScreen)
        if maximised:
            window.showMaximized()
        window.restoreGeometry(geometry)
        window.restoreState(layout, self._version)
        # Panels take their sizes only from a window that has its own, and smaller type, again.
        QTimer.singleShot(SETTLED_MS, self, lambda: self._restore(layout))

    def _restore(self, layout: QByteArray) -> None:
        if not self.on:
            self._window.restoreState(layout, self._version)
            self._before = None
            self.settled.emit()
