"""The verdict says what real networks do, in the right direction, and writes numbers well."""

from typing import Any

import numpy as np
import pytest

from core.measures import QUANTITIES, ROW
from core.places import Place
from lab.diagnosis import diagnose
from lab.fading import factor_of, judge, signal_factor
from lab.run import Run
from lab.spec import Spec
from lab.verdict import Finding, Verdict
from lab.words import brief, number
from tests.lab.making import run_of

DEEP: dict[str, Any] = {"network.depth": 20, "network.width": 64, "data.samples": 500}


def verdict_of(changes: dict[str, Any]) -> Verdict:
    """What is found in a fresh network."""
    return judge(Run(Spec().with_values({**DEEP, **changes})).record.magnitudes)


def verdict_on(signal: list[float]) -> Verdict:
    """What is found in made-up signal gradients, the output layer's being the last."""
    magnitudes = np.ones((len(QUANTITIES), len(signal)))
    magnitudes[ROW["signal_gradient_rms"]] = signal
    magnitudes[ROW["dead_share"]] = 0
    return judge(magnitudes)


def test_sigmoid_vanishes() -> None:
    verdict = verdict_of({"network.activation": "sigmoid"})
    assert verdict.finding is Finding.VANISHING
    assert 0.15 < verdict.factor < 0.3  # at most 1/4 per layer, the steepest slope of a sigmoid
    assert verdict.total == pytest.approx(verdict.factor**19)
    assert verdict.total < 1e-3


def test_relu_with_he_weights_is_healthy() -> None:
    verdict = verdict_of({"network.activation": "relu", "network.initializer": "he_normal"})
    assert verdict.finding is Finding.HEALTHY
    assert 0.9 < verdict.factor < 1.1


def test_a_gain_is_a_factor_of_every_layer() -> None:
    relu = {"network.activation": "relu", "network.initializer": "he_normal"}
    plain, exploding = (verdict_of({**relu, "network.gain": gain}) for gain in (1.0, 1.6))
    assert exploding.finding is Finding.EXPLODING
    assert exploding.factor / plain.factor == pytest.approx(1.6, rel=0.02)


def test_relu_with_xavier_weights_hides_it_in_the_weight_gradients() -> None:
    verdict = verdict_of(
        {"network.activation": "relu", "network.initializer": "xavier_normal", "network.depth": 30}
    )
    assert verdict.finding is Finding.VANISHING
    assert verdict.factor == pytest.approx(0.5**0.5, rel=0.1)
    assert "The weight gradients hide it" in verdict.detail


def test_small_weights_before_a_sigmoid_hide_nothing() -> None:
    verdict = verdict_of({"network.activation": "sigmoid", "network.initializer": "small_normal"})
    assert verdict.finding is Finding.VANISHING
    assert "hide" not in verdict.detail


def test_zeros_let_no_gradient_through() -> None:
    verdict = verdict_of({"network.initializer": "zeros"})
    assert verdict.finding is Finding.NO_GRADIENT
    assert verdict.headline == "No gradient reaches layer 20"
    assert np.isnan(verdict.factor)


def test_the_highest_layer_without_gradient_is_named() -> None:
    assert verdict_on([0, 0, 0, 1, 1, 0]).headline == "No gradient reaches layer 3"


def test_a_gradient_that_is_led_past_a_layer_is_judged_where_it_is() -> None:
    verdict = verdict_on([4.0, 2.0, 1.0, 0, 0.25, 1.0])
    assert verdict.finding is Finding.HEALTHY
    assert verdict.factor == pytest.approx(2)
    assert "It is led past layer 4, where it is exactly zero." in verdict.detail
    few = verdict_on([1, 0, 0, 1, 1])
    assert (few.finding, few.headline) == (Finding.NO_GRADIENT, "No gradient in layers 2 and 3")
    assert "gets its own past that" in few.detail


@pytest.mark.parametrize(
    "signal", [[0, 0, 1, 1, 0, 1], [0, 0, 1, 0, 1, 1], [0, 0, 0, 0, 1, 1], [0, 0, 1, 0]], ids=str
)
def test_nothing_leads_past_the_first_layer(signal: list[float]) -> None:
    verdict = verdict_on([*signal, 1.0])
    assert verdict.finding is Finding.NO_GRADIENT
    assert verdict.headline == f"No gradient reaches layer {np.flatnonzero(signal)[0]}"


@pytest.mark.parametrize(
    "signal",
    [
        [4, 2, 1, 0, 0.25, 1],
        [1, 2, 3, 1],
        [0, 1, 2, 3, 1],
        [0, 0, 1e-40, 1e-38, 1e-36, 1],
        [1, 0, 0, 1],
        [1, 2, np.nan, 1],
    ],
)
def test_the_factor_alone_is_that_of_the_verdict(signal: list[float]) -> None:
    assert factor_of(np.array(signal)) == pytest.approx(verdict_on(signal).factor, nan_ok=True)


def test_a_shortcut_leads_past_a_layer_that_is_dead() -> None:
    run = run_of({"network.depth": 6, "network.activation": "relu", "cures.residual": True})
    for unit in range(run.spec.sizes[4]):
        run.set_parameter(Place("b", 4, unit), -1000)
    run.advance()
    diagnosis = diagnose(run.record.magnitudes, run.spec)
    assert diagnosis.main.finding is Finding.DEAD
    (gradient,) = [one for one in diagnosis.further if "per layer toward" in one.detail]
    assert "led past layer 4" in gradient.detail


@pytest.mark.parametrize("is_dead", [False, True])
def test_a_layer_without_any_slope_cuts_off_what_had_not_faded(is_dead: bool) -> None:
    magnitudes = np.full((len(QUANTITIES), 9), 0.5)
    magnitudes[ROW["signal_gradient_rms"]] = [0, 0, 0, *np.geomspace(1e-4, 1, 6)]
    magnitudes[ROW["dead_share"], 2] = is_dead
    verdict = judge(magnitudes)
    if is_dead:
        assert verdict.headline == "No gradient reaches layer 3"
    else:
        assert "too small for the network's precision" in verdict.detail


@pytest.mark.parametrize(
    "decades", [[-2.3, -3.3, -3.5, -3.6, -4.2, -3.9, 1, 0], [-6, -6, 0, 3, 2, 1, 0]], ids=str
)
def test_a_line_does_not_stand_for_layers_that_tell_another_story(decades: list[float]) -> None:
    assert verdict_on([*(10.0 ** np.array(decades)), 1.0]).finding is Finding.UNEVEN


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_beyond_all_bounds_are_an_explosion(value: float) -> None:
    verdict = verdict_on([0, value, value, 1, 1])
    assert verdict.finding is Finding.EXPLODING
    assert "layer 3 is infinite or not a number" in verdict.detail


def test_an_overflowing_network_is_judged() -> None:
    wild = {"network.depth": 100, "network.gain": 100.0, "network.activation": "identity"}
    assert verdict_of(wild).finding is Finding.EXPLODING


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_shallow_networks_are_not_judged(depth: int) -> None:
    verdict = verdict_of({"network.depth": depth})
    assert verdict.finding is Finding.SHALLOW
    counted = "1 hidden layer" if depth == 1 else f"{depth} hidden layers"
    assert verdict.detail.startswith(f"With {counted} there is no chain")


def test_the_output_layer_takes_no_part() -> None:
    assert verdict_on([1, 1, 1, 1e-30]).finding is Finding.HEALTHY
    assert verdict_on([1, 1, 1, 0]).finding is Finding.HEALTHY
    assert verdict_on([1, 1, 1, np.nan]).finding is Finding.HEALTHY


@pytest.mark.parametrize("factor", [0.1, 0.5, 1.0, 3.0])
def test_the_factor_is_read_toward_the_input(factor: float) -> None:
    toward_output = np.array([factor**-layer for layer in range(8)])
    assert signal_factor(toward_output) == pytest.approx(factor)
    verdict = verdict_on([*toward_output, 1.0])
    assert verdict.factor == pytest.approx(factor)
    assert verdict.total == pytest.approx(factor**7)
    assert f"×{number(verdict.factor)} per layer toward the input" in verdict.detail


@pytest.mark.parametrize(
    ("total", "finding"),
    [
        (0.9e-3, Finding.VANISHING),
        (1.1e-3, Finding.HEALTHY),
        (0.9e3, Finding.HEALTHY),
        (1.1e3, Finding.EXPLODING),
    ],
)
def test_the_rule_is_as_it_says(total: float, finding: Finding) -> None:
    verdict = verdict_on([*np.geomspace(total, 1, 10), 1.0])
    assert verdict.finding is finding
    assert "under 0.001 is vanishing, over 1000 exploding" in verdict.rule


def test_the_detail_has_the_numbers_of_both_ends() -> None:
    verdict = verdict_on([1e-9, 1e-6, 1e-3, 1.0])
    assert verdict.detail.startswith(
        "×0.00100 per layer toward the input, ×1.0e-6 from layer 3 to layer 1. "
        "Layer 1 gets 1.0e-9 where layer 3 gets 0.00100."
    )


FADING = np.geomspace(1e-10, 1e-3, 30).tolist()  # from layer 1 to 30


@pytest.mark.parametrize(
    ("signal", "words"),
    [
        ([0.1, *FADING], "×1.0e9 from layer 2 to 1"),
        ([1e-3] * 15 + [1e-9] * 15 + [1e-3], "×1.0e-6 from layer 31 to 30, ×1.0e6 from layer 16"),
        ([1e-9] + [1.0] * 60, "×1.0e-9 from layer 2 to 1"),
        (
            [*np.geomspace(1, 1e-10, 15), *np.geomspace(1e-9, 1e-6, 45)],
            "Between them layer 15 gets 1.0e-10",
        ),
    ],
    ids=("first", "valley", "last", "bend"),
)
def test_where_a_line_does_not_describe_the_layers_the_jumps_are_named(
    signal: list[float], words: str
) -> None:
    verdict = verdict_on([*signal, 1.0])
    assert verdict.finding is Finding.UNEVEN
    assert words in verdict.detail
    ends = f"Layer 1 gets {number(signal[0])} where layer {len(signal)} gets {number(signal[-1])}."
    assert verdict.detail.startswith(ends)
    assert "per layer toward the input" not in verdict.detail
    assert "decades from that line, it is uneven" in verdict.rule


@pytest.mark.parametrize(
    "signal", [[1e-2, *FADING], [*FADING], [1e-13, *FADING], [1e-9, 1.0, 1.0, 1.0]], ids=str
)
def test_no_verdict_contradicts_the_ends_it_names(signal: list[float]) -> None:
    verdict = verdict_on([*signal, 1.0])
    if verdict.finding is Finding.VANISHING:
        assert signal[0] < 1e-3 * signal[-1]
    else:
        assert verdict.finding is Finding.UNEVEN


def test_a_range_wider_than_any_float_is_no_accident() -> None:
    verdict = verdict_on([*np.geomspace(1e300, 1e-300, 3), 1.0])
    assert (verdict.finding, verdict.total) == (Finding.EXPLODING, np.inf)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1, "1.00"),
        (-1.5, "-1.50"),
        (0.123456, "0.123"),
        (12.3456, "12.3"),
        (999.4, "999"),
        (999.6, "1\u202f000"),
        (1234.5, "1\u202f234"),
        (99_999, "99\u202f999"),
        (99_999.9, "1.0e5"),
        (123_456, "1.2e5"),
        (-123_456, "-1.2e5"),
        (0.001, "0.00100"),
        (0.00123, "0.00123"),
        (0.000999, "1.0e-3"),
        (3.14e-9, "3.1e-9"),
        (3.14e-100, "3.1e-100"),
        (np.nan, "nan"),
        (np.inf, "inf"),
        (-np.inf, "-inf"),
        (np.float32(0.1), "0.100"),
    ],
)
def test_numbers_are_short_and_exact(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (0.05, "0.05"),
        (500, "500"),
        (1e-3, "0.001"),
        (1e-6, "1e-6"),
        (1e-5, "1e-5"),
        (2.5e-7, "2.5e-7"),
        (-0.5, "-0.5"),
        (0, "0"),
    ],
)
def test_chosen_numbers_are_written_as_people_write_them(value: float, text: str) -> None:
    assert brief(value) == text
