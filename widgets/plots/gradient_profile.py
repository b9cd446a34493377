"""A magnitude against the layer, now: the picture in which a vanishing gradient is a slope."""

import numpy as np
from PySide6.QtGui import QColor, QPen

from core.arrays import Array
from core.measures import ROW, Quantity
from lab.traces import decades
from lab.verdict import number, signal_factor
from widgets.plots.axes import Plot, finite_range
from widgets.plots.canvas import Dots, Labels, Segment, Words
from widgets.plots.level import Level
from widgets.theme import Theme

FLATTEST_DECADES = 2.0
SHARE_RANGE = (0.0, 1.0)
FEWEST_FITTED = 3
LAYERS_APART_PX = 36
TITLE = "layer (input → output)"


class GradientProfile(Plot):
    """Dots per layer; for the signal gradient the fitted line with its factor per layer."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, TITLE, "")
        self.dots, self.fit, self._factor = Dots(), Segment(), Labels()
        self.level = Level()
        self.draw(self.level, self.fit, self.dots, self._factor)
        self.x_axis.whole, self.x_axis.apart_px = True, LAYERS_APART_PX
        self.values: Array = np.empty(0)
        self._quantity: Quantity | None = None
        self.read = self._describe
        self.apply_theme()

    def show_magnitudes(self, magnitudes: Array, quantity: Quantity) -> None:
        """Draw one step's matrix (quantities, layers)."""
        values = magnitudes[ROW[quantity.name]]
        self.values = values[:-1] if quantity.hidden_only and len(values) > 1 else values
        if self._quantity is not quantity:
            self._quantity = quantity
            self.y_axis.logarithmic = quantity.logarithmic
            self.set_labels(TITLE, quantity.symbol)
        if len(self.values) != len(self.dots.colors):
            self._color_dots()
        plotted = decades(self.values) if quantity.logarithmic else self.values
        self.dots.set_data(np.arange(1, len(self.values) + 1), plotted)
        y_range = SHARE_RANGE
        if quantity.logarithmic:
            y_range = finite_range(plotted, FLATTEST_DECADES) or (-1.0, 1.0)
        y_range = self.level.widened(quantity, y_range) or y_range
        self.follow((0.5, max(2, len(self.values)) + 0.5), y_range)
        self._show_fit()

    def apply_theme(self) -> None:
        super().apply_theme()
        colors = self.theme.colors
        self.fit.pen = QPen(QColor(colors.accent), 1.6)
        self.dots.pen = QPen(QColor(colors.muted))
        self.level.apply_theme(self.theme)
        self._factor.font = self.theme.font("large")
        self._color_dots()

    def _color_dots(self) -> None:
        count = len(self.values)
        self.dots.colors = [self.theme.colors.layer(index, count) for index in range(count)]

    def _show_fit(self) -> None:
        """Draw what the verdict goes by: a line through log10 over the hidden layers."""
        hidden, quantity = self.values[:-1], self._quantity
        self.fit.ends, self._factor.words = None, []
        signal = quantity is not None and quantity.name.startswith("signal_gradient")
        if not signal or len(hidden) < FEWEST_FITTED or not (hidden > 0).all():
            return
        factor = signal_factor(hidden)
        rise, middle = -np.log10(factor), float(np.log10(hidden).mean())
        reach = (len(hidden) - 1) / 2
        self.fit.ends = ((1.0, middle - rise * reach), (len(hidden), middle + rise * reach))
        # There is room above the line's lower end.
        (left, right), (_, high) = self.view().x_range, self.view().y_range
        rising = bool(rise >= 0)
        color = QColor(self.theme.colors.accent)
        text = f"×{number(factor)} per layer"
        self._factor.words = [Words(text, left if rising else right, high, color, not rising)]

    def _describe(self, x: float, _y: float) -> str:
        if not len(self.values):
            return ""
        layer = int(np.clip(round(x), 1, len(self.values)))
        value = self.values[layer - 1]
        return f"layer {layer}: {number(value)}{self.level.meaning(value)}"
