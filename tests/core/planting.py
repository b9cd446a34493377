"""What a planted mistake is, and checks that catch it beside the tests of this folder."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from core.activations import ACTIVATIONS
from core.losses import LOSSES
from core.optimizers import OPTIMIZERS, Rates
from tests.core import test_optimizers
from tests.core.checks import check_against_loops, check_gradient
from tests.core.engines import random_network, targets
from tests.core.golden import check_golden_gradient, check_golden_steps, golden_cases


class Mistake(NamedTuple):
    """In `function`, `wrong` takes the place of `right`; then `check` must fail."""

    function: Any
    right: str
    wrong: str
    check: Callable[[], object]


def check_differences(loss: str = "mse", activation: str = "tanh", **kinds: Any) -> None:
    """Compare with central differences; all layers have the width of the batch."""
    rng, n = np.random.default_rng(7), 4
    x = rng.standard_normal((n, n))
    y = targets(min(LOSSES[loss].tasks), rng, n, n)
    network = random_network((n, n, n, n, n), activation, 8, **kinds)
    assert check_gradient(network, LOSSES[loss], x, y) == 1


def check_sigmoid() -> None:
    rng = np.random.default_rng(9)
    x, y = rng.standard_normal((5, 3)), rng.integers(0, 2, (5, 1))
    network = random_network((3, 4, 2, 1), "sigmoid", 10)
    check_against_loops(network, LOSSES["binary_cross_entropy"], x, y)
    check_gradient(network, LOSSES["binary_cross_entropy"], x, y)


def check_golden(**wanted: str) -> None:
    for case in golden_cases():
        if all(case[key] == value for key, value in wanted.items()):
            check_golden_gradient(case)
            check_golden_steps(case)


def check_optimizer(name: str) -> None:
    test_optimizers.test_the_updates_are_those_of_the_plain_formula(
        OPTIMIZERS[name], Rates(0.03, 0.5, 0.2)
    )


def slope_of(name: str) -> Any:
    return ACTIVATIONS[name].derivative


def value_of(name: str) -> Any:
    return LOSSES[name].function


def rule_of(name: str) -> Any:
    return OPTIMIZERS[name].update
