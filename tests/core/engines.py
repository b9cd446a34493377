"""Small networks, data and trainers to test with."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from core.activations import ACTIVATIONS, Activation
from core.arrays import Array
from core.datasets import Dataset, Task
from core.initializers import INITIALIZERS
from core.losses import LOSSES, Loss
from core.network import Network
from core.optimizers import OPTIMIZERS, Rates
from core.propagation import Propagation
from core.training import Trainer
from core.updates import Settings

# Every loss with every kind of problem that it is defined for.
LOSS_TASKS = [(loss, task) for loss in LOSSES.values() for task in sorted(loss.tasks)]


def activations_of(names: str | Sequence[str], count: int) -> list[Activation]:
    """`count` records of one name, or one per name."""
    return [ACTIVATIONS[n] for n in ([names] * count if isinstance(names, str) else names)]


def targets(task: Task, rng: Generator, samples: int, n_out: int) -> Array:
    """Random targets, stored as a data set stores them."""
    if task is Task.CLASSES:
        return rng.integers(0, n_out, samples)
    if task is Task.BINARY:
        return rng.integers(0, 2, (samples, n_out)).astype(np.float64)
    return rng.standard_normal((samples, n_out))


def dataset(
    x: Array, y: Array, task: Task = Task.REGRESSION, dtype: DTypeLike | None = None
) -> Dataset:
    """A data set that trains and tests on all rows of x (n, n_inputs) and y."""
    x = np.array(x, dtype)
    y = np.array(y, np.intp if task is Task.CLASSES else dtype)
    return Dataset(
        name="made for a test",
        task=task,
        x_train=x,
        y_train=y,
        x_test=x,
        y_test=y,
        n_inputs=x.shape[1],
        n_outputs=int(y.max()) + 1 if task is Task.CLASSES else y.shape[1],
        feature_names=(),
        class_names=(),
        mean=np.zeros(x.shape[1]),
        scale=np.ones(x.shape[1]),
    )


def random_network(
    sizes: Sequence[int],
    activations: str | Sequence[str],
    seed: int = 0,
    runs: tuple[int, ...] = (),
    gain: float = 1.5,
) -> Network:
    """A float64 network whose weights and biases are all random and of moderate size."""
    rng = np.random.default_rng(seed)
    network = Network(sizes, activations_of(activations, len(sizes) - 2), np.float64, runs)
    for layer in network.layers:
        layer.w[...] = gain * rng.standard_normal(layer.w.shape) / np.sqrt(layer.w.shape[-2])
        layer.b[...] = 0.5 * rng.standard_normal(layer.b.shape)
    return network


def backpropagate(network: Network, loss: Loss, x: Array, y: Array) -> tuple[Propagation, Array]:
    """Forward and backward of one batch; returns what holds h and delta, and the loss."""
    flow = Propagation(network, x.shape[-2])
    return flow, flow.gradient_of(x, y, loss)


def make_trainer(
    sizes: Sequence[int] = (3, 5, 4, 2),
    activations: str | Sequence[str] = "tanh",
    *,
    data: Dataset | None = None,
    loss: str = "mse",
    optimizer: str = "sgd",
    learning_rate: float = 0.1,
    momentum: float = 0.9,
    batch_size: int = 8,
    l2: float = 0.0,
    initializer: str = "he_normal",
    gain: float = 1.0,
    samples: int = 20,
    dtype: DTypeLike = np.float64,
    seeds: Sequence[int] = (0,),
    runs: tuple[int, ...] = (),
) -> Trainer:
    """A trainer; without `data`, on random data of the loss's first task.

    Each seed of `seeds` makes one run's weights and order of samples.
    """
    network = Network(sizes, activations_of(activations, len(sizes) - 2), dtype, runs)
    network.initialize(INITIALIZERS[initializer], gain, [np.random.default_rng(s) for s in seeds])
    if data is None:
        rng, task = np.random.default_rng(99), min(LOSSES[loss].tasks)
        x = rng.standard_normal((samples, sizes[0]))
        data = dataset(x, targets(task, rng, samples, sizes[-1]), task, dtype)
    return Trainer(
        network,
        data,
        LOSSES[loss],
        OPTIMIZERS[optimizer],
        Settings(Rates(learning_rate, momentum), batch_size, l2),
        [np.random.default_rng(seed + 1000) for seed in seeds],
    )
