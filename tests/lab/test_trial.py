"""One change tried: what came of it is said at the step at which both runs can be compared."""

import pytest

from core.places import Place
from lab.pins import Pin
from lab.run import Phase, Run
from lab.trial import MOST_STEPS, Trial
from tests.lab.making import WILD, diverge, run_of

TITLE = "more gain"
CHANGE = {"network.gain": 2.0}


def pin_of(run: Run) -> Pin:
    return Pin(0, "before", run.spec, run.history.copy())


def test_it_waits_for_the_step_that_the_pinned_run_had_reached() -> None:
    after = run_of(CHANGE, steps=29)
    trial = Trial(TITLE, pin_of(run_of(steps=30)), after.spec)
    assert trial.waiting() == (
        "“more gain” is being tried: at step 30 it is compared with “before”."
    )
    assert trial.outcome(after.spec, after.history, Phase.PLAYING) is None
    after.advance()
    said = trial.outcome(after.spec, after.history, Phase.PLAYING)
    assert said is not None
    assert said.text.startswith("“more gain”, over the steps 1 to 30: loss ")
    assert said.brief.startswith("“more gain”: loss ")
    assert said.warnings == ()
    after.advance()
    assert trial.outcome(after.spec, after.history, Phase.PAUSED) is not None


def test_a_long_run_is_not_waited_for_to_its_end() -> None:
    run = run_of(steps=MOST_STEPS + 1)
    assert Trial(TITLE, pin_of(run), run.spec).step == MOST_STEPS


@pytest.mark.parametrize("phase", [Phase.DIVERGED, Phase.FAILED])
def test_a_run_that_ends_before_is_said(phase: Phase) -> None:
    after = run_of(WILD)
    diverge(after)
    trial = Trial(TITLE, pin_of(run_of(steps=200)), after.spec)
    said = trial.outcome(after.spec, after.history, phase)
    assert said is not None
    assert f"{phase} after {len(after.history)} steps, before" in said.text


def test_a_run_that_has_been_changed_is_not_what_was_tried() -> None:
    after = run_of(CHANGE, steps=5)
    trial = Trial(TITLE, pin_of(run_of(steps=5)), after.spec)
    changed = after.spec.with_values({"network.depth": 4})
    said = trial.outcome(changed, after.history, Phase.PLAYING)
    assert said is not None
    assert said.text == "“more gain” was not compared: the experiment was changed before."


def test_a_run_of_a_few_steps_is_not_compared_with_means_over_more() -> None:
    after = run_of(CHANGE, steps=5000)
    trial = Trial(TITLE, pin_of(run_of(steps=3)), after.spec)
    said = trial.outcome(after.spec, after.history, Phase.PLAYING)
    assert said is not None
    assert said.text == "“more gain” was not compared: the run before had too few steps."


def test_nothing_is_compared_before_the_first_step() -> None:
    after = run_of(CHANGE)
    trial = Trial(TITLE, pin_of(run_of(steps=5)), after.spec)
    assert trial.outcome(after.spec, after.history, Phase.PAUSED) is None


def test_a_change_is_not_credited_alone_where_the_run_before_was_changed_while_it_trained() -> None:
    before = run_of(steps=5)
    before.tune(before.spec.with_values({"training.learning_rate": 0.5}))
    for _ in range(5):
        before.advance()
    after = run_of({**CHANGE, "training.learning_rate": 0.5}, steps=10)
    said = Trial(TITLE, pin_of(before), after.spec).outcome(
        after.spec, after.history, Phase.PLAYING
    )
    assert said is not None
    assert said.text.startswith("“more gain” and what was changed while training, over the steps")
    assert said.brief.startswith("“more gain” and what was changed while training: loss ")
    assert said.warnings == (
        "While the pinned run trained: Learning rate 0.05 → 0.5 after step 5: no setting tells of "
        "it.",
    )


@pytest.mark.parametrize(("steps", "counts"), [(9, True), (10, False)])
def test_a_number_set_by_hand_during_a_trial_shares_its_credit(steps: int, counts: bool) -> None:
    after = run_of(CHANGE, steps=steps)
    after.set_parameter(Place("w", 1, 0, 0), 50.0)
    after.advance()
    said = Trial(TITLE, pin_of(run_of(steps=10)), after.spec).outcome(
        after.spec, after.history, Phase.PLAYING
    )
    assert said is not None
    assert any("W_1[0, 0] = 50 after step" in sentence for sentence in said.warnings) is counts
    assert ("what was changed" in said.text) is counts
