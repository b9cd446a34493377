"""What a plot draws of a history, computed in the thread that trains.

Two threads that share one interpreter disturb each other most where both work on arrays: every
larger NumPy call hands the interpreter over. So the window only wishes, and gets finished numbers.
"""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.measures import QUANTITIES
from lab.history import SCALARS, History


@dataclass(frozen=True, slots=True)
class Wish:
    """A scalar or quantity by name, in at most `max_rows` rows."""

    name: str
    max_rows: int


@dataclass(frozen=True, eq=False)
class Trace:
    """A wish come true, over the whole run so far; read-only.

    Rows cover the steps `first` to `last`, both (rows,), around `center`. `values (lines, rows)`
    has a line per layer, or one for a scalar; `decades` their log10, NaN where there is none.
    `low high (rows,)` are a scalar's extremes within each row.
    """

    name: str
    first: Array
    last: Array
    center: Array
    values: Array
    decades: Array
    low: Array
    high: Array

    def shown(self, *, logarithmic: bool) -> Array:
        """Return the lines as an axis of that kind shows them."""
        return self.decades if logarithmic else self.values


def decades(values: Array) -> Array:
    """Return log10 of magnitudes, NaN where there is none (zero, NaN, infinity)."""
    usable = np.isfinite(values) & (values > 0)
    return np.log10(values, where=usable, out=np.full(values.shape, np.nan))


def trace(history: History, wish: Wish) -> Trace:
    """Return what a wish asks for."""
    series = history.series(wish.name, wish.max_rows)
    scalar = wish.name in SCALARS
    values = series.mean[None, :] if scalar else np.ascontiguousarray(series.mean.T)
    logarithmic = scalar or QUANTITIES[wish.name].logarithmic
    nothing = np.empty(0)
    made = Trace(
        wish.name,
        series.first,
        series.last,
        series.center,
        values,
        decades(values) if logarithmic else values,
        series.low if scalar else nothing,
        series.high if scalar else nothing,
    )
    for array in (made.center, made.values, made.decades, made.low, made.high):
        array.setflags(write=False)
    return made
