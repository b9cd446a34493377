"""A run driven inline: it repeats bit for bit, records, scores, tunes and says how it diverged."""

import math
from typing import Any

import numpy as np
import pytest

from core.datasets import Task
from core.measures import ROW
from core.places import Place
from core.targets import accuracy
from lab.answers import Answer, AnswerOf, Confusion, Predictions, Surface
from lab.marks import GESTURE_S
from lab.moments import Mark
from lab.predictions import ExpectationOf
from lab.rate_meter import RateMeter
from lab.run import Phase, Run
from lab.spec import KNOBS
from tests.lab.making import SMALL, WILD, diverge, losses_of, run_of, spec_of


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test turns by hand: `clock[0]` is the time in seconds."""
    now = [100.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    return now


def test_one_spec_trains_to_the_same_bits() -> None:
    first, again = run_of(steps=50), run_of(steps=50)
    np.testing.assert_array_equal(losses_of(first), losses_of(again))
    parameters = first.trainer.network.parameters
    assert parameters.tobytes() == again.trainer.network.parameters.tobytes()
    assert losses_of(first)[-1] < losses_of(first)[0]


@pytest.mark.parametrize("path", ["network.seed", "data.seed"])
def test_another_seed_gives_another_run(path: str) -> None:
    assert not np.array_equal(losses_of(run_of(steps=5)), losses_of(run_of({path: 1}, steps=5)))


# What makes a visible difference to a run of twenty steps; the rest of a field's range is core's.
OTHER: dict[str, Any] = {
    "data.source": "circle",
    "data.samples": 80,
    "data.noise": 0.5,
    "data.train_share": 0.5,
    "data.standardize": False,
    "data.seed": 1,
    "network.depth": 2,
    "network.width": 7,
    "network.activation": "relu",
    "network.initializer": "he_normal",
    "network.gain": 2.0,
    "network.precision": "float64",
    "network.seed": 1,
    "training.optimizer": "adam",
    "training.learning_rate": 0.5,
    "training.batch_size": 9,
    "data.shuffled": 60,
    "data.unlabelled": True,
    "network.layers": "4 relu, 7 sine",
    "network.bias_std": 0.5,
    "cures.norm": "batch",
    "cures.residual": True,
    "cures.dropout": 0.5,
    "cures.clip_norm": 0.01,
    "cures.clip_value": 0.001,
    "cures.l1": 0.1,
    "cures.l2": 0.1,
    "cures.decay": 0.5,
    "training.loss": "mse",
    "training.momentum": 0.5,
    "training.smoothing": 0.3,
    "training.schedule": "cosine",
    "training.floor": 0.5,
    "training.frozen": (2,),
}
WITH: dict[str, dict[str, Any]] = {
    "data.inputs": {"data.source": "white_noise"},
    "data.outputs": {"data.source": "white_noise"},
    "training.momentum": {"training.optimizer": "momentum"},
    "cures.decay": {"training.optimizer": "adamw"},
    "training.period": {"training.schedule": "cosine"},
    "training.floor": {"training.schedule": "exponential", "training.period": 10},
}


@pytest.mark.parametrize("path", KNOBS)
def test_every_field_reaches_the_training(path: str) -> None:
    base = WITH.get(path, {})
    value = OTHER.get(path, 3)
    before = run_of(base, steps=20)
    after = run_of({**base, path: value}, steps=20)
    assert before.spec.value(path) != after.spec.value(path)
    assert not np.array_equal(losses_of(before), losses_of(after))


def test_the_history_has_what_every_step_returned() -> None:
    run = run_of()
    records = []
    for _ in range(30):
        run.advance()
        records.append(run.record)
    assert [record.step for record in records] == list(range(1, 31))
    np.testing.assert_array_equal(losses_of(run), [record.loss for record in records])
    shown = run.history.series("weight_norm", 100).mean
    row = ROW["weight_norm"]
    np.testing.assert_array_equal(shown, [record.magnitudes[row] for record in records])


def test_a_new_run_is_measured_without_learning() -> None:
    run, reference = run_of(), run_of()
    run.trainer.measure()
    assert (run.record.step, len(run.history)) == (0, 0)
    run.advance()
    reference.advance()
    np.testing.assert_array_equal(run.record.magnitudes, reference.record.magnitudes)


def test_scores_are_taken_regularly_and_when_asked_for() -> None:
    run = run_of(steps=200)
    series = run.history.series("test_accuracy", 1000)
    scored = series.first[~np.isnan(series.mean)]
    assert len(scored) >= 2
    assert len(set(np.diff(scored))) == 1
    run.advance(score=True)
    assert not math.isnan(run.history.series("test_loss", 1000).mean[-1])


def test_scores_are_those_of_whole_sets() -> None:
    run = run_of(steps=100)
    run.advance(score=True)
    data, network = run.trainer.data, run.trainer.network
    expected = accuracy(Task.BINARY, network.predict(data.x_test), data.y_test)
    assert run.scores.test_accuracy == expected
    train = accuracy(Task.BINARY, network.predict(data.x_train), data.y_train)
    assert run.scores.train_accuracy == train


def test_accuracy_has_no_meaning_for_regression() -> None:
    run = run_of({"data.source": "plane"}, steps=3)
    assert math.isnan(run.scores.train_accuracy)
    assert math.isnan(run.scores.test_accuracy)
    assert run.scores.test_loss > 0


def answer_of(run: Run) -> Answer:
    """What a fresh frame shows."""
    answer = run.frame(0.0, renew=True, wishes=(AnswerOf(),)).shown(AnswerOf())
    assert answer is not None
    return answer


def test_what_lasts_is_made_once_however_often_the_rest_is_renewed() -> None:
    run, wishes = run_of(steps=1), (AnswerOf(), ExpectationOf())
    first, second = (run.frame(0.0, renew=True, wishes=wishes) for _ in range(2))
    assert first.shown(AnswerOf()) is not second.shown(AnswerOf())
    assert first.shown(ExpectationOf()) is second.shown(ExpectationOf()) is not None


def test_a_frame_shows_the_present_when_its_exhibits_are_renewed() -> None:
    run, wishes = run_of(steps=3), (AnswerOf(),)
    stale = run.frame(0.0, renew=True, wishes=wishes)
    for _ in range(40):
        run.advance()
    lagging = run.frame(5.0, renew=False, wishes=wishes)
    assert lagging.shown(AnswerOf()) is stale.shown(AnswerOf())
    assert (lagging.step, lagging.record.step, lagging.steps_per_second) == (43, 43, 5.0)
    fresh = run.frame(0.0, renew=True, wishes=wishes)
    assert fresh.shown(AnswerOf()) is not stale.shown(AnswerOf())
    assert run.frame(0.0, renew=True).shown(AnswerOf()) is None, "nobody asked"
    run.advance(score=True)
    assert fresh.scores != stale.scores


def test_the_answer_in_the_plane_is_the_probability_at_each_point() -> None:
    run = run_of(steps=200)
    surface = answer_of(run)
    assert isinstance(surface, Surface)
    rows, columns = surface.values.shape
    x = np.linspace(*surface.x_range, columns)
    y = np.linspace(*surface.y_range, rows)
    point = np.array([[x[5], y[40]]], np.float32)
    z = float(run.trainer.network.predict(point)[0, 0])
    assert surface.values[40, 5] == pytest.approx(1 / (1 + math.exp(-z)), rel=1e-5)
    points = np.concatenate([run.trainer.data.x_train, run.trainer.data.x_test])
    for column, (low, high) in enumerate((surface.x_range, surface.y_range)):
        assert low < points[:, column].min()
        assert high > points[:, column].max()


def test_the_answer_for_classes_counts_every_test_sample_once() -> None:
    run = run_of({"data.source": "iris", "data.samples": 150}, steps=300)
    confusion = answer_of(run)
    assert isinstance(confusion, Confusion)
    data = run.trainer.data
    np.testing.assert_array_equal(confusion.counts.sum(axis=1), np.bincount(data.y_test))
    share = np.trace(confusion.counts) / len(data.y_test)
    run.advance(score=True)
    assert share == pytest.approx(run.scores.test_accuracy, abs=0.1)


def test_the_answer_of_many_inputs_is_predictions() -> None:
    run = run_of({"data.source": "white_noise", "data.inputs": 5, "data.outputs": 2}, steps=2)
    answer = answer_of(run)
    assert isinstance(answer, Predictions)
    np.testing.assert_array_equal(answer.true, run.trainer.data.y_test.ravel())
    assert answer.predicted.shape == answer.true.shape


def test_an_epoch_ends_when_every_sample_was_seen() -> None:
    run = run_of()
    n_train = len(run.trainer.data.x_train)
    for epoch in (1, 2, 3):
        for _ in range(run.steps_to_epoch_end()):
            assert run.trainer.samples_seen < epoch * n_train
            run.advance()
        assert epoch * n_train <= run.trainer.samples_seen < epoch * n_train + 8


LIVE = {
    "training.learning_rate": 0.2,
    "training.momentum": 0.5,
    "training.batch_size": 16,
    "cures.l1": 0.1,
    "cures.l2": 0.25,
    "cures.decay": 0.5,
    "cures.clip_norm": 0.01,
    "cures.clip_value": 0.001,
    "training.smoothing": 0.25,
    "training.schedule": "cosine",
    "training.period": 12,
    "training.floor": 0.5,
    "training.frozen": (2,),
}
LIVE_WITH: dict[str, dict[str, Any]] = {
    "training.momentum": {"training.optimizer": "momentum"},
    "cures.decay": {"training.optimizer": "adamw"},
    "training.period": {"training.schedule": "exponential"},
    "training.floor": {"training.schedule": "exponential", "training.period": 10},
}


def test_the_live_fields_are_these() -> None:
    assert {path for path, knob in KNOBS.items() if knob.live} == set(LIVE)


@pytest.mark.parametrize("path", LIVE)
def test_tuning_applies_from_the_next_step_on_and_is_marked(path: str) -> None:
    changes = LIVE_WITH.get(path, {})
    tuned, plain = run_of(changes, steps=10), run_of(changes, steps=10)
    tuned.tune(tuned.spec.with_values({path: LIVE[path]}))
    assert tuned.spec.value(path) == LIVE[path]
    for _ in range(5):
        tuned.advance()
        plain.advance()
    np.testing.assert_array_equal(losses_of(tuned)[:10], losses_of(plain)[:10])
    assert not np.array_equal(losses_of(tuned), losses_of(plain))
    knob, before = KNOBS[path], plain.spec.value(path)
    text = f"{knob.label} {knob.shown(before)} → {knob.shown(LIVE[path])}"
    assert tuned.history.marks == (Mark(10, text),)


def test_tuning_before_the_first_step_is_the_same_as_starting_so() -> None:
    tuned, fresh = run_of(), run_of(LIVE)
    tuned.tune(fresh.spec)
    for run in (tuned, fresh):
        for _ in range(20):
            run.advance()
    np.testing.assert_array_equal(losses_of(tuned), losses_of(fresh))
    assert tuned.history.marks == ()


@pytest.mark.parametrize(
    "changes", [{}, {"cures.norm": "batch", "cures.dropout": 0.2}, {"network.seeds": 3}], ids=str
)
def test_what_is_tuned_before_the_first_step_is_measured_and_changes_nothing_else(
    changes: dict[str, Any],
) -> None:
    wild = {"training.learning_rate": 5.0, "training.optimizer": "adam", **changes}
    calm = {"training.learning_rate": 0.001, "training.frozen": (2,), "training.batch_size": 5}
    tuned, fresh = run_of(wild), run_of({**wild, **calm})
    for rate in (1.0, 0.1):
        tuned.tune(tuned.spec.with_values({"training.learning_rate": rate}))
    tuned.tune(fresh.spec)
    np.testing.assert_array_equal(tuned.record.magnitudes, fresh.record.magnitudes)
    assert (tuned.record.magnitudes[..., ROW["update_ratio"], 1] == 0).all()
    for _ in range(20):
        tuned.advance()
        fresh.advance()
    for name in ("parameters", "running"):
        one, other = (getattr(run.trainer.network, name) for run in (tuned, fresh))
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(tuned.trainer.slots, fresh.trainer.slots)
    np.testing.assert_array_equal(losses_of(tuned), losses_of(fresh))


def test_a_number_of_a_network_that_has_diverged_is_refused_in_a_sentence() -> None:
    run = run_of({"network.seeds": 3, "network.activation": "identity"})
    run.set_parameter(Place("w", 1, 0, 0), 3e38, seed=1)
    run.advance()
    marks = run.history.marks
    with pytest.raises(ValueError, match="Network 2 has diverged: no number"):
        run.set_parameter(Place("w", 1, 0, 0), 0.5, seed=1)
    assert run.history.marks == marks
    run.set_parameter(Place("w", 1, 0, 0), 0.5, seed=2)


def test_a_number_set_before_the_first_step_is_measured() -> None:
    run = run_of()
    before = run.record
    run.set_parameter(Place("w", 1, 0, 0), 50.0)
    norm = ROW["weight_norm"]
    assert run.record.magnitudes[norm, 0] > 49 > before.magnitudes[norm, 0]
    assert run.record.step == 0
    run.advance()
    last = run.record
    run.set_parameter(Place("w", 1, 0, 0), 0.0)
    assert run.record is last, "it is what that step saw"


def change(run: Run, rate: float) -> None:
    run.tune(run.spec.with_values({"training.learning_rate": rate}))


def test_one_drag_leaves_one_mark_from_where_it_began(clock: list[float]) -> None:
    run = run_of(steps=5)
    for rate in (0.06, 0.07, 0.08):
        change(run, rate)
        run.advance()
        clock[0] += 0.9 * GESTURE_S
    assert list(run.history.marks) == [Mark(7, "Learning rate 0.05 → 0.08")]
    clock[0] += GESTURE_S
    change(run, 0.1)
    assert list(run.history.marks)[1:] == [Mark(8, "Learning rate 0.08 → 0.1")]


def test_changes_without_a_step_between_are_one_however_slow(clock: list[float]) -> None:
    run = run_of(steps=5)
    for rate in (0.06, 0.07):
        change(run, rate)
        clock[0] += 100 * GESTURE_S
    assert list(run.history.marks) == [Mark(5, "Learning rate 0.05 → 0.07")]
    change(run, 0.05)
    assert list(run.history.marks) == []
    change(run, 0.2)
    assert list(run.history.marks) == [Mark(5, "Learning rate 0.05 → 0.2")]


def test_a_way_and_back_with_steps_between_is_marked(clock: list[float]) -> None:
    run = run_of(steps=5)
    change(run, 0.06)
    run.advance()
    change(run, 0.05)
    there, back = Mark(5, "Learning rate 0.05 → 0.06"), Mark(6, "Learning rate 0.06 → 0.05")
    assert run.history.marks == (there, back)


def test_a_gesture_takes_no_other_mark_back(clock: list[float]) -> None:
    run = run_of(steps=5)
    change(run, 0.06)
    run.set_parameter(Place("w", 1, 0, 0), 0.5)
    run.advance()
    clock[0] += 0.5 * GESTURE_S
    change(run, 0.07)
    typed, changed = Mark(5, "W_1[0, 0] = 0.5"), Mark(6, "Learning rate 0.05 → 0.07")
    assert run.history.marks == (typed, changed)


def test_changes_of_different_fields_are_different_marks(clock: list[float]) -> None:
    run = run_of(steps=5)
    change(run, 0.06)
    run.tune(run.spec.with_values({"cures.l2": 0.5}))
    change(run, 0.07)
    assert [mark.text for mark in run.history.marks] == [
        "Learning rate 0.05 → 0.06",
        "L2 penalty 0 → 0.5",
        "Learning rate 0.06 → 0.07",
    ]


def test_divergence_leaves_the_last_finite_state() -> None:
    run, last_good = run_of(WILD), run_of(WILD)
    sentence = diverge(run)
    steps = run.trainer.steps_done
    assert steps > 0
    assert sentence.startswith(f"diverged at step {steps + 1}: the ")
    for _ in range(steps):
        last_good.advance()
    assert np.isfinite(run.trainer.network.parameters).all()
    np.testing.assert_array_equal(
        run.trainer.network.parameters, last_good.trainer.network.parameters
    )
    assert (len(run.history), run.record.step) == (steps, steps)
    assert run.scores == last_good.scores
    run.frame(0.0, renew=True)


def test_a_given_history_is_kept_even_when_empty() -> None:
    run = run_of()
    run.history.mark("kept")
    again = Run(run.spec, 0, run.trainer, run.history)
    assert again.history is run.history


@pytest.mark.parametrize("depth", [0, 1, 100])
def test_any_depth_runs(depth: int) -> None:
    run = run_of({"network.depth": depth}, steps=2)
    assert run.record.magnitudes.shape[1] == depth + 1
    run.frame(0.0, renew=True)


def test_only_waiting_and_playing_are_not_the_end() -> None:
    assert {phase for phase in Phase if not phase.over} == {Phase.PAUSED, Phase.PLAYING}


def test_the_rate_is_steps_over_time(clock: list[float]) -> None:
    meter = RateMeter()
    assert meter.update(0) == 0
    clock[0] += 0.1
    assert meter.update(100) == pytest.approx(1000)
    clock[0] += 0.9
    assert meter.update(200) == pytest.approx(200)
    clock[0] += 0.1
    assert meter.update(1000) == pytest.approx(200)
    clock[0] += 0.9
    assert meter.update(1200) == pytest.approx(1000)


def test_the_small_spec_differs_from_the_default_where_it_says() -> None:
    assert set(spec_of().differences(spec_of().__class__())) == set(SMALL)
