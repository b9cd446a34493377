"""A network of a stack that diverges is taken out; the others go on as if they were alone."""

from typing import Any

import numpy as np
import pytest

from core.divergence import Divergence
from core.network import Network
from core.training import StepRecord, Trainer
from tests.core.engines import make_trainer

SEEDS = [3, 4, 5]
RATES = [0.05, 1e6, 0.1]
WILD = 1
STEPS = 40


def make(rates: list[float], seeds: list[int], runs: tuple[int, ...], **changes: Any) -> Trainer:
    rate = np.reshape(rates, (*runs, 1)) if runs else rates[0]
    return make_trainer((3, 8, 8, 2), "relu", learning_rate=rate, seeds=seeds, runs=runs, **changes)


def step_on(trainer: Trainer) -> StepRecord:
    """Take one step, retiring who diverges."""
    again = False
    while True:
        try:
            return trainer.step(again=again)
        except Divergence as divergence:
            if not trainer.retired.add(divergence):
                raise
            again = True


def take_steps(trainer: Trainer) -> None:
    for _ in range(STEPS):
        trainer.step()


def go_on(trainer: Trainer) -> StepRecord:
    for _ in range(STEPS):
        record = step_on(trainer)
    return record


@pytest.mark.parametrize("changes", [{}, {"norm": "batch"}, {"dropout": 0.2}])
def test_the_others_have_the_bits_they_have_alone(changes: dict[str, Any]) -> None:
    changes = {"optimizer": "momentum", **changes}
    together = make(RATES, SEEDS, (3,), **changes)
    if changes.get("norm") == "batch":
        together.network.parameters[WILD] *= 1e30  # else it would not diverge
    _, loss, magnitudes = go_on(together)
    assert together.retired.runs == (WILD,)
    assert np.isnan(loss[WILD])
    assert np.isnan(magnitudes[WILD]).all()
    for place in (0, 2):
        alone = make([RATES[place]], [SEEDS[place]], (), **changes)
        record = go_on(alone)
        assert loss[place] == record.loss
        np.testing.assert_array_equal(magnitudes[place], record.magnitudes)
        np.testing.assert_array_equal(together.network.parameters[place], alone.network.parameters)


def test_the_last_finite_state_is_kept() -> None:
    alone = make([RATES[WILD]], [SEEDS[WILD]], ())
    with pytest.raises(Divergence):
        take_steps(alone)
    together = make(RATES, SEEDS, (3,))
    go_on(together)
    network = together.network
    assert not any(layer.w[WILD].any() for layer in network.layers)
    one = Network(network.sizes, "relu", network.dtype)
    together.retired.restore(one, WILD)
    np.testing.assert_array_equal(one.parameters, alone.network.parameters)
    others = network.parameters[0].copy()
    together.retired.restore(one, 0)
    np.testing.assert_array_equal(one.parameters, alone.network.parameters)
    with together.retired.undone():
        np.testing.assert_array_equal(network.parameters[WILD], alone.network.parameters)
    assert not network.parameters[WILD].any()
    np.testing.assert_array_equal(network.parameters[0], others)


def test_who_would_be_the_last_is_not_retired() -> None:
    trainer = make([1e6, 1e6], SEEDS[:2], (2,))
    with pytest.raises(Divergence, match="of 2 networks") as caught:
        go_on(trainer)
    assert caught.value.overflow.runs.any()
    assert np.isfinite(trainer.network.parameters).all()


def test_a_network_alone_is_never_retired() -> None:
    trainer = make([1e6], SEEDS[:1], ())
    with pytest.raises(Divergence) as caught:
        take_steps(trainer)
    assert not trainer.retired.add(caught.value)
    assert not trainer.retired


def test_which_network_is_named() -> None:
    trainer = make(RATES, SEEDS, (3,))
    with pytest.raises(Divergence, match=r"diverged at step \d+ in network 2 of 3: the "):
        take_steps(trainer)
