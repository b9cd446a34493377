"""One training step of a network of ReLU layers, as four programs take it.

Ours does what the application does: it gathers a batch, learns from it and measures every layer.
The others are given their batch ready-made, which is in their favour. All compute in float32 on
one thread, with plain gradient descent and the binary cross-entropy of one output.
"""

from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.random import Generator

from core.arrays import Array
from core.datasets import Dataset, Task
from core.initializers import INITIALIZERS
from core.losses import LOSSES
from core.measures import QUANTITIES
from core.network import Network
from core.optimizers import OPTIMIZERS, Rates
from core.propagation import Propagation
from core.training import Trainer
from core.updates import Settings

SAMPLES = 500
LEARNING_RATE = 1e-3

Step = Callable[[], object]


def trainer_of(sizes: tuple[int, ...], batch: int, runs: tuple[int, ...] = ()) -> Trainer:
    """Our step is this trainer's."""
    rng = np.random.default_rng(1)
    x, y = _samples(rng, SAMPLES, sizes[0])
    ones = np.ones(sizes[0], np.float32)
    data = Dataset("noise", Task.BINARY, x, y, x, y, sizes[0], 1, (), (), 0 * ones, ones)
    network = Network(sizes, "relu", runs=runs)
    rngs = rng.spawn(max(1, *runs, 1))
    network.initialize(INITIALIZERS["he_normal"], 1.0, rngs)
    loss, optimizer = LOSSES["binary_cross_entropy"], OPTIMIZERS["sgd"]
    return Trainer(network, data, loss, optimizer, Settings(Rates(LEARNING_RATE), batch), rngs)


class Blind:
    """In the place of a meter: measures nothing."""

    at_once, knows_all = False, True

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._magnitudes = np.zeros(shape)

    def measure_flow(self) -> float:
        """Say that all is moderate."""
        return 0.0

    def square_of(self, rate: Array) -> None:
        """Do nothing."""

    def complete(self) -> Array:
        """Return zeros."""
        return self._magnitudes


def blind_step(sizes: tuple[int, ...], batch: int) -> Step:
    """Our step without any measuring."""
    trainer = trainer_of(sizes, batch)
    trainer.flow = Propagation(trainer.network, trainer.flow.batch)  # which nobody follows
    trainer._meter = Blind((len(QUANTITIES), len(sizes) - 1))  # type: ignore[assignment]
    return trainer.step


def bare_products(sizes: tuple[int, ...], batch: int) -> Step:
    """The products of one step: forward, weight gradient, and back except into the data."""
    rng = np.random.default_rng(2)

    def random(*shape: int) -> Array:
        return rng.standard_normal(shape).astype(np.float32)

    plan = []
    for index, (n_in, n_out) in enumerate(pairwise(sizes)):
        h_in, w, delta = random(batch, n_in), random(n_in, n_out), random(batch, n_out)
        plan.append((h_in, w, random(batch, n_out)))
        plan.append((h_in.T, delta, random(n_in, n_out)))
        if index > 0:
            plan.append((delta, w.T, random(batch, n_in)))

    def multiply() -> None:
        for a, b, out in plan:
            np.matmul(a, b, out=out)

    return multiply


def torch_step(sizes: tuple[int, ...], batch: int) -> Step:
    """PyTorch's step in eager mode, with the norm of each layer's weight gradient.

    Raises ImportError where there is no PyTorch.
    """
    torch: Any = import_module("torch")
    nn: Any = torch.nn
    torch.set_num_threads(1)
    torch.manual_seed(1)
    layers: list[Any] = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    network = nn.Sequential(*layers[:-1])
    linears = layers[::2]
    loss_of = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE)
    x, y = map(torch.from_numpy, _samples(np.random.default_rng(1), batch, sizes[0]))

    def step() -> list[float]:
        optimizer.zero_grad()
        loss = loss_of(network(x), y)
        loss.backward()
        norms = [linear.weight.grad.norm().item() for linear in linears]
        optimizer.step()
        return norms

    return step


def sklearn_step(sizes: tuple[int, ...], batch: int) -> Step:
    """scikit-learn's step, which measures nothing.

    Raises ImportError where there is no scikit-learn.
    """
    network = import_module("sklearn.neural_network").MLPClassifier(
        sizes[1:-1],
        solver="sgd",
        alpha=0,
        batch_size=batch,
        learning_rate_init=LEARNING_RATE,
        momentum=0,
        nesterovs_momentum=False,
        random_state=1,
    )
    x, y = _samples(np.random.default_rng(1), batch, sizes[0])
    classes = y.ravel().astype(int)
    network.partial_fit(x, classes, classes=[0, 1])
    return lambda: network.partial_fit(x, classes)


def _samples(rng: Generator, count: int, n_inputs: int) -> tuple[Array, Array]:
    x = rng.standard_normal((count, n_inputs)).astype(np.float32)
    return x, (rng.random((count, 1)) < 0.5).astype(np.float32)
