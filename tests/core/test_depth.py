"""What mean-field theory says about fresh deep networks: the signal gradient's factor per layer.

Width 256, depth 20, white noise; Poole et al. 2016 (arXiv 1606.05340), Schoenholz et al. 2017
(arXiv 1611.01232).
"""

import math

import numpy as np
import pytest

from core.activations import ACTIVATIONS, Activation
from core.arrays import Array
from core.datasets import GENERATORS, make_dataset
from core.measures import ROW
from tests.core.engines import make_trainer

WIDTH, DEPTH, SEEDS = 256, 20, 10
# Nodes and weights for means over a standard normal number; none is at zero, where kinks are.
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(100)
WEIGHTS /= WEIGHTS.sum()


def measured(activation: str, initializer: str, gain: float) -> Array:
    """log10 of the signal gradient's RMS in every hidden layer, averaged over seeds."""
    rows = []
    for seed in range(SEEDS):
        data = make_dataset(
            GENERATORS["white_noise"],
            np.random.default_rng(seed),
            samples=33,
            noise=0,
            train_share=1,
            dtype=np.float32,
            n_inputs=WIDTH,
            n_outputs=1,
        )
        trainer = make_trainer(
            (WIDTH, *[WIDTH] * DEPTH, 1),
            activation,
            data=data,
            initializer=initializer,
            gain=gain,
            batch_size=32,
            dtype=np.float32,
            seeds=(seed,),
        )
        rows.append(np.log10(trainer.measure().magnitudes[ROW["signal_gradient_rms"], :-1]))
    mean: Array = np.mean(rows, axis=0)
    return mean


def factor(logarithms: Array) -> float:
    """The least squares factor per layer, toward the input."""
    slope = np.polyfit(np.arange(len(logarithms)), logarithms, 1)[0]
    return float(10**-slope)


FACTS = [
    ("relu", "he_normal", 1.0, 1.0),
    ("relu", "lecun_normal", 1.0, math.sqrt(1 / 2)),
    ("relu", "xavier_normal", 1.0, math.sqrt(1 / 2)),
    ("identity", "lecun_uniform", math.sqrt(1 / 3), math.sqrt(1 / 3)),  # U(+-1/sqrt(n))
]


@pytest.mark.parametrize(("activation", "initializer", "gain", "right"), FACTS)
def test_facts(activation: str, initializer: str, gain: float, right: float) -> None:
    assert factor(measured(activation, initializer, gain)) == pytest.approx(right, rel=0.05)


def predicted(activation: Activation, weight_variance: float) -> Array:
    """log10 of delta's RMS in every layer, from q_l and chi_l; the last is the unit.

    q_l = sw2 E[phi(sqrt(q_{l-1}) g)^2],  delta_{l-1}^2 = sw2 E[phi'(sqrt(q_{l-1}) g)^2] delta_l^2
    """
    q, factors = weight_variance, []
    for _ in range(DEPTH):
        z = math.sqrt(q) * NODES
        h, slope = np.empty_like(z), np.empty_like(z)
        activation.function(z, h)
        activation.derivative(z, h, slope)
        q = weight_variance * float(WEIGHTS @ h**2)
        factors.append(weight_variance * float(WEIGHTS @ slope**2))
    # The last factor belongs to the output layer's weights.
    return np.append(0.5 * np.cumsum(np.log10(factors[:-1])[::-1])[::-1], 0.0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_any_activation_follows_chi(name: str) -> None:
    right = predicted(ACTIVATIONS[name], 1.0)
    found = measured(name, "lecun_normal", 1.0)
    assert factor(found) == pytest.approx(factor(right), rel=0.05)
