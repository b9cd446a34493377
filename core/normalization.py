"""Batch and layer normalisation: one formula, with the mean over another axis.

    u = scale x̂ + shift,   x̂ = (z - mean) / sqrt(variance + eps)

Batch norm takes mean and variance of each unit over the batch (Ioffe and Szegedy 2015, arXiv
1502.03167), layer norm of each sample over the layer's units (Ba et al. 2016, arXiv 1607.06450).
"""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.errors import Registry

EPSILON = 1e-5
RUNNING_SHARE = 0.1  # of the newest batch in the running statistics, as PyTorch has it


@dataclass(frozen=True, slots=True)
class Norm:
    """A normalisation; `axis` of z (*runs, batch, n) is the one its mean runs over.

    `keeps_statistics` says that evaluation uses running means instead of the batch's own.
    """

    name: str
    label: str
    formula: str
    axis: int | None
    keeps_statistics: bool = False


NORMS = Registry(
    "norm",
    Norm("none", "None", "u = z", None),
    Norm("batch", "Batch norm", "u = scale (z - mean over the batch) / std + shift", -2, True),
    Norm("layer", "Layer norm", "u = scale (z - mean over the units) / std + shift", -1),
)


class Normalization:
    """Normalises one layer's z in place, and carries its delta back.

    In here a sample is a column: z has `shape` (*runs, n, batch), and `scale shift d_scale d_shift`
    are (*runs, n, 1) views.
    """

    def __init__(
        self,
        axis: int,
        shape: tuple[int, ...],
        scale: Array,
        shift: Array,
        d_scale: Array,
        d_shift: Array,
    ) -> None:
        self._scale, self._shift = scale, shift
        self._d_scale, self._d_shift = d_scale, d_shift
        dtype = scale.dtype
        *runs, n, self._batch = shape
        self._over_batch = axis == -2
        self._x_hat, self._room = np.zeros(shape, dtype), np.zeros(shape, dtype)
        reduced = (*runs, n, 1) if self._over_batch else (*runs, 1, self._batch)
        self.mean, self.variance, self._inverse_std = (np.zeros(reduced, dtype) for _ in range(3))
        self._correlation = np.zeros(reduced, dtype)
        self._ones = np.ones((self._batch, 1), dtype)
        # Means are products with a constant row or column: faster than a reduction.
        count, row = (self._batch, (-1, 1)) if self._over_batch else (n, (1, -1))
        self._average = np.full(count, 1 / count, dtype).reshape(row)

    def forward(self, z: Array) -> None:
        """Turn z into u."""
        x_hat, room = self._x_hat, self._room
        self._mean_of(z, self.mean)
        np.subtract(z, self.mean, x_hat)
        np.multiply(x_hat, x_hat, room)
        self._mean_of(room, self.variance)
        # x̂ = (z - mean) / sqrt(variance + eps)
        # An overflowed variance must not make x̂ zero: inf / inf is not a number, and is noticed.
        np.add(self.variance, EPSILON, self._correlation)
        np.sqrt(self._correlation, self._inverse_std)
        np.divide(self._inverse_std, self._correlation, self._inverse_std)
        np.multiply(x_hat, self._inverse_std, x_hat)
        # u = scale x̂ + shift
        np.multiply(x_hat, self._scale, z)
        np.add(z, self._shift, z)

    def backward(self, delta: Array) -> None:
        """Turn dloss/du into dloss/dz, and fill the gradient of scale and shift."""
        x_hat, room = self._x_hat, self._room
        # dscale = sums of du x̂ over the batch,  dshift = sums of du
        np.multiply(delta, x_hat, room)
        np.matmul(room, self._ones, self._d_scale)
        np.matmul(delta, self._ones, self._d_shift)
        # with d = scale du:  dz = (d - mean(d) - x̂ mean(d x̂)) / std
        np.multiply(delta, self._scale, delta)
        np.multiply(delta, x_hat, room)
        self._mean_of(room, self._correlation)
        np.multiply(x_hat, self._correlation, room)
        self._mean_of(delta, self._correlation)
        np.subtract(delta, self._correlation, delta)
        np.subtract(delta, room, delta)
        np.multiply(delta, self._inverse_std, delta)

    def follow(self, mean: Array, variance: Array) -> None:
        """Move the running statistics (*runs, n) of a batch-normed layer toward this batch's."""
        mean += RUNNING_SHARE * (self.mean[..., 0] - mean)
        # The variance of the population is estimated with batch - 1.
        unbiased = self.variance[..., 0] * (RUNNING_SHARE * self._batch / (self._batch - 1))
        variance += unbiased - RUNNING_SHARE * variance

    def _mean_of(self, values: Array, out: Array) -> None:
        if self._over_batch:
            np.matmul(values, self._average, out)
        else:
            np.matmul(self._average, values, out)


def evaluate(norm: Norm, z: Array, scale: Array, shift: Array, running: Array | None) -> Array:
    """Return u for an evaluated layer; scale and shift are (*runs, n), z (*runs, batch, n).

    `running (2, *runs, n)` are the mean and variance that batch norm uses.
    """
    if running is not None:
        mean, variance = running[..., None, :]
    else:
        mean, variance = z.mean(norm.axis, keepdims=True), z.var(norm.axis, keepdims=True)
    u: Array = (z - mean) / np.sqrt(variance + EPSILON) * scale[..., None, :] + shift[..., None, :]
    return u
