"""What a network is asked to make small, each loss beside its gradient at the output.

Both are computed from the output layer's `z` (logits for classification), because the composed
formulas stay exact where sigmoid or softmax alone would round to 0 or 1. The mean runs over the
batch; for mse over every element.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.arrays import ZERO, Array
from core.datasets import Task


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss of logits `z (*runs, batch, n)` against targets `y`.

    `value_and_gradient(z, y, delta)` returns the loss per run, shape `runs`, and writes
    dloss/dz into `delta`. `tasks` are the kinds of problem it is defined for.
    """

    name: str
    label: str
    formula: str
    tasks: frozenset[Task]
    value_and_gradient: Callable[[Array, Array, Array], Array]


def _mse(z: Array, y: Array, delta: Array) -> Array:
    # loss = mean (z - y)^2,  delta = 2 (z - y) / count, count = batch * outputs
    count = z.shape[-1] * z.shape[-2]
    np.subtract(z, y, delta)
    loss: Array = np.einsum("...ij,...ij->...", delta, delta) / count
    np.multiply(delta, 2 / count, delta)
    return loss


def _binary_cross_entropy(z: Array, y: Array, delta: Array) -> Array:
    # loss = mean [softplus(z) - y z],  delta = (sigmoid(z) - y) / batch
    # softplus(z) = log(1 + exp(z)) and sigmoid(z) = exp(z - softplus(z)) never overflow.
    count = z.shape[-1] * z.shape[-2]
    softplus = np.logaddexp(ZERO[z.dtype], z)
    loss: Array = np.add.reduce(softplus - y * z, axis=(-2, -1)) / count
    np.subtract(z, softplus, delta)
    np.exp(delta, delta)
    np.subtract(delta, y, delta)
    np.divide(delta, count, delta)
    return loss


def _cross_entropy(z: Array, y: Array, delta: Array) -> Array:
    # p = softmax(z),  loss = mean -log p[y],  delta = (p - onehot(y)) / batch
    batch = z.shape[-2]
    chosen = np.expand_dims(y, -1)
    shifted = z - z.max(axis=-1, keepdims=True)
    np.exp(shifted, delta)
    total = delta.sum(axis=-1, keepdims=True)
    log_p = np.take_along_axis(shifted, chosen, axis=-1) - np.log(total)
    np.divide(delta, total * batch, delta)
    picked = np.take_along_axis(delta, chosen, axis=-1)
    np.put_along_axis(delta, chosen, picked - delta.dtype.type(1 / batch), axis=-1)
    loss: Array = -log_p.mean(axis=(-2, -1))
    return loss


LOSSES: dict[str, Loss] = {
    record.name: record
    for record in (
        Loss(
            "mse",
            "Mean squared error",
            "mean (z - y)²",
            frozenset({Task.REGRESSION, Task.BINARY}),
            _mse,
        ),
        Loss(
            "binary_cross_entropy",
            "Binary cross-entropy",
            "mean [log(1 + exp z) - y z]",
            frozenset({Task.BINARY}),
            _binary_cross_entropy,
        ),
        Loss(
            "cross_entropy",
            "Softmax cross-entropy",
            "mean -log softmax(z)[y]",
            frozenset({Task.CLASSES}),
            _cross_entropy,
        ),
    )
}


def accuracy(task: Task, z: Array, y: Array) -> float:
    """Share of samples whose class is predicted right, or NaN for regression.

    `z (batch, n)` are logits; `y` as the task's targets are stored.
    """
    if task is Task.BINARY:
        return float(np.mean((z > 0) == (y > 0.5)))
    if task is Task.CLASSES:
        return float(np.mean(z.argmax(axis=-1) == y))
    return float("nan")
