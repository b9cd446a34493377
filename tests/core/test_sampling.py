"""The order of the samples: every one once per epoch; a stored order goes on as it would."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sampling import BatchOrder


def order_of(n: int, seeds: tuple[int, ...] = (1,), runs: tuple[int, ...] = ()) -> BatchOrder:
    return BatchOrder(n, [np.random.default_rng(seed) for seed in seeds], runs)


sizes_and_batches = st.integers(1, 40).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.integers(1, n), min_size=1, max_size=30))
)


@given(sizes_and_batches)
def test_every_sample_is_seen_once_per_epoch(drawn: tuple[int, list[int]]) -> None:
    n, batches = drawn
    order = order_of(n)
    taken = [order.take(batch) for batch in batches]
    assert [len(indices) for indices in taken] == batches
    seen = np.concatenate(taken)
    for start in range(0, len(seen), n):
        epoch = seen[start : start + n]
        assert len(set(epoch.tolist())) == len(epoch)
        assert set(epoch.tolist()) <= set(range(n))


@given(sizes_and_batches, st.integers(0, 30))
def test_a_restored_order_goes_on(drawn: tuple[int, list[int]], pause: int) -> None:
    n, batches = drawn
    whole, first = order_of(n), order_of(n)
    expected = [whole.take(batch).tolist() for batch in batches]
    found = [first.take(batch).tolist() for batch in batches[:pause]]
    resumed = order_of(n, seeds=(77,))
    resumed.restore(first.state())
    found += [resumed.take(batch).tolist() for batch in batches[pause:]]
    assert found == expected


def test_a_state_is_not_changed_by_what_follows() -> None:
    order = order_of(10)
    order.take(3)
    state = order.state()
    following = [order.take(7).tolist() for _ in range(4)]
    order.restore(state)
    assert [order.take(7).tolist() for _ in range(4)] == following


def test_epochs_differ_and_so_do_runs() -> None:
    order = order_of(50, (1, 2, 3, 4, 5, 6), (2, 3))
    first, second = order.take(50), order.take(50)
    assert first.shape == (2, 3, 50)
    rows = np.concatenate([first.reshape(6, 50), second.reshape(6, 50)])
    assert len({tuple(row) for row in rows.tolist()}) == 12
    assert np.array_equal(np.sort(rows), np.tile(np.arange(50), (12, 1)))


def test_every_place_in_an_epoch_is_as_likely() -> None:
    order, n, epochs = order_of(5), 5, 4000
    counts = np.zeros((n, n))
    for _ in range(epochs):
        counts[np.arange(n), order.take(n)] += 1
    assert abs(counts / epochs - 1 / n).max() < 0.03  # five standard deviations


def test_a_stored_order_of_other_data_is_refused() -> None:
    order = order_of(10)
    state = order.state()
    before = order.take(4).tolist()
    wrong = [
        {**state, "permutation": np.arange(9)},
        {**state, "permutation": np.zeros(10, int)},
        {**state, "position": 11},
        {**state, "position": -1},
        {**state, "generators": []},
    ]
    for stored in wrong:
        with pytest.raises(ValueError, match=r"."):
            order.restore(stored)
    order.restore(state)
    assert order.take(4).tolist() == before


def test_what_is_given_back_comes_again() -> None:
    order, other = (order_of(10, (1, 2), (2,)) for _ in range(2))
    batches = [order.take(4).copy() for _ in range(2)]
    order.give_back(batches[1])
    state, part = order.state(), order.state(slice(1, 2))
    assert np.array_equal(part["given_back"], batches[1][1:])
    other.restore(state)
    for one in (order, other):
        assert np.array_equal(one.take(4), batches[1])
    following = order.take(4).copy()
    assert np.array_equal(other.take(4), following)


@pytest.mark.parametrize("batch", [1, 3, 5, 9])
def test_of_what_is_given_back_nothing_is_lost_in_batches_of_another_size(batch: int) -> None:
    order, usual = (order_of(10, (1, 2), (2,)) for _ in range(2))
    order.take(4)
    order.give_back(order.take(4))
    usual.take(4)
    rest = np.concatenate([order.take(batch).copy() for _ in range(10)], axis=-1)
    expected = np.concatenate([usual.take(1).copy() for _ in range(10 * batch)], axis=-1)
    assert np.array_equal(rest, expected)


@pytest.mark.parametrize(
    "indices", [[1, 2], [[1], [10]], [[-1], [2]], [[0.5], [1.0]], [[], []], [[0] * 11] * 2, "ab"]
)
def test_what_cannot_have_been_given_back_is_refused(indices: object) -> None:
    order = order_of(10, (1, 2), (2,))
    with pytest.raises(ValueError, match="the stored samples of the next step"):
        order.restore({**order.state(), "given_back": indices})
