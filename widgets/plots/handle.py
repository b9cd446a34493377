"""The handle on a time axis: where on it all pictures look, which is now unless a person moved it.

It is dragged by its grip or anywhere along the axis' numbers, or moved by keys while its plot has
the focus. It knows the focus that all pictures share, and nothing of what a plot draws.
"""

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip

from core.arrays import Array
from lab.words import spaced
from widgets.focus import Focus
from widgets.plots.axes import Plot
from widgets.plots.canvas import View

GRIP_PX, REACH_PX, LINE_REACH_PX = 6, 10, 4
SHAPE = ((0, -2), (1, -1), (1, 0), (-1, 0), (-1, -1))
GRIP = QPolygonF([QPointF(GRIP_PX * x, GRIP_PX * y) for x, y in SHAPE])
FAR = 10  # stops at once, with Shift
Key, Kind = Qt.Key, QEvent.Type


class TimeHandle(QObject):
    """Draws the moment in a plot over steps and lets a person move it."""

    def __init__(self, plot: Plot, focus: Focus) -> None:
        super().__init__(plot)
        self._plot, self._focus = plot, focus
        self._stops: Array = np.empty(0)
        self._dragged = False
        plot.canvas.items.append(self)
        plot.viewport().installEventFilter(self)
        plot.installEventFilter(self)

    def set_stops(self, steps: Array) -> None:
        """Say at which steps (rows,) keys stop: the last of every row of the picture."""
        self._stops = steps

    @property
    def shown(self) -> int | None:
        """The step at which the handle is; None before the first."""
        if not len(self._stops):
            return None
        newest = int(self._stops[-1])
        moment = self._focus.moment
        return newest if moment is None else min(moment, newest)

    def draw(self, painter: QPainter, view: View) -> None:
        colors = self._plot.theme.colors
        step = self.shown
        if step is None:
            return
        x, past = view.point(step, 0).x(), self._focus.moment is not None
        color = QColor(colors.text if past else colors.accent)
        if past:
            painter.setPen(QPen(color))
            painter.drawLine(QPointF(x, 0), QPointF(x, view.height))
            self._write(painter, view, x, step)
        if not 0 <= x <= view.width:
            return
        whole = max(GRIP_PX, min(x, view.width - GRIP_PX))
        painter.setPen(QPen(QColor(colors.panel)))
        painter.setBrush(color)
        painter.drawPolygon(GRIP.translated(whole, view.height - 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _write(self, painter: QPainter, view: View, x: float, step: int) -> None:
        text = self.tr("step {0}").replace("{0}", spaced(step))
        painter.setFont(self._plot.theme.font("small"))
        metrics = painter.fontMetrics()
        width, base = metrics.horizontalAdvance(text), view.height - metrics.descent() - 2
        beside = GRIP_PX + 4
        left = x + beside if x + beside + width < view.width else x - beside - width
        box = QRectF(left - 2, base - metrics.ascent(), width + 4, metrics.height())
        view.taken.append(box)
        painter.fillRect(box, QColor(self._plot.theme.colors.panel))
        painter.drawText(QPointF(left, base), text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is meant for the handle; the plot gets the rest."""
        if watched is self._plot:
            return self._take_key(event)
        if isinstance(event, QHelpEvent) and self._is_near(QPointF(event.pos())):
            QToolTip.showText(event.globalPos(), self._help(), self._plot.viewport())
            return True
        return isinstance(event, QMouseEvent) and self._take_mouse(event)

    def _take_mouse(self, event: QMouseEvent) -> bool:
        kind, at = event.type(), event.position()
        near = self._is_near(at)
        if kind == Kind.MouseMove and not event.buttons():
            self._point_at(near=near)
            return False
        if event.button() == Qt.MouseButton.LeftButton and near:
            if kind == Kind.MouseButtonDblClick:
                self._focus.choose_moment(None)
                return True
            if kind == Kind.MouseButtonPress:
                self._dragged = True
                self._plot.setFocus(Qt.FocusReason.MouseFocusReason)
                if not self._is_on_grip(at):
                    self._move_to(at.x())
                return True
        if not self._dragged:
            return False
        if kind == Kind.MouseMove:
            self._move_to(at.x())
        elif kind == Kind.MouseButtonRelease:
            self._dragged = False
        return True

    def _take_key(self, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.type() == Kind.KeyRelease:
            return False
        keys = {Key.Key_Left, Key.Key_Right, Key.Key_Home, Key.Key_End}
        if self._focus.moment is not None:
            keys.add(Key.Key_Escape)
        if event.key() not in keys or event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier:
            return False
        if event.type() == Kind.ShortcutOverride:
            event.accept()  # else Right would take a step
        else:
            self._move_by_key(Key(event.key()), far=bool(event.modifiers()))
        return True

    def _move_by_key(self, key: Qt.Key, *, far: bool) -> None:
        step = self.shown
        if step is None:
            return
        if key in (Key.Key_End, Key.Key_Escape):
            self._focus.choose_moment(None)
            return
        count = FAR if far else 1
        place = int(np.searchsorted(self._stops, step))
        place = {Key.Key_Left: place - count, Key.Key_Right: place + count}.get(key, 0)
        self._choose(int(self._stops[max(0, min(place, len(self._stops) - 1))]))

    def _move_to(self, x: float) -> None:
        canvas, (low, high) = self._plot.canvas, self._plot.view().x_range
        self._choose(round(low + (x - canvas.x()) * (high - low) / max(1, canvas.width())))

    def _choose(self, step: int) -> None:
        if len(self._stops):
            now = step >= self._stops[-1]
            self._focus.choose_moment(None if now else max(1, step))

    def _is_near(self, at: QPointF) -> bool:
        """Whether a place of the viewport is on the grip, the line or the axis."""
        if not len(self._stops):
            return False
        inside = self._plot.canvas.geometry()
        on_axis = at.y() > inside.bottom() and inside.left() <= at.x() <= inside.right()
        return on_axis or self._is_on_grip(at)

    def _is_on_grip(self, at: QPointF) -> bool:
        inside, step = self._plot.canvas.geometry(), self.shown
        if step is None or not inside.adjusted(-REACH_PX, 0, REACH_PX, 0).contains(at.toPoint()):
            return False
        away = abs(at.x() - inside.x() - self._plot.view().point(step, 0).x())
        low = at.y() > inside.bottom() - 2 * GRIP_PX - 2
        return away <= (REACH_PX if low else LINE_REACH_PX if self._focus.moment else -1)

    def _point_at(self, *, near: bool) -> None:
        if near:
            self._plot.viewport().setCursor(Qt.CursorShape.SizeHorCursor)
        else:
            self._plot.viewport().unsetCursor()

    def _help(self) -> str:
        return self.tr(
            "Drag to look back at an earlier step; double-click to look at now again.\n"
            "With the keyboard: Tab to the plot, then Left, Right, Home and End; Escape is now."
        )
