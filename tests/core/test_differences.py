"""Central differences against the backward pass, for everything a network can be."""

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.differences import (
    TOLERANCE,
    central_differences,
    compare,
    relative_errors,
    without_ramps,
)
from core.losses import LOSSES
from core.places import bias_index, layers_of, weight_index
from core.probes import CHUNK, Probe
from tests.core.probing import KINDS, asked


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activation", ["tanh", "relu", "selu"])
def test_every_kind_of_network_agrees(kind: str, activation: str) -> None:
    case = asked(kind, activation)
    differences = central_differences(*case.what, **case.keywords)
    comparison = compare(case.network, differences, case.gradient)
    assert comparison.relative.max() < 1e-8
    assert comparison.worst < 0.2 * TOLERANCE
    assert comparison.passes.all()
    assert comparison.compared.min() > 0.8


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_agrees(activation: str) -> None:
    case = asked(activation=activation, seed=1)
    differences = central_differences(*case.what)
    assert differences.smooth.all()
    comparison = compare(case.network, differences, case.gradient)
    assert comparison.relative.max() < 1e-7
    assert comparison.worst < 0.2 * TOLERANCE


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_agrees(loss: str) -> None:
    case = asked(loss=loss, seed=2)
    comparison = compare(case.network, central_differences(*case.what), case.gradient)
    assert comparison.relative.max() < 1e-7
    assert comparison.worst < 0.2 * TOLERANCE
    assert comparison.compared.min() > 0.9


def test_label_smoothing_is_part_of_the_question() -> None:
    case = asked()
    smoothed = central_differences(*case.what, smoothing=0.2)
    assert not compare(case.network, smoothed, case.gradient).passes.any()


def test_a_wrong_gradient_is_seen_in_its_layer_alone() -> None:
    case = asked()
    gradient = case.gradient
    gradient[weight_index(case.network, 3, 1, 2)] *= 1.01
    comparison = compare(case.network, central_differences(*case.what), gradient)
    assert np.flatnonzero(comparison.relative > 1e-5).tolist() == [2]
    assert comparison.passes.tolist() == [True, True, False, True]
    assert comparison.indices[2] == weight_index(case.network, 3, 1, 2)
    assert comparison.errors[2] == pytest.approx(0.01 / 1.01, rel=1e-4)
    gradient[weight_index(case.network, 3, 1, 2)] = np.nan
    comparison = compare(case.network, central_differences(*case.what), gradient)
    assert comparison.worst == np.inf
    assert comparison.lost.tolist() == [False, False, True, False]
    assert comparison.passes.tolist() == [True, True, False, True]


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("share", [1.0, 0.01])
def test_one_wrong_weight_among_a_thousand_is_seen(activation: str, share: float) -> None:
    # Of usual size, or a hundredth of that: of the layer's norm it is 1/32, or 1/3200.
    case = asked(activation=activation, sizes=(3, 32, 32, 2))
    gradient, layers = case.gradient, layers_of(case.network)
    usual = share * np.sqrt(np.mean(gradient[layers == 2] ** 2))
    wrong = np.argmin(np.where(layers == 2, np.abs(np.abs(gradient) - usual), np.inf))
    gradient[wrong] *= 2
    comparison = compare(case.network, central_differences(*case.what), gradient)
    assert comparison.passes.tolist() == [True, False, True]
    assert comparison.indices[1] == wrong
    assert comparison.errors[1] > 1e4 * TOLERANCE


def test_a_ramp_within_the_step_is_no_mistake() -> None:
    # h_2 falls from 1e-15 to 0 as w rises by as little, far less than the step.
    case = asked(activation="relu", sizes=(1, 2, 1, 1), loss="mse", batch=1)
    first, second, last = case.network.layers
    first.w[...], first.b[...] = 0, 0
    first.w[0, 0], first.b[1] = 5e-16 / case.x[0, 0], 1e-15
    second.w[...], second.b[...], last.w[...] = [[-1], [1]], 0, 1
    gradient, probe = case.gradient, Probe(*case.what)
    index = weight_index(case.network, 1, 0, 0)
    differences = central_differences(*case.what)
    ramped = without_ramps(probe, differences, gradient)
    assert compare(case.network, ramped, gradient).passes.all()
    gradient = 2 * gradient
    comparison = compare(case.network, without_ramps(probe, differences, gradient), gradient)
    assert not comparison.passes[2]
    assert differences.smooth[index]
    assert not ramped.smooth[index]


def test_what_differences_cannot_tell_is_no_error() -> None:
    case = asked()
    differences = central_differences(*case.what)
    index = weight_index(case.network, 2, 0, 0)
    gradient = differences.values.copy()
    gradient[index] += 0.9 * differences.doubts[index]
    comparison = compare(case.network, differences, gradient)
    assert comparison.passes.all()
    assert comparison.indices[1] == index
    assert comparison.floors[1] == differences.doubts[index] / TOLERANCE
    gradient[index] += abs(gradient[index]) * 3e-6 + 2 * differences.doubts[index]
    assert not compare(case.network, differences, gradient).passes[1]


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "identity", "gelu"])
@pytest.mark.parametrize("scale", [0.5, 2.0, 4.0])
def test_deep_networks_raise_no_false_alarm(activation: str, scale: float) -> None:
    case = asked(activation=activation, sizes=(3, *[8] * 20, 2), loss="mse")
    for layer in case.network.layers:
        layer.w[...] *= scale
    with np.errstate(over="ignore"):  # of GELU, far out
        gradient = case.gradient
    comparison = compare(case.network, central_differences(*case.what), gradient)
    assert comparison.passes.all()
    assert comparison.worst < TOLERANCE


@pytest.mark.parametrize("weight", [1e200, np.inf, np.nan])
def test_where_the_loss_is_not_finite_nothing_passes(weight: float) -> None:
    case = asked(activation="identity", loss="mse")
    case.network.layers[1].w[0, 0] = weight
    with np.errstate(all="ignore"):
        gradient = case.gradient
    comparison = compare(case.network, central_differences(*case.what), gradient)
    assert comparison.lost.all()
    assert not comparison.passes.any()


def test_relative_errors_are_per_layer() -> None:
    case = asked()
    right = case.gradient
    found = right.copy()
    found[weight_index(case.network, 2, 0, 0)] += 1e-3
    errors = relative_errors(case.network, found, right)
    size = np.linalg.norm(np.append(case.network.layers[1].d_w, case.network.layers[1].d_b))
    assert errors == pytest.approx([0, 1e-3 / size, 0, 0])
    assert relative_errors(case.network, right, 0 * right) == pytest.approx([np.inf] * 4)
    assert relative_errors(case.network, 0 * right, 0 * right).tolist() == [0] * 4
    found[weight_index(case.network, 2, 0, 0)] = np.nan
    assert np.isnan(relative_errors(case.network, found, right)).tolist() == [
        False,
        True,
        False,
        False,
    ]


def test_chosen_parameters_have_the_values_they_have_among_all() -> None:
    case = asked("batch norm", "gelu")
    every = central_differences(*case.what)
    own, shift = weight_index(case.network, 4, 1, 0), bias_index(case.network, 3, 0, "shift")
    chosen = [own, 3, shift]
    some = central_differences(*case.what, chosen)
    np.testing.assert_allclose(some.values, every.values[chosen], 0, 2 * every.noise)
    assert some.indices.tolist() == chosen
    relative = compare(case.network, some, case.gradient).relative
    assert np.isnan(relative).tolist() == [False, True, False, False]
    assert central_differences(*case.what, []).values.shape == (0,)


def test_a_kink_at_the_weight_itself_is_excluded() -> None:
    # z_1 = 0 for every sample: the slope to the right is not that to the left.
    case = asked(activation="relu", sizes=(2, 3, 2))
    first = case.network.layers[0]
    first.w[:, 0], first.b[0] = 0, 0
    smooth = central_differences(*case.what).smooth
    moved = [weight_index(case.network, 1, row, 0) for row in range(2)]
    assert not smooth[moved].any()
    assert smooth[weight_index(case.network, 1, 0, 1)]


@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_a_kink_anywhere_within_the_step_is_excluded_or_harmless(loss: str) -> None:
    case = asked(activation="relu", sizes=(1, 1, 1), loss=loss, batch=1)
    (x,), y = case.x[0], case.y
    first, last = case.network.layers
    first.w[...], last.w[...], last.b[...] = 0.25, 1, 0
    index, step = weight_index(case.network, 1, 0, 0), 2.0**-14
    for share in [*np.linspace(-1.2, 1.2, 49), -1 / 3, 1 / 3]:  # at a third, S(h) = 4 S(h/2)
        first.b[...] = -x * (0.25 + share * step)  # w x + b = 0 at w + share step
        found = central_differences(case.network, case.loss, case.x, y, [index], step)
        right = case.gradient[index]
        error = abs(found.values[0] - right)
        assert error <= 1e-6 * abs(found.values[0]) + found.noise or not found.smooth[0], share
        assert found.smooth[0] or abs(share) <= 1, share


def test_a_vanished_gradient_says_what_cannot_be_resolved() -> None:
    case = asked(activation="sigmoid", sizes=(3, *[4] * 14, 2))
    comparison = compare(case.network, central_differences(*case.what), case.gradient)
    assert comparison.resolution[0] > 1e-3
    assert comparison.resolution[-1] < 1e-7
    assert comparison.passes.all()


def test_single_precision_agrees_to_its_own_digits() -> None:
    case = asked(dtype=np.float32)
    comparison = compare(case.network, central_differences(*case.what), case.gradient)
    assert 1e-9 < comparison.worst < 1e-5


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    case = asked("layer norm")
    whole = central_differences(*case.what)
    monkeypatch.setattr("core.probes.CHUNK", 5000)
    assert CHUNK > 5000
    assert np.array_equal(central_differences(*case.what).values, whole.values)


@pytest.mark.parametrize("step", [0.0, -1e-4, float("nan"), float("inf")])
def test_a_step_must_be_above_zero(step: float) -> None:
    with pytest.raises(ValueError, match="step: received"):
        central_differences(*asked().what, step=step)


def test_numbers_that_do_not_fit_are_named() -> None:
    case = asked()
    with pytest.raises(ValueError, match="indices: received 99999"):
        central_differences(*case.what, [0, 99999])
    with pytest.raises(ValueError, match="gradient: received"):
        compare(case.network, central_differences(*case.what, [0]), np.zeros(3))
