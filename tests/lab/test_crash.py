"""A crash is described from the engine's numbers, and what it says leads on."""

import numpy as np
import pytest

from core.divergence import Divergence
from lab.crash import Crash, lower_rate
from lab.presets import presets
from lab.run import Run
from lab.spec import Spec
from lab.verdict import Finding
from tests.lab.making import WILD, run_of


def crashed(run: Run) -> Crash:
    """Train until the run blows up."""
    for _ in range(1000):
        try:
            run.advance()
        except Divergence as divergence:
            return run.crash(divergence)
    pytest.fail("the run did not diverge")


def crashed_at_once(run: Run) -> Crash:
    """All networks of a run blow up in the same step."""
    run.trainer.network.parameters *= 1e30
    return crashed(run)


def test_it_names_step_layer_operation_and_numbers() -> None:
    run = run_of(WILD)
    crash = crashed(run)
    assert crash.step == run.trainer.steps_done + 1
    assert 1 <= crash.layer <= 4
    assert crash.infinite + crash.undefined > 0
    verdict = crash.verdict
    assert verdict.finding is Finding.DIVERGED
    assert verdict.headline == f"Diverged at step {crash.step}"
    assert f"The {crash.operation} of layer {crash.layer}" in verdict.detail
    assert "went in" in verdict.detail
    assert f"after step {crash.step - 1}, the last finite one, is kept" in verdict.detail
    assert crash.stride > 1


def test_of_several_networks_it_says_which() -> None:
    run = run_of({**WILD, "network.seeds": 3})
    assert "in 3 of 3 networks gave the first" in crashed_at_once(run).verdict.detail


def test_a_crash_in_the_first_step_knows_no_stride() -> None:
    run = run_of(WILD)
    crash = crashed_at_once(run)
    assert crash.step == 1
    assert np.isnan(crash.stride)
    assert lower_rate(run.spec, crash) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("rate", "stride", "lower"),
    [(0.01, 0.5, 1e-3), (0.01, 9.0, 1e-4), (0.01, 700, 1e-6), (2e-6, 0.5, 1e-6), (5, 1e300, 1e-6)],
)
def test_the_lower_rate_moves_no_layer_far(rate: float, stride: float, lower: float) -> None:
    spec = Spec().with_values({"training.learning_rate": rate})
    crash = Crash(7, 3, "update", 1.0, 1, 0, 1, "", "", 0, stride)
    assert lower_rate(spec, crash) == pytest.approx(lower)


def test_the_exploding_lesson_goes_on_with_it() -> None:
    spec = presets()["exploding"].spec.with_values({"training.learning_rate": 0.01})
    run = Run(spec)
    crash = crashed(run)
    run.tune(spec.with_values({"training.learning_rate": lower_rate(spec, crash)}))
    run.recover(calm=True)
    for _ in range(1000):
        run.advance()
    assert np.isfinite(run.record.loss)
