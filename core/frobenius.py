"""Frobenius norms of many arrays, taken at different moments of a step.

Smallness is the subject of this program: where squares would be 0, infinite or inexact in the
precision of the values, the norms are taken again with scaled values.
"""

import math
from collections.abc import Iterable, Sequence
from types import EllipsisType
from typing import Any, TypeAlias

import numpy as np

from core.arrays import Array
from core.layout import Block

# Values (rows, *runs, count, length), the first row they belong to, and their columns.
Part: TypeAlias = tuple[Array, int, Block]
Place: TypeAlias = tuple[EllipsisType, slice, slice]  # (..., rows, columns)


class Norms:
    """A matrix of norms, (*runs, rows, columns), filled group by group.

    Each group is summed when asked for, as it is then; `finish` takes all roots at once. With
    `starts`, the columns from one start to the next are stretches of one array, and only the norm
    of the whole is wanted.
    """

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], starts: Sequence[int] | None = None
    ) -> None:
        self._squares = np.zeros(shape, dtype)
        self._starts = None if starts is None or len(starts) == shape[-1] else list(starts)
        self._exact_above = float(np.finfo(dtype).tiny) ** 0.75
        self._groups = list[tuple[Array, list[tuple[Array, Place, Array]]]]()
        self._scaled = list[tuple[Place, Array]]()

    def add_group(self, parts: Iterable[Part]) -> None:
        """Plan to measure values that are known at the same moment."""
        views, places = list[Array](), list[Place]()
        for values, row, block in parts:
            views.append(np.moveaxis(values, 0, -3))
            places.append((..., slice(row, row + len(values)), block.layers))
        rows = slice(min(p[1].start for p in places), max(p[1].stop for p in places))
        columns = slice(min(p[2].start for p in places), max(p[2].stop for p in places))
        sums = [self._squares[place] for place in places]
        group = list(zip(views, places, sums, strict=True))
        self._groups.append((self._squares[..., rows, columns], group))

    def start(self) -> None:
        """Forget a step that was not finished."""
        self._scaled.clear()

    def take(self, group: int) -> float:
        """Sum the squares of a group as it is now; returns the largest norm."""
        squares, parts = self._groups[group]
        for values, _, sums in parts:
            np.vecdot(values, values, sums)
        # argmin and argmax find NaN too, and take a quarter of the time of min and max.
        low, high = squares.item(squares.argmin()), squares.item(squares.argmax())
        if low > self._exact_above and high < np.inf:
            return math.sqrt(high)
        scaled = [(place, scaled_norms(values)) for values, place, _ in parts]
        self._scaled += scaled
        return float(np.max([norms.max() for _, norms in scaled]))

    def finish(self, out: Array) -> None:
        """Write the norms of all groups into `out` (*runs, rows, arrays), float64."""
        squares, starts = self._squares, self._starts
        whole = squares if starts is None else np.add.reduceat(squares, starts, axis=-1)
        np.sqrt(whole, out)
        if not self._scaled:
            return
        # Only what needs it is replaced, so that a run in a stack has the norms it has alone.
        inexact = ~((squares > self._exact_above) & (squares < np.inf))
        norms = np.sqrt(squares, dtype=np.float64)
        for place, values in self._scaled:
            norms[place] = np.where(inexact[place], values, norms[place])
        if starts is not None:
            norms = _joined(norms, starts)
            inexact = np.logical_or.reduceat(inexact, starts, axis=-1)
        np.copyto(out, norms, where=inexact)


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
