"""A part of a picture, magnified: by a rectangle that is dragged, by the wheel, or by keys."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QApplication

from widgets.plots.zoom import ALL, WHOLE, Zoom

STEP = 1.3  # of one notch of the wheel, or one key
NOTCH = 120  # what Qt calls it
PANNED = 0.1  # of what is shown, by a notch sideways
LEAST_DRAGGED = 0.02  # of what is shown; less cannot be meant


class Magnifier:
    """The zoom of a picture, and what a person does to it.

    `shares` tells where a pixel is in what is shown, 0 to 1 from the left and from the top;
    `on_change` is called when another part is to be shown. All parts keep to `limits`.
    """

    def __init__(
        self, shares: Callable[[QPointF], tuple[float, float]], on_change: Callable[[], None]
    ) -> None:
        self._shares, self._on_change = shares, on_change
        self.zoom, self.limits = WHOLE, ALL
        self._pressed: QPointF | None = None
        self._frame: QRectF | None = None

    def show(self, zoom: Zoom) -> None:
        """Show a part."""
        if zoom != self.zoom:
            self.zoom = zoom
            self._on_change()

    def scale(self, factor: float, at: tuple[float, float]) -> None:
        """Show a part that is so many times as large, in which a point stays where it is."""
        self.show(self.zoom.scaled(factor, at, self.limits))

    def pan(self, across: float, down: float = 0.0) -> None:
        """Go along the picture, by shares of what is shown."""
        self.show(self.zoom.part(across, down, 1, 1, self.limits))

    def press(self, at: QPointF) -> None:
        """The left button is down."""
        self._pressed = at

    def drag(self, at: QPointF) -> bool:
        """The pointer moves; returns whether that draws a rectangle."""
        if self._pressed is None:
            return False
        far = (at - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if self._frame is not None or far:
            self._frame = QRectF(self._pressed, at).normalized()
        return self._frame is not None

    def release(self) -> bool:
        """The left button is up; returns whether that was a click, and not a drag."""
        pressed, frame = self._pressed, self._frame
        self.let_go()
        if frame is not None:
            (left, top), (right, bottom) = map(self._shares, (frame.topLeft(), frame.bottomRight()))
            if min(right - left, bottom - top) >= LEAST_DRAGGED:
                part = left, top, right - left, bottom - top
                self.show(self.zoom.part(*part, self.limits))
        return pressed is not None and frame is None

    def let_go(self) -> bool:
        """What was begun is not meant any more; returns whether a rectangle was painted."""
        frame, self._pressed, self._frame = self._frame, None, None
        return frame is not None

    def turn(self, event: QWheelEvent) -> None:
        """Magnify what is under the pointer; sideways, go along the picture."""
        turned = event.angleDelta()
        if abs(turned.x()) > abs(turned.y()):  # a wheel held with Alt, or two fingers across a pad
            self.pan(-PANNED * turned.x() / NOTCH)
        else:
            self.scale(STEP ** (-turned.y() / NOTCH), self._shares(event.position()))

    def draw(self, painter: QPainter, color: QColor) -> None:
        """Paint the rectangle while it is dragged."""
        if self._frame is not None:
            fill = QColor(color)
            fill.setAlphaF(0.15)
            painter.fillRect(self._frame, fill)
            painter.setPen(QPen(color, 1))
            painter.drawRect(self._frame)
