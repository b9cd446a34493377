"""Everything a run of any length has shown, in bounded memory.

The most recent steps are kept in full. Older ones are folded into buckets of 1, 2, 4, ... steps,
each holding mean, minimum and maximum; when the buckets run out, neighbours are merged and their
width doubles. NaN means "not measured" and takes no part. One history feeds every plot and the run
file; the training thread appends while the window reads, so every access takes a lock.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from core.arrays import Array
from core.measures import QUANTITIES, ROW
from core.training import StepRecord

RECENT_STEPS = 512
BUCKETS = 512
SCALARS = ("loss", "test_loss", "train_accuracy", "test_accuracy")
STATISTICS = ("mean", "low", "high", "count")


class Scores(NamedTuple):
    """How well the network does on whole sets; NaN where accuracy has no meaning."""

    test_loss: float
    train_accuracy: float
    test_accuracy: float


class Mark(NamedTuple):
    """A change made while training: it applies from the step after `step` on."""

    step: int
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity over time, read-only: rows are spans of steps.

    `first` and `last` are the steps a row covers; `mean low high` are (rows,) for a scalar or
    (rows, layers) for a quantity, NaN where nothing was measured.
    """

    first: Array
    last: Array
    mean: Array
    low: Array
    high: Array

    @property
    def center(self) -> Array:
        """The middle of each row's span, in steps."""
        center: Array = (self.first + self.last) / 2
        return center


def merged(parts: Mapping[str, Array], starts: Array) -> dict[str, Array]:
    """Merge neighbouring rows into groups beginning at `starts` (rows, columns) -> (groups, ...).

    The mean is weighted by how many numbers each row holds; rows without any do not count.
    """
    count = np.add.reduceat(parts["count"], starts, axis=0)
    weighted = np.where(parts["count"] > 0, parts["mean"] * parts["count"], 0)
    total = np.add.reduceat(weighted, starts, axis=0)
    mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return {
        "mean": mean,
        "low": np.fmin.reduceat(parts["low"], starts, axis=0),
        "high": np.fmax.reduceat(parts["high"], starts, axis=0),
        "count": count,
    }


def _single(rows: Array) -> dict[str, Array]:
    """Statistics of rows that each are one step."""
    return {"mean": rows, "low": rows, "high": rows, "count": (~np.isnan(rows)).astype(np.float64)}


class History:
    """The record of one run with `n_layers` layers.

    Steps are counted from 1 and appended in order.
    """

    def __init__(self, n_layers: int) -> None:
        self.n_layers = n_layers
        self.marks: tuple[Mark, ...] = ()
        self._lock = threading.Lock()
        n_columns = len(SCALARS) + len(QUANTITIES) * n_layers
        self._recent = np.zeros((2 * RECENT_STEPS, n_columns))
        self._n_recent = 0
        # Row i of the older ones covers steps i * width + 1 to (i + 1) * width.
        self._older = {name: np.zeros((BUCKETS, n_columns)) for name in STATISTICS}
        self._n_older = 0
        self._width = 1
        self._folded = 0

    def __len__(self) -> int:
        """Return the number of steps recorded."""
        return self._folded + self._n_recent

    def append(self, record: StepRecord, scores: Scores | None = None) -> None:
        """Add the next step; `scores` when they were taken at it."""
        with self._lock:
            row = self._recent[self._n_recent]
            row[0] = record.loss
            row[1 : len(SCALARS)] = np.nan if scores is None else scores
            row[len(SCALARS) :] = record.magnitudes.reshape(-1)
            self._n_recent += 1
            if self._n_recent == len(self._recent):
                self._fold()

    def mark(self, text: str) -> None:
        """Note a change that applies from the next step on."""
        self.marks = (*self.marks, Mark(len(self), text))

    def series(self, name: str, max_rows: int, first: int = 1, last: int | None = None) -> Series:
        """Return a scalar or quantity over the steps `first` to `last` in at most `max_rows` rows.

        Rows cover spans of 1, 2, 4, ... steps, aligned so that they stay put while the run grows.
        """
        with self._lock:
            return self._series(self._columns(name), max_rows, first, last or len(self))

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return copies of all arrays, and the plain numbers that belong to them."""
        with self._lock:
            arrays = {name: values[: self._n_older].copy() for name, values in self._older.items()}
            arrays["recent"] = self._recent[: self._n_recent].copy()
            numbers = {"width": self._width, "folded": self._folded}
        return arrays, numbers | {"marks": [list(mark) for mark in self.marks]}

    @classmethod
    def from_state(
        cls, n_layers: int, arrays: Mapping[str, Array], numbers: Mapping[str, Any]
    ) -> "History":
        """Continue from a `state()`. Raises ValueError when its parts contradict each other."""
        history = cls(n_layers)
        width, folded = int(numbers["width"]), int(numbers["folded"])
        rows, recent = len(arrays["mean"]), len(arrays["recent"])
        n_columns = history._recent.shape[1]
        for name, values in arrays.items():
            expected = (recent if name == "recent" else rows, n_columns)
            if values.shape != expected or rows > BUCKETS or recent >= 2 * RECENT_STEPS:
                raise ValueError(f"the history's array {name} has the shape {values.shape}")
        if width < 1 or width & (width - 1) or folded < 0 or -(-folded // width) != rows:
            raise ValueError(f"the history has {rows} rows for {folded} steps of {width}")
        for name in STATISTICS:
            history._older[name][:rows] = arrays[name]
        history._recent[:recent] = arrays["recent"]
        history._n_older, history._n_recent = rows, recent
        history._width, history._folded = width, folded
        history.marks = tuple(Mark(int(step), str(text)) for step, text in numbers["marks"])
        return history

    def _columns(self, name: str) -> slice:
        if name in SCALARS:
            index = SCALARS.index(name)
            return slice(index, index + 1)
        start = len(SCALARS) + ROW[name] * self.n_layers
        return slice(start, start + self.n_layers)

    def _series(self, columns: slice, max_rows: int, first: int, last: int) -> Series:
        first, last = max(1, first), min(last, len(self))
        older = slice((first - 1) // self._width, -(-min(last, self._folded) // self._width))
        recent = slice(max(0, first - 1 - self._folded), max(0, last - self._folded))
        parts = _joined(
            {name: values[older, columns] for name, values in self._older.items()},
            _single(self._recent[recent, columns]),
        )
        starts = np.concatenate(
            [
                np.arange(older.start, max(older.start, older.stop)) * self._width,
                np.arange(recent.start, recent.stop) + self._folded,
            ]
        )
        if not len(starts):
            return _read_only(starts, starts, {name: parts[name] for name in STATISTICS}, columns)
        span = 1 << max(0, (max(1, last - first + 1) - 1) // max_rows).bit_length()
        groups = np.flatnonzero(np.diff(starts // span, prepend=-1))
        ends = np.append(starts[1:], last)[np.append(groups[1:], len(starts)) - 1]
        return _read_only(starts[groups] + 1, ends, merged(parts, groups), columns)

    def _fold(self) -> None:
        """Move the older half of the recent steps into buckets, doubling their width if need be."""
        steps = np.arange(self._folded, self._folded + RECENT_STEPS)
        while steps[-1] // self._width >= BUCKETS:
            self._double_width()
        buckets = steps // self._width
        kept = min(self._n_older, int(buckets[0]))
        last_bucket = {name: values[kept : self._n_older] for name, values in self._older.items()}
        parts = _joined(last_bucket, _single(self._recent[:RECENT_STEPS]))
        owners = np.append(np.full(self._n_older - kept, kept), buckets)
        rows = merged(parts, np.flatnonzero(np.diff(owners, prepend=-1)))
        self._n_older = int(buckets[-1]) + 1
        for name, values in rows.items():
            self._older[name][kept : self._n_older] = values
        self._recent[:RECENT_STEPS] = self._recent[RECENT_STEPS:]
        self._n_recent = RECENT_STEPS
        self._folded += RECENT_STEPS

    def _double_width(self) -> None:
        rows = {name: values[: self._n_older] for name, values in self._older.items()}
        self._width *= 2
        if self._n_older == 0:
            return
        halved = merged(rows, np.arange(0, self._n_older, 2))
        self._n_older = len(halved["mean"])
        for name, values in halved.items():
            self._older[name][: self._n_older] = values


def _joined(first: Mapping[str, Array], second: Mapping[str, Array]) -> dict[str, Array]:
    return {name: np.concatenate([first[name], second[name]]) for name in STATISTICS}


def _read_only(first: Array, last: Array, rows: Mapping[str, Array], columns: slice) -> Series:
    """Freeze the rows; a scalar's only column becomes the whole."""
    scalar = columns.stop <= len(SCALARS)
    shown = [rows[name][:, 0] if scalar else rows[name] for name in ("mean", "low", "high")]
    for values in (first, last, *shown):
        values.setflags(write=False)
    return Series(first, last, *shown)
