"""The chain rule path by path, against backpropagation and against every path multiplied out."""

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from core.paths import Chain, Path
from core.places import bias_index, weight_index
from core.probes import Probe
from core.routes import Route
from tests.core.probing import WITHOUT_NORM, Asked, asked

ALL = 10_000


def chain_of(case: Asked, index: int) -> Chain:
    return Chain(Probe(*case.what, **case.keywords), index)


def along(*units: int, skipped: Sequence[bool] = ()) -> Route:
    return Route(units, (*skipped, *(False for _ in units[len(skipped) :])))


def ranked(chain: Chain, sample: int, routes: Sequence[Route]) -> list[Path]:
    return [chain.path(sample, route) for route in routes]


def every_route(case: Asked, layer: int) -> list[Route]:
    later = (range(n) for n in case.network.sizes[layer + 1 :])
    return [along(*units) for units in product(*later)]


@pytest.mark.parametrize("kind", WITHOUT_NORM)
@pytest.mark.parametrize("activation", ["tanh", "relu", "sine"])
def test_all_paths_of_all_samples_add_up_to_the_gradient(kind: str, activation: str) -> None:
    case = asked(kind, activation)
    gradient = case.gradient
    samples = range(len(case.x))
    for index in range(0, len(gradient), 3):
        chain = chain_of(case, index)
        each = [chain.sum_of_all(sample) for sample in samples]
        assert all(found.n_paths == chain.n_paths for found in each)
        floor = 1e-15 * sum(found.magnitude for found in each)
        total = math.fsum(found.total for found in each)
        assert total == pytest.approx(gradient[index], rel=1e-12, abs=floor)
        totals = [found.total for found in each]
        np.testing.assert_allclose(totals, chain.gradients(), 1e-12, 10 * floor)
        sizes = [chain.magnitude(sample) for sample in samples]
        np.testing.assert_allclose([found.magnitude for found in each], sizes, 1e-12)


@pytest.mark.parametrize("kind", WITHOUT_NORM)
def test_those_that_are_listed_are_all_and_add_up_the_same(kind: str) -> None:
    case = asked(kind)
    chain = chain_of(case, 2)
    routes = chain.strongest(1, ALL)
    assert len(set(routes)) == len(routes) == chain.n_paths
    listed, all_of_them = chain.sum_of(1, routes), chain.sum_of_all(1)
    assert (listed.total, listed.magnitude) == (all_of_them.total, all_of_them.magnitude)
    products = [path.product for path in ranked(chain, 1, routes)]
    assert math.fsum(products) == listed.total


def test_one_path_by_hand() -> None:
    # x = 2, h_1 = 2 W = 3, z_2 = 3 · 4 = 12, y = 10: dloss/dz = 2 (12 - 10) = 4
    case = asked(activation="identity", sizes=(1, 1, 1), loss="mse", batch=1)
    first, last = case.network.layers
    first.w[...], first.b[...], last.w[...], last.b[...] = 1.5, 0, 4, 0
    chain = Chain(Probe(case.network, case.loss, np.array([[2.0]]), np.array([[10.0]])), 0)
    (route,) = chain.strongest(0, 5)
    assert chain.path(0, route).factors == (
        ("input", "x[0]", 0, 0, 2, 2),
        ("slope", "φ′(u_1)[0]", 1, 0, 1, 2),
        ("weight", "W_2[0, 0]", 2, 0, 4, 8),
        ("loss", "∂loss/∂z_2[0]", 2, 0, 4, 32),
    )


def test_the_names_of_a_longer_path() -> None:
    case = asked("dropout", sizes=(3, 4, 4, 2))
    path = chain_of(case, weight_index(case.network, 2, 1, 3)).path(0, along(1))
    names = ["h_1[1]", "mask φ′(u_2)[3]", "W_3[3, 1]", "∂loss/∂z_3[1]"]
    assert [f.name for f in path.factors] == names
    assert [(f.layer, f.unit) for f in path.factors] == [(1, 1), (2, 3), (3, 1), (3, 1)]
    assert path.units == (3, 1)
    chain = chain_of(case, bias_index(case.network, 3, 1))
    (route,) = chain.strongest(0, 5)
    assert [f.name for f in chain.path(0, route).factors] == ["∂loss/∂z_3[1]"]
    assert chain.n_paths == 1


@pytest.mark.parametrize("index", [0, 5, 20])
def test_the_strongest_are_those_of_every_path_multiplied_out(index: int) -> None:
    case = asked(activation="gelu", seed=3)
    chain = chain_of(case, index)
    products = {
        route: chain.path(2, route).product for route in every_route(case, chain.place.layer)
    }
    order = sorted(products, key=lambda route: -abs(products[route]))
    assert chain.strongest(2, 7) == order[:7]
    assert chain.strongest(2, ALL) == order
    assert chain.n_paths == len(products)
    assert chain.sum_of(2, order[:7]).magnitude == math.fsum(
        abs(products[route]) for route in order[:7]
    )


@pytest.mark.parametrize("kind", ["plain", "residual"])
@pytest.mark.parametrize("through", [{2: 1}, {4: 0}, {3: 2, 2: 3}, {2: 0, 3: 0, 4: 1}])
def test_the_strongest_through_chosen_units(kind: str, through: dict[int, int]) -> None:
    case = asked(kind, sizes=(3, 4, 4, 4, 2))
    chain = chain_of(case, 1)
    order = chain.strongest(2, ALL)
    allowed = [
        route
        for route in order
        if all(route.units[layer - 2] == unit for layer, unit in through.items())
    ]
    products = [abs(path.product) for path in ranked(chain, 2, allowed)]
    found = chain.strongest(2, ALL, through)
    assert set(found) == set(allowed)
    assert [abs(path.product) for path in ranked(chain, 2, found)] == pytest.approx(products)


def test_residual_connections_are_ways_too() -> None:
    case = asked("residual", sizes=(3, 4, 4, 4, 2))
    chain = chain_of(case, 1)
    assert chain.n_paths == 5 * 5 * 2
    found = ranked(chain, 0, chain.strongest(0, ALL))
    assert len({(path.units, path.around) for path in found}) == 50
    around = next(path for path in found if path.around == (2, 3))
    assert [f.name for f in around.factors][2:4] == ["residual_2[1]", "residual_3[1]"]
    with pytest.raises(ValueError, match="units: received 2; allowed: 1"):
        chain.path(0, along(2, 2, 0, skipped=[True]))
    with pytest.raises(ValueError, match="skipped: received 4"):
        chain.path(0, along(1, 1, 1, skipped=[False, False, True]))


def test_dead_units_end_all_paths() -> None:
    case = asked(activation="relu")
    case.network.layers[1].b[...] = -100
    chain = chain_of(case, 0)
    found = chain.sum_of(0, chain.strongest(0, 3))
    assert (found.n_paths, found.total, found.magnitude) == (3, 0, 0)
    assert (chain.gradients()[0], chain.magnitude(0)) == (0, 0)


def test_numbers_that_are_none_end_nothing_else() -> None:
    case = asked(activation="identity")
    case.network.layers[1].w[0, 0] = math.nan
    case.network.layers[2].w[1, 2] = math.inf
    chain = chain_of(case, 0)
    assert len(set(chain.strongest(0, ALL))) == chain.n_paths
    assert math.isnan(chain.sum_of_all(0).total)


def test_the_strongest_of_a_deep_network_are_found_at_once() -> None:
    case = asked(sizes=(3, *[16] * 40, 2))
    chain = chain_of(case, 0)
    assert chain.n_paths == 16**39 * 2
    paths = ranked(chain, 0, chain.strongest(0, 50))
    products = [abs(path.product) for path in paths]
    assert products == sorted(products, reverse=True)
    assert 0 < math.fsum(products) < chain.magnitude(0)
    assert len(paths[0].factors) == 2 + 2 * 39 + 2
    with pytest.raises(ValueError, match=r"paths: received .* 1 to 10000"):
        chain.sum_of_all(0)


def test_single_precision_is_multiplied_in_double() -> None:
    case = asked(dtype=np.float32)
    gradient = case.gradient
    chain = chain_of(case, 2)
    assert chain.gradients().sum() == pytest.approx(gradient[2], rel=1e-4)
    assert chain.sum_of_all(0).total == pytest.approx(chain.gradients()[0], rel=1e-12)


def test_what_has_no_paths_says_why() -> None:
    for kind in ("batch norm", "layer norm"):
        with pytest.raises(ValueError, match=r"norm: received .* more than the units of a path"):
            chain_of(asked(kind), 0)
    case = asked()
    chain = chain_of(case, 0)
    with pytest.raises(ValueError, match="index: received -1"):
        chain_of(case, -1)
    for sample in (5, -1):
        with pytest.raises(ValueError, match="sample: received"):
            chain.strongest(sample, 1)
        with pytest.raises(ValueError, match="sample: received"):
            chain.path(sample, along(1, 1, 1))
    with pytest.raises(ValueError, match="count: received 0"):
        chain.strongest(0, 0)
    with pytest.raises(ValueError, match="layer: received 1"):
        chain.strongest(0, 1, {1: 0})
    with pytest.raises(ValueError, match="unit: received 4"):
        chain.strongest(0, 1, {2: 4})
    with pytest.raises(ValueError, match="units: received"):
        chain.path(0, along(1, 1))
    with pytest.raises(ValueError, match="units: received 3"):
        chain.path(0, along(3, 3, 1))
