"""What a plot draws of a history, computed in the thread that trains.

Two threads that share one interpreter disturb each other most where both work on arrays: every
larger NumPy call hands the interpreter over. So the window only wishes, and gets finished numbers.
"""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.measures import QUANTITIES
from lab.history import SCALARS, History, span_of_rows


@dataclass(frozen=True, slots=True)
class Wish:
    """A scalar or quantity by name, in at most `max_rows` rows."""

    name: str
    max_rows: int


@dataclass(frozen=True, eq=False)
class Trace:
    """A wish come true, over the whole run so far; read-only.

    Rows cover the steps `first` to `last`, both (rows,), around `center`. `values (lines, rows)`
    has a line per layer, or one for a scalar; `decades` their log10.
    `extremes` are the smallest and largest finite number of the lines as their quantity is usually
    shown; `low high (rows,)` are a scalar's extremes within each row, and of several networks
    `ranks (5, rows)` a scalar's spread over them.
    """

    name: str
    first: Array
    last: Array
    center: Array
    values: Array
    decades: Array
    extremes: tuple[float, float] | None
    low: Array
    high: Array
    ranks: Array | None = None

    def shown(self, *, logarithmic: bool) -> Array:
        """Return the lines as an axis of that kind shows them."""
        return self.decades if logarithmic else self.values


def decades(values: Array) -> Array:
    """Return log10 of magnitudes: -inf of zero, inf of infinity, NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: Array = np.log10(values)
    return logs


class Tracer:
    """Fulfils one wish again and again while the run grows.

    Rows cover aligned spans of steps, so a complete row never changes: it is kept, and only the
    steps after it are read again.
    """

    def __init__(self, history: History, wish: Wish) -> None:
        self._history = history
        self._wish = wish
        self._scalar = wish.name in SCALARS
        self._logarithmic = self._scalar or QUANTITIES[wish.name].logarithmic
        self._span = 0
        self._kept: list[Array] = []

    def trace(self) -> Trace:
        """Return the wish as the run is now."""
        length = len(self._history)
        span = span_of_rows(1, length, self._wish.max_rows)
        if span != self._span:
            self._span, self._kept = span, []
        known = self._kept[0].shape[-1] if self._kept else 0
        parts = self._read(known * span + 1)
        if known:
            parts = [np.concatenate(pair, axis=-1) for pair in zip(self._kept, parts, strict=True)]
        self._kept = [part[..., : length // span] for part in parts]
        for part in parts:
            part.setflags(write=False)
        first, last, center, values, logs, low, high, *ranks = parts
        extremes = _extremes(logs if self._logarithmic else values)
        return Trace(
            self._wish.name, first, last, center, values, logs, extremes, low, high, *ranks
        )

    def _read(self, first: int) -> list[Array]:
        """Read the rows from the step `first` on."""
        rows = self._wish.max_rows
        series = self._history.series(
            self._wish.name, rows, first, span=self._span, spread=self._scalar
        )
        values = series.mean[None, :] if self._scalar else np.ascontiguousarray(series.mean.T)
        logs = decades(values)
        low, high = (series.low, series.high) if self._scalar else (series.center, series.center)
        ranks = [] if series.ranks is None else [series.ranks]
        return [series.first, series.last, series.center, values, logs, low, high, *ranks]


def _extremes(values: Array) -> tuple[float, float] | None:
    usable = values[np.isfinite(values)]
    return (float(usable.min()), float(usable.max())) if usable.size else None
