"""Averages of an activation and its slope over a normally distributed pre-activation, to 1e-10.

Gauss-Legendre rules on many panels: edges lie where the slope jumps, because no smooth rule is
accurate across a kink, and crowd towards z = 0 and the kinks, because the features of an activation
are of size 1 however wide the distribution is. Panels that are still not resolved, as those of a
sine that oscillates, are halved until they are. Nothing here knows of layers.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.activations import Activation
from core.arrays import Array

REACH = 10.0  # standard deviations; what lies beyond weighs 1e-22
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
TOLERANCE = 1e-13  # of one panel, relative to the whole integral
MOST_PANELS = 1 << 15
RESOLVED = 4e4  # standard deviations up to which the panels suffice for a sine
NARROWEST, WIDEST = 1e-150, 1e150  # standard deviations whose squares float64 can hold
FINEST_FEATURE = 0.25  # in z


@dataclass(frozen=True, slots=True)
class Moments:
    """Averages over z = m + sqrt(q) g, g standard normal; all are finite unless q is infinite.

    `mean` E[phi], `square` E[phi^2], `pull` E[(z - m) phi'], `slope_square` E[phi'^2], `mixed`
    E[phi phi'^2], `mixed_square` E[phi^2 phi'^2]. `square_response` and `slope_response` are
    d log E[phi^2] / d log q and d log E[phi'^2] / d log q; `square_noise` and `slope_noise` are
    E[phi^4] / E[phi^2]^2 and E[phi'^4] / E[phi'^2]^2, which say how much an average over finitely
    many units varies. The last four are 0 where their average is 0.
    """

    mean: float = 0.0
    square: float = 0.0
    pull: float = 0.0
    slope_square: float = 0.0
    mixed: float = 0.0
    mixed_square: float = 0.0
    square_response: float = 0.0
    slope_response: float = 0.0
    square_noise: float = 0.0
    slope_noise: float = 0.0


@lru_cache(maxsize=4096)
def moments(activation: Activation, q: float, z_mean: float = 0.0) -> Moments:
    """Average over z of variance `q` >= 0, where 0 and infinity are the limits."""
    std = min(max(math.sqrt(q), NARROWEST), WIDEST)
    with np.errstate(all="ignore"):
        start = _edges(activation.kinks, z_mean, std)
        # Fourth powers of very large or small values are taken of values near 1.
        peak = float(np.abs(_value_and_slope(activation, z_mean + std * start)[0]).max()) or 1.0

        def integrands(g: Array) -> Array:
            h, slope = _value_and_slope(activation, z_mean + std * g)
            h /= peak
            h2, slope2 = h * h, slope * slope
            # d/dq E[f(sqrt(q) g)] = E[f (g^2 - 1)] / 2q, by parts: right at kinks too
            growth = (g * g - 1) / 2
            terms = [h, h2, 2 * h * growth, slope2, h * slope2, h2 * slope2]
            return np.stack([*terms, h2 * growth, slope2 * growth, h2 * h2, slope2 * slope2])

        most = MOST_PANELS if std <= RESOLVED else MOST_PANELS >> 4
        found = _normal_average(integrands, start, most).tolist()
        at_mean = _value_and_slope(activation, np.full(1, z_mean))[0].item()
    mean, square, pull, slope_square, mixed, mixed_square, *changes, fourth, slope_fourth = found

    def restored(value: float, scale: float, limit: float) -> float:
        """Undo the scaling of phi; `limit` is the value at q = 0."""
        scaled = value * scale if q else limit
        # An activation that grows with z has no finite average at q = infinity.
        beyond = q == math.inf and abs(scaled) > WIDEST / 100
        return math.copysign(math.inf, value) if beyond else scaled

    return Moments(
        mean=restored(mean, peak, at_mean),
        square=restored(square, peak**2, at_mean**2),
        pull=restored(pull, peak, 0.0),
        slope_square=slope_square,
        mixed=restored(mixed, peak, at_mean * slope_square),
        mixed_square=restored(mixed_square, peak**2, at_mean**2 * slope_square),
        square_response=changes[0] / (square or 1),
        slope_response=changes[1] / (slope_square or 1),
        square_noise=max(1.0, fourth / square**2) if square else 0.0,
        slope_noise=max(1.0, slope_fourth / slope_square**2) if slope_square else 0.0,
    )


def _value_and_slope(activation: Activation, z: Array) -> tuple[Array, Array]:
    h, slope = np.empty_like(z), np.empty_like(z)
    activation.function(z, h)
    activation.derivative(z, h, slope)
    return h, slope


def _edges(kinks: tuple[float, ...], z_mean: float, std: float) -> Array:
    """Panel edges in g: even ones for the normal density, and octaves around 0 and the kinks."""
    octaves = max(0, math.ceil(math.log2((abs(z_mean) + REACH * std) / FINEST_FEATURE)))
    ladder = FINEST_FEATURE * 2.0 ** np.arange(octaves)
    around = np.concatenate([-ladder, [0], ladder])
    crowded = np.concatenate([center - z_mean + around for center in (0.0, *kinks)]) / std
    edges = np.concatenate([np.linspace(-REACH, REACH, 11), crowded])
    return np.unique(edges[np.abs(edges) <= REACH])


def _normal_average(integrands: Callable[[Array], Array], edges: Array, most: int) -> Array:
    """Return E[f(g)] for integrands f: (n,) -> (k, n).

    Panels are halved until halves and whole agree, or until more than `most` panels do not: what
    then is left oscillates, and its average over so many nodes is right to a percent or so.
    """
    low, high = edges[:-1], edges[1:]
    coarse, size = _panel_integrals(integrands, low, high)
    allowed = TOLERANCE * size.sum(axis=1, keepdims=True)
    total = np.zeros(len(coarse))
    while True:
        middle = (low + high) / 2
        left, _ = _panel_integrals(integrands, low, middle)
        right, _ = _panel_integrals(integrands, middle, high)
        fine = left + right
        rough = (np.abs(fine - coarse) > allowed).any(axis=0)
        if not rough.any() or rough.sum() > most:
            total += fine.sum(axis=1)
            return total
        total += fine[:, ~rough].sum(axis=1)
        low, high = (
            np.concatenate([low[rough], middle[rough]]),
            np.concatenate([middle[rough], high[rough]]),
        )
        coarse = np.concatenate([left[:, rough], right[:, rough]], axis=1)


def _panel_integrals(
    integrands: Callable[[Array], Array], low: Array, high: Array
) -> tuple[Array, Array]:
    """Integrals of f and of |f| times the normal density, each (k, panels)."""
    half = (high - low) / 2
    g = ((low + high) / 2)[:, None] + half[:, None] * NODES
    weights = half[:, None] * WEIGHTS * np.exp(-g * g / 2) / math.sqrt(2 * math.pi)
    values = integrands(g.ravel()).reshape(-1, *g.shape) * weights
    return values.sum(axis=2), np.abs(values).sum(axis=2)
