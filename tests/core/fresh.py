"""Wide, fresh networks: what the theory foretells of them, and what they show when run once.

The theory knows nothing of the engine, and the engine nothing of the theory.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from core.activations import ACTIVATIONS, Activation
from core.arrays import Array
from core.initializers import INITIALIZERS
from core.lsuv import scale_to_unit_variance
from core.network import Network
from core.propagation import Propagation
from core.theory import Prediction, predict

WIDTH, DEPTH, OUTPUTS = 256, 20, 16
SEEDS = 10


@dataclass(frozen=True)
class Setup:
    """A fresh network; `per_layer` measures it, `foretold` asks the theory."""

    activation: str
    initializer: str = "he_normal"
    gain: float = 1.0
    bias_std: float = 0.0
    norm: str = "none"
    residual: bool = False
    dropout: float = 0.0
    batch: int = 24
    width: int = WIDTH
    depth: int = DEPTH

    @property
    def sizes(self) -> tuple[int, ...]:
        return (WIDTH, *[self.width] * self.depth, OUTPUTS)

    @property
    def activations(self) -> list[Activation]:
        return [ACTIVATIONS[self.activation]] * self.depth

    def foretold(self) -> Prediction:
        return predict(
            self.sizes,
            self.activations,
            INITIALIZERS[self.initializer],
            self.gain,
            self.bias_std,
            1.0,
            self.norm,
            self.residual,
            self.dropout,
        )


@lru_cache(maxsize=SEEDS)
def drawn(initializer: str, sizes: tuple[int, ...], seed: int) -> list[tuple[Array, Array]]:
    """Weights and biases of all layers, before any gain."""
    record, rng = INITIALIZERS[initializer], np.random.default_rng([7, seed])
    return [(record.draw(rng, *shape), record.bias(rng, *shape)) for shape in pairwise(sizes)]


def propagated(setup: Setup, seed: int) -> Propagation:
    """Forward and backward through a fresh network; inputs and loss gradient are white noise."""
    rng = np.random.default_rng([8, seed])
    network = Network(
        setup.sizes,
        setup.activations,
        np.float64,
        norm=setup.norm,
        residual=setup.residual,
        dropout=setup.dropout,
    )
    matrices = drawn(setup.initializer, setup.sizes, seed)
    for layer, (w, b) in zip(network.layers, matrices, strict=True):
        np.multiply(w, setup.gain, layer.w)
        layer.b[...] = b + setup.bias_std * rng.standard_normal(b.shape)
        if layer.scale is not None:
            layer.scale.fill(1)
    flow = Propagation(network, setup.batch)
    flow.x[...] = rng.standard_normal(flow.x.shape)
    if INITIALIZERS[setup.initializer].data_dependent:
        scale_to_unit_variance(network, flow.x, setup.gain)
    if setup.dropout:
        flow.drop([rng])
    flow.forward()
    flow.delta_out[...] = rng.standard_normal(flow.delta_out.shape)
    flow.backward()
    return flow


def z_squares(setup: Setup, seed: int) -> list[float]:
    """Mean squares of z of every layer."""
    flow = propagated(setup, seed)
    layers = zip([flow.x, *flow.h[:-1]], flow.network.layers, strict=True)
    return [float(np.mean((h_in @ layer.w + layer.b) ** 2)) for h_in, layer in layers]


def delta_squares(setup: Setup, seed: int) -> list[float]:
    """Mean squares of delta of every layer."""
    return [float(np.mean(delta**2)) for delta in propagated(setup, seed).delta]


def per_layer(setup: Setup, seeds: int = SEEDS) -> float:
    """Measured factor of delta's RMS per layer toward the input, averaged over networks."""
    with np.errstate(all="ignore"):
        deltas = np.array([delta_squares(setup, seed) for seed in range(seeds)])
        steps = np.log(deltas[:, 0] / deltas[:, -2]) / (2 * (setup.depth - 1))
    return float(np.exp(steps.mean()))


def is_trusted(foretold: Prediction) -> bool:
    return not foretold.reason and not foretold.caution


def error(setup: Setup, seeds: int = SEEDS) -> float:
    """How far the measured factor lies from the predicted one, relative to it."""
    right = setup.foretold().mean_factor
    assert right is not None
    measured = per_layer(setup, seeds)
    return measured / right - 1 if right else measured
