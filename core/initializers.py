"""How the weights of a layer are drawn before training starts.

Every record draws one matrix in float64 from a generator given to it, so that a seed gives the same
weights in every precision. Biases start at zero and are not drawn here.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from core.arrays import Array

SMALL_STD = 0.01


@dataclass(frozen=True, slots=True)
class Initializer:
    """`draw(rng, n_in, n_out)` returns a float64 matrix (n_in, n_out), before any gain.

    `variance` is the formula of a weight's variance in `n_in` and `n_out`, for people to read.
    """

    name: str
    label: str
    variance: str
    draw: Callable[[Generator, int, int], Array]


def _zeros(_rng: Generator, n_in: int, n_out: int) -> Array:
    return np.zeros((n_in, n_out))


def _orthogonal(rng: Generator, n_in: int, n_out: int) -> Array:
    """Orthonormal rows or columns, whichever are fewer (Saxe et al. 2014, arXiv 1312.6120)."""
    tall = rng.standard_normal((max(n_in, n_out), min(n_in, n_out)))
    q, r = np.linalg.qr(tall)
    # The sign of r's diagonal is LAPACK's choice; removing it makes q uniform over rotations.
    q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return q if n_in >= n_out else np.ascontiguousarray(q.T)


def _normal(std: Callable[[int, int], float]) -> Callable[[Generator, int, int], Array]:
    def draw(rng: Generator, n_in: int, n_out: int) -> Array:
        return rng.standard_normal((n_in, n_out)) * std(n_in, n_out)

    return draw


def _uniform(std: Callable[[int, int], float]) -> Callable[[Generator, int, int], Array]:
    def draw(rng: Generator, n_in: int, n_out: int) -> Array:
        # U(-r, r) has the standard deviation r / sqrt(3)
        return rng.uniform(-1, 1, (n_in, n_out)) * (math.sqrt(3) * std(n_in, n_out))

    return draw


def _small(_n_in: int, _n_out: int) -> float:
    return SMALL_STD


def _lecun(n_in: int, _n_out: int) -> float:
    """LeCun et al. 1998, Efficient BackProp."""
    return math.sqrt(1 / n_in)


def _xavier(n_in: int, n_out: int) -> float:
    """Glorot and Bengio 2010."""
    return math.sqrt(2 / (n_in + n_out))


def _he(n_in: int, _n_out: int) -> float:
    """He et al. 2015, arXiv 1502.01852."""
    return math.sqrt(2 / n_in)


INITIALIZERS: dict[str, Initializer] = {
    record.name: record
    for record in (
        Initializer("zeros", "Zeros", "0", _zeros),
        Initializer("small_normal", "Small normal", "0.01²", _normal(_small)),
        Initializer("lecun_normal", "LeCun normal", "1/n_in", _normal(_lecun)),
        Initializer("lecun_uniform", "LeCun uniform", "1/n_in", _uniform(_lecun)),
        Initializer("xavier_normal", "Xavier normal", "2/(n_in + n_out)", _normal(_xavier)),
        Initializer("xavier_uniform", "Xavier uniform", "2/(n_in + n_out)", _uniform(_xavier)),
        Initializer("he_normal", "He normal", "2/n_in", _normal(_he)),
        Initializer("he_uniform", "He uniform", "2/n_in", _uniform(_he)),
        Initializer("orthogonal", "Orthogonal", "1/max(n_in, n_out)", _orthogonal),
    )
}
