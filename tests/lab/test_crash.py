"""A crash is described from the engine's numbers, and what it says leads on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.divergence import Divergence
from core.measures import ROW
from core.places import Place
from core.twins import next_batch, twin_of
from lab.crash import Crash, lower_rate
from lab.diagnosis import diagnose
from lab.offers import cures_for
from lab.presets import presets
from lab.run import Run
from lab.runfile import read_run, write_run
from lab.spec import Spec
from lab.verdict import Finding
from tests.lab.making import WILD, diverge, run_of


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


@pytest.mark.parametrize(
    ("rate", "stride", "lower"),
    [
        (0.01, 0.2, 1e-3),
        (0.01, 9.0, 1e-5),
        (0.01, 200, 1e-6),
        (2e-6, 0.02, 1e-6),
        (2e-6, 0.5, 1e-6),
        (1e-6, 0.0, None),
        (5, 1e300, 1e-6),
        (5, np.nan, 0.5),
    ],
)
def test_the_lower_rate_moves_no_layer_far(rate: float, stride: float, lower: float | None) -> None:
    spec = Spec().with_values({"training.learning_rate": rate})
    crash = Crash(7, 3, "update", 1.0, 1, 0, 1, "", "", 0, stride, rate, "", 10)
    found = lower_rate(spec, crash)
    assert found is None if lower is None else found == pytest.approx(lower)


@pytest.mark.parametrize(("rate", "lower"), [(1e-4, 1e-4), (0.001, 0.001), (1.0, 0.01), (5, 0.05)])
def test_a_rate_that_was_lowered_since_is_where_lowering_begins(rate: float, lower: float) -> None:
    spec = Spec().with_values({"network.depth": 3, "training.learning_rate": rate})
    crash = Crash(7, 3, "update", 1.0, 1, 0, 1, "", "", 0, 7.1, 5.0, "", 10)
    assert lower_rate(spec, crash) == pytest.approx(lower)


def test_what_was_changed_since_it_was_calm_is_named() -> None:
    run, other = (run_of({"network.activation": "identity"}, steps=5) for _ in range(2))
    assert "Changed" not in crashed_at_once(other).verdict.detail
    run.set_parameter(Place("w", 1, 1, 0), 3e38)
    crash = crashed(run)
    assert crash.changes == ("W_1[0, 1] = 3e+38 after step 5",)
    assert "is kept. Changed by hand: W_1[0, 1] = 3e+38 after step 5." in crash.verdict.detail
    rate = run.spec.training.learning_rate
    assert lower_rate(run.spec, crash) == rate, "it is not to blame"
    run.recover(calm=True)
    run.trainer.network.parameters[...] = 1e30
    again = crashed(run)
    assert not again.changes, "the number is gone"
    assert not again.typed
    assert (lower_rate(run.spec, replace(crash, stride=100.0)) or rate) < rate
    assert lower_rate(run.spec, replace(crash, typed=False)) == pytest.approx(rate / 10)


def test_what_the_run_notes_by_itself_is_not_changed_by_hand() -> None:
    run = run_of({"network.seeds": 4, "network.activation": "identity"}, steps=20)
    run.set_parameter(Place("w", 1, 1, 0), 3e38, seed=1)
    run.advance()
    assert "network 2 diverged" in [mark.text for mark in run.history.marks]
    crash = crashed_at_once(run)
    assert crash.changes == ("W_1[0, 1] = 3e+38, network 2 after step 20",)


def test_how_far_a_step_moves_is_known_for_the_rate_of_the_crash() -> None:
    wild = {"network.depth": 6, "network.gain": 2.0, "network.activation": "identity"}
    spec = Spec().with_values({**wild, "training.learning_rate": 1e-4})
    run = Run(spec)
    for _ in range(200):
        run.advance()
    run.tune(spec.with_values({"training.learning_rate": 10.0}))
    crash = crashed(run)
    moment = run.history.at(crash.calm_step + 1)
    assert moment is not None
    moved = moment.magnitudes[ROW["update_ratio"]].max()
    assert crash.stride == pytest.approx(1e5 * moved if crash.calm_step < 200 else moved)
    lower = lower_rate(run.spec, crash)
    assert lower is not None
    run.recover(calm=True)
    run.tune(spec.with_values({"training.learning_rate": lower}))
    for _ in range(100):
        run.advance()


def test_of_a_run_from_a_file_nobody_says_that_no_step_led_there() -> None:
    first = Crash(1, 3, "matrix product", 1.0, 1, 0, 1, "", "", 0, np.nan, 5.0, "matrix product", 0)
    assert "No step led there" in first.verdict.detail
    opened = replace(first, step=6, calm_step=5)
    assert opened.overflows
    assert "No step led there" not in opened.verdict.detail
    assert "no earlier state is known" in opened.verdict.detail


HALF: dict[str, Any] = {
    "network.precision": "float16",
    "network.activation": "relu",
    "network.initializer": "he_normal",
    "network.depth": 20,
    "network.gain": 3.0,
    "data.samples": 200,
}
LINEAR = {"network.activation": "identity", "network.depth": 20, "data.samples": 200}


@pytest.mark.parametrize(
    "changes",
    [HALF, {**HALF, "network.seeds": 3}, {**LINEAR, "network.gain": 100.0, "network.depth": 60}],
    ids=("half", "three", "single"),
)
def test_a_pass_that_overflows_at_any_rate_is_answered_by_what_makes_numbers_smaller(
    changes: dict[str, Any],
) -> None:
    spec = Spec().with_values(changes)
    run = Run(spec)
    crash = crashed(run)
    assert (crash.step, crash.endured, crash.obstacle) == (1, 0, "matrix product")
    assert lower_rate(spec, crash) is None
    assert "overflows at any learning rate" in crash.verdict.detail
    diagnosis = diagnose(run.frame(0.0, renew=True).record.magnitudes, spec, crash=crash)
    assert diagnosis.findings == (Finding.OVERFLOW,), "another layer would be named beside its own"
    offers = {offer.cure.name: offer for offer in cures_for(diagnosis, spec)}
    assert {"gain", "layer_norm"} <= offers.keys()
    assert offers.keys().isdisjoint({"clip_norm", "lower_rate"})
    for offer in offers.values():
        cured = Run(spec.with_values(offer.changes))
        for _ in range(20):
            cured.advance()


@pytest.mark.parametrize("rate", [0.05, 1e-6])
@pytest.mark.parametrize("gain", [2.0, 10.0])
def test_no_rate_is_offered_where_the_lowest_would_still_throw_the_weights_far(
    gain: float, rate: float
) -> None:
    spec = Spec().with_values({**LINEAR, "network.gain": gain, "training.learning_rate": rate})
    crash = crashed(Run(spec))
    assert crash.verdict.finding is Finding.DIVERGED, "its first step was taken"
    assert lower_rate(spec, crash) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"network.depth": 6, "network.gain": 2.0, "training.learning_rate": 0.5},
        {"network.gain": 1.5, "training.learning_rate": 1.0},
        {"network.gain": 1.0, "training.learning_rate": 10.0},
        {"network.gain": 2.0, "training.learning_rate": 10.0, "training.optimizer": "adam"},
    ],
    ids=str,
)
def test_with_the_rate_that_is_offered_it_goes_on(changes: dict[str, Any]) -> None:
    spec = Spec().with_values({**LINEAR, **changes})
    run = Run(spec)
    rate = lower_rate(spec, crashed(run))
    assert rate is not None
    run.tune(spec.with_values({"training.learning_rate": rate}))
    run.recover(calm=True)
    for _ in range(100):
        run.advance()


def test_to_look_for_a_way_on_leaves_the_run_as_it_was() -> None:
    changes = {**WILD, "cures.norm": "batch", "cures.dropout": 0.1, "training.optimizer": "adam"}
    run = run_of({**changes, "training.learning_rate": 0.01, "network.activation": "tanh"}, steps=5)
    run.trainer.network.parameters *= 1e30
    with pytest.raises(Divergence) as raised:
        run.advance()
    network = run.trainer.network
    before = [part.tobytes() for part in (network.parameters, network.running, run.trainer.slots)]
    order = repr(run.trainer.order.state())
    drawn = repr([rng.bit_generator.state for rng in run.trainer.dropout_rngs])
    assert run.crash(raised.value).obstacle == "", "its calm state is that of step 0"
    after = [part.tobytes() for part in (network.parameters, network.running, run.trainer.slots)]
    assert after == before
    assert repr(run.trainer.order.state()) == order
    assert repr([rng.bit_generator.state for rng in run.trainer.dropout_rngs]) == drawn


def test_the_exploding_lesson_goes_on_with_it() -> None:
    spec = presets()["exploding"].spec.with_values({"training.learning_rate": 0.01})
    run = Run(spec)
    crash = crashed(run)
    rate = lower_rate(spec, crash)
    assert rate is not None
    run.tune(spec.with_values({"training.learning_rate": rate}))
    run.recover(calm=True)
    for _ in range(1000):
        run.advance()
    assert np.isfinite(run.record.loss)


@pytest.mark.parametrize("changes", [{}, {"network.seeds": 3}])
def test_a_step_that_cannot_be_taken_stays_the_next_one(changes: dict[str, Any]) -> None:
    run, seed = run_of({**WILD, **changes}), 1 if "network.seeds" in changes else None
    sentence, trainer = diverge(run), run.trainer
    x, epoch = trainer.flow.x.copy(), trainer.epoch
    for _ in range(3):
        with pytest.raises(Divergence) as raised:
            run.advance()
        assert str(raised.value) == sentence
        assert np.array_equal(trainer.flow.x, x)
    twin = twin_of(trainer, seed)
    with pytest.raises(Divergence):
        twin.step()
    assert np.array_equal(twin.flow.x, x if seed is None else x[seed])
    run.recover(calm=True)
    run.tune(run.spec.with_values({"training.learning_rate": 1e-6}))
    assert next_batch(trainer).x.tobytes() == x.tobytes()
    run.advance()
    assert np.array_equal(trainer.flow.x, x), "from the calm state it goes on with that batch"
    assert trainer.epoch > epoch
    run.advance()
    assert not np.array_equal(trainer.flow.x, x)


@pytest.mark.parametrize("changes", [{}, {"network.seeds": 3}, {"cures.dropout": 0.3}])
def test_a_file_of_a_run_that_has_diverged_goes_on_as_the_run(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    run = run_of({**WILD, **changes})
    diverge(run)
    run.recover(calm=True)
    run.tune(run.spec.with_values({"training.learning_rate": 1e-6, "training.batch_size": 7}))
    write_run(tmp_path / "wild.safetensors", run)
    other = read_run(tmp_path / "wild.safetensors")
    for one in (run, other):
        for _ in range(3):
            one.advance()
    assert other.trainer.network.parameters.tobytes() == run.trainer.network.parameters.tobytes()
    if "cures.dropout" in changes:
        assert not run.trainer.flow.mask.all(), "outputs are dropped with the new batch size, too"


def test_the_numbers_of_a_crash_are_written_as_everywhere() -> None:
    assert "e+" not in crashed_at_once(run_of(WILD)).numbers
