"""How many units of the hidden layers are saturated or dead, counted from the slopes phi'(u).

An output is saturated where the slope is below a twentieth of its maximum; a unit is dead where
the slope is zero for the whole batch. Blocks of equal layers are counted in one go.
"""

from collections.abc import Iterator

import numpy as np

from core.activations import FLAT_SHARE_OF_MAX
from core.arrays import Array, Call
from core.layout import Block
from core.products import column_sums
from core.propagation import Propagation

SATURATED_SHARE_OF_MAX = FLAT_SHARE_OF_MAX
# Multiplications for each layer. So many, most of them by 0, are faster than a product for every
# layer: for 6 layers of 8 units in 64 runs 6 us instead of 12.
LITTLE = 1 << 10


def counting(flow: Propagation, block: Block, counts: Array) -> Iterator[Call]:
    """Return the calls that count in a block of hidden layers, after the forward pass.

    The layers have one activation. `counts (*runs, 2, count)` are saturated outputs, dead units; a
    column more, that of the output layer, stays 0: to write into one piece of memory takes 0.2 us,
    into two rows 0.7.
    """
    activation, slopes = flow.network.activations[block.first], flow.slopes_of(block)
    if activation.is_step:
        yield from _counting_steps(slopes, counts)
    else:
        threshold = SATURATED_SHARE_OF_MAX * activation.max_slope
        monotone = activation.monotone
        yield _SlopeMeter(slopes, counts, threshold, monotone=monotone).measure, ()


def _counting_steps(slopes: Array, counts: Array) -> Iterator[Call]:
    """Count slopes that are 0 or 1, (*runs, count, batch, n): a sum counts the active samples."""
    *runs, count, batch, n = slopes.shape
    columns = counts.shape[-1]
    # saturated = batch n - sum of active samples,  dead = n - number of units with any
    # Each row ends with the batch size, whose sign is 1; n times that is what is subtracted from.
    per_unit = np.zeros((2, columns, *runs, n + 1), slopes.dtype)  # layer by layer, as the slopes
    active, alive = per_unit
    active[:count, ..., n] = batch
    sums_of_units = active[:count, ..., :n]
    if runs and batch * n * n <= LITTLE:
        # Every layer of every run is a row: sums of whole numbers are exact in any order.
        rows = np.moveaxis(slopes, -3, 0).reshape(-1, batch * n)
        summing = np.tile(np.eye(n, dtype=slopes.dtype), (batch, 1))
        yield np.matmul, (rows, summing, sums_of_units.reshape(len(rows), n))
    else:
        ones = np.ones((1, batch), slopes.dtype)
        yield from column_sums(ones, slopes, np.moveaxis(sums_of_units, 0, -2))
    yield np.sign, (active, alive)
    weights = np.full(n + 1, -1, slopes.dtype)
    weights[n] = n
    rows, places = per_unit.reshape(-1, n + 1), np.moveaxis(counts, (-2, -1), (0, 1))
    in_one_piece = places.flags.c_contiguous
    sums = places.reshape(-1) if in_one_piece else np.zeros(len(rows), slopes.dtype)
    yield rows.dot, (weights, sums)
    if not in_one_piece:
        yield np.copyto, (places, sums.reshape(places.shape))


class _SlopeMeter:
    """Counts slopes of any size, (*runs, count, batch, n)."""

    def __init__(self, slopes: Array, counts: Array, threshold: float, *, monotone: bool) -> None:
        self._slopes = slopes
        *leading, self._batch, n = slopes.shape
        elements = self._batch * n
        self._samples = np.ones(self._batch, slopes.dtype)
        self._saturated, self._dead = np.moveaxis(counts[..., : slopes.shape[-3]], -2, 0)
        self._absolute = None if monotone else np.absolute
        self._threshold = np.array(threshold, slopes.dtype)
        self._flat = slopes.reshape(*leading, elements)
        # One byte per value, padded to whole words: the bits set in a word are counted at once.
        *runs, count = leading
        words = np.zeros((count, *runs, -(-elements // 8)), np.uint64)  # laid out as the slopes
        self._words = np.moveaxis(words, 0, -2)
        self._mask = self._words.view(np.bool_)[..., :elements]

    def measure(self) -> None:
        absolute = self._absolute
        np.less(absolute(self._flat) if absolute else self._flat, self._threshold, self._mask)
        saturated = np.add.reduce(np.bitwise_count(self._words), -1)
        self._saturated[...] = saturated
        self._dead.fill(0)
        # a dead unit is saturated for the whole batch
        if saturated.item(saturated.argmax()) >= self._batch:
            slopes = absolute(self._slopes) if absolute else self._slopes
            totals = np.vecmat(self._samples, slopes)
            np.add.reduce(totals == 0, axis=-1, out=self._dead)
