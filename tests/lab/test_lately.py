"""What is judged is calm while a run is, and of the present as soon as its numbers jump."""

from typing import Any

import numpy as np
import pytest

from core.arrays import Array
from core.divergence import Divergence
from core.measures import QUANTITIES, ROW
from lab.diagnosis import diagnose
from lab.health import health_of
from lab.history import History
from lab.lately import last_jump, lately
from lab.run import Run
from lab.spec import Spec
from lab.verdict import Finding
from tests.lab.making import run_of

LAYERS = 4


def steps_of(name: str, *values: float, layer: int = 1) -> Array:
    """Made-up steps in which one number of one layer is as given."""
    rows = np.ones((len(values), len(QUANTITIES), LAYERS))
    rows[:, ROW[name], layer] = values
    return rows


@pytest.mark.parametrize(
    ("values", "since"),
    [
        ((1, 1, 1, 1), 0),
        ((1, 2, 4, 8, 16, 32), 0),  # no two neighbours are apart
        ((1, 1, 1, 9), 0),
        ((1, 1, 1, 11), 3),
        ((1, 1, 1, 0.09), 3),
        ((1, 1, 50, 60, 55), 2),
        ((1, 1e3, 1e6, 1e9), 3),
        ((1, 1e3, 1e6, 1e6, 2e6), 2),
        ((1, 100, 1, 100, 1, 100), 0),  # it swings, and always did
        ((1, 1, 0, 1), 0),
        ((1, np.nan, 1, np.nan), 0),
        ((np.nan, np.nan), 0),
        ((1,), 0),
    ],
    ids=str,
)
def test_a_jump_leaves_a_decade_between_all_before_and_all_after(
    values: tuple[float, ...], since: int
) -> None:
    for name in ("signal_gradient_rms", "update_ratio"):
        assert last_jump(steps_of(name, *values)) == since
    assert last_jump(steps_of("saturated_share", *values)) == 0


@pytest.mark.parametrize("seeds", [1, 3])
def test_of_a_calm_run_it_is_the_median_of_the_last_steps(seeds: int) -> None:
    run = run_of({"network.seeds": seeds})
    assert lately(run.history, 5) is None
    shown = []
    for _ in range(9):
        run.advance()
        shown.append(run.frame(0.0, renew=False).record.magnitudes)
    for steps in (1, 4, 5, 100):
        found = lately(run.history, steps)
        assert found is not None
        np.testing.assert_allclose(found[0], np.median(shown[-steps:], axis=0), rtol=1e-12)
        assert found[1] == min(steps, 9)


def until_it_diverges(run: Run) -> None:
    for _ in range(1000):
        try:
            run.advance()
        except Divergence:
            return
    pytest.fail("the run did not diverge")


def judged(history: History, spec: Spec) -> tuple[Finding, ...]:
    found = lately(history, 32)
    assert found is not None
    return diagnose(found[0], spec).findings


def test_at_the_last_finite_step_the_verdict_is_of_it_as_the_words_for_layers_are() -> None:
    changes: dict[str, Any] = {
        "network.activation": "identity",
        "network.depth": 6,
        "network.gain": 2.0,
        "training.learning_rate": 0.5,
    }
    run = Run(Spec().with_values(changes))
    until_it_diverges(run)
    run.recover(calm=False)
    assert health_of(run.record.magnitudes, run.spec)[0].word == "exploding"
    assert judged(run.history, run.spec)[0] is Finding.EXPLODING


def test_a_rate_made_far_too_large_is_found_before_as_many_steps_are_taken_again() -> None:
    relu = {"network.activation": "relu", "network.initializer": "he_normal", "network.depth": 6}
    run = Run(Spec().with_values({**relu, "data.samples": 200}))
    for _ in range(100):
        run.advance()
    run.tune(run.spec.with_values({"training.learning_rate": 10.0}))
    run.advance()
    assert Finding.LARGE_STEPS in judged(run.history, run.spec)
