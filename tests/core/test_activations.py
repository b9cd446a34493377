"""Every activation is what its formula says, and its derivative belongs to it."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from core.activations import ACTIVATIONS, Activation, flat_sides, is_linear
from core.arrays import Array
from core.initializers import INITIALIZERS
from core.nonlinearities import LEAKY_SLOPE, SELU_ALPHA, SELU_SCALE

GELU_ROOT = math.sqrt(2 / math.pi)
# As PyTorch's documentation writes them.
FORMULAS: dict[str, Callable[[float], float]] = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "relu": lambda z: max(0.0, z),
    "leaky_relu": lambda z: z if z > 0 else LEAKY_SLOPE * z,
    "elu": lambda z: z if z > 0 else math.expm1(z),
    "selu": lambda z: SELU_SCALE * (max(0, z) + min(0, SELU_ALPHA * math.expm1(z))),
    "gelu": lambda z: 0.5 * z * (1 + math.tanh(GELU_ROOT * (z + 0.044715 * z**3))),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "softplus": lambda z: math.log1p(math.exp(z)),
    "softsign": lambda z: z / (1 + abs(z)),
    "hardtanh": lambda z: -1.0 if z < -1 else 1.0 if z > 1 else z,
    "mish": lambda z: z * math.tanh(math.log1p(math.exp(z))),
    "sine": math.sin,
}
# What PyTorch takes where the two sides of a kink disagree.
SLOPES_AT_KINKS = {
    "relu": {0.0: 0.0},
    "leaky_relu": {0.0: LEAKY_SLOPE},
    "selu": {0.0: SELU_SCALE * SELU_ALPHA},
    "hardtanh": {-1.0: 0.0, 1.0: 0.0},
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


@every_activation
def test_the_value_is_the_formula(activation: Activation) -> None:
    z = np.linspace(-20, 20, 81)
    h, _ = value_and_slope(activation, z)
    right = [FORMULAS[activation.name](v) for v in z]
    np.testing.assert_allclose(h, right, 1e-14, 1e-14)


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
    kept = h.copy()
    with np.errstate(all="ignore"):
        activation.derivative(z, h, z)  # the slope may take the place of z
    assert np.array_equal(z, slope)
    assert np.array_equal(h, kept)


@every_activation
@both_precisions
def test_runs_side_by_side_have_the_bits_of_one(
    activation: Activation, dtype: type[np.floating]
) -> None:
    # Vector instructions and what is left over beside them must round alike.
    z = np.random.default_rng(1).normal(0, 9, (3, 37)).astype(dtype)
    both = value_and_slope(activation, z)
    for row, *right in zip(z, *both, strict=True):
        assert np.array_equal(value_and_slope(activation, row), right)


@every_activation
@both_precisions
def test_no_input_however_large_gives_nan(activation: Activation, dtype: type[np.floating]) -> None:
    limits = np.finfo(dtype)
    sizes = [limits.smallest_subnormal, limits.tiny, 1e-9, *np.geomspace(1, 1e30, 400), limits.max]
    z = np.array([-0.0, 0, *sizes, *np.negative(sizes)], dtype)
    h, slope = value_and_slope(activation, z)
    assert np.isfinite(h[np.abs(z) < limits.max]).all()
    assert not np.isnan(h).any()  # 1.05 times the largest number is infinite
    assert np.isfinite(slope).all()
    assert (np.abs(slope) <= activation.max_slope * (1 + 4 * limits.eps)).all()


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS.values() if a.name != "sine"])
@both_precisions
def test_far_out_the_value_follows_the_slope(
    activation: Activation, dtype: type[np.floating]
) -> None:
    for z in (-1e30, 1e30):
        h, slope = value_and_slope(activation, np.array([z], dtype))
        assert h == pytest.approx(slope * z, rel=1e-6, abs=2)


@every_activation
def test_single_precision_loses_few_digits(activation: Activation) -> None:
    z = np.linspace(-80, 30, 5001).astype(np.float32)
    single = value_and_slope(activation, z)
    double = value_and_slope(activation, z.astype(np.float64))
    # exp(z) multiplies the error of z by z. Near 1 the slopes from h alone end at its last digit.
    for found, right, floor in zip(single, double, (1e-37, 1e-6), strict=True):
        np.testing.assert_allclose(found, right, 2e-5, floor if activation.monotone else 1e-6)


@every_activation
@both_precisions
def test_not_a_number_stays_so(activation: Activation, dtype: type[np.floating]) -> None:
    assert np.isnan(value_and_slope(activation, np.array([np.nan], dtype))[0])


@every_activation
def test_infinity_gives_a_limit_or_not_a_number(activation: Activation) -> None:
    h, _ = value_and_slope(activation, np.array([-np.inf, np.inf]))
    near, _ = value_and_slope(activation, np.array([-1e300, 1e300]))
    for found, right in zip(h, near, strict=True):
        assert np.isnan(found) or found == pytest.approx(right) or abs(found - right) == np.inf


@every_activation
def test_the_record_describes_the_slope(activation: Activation) -> None:
    _, slope = value_and_slope(activation, np.linspace(-8, 8, 100_001))
    assert np.abs(slope).max() == pytest.approx(activation.max_slope, rel=1e-3)
    assert np.abs(slope).max() <= activation.max_slope * (1 + 1e-15)
    assert activation.monotone == (slope.min() >= 0)
    assert activation.is_step == (set(slope.tolist()) <= {0, 1})


@every_activation
@both_precisions
def test_the_slope_jumps_at_the_kinks_and_nowhere_else(
    activation: Activation, dtype: type[np.floating]
) -> None:
    grid = np.linspace(-3, 3, 6001).astype(dtype)
    grid[::1000] = np.round(grid[::1000])
    _, slope = value_and_slope(activation, grid)
    jumps = np.abs(slope[2:] - slope[:-2]) > 0.1  # over a width of 0.002
    assert sorted({float(round(z)) for z in grid[1:-1][jumps]}) == list(activation.kinks)


@every_activation
@both_precisions
def test_at_a_kink_the_slope_is_that_of_pytorch(
    activation: Activation, dtype: type[np.floating]
) -> None:
    right = SLOPES_AT_KINKS.get(activation.name, {})
    assert tuple(right) == activation.kinks
    for z, slope in right.items():
        found = value_and_slope(activation, np.array([z], dtype))[1]
        assert found == pytest.approx(slope, rel=1e-6 if dtype is np.float32 else 1e-15)


@every_activation
def test_a_record_is_found_by_its_name_and_has_words(activation: Activation) -> None:
    assert ACTIVATIONS[activation.name] is activation
    assert activation.label
    assert activation.formula


def test_an_activation_is_flat_on_the_sides_where_units_saturate() -> None:
    sides = {name: flat_sides(record) for name, record in ACTIVATIONS.items()}
    assert {name for name, count in sides.items() if count == 2} == {
        "sigmoid",
        "tanh",
        "softsign",
        "hardtanh",
    }
    assert {name for name, count in sides.items() if count == 0} == {"identity", "sine"}


@every_activation
def test_the_initializer_of_an_activation_is_one(activation: Activation) -> None:
    assert activation.initializer in INITIALIZERS


def test_only_the_identity_is_linear() -> None:
    assert [name for name, record in ACTIVATIONS.items() if is_linear(record)] == ["identity"]
