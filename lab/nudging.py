"""One weight of a specimen is nudged: what happens, what the gradient said, and the loss around it.

All that a picture of it shows is one frozen record. What does not depend on the change is computed
once, so that a moved slider costs one forward pass. The specimen is only read, the run not at all.
"""

import math
from dataclasses import dataclass

import numpy as np

from core.arrays import Array, Precision
from core.errors import wrong
from core.landscape import loss_along
from core.nudges import Nudge, Nudger
from core.places import Place
from lab.specimens import Specimen

SMALLEST_SHARE = 1e-8  # of the span, the smallest change whose error is shown
PER_DECADE = 3
MOST_POINTS, FEWEST_POINTS = 61, 13  # of a line
BUDGET = 5e8  # products that one line may take, some 25 ms
ENDS_PER_SPAN = 4  # places where a line may end, so that an axis stands still while it trains
LARGEST = 1e300  # value of a weight, around which there can be a line
ABOVE_ROUNDING = 100.0  # times, errors are known to a percent
NOTICEABLE = 0.01  # of a change, what a precision may lose of it without a word


@dataclass(frozen=True, eq=False)
class Line:
    """The loss with the weight at each of `values`, both (points,)."""

    values: Array
    losses: Array


@dataclass(frozen=True, eq=False)
class Errors:
    """How far the first-order prediction of the loss is off, for changes (points,) of one sign.

    Near 0 that is `factor` times change², so a line of slope 2 on logarithmic axes; `slope` is the
    one measured there. Both are NaN where no error is far above `rounding`, what float64 loses.
    """

    changes: Array
    errors: Array
    rounding: float
    slope: float
    factor: float


@dataclass(frozen=True, eq=False)
class Nudged:
    """One nudge: the weight was `value`; `gradient` is dloss/dw there.

    `landing` is where a step of plain gradient descent would take it, w - learning rate * gradient,
    and the loss there. `precision` is the network's own; what is shown is computed in float64.
    """

    nudge: Nudge
    value: float
    gradient: float
    learning_rate: float
    landing: tuple[float, float]
    line: Line
    errors: Errors
    precision: Precision

    @property
    def place(self) -> Place:
        """Which weight it is."""
        return self.nudge.place

    @property
    def change(self) -> float:
        """By how much it was changed."""
        return self.nudge.change

    @property
    def after(self) -> float:
        """What it is now."""
        return self.value + self.change

    @property
    def held(self) -> float:
        """What the network would hold of that."""
        with np.errstate(over="ignore"):
            return float(np.float64(self.after).astype(self.precision.storage))

    @property
    def loses_precision(self) -> bool:
        """Whether a noticeable part of the change would be rounded away."""
        return not abs(self.held - self.after) <= NOTICEABLE * abs(self.change)

    def tangent(self, values: Array) -> Array:
        """Return the first-order prediction of the loss with the weight at `values`."""
        with np.errstate(all="ignore"):  # a gradient may be infinite
            predicted: Array = self.nudge.loss_before + self.gradient * (values - self.value)
        return predicted


class Nudging:
    """One weight or bias of one specimen.

    Raises ValueError for a place that it does not have, and for a value too large or no number.
    """

    def __init__(self, specimen: Specimen, place: Place) -> None:
        index = specimen.index(place)
        self._probe = specimen.probe
        if not abs(value := float(self._probe.center[index])) <= LARGEST:
            raise wrong("value", value, f"numbers up to {LARGEST:g}")
        self._nudger = Nudger(self._probe, index)
        self._precision = specimen.network.precision
        self._learning_rate = specimen.learning_rate
        self.place, self.value = place, value
        self._landing = self._landing_of(self.value)
        self._line: tuple[float, Line] | None = None
        self._errors: tuple[tuple[float, float], Errors] | None = None

    def nudged(self, change: float, span: float) -> Nudged:
        """Change the weight; line and errors reach about `span` away from it."""
        span = max(span, abs(change))
        return Nudged(
            self._nudger.nudge(change),
            self.value,
            self._nudger.gradient,
            self._learning_rate,
            self._landing,
            self._line_of(span),
            self._errors_of(span, math.copysign(1.0, change)),
            self._precision,
        )

    def _landing_of(self, value: float) -> tuple[float, float]:
        # one step of gradient descent: w - learning rate * dloss/dw
        landing = value - self._learning_rate * self._nudger.gradient
        if not math.isfinite(landing):
            return landing, math.nan
        return landing, float(loss_along(self._probe, self._nudger.index, [landing])[0])

    def _line_of(self, span: float) -> Line:
        if self._line is None or self._line[0] != span:
            unit = span / ENDS_PER_SPAN
            low = math.floor((self.value - span) / unit) * unit
            high = math.ceil((self.value + span) / unit) * unit
            values = np.linspace(low, high, self._affordable())
            losses = loss_along(self._probe, self._nudger.index, values)
            self._line = span, Line(values, losses)
        return self._line[1]

    def _affordable(self) -> int:
        products = self._probe.batch * len(self._probe.center)
        return max(FEWEST_POINTS, min(MOST_POINTS, int(BUDGET / products)))

    def _errors_of(self, span: float, sign: float) -> Errors:
        if self._errors is None or self._errors[0] != (span, sign):
            decades = -math.log10(SMALLEST_SHARE)
            count = min(round(decades * PER_DECADE) + 1, self._affordable())
            changes = sign * span * np.geomspace(SMALLEST_SHARE, 1, count)
            self._errors = (span, sign), self._measured(changes)
        return self._errors[1]

    def _measured(self, changes: Array) -> Errors:
        values = np.append(self.value + changes, self.value)
        *after, before = loss_along(self._probe, self._nudger.index, values)
        gradient = self._nudger.gradient
        # w + d is rounded: what it was changed by is not quite d
        exact = values[:-1] - self.value
        with np.errstate(all="ignore"):
            errors = np.abs(np.array(after) - before - gradient * exact)
        scale = abs(before) + abs(gradient * self.value)
        rounding = float(np.finfo(np.float64).eps * scale)
        sure = np.flatnonzero(np.isfinite(errors) & (errors > ABOVE_ROUNDING * rounding))[:2]
        slope = factor = math.nan
        if len(sure) == 2:
            # Of the two nearest to 0: farther away higher orders count, and the kinks of ReLU.
            x, y = np.log(np.abs(exact[sure])), np.log(errors[sure])
            slope = float((y[1] - y[0]) / (x[1] - x[0]))
            factor = float(np.exp(y[0] - 2 * x[0]))
        return Errors(changes, errors, rounding, slope, factor)
