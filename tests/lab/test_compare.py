"""What differs between two runs is named in full, and what forbids a conclusion is said."""

from typing import Any

import numpy as np
import pytest

from core.measures import QUANTITIES, ROW
from core.places import Place
from core.training import StepRecord
from lab.compare import (
    MEAN_OVER,
    before_after,
    changes_in_both,
    differences,
    key_numbers,
    last_numbers,
    warnings,
)
from lab.fading import FEWEST_LAYERS, factor_of, judge
from lab.history import History
from lab.lately import lately
from lab.moments import Mark
from lab.spec import KNOBS
from tests.lab.making import WILD, diverge, run_of, spec_of

STEPS = 60


def another_value(path: str) -> Any:
    """A value that a field may have in place of its own."""
    knob, value = KNOBS[path], spec_of().value(path)
    if knob.choices is not None:
        fitting = {"data.source": "circle", "training.loss": "binary_cross_entropy"}
        return fitting.get(path) or next(other for other in knob.choices if other != value)
    if knob.kind is bool:
        return not value
    if knob.kind is tuple:
        return knob.form.partition("such as: ")[2]
    assert knob.low is not None
    assert knob.high is not None
    return value + 1 if knob.kind is int else (knob.high if value != knob.high else knob.low)


@pytest.mark.parametrize("path", sorted(KNOBS))
def test_every_setting_that_differs_is_named_with_both_values(path: str) -> None:
    one, other = spec_of(), spec_of({path: another_value(path)})
    knob = KNOBS[path]
    (found,) = differences(one, other)
    assert (found.path, found.label) == (path, knob.label)
    assert found.one == knob.shown(one.value(path))
    assert found.other == knob.shown(other.value(path))
    assert f"{found.label} {found.one} → {found.other}" in str(found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ()),
        ({"network.activation": "relu"}, ()),
        ({"data.inputs": 5, "network.activation": "relu"}, ()),  # inputs have no effect on moons
        (
            {"network.activation": "relu", "network.depth": 5},
            ("2 settings differ: Depth and Activation; their effects cannot be told apart.",),
        ),
        (
            {"network.activation": "relu", "network.depth": 5, "network.gain": 2.0},
            ("3 settings differ: Depth, Activation and Gain; their effects cannot be told apart.",),
        ),
        ({"network.seed": 3}, ("Another seed: part of the difference is chance.",)),
        (
            {"network.seed": 3, "network.gain": 2.0},
            ("Another seed: part of the difference is chance.",),
        ),
        (
            {"data.noise": 0.3},
            ("Other data: the losses do not measure the same problem.",),
        ),
        (
            {"data.seed": 3, "network.gain": 2.0},
            (
                "2 settings differ: Data seed and Gain; their effects cannot be told apart.",
                "Other data: the losses do not measure the same problem.",
            ),
        ),
    ],
    ids=str,
)
def test_what_forbids_a_conclusion_is_said(changes: dict[str, Any], said: tuple[str, ...]) -> None:
    assert warnings(differences(spec_of(), spec_of(changes))) == said


def test_a_setting_without_effect_is_named_last_and_as_such() -> None:
    found = differences(spec_of(), spec_of({"data.inputs": 5, "network.gain": 2.0}))
    assert [difference.path for difference in found] == ["network.gain", "data.inputs"]
    assert str(found[1]) == "Inputs 2 → 5 (without effect)"


def test_the_same_in_other_words_is_no_difference_that_matters() -> None:
    one = spec_of({"network.depth": 2, "network.width": 6, "network.activation": "tanh"})
    layers = [{"width": 6, "activation": "tanh"}] * 2
    loss = one.loss_record.name
    other = one.with_values({"network.layers": layers, "training.loss": loss})
    found = differences(one, other)
    assert {difference.path for difference in found} == {"network.layers", "training.loss"}
    assert not any(difference.matters for difference in found)
    assert not warnings(found)
    wider = other.with_values({"network.layers": [*layers, *layers]})
    assert [difference.matters for difference in differences(one, wider)] == [True, False]


def test_key_numbers_are_those_of_the_last_step() -> None:
    run = run_of({"network.depth": 5}, steps=STEPS)
    run.advance(score=True)
    numbers = last_numbers(run.history)
    assert numbers == key_numbers(run.record, run.scores, run.history)
    assert numbers is not None
    assert numbers.step == STEPS + 1
    judged = lately(run.history)
    assert judged is not None
    assert numbers.first_gradient == judged[0][ROW["signal_gradient_rms"], 0]
    assert numbers.factor == judge(judged[0]).factor, "what the verdict says"
    assert 0 <= numbers.test_accuracy <= 1


def test_a_run_without_steps_has_no_numbers() -> None:
    assert last_numbers(History(4)) is None


@pytest.mark.parametrize(
    "signal",
    [
        np.ones(FEWEST_LAYERS),  # one of them is the output
        np.array([1.0, 0.0, 1.0, 1.0]),
        np.array([1.0, np.nan, 1.0, 1.0]),
        np.array([np.inf, 1.0, 1.0, 1.0]),
    ],
    ids=("too shallow", "zero", "nan", "infinite"),
)
def test_a_factor_that_cannot_be_known_is_not_made_up(signal: np.ndarray) -> None:
    assert np.isnan(factor_of(signal))


def test_a_factor_is_read_toward_the_input() -> None:
    assert factor_of(np.array([0.25, 0.5, 1.0, 77.0])) == pytest.approx(0.5)


def test_before_and_after_are_means_over_the_same_steps() -> None:
    before, after = run_of(steps=STEPS), run_of({"network.gain": 2.0}, steps=STEPS + 11)
    compared = before_after(before.history, after.history, STEPS)
    assert compared is not None
    first = STEPS - MEAN_OVER + 1
    assert (compared.first, compared.last) == (first, STEPS)
    for run, numbers in ((before, compared.before), (after, compared.after)):
        losses = run.history.series("loss", 1 << 20).mean
        signal = run.history.series("signal_gradient_rms", 1 << 20).mean[first - 1 : STEPS]
        assert numbers.loss == pytest.approx(losses[first - 1 : STEPS].mean())
        assert numbers.first_gradient == pytest.approx(signal[:, 0].mean())
        assert numbers.factor == pytest.approx(factor_of(signal.mean(axis=0)))
    assert str(compared).startswith(f"over the steps {first} to {STEPS}: loss ")
    assert "layer 1’s signal gradient" in str(compared)
    assert "factor per layer ×" in str(compared)


def test_the_first_step_is_compared_alone() -> None:
    compared = before_after(run_of(steps=1).history, run_of(steps=9).history, 1)
    assert compared is not None
    assert str(compared).startswith("at step 1: loss ")
    assert compared.before.loss == compared.after.loss
    assert np.isnan(compared.before.test_loss)  # it was not measured at that step


def test_nothing_is_compared_before_both_have_come_so_far() -> None:
    before, after = run_of(steps=STEPS), run_of(steps=STEPS - 1)
    assert before_after(before.history, after.history, STEPS) is None


def test_where_one_holds_means_over_steps_both_are_taken_over_these() -> None:
    before, after = run_of(steps=1000), run_of(steps=50)
    compared = before_after(before.history, after.history, 50)
    assert compared is not None
    assert (compared.first % 2, compared.last % 2) == (1, 0)  # of two steps each
    losses = after.history.series("loss", 1 << 20).mean
    assert compared.after.loss == pytest.approx(losses[compared.first - 1 : compared.last].mean())
    assert compared.before.loss == pytest.approx(compared.after.loss)  # the same run


def test_what_a_long_run_holds_as_one_mean_is_awaited() -> None:
    magnitudes, long, young = np.ones((len(QUANTITIES), 4)), History(4), History(4)
    for step in range(1, 150_001):
        long.append(StepRecord(step, np.asarray(1 / step), magnitudes))
    moment = long.at(2000)
    assert moment is not None
    assert moment.last > 2000
    compared = None
    for step in range(1, moment.last + 1):
        assert compared is None, "of the one only some of these steps are known"
        young.append(StepRecord(step, np.asarray(1 / step), magnitudes))
        compared = before_after(long, young, 2000)
    assert compared is not None
    assert compared.before.loss == pytest.approx(compared.after.loss), "it is the same run"
    for step in range(moment.last + 1, 100_000):  # whoever looks late
        young.append(StepRecord(step, np.asarray(1 / step), magnitudes))
    compared = before_after(young, long, 50_000)
    assert compared is not None
    assert compared.before.loss == pytest.approx(compared.after.loss)


def test_networks_of_other_depths_and_several_seeds_are_compared() -> None:
    before = run_of({"network.depth": 6, "network.seeds": 3}, steps=5)
    after = run_of({"network.depth": 0}, steps=5)
    compared = before_after(before.history, after.history, 5)
    assert compared is not None
    assert "→ unknown" in str(compared)


def test_a_diverged_run_is_compared_without_a_warning() -> None:
    run = run_of(WILD)
    diverge(run)
    steps = len(run.history)
    assert before_after(run.history, run_of(steps=steps).history, steps) is not None
    assert last_numbers(run.history) is not None


def test_changes_while_a_run_trained_forbid_a_conclusion_as_they_are_no_setting() -> None:
    run = run_of(steps=3)
    for rate in (0.2, 0.1, 0.3, 0.4):
        run.tune(run.spec.with_values({"training.learning_rate": rate}))
        run.advance()
        run.tune(run.spec.with_values({"training.momentum": rate}))
        run.advance()
    marks = run.history.marks
    (said,) = warnings((), marks, ())
    assert said.startswith(
        "While the pinned run trained: Learning rate 0.05 → 0.2 after step 3; Momentum"
    )
    assert said.endswith(f"; {len(marks) - 3} more: no setting tells of it.")
    assert warnings((), (), marks)[0].startswith("While the present run trained: Learning rate")
    assert warnings((), (), ()) == ()


def test_a_number_set_by_hand_forbids_a_conclusion_too() -> None:
    run = run_of(steps=3)
    run.set_parameter(Place("w", 2, 3, 1), 50.0)
    assert warnings((), (), run.history.marks) == (
        "While the present run trained: W_2[1, 3] = 50 after step 3: no setting tells of it.",
    )


def test_what_was_changed_in_both_runs_is_no_difference() -> None:
    shared, own = Mark(3, "Momentum 0.9 → 0"), Mark(5, "Batch size 8 → 4")
    assert warnings((), (shared,), (shared,)) == ()
    assert warnings((), (shared,), (shared, own)) == (
        "While the present run trained: Batch size 8 → 4 after step 5: no setting tells of it.",
    )
    assert changes_in_both((shared,), (shared, own)) == [
        "While both trained: Momentum 0.9 → 0 after step 3."
    ]
    assert changes_in_both((shared,), (own,)) == []
