"""Histograms count every value once, whatever it is, and their bins are where NumPy puts them."""

import warnings

import numpy as np
import pytest

from core.arrays import Array
from core.histograms import histograms

BINS = 20
LARGEST = np.finfo(np.float64).max
SMALLEST = np.finfo(np.float64).smallest_subnormal


def drawn(*scales: float) -> list[Array]:
    rng = np.random.default_rng(3)
    return [scale * rng.standard_normal((40, 8)) for scale in scales]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_own_ranges_are_those_of_numpy(dtype: type) -> None:
    layers: list[Array] = [values.astype(dtype) for values in drawn(1, 1e-6, 300)]
    found = histograms(layers, BINS, shared=False)
    for index, values in enumerate(layers):
        counts, edges = np.histogram(values.astype(np.float64), BINS)
        np.testing.assert_allclose(found.edges[index], edges, rtol=1e-12, atol=1e-18)
        np.testing.assert_array_equal(found.counts[index], counts)
        assert found.extremes[index].tolist() == [values.min(), values.max()]


def test_one_range_holds_all_layers() -> None:
    layers = drawn(1, 0.1, 5)
    found = histograms(layers, BINS, shared=True)
    every = np.concatenate([values.ravel() for values in layers])
    for index, values in enumerate(layers):
        counts, edges = np.histogram(values, BINS, (every.min(), every.max()))
        np.testing.assert_allclose(found.edges[index], edges, rtol=1e-12, atol=1e-15)
        np.testing.assert_array_equal(found.counts[index], counts)


def test_the_largest_value_is_in_the_last_bin() -> None:
    found = histograms([np.arange(5.0)], 4, shared=False)
    assert found.counts.tolist() == [[1, 1, 1, 2]]


def test_zero_nan_and_infinity_are_counted_apart() -> None:
    values = np.array([[0, -0.0, np.nan, np.inf], [-np.inf, np.nan, 1, 2], [np.nan, 0, 4, 4]])
    found = histograms([values], 4, shared=False)
    assert found.sizes.tolist() == [12]
    assert (found.zeros.tolist(), found.nans.tolist(), found.infinities.tolist()) == ([3], [3], [2])
    assert found.counts.tolist() == [[3, 1, 1, 2]]
    assert found.extremes.tolist() == [[0, 4]]


@pytest.mark.parametrize("shared", [False, True])
def test_a_layer_without_a_finite_value_has_an_empty_histogram(shared: bool) -> None:
    found = histograms([np.full(3, np.nan), np.full(2, np.inf)], BINS, shared=shared)
    assert not found.counts.any()
    assert np.isnan(found.extremes).all()
    assert np.isfinite(found.edges).all()
    assert found.infinities.tolist() == [0, 2]


def test_such_a_layer_does_not_touch_the_others_range() -> None:
    found = histograms([np.full(3, np.nan), np.array([1.0, 2.0])], BINS, shared=True)
    assert found.edges[0].tolist() == found.edges[1].tolist()
    assert found.edges[0, [0, -1]].tolist() == [1, 2]


@pytest.mark.parametrize("value", [0.0, 1.0, -7.5, 1e-320, SMALLEST, LARGEST, -LARGEST])
def test_equal_values_are_a_spike_inside_a_widened_range(value: float) -> None:
    found = histograms([np.full(9, value)], BINS, shared=False)
    assert sorted(found.counts[0])[-2:] == [0, 9]
    low, high = found.edges[0, [0, -1]]
    assert low <= value <= high
    assert low < high
    assert np.isfinite(found.edges).all()


def test_values_closer_than_bins_can_be_are_a_spike() -> None:
    found = histograms([np.array([1.0, np.nextafter(1.0, 2)])], BINS, shared=False)
    assert found.edges[0, [0, -1]].tolist() == pytest.approx([0.5, 1.5])
    assert np.ptp(np.flatnonzero(found.counts[0])) <= 1


def test_any_numbers_are_counted_without_a_warning() -> None:
    rng = np.random.default_rng(0)
    special = np.array([0, -0.0, np.nan, np.inf, -np.inf, SMALLEST, -SMALLEST, LARGEST, -LARGEST])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for trial in range(500):
            size = int(rng.integers(1, 30))
            values = rng.standard_normal(size) * 10.0 ** rng.integers(-323, 308, size)
            chosen = rng.random(size) < 0.3 * (trial % 4)
            values[chosen] = rng.choice(special, int(chosen.sum()))
            found = histograms([values, values[:1]], BINS, shared=bool(trial % 2))
            assert np.isfinite(found.edges).all()
            assert (np.diff(found.edges) >= 0).all()
            counted = found.counts.sum(axis=1) + found.nans + found.infinities
            assert counted.tolist() == [size, 1]
