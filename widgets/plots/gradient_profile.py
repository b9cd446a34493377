"""A magnitude against the layer, now: the picture in which a vanishing gradient is a slope."""

import numpy as np
import pyqtgraph as pg

from core.arrays import Array
from core.measures import ROW, Quantity
from lab.verdict import number, signal_factor
from widgets.plots.axes import Plot, decades, finite_range
from widgets.plots.polylines import Dots
from widgets.theme import Theme

FLATTEST_DECADES = 2.0
FEWEST_FITTED = 3


class GradientProfile(Plot):
    """Dots per layer; for the signal gradient the fitted line with its factor per layer."""

    def __init__(self, theme: Theme) -> None:
        self.dots = Dots()
        self.fit = pg.PlotCurveItem()
        self.factor_label = pg.TextItem(anchor=(0, 0))
        self.values: Array = np.empty(0)
        self._quantity: Quantity | None = None
        super().__init__(theme, "layer (input → output)", "")
        self.x_axis.whole = True
        for item in (self.fit, self.dots, self.factor_label):
            self.addItem(item, ignoreBounds=True)
        self.read = self._describe
        self.apply_theme()

    def show_magnitudes(self, magnitudes: Array, quantity: Quantity) -> None:
        """Draw one step's matrix (quantities, layers)."""
        n_before = len(self.values)
        values = magnitudes[ROW[quantity.name]]
        self.values = values[:-1] if quantity.hidden_only and len(values) > 1 else values
        if self._quantity is not quantity:
            self._quantity = quantity
            self.y_axis.logarithmic = quantity.logarithmic
            self.set_labels("layer (input → output)", quantity.symbol)
        if len(self.values) != n_before:
            self._color_dots()
        layers = np.arange(1, len(self.values) + 1)
        plotted = decades(self.values) if quantity.logarithmic else self.values
        self.dots.set_data(layers, plotted)
        y_range = finite_range(plotted, FLATTEST_DECADES if quantity.logarithmic else 0.2)
        if not quantity.logarithmic:
            y_range = (-0.04, 1.04)
        self.follow((0.5, max(2, len(self.values)) + 0.5), y_range)
        self._show_fit(y_range)

    def apply_theme(self) -> None:
        super().apply_theme()
        colors = self.theme.colors
        self.fit.setPen(pg.mkPen(colors.accent, width=2))
        self.factor_label.setColor(colors.accent)
        self.factor_label.setFont(self.theme.font("large"))
        self._color_dots()

    def _color_dots(self) -> None:
        colors, count = self.theme.colors, len(self.values)
        line = pg.mkColor(colors.muted)
        self.dots.set_colors(line, [colors.layer(index, count) for index in range(count)])

    def _show_fit(self, y_range: tuple[float, float] | None) -> None:
        hidden = self.values[:-1]
        fitted = (
            self._quantity is not None
            and self._quantity.name.startswith("signal_gradient")
            and len(hidden) >= FEWEST_FITTED
            and bool((hidden > 0).all())
        )
        self.fit.setVisible(fitted)
        self.factor_label.setVisible(fitted and y_range is not None)
        if not fitted or y_range is None:
            return
        factor = signal_factor(hidden)
        layers = np.array([1.0, len(hidden)])
        middle = float(np.log10(hidden).mean())
        slope = -np.log10(factor)
        self.fit.setData(layers, middle + slope * (layers - layers.mean()))
        self.factor_label.setPlainText(f"×{number(factor)} per layer")
        # Where the line is low there is room above it.
        rising = slope >= 0
        self.factor_label.setAnchor((0, 0) if rising else (1, 0))
        x_low, x_high = self.getViewBox().viewRange()[0]
        y_high = self.getViewBox().viewRange()[1][1]
        self.factor_label.setPos(x_low if rising else x_high, y_high)

    def _describe(self, x: float, _y: float) -> str:
        if not len(self.values):
            return ""
        layer = int(np.clip(round(x), 1, len(self.values)))
        return f"layer {layer}: {number(self.values[layer - 1])}"
