"""Whole networks: the chain rule against finite differences, loops and numbers by hand."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.datasets import Task
from core.losses import LOSSES, Loss
from core.network import Network
from core.optimizers import OPTIMIZERS
from core.propagation import SMALL, Propagation
from core.training import Trainer
from tests.core.checks import (
    assert_close,
    check_against_loops,
    check_gradient,
    check_step_by_hand,
)
from tests.core.engines import LOSS_TASKS, backpropagate, make_trainer, random_network, targets
from tests.core.golden import check_golden_gradient, check_golden_steps, golden_cases
from tests.core.plain import check_measures


@dataclass(frozen=True)
class Problem:
    network: Network
    loss: Loss
    x: Array
    y: Array


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Networks of 0 to 8 hidden layers, 1 to 6 wide, any activations; batches of 1 to 5."""
    names = draw(st.lists(st.sampled_from(sorted(ACTIVATIONS)), max_size=8))
    if draw(st.booleans()):  # equal neighbours, which the engine handles together
        width = draw(st.integers(1, 6))
        hidden, names = [width] * len(names), names[:1] * len(names)
    else:
        hidden = [draw(st.integers(1, 6)) for _ in names]
    loss, task = draw(st.sampled_from(LOSS_TASKS))
    n_out = 1 if task is Task.BINARY else draw(st.integers(1, 4))
    sizes = [draw(st.integers(1, 5)), *hidden, n_out]
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    batch = draw(st.integers(1, 5))
    x, y = rng.standard_normal((batch, sizes[0])), targets(task, rng, batch, n_out)
    return Problem(random_network(sizes, names, seed), loss, x, y)


@settings(max_examples=150)
@given(problems())
def test_gradients_match_central_differences(problem: Problem) -> None:
    compared = check_gradient(problem.network, problem.loss, problem.x, problem.y)
    assume(compared > 0.5)


@settings(max_examples=60)
@given(problems())
def test_everything_matches_loops(problem: Problem) -> None:
    check_against_loops(problem.network, problem.loss, problem.x, problem.y)


@settings(max_examples=30)
@given(problems())
def test_a_prediction_is_what_training_computes(problem: Problem) -> None:
    flow, _ = backpropagate(problem.network, problem.loss, problem.x, problem.y)
    assert_close(problem.network.predict(problem.x), flow.out, 1e-14)


@pytest.mark.parametrize("runs", [(), (3,)])
def test_large_and_small_layers_add_their_bias_alike(runs: tuple[int, ...]) -> None:
    width, batch = 64, 1 + SMALL // 64  # 64 wide is large for this batch, 9 wide is small
    network = random_network((3, 9, 9, width, width, 9, 2), "tanh", 4, runs)
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((batch, 3)), rng.standard_normal((batch, 2))
    for _ in range(2):
        flow, _ = backpropagate(network, LOSSES["mse"], x, y)
        assert_close(flow.out, network.predict(x), 1e-14)
        network.parameters[...] += 0.01  # the repeated rows must follow


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_parameter_away_from_kinks_is_compared(name: str) -> None:
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((4, 3)), rng.standard_normal((4, 2))
    compared = check_gradient(random_network((3, 4, 4, 5, 2), name, 6), LOSSES["mse"], x, y)
    assert compared == 1


def test_one_step_by_hand() -> None:
    check_step_by_hand()


# Mistakes that the checks must catch: the function, what stands in it, and what is put there.


def check_tanh() -> None:
    rng = np.random.default_rng(7)
    x, y = rng.standard_normal((5, 4)), rng.standard_normal((5, 4))
    check_gradient(random_network((4, 4, 4, 4), "tanh", 8), LOSSES["mse"], x, y)


def check_sigmoid() -> None:
    rng = np.random.default_rng(9)
    x, y = rng.standard_normal((5, 3)), rng.integers(0, 2, (5, 1))
    network = random_network((3, 4, 2, 1), "sigmoid", 10)
    check_against_loops(network, LOSSES["binary_cross_entropy"], x, y)
    check_gradient(network, LOSSES["binary_cross_entropy"], x, y)


def check_classes() -> None:
    rng = np.random.default_rng(11)
    x, y = rng.standard_normal((5, 3)), rng.integers(0, 3, 5)
    check_gradient(random_network((3, 4, 3), "tanh", 12), LOSSES["cross_entropy"], x, y)


def check_golden() -> None:
    for case in golden_cases():
        check_golden_gradient(case)
        if case["optimizer"] in OPTIMIZERS:
            check_golden_steps(case)


def check_measured() -> None:
    for name in ("tanh", "relu"):
        check_measures(make_trainer((3, 6, 6, 4, 2), name, optimizer="adam"))


def slope_of(name: str) -> Any:
    return ACTIVATIONS[name].derivative


def value_of(name: str) -> Any:
    return LOSSES[name].value_and_gradient


BUGS: dict[str, tuple[Any, str, str, Callable[[], None]]] = {
    "tanh' = 1 + h^2": (
        slope_of("tanh"),
        "np.subtract(1, slope, slope)",
        "np.add(1, slope, slope)",
        check_tanh,
    ),
    "sigmoid' = 1 - h": (
        slope_of("sigmoid"),
        "np.multiply(slope, h, slope)",
        "pass",
        check_sigmoid,
    ),
    "W is not transposed": (
        Propagation._backward_operations,
        "network.layers[index + 1].w.swapaxes(-1, -2)",
        "network.layers[index + 1].w",
        check_tanh,
    ),
    "without the slope": (
        Propagation._backward_operations,
        "(d_h, delta, delta)",
        "(d_h, 1, delta)",
        check_tanh,
    ),
    "mse without 1/n": (
        value_of("mse"),
        "np.multiply(delta, 2 / count, delta)",
        "np.multiply(delta, 2, delta)",
        check_step_by_hand,
    ),
    "sigma(-t z) without its sign": (
        value_of("binary_cross_entropy"),
        "np.multiply(delta, sign, delta)",
        "pass",
        check_sigmoid,
    ),
    "softmax without minus one": (
        value_of("cross_entropy"),
        "e_flat[chosen] = -others",
        "e_flat[chosen] = np.exp(shifted_y)",
        check_classes,
    ),
    "uphill": (
        OPTIMIZERS["sgd"].update,
        "rates.learning_rate",
        "-rates.learning_rate",
        check_step_by_hand,
    ),
    "momentum loses its velocity": (
        OPTIMIZERS["momentum"].update,
        "np.multiply(velocity, _fitted(rates.momentum, out), velocity)",
        "velocity.fill(0)",
        check_golden,
    ),
    "the next sample is seen twice": (
        Trainer._gradient_of_next_batch,
        "data.y_train.take(indices, 0)",
        "data.y_train.take(indices[..., ::-1], 0)",
        check_step_by_hand,
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_mistake_is_caught(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    function, right, wrong, check = BUGS[bug]
    check()
    source = dedent(inspect.getsource(function))
    assert source.count(right) == 1, "the line to change is gone"
    made: dict[str, Any] = {}
    exec(source.replace(right, wrong), function.__globals__, made)
    monkeypatch.setattr(function, "__code__", made[function.__name__].__code__)
    with pytest.raises(AssertionError):
        check()
