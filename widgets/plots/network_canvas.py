"""The network on the screen, and what the pointer finds on it.

It is painted into a pixmap when something new has arrived; a repaint only shows that again. It
tells what is pointed at and clicked, and knows no session.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from lab.network_view import NetworkState
from widgets.focus import Lit
from widgets.plots.magnifier import STEP, Magnifier
from widgets.plots.network_drawing import NetworkDrawing
from widgets.plots.network_geometry import HEAD, Spot
from widgets.plots.zoom import WHOLE
from widgets.theme import Theme

LOWEST = 96


class NetworkCanvas(QWidget):
    """Draws a state; `pointed` tells the spot under the pointer, or None, `clicked` a spot.

    `moved` asks for the layer left (-1) or right (1) of the selected one, `opened` for its card.
    A drag or the wheel magnifies a part, and a double click goes back; `zoomed` tells of that, and
    `clicked_twice` that the click before was not meant.
    """

    pointed = Signal(object)
    pressed = Signal()
    clicked = Signal(object, QPointF)
    moved = Signal(int)
    opened = Signal()
    zoomed = Signal()
    clicked_twice = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.drawing = NetworkDrawing(theme)
        self.magnifier = Magnifier(self._shares, self._on_zoomed)
        self.room_of_button = 0  # at the right of the layers' names, of a part
        self.spot: Spot | None = None
        self._pointer: QPointF | None = None
        self._pixmap: QPixmap | None = None
        self._direct = False
        self._reached_by_key = False
        self.setMouseTracking(True)
        self.setMinimumHeight(LOWEST)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def sizeHint(self) -> QSize:
        return QSize(400, 170)

    # -- what it shows

    def begin(self, sizes: tuple[int, ...]) -> None:
        """Show an empty network; of as many layers as before, the same part."""
        if len(sizes) != len(self.drawing.sizes):
            self.magnifier.show(WHOLE)
        self.drawing.begin(sizes)
        self.spot = None
        self._arrange()
        self.magnifier.pan(0)  # which keeps to the limits of this network

    def set_state(self, state: NetworkState) -> None:
        """Show a network as it is now."""
        self.drawing.set_state(state)
        self.redraw()

    def set_kind(self, kind: str, *, logarithmic: bool) -> None:
        """Colour the links by another quantity, or on another scale."""
        self.drawing.set_kind(kind, logarithmic=logarithmic)
        self.redraw()

    def mark(self, selected: int | None, frozen: tuple[int, ...]) -> None:
        """Mark the selected layer and those that are frozen."""
        drawing = self.drawing
        if (selected, frozen) != (drawing.selected, drawing.frozen):
            drawing.selected, drawing.frozen = selected, frozen
            self.redraw()

    def set_path(self, path: tuple[tuple[int, int], ...]) -> None:
        """Join these units, or none, by a line over all else."""
        self.drawing.path = path
        self.update()

    def light(self, lit: Lit | None) -> None:
        """Light the layers that a walk through a step has reached, over what is painted."""
        self.drawing.lit = lit
        self.update()

    def reveal(self, layer: int) -> None:
        """Move the part that is shown so that a layer is in it."""
        geometry = self.drawing.geometry
        if geometry is None or layer >= len(geometry.x):
            return
        left, top, width, height = geometry.inside
        across = (float(geometry.x[layer]) - left) / width - 0.5
        _, first, _, tall = geometry.bars[layer].tolist()
        down = (first + tall / 2 - top) / height - 0.5
        is_in_view = first < top + height and first + tall > top
        self.magnifier.pan(across if abs(across) > 0.5 else 0, 0 if is_in_view else down)

    def redraw(self) -> None:
        """Paint all of it anew, as after a change of the theme."""
        self._pixmap = None
        self.update()

    def _arrange(self) -> None:
        self.drawing.arrange(self.width(), self.height(), self.magnifier.zoom)
        if self.drawing.geometry is not None:
            self.magnifier.limits = self.drawing.geometry.limits
        self.redraw()

    @contextmanager
    def direct(self) -> Iterator[None]:
        """Paint lines and words instead of the pixmap, for pictures to be saved."""
        self._direct = True
        try:
            yield
        finally:
            self._direct = False

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.drawing.geometry is None:
            return
        with QPainter(self) as painter:
            if self._direct:
                self.drawing.paint_to_keep(painter, self.size())
                return
            if self._pixmap is None:
                room = self.room_of_button if self.magnifier.zoom != WHOLE else 0
                self._pixmap = self.drawing.pixels(self.size(), self.devicePixelRatioF(), room)
            painter.drawPixmap(0, 0, self._pixmap)
            self.drawing.paint_over(painter, self.spot)
            accent = QColor(self._theme.colors.accent)
            self.magnifier.draw(painter, accent)
            if self._reached_by_key:
                painter.setPen(accent)
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    # -- the pointer and the keys

    def spot_at(self, at: QPointF) -> Spot | None:
        """Return what is at a point."""
        geometry = self.drawing.geometry
        if geometry is None:
            return None
        return geometry.spot(at.x(), at.y(), self.drawing.visible)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        is_down = event.buttons() & Qt.MouseButton.LeftButton
        if not is_down and self.magnifier.let_go():  # it went up where nobody told
            self.update()
        if self.magnifier.drag(self._pointer):
            self.update()
        else:
            self._point_at(self.spot_at(self._pointer))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._pointer = None
        self._point_at(None)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.magnifier.let_go()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()
            self.magnifier.press(event.position())
        else:
            self.magnifier.let_go()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        is_click, spot = self.magnifier.release(), self.spot_at(event.position())
        self.update()
        if is_click and spot is not None:
            self.clicked.emit(spot, event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            if self.magnifier.zoom != WHOLE:
                self.clicked_twice.emit()
            self.magnifier.show(WHOLE)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.magnifier.turn(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        factors = {Qt.Key.Key_Plus: 1 / STEP, Qt.Key.Key_Minus: STEP}
        if event.key() in steps:
            self.moved.emit(steps[Qt.Key(event.key())])
        elif event.key() in factors:
            self._zoom_at_selected(factors[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_0:
            self.magnifier.show(WHOLE)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def _zoom_at_selected(self, factor: float) -> None:
        """Magnify around the selected layer, or the middle."""
        layer, across = self.drawing.selected, 0.5
        if layer is not None:
            self.reveal(layer)
        geometry = self.drawing.geometry
        if geometry is not None and layer is not None and layer < len(geometry.x):
            across, _ = geometry.shares(float(geometry.x[layer]), HEAD)
        self.magnifier.scale(factor, (across, 0.5))

    def _shares(self, at: QPointF) -> tuple[float, float]:
        geometry = self.drawing.geometry
        return geometry.shares(at.x(), at.y()) if geometry is not None else (0.0, 0.0)

    def _on_zoomed(self) -> None:
        self._arrange()
        if self._pointer is not None:
            self._point_at(self.spot_at(self._pointer))
        self.zoomed.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        reasons = Qt.FocusReason
        self._reached_by_key = event.reason() in (
            reasons.TabFocusReason,
            reasons.BacktabFocusReason,
        )
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._reached_by_key = False
        self.update()

    def event(self, event: QEvent) -> bool:
        """Keep the arrows from the window while the focus is here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in (
                Qt.KeyboardModifier.NoModifier,
                Qt.KeyboardModifier.KeypadModifier,
            )
            if plain and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
                event.accept()
                return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        self.magnifier.pan(0)

    def _point_at(self, spot: Spot | None) -> None:
        if spot == self.spot:
            return
        self.spot = spot
        hand = spot is not None and spot.kind != "loss" and (spot.layer > 0)
        shape = Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)
        self.pointed.emit(spot)
        self.update()
