"""How many units of the hidden layers are saturated or dead, counted from the slopes phi'(u).

An output is saturated where the slope is below a twentieth of its maximum; a unit is dead where
the slope is zero for the whole batch. Blocks of equal layers are counted in one go.
"""

from collections.abc import Iterator

import numpy as np

from core.activations import FLAT_SHARE_OF_MAX
from core.arrays import Array, Call
from core.layout import Block
from core.propagation import Propagation

SATURATED_SHARE_OF_MAX = FLAT_SHARE_OF_MAX
BYTES = 8  # of a word


def counting(flow: Propagation, block: Block, counts: Array) -> Iterator[Call]:
    """Return the calls that count in a block of hidden layers, after the forward pass.

    The layers have one activation. `counts (*runs, 2, count)` are saturated outputs, dead units; a
    column more, that of the output layer, stays 0: to write into one piece of memory takes 0.2 us,
    into two rows 0.7.
    """
    activation, n = flow.network.activations[block.first], flow.network.sizes[block.first + 1]
    if activation.is_step:
        yield from _counting_steps(flow.slopes_of(block, flow.delta_columns.more), n, counts)
    else:
        threshold = SATURATED_SHARE_OF_MAX * activation.max_slope
        monotone = activation.monotone
        yield _SlopeMeter(flow.slopes_of(block), counts, threshold, monotone=monotone).measure, ()


def _counting_steps(slopes: Array, n: int, counts: Array) -> Iterator[Call]:
    """Count slopes that are 0 or 1, (*runs, count, rows, batch): a sum counts active samples.

    The first n rows of a layer are its units'; there may be one more.
    """
    *runs, count, rows, batch = slopes.shape
    columns, dtype = counts.shape[-1], slopes.dtype
    # saturated = batch n - sum of active samples,  dead = n - number of units with any
    per_unit = np.zeros((2, columns, *runs, rows), dtype)  # layer by layer, as the slopes
    active, alive = per_unit.reshape(2, -1)
    # Every unit of every layer of every run is a row: sums of whole numbers are exact in any order.
    flat = np.moveaxis(slopes, -3, 0).reshape(-1, batch)
    yield flat.dot, (np.ones(batch, dtype), active[: len(flat)])
    weights = np.full(rows, -1, dtype)
    if rows > n:  # in place of the row more stands what is subtracted from: n times batch, and 1
        weights[n] = n
        yield per_unit[0, :count, ..., n].fill, (batch,)
    yield np.sign, (active, alive)
    places = np.moveaxis(counts, (-2, -1), (0, 1))
    in_one_piece = places.flags.c_contiguous
    found = places if in_one_piece else np.zeros(places.shape, dtype)
    yield per_unit.reshape(-1, rows).dot, (weights, found.reshape(-1))
    if rows == n:
        most = np.zeros(found.shape, dtype)
        most[:, :count] = np.array([batch * n, n]).reshape(2, *[1] * (most.ndim - 1))
        yield np.add, (found, most, places)
    elif not in_one_piece:
        yield np.copyto, (places, found)


class _SlopeMeter:
    """Counts slopes of any size, (*runs, count, n, batch)."""

    def __init__(self, slopes: Array, counts: Array, threshold: float, *, monotone: bool) -> None:
        self._slopes = slopes
        *runs, count, n, self._batch = slopes.shape
        elements = n * self._batch
        self._samples = np.ones(self._batch, slopes.dtype)
        self._saturated, self._dead = np.moveaxis(counts[..., :count], (-2, -1), (0, 1))
        self._absolute = None if monotone else np.absolute
        self._threshold = np.array(threshold, slopes.dtype)
        self._flat = slopes.reshape(*runs, count, elements)
        # A byte per value, padded to words, which lie as the slopes do. Words are added whole: of
        # up to 255 none of the eight sums of bytes runs over into the next.
        n_words = -(-elements // BYTES)
        stretches = -(-n_words // 255)
        length = -(-n_words // stretches)
        words = np.zeros((count, *runs, stretches * length), np.uint64)
        self._mask = np.moveaxis(words.view(np.bool_)[..., :elements], 0, -2)
        self._words, self._starts = words.reshape(-1), np.arange(0, words.size, length)
        self._ones = np.ones(stretches * BYTES, slopes.dtype)

    def measure(self) -> None:
        absolute = self._absolute
        np.less(absolute(self._flat) if absolute else self._flat, self._threshold, self._mask)
        # For 12 layers of 16 units in 32 runs 5 us; to count the bits of every word takes 18.
        sums = np.add.reduceat(self._words, self._starts).view(np.uint8)
        rows = sums.reshape(-1, len(self._ones)).astype(self._ones.dtype)
        saturated = rows.dot(self._ones)
        self._saturated[...] = saturated.reshape(self._saturated.shape)
        self._dead.fill(0)
        # a dead unit is saturated for the whole batch
        if saturated.item(saturated.argmax()) >= self._batch:
            slopes = absolute(self._slopes) if absolute else self._slopes
            totals = np.matvec(slopes, self._samples)
            np.add.reduce(np.moveaxis(totals == 0, -2, 0), axis=-1, out=self._dead)
