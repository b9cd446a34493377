"""Everything a run of any length has shown, in bounded memory.

The most recent steps are kept in full. Older ones are folded into buckets of 1, 2, 4, ... steps,
each holding mean, minimum and maximum; when the buckets run out, neighbours are merged and their
width doubles. NaN means "not measured" and takes no part. One history feeds every plot and the run
file; the training thread appends while the window reads, so every access takes a lock.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.arrays import Array
from core.measures import QUANTITIES, ROW
from core.training import StepRecord
from lab.moments import Mark, Moment, Scores, Series
from lab.ranks import MEDIAN, SHARES, ranks_of
from lab.statistics import STATISTICS, Table, gathered, halved, joined, merged, single

RECENT_STEPS = 128  # more would cost every frame of a window time
RANKED_AT_ONCE = 16  # steps: for one alone it takes five times as long
BUCKETS = 512
MOST_MARKS = 1000
LONGEST_MARK = 200
MOST_STEPS = 1 << 48  # a year at the highest speed is far below; numbers up to here are exact
SCALARS = ("loss", "test_loss", "train_accuracy", "test_accuracy")


class History:
    """The record of one run with `n_layers` layers.

    Steps are counted from 1 and appended in order. Of several networks trained side by side,
    `stacked`, the median is what is kept in place of the values of one, and the other ranks beside.
    """

    def __init__(self, n_layers: int, *, stacked: bool = False) -> None:
        self.n_layers, self.stacked = n_layers, stacked
        self.marks: tuple[Mark, ...] = ()
        self._lock = threading.Lock()
        self._n_values = len(SCALARS) + len(QUANTITIES) * n_layers
        n_columns = columns_of(n_layers, stacked=stacked)
        self._recent = np.zeros((2 * RECENT_STEPS, n_columns))
        self._n_recent = 0
        # The newest steps of several networks, whose rows are not filled yet.
        self._unranked = list[tuple[StepRecord, Scores | Array | None]]()
        # Row i of the older ones covers steps i * width + 1 to (i + 1) * width.
        self._older = {name: np.zeros((BUCKETS, n_columns)) for name in STATISTICS}
        self._n_older = 0
        self._width = 1
        self._folded = 0

    def __len__(self) -> int:
        """Return the number of steps recorded."""
        with self._lock:
            return self._length

    @property
    def _length(self) -> int:
        return self._folded + self._n_recent

    def append(self, record: StepRecord, scores: Scores | Array | None = None) -> None:
        """Add the next step; `scores (*runs, 3)`, as `Scores` has them, when taken at it."""
        with self._lock:
            row = self._recent[self._n_recent]
            self._n_recent += 1
            if self.stacked:
                self._unranked.append((record, scores))
                if len(self._unranked) == RANKED_AT_ONCE:
                    self._fill_ranks()
            else:
                row[0] = record.loss
                row[1 : len(SCALARS)] = np.nan if scores is None else scores
                row[len(SCALARS) :] = record.magnitudes.reshape(-1)
            if self._n_recent == len(self._recent):
                self._fold()

    def _fill_ranks(self) -> None:
        """Rank the newest steps; whoever reads the recent ones asks for this first."""
        steps = self._unranked
        if not steps:
            return
        # The networks lie in the last axis: what is sorted should be one piece of memory.
        values = np.zeros((len(steps), self._n_values, len(steps[0][0].loss)))
        for row, (record, scores) in zip(values, steps, strict=True):
            row[0] = record.loss
            if scores is not None:
                row[1 : len(SCALARS)] = np.atleast_2d(scores).T
            row[len(SCALARS) :] = record.magnitudes.reshape(row.shape[1], -1).T
        ranks = ranks_of(np.moveaxis(values, -1, 0))
        unscored = [index for index, (_, scores) in enumerate(steps) if scores is None]
        ranks[:, unscored, 1 : len(SCALARS)] = np.nan
        rows = self._recent[self._n_recent - len(steps) : self._n_recent]
        rows = rows.reshape(len(steps), -1, self._n_values)
        rows[:, 0], rows[:, 1:] = ranks[MEDIAN], ranks.swapaxes(0, 1)
        steps.clear()

    def last_record(self) -> StepRecord | None:
        """Return the last step as it was appended, or None before the first."""
        with self._lock:
            if not self._n_recent:
                return None
            self._fill_ranks()
            row = self._recent[self._n_recent - 1, : self._n_values].copy()
            magnitudes = row[len(SCALARS) :].reshape(len(QUANTITIES), self.n_layers)
            return StepRecord(self._length, row[0], magnitudes)

    def recent(self, steps: int) -> Array:
        """Return every magnitude of the last steps, (steps, quantities, layers).

        Of many steps only those that are kept in full are there.
        """
        with self._lock:
            self._fill_ranks()
            first = max(0, self._n_recent - steps)
            rows = self._recent[first : self._n_recent, len(SCALARS) : self._n_values].copy()
        return rows.reshape(-1, len(QUANTITIES), self.n_layers)

    def mark(self, text: str) -> Mark:
        """Note a change that applies from the next step on; of very many the first are dropped."""
        mark = Mark(len(self), text[:LONGEST_MARK])
        self.marks = (*self.marks, mark)[-MOST_MARKS:]
        return mark

    def take_back(self, mark: Mark) -> None:
        """Remove this one mark, if it is still there."""
        self.marks = tuple(other for other in self.marks if other is not mark)

    def series(
        self,
        name: str,
        max_rows: int,
        first: int = 1,
        last: int | None = None,
        *,
        span: int | None = None,
        spread: bool = True,
    ) -> Series:
        """Return a scalar or quantity over the steps `first` to `last` in at most `max_rows` rows.

        Rows cover spans of 1, 2, 4, ... steps, aligned so that they stay put while the run grows;
        where steps are in buckets, the first and the last row may reach beyond the range. `span`
        asks for rows of that many steps instead; without `spread`, low and high are the mean, at
        half the cost.
        """
        columns = self._columns(name)
        if self.stacked and name in SCALARS:  # with the same column of all ranks
            columns = slice(columns.start, None, self._n_values)
        with self._lock:
            first = max(1, first)
            last = self._length if last is None else min(last, self._length)
            statistics = STATISTICS if spread else ("mean", "count")
            rows, starts, stops = self._rows(columns, first, last, statistics)
        span = span or span_of_rows(first, last, max_rows)
        groups = np.flatnonzero(np.diff(starts // span, prepend=-1))
        table = merged(rows, groups) if len(groups) else rows
        ends = stops[np.append(groups[1:], len(stops)) - 1] if len(groups) else stops
        return _read_only(starts[groups] + 1, ends, table, scalar=name in SCALARS)

    def at(self, step: int) -> Moment | None:
        """Return what was measured at a step, or around it where steps are in buckets.

        A step beyond either end is taken for that end; None before the first step.
        """
        with self._lock:
            if not self._length:
                return None
            step = min(max(1, step), self._length)
            rows, starts, stops = self._rows(slice(None), step, step, ("mean", "count"))
        values = rows["mean"][-1].reshape(-1, self._n_values)[:, len(SCALARS) :]
        values = values.reshape(-1, len(QUANTITIES), self.n_layers)
        values.setflags(write=False)
        first, last = int(starts[-1]) + 1, int(stops[-1])
        return Moment(first, last, values[0], values[1:] if self.stacked else None)

    def copy(self) -> "History":
        """Return a history that no longer grows with this one."""
        arrays, numbers = self.state()
        return History.from_state(self.n_layers, arrays, numbers, stacked=self.stacked)

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return copies of all arrays, and the plain numbers that belong to them."""
        with self._lock:
            self._fill_ranks()
            arrays = {name: values[: self._n_older].copy() for name, values in self._older.items()}
            arrays["recent"] = self._recent[: self._n_recent].copy()
            numbers = {"width": self._width, "folded": self._folded}
        return arrays, numbers | {"marks": [list(mark) for mark in self.marks]}

    @classmethod
    def from_state(
        cls, n_layers: int, arrays: Table, numbers: Mapping[str, Any], *, stacked: bool = False
    ) -> "History":
        """Continue from a `state()`. Raises ValueError when its parts contradict each other."""
        history = cls(n_layers, stacked=stacked)
        rows, recent = len(arrays["mean"]), len(arrays["recent"])
        n_columns = history._recent.shape[1]
        for name, values in arrays.items():
            expected = (recent if name == "recent" else rows, n_columns)
            if values.shape != expected:
                raise ValueError(f"the history's array {name} has the shape {values.shape}")
        width, folded = numbers["width"], numbers["folded"]
        if not _could_be(width, folded, rows, recent):
            raise ValueError(
                f"the history has {rows} rows of {width!r} for {folded!r} steps, and {recent} more"
            )
        for name in STATISTICS:
            history._older[name][:rows] = arrays[name]
        history._recent[:recent] = arrays["recent"]
        history._n_older, history._n_recent = rows, recent
        history._width, history._folded = width, folded
        history.marks = tuple(_mark(item, folded + recent) for item in numbers["marks"])
        return history

    def _columns(self, name: str) -> slice:
        if name in SCALARS:
            index = SCALARS.index(name)
            return slice(index, index + 1)
        start = len(SCALARS) + ROW[name] * self.n_layers
        return slice(start, start + self.n_layers)

    def _rows(
        self, columns: slice, first: int, last: int, statistics: Sequence[str]
    ) -> tuple[Table, Array, Array]:
        """Copy the rows that touch a range; row i covers the steps starts[i] + 1 to stops[i]."""
        self._fill_ranks()
        width, folded = self._width, self._folded
        older, recent = slice(0, 0), slice(0, 0)
        if first <= min(last, folded):
            older = slice((first - 1) // width, -(-min(last, folded) // width))
        if max(first, folded + 1) <= last:
            recent = slice(max(0, first - 1 - folded), last - folded)
        table = joined(
            {name: self._older[name][older, columns] for name in statistics},
            single(self._recent[recent, columns]),
        )
        buckets = np.arange(older.start, older.stop)
        steps = np.arange(recent.start, recent.stop) + folded
        starts = np.concatenate([buckets * width, steps])
        stops = np.concatenate([np.minimum((buckets + 1) * width, folded), steps + 1])
        return table, starts, stops

    def _fold(self) -> None:
        """Move the older half of the recent steps into buckets, doubling their width if need be."""
        self._fill_ranks()
        while self._folded + RECENT_STEPS > BUCKETS * self._width:
            self._double_width()
        table = gathered(self._recent[:RECENT_STEPS], min(self._width, RECENT_STEPS))
        first = self._folded // self._width
        if self._folded % self._width:
            begun = {name: values[first : first + 1] for name, values in self._older.items()}
            table = merged(joined(begun, table), np.array([0]))
        self._n_older = first + len(table["mean"])
        for name, values in table.items():
            self._older[name][first : self._n_older] = values
        self._recent[:RECENT_STEPS] = self._recent[RECENT_STEPS:]
        self._n_recent = RECENT_STEPS
        self._folded += RECENT_STEPS

    def _double_width(self) -> None:
        self._width *= 2
        if self._n_older:  # then all buckets are in use
            self._n_older = BUCKETS // 2
            for name, values in halved(self._older).items():
                self._older[name][: self._n_older] = values


def columns_of(n_layers: int, *, stacked: bool) -> int:
    """Return how many numbers a step of a history has."""
    n_values = len(SCALARS) + len(QUANTITIES) * n_layers
    return n_values * (1 + len(SHARES)) if stacked else n_values


def span_of_rows(first: int, last: int, max_rows: int) -> int:
    """Return the shortest aligned span of steps (1, 2, 4, ...) that gives few enough rows."""
    span = 1
    while (last - 1) // span - (first - 1) // span >= max(1, max_rows):
        span *= 2
    return span


def _could_be(width: Any, folded: Any, rows: int, recent: int) -> bool:
    """Whether numbers and lengths are those of some history: all follow from its length."""
    if type(width) is not int or type(folded) is not int or not 0 <= folded <= MOST_STEPS:
        return False
    fitting = 1
    while folded > BUCKETS * fitting:
        fitting *= 2
    least = RECENT_STEPS if folded else 0
    return (
        width == fitting
        and folded % RECENT_STEPS == 0
        and rows == -(-folded // width)
        and least <= recent < 2 * RECENT_STEPS
    )


def _mark(item: Any, last_step: int) -> Mark:
    step, text = item
    if type(step) is not int or not 0 <= step <= last_step or type(text) is not str:
        raise ValueError("the history has a mark that is not a step and a text")
    return Mark(step, text[:LONGEST_MARK])


def _read_only(first: Array, last: Array, table: Table, *, scalar: bool) -> Series:
    """Freeze the rows; a scalar's only column becomes the whole."""
    shown = [table.get(name, table["mean"]) for name in ("mean", "low", "high")]
    ranks = shown[0][:, 1:].T if scalar and shown[0].shape[1] > 1 else None
    mean, low, high = (values[:, 0] if scalar else values for values in shown)
    for values in (first, last, mean, low, high):
        values.setflags(write=False)
    return Series(first, last, mean, low, high, ranks)
