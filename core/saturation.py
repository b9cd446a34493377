"""How many units of the hidden layers are saturated or dead, counted from the slopes phi'(u).

An output is saturated where the slope is below a twentieth of its maximum; a unit is dead where
the slope is zero for the whole batch. Blocks of equal layers are counted in one go.
"""

from collections.abc import Callable

import numpy as np

from core.arrays import Array
from core.layout import Block
from core.propagation import Propagation

SATURATED_SHARE_OF_MAX = 0.05


def slope_meter(flow: Propagation, block: Block, counts: Array) -> Callable[[], None]:
    """Return what counts a block of hidden layers with one activation, after the forward pass.

    It writes into `counts (*runs, 2, count)`: saturated outputs, dead units.
    """
    activation, slopes = flow.network.activations[block.first], flow.slopes_of(block)
    if activation.is_step:
        return _StepMeter(slopes, counts).measure
    threshold = SATURATED_SHARE_OF_MAX * activation.max_slope
    return _SlopeMeter(slopes, counts, threshold, monotone=activation.monotone).measure


class _StepMeter:
    """Counts slopes that are 0 or 1, (*runs, count, batch, n): a sum counts the active samples."""

    def __init__(self, slopes: Array, counts: Array) -> None:
        *leading, batch, n = slopes.shape
        self._slopes, self._counts = slopes, np.moveaxis(counts, -2, 0)
        self._samples, self._units = np.ones(batch, slopes.dtype), np.ones(n, slopes.dtype)
        per_unit = np.zeros((2, *leading, n), slopes.dtype)
        self._active, self._alive = per_unit
        self._rows = per_unit.reshape(-1, n)
        self._sums = np.zeros(len(self._rows), slopes.dtype)
        self._sums_by_kind = self._sums.reshape(2, *leading)
        self._whole = np.zeros((2, *leading), slopes.dtype)
        self._whole[0], self._whole[1] = batch * n, n

    def measure(self) -> None:
        # saturated = batch n - sum of active samples,  dead = n - number of units with any
        np.vecmat(self._samples, self._slopes, self._active)
        np.sign(self._active, self._alive)
        self._rows.dot(self._units, self._sums)
        np.subtract(self._whole, self._sums_by_kind, self._counts)


class _SlopeMeter:
    """Counts slopes of any size, (*runs, count, batch, n)."""

    def __init__(self, slopes: Array, counts: Array, threshold: float, *, monotone: bool) -> None:
        self._slopes = slopes
        *leading, self._batch, n = slopes.shape
        elements = self._batch * n
        self._samples = np.ones(self._batch, slopes.dtype)
        self._saturated, self._dead = counts[..., 0, :], counts[..., 1, :]
        self._absolute = None if monotone else np.absolute
        self._threshold = np.array(threshold, slopes.dtype)
        self._flat = slopes.reshape(*leading, elements)
        # One byte per value, padded to whole words: the bits set in a word are counted at once.
        self._words = np.zeros((*leading, -(-elements // 8)), np.uint64)
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
