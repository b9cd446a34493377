"""Whole networks: the chain rule against finite differences, loops and numbers by hand."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.losses import LOSSES
from core.normalization import NORMS
from core.propagation import Propagation
from tests.core.checks import (
    assert_close,
    check_against_loops,
    check_gradient,
    check_step_by_hand,
)
from tests.core.engines import backpropagate, random_network
from tests.core.problems import Problem, plain_problems, problems


@pytest.mark.slow
@pytest.mark.parametrize("norm", NORMS)
@settings(max_examples=200)
@given(st.data())
def test_gradients_match_central_differences(norm: str, data: st.DataObject) -> None:
    problem = data.draw(problems(norm))
    network, x, y = problem.network, problem.x, problem.y
    compared = check_gradient(network, problem.loss, x, y, problem.smoothing, problem.seed)
    assume(compared > 0.5)


@settings(max_examples=60)
@given(plain_problems())
def test_everything_matches_loops(problem: Problem) -> None:
    check_against_loops(problem.network, problem.loss, problem.x, problem.y)


@settings(max_examples=30)
@given(plain_problems())
def test_a_prediction_is_what_training_computes(problem: Problem) -> None:
    flow, _ = backpropagate(problem.network, problem.loss, problem.x, problem.y)
    assert_close(problem.network.predict(problem.x), flow.out, 1e-14)


@pytest.mark.parametrize("norm", ["none", "layer"])
def test_a_prediction_has_the_residual_connections_of_training(norm: str) -> None:
    network = random_network((4, 4, 4, 5, 2), "tanh", 3, norm=norm, residual=True)
    assert network.skips == (True, True, False)
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((6, 4)), rng.standard_normal((6, 2))
    flow, _ = backpropagate(network, LOSSES["mse"], x, y)
    assert_close(network.predict(x), flow.out, 1e-13)


@pytest.mark.parametrize("runs", [(), (3,)])
def test_every_sum_has_the_bias_that_the_layer_has_now(runs: tuple[int, ...]) -> None:
    network = random_network((3, 9, 9, 64, 64, 9, 2), "tanh", 4, runs)
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((50, 3)), rng.standard_normal((50, 2))
    flow = Propagation(network, 50)
    for _ in range(2):
        flow.gradient_of(x, y, LOSSES["mse"])
        assert_close(flow.out, network.predict(x), 1e-14)
        for layer in network.layers:
            layer.b[...] += 0.5


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_parameter_away_from_kinks_is_compared(name: str) -> None:
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((4, 3)), rng.standard_normal((4, 2))
    compared = check_gradient(random_network((3, 4, 4, 5, 2), name, 6), LOSSES["mse"], x, y)
    assert compared == 1


def test_one_step_by_hand() -> None:
    check_step_by_hand()
