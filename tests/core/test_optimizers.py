"""Every rule is what its formula says; the first steps in plain numbers."""

import math

import numpy as np
import pytest

from core.optimizers import OPTIMIZERS, Optimizer, Rates

every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())


def updates(optimizer: Optimizer, gradients: list[float], rates: Rates) -> list[float]:
    slots, out = np.zeros((optimizer.n_slots, 1)), np.full(1, np.nan)
    found = []
    for step, gradient in enumerate(gradients, 1):
        optimizer.update(np.array([gradient]), slots, step, rates, out)
        found.append(float(out[0]))
    return found


def test_sgd() -> None:
    assert updates(OPTIMIZERS["sgd"], [3, -2], Rates(0.5)) == [1.5, -1]


def test_momentum() -> None:
    # v = 4, then 2 + 2 = 4, then 2 - 1 = 1
    assert updates(OPTIMIZERS["momentum"], [4, 2, -1], Rates(0.25, 0.5)) == [1, 1, 0.25]


def test_adam() -> None:
    first, second = updates(OPTIMIZERS["adam"], [2, -1], Rates(0.1, 0.9))
    assert first == pytest.approx(0.1 * 2 / (2 + 1e-8), rel=1e-12)
    m = (0.9 * 0.2 + 0.1 * -1) / (1 - 0.9**2)
    v = (0.999 * 0.004 + 0.001) / (1 - 0.999**2)
    assert second == pytest.approx(0.1 * m / (math.sqrt(v) + 1e-8), rel=1e-12)


@every_optimizer
def test_the_gradient_is_only_read_and_precision_is_kept(optimizer: Optimizer) -> None:
    rng = np.random.default_rng(1)
    gradient = rng.standard_normal((2, 9)).astype(np.float32)
    kept = gradient.copy()
    slots = np.zeros((optimizer.n_slots, 2, 9), np.float32)
    out = np.full((2, 9), np.nan, np.float32)
    for step in (1, 2, 3):
        optimizer.update(gradient, slots, step, Rates(0.1), out)
    assert np.array_equal(gradient, kept)
    assert np.isfinite(out).all()
    assert np.isfinite(slots).all()


@every_optimizer
def test_a_step_goes_downhill_and_scales_with_the_learning_rate(optimizer: Optimizer) -> None:
    small, large = (updates(optimizer, [3.0], Rates(rate))[0] for rate in (0.01, 0.02))
    assert small > 0
    assert large == pytest.approx(2 * small, rel=1e-12)


@every_optimizer
def test_momentum_is_used_where_the_record_says_so(optimizer: Optimizer) -> None:
    low, high = (updates(optimizer, [3.0, 1.0], Rates(0.1, mu)) for mu in (0.1, 0.8))
    assert (low != high) == optimizer.uses_momentum


@every_optimizer
def test_a_gradient_of_zero_moves_nothing(optimizer: Optimizer) -> None:
    assert updates(optimizer, [0.0, 0.0], Rates(0.1)) == [0, 0]


@every_optimizer
def test_a_record_is_found_by_its_name_and_has_words(optimizer: Optimizer) -> None:
    assert OPTIMIZERS[optimizer.name] is optimizer
    assert optimizer.label
    assert optimizer.formula
