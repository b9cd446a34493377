"""Averages over a normal distribution are exact where a formula is known, at any variance."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.quadrature import Moments, moments

every_activation = pytest.mark.parametrize("name", ACTIVATIONS)


def hardtanh_square(q: float) -> float:
    outside = math.erfc(1 / math.sqrt(2 * q))
    if q > 100:  # the closed form cancels; E[z^2, |z| < 1] by its series
        inside = 2 / math.sqrt(2 * math.pi * q)
        inside *= 1 / 3 - 1 / (10 * q) + 1 / (56 * q**2) - 1 / (432 * q**3) + 1 / (4224 * q**4)
        return inside + outside
    density = 2 / math.sqrt(2 * math.pi * q) * math.exp(-1 / (2 * q))
    return q * (1 - outside - density) + outside


CLOSED_FORMS: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "identity": (lambda q: q, lambda _: 1.0),
    "relu": (lambda q: q / 2, lambda _: 0.5),
    "leaky_relu": (lambda q: q * (1 + 1e-4) / 2, lambda _: (1 + 1e-4) / 2),
    "sine": (lambda q: -math.expm1(-2 * q) / 2, lambda q: (1 + math.exp(-2 * q)) / 2),
    "hardtanh": (hardtanh_square, lambda q: math.erf(1 / math.sqrt(2 * q))),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
@pytest.mark.parametrize("exponent", range(-12, 9))
def test_averages_are_exact(name: str, exponent: int) -> None:
    q = 1.7 * 10.0**exponent
    square, slope_square = CLOSED_FORMS[name]
    found = moments(ACTIVATIONS[name], q)
    assert found.square == pytest.approx(square(q), rel=1e-10)
    assert found.slope_square == pytest.approx(slope_square(q), rel=1e-10)


@pytest.mark.parametrize("q", [1e-12, 0.03, 1.0, 40.0, 1e8, math.inf])
def test_all_averages_of_relu_are_known(q: float) -> None:
    finite = min(q, 1e8)
    root = math.sqrt(finite / (2 * math.pi))
    known = Moments(root, finite / 2, root, 0.5, root, finite / 2, 1.0, 0.0, 6.0, 2.0)
    found = moments(ACTIVATIONS["relu"], q)
    for field in Moments.__slots__:
        right = getattr(known, field)
        if q == math.inf and right > 100:
            right = q
        assert getattr(found, field) == pytest.approx(right, rel=1e-10, abs=1e-15), field


@pytest.mark.parametrize("q", [0.0, 1e-9, 1e-3, 1.0, 1e3, 1e8])
@pytest.mark.parametrize("mean", [-0.7, 0.1, 30.0])
def test_averages_around_a_mean_are_exact(q: float, mean: float) -> None:
    relu, identity = (moments(ACTIVATIONS[name], q, mean) for name in ("relu", "identity"))
    std = math.sqrt(q) or 1e-150
    above = math.erfc(-mean / std / math.sqrt(2)) / 2
    density = std * math.exp(-(mean**2) / std**2 / 2) / math.sqrt(2 * math.pi)
    assert identity.square == pytest.approx(q + mean**2, rel=1e-10)
    assert relu.mean == pytest.approx(mean * above + density, rel=1e-9, abs=1e-20)
    assert relu.square == pytest.approx((mean**2 + q) * above + mean * density, 1e-8, abs=1e-20)
    assert relu.slope_square == pytest.approx(above, rel=1e-10, abs=1e-20)


@every_activation
@pytest.mark.parametrize("q", [1e-3, 0.7, 90.0, 4e4])
def test_averages_and_responses_agree_with_a_fine_sum(name: str, q: float) -> None:
    activation, step = ACTIVATIONS[name], 1e-4
    g = np.arange(-9, 9, 1e-4) + 5e-5
    density = np.exp(-g * g / 2) / math.sqrt(2 * math.pi) * 1e-4
    z = math.sqrt(q) * g
    h, slope = np.empty_like(z), np.empty_like(z)
    with np.errstate(all="ignore"):
        activation.function(z, h)
        activation.derivative(z, h, slope)
    found, above, below = (moments(activation, q * f) for f in (1, 1 + step, 1 - step))
    sums = {
        "mean": h,
        "square": h**2,
        "pull": z * slope,
        "slope_square": slope**2,
        "mixed": h * slope**2,
        "mixed_square": (h * slope) ** 2,
    }
    for field, values in sums.items():
        size = float(np.abs(values) @ density)
        assert getattr(found, field) == pytest.approx(float(values @ density), abs=3e-3 * size)
    assert found.square_noise == pytest.approx(h**4 @ density / (h**2 @ density) ** 2, rel=1e-3)
    assert found.slope_noise == pytest.approx(
        slope**4 @ density / (slope**2 @ density) ** 2, rel=5e-3
    )
    for field in ("square", "slope_square"):
        response = math.log(getattr(above, field) / getattr(below, field)) / (2 * step)
        name_of_response = field.removesuffix("_square") + "_response"
        assert getattr(found, name_of_response) == pytest.approx(response, rel=1e-5, abs=1e-7)


@every_activation
@pytest.mark.parametrize("q", [0.0, 1e-300, 1e-12, 1e8, 1e300, math.inf])
def test_no_variance_gives_nan_or_a_warning(name: str, q: float) -> None:
    found = moments.__wrapped__(ACTIVATIONS[name], q)
    numbers = [getattr(found, field) for field in Moments.__slots__]
    assert not any(math.isnan(number) for number in numbers)
    assert q == math.inf or all(math.isfinite(number) for number in numbers)
