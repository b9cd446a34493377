"""One change tried: what came of it is said at the step at which both runs can be compared."""

import pytest

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
    assert said[0].startswith("“more gain”, over the steps 1 to 30: loss ")
    assert said[1].startswith("“more gain”: loss ")
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
    assert f"{phase} after {len(after.history)} steps, before" in said[0]


def test_a_run_that_has_been_changed_is_not_what_was_tried() -> None:
    after = run_of(CHANGE, steps=5)
    trial = Trial(TITLE, pin_of(run_of(steps=5)), after.spec)
    changed = after.spec.with_values({"network.depth": 4})
    said = trial.outcome(changed, after.history, Phase.PLAYING)
    assert said is not None
    assert said[0] == "“more gain” was not compared: the experiment was changed before."


def test_nothing_is_compared_before_the_first_step() -> None:
    after = run_of(CHANGE)
    trial = Trial(TITLE, pin_of(run_of(steps=5)), after.spec)
    assert trial.outcome(after.spec, after.history, Phase.PAUSED) is None
