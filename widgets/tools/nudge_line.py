"""The loss against one weight: its tangent, where we stand, and where one step would land."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from core.arrays import Array
from lab.nudging import Nudged
from lab.words import number
from widgets.plots.axes import Plot, Range, finite_range
from widgets.plots.canvas import Polylines
from widgets.plots.legend import Entry, Legend
from widgets.theme import Theme
from widgets.tools.markers import Mark, Markers
from widgets.tools.nudge_words import signed

FLATTEST_SHARE = 1e-6  # of the loss, what the axis spans at least


class LossLine(Plot):
    """Gradient descent as one sees it in one dimension; a click nudges the weight to there."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "weight", "loss")
        self.line, self.tangent = Polylines(), Polylines()
        self.markers, self.legend = Markers(), Legend()
        self.draw(self.tangent, self.line, self.markers, self.legend)
        self.nudged: Nudged | None = None
        self.read = self._describe
        self.setAccessibleName(self.tr("Loss against the weight"))
        self.apply_theme()

    def show_nudged(self, nudged: Nudged) -> None:
        """Draw one nudge."""
        self.nudged = nudged
        line, colors = nudged.line, self.theme.colors
        self.set_labels(str(nudged.place), "loss")
        self.line.set_data(line.values, line.losses[None, :])
        ends = line.values[[0, -1]]
        self.tangent.set_data(ends, nudged.tangent(ends)[None, :])
        text, accent = QColor(colors.text), QColor(colors.accent)
        before, after = nudged.nudge.loss_before, nudged.nudge.loss_after
        self.markers.marks = [
            Mark(*nudged.landing, "diamond", text, filled=False, radius=5),
            Mark(nudged.value, before, "round", text),
        ]
        if nudged.change:
            predicted = before + nudged.nudge.loss_predicted
            self.markers.marks += [
                Mark(nudged.after, predicted, "round", accent, filled=False, radius=5),
                Mark(nudged.after, after, "round", accent, radius=4.5),
            ]
        self._write(nudged)
        self.follow((float(ends[0]), float(ends[1])), self._heights(nudged))
        view = self.view()
        self.legend.avoid(line.values, line.losses, view.x_range, view.y_range)

    def apply_theme(self) -> None:
        super().apply_theme()
        colors = self.theme.colors
        self.line.pens = [QPen(QColor(colors.accent))]
        self.tangent.pens = [QPen(QColor(colors.text), 1, Qt.PenStyle.DashLine)]
        self.legend.font, self.legend.ground = self.theme.font("small"), self.theme.veil
        if self.nudged is not None:
            self.show_nudged(self.nudged)

    def _heights(self, nudged: Nudged) -> Range | None:
        shown = [nudged.nudge.loss_before, nudged.nudge.loss_after, nudged.landing[1]]
        heights: Array = np.append(nudged.line.losses, shown)
        return finite_range(heights, FLATTEST_SHARE * abs(nudged.nudge.loss_before) or 1e-12)

    def _write(self, nudged: Nudged) -> None:
        muted, text = QColor(self.theme.colors.muted), QColor(self.theme.colors.text)
        step = nudged.landing[0] - nudged.value
        slope = self.tr("slope = gradient {0}").replace("{0}", number(nudged.gradient))
        landing = self.tr("◇ one step of the rate: {0}").replace("{0}", signed(step))
        self.legend.entries = [Entry(slope, text, self.tangent.pens[0]), Entry(landing, muted)]

    def _describe(self, x: float, _y: float) -> str:
        nudged = self.nudged
        if nudged is None:
            return ""
        line = nudged.line
        loss = float(np.interp(x, line.values, line.losses))
        tangent = float(nudged.tangent(np.array(x)))
        return f"{nudged.place} = {number(x)}: loss {number(loss)}, tangent {number(tangent)}"
