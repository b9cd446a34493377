"""Whether data fit a network: the inputs its first layer, the targets its loss and last layer.

They are looked at once, where they come in; a step uses them as they are. How many targets a
network hits is its `accuracy`.
"""

import numpy as np

from core.arrays import Array
from core.datasets import Dataset, Task
from core.errors import wrong
from core.losses import Loss
from core.network import Network


def require_fit(network: Network, data: Dataset, loss: Loss) -> None:
    """Raise ValueError unless the training rows are ones that the network can learn from."""
    if data.task not in loss.tasks:
        raise wrong("loss", loss.name, f"one that is defined for {data.task.value} problems")
    samples, n_in = len(data.x_train), network.sizes[0]
    if not samples or data.x_train.shape != (samples, n_in):
        raise wrong("x_train", data.x_train.shape, f"one row or more of {n_in} inputs")
    fitting(loss, data.y_train, (), samples, network.sizes[-1])


def fitting(loss: Loss, y: Array, runs: tuple[int, ...], samples: int, n_out: int) -> Array:
    """Return targets as a loss of z (*runs, samples, n_out) takes them.

    `y` may lack the run axes. Raises ValueError for a shape that does not fit, for class ids
    outside the output layer, and for other labels than 0 and 1 where a loss knows two classes only.
    """
    y = np.asarray(y)
    rows = (*runs, samples)
    if Task.CLASSES in loss.tasks and y.shape in {rows, rows[-1:]}:
        if not np.issubdtype(y.dtype, np.integer):
            raise wrong("y", y.dtype.name, "whole numbers, the ids of the classes")
        _require_labels(y, (y >= 0) & (y < n_out), f"class ids 0 to {n_out - 1}")
        return np.broadcast_to(y, rows)
    if loss.tasks != {Task.CLASSES} and y.shape in {(*rows, n_out), (samples, n_out)}:
        if Task.REGRESSION not in loss.tasks:
            _require_labels(y, (y == 0) | (y == 1), "0 or 1")
        return np.broadcast_to(y, (*rows, n_out))
    shapes = [str((*rows, n_out))] if loss.tasks != {Task.CLASSES} else []
    shapes += [f"{rows} of class ids"] if Task.CLASSES in loss.tasks else []
    raise wrong("y", y.shape, f"the shape {' or '.join(shapes)} for {loss.label.lower()}")


def _require_labels(y: Array, good: Array, allowed: str) -> None:
    if not good.all():
        raise wrong("y", y[~good].ravel()[0].item(), allowed)


def accuracy(task: Task, z: Array, y: Array) -> Array:
    """Share of samples whose class is predicted right, of shape `runs`; NaN for regression.

    `z (*runs, batch, n)` are logits; `y` as the task's targets are stored. NaN is also what a run
    has of whose logits one is no finite number.
    """
    share = np.full(z.shape[:-2], np.nan)
    if task is Task.BINARY:
        share[...] = np.mean((z > 0) == (y > 0.5), axis=(-2, -1))
    if task is Task.CLASSES:
        share[...] = np.mean(z.argmax(axis=-1) == y, axis=-1)
    share[~np.isfinite(z).all(axis=(-2, -1))] = np.nan
    return share
