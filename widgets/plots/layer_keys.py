"""Up and Down choose the layer in focus while a plot has the keys."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from widgets.focus import Focus
from widgets.plots.axes import Plot


class LayerKeys(QObject):
    """Listens to a plot; `n_layers` says how many there are now."""

    def __init__(self, plot: Plot, focus: Focus, n_layers: Callable[[], int]) -> None:
        super().__init__(plot)
        self._focus, self._n_layers = focus, n_layers
        plot.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Take the two keys; the plot gets the rest."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        rise = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        count = self._n_layers()
        if rise is None or not count:
            return False
        layer = self._focus.layer
        wanted = (1 if rise > 0 else count) if layer is None else layer + rise
        if 1 <= wanted <= count:
            self._focus.choose_layer(wanted)
        return True
