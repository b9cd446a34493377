"""Frobenius norms of many arrays, taken at different moments of a step.

Smallness is the subject of this program: where squares would be 0, infinite or inexact in the
precision of the values, the norms are taken again with scaled values.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from core.arrays import Array, Call
from core.layout import stacked
from core.squares import Part, summing

Place: TypeAlias = tuple[slice, slice]  # rows, columns


class Row(NamedTuple):
    """One row of squares: `length` columns, in which the arrays begin at `starts`."""

    length: int
    starts: Sequence[int]


class _Group(NamedTuple):
    """What is measured at one moment: values and their places, which lie in `squares`.

    `fill` writes them, but for those of `multiple`: a row and another one whose values are those of
    the first times one number. `lowest`, `highest` and `item` look into `squares`: to ask for
    methods once saves 0.15 us of every step.
    """

    fill: list[Call]
    multiple: tuple[Array, ...] | None
    lowest: Callable[[], Any]
    highest: Callable[[], Any]
    item: Callable[..., float]
    squares: Array
    parts: list[tuple[Array, Place]]


class Norms:
    """Rows of norms of arrays, filled group by group.

    Each group is summed when asked for, as it is then; the call `finish` takes all roots at once,
    and `correct` what they lack. A row has a column per array, or several, for stretches of one;
    then only the norm of the whole is wanted.
    """

    def __init__(self, runs: tuple[int, ...], rows: Sequence[Row], dtype: DTypeLike) -> None:
        self._rows = tuple(rows)
        # All rows one after the other: one call looks at all, one takes all roots.
        self._offsets = [*accumulate((row.length for row in rows), initial=0)]
        total = self._offsets.pop()
        self._squares = np.zeros((*runs, total), dtype)
        starts = [
            offset + s for offset, row in zip(self._offsets, rows, strict=True) for s in row.starts
        ]
        self._starts = starts if len(starts) < total else None
        self._exact_above = float(np.finfo(dtype).tiny) ** 0.75
        self._groups = list[_Group]()
        # Of this step: which squares are inexact, and the norms of those values. A step clears it.
        self.rough = list[tuple[Place, Array, Array]]()

    def add_group(self, parts: Iterable[Part], multiple: tuple[int, int] | None = None) -> int:
        """Plan to measure values that are known at the same moment, in rows of one length.

        `multiple (a, b)` says that the values of row b, the last of the group, are those of row a
        times one number. Returns the number of the group.
        """
        parts = list(parts)
        found: list[tuple[Array, Place]] = [
            (np.moveaxis(values, 0, -3), (slice(row, row + len(values)), block.layers))
            for values, row, block, *_ in parts
        ]
        rows = slice(min(p[0].start for _, p in found), max(p[0].stop for _, p in found))
        columns = slice(min(p[1].start for _, p in found), max(p[1].stop for _, p in found))
        squares = self._view(self._squares, (rows, columns))
        if squares.flags.c_contiguous:
            squares = squares.reshape(-1)  # is looked through in 0.1 us, a matrix in 0.17
        pair = None
        if multiple is not None:
            pair = tuple(self._view(self._squares, (slice(r, r + 1), columns)) for r in multiple)
            parts, rows = [p for p in parts if p.row < multiple[1]], slice(rows.start, multiple[1])
        own = self._view(self._squares, (rows, columns))
        fill = summing(parts, own, (rows.start, columns.start))
        # argmin and argmax find NaN too, and take a quarter of the time of min and max.
        looks = squares.argmin, squares.argmax, squares.item
        self._groups.append(_Group(fill, pair, *looks, squares, found))
        return len(self._groups) - 1

    def take(self, group: int, factor: Array | None = None) -> float:
        """Sum the squares of a group as it is now; returns the largest norm.

        `factor`, for a group with a multiple, is the square of its number, () or (*runs, 1, 1), or
        0 where that square is not exact.
        """
        largest = self.take_exact(group, factor)
        if largest is not None:
            return largest
        squares, found = self._groups[group].squares, list[float]()
        exact = squares[self._is_exact(squares)]
        found.append(math.sqrt(exact.max(initial=0)))
        for values, place in self._groups[group].parts:
            inexact = ~self._is_exact(self._view(self._squares, place))
            if inexact.any():
                norms = scaled_norms(values[inexact])
                self.rough.append((place, inexact, norms))
                found.append(norms.max())
        return float(np.max(found))

    def take_exact(self, group: int, factor: Array | None = None) -> float | None:
        """Do as `take`, if the squares of all values are exact, else return None."""
        fill, multiple, lowest, highest, item, _, _ = self._groups[group]
        for call, args in fill:
            call(*args)
        if multiple is not None and factor is not None:  # |a g|^2 = a^2 |g|^2
            np.multiply(multiple[0], factor, multiple[1])
        low, high = item(lowest()), item(highest())
        return math.sqrt(high) if low > self._exact_above and high < math.inf else None

    def exact(self, squares: Array) -> Array:
        """Return squares with 0 for those that have lost digits."""
        kept: Array = np.where(squares > self._exact_above, squares, 0).astype(squares.dtype)
        return kept

    def finish(self, out: Array) -> Call:
        """Return what writes the norms of all arrays, row after row, into `out` (*runs, arrays)."""
        squares, starts = self._squares, self._starts
        if starts is None:
            return np.sqrt, (squares, out)
        return lambda: np.sqrt(np.add.reduceat(squares, starts, axis=-1), out), ()

    def correct(self, out: Array) -> None:
        """Replace what is inexact in a float64 copy of what `finish` has written."""
        squares, starts = self._squares, self._starts
        # Only what needs it is replaced, so that a run in a stack has the norms it has alone.
        inexact = ~self._is_exact(squares)
        norms = np.sqrt(squares, dtype=np.float64)
        for place, where, values in self.rough:
            self._view(norms, place)[where] = values
        if starts is not None:
            norms = _joined(norms, starts)
            inexact = np.logical_or.reduceat(inexact, starts, axis=-1)
        np.copyto(out, norms, where=inexact)

    def _is_exact(self, squares: Array) -> Array:
        exact: Array = (squares > self._exact_above) & (squares < np.inf)
        return exact

    def _view(self, flat: Array, place: Place) -> Array:
        """View rows of one length as a matrix, (*runs, rows, columns)."""
        rows, columns = place
        first, count, length = rows.start, rows.stop - rows.start, self._rows[rows.start].length
        return stacked(flat, self._offsets[first], count, (length,))[..., columns]


def scaled_norms(values: Array) -> Array:
    """Return the norms along the last axis, where squares would be 0, infinite or inexact."""
    largest = np.abs(values).max(axis=-1, keepdims=True).astype(np.float64)
    largest[(largest == 0) | np.isinf(largest)] = 1
    scaled = np.asarray(values / largest)
    norms: Array = largest[..., 0] * np.sqrt(np.vecdot(scaled, scaled))
    return norms


def _joined(norms: Array, starts: list[int]) -> Array:
    """Return the norms of arrays from the norms of their stretches."""
    stops = [*starts[1:], norms.shape[-1]]
    wholes = [
        scaled_norms(norms[..., start:stop]) for start, stop in zip(starts, stops, strict=True)
    ]
    return np.stack(wholes, axis=-1)
