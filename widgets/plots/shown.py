"""What the pictures of magnitudes per layer show: a quantity, on a linear or a logarithmic axis."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.measures import Quantity
from lab.traces import Trace, decades
from widgets.plots.axes import Range, roomy_range

FLATTEST_DECADES = 1.0
FLATTEST_SHARE = 0.1
LEAST_MAGNITUDE = 1e-30  # a linear axis of smaller numbers would be beyond Qt's arithmetic
EMPTY = (-1.0, 1.0)


@dataclass(frozen=True)
class Shown:
    """A quantity and its kind of axis, which a person may change."""

    quantity: Quantity
    logarithmic: bool

    def plotted(self, values: Array) -> Array:
        """Return values as the axis has them: exponents of ten, or themselves."""
        return decades(values) if self.logarithmic else values

    def range_of_trace(self, trace: Trace) -> Range:
        """Return the range of everything that a trace shows."""
        if self.logarithmic == self.quantity.logarithmic and trace.extremes is not None:
            return self._around(trace.extremes)
        return self.range_of(trace.shown(logarithmic=self.logarithmic))

    def range_of(self, plotted: Array) -> Range:
        """Return the range around the finite ones of plotted values."""
        usable = plotted[np.isfinite(plotted)]
        if not usable.size:
            return EMPTY
        return self._around((float(usable.min()), float(usable.max())))

    def _around(self, extremes: Range) -> Range:
        if self.logarithmic:
            return roomy_range(extremes, FLATTEST_DECADES)
        if not self.quantity.logarithmic:
            return roomy_range(extremes, FLATTEST_SHARE)
        return roomy_range((0.0, extremes[1]), LEAST_MAGNITUDE)
