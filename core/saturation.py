"""How many units of the hidden layers are saturated or dead, counted from the slopes phi'(u).

An output is saturated where the slope is below a twentieth of its maximum; a unit is dead where
the slope is zero for the whole batch. Blocks of equal layers are counted in one go.
"""

from collections.abc import Callable

import numpy as np

from core.activations import FLAT_SHARE_OF_MAX
from core.arrays import ZERO, Array
from core.layout import Block
from core.propagation import Propagation

SATURATED_SHARE_OF_MAX = FLAT_SHARE_OF_MAX


def slope_meter(flow: Propagation, block: Block, counts: Array) -> Callable[[], None]:
    """Return what counts a block of hidden layers with one activation, after the forward pass.

    It writes into `counts`, float64 (*runs, 2, layers): saturated outputs, dead units.
    """
    activation = flow.network.activations[block.first]
    slopes, counts = flow.slopes_of(block), counts[..., block.layers]
    if activation.is_step:
        return _StepMeter(slopes, counts).measure
    threshold = SATURATED_SHARE_OF_MAX * activation.max_slope
    return _SlopeMeter(slopes, counts, threshold, monotone=activation.monotone).measure


class _StepMeter:
    """Counts slopes that are 0 or 1, (*runs, count, batch, n): a sum counts the active samples."""

    def __init__(self, slopes: Array, counts: Array) -> None:
        *leading, batch, n = slopes.shape
        *runs, count = leading
        self._slopes, self._counts = slopes, counts
        self._ones = np.ones((1, batch), slopes.dtype)
        self._zero = ZERO[slopes.dtype]
        # saturated = batch n - sum of active samples,  dead = number of units with none
        # Both are one product of what is known per unit, and of batch n in a further column.
        self._per_unit = np.zeros((*runs, 2, count, n + 1), slopes.dtype)
        self._per_unit[..., 0, :, n] = batch * n
        self._signs = np.array([[[-1] * n + [1]], [[1] * n + [0]]], slopes.dtype)
        self._active, self._dead = self._per_unit[..., 0, :, :n], self._per_unit[..., 1, :, :n]
        self._active_rows = self._active[..., None, :]

    def measure(self) -> None:
        np.matmul(self._ones, self._slopes, self._active_rows)
        np.equal(self._active, self._zero, self._dead)
        np.vecdot(self._per_unit, self._signs, self._counts)


class _SlopeMeter:
    """Counts slopes of any size, (*runs, count, batch, n)."""

    def __init__(self, slopes: Array, counts: Array, threshold: float, *, monotone: bool) -> None:
        self._slopes = slopes
        *leading, self._batch, n = slopes.shape
        elements = self._batch * n
        self._ones = np.ones((1, self._batch), slopes.dtype)
        self._saturated, self._dead = counts[..., 0, :], counts[..., 1, :]
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
        if saturated.max() >= self._batch:  # a dead unit is saturated for the whole batch
            slopes = absolute(self._slopes) if absolute else self._slopes
            totals = np.matmul(self._ones, slopes)[..., 0, :]
            np.add.reduce(totals == 0, axis=-1, out=self._dead)
