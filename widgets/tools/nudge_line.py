"""The loss against one weight: its tangent, where we stand, and where one step would land."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from lab.nudging import Nudged
from lab.words import number
from widgets.plots.axes import FARTHEST, Plot, Range, roomy_range
from widgets.plots.canvas import Polylines
from widgets.plots.legend import Entry, Legend
from widgets.theme import Theme
from widgets.tools.loss_scale import LossScale
from widgets.tools.markers import Mark, Markers
from widgets.tools.nudge_words import signed

FLATTEST_SHARE = 1e-13  # of the loss, what the axis spans at least: below it is rounding


class LossLine(Plot):
    """Gradient descent as one sees it in one dimension; a click nudges the weight to there."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "weight", "loss")
        self.line, self.tangent = Polylines(), Polylines()
        self.markers, self.legend = Markers(), Legend()
        self.draw(self.tangent, self.line, self.markers, self.legend)
        self.nudged: Nudged | None = None
        self.scale = LossScale()
        self.read = self._describe
        self.setAccessibleName(self.tr("Loss against the weight"))
        self.apply_theme()

    def show_nudged(self, nudged: Nudged) -> None:
        """Draw one nudge."""
        self.nudged = nudged
        line, colors = nudged.line, self.theme.colors
        y_range = self._fit(nudged)
        self.line.set_data(line.values, self.scale.height(line.losses)[None, :])
        ends = line.values[[0, -1]]
        self.tangent.set_data(ends, self.scale.height(nudged.tangent(ends))[None, :])
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
        self.markers.marks = [(x, float(self.scale.height(y)), mark) for (x, y), mark in marks]
        self._write(nudged)
        self.legend.keep_to(self.canvas.height())
        self.follow((float(ends[0]), float(ends[1])), y_range)
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

    def _fit(self, nudged: Nudged) -> Range:
        """Fit the scale to what is shown; returns the range in it."""
        line, now = nudged.line, nudged.nudge.loss_before
        near = line.values[0] <= nudged.landing[0] <= line.values[-1]
        marked = [now, nudged.nudge.loss_after, nudged.landing[1] if near else now]
        losses = np.append(line.losses, marked)
        usable = losses[np.isfinite(losses)].clip(-FARTHEST, FARTHEST)
        low, high = (float(usable.min()), float(usable.max())) if usable.size else (0.0, 1.0)
        width = max(high - low, FLATTEST_SHARE * abs(high))
        self.scale.fit(now, width)
        fits = self.length_of(self.scale.label) <= self.canvas.height()
        label = self.scale.label if fits else self.scale.short_label
        self.set_labels(str(nudged.place), label)
        ends = float(self.scale.height(low)), float(self.scale.height(high))
        return roomy_range(ends, width / self.scale.unit)

    def _write(self, nudged: Nudged) -> None:
        muted, text = QColor(self.theme.colors.muted), QColor(self.theme.colors.text)
        step, stroke = signed(nudged.landing[0] - nudged.value), self.tangent.pens[0]
        slope = self.tr("slope = gradient {0}").replace("{0}", number(nudged.gradient))
        landing = self.tr("◇ a step of the rate: {0}").replace("{0}", step)
        self.legend.entries = [Entry(slope, text, stroke), Entry(landing, muted)]
        if not self.legend.fits(self.canvas.width()):
            slope = self.tr("slope {0}").replace("{0}", number(nudged.gradient))
            landing = self.tr("◇ step {0}").replace("{0}", step)
            self.legend.entries = [Entry(slope, text), Entry(landing, muted)]

    def _describe(self, x: float, _y: float) -> str:
        nudged = self.nudged
        if nudged is None:
            return ""
        line = nudged.line
        loss = float(np.interp(x, line.values, line.losses))
        tangent = float(nudged.tangent(np.array(x)))
        return f"{nudged.place} = {number(x)}: loss {number(loss)}, tangent {number(tangent)}"
