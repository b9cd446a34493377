"""The chain rule path by path, against backpropagation and against every path multiplied out."""

import math
from itertools import product

import numpy as np
import pytest

from core.paths import Paths, gradient_by_sample, path_through, strongest_paths
from core.places import bias_index, weight_index
from tests.core.probing import WITHOUT_NORM, Asked, asked

ALL = 10_000


def paths_of(case: Asked, index: int, count: int = ALL, sample: int = 0) -> Paths:
    return strongest_paths(*case.what, index, count, sample=sample, **case.keywords)


@pytest.mark.parametrize("kind", WITHOUT_NORM)
@pytest.mark.parametrize("activation", ["tanh", "relu", "sine"])
def test_all_paths_of_all_samples_add_up_to_the_gradient(kind: str, activation: str) -> None:
    case = asked(kind, activation)
    gradient = case.gradient
    for index in range(0, len(gradient), 3):
        each = [paths_of(case, index, sample=sample) for sample in range(len(case.x))]
        assert all(len(found.paths) == found.n_paths for found in each)
        floor = 1e-15 * sum(found.magnitude for found in each)
        total = math.fsum(found.total for found in each)
        assert total == pytest.approx(gradient[index], rel=1e-12, abs=floor)
        parts = gradient_by_sample(*case.what, index, **case.keywords)
        np.testing.assert_allclose([found.gradient for found in each], parts, 1e-12)
        np.testing.assert_allclose([found.total for found in each], parts, 1e-12, 10 * floor)


def test_one_path_by_hand() -> None:
    # x = 2, h_1 = 2 W = 3, z_2 = 3 · 4 = 12, y = 10: dloss/dz = 2 (12 - 10) = 4
    case = asked(activation="identity", sizes=(1, 1, 1), loss="mse", batch=1)
    first, last = case.network.layers
    first.w[...], first.b[...], last.w[...], last.b[...] = 1.5, 0, 4, 0
    found = strongest_paths(
        case.network, case.loss, np.array([[2.0]]), np.array([[10.0]]), 0
    ).paths[0]
    assert [(f.name, f.value, f.product) for f in found.factors] == [
        ("x[0]", 2, 2),
        ("φ'(u_1)[0]", 1, 2),
        ("W_2[0, 0]", 4, 8),
        ("∂loss/∂z_2[0]", 4, 32),
    ]


def test_the_names_of_a_longer_path() -> None:
    case = asked("dropout", sizes=(3, 4, 4, 2))
    index = weight_index(case.network, 2, 1, 3)
    (path,) = path_through(*case.what, index, [1], **case.keywords).paths
    names = ["h_1[1]", "mask φ'(u_2)[3]", "W_3[3, 1]", "∂loss/∂z_3[1]"]
    assert [f.name for f in path.factors] == names
    assert path.units == (3, 1)
    index = bias_index(case.network, 3, 1)
    (path,) = path_through(*case.what, index, [], **case.keywords).paths
    assert [f.name for f in path.factors] == ["∂loss/∂z_3[1]"]


@pytest.mark.parametrize("index", [0, 5, 20])
def test_the_strongest_are_those_of_every_path_multiplied_out(index: int) -> None:
    case = asked(activation="gelu", seed=3)
    column = index % 4 if index < 12 else (index - 12) % 4
    later = case.network.sizes[2 if index < 12 else 3 :]
    products = {
        (column, *units): path_through(*case.what, index, units, sample=2).paths[0].product
        for units in product(*(range(n) for n in later))
    }
    ranked = sorted(products, key=lambda units: -abs(products[units]))
    found = paths_of(case, index, 7, sample=2)
    assert [path.units for path in found.paths] == ranked[:7]
    assert found.n_paths == len(products)
    share = sum(abs(products[units]) for units in ranked[:7]) / sum(map(abs, products.values()))
    assert found.share == pytest.approx(share, rel=1e-12)
    assert paths_of(case, index, 1, sample=2).paths == found.paths[:1]


def test_residual_connections_are_ways_too() -> None:
    case = asked("residual", sizes=(3, 4, 4, 4, 2))
    found = paths_of(case, 1)
    assert found.n_paths == 5 * 5 * 2
    assert len({(path.units, path.around) for path in found.paths}) == 50
    around = next(path for path in found.paths if path.around == (2, 3))
    (again,) = path_through(*case.what, 1, around.units[1:], (2, 3)).paths
    assert again == around
    assert [f.name for f in around.factors][2:4] == ["residual_2[1]", "residual_3[1]"]
    with pytest.raises(ValueError, match="units: received 2; allowed: 1"):
        path_through(*case.what, 1, [2, 2, 0], [2])
    with pytest.raises(ValueError, match="around: received 4"):
        path_through(*case.what, 1, [1, 1, 0], [4])


def test_dead_units_end_all_paths() -> None:
    case = asked(activation="relu")
    case.network.layers[1].b[...] = -100
    found = paths_of(case, 0, 3)
    assert (found.gradient, found.magnitude, found.total) == (0, 0, 0)
    assert math.isnan(found.share)


def test_the_strongest_of_a_deep_network_are_found_at_once() -> None:
    case = asked(sizes=(3, *[16] * 40, 2))
    found = paths_of(case, 0, 50)
    assert found.n_paths == 16**39 * 2
    products = [abs(path.product) for path in found.paths]
    assert products == sorted(products, reverse=True)
    assert 0 < found.share < 1
    assert len(found.paths[0].factors) == 2 + 2 * 39 + 2


def test_single_precision_is_multiplied_in_double() -> None:
    case = asked(dtype=np.float32)
    gradient = case.gradient
    assert gradient_by_sample(*case.what, 2).sum() == pytest.approx(gradient[2], rel=1e-4)
    found = paths_of(case, 2)
    assert found.total == pytest.approx(found.gradient, rel=1e-12)


def test_what_has_no_paths_says_why() -> None:
    for kind in ("batch norm", "layer norm"):
        with pytest.raises(ValueError, match=r"norm: received .* more than the units of a path"):
            strongest_paths(*asked(kind).what, 0)
    case = asked()
    with pytest.raises(ValueError, match="sample: received 5"):
        paths_of(case, 0, sample=5)
    with pytest.raises(ValueError, match="count: received 0"):
        paths_of(case, 0, 0)
    with pytest.raises(ValueError, match="index: received -1"):
        paths_of(case, -1)
    with pytest.raises(ValueError, match="units: received"):
        path_through(*case.what, 0, [1, 1])
    with pytest.raises(ValueError, match="units: received 3"):
        path_through(*case.what, 0, [3, 3, 1])
