"""What a network is asked to make small, each loss beside its gradient at the output.

Both are computed from the output layer's `z` (logits for classification), because the composed
formulas stay exact where sigmoid or softmax alone would round to 0 or 1: what is left of a loss
that is nearly zero keeps its digits. Definitions and the slope at a kink are PyTorch's. The mean
runs over the batch; for mse, mae and huber over every element. A step has NumPy say nothing of
what overflows or is invalid on the way, and so should any other caller.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from core.arrays import Array, constant
from core.datasets import Task
from core.errors import Registry


class ValueAndGradient(Protocol):
    """The function of a `Loss`."""

    def __call__(self, z: Array, t: Array, delta: Array, smoothing: float = 0.0, /) -> Array: ...


def _unchanged(y: Array) -> Array:
    return y


def _signs(y: Array) -> Array:
    """1 for class 0 and -1 for class 1: on which side of 0 a logit is wrong."""
    signs: Array = 1 - (y + y)
    return signs


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss of logits `z (*runs, batch, n)` against targets `y`.

    `y` is 0 or 1, (*runs, batch, 1), for BINARY; class ids (*runs, batch) for CLASSES;
    (*runs, batch, n) for REGRESSION. `tasks` are the kinds of problem the loss is defined for.
    `function(z, t, delta, smoothing=0.0)` does as `value_and_gradient`, but takes the targets
    `t = prepared(y)`: that is done once for all steps. `smoothing` is the share of the target that
    is spread evenly over all classes (Szegedy et al. 2016, arXiv 1512.00567); only losses that say
    `smooths` heed it.
    """

    name: str
    label: str
    formula: str
    tasks: frozenset[Task]
    function: ValueAndGradient
    smooths: bool = False
    prepared: Callable[[Array], Array] = _unchanged

    def value_and_gradient(self, z: Array, y: Array, delta: Array, smoothing: float = 0.0) -> Array:
        """Return the loss per run, shape `runs`, and write dloss/dz into `delta`."""
        return self.function(z, self.prepared(y), delta, smoothing)


def _mse(z: Array, y: Array, delta: Array, _smoothing: float = 0.0) -> Array:
    # loss = mean (z - y)^2,  delta = 2 (z - y) / count, count = batch * outputs
    count, shares, _ = _numbers(z.shape, z.dtype)
    np.subtract(z, y, delta)
    loss = _mean(delta * delta, shares)
    np.multiply(delta, 2 / count, delta)
    return loss


def _mae(z: Array, y: Array, delta: Array, _smoothing: float = 0.0) -> Array:
    # loss = mean |z - y|,  delta = sign(z - y) / count
    count, shares, _ = _numbers(z.shape, z.dtype)
    np.subtract(z, y, delta)
    loss = _mean(np.absolute(delta), shares)
    np.sign(delta, delta)
    np.divide(delta, count, delta)
    return loss


def _huber(z: Array, y: Array, delta: Array, _smoothing: float = 0.0) -> Array:
    # c = z - y limited to [-1, 1],  loss = mean c ((z - y) - c/2),  delta = c / count
    # That is (z - y)^2 / 2 up to a distance of 1 and |z - y| - 1/2 beyond (Huber 1964).
    count, shares, _ = _numbers(z.shape, z.dtype)
    distance = z - y
    np.minimum(distance, 1, out=delta)
    np.maximum(delta, -1, out=delta)
    np.subtract(distance, delta * 0.5, distance)
    loss = _mean(np.multiply(distance, delta, distance), shares)
    np.divide(delta, count, delta)
    return loss


def _binary_cross_entropy(z: Array, sign: Array, delta: Array, smoothing: float = 0.0) -> Array:
    # sign = 1 - 2 y, m = sign z says how far z is on the wrong side, and e = exp(m)
    # loss = mean log(1 + e),  delta = sign e / (1 + e) / count
    count, shares, one = _numbers(z.shape, z.dtype)
    np.multiply(sign, z, delta)
    e = np.exp(delta)
    losses = np.log1p(e)
    spread = delta * (smoothing / 2) if smoothing else None
    np.add(e, one, delta)
    np.divide(e, delta, delta)
    loss = _mean(losses, shares)
    if not math.isfinite(loss if z.ndim == 2 else loss.item(loss.argmax())):  # which finds NaN too
        # Where e is infinite, log(1 + e) is m, and e / (1 + e) is 1.
        beyond = np.isinf(e)
        np.copyto(losses, sign * z, where=beyond)
        np.copyto(delta, one, where=beyond)
        loss = _mean(losses, shares)
    if spread is not None:  # the target is y (1 - smoothing) + smoothing / 2
        loss = _mean(losses - spread, shares)
        delta -= smoothing / 2
    np.multiply(delta, sign, delta)
    np.divide(delta, count, delta)
    return loss


def _cross_entropy(z: Array, y: Array, delta: Array, smoothing: float = 0.0) -> Array:
    # p = softmax(z),  loss = mean -log p[y],  delta = (p - onehot(y)) / batch
    # With s = z - max z, e = exp(s) and `others` the sum of e without e[y]:
    # p[y] - 1 = -others / total  and  -log p[y] = log(total) - s[y],  total = others + e[y].
    batch, classes = z.shape[-2:]
    shifted = np.subtract(z, np.maximum.reduce(z, axis=-1, keepdims=True), order="C")
    e = np.exp(shifted)
    chosen = _row_starts(y.shape, classes) + y
    shifted_y = shifted.reshape(-1)[chosen]
    e_flat = e.reshape(-1)
    e_flat[chosen] = 0
    others = np.add.reduce(e, axis=-1)
    e_flat[chosen] = -others
    beyond_one = others + np.expm1(shifted_y)  # total - 1, which total alone would round away
    total = beyond_one + 1
    losses = np.log1p(beyond_one) - shifted_y
    if smoothing:  # the target (1 - smoothing) onehot(y) + smoothing / classes
        losses += smoothing * (shifted_y - np.add.reduce(shifted, axis=-1) / classes)
        e_flat[chosen] += smoothing * total
        e -= (smoothing / classes) * total[..., None]
    np.divide(e, (total * batch)[..., None], delta)
    loss: Array = np.add.reduce(losses, axis=-1) / batch
    return loss


def _hinge(z: Array, y: Array, delta: Array, _smoothing: float = 0.0) -> Array:
    return (_multi_margin if y.ndim < z.ndim else _margin)(z, y, delta)


def _margin(z: Array, y: Array, delta: Array) -> Array:
    # t = 2 y - 1,  loss = mean max(0, 1 - t z),  delta = -t / count where that is above 0
    count, shares, _ = _numbers(z.shape, z.dtype)
    minus_t = 1 - (y + y)
    margins = minus_t * z
    np.add(margins, 1, margins)
    np.multiply(minus_t, margins > 0, delta)
    np.divide(delta, count, delta)
    np.maximum(margins, 0, out=margins)
    return _mean(margins, shares)


def _multi_margin(z: Array, y: Array, delta: Array) -> Array:
    # loss = mean over the batch of sum_{j != y} max(0, 1 - z[y] + z[j]) / classes
    # delta[j] = 1 / (classes batch) where that is above 0, delta[y] = -sum of the other delta[j]
    count, shares, _ = _numbers(z.shape, z.dtype)
    chosen = _row_starts(y.shape, z.shape[-1]) + y
    z_right = np.take_along_axis(z, y[..., None], axis=-1)
    margins = np.add(z, 1 - z_right, order="C")
    margins.reshape(-1)[chosen] = 0
    np.maximum(margins, 0, out=margins)
    active = (margins > 0).astype(z.dtype)
    active.reshape(-1)[chosen] = -np.add.reduce(active, axis=-1)
    np.divide(active, count, delta)
    return _mean(margins, shares)


def _mean(values: Array, shares: Array) -> Array:
    """The mean of each run; `values` is contiguous, so that each run is added in the same order."""
    # For a batch of ten a product takes 0.3 us; a sum over two axes takes 0.8, a division 0.1.
    if values.ndim == 2:
        mean: Array = values.ravel().dot(shares)
    else:
        mean = np.vecdot(values.reshape(*values.shape[:-2], len(shares)), shares)
    return mean


@lru_cache(maxsize=64)
def _numbers(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[Array, Array, Array]:
    """For logits of a shape: how many a run has, that many times its inverse, and 1.

    To look them up takes 0.2 us, as long as one of them would.
    """
    count = math.prod(shape[-2:])
    return constant(count, dtype), np.full(count, 1 / count, dtype), constant(1, dtype)


@lru_cache(maxsize=32)
def _row_starts(shape: tuple[int, ...], width: int) -> Array:
    """Where the rows of an array (*shape, width) start in its flat memory."""
    rows = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    starts: Array = rows * width
    return starts


_VALUES = frozenset({Task.REGRESSION, Task.BINARY})

LOSSES = Registry(
    "loss",
    Loss("mse", "Mean squared error", "mean (z - y)²", _VALUES, _mse),
    Loss("mae", "Mean absolute error", "mean |z - y|", _VALUES, _mae),
    Loss(
        "huber",
        "Huber (smooth absolute error)",
        "mean (z - y)²/2, or |z - y| - 1/2 beyond 1",
        _VALUES,
        _huber,
    ),
    Loss(
        "binary_cross_entropy",
        "Binary cross-entropy",
        "mean [log(1 + exp z) - y z]",
        frozenset({Task.BINARY}),
        _binary_cross_entropy,
        smooths=True,
        prepared=_signs,
    ),
    Loss(
        "cross_entropy",
        "Softmax cross-entropy",
        "mean -log softmax(z)[y]",
        frozenset({Task.CLASSES}),
        _cross_entropy,
        smooths=True,
    ),
    Loss(
        "hinge",
        "Hinge (margin of 1)",
        "mean max(0, 1 - z[right] + z[wrong])",
        frozenset({Task.BINARY, Task.CLASSES}),
        _hinge,
    ),
)
