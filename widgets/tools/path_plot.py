"""The ladder as two strips over the same rungs: the factors above, their running product below.

A click chooses a rung; the arrow keys go from rung to rung and change the unit of the chosen one.
"""

import numpy as np
from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.arrays import Array
from lab.ladders import Ladder
from widgets.plots.axes import Plot, Range, finite_range
from widgets.theme import Theme
from widgets.tools.path_items import Products, Rungs, Spotlight
from widgets.tools.path_words import rung_words
from widgets.tools.rung_axis import RungAxis

Key = Qt.Key
STEPS = {Key.Key_Left: -1, Key.Key_Right: 1}
TURNS = {Key.Key_Up: 1, Key.Key_Down: -1}
ENDS = (Key.Key_Home, Key.Key_End)
RELEASES = (Key.Key_Delete, Key.Key_Backspace)
FLATTEST_DECADES = 1.0
LONGEST_WORDS = "-8.8e-888"  # to the right of the last rung
GAP_PX, TICKS_GAP_PX = 12, 8
ROOM_PX, VALUE_ROOM_PX = (8, 10), (14, 24)  # above and below the bars


class RungPlot(Plot):
    """A strip; `pressed` carries keys that it keeps from the window."""

    x_axis_type = RungAxis
    pressed = Signal(object)

    def event(self, event: QEvent) -> bool:
        """Claim the keys of a ladder."""
        if event.type() == QEvent.Type.ShortcutOverride and _is_own(event):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_own(event):
            self.pressed.emit(Key(event.key()))
        else:
            super().keyPressEvent(event)


class LadderPlot(QWidget):
    """`chosen` carries a rung, `turned` 1 or -1 for the unit of the chosen one.

    `released` asks to let go of that unit, `pointed` tells what is under the pointer, `menu_wanted`
    where the menu is asked for.
    """

    chosen = Signal(int)
    turned = Signal(int)
    released = Signal()
    pointed = Signal(str)
    menu_wanted = Signal(QPoint)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.ladder: Ladder | None = None
        self.factors = RungPlot(theme, "", self.tr("factor"))
        self.products = RungPlot(theme, "", self.tr("product"))
        self.rungs, self.steps, self.spotlight = Rungs(), Products(), Spotlight()
        self.factors.draw(self.spotlight, self.rungs)
        self.products.draw(self.spotlight, self.steps)
        self.factors.companions, self.products.companions = (self.products,), (self.factors,)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for plot, share in ((self.factors, 1), (self.products, 1)):
            layout.addWidget(plot, share)
            self._prepare(plot)
        self.factors.x_axis.setStyle(showValues=False)
        self.factors.x_axis.setHeight(2)
        self.factors.setAccessibleName(self.tr("Factors of the path"))
        self.products.setAccessibleName(self.tr("Running product of the path"))
        self.apply_theme()

    def _prepare(self, plot: RungPlot) -> None:
        plot.y_axis.logarithmic = True
        plot.read, plot.on_read, plot.on_pick = self._describe, self.pointed.emit, self._on_picked
        plot.pressed.connect(self._on_pressed)
        plot.customContextMenuRequested.connect(
            lambda point: self.menu_wanted.emit(plot.mapToGlobal(point))
        )
        plot.setToolTip(
            self.tr(
                "A click, or Left and Right, chooses a factor; Up and Down lead the path through "
                "another unit there, Delete sets it free."
            )
        )

    @property
    def rung(self) -> int | None:
        """The chosen rung."""
        return self.spotlight.rung

    def show_ladder(self, ladder: Ladder | None, rung: int | None) -> None:
        """Show a ladder or none, and which rung is chosen."""
        self.ladder, self.spotlight.rung = ladder, rung
        factors = ladder.path.factors if ladder is not None else ()
        through = ladder.choice.through if ladder is not None else {}
        pinned = [factor.kind != "loss" and factor.layer in through for factor in factors]
        self.rungs.set_data(ladder, np.array(pinned, bool))
        self.steps.set_data(ladder)
        count = max(1, len(factors))
        width = max(200, self.factors.canvas.width())
        words = self._metrics.horizontalAdvance(LONGEST_WORDS) + GAP_PX
        span = (-0.6, count - 0.4 + count * words / (width - words))
        for plot in (self.factors, self.products):
            axis = plot.x_axis
            assert isinstance(axis, RungAxis)
            axis.set_factors(factors)
        self.products.follow(span, finite_range(self.steps.heights, FLATTEST_DECADES))
        self.factors.follow(span, self._with_room(self.rungs.heights, span))

    def _with_room(self, heights: Array, span: Range) -> Range:
        """The range of heights, and above and below it room for values, pins and signs."""
        low, high = float(heights.min()), float(heights.max())
        high = max(high, low + FLATTEST_DECADES)
        pitch = self.factors.view().width / (span[1] - span[0])
        above, below = VALUE_ROOM_PX if self.rungs.values_fit(pitch) else ROOM_PX
        pixel = (high - low) / max(20.0, self.factors.canvas.height() - above - below)
        return low - below * pixel, high + above * pixel

    @property
    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self._theme.font("small"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._name_axes()

    def _name_axes(self) -> None:
        """Name the upright axes where their names are no longer than the strips are high."""
        longest = self._metrics.horizontalAdvance(self.tr("product")) + GAP_PX
        for plot in (self.factors, self.products):
            plot.y_axis.showLabel(self.height() / 2 >= longest)

    def follow_again(self) -> None:
        """Show all of a new network's ladder."""
        self.factors.following = self.products.following = True

    def apply_theme(self) -> None:
        """Take over the colours of the present theme."""
        for plot in (self.factors, self.products):
            plot.apply_theme()
            plot.y_axis.apart_px = round(self._metrics.height()) + TICKS_GAP_PX
            axis = plot.x_axis
            assert isinstance(axis, RungAxis)
            axis.setStyle(hideOverlappingLabels=False)  # the axis itself sees to that
            axis.metrics = self._metrics
            axis.redraw()
        self._name_axes()
        for item in (self.rungs, self.steps, self.spotlight):
            item.apply_theme(self._theme)

    def _at(self, x: float) -> int | None:
        count = len(self.ladder.path.factors) if self.ladder is not None else 0
        rung = round(x)
        return rung if 0 <= rung < count else None

    def _describe(self, x: float, _y: float) -> str:
        rung = self._at(x)
        if rung is None or self.ladder is None:
            return ""
        return rung_words(self.ladder, rung)

    def _on_picked(self, point: tuple[float, float] | None) -> None:
        rung = self._at(point[0]) if point is not None else None
        if rung is not None:
            self.factors.setFocus(Qt.FocusReason.MouseFocusReason)
            self.chosen.emit(rung)

    def _on_pressed(self, key: Qt.Key) -> None:
        if self.ladder is None:
            return
        last = len(self.ladder.path.factors) - 1
        if key in RELEASES:
            self.released.emit()
        elif key in TURNS:
            self.turned.emit(TURNS[key])
        elif key in ENDS:
            self.chosen.emit(0 if key == Key.Key_Home else last)
        else:
            step = STEPS[key]
            start = self.rung if self.rung is not None else (-1 if step > 0 else last + 1)
            self.chosen.emit(max(0, min(last, start + step)))


def _is_own(event: QEvent) -> bool:
    if not isinstance(event, QKeyEvent):
        return False
    plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return plain and event.key() in {*STEPS, *TURNS, *ENDS, *RELEASES}
