"""Where the parameters lie: every number belongs to one layer and to one piece."""

import copy
import pickle
from collections.abc import Callable
from itertools import accumulate, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.arrays import CACHE_LINE, aligned_zeros
from core.layout import PIECE, blocks_of
from core.network import Network
from core.normalization import NORMS
from tests.core.engines import random_network

TANH = ACTIVATIONS["tanh"]


def network_of(sizes: list[int], runs: tuple[int, ...] = ()) -> Network:
    return Network(sizes, [TANH] * (len(sizes) - 2), np.float64, runs)


some_sizes = st.lists(
    st.one_of(st.integers(1, 9), st.sampled_from([8, 300])), min_size=2, max_size=8
)


@settings(max_examples=50)
@given(some_sizes, st.sampled_from([(), (2,), (2, 3)]))
def test_layers_share_the_flat_vectors_without_overlap(
    sizes: list[int], runs: tuple[int, ...]
) -> None:
    network = network_of(sizes, runs)
    count = sum(a * b + b for a, b in pairwise(sizes))
    assert network.parameters.shape == network.gradient.shape == (*runs, count)
    assert len(network.layers) == len(sizes) - 1
    network.parameters[...] = np.arange(count)
    network.gradient[...] = -network.parameters
    seen: list[float] = []
    for layer, (n_in, n_out) in zip(network.layers, pairwise(sizes), strict=True):
        assert layer.w.shape == (*runs, n_in, n_out)
        assert layer.b.shape == (*runs, n_out)
        assert np.array_equal(layer.d_w, -layer.w)
        assert np.array_equal(layer.d_b, -layer.b)
        first = (0,) * len(runs)
        seen += [*layer.w[first].ravel().tolist(), *layer.b[first].tolist()]
    assert sorted(seen) == list(range(count))


@settings(max_examples=50)
@given(some_sizes)
def test_pieces_cover_the_flat_vector_and_the_layers_once(sizes: list[int]) -> None:
    network = network_of(sizes)
    end = 0
    seen, columns = np.zeros(network.parameters.size), 0
    starts = list[int]()
    for piece in network.layout.pieces:
        assert piece.span.start == end
        end = piece.span.stop
        for block, start, length, stride in piece.stretches:
            assert block.first == columns
            for index in range(block.count):
                starts.append(start + index * stride)
                seen[starts[-1] : starts[-1] + length] += 1
            columns += block.count
            assert start + block.count * stride <= end
            assert start + block.count * stride - piece.span.start <= PIECE + max(sizes)
    assert end == network.parameters.size
    for views in network.layout.views(seen):
        assert (views.w == 1).all()
        assert not views.b.any()
    areas = [(n_in + 1) * n_out for n_in, n_out in pairwise(sizes)]
    assert [starts[column] for column in network.layout.columns] == [*accumulate([0, *areas[:-1]])]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1,), (17,), (2, 3, 5), (3, 16)])
def test_rows_start_at_cache_lines(shape: tuple[int, ...], dtype: type[np.floating]) -> None:
    zeros = aligned_zeros(shape, dtype)
    assert zeros.shape == shape
    assert zeros.dtype == dtype
    assert not zeros.any()
    for row in np.ndindex(shape[:-1]):
        assert zeros[row].ctypes.data % CACHE_LINE == 0


def test_blocks_are_equal_neighbours() -> None:
    blocks = [(block.first, block.count) for block in blocks_of(["a", "a", "b", "a", "a", "a"])]
    assert blocks == [(0, 2), (2, 1), (3, 3)]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_network_needs_one_activation_per_hidden_layer(count: int) -> None:
    with pytest.raises(ValueError, match=r"activations: .* one per hidden layer, 2"):
        Network((2, 3, 3, 1), [TANH] * count)


def test_a_prediction_has_one_row_per_sample_in_every_run() -> None:
    network = network_of([3, 5, 5, 2], (4,))
    network.parameters[...] = np.random.default_rng(1).standard_normal(network.parameters.shape)
    x = np.random.default_rng(2).standard_normal((6, 3))
    z = network.predict(x)
    assert z.shape == (4, 6, 2)
    first, second, last = network.layers
    h = np.tanh(np.tanh(x @ first.w[1] + first.b[1]) @ second.w[1] + second.b[1])
    np.testing.assert_allclose(z[1], h @ last.w[1] + last.b[1], 1e-12)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda network: pickle.loads(pickle.dumps(network))]
)
def test_a_copy_is_a_network_of_its_own(copied: Callable[[Network], Network]) -> None:
    own = Network(
        (3, 4, 4, 2), ["relu", "tanh"], "float16", (2,), norm="batch", residual=True, dropout=0.25
    )
    rng = np.random.default_rng(3)
    own.memory[...] = rng.standard_normal(own.memory.shape)
    own.running[...] = rng.random(own.running.shape)
    other = copied(own)
    for name in ("sizes", "activations", "dtype", "runs", "norm", "residual", "dropout"):
        assert getattr(other, name) == getattr(own, name)
    assert other.precision.name == "float16"
    assert np.array_equal(other.memory, own.memory)
    assert np.array_equal(other.running, own.running)
    before = own.parameters.copy()
    for layer in other.layers:
        layer.w.fill(7)
    assert (other.parameters == 7).sum() == 2 * (12 + 16 + 8)
    assert np.array_equal(own.parameters, before)


@pytest.mark.parametrize("norm", NORMS)
def test_parameters_by_kind_are_all_of_them_in_the_order_of_files(norm: str) -> None:
    network = random_network((3, 4, 4, 2), "tanh", 1, norm=norm)
    found = network.parameters[network.layout.by_kind()]
    layers = network.layers
    parts = [layer.w for layer in layers] + [layer.b for layer in layers]
    if norm != "none":
        parts += [x.scale for x in layers if x.scale is not None]
        parts += [x.shift for x in layers if x.shift is not None]
    np.testing.assert_array_equal(found, np.concatenate([part.ravel() for part in parts]))
