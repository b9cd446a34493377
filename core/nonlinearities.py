"""The formulas of the activations: phi(z), and phi'(z) from z and h = phi(z).

Definitions and the slope at a kink are PyTorch's. Formulas are arranged so that no finite input
overflows into NaN and that small slopes keep their digits. A slope may be written over its own `z`,
never over `h`. Which functions belong together is in `activations`.
"""

import math
from typing import Any

import numpy as np

from core.arrays import ZERO, Array, constant, limit

LEAKY_SLOPE = 0.01
# Klambauer et al. 2017, arXiv 1706.02515: what makes mean 0 and variance 1 a fixed point.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805
# GELU's tanh form, 1/2 (1 + tanh(v/2)) = sigmoid(v) with v = 2 sqrt(2/pi) (z + 0.044715 z^3)
GELU_LINEAR = 2 * math.sqrt(2 / math.pi)
GELU_CUBIC = 0.044715 * GELU_LINEAR
FEW = 1 << 11  # values


def _constant(value: float) -> dict[np.dtype[Any], Array]:
    """A number in every precision; beside a small array twice as fast as a plain number."""
    return {dtype: np.array(value, dtype) for dtype in ZERO}


ONE, TWO, FOUR = _constant(1), _constant(2), _constant(4)
# From FAR on softplus(z) and mish(z) are z to the last digit of float64, exp(2 FAR) is still finite
# in float32, and exp(NEAR) is 0. Such limits keep infinity away from where it would meet a 0.
NEAR, FAR = -1000, 40
near, far = _constant(NEAR), _constant(FAR)
zero_beside, minus_one_beside, far_beside = limit(0), limit(-1), limit(FAR)
GELU_FAR_SQUARE = _constant(22**2)  # sigmoid(v) is 0 or 1 from there on


def identity(z: Array, h: Array) -> None:
    h[...] = z


def identity_slope(_z: Array, _h: Array, slope: Array) -> None:
    slope.fill(1)


def sigmoid(z: Array, h: Array) -> None:
    # phi(z) = 1 / (1 + exp(-z)); exp overflows to infinity for very negative z, and 1/inf is right.
    np.negative(z, h)
    np.exp(h, h)
    np.add(h, ONE[z.dtype], h)
    np.divide(ONE[z.dtype], h, h)  # half the time of np.reciprocal


def sigmoid_slope(_z: Array, h: Array, slope: Array) -> None:
    # phi' = h (1 - h)
    np.subtract(ONE[h.dtype], h, slope)
    np.multiply(slope, h, slope)


def tanh_slope(_z: Array, h: Array, slope: Array) -> None:
    # phi' = 1 - h^2
    np.multiply(h, h, slope)
    np.subtract(ONE[h.dtype], slope, slope)


def relu(z: Array, h: Array) -> None:
    np.maximum(z, zero_beside(h), out=h)


def relu_slope(z: Array, h: Array, slope: Array) -> None:
    # phi' = sign(h), as h >= 0: for 320 values 0.3 us, in two calls 0.6; for 4096 1.6 and 1.1
    if z.size <= FEW:
        np.sign(h, slope)
    else:
        slope[...] = z > ZERO[z.dtype]  # faster than comparing into another type


def leaky_relu(z: Array, h: Array) -> None:
    np.multiply(z, constant(LEAKY_SLOPE, z.dtype), h)
    np.maximum(z, h, out=h)


def leaky_relu_slope(z: Array, _h: Array, slope: Array) -> None:
    # 1 above zero, LEAKY_SLOPE at and below it, as PyTorch has it
    slope[...] = z > ZERO[z.dtype]
    np.maximum(slope, constant(LEAKY_SLOPE, z.dtype), out=slope)


def elu(z: Array, h: Array) -> None:
    # phi(z) = z if z > 0 else exp(z) - 1, which is the larger of the two below, as exp(z) - 1 >= z
    np.minimum(z, zero_beside(h), out=h)
    np.expm1(h, h)
    np.maximum(z, h, out=h)


def elu_slope(z: Array, _h: Array, slope: Array) -> None:
    # phi' = exp(min(z, 0)); h + 1 would lose it where h rounds to -1
    np.minimum(z, ZERO[z.dtype], out=slope)
    np.exp(slope, slope)


def selu(z: Array, h: Array) -> None:
    # phi(z) = scale (max(0, z) + alpha (exp(min(z, 0)) - 1))
    np.minimum(z, zero_beside(h), out=h)
    np.expm1(h, h)
    np.multiply(h, constant(SELU_ALPHA, z.dtype), h)
    np.add(h, np.maximum(z, ZERO[z.dtype]), h)
    np.multiply(h, constant(SELU_SCALE, z.dtype), h)


def selu_slope(z: Array, _h: Array, slope: Array) -> None:
    # phi' = scale alpha exp(min(z, 0)), less scale (alpha - 1) above zero
    excess = np.multiply(z > ZERO[z.dtype], SELU_SCALE * (SELU_ALPHA - 1), dtype=z.dtype)
    np.minimum(z, ZERO[z.dtype], out=slope)
    np.exp(slope, slope)
    np.multiply(slope, constant(SELU_SCALE * SELU_ALPHA, z.dtype), slope)
    np.subtract(slope, excess, slope)


def gelu(z: Array, h: Array) -> None:
    # phi(z) = z sigmoid(v) = z / (1 + exp(-v)),  v = z (linear + cubic z^2)
    np.multiply(z, z, h)
    np.multiply(h, constant(-GELU_CUBIC, z.dtype), h)
    np.subtract(h, constant(GELU_LINEAR, z.dtype), h)
    np.multiply(h, z, h)
    np.exp(h, h)
    np.add(h, ONE[z.dtype], h)
    np.divide(z, h, h)


def gelu_slope(z: Array, h: Array, slope: Array) -> None:
    # s = sigmoid(v),  phi' = s + (1 - s) h v',  v' = linear + 3 cubic z^2
    # z^2 is limited, because 1 - s = 0 times v' = infinity is not a number.
    squares = z * z
    np.minimum(squares, GELU_FAR_SQUARE[z.dtype], out=squares)
    np.multiply(squares, constant(-GELU_CUBIC, z.dtype), squares)
    np.subtract(squares, constant(GELU_LINEAR, z.dtype), squares)
    np.multiply(z, squares, slope)  # -v
    np.exp(slope, slope)
    np.add(slope, ONE[z.dtype], slope)
    np.reciprocal(slope, slope)
    rest = ONE[z.dtype] - slope
    np.multiply(rest, h, rest)
    np.multiply(squares, constant(-3, z.dtype), squares)
    np.subtract(squares, constant(2 * GELU_LINEAR, z.dtype), squares)  # v'
    np.multiply(rest, squares, rest)
    np.add(slope, rest, slope)


def silu(z: Array, h: Array) -> None:
    # phi(z) = z sigmoid(z) = z / (1 + exp(-z))
    np.negative(z, h)
    np.exp(h, h)
    np.add(h, ONE[z.dtype], h)
    np.divide(z, h, h)


def silu_slope(z: Array, h: Array, slope: Array) -> None:
    # s = sigmoid(z),  phi' = s + (1 - s) h
    sigmoid(z, slope)
    rest = ONE[z.dtype] - slope
    np.multiply(rest, h, rest)
    np.add(slope, rest, slope)


def softplus(z: Array, h: Array) -> None:
    # phi(z) = log(1 + exp(z)) >= z; for large z, where exp would overflow, it is z
    np.minimum(z, far_beside(h), out=h)
    np.exp(h, h)
    np.log1p(h, h)
    np.maximum(z, h, out=h)


def softplus_slope(_z: Array, h: Array, slope: Array) -> None:
    # phi' = sigmoid(z) = 1 - exp(-h)
    np.negative(h, slope)
    np.expm1(slope, slope)
    np.negative(slope, slope)


def softsign(z: Array, h: Array) -> None:
    # phi(z) = z / (1 + |z|)
    np.absolute(z, h)
    np.add(h, ONE[z.dtype], h)
    np.divide(z, h, h)


def softsign_slope(z: Array, _h: Array, slope: Array) -> None:
    # phi' = (1 / (1 + |z|))^2
    np.absolute(z, slope)
    np.add(slope, ONE[z.dtype], slope)
    np.reciprocal(slope, slope)
    np.multiply(slope, slope, slope)


def hardtanh(z: Array, h: Array) -> None:
    # phi(z) = min(max(z, -1), 1)
    one = ONE[z.dtype]
    np.maximum(z, minus_one_beside(h), out=h)
    np.minimum(h, one, out=h)


def hardtanh_slope(z: Array, _h: Array, slope: Array) -> None:
    # 1 between -1 and 1, 0 elsewhere and at both
    np.absolute(z, slope)
    slope[...] = slope < ONE[z.dtype]


def mish(z: Array, h: Array) -> None:
    # phi(z) = z tanh(softplus(z)) = z n / (n + 2),  e = exp(z),  n = (1 + e)^2 - 1 = e (e + 2)
    np.minimum(z, far_beside(h), out=h)
    np.exp(h, h)
    two = TWO[z.dtype]
    np.multiply(h, h + two, h)
    np.divide(h, h + two, h)
    np.multiply(h, z, h)


def mish_slope(z: Array, _h: Array, slope: Array) -> None:
    # phi' = e ((e + 2) d + 4 z (1 + e)) / d^2,  e = exp(z),  d = n + 2 = (1 + e)^2 + 1
    one = ONE[z.dtype]
    np.minimum(z, far[z.dtype], out=slope)
    np.maximum(slope, near[z.dtype], out=slope)
    e = np.exp(slope)
    d = e + one
    np.multiply(slope, d, slope)
    np.multiply(slope, FOUR[z.dtype], slope)
    np.multiply(d, d, d)
    np.add(d, one, d)
    np.divide(slope, d, slope)
    np.add(slope, e, slope)
    np.add(slope, TWO[z.dtype], slope)
    np.divide(e, d, e)
    np.multiply(slope, e, slope)


def sine_slope(z: Array, _h: Array, slope: Array) -> None:
    # phi' = cos(z)
    np.cos(z, slope)
