"""Every activation is what its formula says, and its derivative belongs to it."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from core.activations import ACTIVATIONS, LEAKY_SLOPE, Activation
from core.arrays import Array

FORMULAS: dict[str, Callable[[float], float]] = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "relu": lambda z: max(0.0, z),
    "leaky_relu": lambda z: z if z > 0 else LEAKY_SLOPE * z,
}

every_activation = pytest.mark.parametrize(
    "activation", ACTIVATIONS.values(), ids=ACTIVATIONS.keys()
)
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def value_and_slope(activation: Activation, z: Array) -> tuple[Array, Array]:
    h, slope = np.full_like(z, np.nan), np.full_like(z, np.nan)
    with np.errstate(all="ignore"):
        activation.function(z, h)
        activation.derivative(z, h, slope)
    return h, slope


@every_activation
def test_the_derivative_matches_central_differences(activation: Activation) -> None:
    z, step = np.linspace(-8, 8, 1000), 1e-3
    _, slope = value_and_slope(activation, z)
    at = {k: value_and_slope(activation, z + k * step)[0] for k in (-2, -1, 0, 1, 2)}
    exact = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * step)
    # At a kink the differences of the two sides disagree.
    smooth = np.abs(at[2] - 2 * at[0] + at[-2]) / (2 * step) < 5 * step
    assert smooth.mean() > 0.99
    np.testing.assert_allclose(slope[smooth], exact[smooth], 1e-6, 1e-10)


@pytest.mark.parametrize("name", FORMULAS)
def test_the_value_is_the_formula(name: str) -> None:
    z = np.linspace(-20, 20, 81)
    h, _ = value_and_slope(ACTIVATIONS[name], z)
    np.testing.assert_allclose(h, [FORMULAS[name](v) for v in z], 1e-14)


@every_activation
@both_precisions
def test_arrays_keep_their_shape_dtype_and_input(
    activation: Activation, dtype: type[np.floating]
) -> None:
    z = np.random.default_rng(0).standard_normal((2, 3, 5)).astype(dtype)
    kept = z.copy()
    h, slope = value_and_slope(activation, z)
    assert np.array_equal(z, kept)
    assert np.isfinite(h).all()
    assert np.isfinite(slope).all()
    with np.errstate(all="ignore"):
        activation.derivative(z, h, z)  # the slope may take the place of z
    assert np.array_equal(z, slope)


@every_activation
@both_precisions
def test_no_input_however_large_gives_nan(activation: Activation, dtype: type[np.floating]) -> None:
    largest = np.finfo(dtype).max
    z = np.array([-largest, -1e30, -1e4, -100, -0.0, 0, 100, 1e4, 1e30, largest], dtype)
    h, slope = value_and_slope(activation, z)
    assert np.isfinite(h).all()
    assert np.isfinite(slope).all()


@every_activation
def test_the_record_describes_the_slope(activation: Activation) -> None:
    _, slope = value_and_slope(activation, np.linspace(-8, 8, 100_001))
    assert np.abs(slope).max() == pytest.approx(activation.max_slope, rel=1e-3)
    assert activation.monotone == (slope.min() >= 0)
    assert activation.is_step == (set(slope.tolist()) <= {0, 1})


@pytest.mark.parametrize(("name", "slope"), [("relu", 0.0), ("leaky_relu", LEAKY_SLOPE)])
def test_at_its_kink_the_slope_is_that_of_the_left(name: str, slope: float) -> None:
    assert value_and_slope(ACTIVATIONS[name], np.zeros(1))[1] == slope


@every_activation
def test_a_record_is_found_by_its_name_and_has_words(activation: Activation) -> None:
    assert ACTIVATIONS[activation.name] is activation
    assert activation.label
    assert activation.formula
