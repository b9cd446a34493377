"""Axes and the plot area: own ticks, own ranges, a hover readout, zoom that can be taken back.

Logarithmic plots hold log10 of their values, with a floor for zero, so that ranges stay sane when a
gradient is exactly zero; only the ticks know that the numbers are exponents.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtWidgets import QWidget

from core.arrays import Array
from lab.verdict import number
from widgets.theme import Theme

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST_TICKS = 8
HOVER_RATE_HZ = 20
MARGIN = 0.04


def decades(values: Array) -> Array:
    """Return log10 of magnitudes, NaN where there is none (zero, NaN, infinity)."""
    usable = np.isfinite(values) & (values > 0)
    return np.log10(values, where=usable, out=np.full(values.shape, np.nan))


def finite_range(values: Array, least: float) -> tuple[float, float] | None:
    """Return a range around all finite values with a margin, at least `least` wide."""
    usable = values[np.isfinite(values)]
    if not usable.size:
        return None
    low, high = float(usable.min()), float(usable.max())
    missing = max(0.0, least - (high - low)) / 2
    margin = MARGIN * max(high - low, least)
    return low - missing - margin, high + missing + margin


class NumberAxis(pg.AxisItem):
    """An axis of plain numbers, or of exponents of ten when `logarithmic`."""

    logarithmic = False
    whole = False

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Return (spacing, values): whole decades, or 1-2-5 where there is room."""
        room = max(2, min(MOST_TICKS, int(size / 40)))
        spacing = _nice_spacing((high - low) / room, whole=self.logarithmic or self.whole)
        if self.logarithmic and high - low < 1.2:
            ticks = [
                exponent + math.log10(digit)
                for exponent in range(math.floor(low), math.ceil(high) + 1)
                for digit in (1, 2, 5)
            ]
            return [(1.0, [tick for tick in ticks if low <= tick <= high])]
        first, last = math.ceil(low / spacing), math.floor(high / spacing)
        return [(spacing, [index * spacing for index in range(first, last + 1)])]

    def tickStrings(self, values: Sequence[float], _scale: float, spacing: float) -> list[str]:
        """Write each tick: powers of ten as such, steps with thin spaces."""
        if not self.logarithmic:
            digits = max(0, -math.floor(math.log10(spacing))) if spacing < 1 else 0
            return [f"{value:,.{digits}f}".replace(",", "\u2009") for value in values]
        return [_power_of_ten(value) for value in values]


def _power_of_ten(exponent: float) -> str:
    whole = round(exponent)
    if abs(exponent - whole) > 1e-6:
        return number(10**exponent)
    if -2 <= whole <= 3:
        return f"{10**whole:g}"
    return f"10{str(whole).translate(SUPERSCRIPT)}"


def _nice_spacing(rough: float, *, whole: bool) -> float:
    if rough <= 0:
        return 1.0
    base = 10 ** math.floor(math.log10(rough))
    spacing = next(base * factor for factor in (1, 2, 5, 10) if base * factor >= rough * 0.999)
    return max(1.0, float(round(spacing))) if whole else spacing


class Plot(pg.PlotWidget):
    """A plot area without frame or built-in menu.

    It follows the data until a person zooms by dragging; a double click follows again.
    """

    def __init__(self, theme: Theme, x_label: str, y_label: str) -> None:
        self.x_axis = NumberAxis("bottom")
        self.y_axis = NumberAxis("left")
        super().__init__(axisItems={"bottom": self.x_axis, "left": self.y_axis})
        self.theme = theme
        self.following = True
        self._labels = (x_label, y_label)
        self.read: Callable[[float, float], str] = lambda _x, _y: ""
        self.on_read: Callable[[str], None] = lambda _text: None
        item = self.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.layout.setContentsMargins(4, 4, 12, 2)
        box = item.getViewBox()
        box.setMouseMode(pg.ViewBox.RectMode)
        box.disableAutoRange()
        box.setDefaultPadding(0)
        box.sigRangeChangedManually.connect(self._on_zoomed)
        self.scene().sigMouseClicked.connect(self._on_clicked)
        self._hover = pg.SignalProxy(
            self.scene().sigMouseMoved, rateLimit=HOVER_RATE_HZ, slot=self._on_mouse_moved
        )
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.viewport().installEventFilter(self)
        self.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        self.apply_theme()

    def set_labels(self, x_label: str, y_label: str) -> None:
        """Name both axes."""
        self._labels = (x_label, y_label)
        self._write_labels()

    def apply_theme(self) -> None:
        """Take over the colours and fonts of the present theme."""
        colors, font = self.theme.colors, self.theme.font("small")
        self.setBackground(colors.panel)
        for axis in (self.x_axis, self.y_axis):
            axis.setPen(pg.mkPen(colors.line))
            axis.setTextPen(pg.mkPen(colors.muted))
            axis.setTickFont(font)
            axis.setStyle(tickLength=-4, maxTickLevel=0, hideOverlappingLabels=True)
            axis.setGrid(28 if colors.dark else 40)
        self.y_axis.setWidth(54 + 3 * max(0, self.theme.zoom))
        self._write_labels()

    def follow(self, x_range: tuple[float, float], y_range: tuple[float, float] | None) -> None:
        """Show these ranges, unless a person has zoomed."""
        if self.following and y_range is not None:
            self.getViewBox().setRange(xRange=x_range, yRange=y_range, padding=0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Clear the readout when the pointer leaves."""
        if event.type() == QEvent.Type.Leave:
            self.on_read("")
        return bool(super().eventFilter(watched, event))

    def _write_labels(self) -> None:
        style = {"color": self.theme.colors.muted}
        for axis, text in zip((self.x_axis, self.y_axis), self._labels, strict=True):
            axis.setLabel(text, **style)
            axis.label.setFont(self.theme.font("small"))

    def _on_zoomed(self) -> None:
        self.following = False

    def _on_clicked(self, event: object) -> None:
        if getattr(event, "double", lambda: False)():
            self.following = True

    def _on_mouse_moved(self, args: tuple[QPointF]) -> None:
        box = self.getViewBox()
        if not box.sceneBoundingRect().contains(args[0]):
            self.on_read("")
            return
        point = box.mapSceneToView(args[0])
        self.on_read(self.read(point.x(), point.y()))


def is_shown(widget: QWidget) -> bool:
    """Whether drawing the widget would change what a person sees."""
    return widget.isVisible() and not widget.visibleRegion().isEmpty()
