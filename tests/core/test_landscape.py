"""The loss along lines and planes, against networks whose parameters were really changed."""

import numpy as np
import pytest

from core.landscape import filter_normalized, loss_along, loss_plane
from core.network import Network
from core.places import weight_index
from core.probes import alone
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
def test_a_line_is_the_loss_with_that_weight(kind: str, dtype: type) -> None:
    case = asked(kind, dtype=dtype)
    index, values = weight_index(case.network, 2, 1, 0), np.linspace(-3, 3, 7)
    found = loss_along(*case.what, index, values, **case.keywords)
    for value, loss in zip(values, found, strict=True):
        parameters = case.network.parameters.astype(np.float64)
        parameters[index] = value
        assert loss == pytest.approx(loss_at(case, parameters), rel=1e-13)


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
    found = loss_along(*case.what, 0, [0, 1e300])
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
        loss_along(*case.what, 0, [0, np.nan])
    with pytest.raises(ValueError, match="index: received 1000"):
        loss_along(*case.what, 1000, [0])
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
