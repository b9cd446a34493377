"""Sums of the squares of many stretches of memory, in as few calls as possible.

For a small network a call of NumPy costs more than what it computes, so its values are squared all
at once, wanted or not, and summed stretch by stretch; those of a large one go to BLAS.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from core.arrays import Array, Call
from core.layout import FEW, Block, Comb, Piece, stacked
from core.propagation import Propagation


class Part(NamedTuple):
    """Values (rows, *runs, count, length), views of `memory`; the last axis is contiguous.

    `row` is the first row they belong to, `block` says which columns. A row of all such parts has
    `size` values in a run, which may lie as `comb` says.
    """

    values: Array
    row: int
    block: Block
    memory: Array
    size: int
    comb: Comb | None = None


def summing(parts: Sequence[Part], out: Array, first: tuple[int, int]) -> list[Call]:
    """Return the calls that write the sums into `out (*runs, rows, columns)`.

    It begins at row and column `first`; no row has parts of two memories. How a part is summed
    depends on the size of a run's row: so a gradient before clipping has the bits it has without.
    In float64 a run in a stack has the bits it has alone; in float32 its few values are added in
    another order there, which moves the sums by rounding, some 1e-7 of them.
    """
    calls, few = list[Call](), list[Part]()
    runs = out.shape[:-2]
    for part in parts:
        if part.size <= FEW and (not runs or out.dtype == np.float64):
            few.append(part)
        else:
            calls.append((np.vecdot, (part.values, part.values, _place_of(part, out, first))))
    if not few:
        return calls
    comb, is_one = few[0].comb, len({id(part.memory) for part in few}) == 1
    if comb and is_one and out.dtype == np.float32 and out.shape[-1] > 1:
        return [*calls, *_sums_by_comb(few, comb, out, first)]
    return [*calls, *_sums_of_few(few, out, first)]


def _sums_by_comb(
    parts: Sequence[Part], comb: Comb, out: Array, first: tuple[int, int]
) -> Iterator[Call]:
    """Square memories whose layers lie alike, and sum them in one product with zeros and ones.

    For 20 layers of 8 units 0.8 us instead of 1.8.
    """
    memory, top = parts[0].memory, parts[0].row - first[0]
    sums = out[top : top + len(memory)]
    squares = np.zeros((len(memory), out.shape[-1] * comb.stride), out.dtype)
    rows, places = memory[:, : comb.stop], squares[:, comb.lead :]
    fits = parts[0].size <= squares.shape[-1] - comb.lead  # before the second row's lead
    if len(rows) == 2 and rows.strides == squares.strides and fits:
        # What lies between the two is squared as well, and forgotten: 0.4 us instead of 0.5.
        whole = _as_one_row(rows)
        yield np.multiply, (whole, whole, _as_one_row(places)[: len(whole)])
        yield places[0, comb.stop :].fill, (0,)
    else:
        for row, own in zip(rows, places, strict=True):
            yield np.multiply, (row, row, own[: comb.stop])
    teeth = np.zeros(comb.stride, out.dtype)
    teeth[: comb.length] = 1
    yield squares.reshape(-1, comb.stride).dot, (teeth, sums.reshape(-1))


def _sums_of_few(parts: Sequence[Part], out: Array, first: tuple[int, int]) -> Iterator[Call]:
    """Square all memories into one, sum its stretches, and pick those that are wanted."""
    top = min(part.row for part in parts)
    bottom = max(part.row + len(part.values) for part in parts)
    out, first = out[..., top - first[0] : bottom - first[0], :], (top, first[1])
    rows = {id(part.memory): _as_one_row(part.memory) for part in parts}
    offsets = dict(zip(rows, accumulate(map(len, rows.values()), initial=0), strict=False))
    squares = np.zeros(sum(map(len, rows.values())), out.dtype)
    for key, row in rows.items():
        yield np.multiply, (row, row, squares[offsets[key] :][: len(row)])
    starts, edges = np.zeros(out.shape, np.intp), list[Array]()
    for part in parts:
        places = offsets[id(part.memory)] + _places_in(part.memory, part.values[..., 0])
        _place_of(part, starts, first)[...] = places
        edges += [places.ravel(), places.ravel() + part.values.shape[-1]]
    # What lies between two stretches is a stretch too.
    bounds = np.unique(np.concatenate(edges))
    bounds = bounds[bounds < len(squares)]
    yield _pick_sums, (squares, bounds, np.searchsorted(bounds, starts), out)


def _pick_sums(values: Array, bounds: Array, which: Array, out: Array) -> None:
    """Sum the stretches that begin at `bounds` and write those that are wanted."""
    # To be given the place of its result takes reduceat 0.7 us instead of 0.5.
    np.add.reduceat(values, bounds).take(which, None, out, "clip")


def signals_of(flow: Propagation) -> Iterator[Part]:
    """h and delta of all layers, in rows 0 and 1.

    Behind hidden layers that are all alike, the output layer is measured with the zeros that follow
    it, as if it were one of them: a call less, 0.5 of 8 us for 20 layers of 8 units. That changes
    the order in which it is summed, which in float64 would be seen.
    """
    network, blocks, size = flow.network, flow.blocks, flow.batch * sum(flow.network.sizes[1:])
    alike = len(blocks) == 2 and network.sizes[-1] <= network.sizes[1]
    if alike and size > FEW and not network.runs and network.dtype == np.float32:
        blocks = (Block(0, blocks[0].count + 1),)
    lie = [flow.h_columns, flow.delta_columns]
    rows = [(flow.memory, 0)] if lie[0] is lie[1] else [(flow.memory[:1], 0), (flow.memory[1:], 1)]
    for memory, row in rows:
        for block in blocks:
            values = lie[row].of(memory, block)
            values = values.reshape(*values.shape[:-2], values.shape[-2] * values.shape[-1])
            yield Part(values, row, block, flow.memory, size)


def weights_of(
    memory: Array, piece: Piece, start: int, row: int, comb: Comb | None = None
) -> Iterator[Part]:
    """A piece's weights; the vectors `memory (rows, *runs, ...)` begin at `start` of the layout."""
    size = memory.shape[-1]
    for block, first, length, stride in piece.stretches:
        values = stacked(memory, first - start, block.count, (stride,))[..., :length]
        yield Part(values, row, block, memory, size, comb)


def _place_of(part: Part, sums: Array, first: tuple[int, int]) -> Array:
    """View what belongs to a part, (rows, *runs, count)."""
    row, column = part.row - first[0], part.block.first - first[1]
    rows = np.moveaxis(sums, -2, 0)[row : row + len(part.values)]
    return rows[..., column : column + part.block.count]


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
