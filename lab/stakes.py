"""Between which losses there is something to learn: that of knowing nothing, and the lowest."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core.arrays import Array
from core.datasets import Dataset, Task
from core.losses import Loss
from core.targets import fitting
from lab.spec import Spec

STILL_ABOVE = 0.5  # of what is at stake
TINY = 1e-300


class Stakes(NamedTuple):
    """Two training losses: of the best answer that is the same for every sample, and the lowest.

    With label smoothing, even the right answer costs something.
    """

    knowing_nothing: float
    lowest: float

    @np.errstate(all="ignore")
    def left(self, loss: float) -> float:
        """How much of what is at stake a loss still is, 0 to 1, or more."""
        return float(np.float64(loss - self.lowest) / max(self.knowing_nothing - self.lowest, TINY))


def stakes_of(data: Dataset, spec: Spec) -> Stakes:
    """Return what is at stake with a data set and the loss of a spec.

    Of absolute and Huber loss the best answer is the median or the mean, or near both.
    """
    loss = spec.loss_record
    return _stakes(data, loss, spec.training.smoothing if loss.smooths else 0.0)


@lru_cache(maxsize=2)
def _stakes(data: Dataset, loss: Loss, smoothing: float) -> Stakes:
    answers = _same_answers(data, smoothing)
    losses = [_loss_of(np.broadcast_to(z, _shape(data)), data, loss, smoothing) for z in answers]
    return Stakes(min(losses), _entropy(_smoothed(np.eye(_classes(data))[0], smoothing)))


def _same_answers(data: Dataset, smoothing: float) -> list[Array]:
    """Outputs z (n,) among which is the best that knows nothing of the inputs."""
    y = data.y_train
    averages = [y.mean(axis=0), np.median(y, axis=0)]
    if data.task is Task.REGRESSION:
        return averages
    counts = np.bincount(y.ravel().astype(np.intp), minlength=_classes(data))
    with np.errstate(divide="ignore"):  # a class that does not occur
        logs = np.log(_smoothed(counts / counts.sum(), smoothing))
    logs = np.maximum(logs, -100)
    if data.task is Task.BINARY:
        return [*averages, logs[1:] - logs[:1], np.zeros(1), np.ones(1), -np.ones(1)]
    likeliest = np.eye(len(counts))[counts.argmax()]
    return [logs, np.zeros(len(counts)), likeliest]


def _loss_of(z: Array, data: Dataset, loss: Loss, smoothing: float) -> float:
    y = fitting(loss, data.y_train, (), *z.shape)
    return float(loss.value_and_gradient(z, y, np.empty(z.shape), smoothing))


def _shape(data: Dataset) -> tuple[int, int]:
    return len(data.y_train), data.n_outputs


def _classes(data: Dataset) -> int:
    return {Task.BINARY: 2, Task.CLASSES: data.n_outputs}.get(data.task, 1)


def _smoothed(shares: Array, smoothing: float) -> Array:
    mixed: Array = shares * (1 - smoothing) + smoothing / len(shares)
    return mixed


def _entropy(shares: Array) -> float:
    likely = shares[shares > 0]
    return float(-(likely * np.log(likely)).sum())
