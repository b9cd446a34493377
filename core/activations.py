"""The non-linearities a hidden layer may have, each beside its derivative.

A record holds both functions, so that neither can be changed without the other in view. They
write into arrays made by the caller. Nothing here knows of layers or of training.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.arrays import ZERO, Array

Function = Callable[[Array, Array], object]
Derivative = Callable[[Array, Array, Array], object]

LEAKY_SLOPE = 0.01


@dataclass(frozen=True, slots=True)
class Activation:
    """A non-linearity `h = phi(z)`, elementwise.

    `function(z, h)` writes phi(z) into `h`, another array; `derivative(z, h, slope)` writes phi'(z)
    into `slope`, which may be `z` itself, and may use `h = phi(z)`. All share shape and dtype.
    `max_slope` is the largest |phi'|, the yardstick of saturation; `monotone` says phi' is never
    negative, `is_step` that it is 0 or 1 and nothing else.
    """

    name: str
    label: str
    formula: str
    function: Function
    derivative: Derivative
    max_slope: float = 1.0
    monotone: bool = True
    is_step: bool = False


def _identity(z: Array, h: Array) -> None:
    h[...] = z


def _identity_slope(_z: Array, _h: Array, slope: Array) -> None:
    slope.fill(1)


def _sigmoid(z: Array, h: Array) -> None:
    # phi(z) = 1 / (1 + exp(-z)); exp overflows to infinity for very negative z, and 1/inf is right.
    np.negative(z, h)
    np.exp(h, h)
    np.add(h, 1, h)
    np.reciprocal(h, h)


def _sigmoid_slope(_z: Array, h: Array, slope: Array) -> None:
    # phi' = h (1 - h)
    np.subtract(1, h, slope)
    np.multiply(slope, h, slope)


def _tanh_slope(_z: Array, h: Array, slope: Array) -> None:
    # phi' = 1 - h^2
    np.multiply(h, h, slope)
    np.subtract(1, slope, slope)


def _relu(z: Array, h: Array) -> None:
    np.maximum(z, ZERO[z.dtype], out=h)


def _relu_slope(z: Array, _h: Array, slope: Array) -> None:
    np.copyto(slope, z > ZERO[z.dtype])  # faster than comparing into another type


def _leaky_relu(z: Array, h: Array) -> None:
    np.multiply(z, LEAKY_SLOPE, h)
    np.maximum(z, h, out=h)


def _leaky_relu_slope(z: Array, _h: Array, slope: Array) -> None:
    # 1 above zero, LEAKY_SLOPE at and below it, as PyTorch has it
    np.copyto(slope, z > ZERO[z.dtype])
    np.maximum(slope, LEAKY_SLOPE, out=slope)


ACTIVATIONS: dict[str, Activation] = {
    record.name: record
    for record in (
        Activation("identity", "Identity (linear)", "z", _identity, _identity_slope, is_step=True),
        Activation("sigmoid", "Sigmoid", "1 / (1 + exp(-z))", _sigmoid, _sigmoid_slope, 0.25),
        Activation("tanh", "Tanh", "tanh(z)", np.tanh, _tanh_slope),
        Activation("relu", "ReLU", "max(0, z)", _relu, _relu_slope, is_step=True),
        Activation(
            "leaky_relu", "Leaky ReLU", "z if z > 0 else 0.01 z", _leaky_relu, _leaky_relu_slope
        ),
    )
}
