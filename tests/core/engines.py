"""Small networks, data and trainers to test with."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

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
from core.updates import Setting, Settings

REORDERED = 1e-6  # what float32 sums of squares differ by that are added in another order
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
    **kinds: Any,
) -> Network:
    """A float64 network whose parameters are all random and of moderate size.

    `kinds` are norm, residual and dropout.
    """
    rng = np.random.default_rng(seed)
    records = activations_of(activations, len(sizes) - 2)
    network = Network(sizes, records, np.float64, runs, **kinds)
    for layer in network.layers:
        layer.w[...] = gain * rng.standard_normal(layer.w.shape) / np.sqrt(layer.w.shape[-2])
        layer.b[...] = 0.5 * rng.standard_normal(layer.b.shape)
        if layer.scale is not None and layer.shift is not None:
            layer.scale[...] = rng.uniform(0.5, 1.5, layer.scale.shape)
            layer.scale[...] *= rng.choice([-1, 1], layer.scale.shape)
            layer.shift[...] = 0.5 * rng.standard_normal(layer.shift.shape)
    return network


def backpropagate(
    network: Network, loss: Loss, x: Array, y: Array, smoothing: float = 0.0, mask_seed: int = 0
) -> tuple[Propagation, Array]:
    """Forward and backward of one batch; returns what holds h and delta, and the loss."""
    flow = Propagation(network, x.shape[-2])
    if network.dropout:
        flow.drop(generators(range(mask_seed, mask_seed + math.prod(network.runs))))
    with np.errstate(over="ignore"):  # exp of a large number is a right way to a slope of 0
        return flow, flow.gradient_of(x, y, loss, smoothing)


def generators(seeds: Iterable[int]) -> list[Generator]:
    return [np.random.default_rng(seed) for seed in seeds]


def make_trainer(
    sizes: Sequence[int] = (3, 5, 4, 2),
    activations: str | Sequence[str] = "tanh",
    *,
    data: Dataset | None = None,
    loss: str = "mse",
    optimizer: str = "sgd",
    learning_rate: Setting = 0.1,
    momentum: Setting = 0.9,
    decay: Setting = 0.0,
    batch_size: int = 8,
    initializer: str = "he_normal",
    gain: Setting = 1.0,
    samples: int = 20,
    dtype: DTypeLike = np.float64,
    seeds: Sequence[int] = (0,),
    runs: tuple[int, ...] = (),
    norm: str = "none",
    residual: bool = False,
    dropout: float = 0.0,
    task: Task | None = None,
    **others: Any,
) -> Trainer:
    """A trainer; without `data`, on random data of the loss's first task.

    Each seed of `seeds` makes one run's weights, order of samples and dropout. `others` are fields
    of `Settings`.
    """
    network = Network(
        sizes,
        activations_of(activations, len(sizes) - 2),
        dtype,
        runs,
        norm=norm,
        residual=residual,
        dropout=dropout,
    )
    network.initialize(INITIALIZERS[initializer], gain, generators(seeds))
    if data is None:
        rng, task = np.random.default_rng(99), task or min(LOSSES[loss].tasks)
        x = rng.standard_normal((samples, sizes[0]))
        data = dataset(x, targets(task, rng, samples, sizes[-1]), task, network.dtype)
    return Trainer(
        network,
        data,
        LOSSES[loss],
        OPTIMIZERS[optimizer],
        Settings(Rates(learning_rate, momentum, decay), batch_size, **others),
        generators(seed + 1000 for seed in seeds),
        generators(seed + 2000 for seed in seeds),
    )


def all_bits(trainer: Trainer) -> list[bytes]:
    """Everything that the rest of a run depends on."""
    state = trainer.order.state()
    return [
        trainer.network.parameters.tobytes(),
        trainer.slots.tobytes(),
        trainer.network.running.tobytes(),
        state["permutation"].tobytes(),
        repr((state["position"], state["generators"])).encode(),
        repr([rng.bit_generator.state for rng in trainer.dropout_rngs]).encode(),
        repr((trainer.steps_done, trainer.samples_seen)).encode(),
    ]
