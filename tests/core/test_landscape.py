"""The loss along lines and planes, against networks whose parameters were really changed."""

import numpy as np
import pytest

from core.copies import alone
from core.landscape import (
    as_long_as_weights,
    filter_normalized,
    loss_along,
    loss_plane,
    main_directions,
    plane_in_pieces,
)
from core.network import Network
from core.pieces import whole
from core.places import bias_index, weight_index
from core.probes import Probe
from core.propagation import Propagation
from tests.core.probing import KINDS, Asked, asked


def loss_at(case: Asked, parameters: np.ndarray) -> float:
    """The training loss of one network that has these parameters."""
    network = alone(case.network)
    network.parameters[...] = parameters
    flow = Propagation(network, len(case.x))
    if case.keywords:
        flow.mask[...] = case.keywords["mask"]
    return float(flow.gradient_of(case.x, case.y, case.loss))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_line_is_the_loss_with_that_parameter(
    kind: str, dtype: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = asked(kind, dtype=dtype)
    network, values = case.network, np.linspace(-3, 3, 7)
    indices = [weight_index(network, layer, 1, 0) for layer in (1, 2, 4)]
    indices += [bias_index(network, layer, 1) for layer in (1, 3, 4)]
    if network.norm.axis is not None:
        indices += [bias_index(network, 2, 1, name) for name in ("scale", "shift")]
    for index in indices:
        probe = Probe(*case.what, **case.keywords)
        found = loss_along(probe, index, values)
        for value, loss in zip(values, found, strict=True):
            parameters = network.parameters.astype(np.float64)
            parameters[index] = value
            assert loss == pytest.approx(loss_at(case, parameters), rel=1e-13)
        with monkeypatch.context() as patch:
            patch.setattr("core.landscape.CHUNK", 200)  # a few at a time
            assert loss_along(probe, index, values) == pytest.approx(found, rel=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_a_plane_is_the_loss_at_each_of_its_points(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, rng = asked(kind), np.random.default_rng(1)
    a, b = np.linspace(-1, 1, 4), np.linspace(-1, 1, 3)
    along_a, along_b = rng.standard_normal((2, *case.network.parameters.shape))
    plane = loss_plane(*case.what, along_a, along_b, a, b, **case.keywords)
    assert plane.shape == (4, 3)
    for i, j in np.ndindex(4, 3):
        there = case.network.parameters + a[i] * along_a + b[j] * along_b
        assert plane[i, j] == pytest.approx(loss_at(case, there), rel=1e-12)
    monkeypatch.setattr("core.probes.CHUNK", 4000)  # a few at a time
    again = loss_plane(*case.what, along_a, along_b, a, b, **case.keywords)
    assert np.array_equal(plane, again)


def test_far_out_the_loss_may_be_infinite() -> None:
    case = asked(activation="identity", loss="mse")
    found = loss_along(Probe(*case.what), 0, [0, 1e300])
    assert np.isfinite(found[0])
    assert not np.isfinite(found[1])


@pytest.mark.parametrize("kind", ["plain", "layer norm"])
def test_a_normalised_direction_has_the_weights_norms(kind: str) -> None:
    network = asked(kind, dtype=np.float32).network
    network.layers[1].w[:, 2] = 0
    drawn = np.random.default_rng(2).standard_normal(network.parameters.shape)
    found = filter_normalized(drawn, network)
    parts = zip(network.layout.views(found), network.layout.views(drawn), strict=True)
    for layer, (to, before) in zip(network.layers, parts, strict=True):
        norms = np.linalg.norm(layer.w.astype(np.float64), axis=0)
        np.testing.assert_allclose(np.linalg.norm(to.w, axis=0), norms, 1e-12)
        cosines = (to.w * before.w).sum(axis=0) / np.linalg.norm(before.w, axis=0)
        np.testing.assert_allclose(cosines, norms, 1e-12, err_msg="the direction is kept")
        assert not any(part.any() for part in (to.b, to.scale, to.shift) if part is not None)
    assert np.isfinite(filter_normalized(np.zeros_like(drawn), network)).all()


def test_a_plane_does_not_see_how_relu_layers_share_their_scale() -> None:
    case, drawn = asked(activation="relu"), np.random.default_rng(3).standard_normal(100)
    a = np.linspace(-1, 1, 5)

    def plane() -> np.ndarray:
        count = case.network.layout.n_parameters
        one, other = (
            filter_normalized(np.resize(d, count), case.network) for d in (drawn, drawn[::-1])
        )
        return loss_plane(*case.what, one, other, a, a)

    before = plane()
    first, second = case.network.layers[:2]
    first.w[...] *= 4
    first.b[...] *= 4
    second.w[...] /= 4
    np.testing.assert_allclose(plane(), before, 1e-10)


def test_numbers_that_do_not_fit_are_named() -> None:
    case = asked()
    whole = np.ones(case.network.layout.n_parameters)
    with pytest.raises(ValueError, match="values: received nan; allowed: finite"):
        loss_along(Probe(*case.what), 0, [0, np.nan])
    with pytest.raises(ValueError, match="index: received 1000"):
        loss_along(Probe(*case.what), 1000, [0])
    with pytest.raises(ValueError, match="direction_b: received"):
        loss_plane(*case.what, whole, whole[1:], [0], [0])
    with pytest.raises(ValueError, match="direction_a: received inf"):
        loss_plane(*case.what, whole * np.inf, whole, [0], [0])
    with pytest.raises(ValueError, match=r"b_values: received \(1, 1\)"):
        loss_plane(*case.what, whole, whole, [0], np.zeros((1, 1)))
    with pytest.raises(ValueError, match="direction: received"):
        filter_normalized(whole[1:], case.network)
    with pytest.raises(ValueError, match="network: received"):
        filter_normalized(whole, Network((2, 2), (), runs=(2,)))


@pytest.mark.parametrize("kind", KINDS)
def test_single_precision_has_its_own_digits(kind: str) -> None:
    case, rng = asked(kind, dtype=np.float32), np.random.default_rng(1)
    along = rng.standard_normal((2, *case.network.parameters.shape))
    axes = np.linspace(-1, 1, 4), np.linspace(-1, 1, 3)
    double = loss_plane(*case.what, along[0], along[1], *axes, **case.keywords)
    probe = Probe(*case.what, 0.0, case.keywords.get("mask"))
    single = whole(plane_in_pieces(probe, (along[0], along[1]), axes, np.float32))
    np.testing.assert_allclose(single, double, 2e-5)
    assert not np.array_equal(single, double)


@pytest.mark.parametrize("kind", ["plain", "layer norm"])
def test_a_direction_as_long_as_weights_is_the_same_direction(kind: str) -> None:
    case = asked(kind)
    gradient = case.gradient
    found = as_long_as_weights(gradient, case.network)
    factors = found[gradient != 0] / gradient[gradient != 0]
    np.testing.assert_allclose(factors, factors[0], 1e-12)
    ratios = []
    parts = case.network.layout.views(found)
    for layer, (w, *rest) in zip(case.network.layers, parts, strict=True):
        moved = np.vstack([w, *(part for part in rest if part is not None)])
        ratios.append(np.linalg.norm(moved, axis=0) / np.linalg.norm(layer.w, axis=0))
    assert np.concatenate(ratios).max() == pytest.approx(1)
    with pytest.raises(ValueError, match="direction: received"):
        as_long_as_weights(0 * gradient, case.network)


def test_main_directions_are_those_of_the_singular_values() -> None:
    rng = np.random.default_rng(5)
    center = rng.standard_normal(30)
    points = center + rng.standard_normal((9, 3)) @ (
        np.array([5, 2, 0.5])[:, None] * np.linalg.qr(rng.standard_normal((30, 3)))[0].T
    )
    directions, shares = main_directions(points, center)
    _, sizes, right = np.linalg.svd(points - center)
    np.testing.assert_allclose(np.abs(np.vecdot(directions, right[:2])), 1, 1e-9)
    np.testing.assert_allclose(shares, (sizes**2 / (sizes**2).sum())[:2], 1e-9)
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-9)


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_a_straight_path_has_no_second_direction(count: int) -> None:
    center, along = np.ones(5), np.arange(5.0)
    points = center + np.linspace(1, 3, count)[:, None] * along
    with pytest.raises(ValueError, match="points: received"):
        main_directions(points, center)
    with pytest.raises(ValueError, match="points: received"):
        main_directions(np.full((3, 5), np.inf), center)
