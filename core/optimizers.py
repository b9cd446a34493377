"""How a gradient becomes a change of the weights.

A rule turns the gradient of all parameters, one flat vector, into the update that is subtracted
from them. It keeps its memory (velocity, moments) in slots of the same shape, which the trainer
owns, so that a run can be stored and continued. PyTorch's definitions and defaults are used, and
its order of operations where rounding matters: RMSprop's steps can magnify it a million times.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import EllipsisType
from typing import TypeAlias

import numpy as np

from core.arrays import Array, constant
from core.errors import Registry

RMSPROP_ALPHA = 0.99
ADAM_BETA2 = 0.999
EPSILON = 1e-8
ADAGRAD_EPSILON = 1e-10
CHUNK = 1 << 13  # values; what is computed beside the update stays this short

# One number for all runs, or one per run: float64 (*runs, 1).
Rate: TypeAlias = float | Array


@dataclass(frozen=True, slots=True)
class Rates:
    """The numbers of a rule that may change between two steps; runs side by side may differ."""

    learning_rate: Rate
    momentum: Rate = 0.9
    decay: Rate = 0.0


@dataclass(frozen=True, slots=True)
class Optimizer:
    """`update(gradient, parameters, slots, step, rates, out)` writes what is to be subtracted.

    `gradient`, `parameters` and `out` are (*runs, P), `slots` (n_slots, *runs, P); `step` counts
    from 1. Only `slots` and `out` are written. Every element is computed from its own numbers
    alone, so that P may be any part of the vector, and a run of many has the bits it has alone.
    `uses_momentum` and `uses_decay` say whether those rates have a meaning for the rule;
    `proportional` that the update is the gradient times the learning rate.
    """

    name: str
    label: str
    formula: str
    n_slots: int
    update: Callable[[Array, Array, Array, int, Rates, Array], object]
    uses_momentum: bool = False
    uses_decay: bool = False
    proportional: bool = False


def _sgd(g: Array, _w: Array, _slots: Array, _step: int, rates: Rates, out: Array) -> None:
    # update = lr g
    np.multiply(g, _fitted(rates.learning_rate, out), out)


def _momentum(g: Array, _w: Array, slots: Array, _step: int, rates: Rates, out: Array) -> None:
    # v = mu v + g;  update = lr v        (Polyak 1964, in PyTorch's form)
    velocity = slots[0]
    np.multiply(velocity, _fitted(rates.momentum, out), velocity)
    np.add(velocity, g, velocity)
    np.multiply(velocity, _fitted(rates.learning_rate, out), out)


def _nesterov(g: Array, _w: Array, slots: Array, _step: int, rates: Rates, out: Array) -> None:
    # v = mu v + g;  update = lr (g + mu v)        (Sutskever et al. 2013, in PyTorch's form)
    velocity, mu = slots[0], _fitted(rates.momentum, out)
    np.multiply(velocity, mu, velocity)
    np.add(velocity, g, velocity)
    np.multiply(velocity, mu, out)
    np.add(out, g, out)
    np.multiply(out, _fitted(rates.learning_rate, out), out)


def _rmsprop(g: Array, _w: Array, slots: Array, _step: int, rates: Rates, out: Array) -> None:
    # v = a v + (1 - a) g^2;  update = lr g / (sqrt(v) + eps)        (Tieleman and Hinton 2012)
    _average_square(slots[0], g, RMSPROP_ALPHA, out)
    np.multiply(g, _fitted(rates.learning_rate, out), out)
    _divide_by_root(out, slots[0], 1, EPSILON)


def _adagrad(g: Array, _w: Array, slots: Array, _step: int, rates: Rates, out: Array) -> None:
    # v = v + g^2;  update = lr g / (sqrt(v) + eps)        (Duchi et al. 2011)
    square = slots[0]
    np.multiply(g, g, out)
    np.add(square, out, square)
    np.multiply(g, _fitted(rates.learning_rate, out), out)
    _divide_by_root(out, square, 1, ADAGRAD_EPSILON)


def _adam(g: Array, _w: Array, slots: Array, step: int, rates: Rates, out: Array) -> None:
    # m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
    # update = lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)      (Kingma and Ba 2014)
    beta1 = rates.momentum
    first, square = slots
    np.multiply(first, _fitted(beta1, out), first)
    np.multiply(g, _fitted(1 - beta1, out), out)
    np.add(first, out, first)
    _average_square(square, g, ADAM_BETA2, out)
    np.multiply(first, _fitted(rates.learning_rate / (1 - _power(beta1, step)), out), out)
    _divide_by_root(out, square, math.sqrt(1 - ADAM_BETA2**step), EPSILON)


def _adamw(g: Array, w: Array, slots: Array, step: int, rates: Rates, out: Array) -> None:
    # update = Adam's + lr decay w      (Loshchilov and Hutter 2017, arXiv 1711.05101)
    _adam(g, w, slots, step, rates, out)
    factor = rates.learning_rate * rates.decay
    if not np.any(factor):
        return
    factor = _fitted(factor, out)
    for part in _chunks(out):
        np.add(out[part], w[part] * factor, out[part])


def _average_square(square: Array, g: Array, keep: float, room: Array) -> None:
    # v = keep v + (1 - keep) g^2
    np.multiply(square, constant(keep, square.dtype), square)
    np.multiply(g, constant(1 - keep, square.dtype), room)
    np.multiply(room, g, room)
    np.add(square, room, square)


def _divide_by_root(out: Array, square: Array, scale: float, epsilon: float) -> None:
    # out = out / (sqrt(square) / scale + eps)
    for part in _chunks(out):
        root = np.sqrt(square[part])
        if scale != 1:
            np.divide(root, scale, root)
        np.add(root, constant(epsilon, root.dtype), root)
        np.divide(out[part], root, out[part])


def _chunks(values: Array) -> Iterator[tuple[EllipsisType, slice]]:
    """Split the last axis."""
    for start in range(0, values.shape[-1], CHUNK):
        yield ..., slice(start, start + CHUNK)


def _fitted(rate: Rate, out: Array) -> Array:
    """A rate in the precision of `out`: computed in float64, rounded once, for one run or many."""
    if isinstance(rate, np.ndarray):
        return rate.astype(out.dtype)
    return constant(rate, out.dtype)


def _power(base: Rate, exponent: int) -> Rate:
    """NumPy's powers differ from Python's in the last digit, and a run of many from one alone."""
    if isinstance(base, np.ndarray):
        return np.array([b**exponent for b in base.ravel().tolist()]).reshape(base.shape)
    return float(base) ** exponent


OPTIMIZERS = Registry(
    "optimizer",
    Optimizer("sgd", "SGD", "w - lr g", 0, _sgd, proportional=True),
    Optimizer(
        "momentum",
        "SGD, momentum",
        "v = mu v + g; w - lr v",
        1,
        _momentum,
        uses_momentum=True,
    ),
    Optimizer(
        "nesterov",
        "SGD with Nesterov momentum",
        "v = mu v + g; w - lr (g + mu v)",
        1,
        _nesterov,
        uses_momentum=True,
    ),
    Optimizer("rmsprop", "RMSprop", "w - lr g / (sqrt(v) + 1e-8)", 1, _rmsprop),
    Optimizer("adagrad", "Adagrad", "w - lr g / (sqrt(sum g²) + 1e-10)", 1, _adagrad),
    Optimizer("adam", "Adam", "w - lr m / (sqrt(v) + 1e-8)", 2, _adam, uses_momentum=True),
    Optimizer(
        "adamw",
        "AdamW",
        "w - lr (m / (sqrt(v) + 1e-8) + decay w)",
        2,
        _adamw,
        uses_momentum=True,
        uses_decay=True,
    ),
)
