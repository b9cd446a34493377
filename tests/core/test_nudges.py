"""One changed parameter: what happened, what was predicted, and the second order between them."""

import numpy as np
import pytest

from core.copies import alone
from core.nudges import Nudge, Nudger
from core.places import bias_index, weight_index
from core.probes import Probe
from core.propagation import Propagation
from tests.core.probing import KINDS, Asked, asked


def nudger(case: Asked, index: int) -> Nudger:
    return Nudger(Probe(*case.what, **case.keywords), index)


def nudge(case: Asked, index: int, change: float) -> Nudge:
    return nudger(case, index).nudge(change)


def parameters_of_interest(case: Asked) -> list[int]:
    network = case.network
    found = [weight_index(network, 1, 1, 2), weight_index(network, 3, 0, 1)]
    found.append(bias_index(network, 2, 0))
    if network.norm.axis is not None:
        found += [bias_index(network, 2, 1, "scale"), bias_index(network, 3, 1, "shift")]
    return found


def slope(errors: list[float], changes: list[float]) -> float:
    """Of log error against log change."""
    return float(np.polyfit(np.log(changes), np.log(errors), 1)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_errors_are_of_second_order(kind: str) -> None:
    case, changes = asked(kind, "gelu"), [2.0**-k for k in range(8, 13)]
    for index in parameters_of_interest(case):
        found = [nudge(case, index, d) for d in changes]
        errors = [abs(n.loss_error) for n in found]
        if errors[0] > 1e-12:  # batch norm takes biases away again
            assert slope(errors, changes) == pytest.approx(2, abs=0.1)
        for layer in range(len(case.network.layers)):
            for name in ("z", "h"):
                shifts = [getattr(n, name)[layer] for n in found]
                if shifts[0].error < 1e-12:  # not moved, or moved in proportion
                    continue
                assert slope([s.error for s in shifts], changes) == pytest.approx(2, abs=0.1)
                assert shifts[-1].predicted == pytest.approx(shifts[-1].actual, rel=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_what_happened_is_what_a_changed_network_does(kind: str) -> None:
    case = asked(kind)
    index, change = weight_index(case.network, 2, 1, 0), 0.3
    found = nudge(case, index, change)
    signals, losses = [], []
    for d in (0, change):
        network = alone(case.network)
        network.parameters[index] += d
        flow = Propagation(network, len(case.x))
        if case.keywords:
            flow.mask[...] = case.keywords["mask"]
        losses.append(float(flow.gradient_of(case.x, case.y, case.loss)))
        signals.append([h.copy() for h in flow.h])
    assert [found.loss_before, found.loss_after] == losses  # exactly
    assert found.loss_change == found.loss_after - found.loss_before
    norms = [np.linalg.norm(new - old) for old, new in zip(*signals, strict=True)]
    assert [shift.actual for shift in found.h] == pytest.approx(norms, rel=1e-10)
    assert found.loss_predicted == pytest.approx(case.gradient[index] * change, rel=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_forward_and_backward_are_one(kind: str) -> None:
    case = asked(kind, "gelu")
    probe = Probe(*case.what, **case.keywords)
    _, delta_out, _ = probe.present
    for index in parameters_of_interest(case):
        found = Nudger(probe, index)
        assert found.gradient == pytest.approx(case.gradient[index], rel=1e-12, abs=1e-16)
        # dloss = sum of dloss/dz_L dz_L, the tangents of the output layer being d z_L / dw
        *_, (d_out, _) = found.tangents
        forward = float((delta_out * d_out).sum())
        assert forward == pytest.approx(found.gradient, rel=1e-12, abs=1e-16)
        assert found.nudge(0.25).loss_predicted == 0.25 * found.gradient


def test_layers_before_the_change_do_not_move() -> None:
    case = asked("batch norm", dtype=np.float32)
    found = nudge(case, weight_index(case.network, 3, 1, 2), 0.1)
    still = [shift.actual == shift.predicted == shift.error == 0 for shift in found.z]
    assert still == [True, True, False, False]
    assert str(found.place) == "W_3[1, 2]"


def test_the_last_layer_is_linear_in_its_own_weights() -> None:
    case = asked()
    found = nudge(case, weight_index(case.network, 4, 1, 0), 0.5)
    assert found.z[-1] == found.h[-1]
    assert found.z[-1].error < 1e-14


@pytest.mark.parametrize("change", [float("nan"), float("inf"), -float("inf")])
def test_a_change_must_be_finite(change: float) -> None:
    with pytest.raises(ValueError, match=r"change: received .*; allowed: a finite number"):
        nudge(asked(), 0, change)


def test_a_large_change_may_overflow() -> None:
    case = asked(activation="identity", loss="mse")
    assert not np.isfinite(nudge(case, 0, 1e300).loss_after)
