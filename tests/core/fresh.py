"""Wide, fresh networks: what the theory foretells of them, and what they show when run once.

The measurement is plain NumPy, one network and one layer after the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from core.activations import ACTIVATIONS, Activation
from core.arrays import Array
from core.initializers import INITIALIZERS
from core.theory import Prediction, predict

WIDTH, DEPTH, OUTPUTS = 256, 20, 16
SEEDS = 4


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


def plain_deltas(setup: Setup, seed: int) -> tuple[list[float], list[float]]:
    """Mean squares of z and of delta of every layer, by the plain formulas of the chain rule.

    Inputs and the loss's gradient are white noise.
    """
    rng = np.random.default_rng([8, seed])
    phi, tape, squares = ACTIVATIONS[setup.activation], [], []
    h = rng.standard_normal((setup.batch, WIDTH))
    scales = INITIALIZERS[setup.initializer].data_dependent
    for layer, (drawn_w, drawn_b) in enumerate(drawn(setup.initializer, setup.sizes, seed), 1):
        w = drawn_w * setup.gain / ((h @ drawn_w).std() if scales else 1)
        z = h @ w + drawn_b + setup.bias_std * rng.standard_normal(drawn_b.shape)
        squares.append(float(np.mean(z**2)))
        if layer > setup.depth:
            break
        u, back = normalized(z, setup.norm)
        a, slope = np.empty_like(u), np.empty_like(u)
        phi.function(u, a)
        phi.derivative(u, a, slope)
        kept = (rng.random(u.shape) >= setup.dropout) / (1 - setup.dropout)
        skips = setup.residual and h.shape == a.shape
        tape.append((w, slope * kept, back, skips))
        h = h * skips + a * kept if skips else a * kept
    delta = rng.standard_normal(z.shape)
    deltas = [float(np.mean(delta**2))]
    d_h = delta @ w.T
    for w, slope, back, skips in reversed(tape):
        delta = back(d_h * slope)
        deltas.append(float(np.mean(delta**2)))
        d_h = delta @ w.T + (d_h if skips else 0)
    return squares, deltas[::-1]


def normalized(z: Array, norm: str) -> tuple[Array, Callable[[Array], Array]]:
    """u = (z - mean) / std, and the function that turns dloss/du into dloss/dz."""
    if norm == "none":
        return z, lambda d: d
    axis = {"batch": 0, "layer": 1}[norm]
    std = np.sqrt(z.var(axis, keepdims=True) + 1e-5)
    u: Array = (z - z.mean(axis, keepdims=True)) / std

    def back(d: Array) -> Array:
        projected = d - d.mean(axis, keepdims=True) - u * (d * u).mean(axis, keepdims=True)
        return np.asarray(projected / std)

    return u, back


def per_layer(setup: Setup, seeds: int = SEEDS) -> float:
    """Measured factor of delta's RMS per layer toward the input, averaged over networks."""
    with np.errstate(all="ignore"):
        deltas = np.array([plain_deltas(setup, seed)[1] for seed in range(seeds)])
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
