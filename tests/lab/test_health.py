"""Each word for a layer comes by its rule, and the rules agree with what real networks do."""

from typing import Any

import numpy as np
import pytest

from core.measures import QUANTITIES, ROW
from lab.fading import judge
from lab.health import health_of, ratio_sign, rules_by
from lab.run import Run
from lab.spec import Spec
from lab.verdict import RULE, Finding, Rule

HEALTHY = {"update_ratio": 1e-3, "saturated_share": 0.1, "dead_share": 0.0}


def words_of(changes: dict[str, Any]) -> list[str]:
    """The words for a fresh network."""
    run = Run(Spec().with_values({"network.depth": 20, "network.width": 32, **changes}))
    return [health.word for health in health_of(run.record.magnitudes, run.spec)]


def spec_of(n_hidden: int, activation: str = "tanh") -> Spec:
    """A spec of so many hidden layers."""
    return Spec().with_values({"network.depth": n_hidden, "network.activation": activation})


def words_on(
    layer_2: dict[str, float], activation: str = "tanh", *, learned: bool = False
) -> list[str]:
    """The words for made-up layers of which the second one differs."""
    magnitudes = np.ones((len(QUANTITIES), 4))
    for name, value in HEALTHY.items():
        magnitudes[ROW[name]] = value
    for name, value in layer_2.items():
        magnitudes[ROW[name], 1] = value
    healths = health_of(magnitudes, spec_of(3, activation), learned=learned)
    return [health.word for health in healths]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"update_ratio": 0.0}, "settled"),
        ({"update_ratio": 0.9e-4}, "settled"),
        ({"update_ratio": 1.1e-4}, "healthy"),
        ({"update_ratio": 0.0, "signal_gradient_rms": 1e-9}, "starved"),
        ({"update_ratio": 1.0}, "too fast"),
    ],
)
def test_what_has_learned_need_not_move(changes: dict[str, float], word: str) -> None:
    assert words_on(changes, learned=True)[1] == word


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "healthy"),
        ({"activation_rms": np.nan}, "not finite"),
        ({"signal_gradient_rms": np.inf}, "not finite"),
        ({"weight_gradient_rms": np.inf, "dead_share": 1.0}, "not finite"),
        ({"signal_gradient_rms": 0.0}, "no gradient"),
        ({"weight_gradient_rms": 0.0}, "no gradient"),
        ({"dead_share": 0.67}, "dead"),
        ({"dead_share": 0.66}, "healthy"),
        ({"saturated_share": 0.51}, "saturated"),
        ({"saturated_share": 0.5}, "healthy"),
        ({"signal_gradient_rms": 0.9e-3}, "starved"),
        ({"signal_gradient_rms": 1.1e-3}, "healthy"),
        ({"signal_gradient_rms": 1.1e3}, "exploding"),
        ({"signal_gradient_rms": 0.9e3}, "healthy"),
        ({"signal_gradient_rms": 1e-320}, "starved"),
        ({"update_ratio": 0.0}, "not learning"),
        ({"update_ratio": 0.9e-6}, "not learning"),
        ({"update_ratio": 0.9e-4}, "slow"),
        ({"update_ratio": 1.1e-4}, "healthy"),
        ({"update_ratio": 0.9e-2}, "healthy"),
        ({"update_ratio": 1.1e-2}, "too fast"),
    ],
)
def test_the_rules_are_as_they_say(changes: dict[str, float], word: str) -> None:
    assert words_on(changes) == ["healthy", word, "healthy", "healthy"]


def test_a_layer_that_was_not_measured_gets_no_word() -> None:
    words = [health.word for health in health_of(np.full((len(QUANTITIES), 3), np.nan), spec_of(2))]
    assert words == ["–"] * 3


def test_the_output_layer_is_neither_dead_nor_starved() -> None:
    magnitudes = np.ones((len(QUANTITIES), 3))
    magnitudes[ROW["update_ratio"]] = 1e-3
    magnitudes[ROW["saturated_share"], :2] = magnitudes[ROW["dead_share"], :2] = 0
    magnitudes[ROW["signal_gradient_rms"], 2] = 1e9
    assert [health.word for health in health_of(magnitudes, spec_of(2))] == ["healthy"] * 3


def test_layers_are_judged_by_the_flat_sides_of_their_activation_as_in_the_verdict() -> None:
    usual = ["healthy"] * 4
    assert words_on({"saturated_share": 0.89}, "relu") == usual
    assert words_on({"saturated_share": 0.91}, "relu")[1] == "saturated"
    assert words_on({"saturated_share": 0.51}, "sigmoid")[1] == "saturated"
    assert words_on({"saturated_share": 1.0}, "identity") == usual


def test_real_networks_get_the_word_of_the_verdict() -> None:
    vanishing = words_of({"network.activation": "sigmoid"})
    assert vanishing[:10] == ["starved"] * 10
    relu = {"network.activation": "relu", "network.initializer": "he_normal"}
    exploding = words_of({**relu, "network.gain": 2.0})
    assert exploding[0] == "exploding"
    assert exploding[18] != "exploding"
    assert set(words_of({"network.activation": "tanh", "network.gain": 40.0})) >= {"saturated"}
    assert set(words_of({"network.initializer": "zeros"})[:-1]) == {"no gradient"}


@pytest.mark.parametrize("seed", range(10))
def test_starved_layers_are_where_the_verdict_sees_a_vanishing_gradient(seed: int) -> None:
    for activation in ("sigmoid", "tanh", "relu"):
        spec = Spec().with_values(
            {
                "network.activation": activation,
                "network.initializer": "he_normal",
                "network.depth": 16,
                "network.width": 64,
                "network.seed": seed,
            }
        )
        magnitudes = Run(spec).record.magnitudes
        vanishing = judge(magnitudes).finding is Finding.VANISHING
        assert (health_of(magnitudes, spec)[0].word == "starved") == vanishing


@pytest.mark.parametrize("depth", [0, 1])
def test_shallow_networks_have_words_too(depth: int) -> None:
    assert len(words_of({"network.depth": depth})) == depth + 1


def test_ratios_within_a_decade_of_the_usual_one_are_calm() -> None:
    ratios = (1.1e-4, 1e-3, 0.9e-2, np.nan)
    assert [ratio_sign(ratio) for ratio in ratios] == [""] * len(ratios)
    assert [ratio_sign(ratio) for ratio in (0.0, 0.9e-4)] == ["▼", "▼"]
    assert [ratio_sign(ratio) for ratio in (1.1e-2, np.inf)] == ["▲", "▲"]


def test_no_word_stands_for_two_rules_and_what_asks_for_attention_has_a_sign() -> None:
    rules = rules_by(RULE)
    words = [health.word for health in rules]
    assert len(set(words)) == len(words)
    assert all(health.sign for health in rules if not health.calm)
    assert all(health.rule.endswith(".") for health in rules)


@pytest.mark.parametrize("name", ["update_ratio", "dead_share", "signal_gradient_rms"])
def test_a_layer_that_is_frozen_by_choice_is_called_so_calmly(name: str) -> None:
    magnitudes = np.ones((len(QUANTITIES), 4))
    for usual, value in HEALTHY.items():
        magnitudes[ROW[usual]] = value
    magnitudes[ROW["update_ratio"], 1] = 0
    magnitudes[ROW[name], 1] = 0 if name == "update_ratio" else 1e-9
    spec = spec_of(3).with_values({"training.frozen": [2]})
    found = health_of(magnitudes, spec)
    assert [health.word for health in found] == ["healthy", "frozen", "healthy", "healthy"]
    assert found[1].calm
    magnitudes[ROW["activation_rms"], 1] = np.inf
    assert health_of(magnitudes, spec)[1].word == "not finite"


def test_the_words_go_by_the_rule_in_force() -> None:
    magnitudes = np.ones((len(QUANTITIES), 4))
    for usual, value in HEALTHY.items():
        magnitudes[ROW[usual]] = value
    magnitudes[ROW["signal_gradient_rms"], :2] = 0.05, 20.0
    assert [health.word for health in health_of(magnitudes, spec_of(3))] == ["healthy"] * 4
    starved, exploding, *_ = health_of(magnitudes, spec_of(3), Rule(0.1, 10.0))
    assert (starved.word, exploding.word) == ("starved", "exploding")
    assert "under 0.1 of the last hidden" in starved.rule
    assert "over 10 times the last hidden" in exploding.rule
