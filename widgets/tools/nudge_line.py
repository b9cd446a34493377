"""The loss against one weight: its tangent, where we stand, and where one step would land."""

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from core.arrays import Array
from lab.nudging import Nudged
from lab.words import number
from widgets.plots.axes import Plot, Range, roomy_range
from widgets.plots.canvas import Polylines
from widgets.plots.legend import Entry, Legend
from widgets.theme import Theme
from widgets.tools.markers import Mark, Markers
from widgets.tools.nudge_words import signed

FLATTEST_SHARE = 1e-13  # of the loss, what the axis spans at least: below it is rounding
PLAIN_SHARE = 3e-3  # of the loss; of an axis that spans less, ticks would be long numbers
MOST_PLAIN_DIGITS = 3
TINIEST = 1e-300
WIDE_ENOUGH_FOR_WORDS = 170  # pixels


class LossLine(Plot):
    """Gradient descent as one sees it in one dimension; a click nudges the weight to there."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "weight", "loss")
        self.line, self.tangent = Polylines(), Polylines()
        self.markers, self.legend = Markers(), Legend()
        self.draw(self.tangent, self.line, self.markers, self.legend)
        self.nudged: Nudged | None = None
        self._origin, self._unit = 0.0, 1.0  # what the axis counts from, and in
        self.read = self._describe
        self.setAccessibleName(self.tr("Loss against the weight"))
        self.apply_theme()

    def show_nudged(self, nudged: Nudged) -> None:
        """Draw one nudge."""
        self.nudged = nudged
        line, colors = nudged.line, self.theme.colors
        low, high = self._measure(nudged)
        self.line.set_data(line.values, self._height(line.losses)[None, :])
        ends = line.values[[0, -1]]
        self.tangent.set_data(ends, self._height(nudged.tangent(ends))[None, :])
        text, accent = QColor(colors.text), QColor(colors.accent)
        before, after = nudged.nudge.loss_before, nudged.nudge.loss_after
        predicted = before + nudged.nudge.loss_predicted
        marks = [
            (nudged.landing, Mark("diamond", text, filled=False, radius=5)),
            ((nudged.value, before), Mark("round", text)),
        ]
        if nudged.change:
            marks += [
                ((nudged.after, predicted), Mark("round", accent, filled=False, radius=5)),
                ((nudged.after, after), Mark("round", accent, radius=4.5)),
            ]
        self.markers.marks = [(x, float(self._height(y)), mark) for (x, y), mark in marks]
        self._write(nudged)
        self.follow((float(ends[0]), float(ends[1])), (low, high))
        view = self.view()
        self.legend.avoid(line.values, self.line.y[0], view.x_range, view.y_range)

    def apply_theme(self) -> None:
        super().apply_theme()
        colors = self.theme.colors
        self.line.pens = [QPen(QColor(colors.accent))]
        self.tangent.pens = [QPen(QColor(colors.text), 1, Qt.PenStyle.DashLine)]
        self.legend.font, self.legend.ground = self.theme.font("small"), self.theme.veil
        if self.nudged is not None:
            self.show_nudged(self.nudged)

    def _measure(self, nudged: Nudged) -> Range:
        """Choose what the axis counts, so that its numbers are short; returns its range.

        It is the loss, or small differences from the present one, in a unit where that helps.
        """
        line, now = nudged.line, nudged.nudge.loss_before
        near = line.values[0] <= nudged.landing[0] <= line.values[-1]
        marked = [now, nudged.nudge.loss_after, nudged.landing[1] if near else now]
        losses = np.append(line.losses, marked)
        usable = losses[np.isfinite(losses)]
        low, high = (float(usable.min()), float(usable.max())) if usable.size else (0.0, 1.0)
        width = max(high - low, FLATTEST_SHARE * abs(high), TINIEST)
        exponent = math.floor(math.log10(width))
        far = math.isfinite(now) and width < PLAIN_SHARE * abs(now)
        self._origin = now if far else 0.0
        self._unit = 10.0**exponent if far or abs(exponent) > MOST_PLAIN_DIGITS else 1.0
        unit = "" if self._unit == 1 else f" / 1e{exponent}"
        self.set_labels(str(nudged.place), (self.tr("(loss − now)") if far else "loss") + unit)
        ends = float(self._height(low)), float(self._height(high))
        return roomy_range(ends, width / self._unit)

    def _height(self, loss: Array | float) -> Array:
        return (np.asarray(loss) - self._origin) / self._unit

    def _write(self, nudged: Nudged) -> None:
        muted, text = QColor(self.theme.colors.muted), QColor(self.theme.colors.text)
        step = nudged.landing[0] - nudged.value
        slope, landing = self.tr("slope = gradient {0}"), self.tr("◇ a step of the rate: {0}")
        stroke: QPen | None = self.tangent.pens[0]
        if self.canvas.width() < WIDE_ENOUGH_FOR_WORDS:
            slope, landing, stroke = self.tr("slope {0}"), self.tr("◇ {0}"), None
        self.legend.entries = [
            Entry(slope.replace("{0}", number(nudged.gradient)), text, stroke),
            Entry(landing.replace("{0}", signed(step)), muted),
        ]

    def _describe(self, x: float, _y: float) -> str:
        nudged = self.nudged
        if nudged is None:
            return ""
        line = nudged.line
        loss = float(np.interp(x, line.values, line.losses))
        tangent = float(nudged.tangent(np.array(x)))
        return f"{nudged.place} = {number(x)}: loss {number(loss)}, tangent {number(tangent)}"
