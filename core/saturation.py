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
# layer: for 6 layers of 8 units 0.4 us instead of 0.85, in 64 runs 6 instead of 12.
LITTLE = 1 << 10
BYTES = 8  # of a word


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
    sums, batch_sizes = active[:count], active[:count, ..., n]
    batch_sizes[...] = batch
    if batch * n * n <= LITTLE:
        # Every layer of every run is a row: sums of whole numbers are exact in any order.
        rows = np.moveaxis(slopes, -3, 0).reshape(-1, batch * n)
        summing = np.tile(np.eye(n, n + 1, dtype=slopes.dtype), (batch, 1))
        if runs:
            yield np.matmul, (rows, summing[:, :n].copy(), sums.reshape(len(rows), n + 1)[:, :n])
        else:  # for 6 layers of 8 units 0.5 us, without the last column 0.9
            yield rows.dot, (summing, sums)
            yield batch_sizes.fill, (batch,)
    else:
        ones = np.ones((1, batch), slopes.dtype)
        yield from column_sums(ones, slopes, np.moveaxis(sums[..., :n], 0, -2))
    yield np.sign, (active, alive)
    weights = np.full(n + 1, -1, slopes.dtype)
    weights[n] = n
    rows, places = per_unit.reshape(-1, n + 1), np.moveaxis(counts, (-2, -1), (0, 1))
    in_one_piece = places.flags.c_contiguous
    found = places.reshape(-1) if in_one_piece else np.zeros(len(rows), slopes.dtype)
    yield rows.dot, (weights, found)
    if not in_one_piece:
        yield np.copyto, (places, found.reshape(places.shape))


class _SlopeMeter:
    """Counts slopes of any size, (*runs, count, batch, n)."""

    def __init__(self, slopes: Array, counts: Array, threshold: float, *, monotone: bool) -> None:
        self._slopes = slopes
        *runs, count, self._batch, n = slopes.shape
        elements = self._batch * n
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
            totals = np.vecmat(self._samples, slopes)
            np.add.reduce(np.moveaxis(totals == 0, -2, 0), axis=-1, out=self._dead)
