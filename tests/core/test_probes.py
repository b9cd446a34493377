"""Places of parameters, what a question is refused for, and that asking changes nothing."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.arrays import Array
from core.copies import alone
from core.differences import central_differences
from core.landscape import loss_along, loss_plane
from core.losses import LOSSES
from core.network import Network
from core.nudges import Nudger
from core.paths import Chain
from core.places import bias_index, layers_of, place_of, weight_index
from core.probes import Probe
from core.propagation import Propagation
from tests.core.probing import KINDS, Asked, asked

# Every question, asked of a case.
QUESTIONS: dict[str, Callable[[Asked], object]] = {
    "differences": lambda c: central_differences(*c.what, **c.keywords),
    "line": lambda c: loss_along(Probe(*c.what, **c.keywords), 3, [0, 1, 2]),
    "plane": lambda c: loss_plane(
        *c.what, c.network.parameters, c.network.parameters, [0, 1], [0, 1], **c.keywords
    ),
    "nudge": lambda c: Nudger(Probe(*c.what, **c.keywords), 3).nudge(0.1),
    "paths": lambda c: Chain(Probe(*c.what, **c.keywords), 3).strongest(0, 5),
    "samples": lambda c: Chain(Probe(*c.what, **c.keywords), 3).gradients(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_places_and_numbers_are_each_others_inverse(kind: str) -> None:
    network = asked(kind).network
    state = {name: values.copy() for name, values in network.state().items()}
    for index in range(network.layout.n_parameters):
        place = place_of(network, index)
        if place.row is None:
            assert bias_index(network, place.layer, place.column, place.kind) == index
        else:
            assert weight_index(network, place.layer, place.row, place.column) == index
        assert layers_of(network)[index] == place.layer
    network.parameters[weight_index(network, 2, 3, 1)] += 1
    changed = [name for name, values in network.state().items() if (values != state[name]).any()]
    assert changed == ["3.weight" if "norm" in kind else "2.weight"]
    difference = network.layers[1].w - state[changed[0]].T
    assert np.argwhere(difference).tolist() == [[3, 1]]


def test_places_have_names() -> None:
    network = asked("layer norm").network
    names = [
        str(place_of(network, weight_index(network, 2, 3, 1))),
        str(place_of(network, bias_index(network, 4, 1))),
        str(place_of(network, bias_index(network, 3, 0, "scale"))),
    ]
    assert names == ["W_2[3, 1]", "b_4[1]", "scale_3[0]"]


def test_places_that_are_not_there_are_named() -> None:
    network = asked().network
    with pytest.raises(ValueError, match="layer: received 0; allowed: a whole number from 1 to 4"):
        weight_index(network, 0, 0, 0)
    with pytest.raises(ValueError, match="row: received 3; allowed: a whole number from 0 to 2"):
        weight_index(network, 1, 3, 0)
    with pytest.raises(ValueError, match="column: received -1"):
        weight_index(network, 1, 0, -1)
    with pytest.raises(ValueError, match="column: received 2"):
        bias_index(network, 4, 2)
    with pytest.raises(ValueError, match="kind: received 'scale'; allowed: b in layer 2"):
        bias_index(network, 2, 0, "scale")
    with pytest.raises(ValueError, match="index: received True"):
        place_of(network, True)


def bits(network: Network) -> list[bytes]:
    return [a.tobytes() for a in (network.parameters, network.gradient, network.running)]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_asking_changes_nothing(kind: str, question: str, dtype: str) -> None:
    case = asked(kind, dtype=dtype)
    if case.network.norm.axis is not None and question.startswith(("path", "samples")):
        return  # refused
    _ = case.gradient
    arrays = [case.x, case.y, *case.keywords.values()]
    before = bits(case.network), [a.tobytes() for a in arrays]
    QUESTIONS[question](case)
    assert (bits(case.network), [a.tobytes() for a in arrays]) == before


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_exception_midway_changes_nothing(
    question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.probes.CHUNK", 2000)
    case, calls = asked("residual"), 0

    def breaks(z: Array, y: Array, delta: Array, smoothing: float = 0.0, /) -> Array:
        nonlocal calls
        calls += 1
        if calls > last:
            raise ArithmeticError
        return case.loss.value_and_gradient(z, y, delta, smoothing)

    breaking = case._replace(loss=replace(case.loss, function=breaks))
    before = bits(case.network)
    for last in (0, 1, 2):
        calls = 0
        try:
            QUESTIONS[question](breaking)
        except ArithmeticError:
            assert calls == last + 1
        assert bits(case.network) == before
    assert question not in {"differences", "nudge"} or calls == 3


def test_the_gradient_of_a_probe_is_the_engines() -> None:
    for kind in KINDS:
        case = asked(kind)
        probe = Probe(*case.what, **case.keywords)
        loss, gradient = probe.gradient()
        assert np.array_equal(gradient, case.gradient)
        assert loss == probe.signals()[0]


def test_one_of_many_runs_can_be_asked() -> None:
    case, rng = asked("batch norm"), np.random.default_rng(4)
    many = Network(case.network.sizes, "tanh", np.float32, (2, 3), norm="batch")
    many.parameters[...] = rng.standard_normal(many.parameters.shape)
    many.running[...] = rng.random(many.running.shape)
    one = alone(many, (1, 2))
    np.testing.assert_allclose(one.predict(case.x), many.predict(case.x)[1, 2], 1e-4, 1e-5)
    with pytest.raises(ValueError, match=r"network: received 'runs \(2, 3\)'"):
        Probe(many, case.loss, case.x, case.y)
    with pytest.raises(ValueError, match="run: received 3"):
        alone(many, (1, 3))
    with pytest.raises(ValueError, match="run: received"):
        alone(many)


def test_what_does_not_fit_is_named() -> None:
    network, loss, x, y = asked().what
    with pytest.raises(ValueError, match=r"x: received \(5, 2\); allowed: the shape \(batch, 3\)"):
        Probe(network, loss, x[:, 1:], y)
    with pytest.raises(ValueError, match=r"y: received 2; allowed: class ids 0 to 1"):
        Probe(network, loss, x, y + 1)
    with pytest.raises(ValueError, match=r"y: received \(4,\); .* \(5,\) of class ids"):
        Probe(network, loss, x, y[1:])
    with pytest.raises(ValueError, match=r"y: received \(5, 1\); allowed: the shape \(5,\)"):
        Probe(network, loss, x, y[:, None])
    with pytest.raises(ValueError, match=r"y: received \(5,\); allowed: the shape \(5, 2\)"):
        Probe(network, LOSSES["mse"], x, y)
    with pytest.raises(ValueError, match=r"y: received \(5, 3\); .* \(5, 2\) or \(5,\) of class"):
        Probe(network, LOSSES["hinge"], x, np.zeros((5, 3)))
    with pytest.raises(ValueError, match="smoothing: received 2"):
        Probe(network, loss, x, y, 2)
    with pytest.raises(ValueError, match=r"mask: received .*; allowed: None"):
        Probe(network, loss, x, y, mask=np.ones(4))
    dropping = asked("dropout")
    with pytest.raises(ValueError, match=r"mask: received .*; allowed: the shape \(55,\)"):
        Probe(*dropping.what, mask=np.ones(4))
    normed = asked("batch norm").network
    with pytest.raises(ValueError, match=r"batch: received 1; allowed: .* at least 2"):
        Probe(normed, loss, x[:1], y[:1])


def test_hinge_is_asked_with_values_and_with_classes() -> None:
    network, _, x, y = asked().what
    hinge = LOSSES["hinge"]
    for targets in (y, np.eye(2)[y]):
        expected = Propagation(network, 5).gradient_of(x, targets, hinge)
        assert loss_along(Probe(network, hinge, x, targets), 0, network.parameters[:1]) == expected
