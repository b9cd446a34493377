"""The surface on which the network is drawn, and what the pointer finds on it.

It is painted into a pixmap when something new has arrived; a repaint only shows that again. It
tells what is pointed at and clicked, and knows no session.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPaintEngine,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from core.arrays import Array
from lab.network_view import NetworkState
from lab.words import known
from widgets.focus import Lit
from widgets.plots import network_paint as paint
from widgets.plots.magnifier import STEP, Magnifier
from widgets.plots.network_flow import flow_strengths, paint_flow
from widgets.plots.network_geometry import HEAD, Geometry, Spot, geometry_of
from widgets.plots.network_lit import paint_lit
from widgets.plots.zoom import WHOLE
from widgets.theme import Theme

NOTHING = np.zeros(0, np.intp)
LOWEST = 96
PIXELS_IN_LINES = 3.0  # for one of the screen, where a picture of lines has a part of pixels


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
        self.geometry_now: Geometry | None = None
        self.magnifier = Magnifier(self._shares, self._on_zoomed)
        self._pointer: QPointF | None = None
        self.room_of_button = 0  # at the right of the layers' names, of a part
        self.state: NetworkState | None = None
        self.kind, self.logarithmic = "weight", False
        self.visible = NOTHING
        self._sizes: tuple[int, ...] = ()
        self._values = self._strengths = np.zeros(0)
        self._frozen: tuple[int, ...] = ()
        self._selected: int | None = None
        self._lit: Lit | None = None
        self._loss = ""
        self.spot: Spot | None = None
        self._path: tuple[tuple[int, int], ...] = ()
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
        if len(sizes) != len(self._sizes):
            self.magnifier.show(WHOLE)
        self._sizes, self.state, self._loss, self.spot = sizes, None, "", None
        self._arrange()
        self.magnifier.pan(0)  # which keeps to the limits of this network

    def set_state(self, state: NetworkState) -> None:
        """Show a network as it is now."""
        self.state, self._loss = state, known(state.loss)
        self._weigh()

    def set_kind(self, kind: str, *, logarithmic: bool) -> None:
        """Colour the links by another quantity, or on another scale."""
        self.kind, self.logarithmic = kind, logarithmic
        self._weigh()

    def mark(self, selected: int | None, frozen: tuple[int, ...]) -> None:
        """Mark the selected layer and those that are frozen."""
        if (selected, frozen) != (self._selected, self._frozen):
            self._selected, self._frozen = selected, frozen
            self.redraw()

    def set_path(self, path: tuple[tuple[int, int], ...]) -> None:
        """Join these units, or none, by a line over all else."""
        self._path = path
        self.update()

    def light(self, lit: Lit | None) -> None:
        """Light the layers that a walk through a step has reached, over what is painted."""
        self._lit = lit
        self.update()

    def reveal(self, layer: int) -> None:
        """Move the part that is shown so that a layer is in it."""
        geometry = self.geometry_now
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

    @contextmanager
    def direct(self) -> Iterator[None]:
        """Paint lines and words instead of the pixmap, for pictures to be saved."""
        self._direct = True
        try:
            yield
        finally:
            self._direct = False

    def _arrange(self) -> None:
        if self._sizes:
            self.geometry_now = geometry_of(
                self._sizes, self.width(), self.height(), self.magnifier.zoom
            )
            self.magnifier.limits = self.geometry_now.limits
        self._weigh()

    def _weigh(self) -> None:
        """Find out how strong every link is, and which are worth drawing."""
        self._values, self.visible = np.zeros(0), NOTHING
        if self.geometry_now is not None and self.geometry_now.cell and self._links:
            self._values = np.concatenate([values.ravel() for values in self._links])
            self._strengths = paint.link_strengths(self._values, logarithmic=self.logarithmic)
            self.visible = paint.visible_links(self.geometry_now, self._strengths)
        self.redraw()

    @property
    def _links(self) -> tuple[Array, ...]:
        return self.state.links.get(self.kind, ()) if self.state is not None else ()

    # -- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        geometry = self.geometry_now
        if geometry is None:
            return
        with QPainter(self) as painter:
            if self._direct:
                self._paint_directly(painter, geometry)
                return
            if self._pixmap is None:
                self._pixmap = self._painted(geometry, self.devicePixelRatioF())
            painter.drawPixmap(0, 0, self._pixmap)
            painter.save()
            self._clip(painter, geometry)
            self._paint_path(painter, geometry)
            self._paint_pointed(painter, geometry)
            painter.restore()
            if self._lit is not None:
                paint_lit(painter, geometry, self._lit, self._theme.colors)
            self.magnifier.draw(painter, QColor(self._theme.colors.accent))
            if self._reached_by_key:
                painter.setPen(QColor(self._theme.colors.accent))
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_directly(self, painter: QPainter, geometry: Geometry) -> None:
        """Paint lines and words; but a part as pixels where nothing can be clipped, as in SVG."""
        engine = painter.paintEngine()
        if geometry.zoom != WHOLE and engine.type() == QPaintEngine.Type.SVG:
            pixmap = self._painted(geometry, PIXELS_IN_LINES)
            with QPainter(pixmap) as inner:
                self._clip(inner, geometry)
                self._paint_path(inner, geometry)
            painter.drawPixmap(0, 0, pixmap)
        else:
            self._paint(painter, geometry)
            self._clip(painter, geometry)
            self._paint_path(painter, geometry)

    def _clip(self, painter: QPainter, geometry: Geometry) -> None:
        """Leave out the units above and below the part that is shown."""
        if geometry.zoom != WHOLE:
            painter.setClipRect(QRectF(0, HEAD - 4, self.width(), geometry.inside[3] + 8))

    def _painted(self, geometry: Geometry, ratio: float) -> QPixmap:
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(QColor(self._theme.colors.panel))
        with QPainter(pixmap) as painter:
            self._paint(painter, geometry)
        return pixmap

    def _paint(self, painter: QPainter, geometry: Geometry) -> None:
        colors, state = self._theme.colors, self.state
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state is not None:
            paint_flow(painter, geometry, flow_strengths(state.magnitudes), colors)
        painter.save()
        self._clip(painter, geometry)
        self._paint_selected(painter, geometry)
        if geometry.cell:
            paint.paint_links(
                painter, geometry, self._values, self._strengths, self.visible, self._theme
            )
            paint.paint_units(painter, geometry, state, colors)
        else:
            if state is not None:
                sizes = state.sizes[self.kind]
                paint.paint_bands(painter, geometry, sizes, colors, logarithmic=self.logarithmic)
            paint.paint_bars(painter, geometry, state, colors)
        painter.restore()
        self._paint_words(painter, geometry)

    def _paint_words(self, painter: QPainter, geometry: Geometry) -> None:
        colors = self._theme.colors
        painter.setFont(self._theme.font("small"))
        is_part = geometry.zoom != WHOLE and not self._direct
        end = self.width() - self.room_of_button if is_part else self.width()
        for index, name in paint.names_of(geometry):
            if geometry.x[index] > end:
                continue
            chosen = index == self._selected
            painter.setPen(QColor(colors.accent if chosen else colors.muted))
            middle = float(geometry.x[index])
            painter.drawText(
                QRectF(middle - 40, 2, 80, HEAD - 6), Qt.AlignmentFlag.AlignCenter, name
            )
        for layer in self._frozen:
            if layer < len(geometry.x) and geometry.x[layer] <= end:
                middle = float(geometry.x[layer])
                shift = min(16.0, max(0.0, geometry.pitch / 2 - 5))
                paint.paint_lock(painter, middle + shift, HEAD / 2, QColor(colors.text))
        box = QRectF(geometry.loss_x - 29, geometry.foot - 30, 58, 38)
        painter.setPen(QColor(colors.muted))
        painter.drawText(box.adjusted(0, 0, 0, -20), Qt.AlignmentFlag.AlignCenter, self.tr("loss"))
        painter.setPen(QColor(colors.text))
        painter.drawText(box.adjusted(0, 22, 0, 0), Qt.AlignmentFlag.AlignCenter, self._loss)

    def _paint_selected(self, painter: QPainter, geometry: Geometry) -> None:
        layer = self._selected
        if layer is None or not 0 < layer < len(geometry.x):
            return
        left, top, width, height = geometry.bars[layer].tolist()
        accent = QColor(self._theme.colors.accent)
        painter.setPen(QPen(accent, 1.4 * self._theme.line_width))
        accent.setAlphaF(0.12)
        painter.setBrush(accent)
        margin = 4.0 if geometry.cell else 2.0
        frame = QRectF(left, top, width, height).adjusted(-margin, -margin, margin, margin)
        painter.drawRoundedRect(frame, 3, 3)

    def _paint_path(self, painter: QPainter, geometry: Geometry) -> None:
        if self._path:
            paint.paint_path(painter, geometry, self._path, self._theme.colors)

    def _paint_pointed(self, painter: QPainter, geometry: Geometry) -> None:
        """Light up the unit or link under the pointer."""
        spot = self.spot
        if spot is None or not geometry.cell or self.state is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._theme.colors.text), 1.6 * self._theme.line_width))
        if spot.kind == "unit":
            x, y = geometry.cells[spot.layer][spot.column].tolist()
            side = float(geometry.sides[spot.layer])
            painter.drawRect(QRectF(x, y, side, side))
        elif spot.kind == "link":
            paint.paint_link(painter, geometry, geometry.number_of_link(spot), self.visible)

    # -- the pointer and the keys

    def spot_at(self, at: QPointF) -> Spot | None:
        """Return what is at a point."""
        if self.geometry_now is None:
            return None
        return self.geometry_now.spot(at.x(), at.y(), self.visible)

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
        layer, across = self._selected, 0.5
        if layer is not None:
            self.reveal(layer)
        geometry = self.geometry_now
        if geometry is not None and layer is not None and layer < len(geometry.x):
            across, _ = geometry.shares(float(geometry.x[layer]), HEAD)
        self.magnifier.scale(factor, (across, 0.5))

    def _shares(self, at: QPointF) -> tuple[float, float]:
        geometry = self.geometry_now
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
