"""Sums of the squares of many stretches of memory, in as few calls as possible.

For a small network a call of NumPy costs more than what it computes, so its values are squared all
at once, wanted or not, and summed stretch by stretch; those of a large one go to BLAS.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from core.arrays import Array
from core.layout import Block

# Values of one run. Up to here it is faster to square all at once, whatever the number of blocks:
# a step of 6 layers of 8 units is measured in 1.8 us, with a product per block in 3.4.
FEW = 1 << 12


class Part(NamedTuple):
    """Values (rows, *runs, count, length), views of `memory` whose last axis is contiguous.

    `row` is the first row they belong to, `block` says which columns.
    """

    values: Array
    row: int
    block: Block
    memory: Array


def summing(parts: Sequence[Part], out: Array, first: tuple[int, int]) -> list[Callable[[], None]]:
    """Return what writes the sums into `out (*runs, rows, columns)`, which begins at `first`.

    How it sums depends on the size of one run, so that a run in a stack has the bits it has alone.
    """
    few, many = list[Part](), list[tuple[Array, Array]]()
    sizes = Counter[int]()
    for part in parts:
        sizes[id(part.memory)] += part.values.size
    for part in parts:
        if sizes[id(part.memory)] <= FEW * math.prod(out.shape[:-2]):
            few.append(part)
        else:
            many.append((part.values, _place_of(part, out, first)))
    found = [_Products(many).take] if many else []
    return [*found, _SumsOfFew(few, out, first).take] if few else found


def _place_of(part: Part, sums: Array, first: tuple[int, int]) -> Array:
    """View what belongs to a part, (rows, *runs, count)."""
    row, column = part.row - first[0], part.block.first - first[1]
    rows = np.moveaxis(sums, -2, 0)[row : row + len(part.values)]
    return rows[..., column : column + part.block.count]


class _Products:
    """Takes the sums by one product per part."""

    def __init__(self, sums: list[tuple[Array, Array]]) -> None:
        self._sums = sums

    def take(self) -> None:
        for values, out in self._sums:
            np.vecdot(values, values, out)


class _SumsOfFew:
    """Takes the sums of all parts at once; they fill some rows of `out`."""

    def __init__(self, parts: Sequence[Part], out: Array, first: tuple[int, int]) -> None:
        rows_of_parts = {part.row - first[0] + i for part in parts for i in range(len(part.values))}
        self._out = out[..., min(rows_of_parts) : max(rows_of_parts) + 1, :]
        first = first[0] + min(rows_of_parts), first[1]
        starts = np.zeros(self._out.shape, np.intp)
        memories = {id(part.memory): part.memory for part in parts}
        rows = {key: _as_one_row(memory) for key, memory in memories.items()}
        offsets = dict(zip(rows, accumulate(map(len, rows.values()), initial=0), strict=False))
        squares = np.zeros(sum(map(len, rows.values())), out.dtype)
        self._squarings = [(row, squares[offsets[key] :][: len(row)]) for key, row in rows.items()]
        edges = list[Array]()
        for part in parts:
            places = offsets[id(part.memory)] + _places_in(part.memory, part.values[..., 0])
            _place_of(part, starts, first)[...] = places
            edges += [places.ravel(), places.ravel() + part.values.shape[-1]]
        # What lies between two stretches is summed too, but not handed out.
        found = np.unique(np.concatenate(edges))
        self._edges = found[found < len(squares)]
        self._order = np.searchsorted(self._edges, starts)
        self._squares, self._sums = squares, np.zeros(len(self._edges), out.dtype)

    def take(self) -> None:
        for values, squares in self._squarings:
            np.multiply(values, values, squares)
        np.add.reduceat(self._squares, self._edges, 0, None, self._sums)
        self._sums.take(self._order, None, self._out, "clip")


def _as_one_row(memory: Array) -> Array:
    """View what `aligned_zeros` has made as one vector, with what lies between its rows."""
    length = int(_places_in(memory, memory).max()) + 1
    return np.lib.stride_tricks.as_strided(memory, (length,), (memory.itemsize,))


def _places_in(memory: Array, values: Array) -> Array:
    """Return where each of `values`, a view of `memory`, lies, counted from its beginning."""
    start = (values.ctypes.data - memory.ctypes.data) // memory.itemsize
    places = np.full(values.shape, start)
    for axis, (length, stride) in enumerate(zip(values.shape, values.strides, strict=True)):
        steps = np.arange(length) * (stride // memory.itemsize)
        places += steps.reshape(-1, *[1] * (values.ndim - axis - 1))
    return places
