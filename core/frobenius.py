"""Frobenius norms of many arrays, taken at different moments of a step.

Smallness is the subject of this program: where squares would be 0, infinite or inexact in the
precision of the values, the norms are taken again with scaled values.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple, TypeAlias

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

    `take` sums them, as `Norms.take_exact` says.
    """

    take: Callable[[Array | None], float | None]
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
        take = _taking(fill, pair, squares, self._exact_above)
        self._groups.append(_Group(take, squares, found))
        return len(self._groups) - 1

    def take(self, group: int, factor: Array | None = None) -> float:
        """Sum the squares of a group as it is now; returns the largest norm.

        `factor`, for a group with a multiple, is the square of its number, () or (*runs, 1, 1), or
        0 where that square is not exact.
        """
        largest = self._groups[group].take(factor)
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

    def take_exact(self, group: int) -> Callable[[Array | None], float | None]:
        """Return what does as `take`, of a factor, if the squares of all values are exact.

        Else it returns None.
        """
        return self._groups[group].take

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


def _taking(
    fill: list[Call], multiple: tuple[Array, ...] | None, squares: Array, exact_above: float
) -> Callable[[Array | None], float | None]:
    """Return what fills `squares` and looks through them; all it needs is at hand: it is quick.

    Of a `multiple`, the values of the second are those of the first times one number.
    """
    one, other = multiple or (None, None)
    # Positive floats are ordered as their bits are, with infinity and NaN behind all. Counted from
    # the lowest exact one, those that are too small come behind all, too: so one argmax, which
    # takes a quarter of the time of max, finds whether all are exact.
    bits = squares.view(f"u{squares.itemsize}")
    ends = np.array([np.nextafter(squares.dtype.type(exact_above), 1), math.inf], squares.dtype)
    lowest, infinity = ends.view(bits.dtype)
    above, count = np.empty_like(bits), int(infinity - lowest)
    subtract, multiply, root = np.subtract, np.multiply, math.sqrt
    highest, number, item, first = above.argmax, above.item, squares.item, np.asarray(lowest)

    def take(factor: Array | None) -> float | None:
        for call, args in fill:
            call(*args)
        if one is not None and factor is not None:  # |a g|^2 = a^2 |g|^2
            multiply(one, factor, other)
        subtract(bits, first, above)
        place = highest()
        return root(item(place)) if number(place) < count else None

    return take


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
