"""How the weights and biases of a layer are drawn before training starts.

Every record draws in float64 from a generator given to it, so that a seed gives the same numbers in
every precision. Beside the words for people it holds what theory needs: the variance of a weight
and the mean square of a bias.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from core.arrays import Array
from core.errors import Registry

SMALL_STD = 0.01
CONSTANT = 0.1
PLAYGROUND_RADIUS = 0.5
PLAYGROUND_BIAS = 0.1

Draw = Callable[[Generator, int, int], Array]
Std = Callable[[int, int], float]


def _zero_bias(_rng: Generator, _n_in: int, n_out: int) -> Array:
    return np.zeros(n_out)


@dataclass(frozen=True, slots=True)
class Initializer:
    """`draw(rng, n_in, n_out)` returns float64 weights (n_in, n_out), before any gain.

    `variance` is the formula of a weight's variance in `n_in` and `n_out`, for people to read, and
    `weight_variance(n_in, n_out)` its value; None where weights are not random numbers of mean
    zero. `bias(rng, n_in, n_out)` returns float64 biases (n_out,) and is called after the
    layer's `draw`; `bias_square(n_in)` is their mean square. `data_dependent` says that the network
    then scales the weights by looking at data.
    """

    name: str
    label: str
    variance: str
    draw: Draw
    weight_variance: Callable[[int, int], float | None]
    bias: Draw = _zero_bias
    bias_square: Callable[[int], float] = lambda _n_in: 0.0
    data_dependent: bool = False


def _filled(value: float) -> Draw:
    def draw(_rng: Generator, n_in: int, n_out: int) -> Array:
        return np.full((n_in, n_out), value)

    return draw


def _filled_bias(value: float) -> Draw:
    def draw(_rng: Generator, _n_in: int, n_out: int) -> Array:
        return np.full(n_out, value)

    return draw


def _identity(_rng: Generator, n_in: int, n_out: int) -> Array:
    return np.eye(n_in, n_out)


def _orthogonal(rng: Generator, n_in: int, n_out: int) -> Array:
    """Orthonormal rows or columns, whichever are fewer (Saxe et al. 2014, arXiv 1312.6120)."""
    tall = rng.standard_normal((max(n_in, n_out), min(n_in, n_out)))
    q, r = np.linalg.qr(tall)
    # The sign of r's diagonal is LAPACK's choice; removing it makes q uniform over rotations.
    q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return q if n_in >= n_out else np.ascontiguousarray(q.T)


def _normal(std: Std) -> Draw:
    def draw(rng: Generator, n_in: int, n_out: int) -> Array:
        return rng.standard_normal((n_in, n_out)) * std(n_in, n_out)

    return draw


def _uniform(std: Std) -> Draw:
    def draw(rng: Generator, n_in: int, n_out: int) -> Array:
        # U(-r, r) has the standard deviation r / sqrt(3)
        return rng.uniform(-1, 1, (n_in, n_out)) * (math.sqrt(3) * std(n_in, n_out))

    return draw


def _uniform_bias(std: Std) -> Draw:
    def draw(rng: Generator, n_in: int, n_out: int) -> Array:
        return rng.uniform(-1, 1, n_out) * (math.sqrt(3) * std(n_in, n_out))

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


def _playground(_n_in: int, _n_out: int) -> float:
    """TensorFlow Playground, nn.ts: random() - 0.5, and biases of 0.1."""
    return PLAYGROUND_RADIUS / math.sqrt(3)


def _pytorch(n_in: int, _n_out: int) -> float:
    """U(-r, r) with r = 1/sqrt(n_in): what torch.nn.Linear draws weights and biases from."""
    return math.sqrt(1 / (3 * n_in))


def _of_normal(name: str, label: str, variance: str, std: Std) -> Initializer:
    return Initializer(name, label, variance, _normal(std), _square(std))


def _of_uniform(name: str, label: str, variance: str, std: Std) -> Initializer:
    return Initializer(name, label, variance, _uniform(std), _square(std))


def _square(std: Std) -> Callable[[int, int], float]:
    return lambda n_in, n_out: std(n_in, n_out) ** 2


def _orthogonal_variance(n_in: int, n_out: int) -> float:
    return 1 / max(n_in, n_out)


def _no_variance(_n_in: int, _n_out: int) -> None:
    return None


INITIALIZERS = Registry(
    "initializer",
    Initializer("zeros", "Zeros", "0", _filled(0.0), lambda _n_in, _n_out: 0.0),
    Initializer("constant", "Constant", "every weight is 0.1", _filled(CONSTANT), _no_variance),
    Initializer("identity", "Identity", "1 on the diagonal, 0 elsewhere", _identity, _no_variance),
    _of_normal("small_normal", "Small normal", "0.01²", _small),
    Initializer(
        "playground",
        "Playground",
        "1/12",
        _uniform(_playground),
        _square(_playground),
        bias=_filled_bias(PLAYGROUND_BIAS),
        bias_square=lambda _n_in: PLAYGROUND_BIAS**2,
    ),
    _of_normal("lecun_normal", "LeCun normal", "1/n_in", _lecun),
    _of_uniform("lecun_uniform", "LeCun uniform", "1/n_in", _lecun),
    _of_normal("xavier_normal", "Xavier normal", "2/(n_in + n_out)", _xavier),
    _of_uniform("xavier_uniform", "Xavier uniform", "2/(n_in + n_out)", _xavier),
    _of_normal("he_normal", "He normal", "2/n_in", _he),
    _of_uniform("he_uniform", "He uniform", "2/n_in", _he),
    Initializer(
        "pytorch_default",
        "PyTorch default",
        "1/(3·n_in)",
        _uniform(_pytorch),
        _square(_pytorch),
        bias=_uniform_bias(_pytorch),
        bias_square=lambda n_in: 1 / (3 * n_in),
    ),
    Initializer(
        "orthogonal",
        "Orthogonal",
        "1/max(n_in, n_out)",
        _orthogonal,
        _orthogonal_variance,
    ),
    # Mishkin and Matas 2016, arXiv 1511.06422: orthonormal, then scaled layer by layer.
    Initializer(
        "lsuv",
        "LSUV (unit variance)",
        "1/max(n_in, n_out)",
        _orthogonal,
        _orthogonal_variance,
        data_dependent=True,
    ),
)
