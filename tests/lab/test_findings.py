"""What the magnitudes show beside the gradient's way: each finding by its rule, with numbers."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.arrays import Array
from core.measures import QUANTITIES, ROW
from lab.courses import Course
from lab.crash import Crash
from lab.diagnosis import diagnose
from lab.offers import cures_for
from lab.run import Run
from lab.spec import Spec
from lab.stakes import Stakes
from lab.verdict import Finding, Rule, Verdict
from lab.words import number

DEPTH = 6
STAKES = Stakes(0.7, 0.0)
CRASH = Crash(7, 3, "matrix product", 1e30, 1, 0, 512, "1e30 went in", "", 0, 4.0, 0.05, "", 10)


def healthy() -> Array:
    """Magnitudes of six hidden layers in which nothing is wrong."""
    magnitudes = np.ones((len(QUANTITIES), DEPTH + 1))
    magnitudes[ROW["update_ratio"]] = 1e-3
    magnitudes[ROW["saturated_share"]] = magnitudes[ROW["dead_share"]] = 0.1
    return magnitudes


def spec_with(activation: str = "tanh") -> Spec:
    """A spec of six hidden layers."""
    return Spec().with_values({"network.depth": DEPTH, "network.activation": activation})


def found(name: str, values: object, activation: str = "tanh") -> tuple[Verdict, ...]:
    """What is found when one quantity is as given."""
    magnitudes = healthy()
    magnitudes[ROW[name]] = values
    return diagnose(magnitudes, spec_with(activation)).verdicts


def test_where_nothing_is_wrong_nothing_else_is_said() -> None:
    assert diagnose(healthy(), spec_with()).findings == (Finding.HEALTHY,)


@pytest.mark.parametrize(
    ("h", "finding", "words"),
    [
        (np.geomspace(1, 1e-5, 7), Finding.SIGNAL_DYING, "RMS of h is 1.00 in layer 1 and 6.8e-5"),
        (np.geomspace(1, 1e5, 7), Finding.SIGNAL_GROWING, "×6.81 per layer toward the output"),
        ([1, 1, 0, 0, 0, 0, 0], Finding.SIGNAL_DYING, "exactly zero in layer 3"),
        ([1, 1, 1, np.inf, np.inf, np.nan, 1], Finding.SIGNAL_GROWING, "from layer 4 on"),
        ([1, np.nan, 1, 1, 1, 1, 1], Finding.SIGNAL_GROWING, "not a number from layer 2 on"),
    ],
)
def test_the_forward_signal_is_judged_too(h: Any, finding: Finding, words: str) -> None:
    verdict = found("activation_rms", h)[0]
    assert verdict.finding is finding
    assert words in verdict.detail
    assert "under 0.001 it dies, over 1000 it blows up" in verdict.rule


def test_the_signal_of_the_output_layer_does_not_count() -> None:
    assert len(found("activation_rms", [1, 1, 1, 1, 1, 1, 1e9])) == 1


@pytest.mark.parametrize(
    ("activation", "share", "is_found"),
    [
        ("tanh", 0.51, True),
        ("tanh", 0.49, False),
        ("relu", 0.51, False),  # half the outputs of a ReLU rest by design
        ("relu", 0.91, True),
        ("sine", 1.0, False),
    ],
)
def test_saturation_counts_where_it_is_none_by_design(
    activation: str, share: float, is_found: bool
) -> None:
    shares = [0.1, share, 0.1, 0.1, 0.1, 0.1, np.nan]
    verdicts = found("saturated_share", shares, activation)
    assert (verdicts[0].finding is Finding.SATURATED) == is_found
    if is_found:
        said = f"In layer 2, {100 * share:.0f} % of the outputs pass nearly no gradient back."
        assert verdicts[0].detail == said


def test_of_several_saturated_layers_the_worst_is_named() -> None:
    verdict = found("saturated_share", [0.1, 0.6, 0.7, 0.1, 0.1, 0.1, np.nan], "tanh")[0]
    assert verdict.detail == (
        "They are in layers 2 and 3: most of all in layer 3, where 70 % of the outputs pass nearly "
        "no gradient back."
    )


def test_of_a_signal_that_a_line_does_not_describe_no_factor_is_said() -> None:
    dying = np.geomspace(1, 1e-5, 6)
    assert found("activation_rms", [*dying, 1])[0].finding is Finding.SIGNAL_DYING
    deep = np.append(np.geomspace(1, 1e-8, 29), [1.0, 1.0])
    magnitudes = np.ones((len(QUANTITIES), 31))
    magnitudes[ROW["update_ratio"]] = 1e-3
    magnitudes[ROW["saturated_share"]] = magnitudes[ROW["dead_share"]] = 0.1
    magnitudes[ROW["activation_rms"]] = deep
    assert diagnose(magnitudes, spec_with().with_values({"network.depth": 30})).findings == (
        Finding.HEALTHY,
    )


@pytest.mark.parametrize(
    ("h", "finding"),
    [
        ([1, 1e-7, 1e-7, 1e-7, 1e-7, 1e-7, 1], Finding.SIGNAL_DYING),
        ([1, 1, 1, 1, 1, 1e-9, 1], Finding.SIGNAL_DYING),
        ([1e-9, 1, 1, 1, 1, 1, 1], Finding.SIGNAL_GROWING),
    ],
)
def test_a_signal_that_jumps_is_judged_by_its_ends(h: list[float], finding: Finding) -> None:
    verdict = found("activation_rms", h)[0]
    assert verdict.finding is finding
    ends = f"RMS of h is {number(h[0])} in layer 1 and {number(h[5])} in layer 6."
    assert verdict.detail == f"{ends} No factor per layer describes that."


def test_layers_that_are_frozen_by_choice_say_nothing_of_the_steps() -> None:
    magnitudes = healthy()
    magnitudes[ROW["update_ratio"]] = [0, 0, 0, 0, 1, 1, 1]
    assert diagnose(magnitudes, spec_with()).findings == (Finding.HEALTHY,)
    spec = spec_with().with_values({"training.frozen": [1, 2, 3, 4]})
    assert Finding.LARGE_STEPS in diagnose(magnitudes, spec).findings
    everything = spec_with().with_values({"training.frozen": list(range(1, DEPTH + 2))})
    magnitudes[ROW["update_ratio"]] = 0
    assert diagnose(magnitudes, everything).findings == (Finding.HEALTHY,)


def test_most_units_dead_is_a_finding() -> None:
    verdict = found("dead_share", [1, 1, 1, 0.9, 0.3, 0.3, np.nan], "relu")[0]
    assert verdict.finding is Finding.DEAD
    assert "72 of 96 hidden units" in verdict.detail
    assert found("dead_share", [0.5] * 7, "relu")[0].finding is Finding.HEALTHY


def test_a_wholly_dead_layer_is_a_finding_as_it_cuts_off_all_below() -> None:
    (verdict,) = (
        one
        for one in found("dead_share", [0.2, 0.2, 1, 0.2, 0.2, 0.2, np.nan], "relu")
        if one.finding is Finding.DEAD
    )
    assert verdict.headline == "Layer 3 is dead"
    assert verdict.detail.startswith("All 16 units there pass no gradient back for any sample")
    assert found("dead_share", [0, 1, 1, 0, 0, 0, np.nan], "relu")[0].headline == (
        "Layers 2 and 3 are dead"
    )


@pytest.mark.parametrize(
    ("ratios", "finding", "words"),
    [
        ([0.2] * 7, Finding.LARGE_STEPS, "by 0.200 times their size"),
        ([0.0] * 7, Finding.SMALL_STEPS, "No layer moves at all"),
        ([1e-9] * 6 + [2e-6], Finding.SMALL_STEPS, "moves by 2.0e-6 times its size"),
        ([1e-9] * 6 + [2e-5], None, ""),  # one layer learns: it is the gradient that is wrong
        ([1e-3] * 6 + [9.0], None, ""),
        ([np.nan] * 7, None, ""),
        ([np.inf] * 6 + [1e-3], None, ""),
    ],
)
def test_steps_far_from_the_usual_are_named(
    ratios: list[float], finding: Finding | None, words: str
) -> None:
    verdicts = found("update_ratio", ratios)
    assert verdicts[0].finding is Finding.HEALTHY, "it is a remark, not the headline"
    assert [verdict.finding for verdict in verdicts[1:]] == ([finding] if finding else [])
    assert words in verdicts[-1].detail


def test_the_most_important_has_the_headline() -> None:
    magnitudes = healthy()
    magnitudes[ROW["signal_gradient_rms"]] = np.geomspace(1e-9, 1, DEPTH + 1)
    magnitudes[ROW["activation_rms"]] = np.geomspace(1, 1e-9, DEPTH + 1)
    magnitudes[ROW["saturated_share"]] = 0.9
    magnitudes[ROW["update_ratio"]] = 1e-9
    diagnosis = diagnose(magnitudes, spec_with())
    assert diagnosis.findings == (
        Finding.VANISHING,
        Finding.SIGNAL_DYING,
        Finding.SATURATED,
        Finding.SMALL_STEPS,
    )
    assert diagnosis.main.headline == "The gradient vanishes"
    assert diagnosis.factor == pytest.approx(10**-1.5)
    assert all(verdict.rule.startswith("Rule: ") for verdict in diagnosis.verdicts)


def test_the_rule_is_for_the_signal_as_for_the_gradient() -> None:
    magnitudes = healthy()
    magnitudes[ROW["activation_rms"]] = np.geomspace(1, 1e-3, DEPTH + 1)
    strict = Rule(0.1, 10)
    assert diagnose(magnitudes, spec_with()).findings == (Finding.HEALTHY,)
    assert diagnose(magnitudes, spec_with(), rule=strict).main.finding is Finding.SIGNAL_DYING


def test_who_has_learned_takes_small_steps() -> None:
    magnitudes = healthy()
    magnitudes[ROW["update_ratio"]] = 1e-7
    few = np.full(8, 0.6)
    course = Course(2000, 1000, few, np.linspace(0.7, 0.6, 8), few, 1, few, STAKES)
    assert Finding.SMALL_STEPS in diagnose(magnitudes, spec_with(), course).findings
    learned = replace(course, recent=np.full(8, 0.01))
    assert diagnose(magnitudes, spec_with(), learned).findings == (Finding.HEALTHY,)


def test_a_crash_has_the_headline_and_makes_trends_idle() -> None:
    few = np.full(8, 0.6)
    course = Course(10, 1000, few, few, few, 1, few, STAKES)
    diagnosis = diagnose(healthy(), spec_with(), course, CRASH)
    assert diagnosis.findings == (Finding.DIVERGED, Finding.HEALTHY)
    assert diagnose(healthy(), spec_with(), course).findings == (Finding.HEALTHY, Finding.EARLY)


def test_of_several_networks_the_median_is_judged() -> None:
    spec = Spec().with_values({"network.seeds": 5})
    run = Run(spec)
    run.record.magnitudes[1, ROW["signal_gradient_rms"]] = 1e30  # one network gone mad
    magnitudes = run.frame(0.0, renew=True).record.magnitudes
    for learning, whom in (
        (5, "the median of 5 networks"),
        (None, "the median of 5 networks, without those that had diverged"),
        (4, "the median of the 4 networks left"),
    ):
        main = diagnose(magnitudes, spec, learning=learning).main
        assert main.finding is Finding.VANISHING
        assert main.detail.startswith(f"T{whom[1:]}: ×")
        assert main.rule.endswith(f"Judged is {whom}.")


@pytest.mark.parametrize(
    ("learning", "finding", "place", "rest"),
    [
        (5, None, 0, ""),
        (
            3,
            Finding.SOME_DIVERGED,
            1,
            "Everything else here is about the 3 that go on",
        ),
        (2, Finding.MOST_DIVERGED, 0, "Everything else here is about the 2 that go on"),
        (1, Finding.MOST_DIVERGED, 0, "Everything else here is about the one that goes on"),
    ],
)
def test_networks_that_have_diverged_are_counted(
    learning: int, finding: Finding | None, place: int, rest: str
) -> None:
    spec = spec_with().with_values({"network.seeds": 5, "network.activation": "sigmoid"})
    fading = healthy()
    fading[ROW["signal_gradient_rms"]] = np.geomspace(1e-9, 1, DEPTH + 1)
    diagnosis = diagnose(fading, spec, learning=learning)
    if finding is None:
        assert diagnosis.findings == (Finding.VANISHING,)
        return
    assert diagnosis.findings[place] is finding
    verdict = diagnosis.verdicts[place]
    assert verdict.headline == f"{5 - learning} of 5 networks have diverged"
    assert verdict.detail.startswith(rest)
    assert diagnose(fading, spec, crash=CRASH, learning=learning).findings[0] is Finding.DIVERGED
    assert finding not in diagnose(fading, spec, crash=CRASH, learning=learning).findings
    names = [offer.cure.name for offer in cures_for(diagnosis, spec)]
    assert {"clip_norm", "lower_rate"} <= set(names)
    if place == 0:
        assert names.index("clip_norm") < names.index("batch_norm")


@pytest.mark.parametrize(
    ("name", "values", "finding"),
    [
        ("dead_share", [0, 0, 1, 0, 0, 0, np.nan], Finding.DEAD),
        ("signal_gradient_rms", [0, 0, 0, 1, 1, 1, 1], Finding.NO_GRADIENT),
    ],
)
def test_where_no_gradient_arrives_no_step_is_too_small(
    name: str, values: list[float], finding: Finding
) -> None:
    magnitudes = healthy()
    magnitudes[ROW[name]], magnitudes[ROW["update_ratio"]] = values, 0.0
    found = diagnose(magnitudes, spec_with("relu")).findings
    assert finding in found
    assert Finding.SMALL_STEPS not in found
