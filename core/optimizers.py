"""How a gradient becomes a change of the weights.

A rule turns the gradient of all parameters, one flat vector, into the update that is subtracted
from them. It keeps its memory (velocity, moments) in slots of the same shape, which the trainer
owns, so that a run can be stored and continued. PyTorch's definitions and defaults are used.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.arrays import Array

ADAM_BETA2 = 0.999
ADAM_EPSILON = 1e-8


@dataclass(frozen=True, slots=True)
class Rates:
    """The numbers of a rule that may change between two steps."""

    learning_rate: float
    momentum: float = 0.9


@dataclass(frozen=True, slots=True)
class Optimizer:
    """`update(gradient, slots, step, rates, out)` writes what is to be subtracted into `out`.

    `gradient (*runs, P)`, `slots (n_slots, *runs, P)`, `out (*runs, P)`; `step` counts from 1.
    `uses_momentum` says whether `rates.momentum` has a meaning for the rule.
    """

    name: str
    label: str
    formula: str
    n_slots: int
    uses_momentum: bool
    update: Callable[[Array, Array, int, Rates, Array], object]


def _sgd(gradient: Array, _slots: Array, _step: int, rates: Rates, out: Array) -> None:
    # update = lr g
    np.multiply(gradient, rates.learning_rate, out)


def _momentum(gradient: Array, slots: Array, _step: int, rates: Rates, out: Array) -> None:
    # v = mu v + g;  update = lr v        (Polyak 1964, in PyTorch's form)
    velocity = slots[0]
    np.multiply(velocity, rates.momentum, velocity)
    np.add(velocity, gradient, velocity)
    np.multiply(velocity, rates.learning_rate, out)


def _adam(gradient: Array, slots: Array, step: int, rates: Rates, out: Array) -> None:
    # m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
    # update = lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)      (Kingma and Ba 2014)
    beta1 = rates.momentum
    first, second = slots
    np.multiply(first, beta1, first)
    np.multiply(gradient, 1 - beta1, out)
    np.add(first, out, first)
    np.multiply(second, ADAM_BETA2, second)
    np.multiply(gradient, gradient, out)
    np.multiply(out, 1 - ADAM_BETA2, out)
    np.add(second, out, second)
    np.sqrt(second, out)
    np.divide(out, math.sqrt(1 - ADAM_BETA2**step), out)
    np.add(out, ADAM_EPSILON, out)
    np.divide(first, out, out)
    np.multiply(out, rates.learning_rate / (1 - beta1**step), out)


OPTIMIZERS: dict[str, Optimizer] = {
    record.name: record
    for record in (
        Optimizer("sgd", "SGD", "w - lr g", 0, False, _sgd),
        Optimizer("momentum", "SGD with momentum", "v = mu v + g; w - lr v", 1, True, _momentum),
        Optimizer("adam", "Adam", "w - lr m / (sqrt(v) + 1e-8)", 2, True, _adam),
    )
}
