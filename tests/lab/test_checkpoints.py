"""The last calm state: the newest one whose loss was near the smallest."""

import numpy as np
import pytest

from lab.checkpoints import CALM, EVERY_STEPS, Checkpoints
from tests.lab.making import run_of


def test_a_state_with_a_small_loss_is_kept_and_restored() -> None:
    run = run_of({"training.optimizer": "momentum"})
    trainer, network = run.trainer, run.trainer.network
    kept = Checkpoints(trainer, 1.0)
    run.advance()
    calm = network.parameters.copy()
    kept.look(0.9 * CALM)
    run.advance()
    kept.look(2.0)
    assert kept.step == 1
    kept.restore()
    np.testing.assert_array_equal(network.parameters, calm)
    assert not trainer.slots.any()
    assert trainer.steps_done == 2, "steps are counted on"


@pytest.mark.parametrize("loss", [np.nan, np.inf, 1e30])
def test_a_wild_loss_is_not_calm(loss: float) -> None:
    run = run_of(steps=1)
    kept = Checkpoints(run.trainer, 0.7)
    run.advance()
    kept.look(loss)
    assert kept.step == 1


def test_a_run_looks_now_and_then() -> None:
    run = run_of(steps=EVERY_STEPS - 1)
    assert run._checkpoints.step == 0
    run.advance()
    assert run._checkpoints.step == EVERY_STEPS
