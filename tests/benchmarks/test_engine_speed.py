"""What a measured training step costs beside the bare matrix products it cannot do without."""

import sys
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.datasets import Dataset, Task
from core.initializers import INITIALIZERS
from core.losses import LOSSES
from core.network import Network
from core.optimizers import OPTIMIZERS, Rates
from core.training import Trainer
from core.updates import Settings

SAMPLES = 500
REPEATS = 40
REPEAT_SECONDS = 0.02

# hidden layers, width, inputs, batch: the most that a step may cost, in bare products
BOUNDS = {
    (6, 8, 2, 10): 4.5,
    (20, 8, 2, 32): 4.0,
    (10, 64, 2, 64): 1.8,
    (3, 256, 784, 128): 1.25,
}


def trainer_of(hidden: int, width: int, n_inputs: int, batch: int) -> Trainer:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((SAMPLES, n_inputs)).astype(np.float32)
    y = (rng.random((SAMPLES, 1)) < 0.5).astype(np.float32)
    ones = np.ones(n_inputs, np.float32)
    data = Dataset("noise", Task.BINARY, x, y, x, y, n_inputs, 1, (), (), 0 * ones, ones)
    network = Network((n_inputs, *[width] * hidden, 1), [ACTIVATIONS["relu"]] * hidden)
    network.initialize(INITIALIZERS["he_normal"], 1.0, [rng])
    loss, optimizer = LOSSES["binary_cross_entropy"], OPTIMIZERS["sgd"]
    return Trainer(network, data, loss, optimizer, Settings(Rates(1e-3), batch), [rng])


def products_of(sizes: tuple[int, ...], batch: int) -> Callable[[], None]:
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


def seconds(work: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times


@pytest.mark.bench
@pytest.mark.parametrize("shape", BOUNDS, ids=lambda shape: f"{shape[0]}x{shape[1]}")
def test_a_step_costs_little_more_than_its_products(
    shape: tuple[int, int, int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    hidden, width, _, batch = shape
    trainer = trainer_of(*shape)
    products = products_of(trainer.network.sizes, batch)
    times = max(3, int(REPEAT_SECONDS / seconds(products, 10)))
    # By turns, so that a slow moment of the machine meets both; the least time is the least noisy.
    pairs = [(seconds(trainer.step, times), seconds(products, times)) for _ in range(REPEATS)]
    step, bare = np.min(pairs, axis=0)
    name, ratio, bound = f"{hidden}x{width}, batch {batch}", step / bare, BOUNDS[shape]
    with capsys.disabled():
        sys.stdout.write(f"\n{name:<58} {ratio:8.2f}   <= {bound}\n")
    assert ratio <= bound
