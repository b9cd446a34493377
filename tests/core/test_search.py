"""Random search keeps only what is not worse, and finds its step by itself."""

import math

import numpy as np
import pytest

from core.arrays import Array
from core.search import GROWTH, RandomSearch


def sphere(point: Array) -> float:
    return float(point @ point)


def search_of(step: float = 0.1, size: int = 10) -> RandomSearch:
    return RandomSearch(sphere, np.ones(size), np.random.default_rng(0), step)


def test_it_only_goes_down_and_says_where_it_is() -> None:
    search, losses = search_of(), [10.0]
    for _ in range(200):
        before = search.point.copy()
        kept = search.try_once()
        assert search.loss == sphere(search.point)
        assert kept != np.array_equal(search.point, before)
        losses.append(search.loss)
    assert losses == sorted(losses, reverse=True)
    assert (search.tries, search.kept) == (200, len(set(losses)) - 1)


@pytest.mark.parametrize("step", [1e-6, 1e3])
def test_whatever_its_first_step_it_finds_the_minimum(step: float) -> None:
    search = search_of(step)
    for _ in range(2000):
        search.try_once()
    assert search.loss < 1e-6
    assert search.kept / search.tries == pytest.approx(1 / 5, abs=0.05)


def test_the_one_fifth_rule() -> None:
    search = search_of()
    for _ in range(50):
        before = search.step
        factor = GROWTH if search.try_once() else GROWTH ** (-1 / 4)
        assert search.step == pytest.approx(before * factor)


def test_its_start_is_not_changed() -> None:
    start = np.ones(10)
    search = RandomSearch(sphere, start, np.random.default_rng(0), 1.0)
    while not search.try_once():
        pass
    assert np.array_equal(start, np.ones(10))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_is_never_kept(bad: float) -> None:
    losses = iter([1.0, bad, 0.5, bad])
    search = RandomSearch(lambda _: next(losses), np.ones(2), np.random.default_rng(0), 1.0)
    assert [search.try_once() for _ in range(3)] == [False, True, False]
    assert search.loss == 0.5


def test_from_a_start_that_is_not_finite_it_finds_its_way() -> None:
    losses = iter([math.nan, math.nan, 7.0])
    search = RandomSearch(lambda _: next(losses), np.ones(2), np.random.default_rng(0), 1.0)
    assert [search.try_once() for _ in range(2)] == [False, True]
    assert search.loss == 7.0


@pytest.mark.parametrize("step", [0.0, -1.0, math.nan])
def test_a_step_must_be_above_zero(step: float) -> None:
    with pytest.raises(ValueError, match="step"):
        search_of(step)
