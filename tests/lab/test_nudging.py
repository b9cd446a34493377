"""A nudged weight: the prediction is backpropagation's, the measurement a fresh forward pass's."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.copies import alone
from core.places import Place
from core.propagation import Propagation
from lab.nudging import Nudging
from lab.run import Run
from lab.specimens import Specimen, SpecimenOf
from tests.core.engines import all_bits
from tests.lab.making import run_of

WEIGHT = Place("w", 2, 1, 3)
EXACT = {"network.precision": "float64"}


def specimen_of(changes: dict[str, Any] | None = None, steps: int = 5) -> tuple[Run, Specimen]:
    run = run_of(changes, steps)
    return run, SpecimenOf().made_of(run)


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
@pytest.mark.parametrize("place", [WEIGHT, Place("b", 1, 2), Place("w", 4, 0, 5)], ids=str)
def test_the_prediction_is_the_gradient_that_the_next_step_uses(norm: str, place: Place) -> None:
    changes = {**EXACT, "cures.norm": norm, "cures.dropout": 0.2, "cures.residual": True}
    run, specimen = specimen_of(changes)
    nudging = Nudging(specimen, place)
    run.advance()
    gradient = run.trainer.network.gradient[specimen.index(place)]
    for change in (1e-3, -0.5):
        nudged = nudging.nudged(change, 1.0)
        predicted = nudged.nudge.loss_predicted
        assert predicted == pytest.approx(change * gradient, rel=1e-12, abs=1e-18)
        assert nudged.nudge.loss_before == pytest.approx(float(run.record.loss), rel=1e-12)


@pytest.mark.parametrize("change", [0.3, -1e-6])
def test_the_measured_change_is_a_fresh_forward_passs(change: float) -> None:
    _, specimen = specimen_of(EXACT)
    nudge = Nudging(specimen, WEIGHT).nudged(change, 1.0).nudge
    losses, outputs = [], []
    for d in (0.0, change):
        network = alone(specimen.network)
        network.layers[1].w[3, 1] += d
        flow = Propagation(network, len(specimen.batch.x))
        loss = specimen.trainer.loss
        losses.append(float(flow.gradient_of(specimen.batch.x, specimen.batch.y, loss)))
        outputs.append([h.copy() for h in flow.h])
    assert nudge.loss_change == losses[1] - losses[0]
    for shift, before, after in zip(nudge.h, *outputs, strict=False):
        assert shift.actual == pytest.approx(np.linalg.norm(after - before), rel=1e-12)


def test_nothing_of_the_run_or_the_specimen_changes() -> None:
    changes = {
        "cures.dropout": 0.3,
        "cures.norm": "batch",
        "training.optimizer": "adam",
    }
    run, specimen = specimen_of(changes)
    kept, own = all_bits(run.trainer), specimen.network.parameters.tobytes()
    for place in (WEIGHT, Place("b", 2, 0), Place("scale", 1, 1)):
        nudging = Nudging(specimen, place)
        for change in (0.0, 0.5, -3.0):
            nudging.nudged(change, 1.0)
    assert all_bits(run.trainer) == kept
    assert specimen.network.parameters.tobytes() == own
    untouched = run_of(changes, 5)
    for either in (run, untouched):
        either.advance()
    assert all_bits(run.trainer) == all_bits(untouched.trainer)


def test_errors_have_slope_2_and_lie_on_the_line_of_theory() -> None:
    _, specimen = specimen_of()
    nudging = Nudging(specimen, WEIGHT)
    for sign in (1, -1):
        errors = nudging.nudged(sign * 1e-3, 1.0).errors
        assert np.sign(errors.changes).tolist() == [sign] * len(errors.changes)
        assert errors.slope == pytest.approx(2, abs=0.05)
        near = np.abs(errors.changes - sign * 1e-3) < 1e-4
        assert errors.errors[near] == pytest.approx(errors.factor * 1e-6, rel=0.05)
        # which is the second derivative, by the differences of the loss along the line
        line = nudging.nudged(0, 0.01).line
        second = np.polyfit(line.values - nudging.value, line.losses, 4)[-3]
        assert errors.factor == pytest.approx(abs(second), rel=0.02)


def test_where_the_loss_is_straight_there_is_no_slope_to_speak_of() -> None:
    changes = {"network.activation": "identity", "training.loss": "mae", "data.source": "plane"}
    _, specimen = specimen_of(changes)
    errors = Nudging(specimen, Place("b", 4, 0)).nudged(1e-9, 1e-6).errors
    assert np.isnan(errors.slope)
    assert (errors.errors <= 100 * errors.rounding).all()


def test_a_step_of_the_rate_lands_where_gradient_descent_goes() -> None:
    changes = {**EXACT, "training.optimizer": "sgd", "training.momentum": 0.0}
    run, specimen = specimen_of(changes)
    nudged = Nudging(specimen, WEIGHT).nudged(0, 1.0)
    run.advance()
    value, loss = nudged.landing
    assert value == pytest.approx(run.trainer.network.layers[1].w[3, 1], rel=1e-12)
    there = Nudging(specimen, WEIGHT).nudged(value - nudged.value, 1.0)
    assert loss == pytest.approx(there.nudge.loss_after, rel=1e-12)


def test_the_line_reaches_past_the_change_and_its_ends_stand_still() -> None:
    run, specimen = specimen_of()
    nudging = Nudging(specimen, WEIGHT)
    nudged = nudging.nudged(0.1, 1.0)
    ends = nudged.line.values[[0, -1]]
    assert ends[0] <= nudged.value - 1
    assert nudged.value + 1 <= ends[1] <= nudged.value + 1.25
    assert nudged.line.losses[0] == pytest.approx(
        nudging.nudged(ends[0] - nudged.value, 1.0).nudge.loss_after, rel=1e-12
    )
    assert nudging.nudged(-7.0, 1.0).line.values[0] <= nudged.value - 7
    run.advance()
    moved = Nudging(SpecimenOf().made_of(run), WEIGHT)
    assert moved.value != nudging.value
    assert moved.nudged(0.1, 1.0).line.values[[0, -1]].tolist() == ends.tolist()


def test_what_the_networks_precision_would_hold() -> None:
    _, specimen = specimen_of()
    nudging = Nudging(specimen, WEIGHT)
    unit = float(np.spacing(np.float32(nudging.value)))
    large, small, tiny = (nudging.nudged(d, 1.0) for d in (0.1, 1.3 * unit, 0.3 * unit))
    assert large.precision.name == "float32"
    assert not large.loses_precision
    assert large.held == float(np.float32(large.after)) != large.after
    assert small.loses_precision
    assert small.held != small.value
    assert tiny.loses_precision
    assert tiny.held == tiny.value
    _, exact = specimen_of(EXACT)
    assert not Nudging(exact, WEIGHT).nudged(0.3 * unit, 1.0).loses_precision


def test_a_large_network_gets_fewer_points(monkeypatch: pytest.MonkeyPatch) -> None:
    _, specimen = specimen_of()
    nudging = Nudging(specimen, WEIGHT)
    many = len(nudging.nudged(0, 1.0).line.values)
    monkeypatch.setattr("lab.nudging.BUDGET", 1.0)
    assert len(nudging.nudged(0, 2.0).line.values) < many


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place("w", 9, 0, 0), "layer: received 9; allowed: a whole number from 1 to 4"),
        (Place("w", 2, 6, 0), "column: received 6; allowed: a whole number from 0 to 5"),
        (Place("w", 1, 0, 2), "row: received 2; allowed: a whole number from 0 to 1"),
        (Place("b", 1, -1), "column: received -1"),
        (Place("scale", 1, 0), "place: received 'scale_1"),
    ],
    ids=str,
)
def test_a_place_that_is_not_there_is_refused_in_one_sentence(place: Place, words: str) -> None:
    _, specimen = specimen_of()
    with pytest.raises(ValueError, match="received") as refusal:
        Nudging(specimen, place)
    assert words in str(refusal.value)
    with pytest.raises(ValueError, match="change: received nan"):
        Nudging(specimen, WEIGHT).nudged(float("nan"), 1.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e305])
def test_a_weight_that_is_no_usable_number_is_refused(value: float) -> None:
    specimen = specimen_with(value)
    with pytest.raises(ValueError, match=r"value: received .*; allowed: numbers up to 1e\+300"):
        Nudging(specimen, Place("w", 1, 0, 0))
    other = Nudging(specimen, Place("w", 2, 0, 0)).nudged(0.1, 1.0)
    assert other.value == 0.5
    assert not np.isfinite(other.nudge.h[-1].actual)


def test_where_the_gradient_is_infinite_there_is_no_tangent_and_no_warning() -> None:
    nudged = Nudging(specimen_with(0.5), Place("w", 1, 0, 0)).nudged(0.1, 1.0)
    steep = replace(nudged, gradient=np.inf)
    assert np.isnan(steep.tangent(np.array([nudged.value]))).all()


def specimen_with(first: float) -> Specimen:
    run = run_of({"network.precision": "float64", "network.activation": "identity"}, steps=1)
    run.trainer.network.parameters[...] = 0.5
    run.trainer.network.layers[0].w[0, 0] = first
    return SpecimenOf().made_of(run)
