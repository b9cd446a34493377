"""The relative error of backpropagation per layer, on a log axis, against the line it must pass."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from core.arrays import Array
from core.differences import TOLERANCE
from lab.gradient_check import GradientCheck
from lab.traces import decades
from lab.words import brief, known
from widgets.plots.axes import Plot, finite_range
from widgets.plots.canvas import Polylines
from widgets.plots.dots import Dots
from widgets.theme import Theme
from widgets.tools.symbols import Symbols

LAYERS_APART_PX = 36
LEAST_DECADES = 4.0


class CheckPlot(Plot):
    """Dots against central differences, crosses against autograd, squares in own precision."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "layer (input → output)", "relative error")
        self.limit, self.differences = Polylines(), Dots()
        self.autograd, self.own = Symbols("cross"), Symbols("square")
        self.draw(self.limit, self.own, self.differences, self.autograd)
        self.x_axis.whole, self.x_axis.apart_px = True, LAYERS_APART_PX
        self.y_axis.logarithmic = True
        self.check: GradientCheck | None = None
        self.read = self._describe
        self.setAccessibleName(self.tr("Relative error against layer"))
        self.apply_theme()

    def show_check(self, check: GradientCheck | None) -> None:
        """Draw a check, or none."""
        self.check = check
        if check is None:
            for item in (self.differences, self.autograd, self.own):
                item.x = item.y = np.empty(0)
            self.limit.set_data(np.empty(0), np.empty((0, 0)))
            self.canvas.update()
            return
        count = len(check.sizes)
        layers = np.arange(1, count + 1)
        errors = decades(check.comparison.errors)
        self.differences.colors = [self.theme.colors.layer(i, count) for i in range(count)]
        self.differences.set_data(layers, errors)
        allowed = np.full(2, np.log10(TOLERANCE))
        ends = 0.5, max(2, count) + 0.5
        self.limit.set_data(np.array(ends), allowed[None, :])
        drawn = [errors, allowed]
        for item, norms in ((self.autograd, check.autograd), (self.own, check.own)):
            item.x = layers if norms is not None else np.empty(0)
            item.y = decades(norms) if norms is not None else np.empty(0)
            drawn.append(item.y)
        heights = finite_range(np.concatenate(drawn), LEAST_DECADES) or (-16.0, 0.0)
        self.follow(ends, heights)

    def apply_theme(self) -> None:
        super().apply_theme()
        colors = self.theme.colors
        self.differences.pen = QPen(QColor(colors.muted))
        self.limit.pens = [QPen(QColor(colors.text), 1, Qt.PenStyle.DashLine)]
        self.autograd.color = QColor(colors.first_class)
        self.own.color = QColor(colors.second_class)
        self.show_check(self.check)

    def layer_at(self, x: float) -> int | None:
        """Return the layer, counted from 0, at a place of the axis."""
        count = 0 if self.check is None else len(self.check.sizes)
        return int(np.clip(round(x), 1, count)) - 1 if count else None

    def legend(self) -> str:
        """Say in coloured words what is drawn."""
        check, colors = self.check, self.theme.colors
        if check is None:
            return ""
        words = [
            (self.tr("● worst weight"), colors.text),
            (self.tr("┄ {0} allowed").replace("{0}", brief(TOLERANCE)), colors.text),
        ]
        if check.autograd is not None:
            words.insert(1, (self.tr("✕ autograd"), colors.first_class))
        if check.own is not None:
            own = self.tr("□ {0}").replace("{0}", check.precision)
            words.insert(-1, (own, colors.ink(colors.second_class).name()))
        return "&nbsp;&nbsp; ".join(
            f"<span style='color:{ink}'>{text.replace(' ', '&nbsp;')}</span>" for text, ink in words
        )

    def _describe(self, x: float, _y: float) -> str:
        check, index = self.check, self.layer_at(x)
        if check is None or index is None:
            return ""
        where = "" if check.worst[index] is None else f", {check.worst[index]}"
        parts = [f"layer {index + 1}{where}: {known(check.comparison.errors[index])}"]
        others: tuple[tuple[str, Array | None], ...] = (
            ("autograd", check.autograd),
            (check.precision, check.own),
        )
        parts += [f"{name} {known(one[index])}" for name, one in others if one is not None]
        return ", ".join(parts)
