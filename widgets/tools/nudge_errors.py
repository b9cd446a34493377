"""How far the first-order prediction is off, against the change: slope 2, as theory has it."""

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from lab.nudging import Errors, Nudged
from lab.traces import decades
from lab.words import number
from widgets.plots.axes import Plot, Range
from widgets.plots.canvas import Polylines
from widgets.plots.dots import Dots
from widgets.plots.legend import Entry, Legend
from widgets.theme import Theme
from widgets.tools.markers import Mark, Markers

LOWEST = -20.0  # decades
MARGIN = 0.5
APART_PX = 44
CHANGE, ERROR = "|d|", "|loss − prediction|"


class ErrorPlot(Plot):
    """Dots for what was measured, a line of slope 2, and what float64 loses."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, CHANGE, ERROR)
        self.x_axis.logarithmic = self.y_axis.logarithmic = True
        self.x_axis.fewest, self.x_axis.apart_px = 2, APART_PX
        self.theory, self.rounding = Polylines(), Polylines()
        self.dots, self.markers, self.legend = Dots(), Markers(), Legend()
        self.draw(self.rounding, self.theory, self.dots, self.markers, self.legend)
        self.nudged: Nudged | None = None
        self.read = self._describe
        self.setAccessibleName(self.tr("Error of the prediction against the change"))
        self.apply_theme()

    def show_nudged(self, nudged: Nudged) -> None:
        """Draw one nudge."""
        self.nudged, errors = nudged, nudged.errors
        high = self.length_of(ERROR) <= self.canvas.height()
        self.set_labels(CHANGE, ERROR if high else self.tr("|error|"))
        x, y = decades(np.abs(errors.changes)), decades(errors.errors)
        self.dots.set_data(x, y)
        self.dots.colors = [QColor(self.theme.colors.accent)] * len(x)
        ends = x[[0, -1]]
        floor = float(np.log10(errors.rounding)) if errors.rounding > 0 else math.nan
        self.rounding.set_data(ends, np.full((1, 2), floor))
        above = np.log10(errors.factor) + 2 * ends  # log error = log factor + 2 log |d|
        self.theory.set_data(ends, above[None, :])
        self.markers.marks = []
        if nudged.change:
            at = math.log10(abs(nudged.change))
            error = abs(nudged.nudge.loss_error)
            height = math.log10(error) if error > 0 else LOWEST
            ring = Mark("round", QColor(self.theme.colors.text), filled=False, radius=6)
            self.markers.marks = [(at, height, ring)]
        self._write(errors)
        self.legend.keep_to(self.canvas.height())
        self.follow((float(ends[0]), float(ends[1])), self._heights(y, floor))
        view = self.view()
        self.legend.avoid(x, y, view.x_range, view.y_range)

    def apply_theme(self) -> None:
        super().apply_theme()
        colors = self.theme.colors
        self.dots.pen = QPen(Qt.PenStyle.NoPen)
        self.theory.pens = [QPen(QColor(colors.text), 1, Qt.PenStyle.DashLine)]
        self.rounding.pens = [QPen(QColor(colors.muted), 1, Qt.PenStyle.DotLine)]
        self.legend.font, self.legend.ground = self.theme.font("small"), self.theme.veil
        if self.nudged is not None:
            self.show_nudged(self.nudged)

    def _heights(self, y: np.ndarray, floor: float) -> Range:
        usable = y[np.isfinite(y)]
        low = floor if math.isfinite(floor) else LOWEST
        high = float(usable.max()) if usable.size else low + 1
        return math.floor(low) - MARGIN, math.ceil(max(high, low + 1)) + MARGIN

    def _write(self, errors: Errors) -> None:
        colors = self.theme.colors
        text, accent, muted = (QColor(name) for name in (colors.text, colors.accent, colors.muted))
        entries = [Entry(self.tr("straight here"), accent)]
        if not math.isnan(errors.slope):
            measured = self.tr("● slope {0}").replace("{0}", f"{errors.slope:.2f}")
            theory = Entry(self.tr("theory: 2"), text, self.theory.pens[0])
            entries = [Entry(measured, accent), theory]
        entries.append(Entry(self.tr("rounding"), muted, self.rounding.pens[0]))
        self.legend.entries = entries

    def _describe(self, x: float, _y: float) -> str:
        if self.nudged is None:
            return ""
        errors = self.nudged.errors
        index = int(np.argmin(np.abs(decades(np.abs(errors.changes)) - x)))
        change, error = float(errors.changes[index]), float(errors.errors[index])
        return f"d = {number(change)}: prediction off by {number(error)}"
