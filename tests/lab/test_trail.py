"""The path of the weights is kept from its start to now, in bounded memory, for each network."""

import numpy as np
import pytest

import lab.trail
from lab.run import Run
from lab.trail import MOST_BYTES, MOST_MOMENTS, Trail
from tests.lab.making import run_of, spec_of


def test_at_first_every_step_is_kept() -> None:
    run = run_of()
    kept = [run.trainer.network.parameters.copy()]
    for _ in range(5):
        run.advance()
        kept.append(run.trainer.network.parameters.copy())
    moments = run.trail.of(0)
    assert [*moments] == [0, 1, 2, 3, 4, 5]
    assert np.array_equal([*moments.values()], kept)


def test_later_ones_are_farther_apart_and_the_start_stays() -> None:
    run = run_of()
    start = run.trainer.network.parameters.copy()
    for taken in range(1, 1200):
        run.advance()
        moments = run.trail.of(0)
        assert len(moments) < MOST_MOMENTS
        assert max(moments) > taken - run.trail.every
    assert run.trail.every == 8
    assert [*moments] == list(range(0, 1200, 8))
    assert np.array_equal(moments[0], start)


def test_a_path_that_begins_late_keeps_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.trail, "MOST_MOMENTS", 8)
    run = run_of(steps=3)
    again = Run(run.spec, trainer=run.trainer, history=run.history)
    for _ in range(40):
        again.advance()
    first, *others = again.trail.of(0)
    assert first == 3
    assert others
    assert not any(step % again.trail.every for step in others)
    assert len(others) < 7


@pytest.mark.parametrize(("count", "expected"), [(1, 256), (4, 4), (5, 0)])
def test_memory_is_bounded(count: int, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of()
    size = run.trainer.network.parameters.nbytes
    most = {1: MOST_BYTES, 4: 4 * size + 1, 5: 4 * size - 1}[count]
    monkeypatch.setattr(lab.trail, "MOST_BYTES", most)
    trail = Trail(run.trainer)
    for _ in range(100):
        run.advance()
        if run.trainer.steps_done % trail.every == 0:
            trail.keep()
        assert len(trail.of(0)) * size <= most
    assert trail.room == (expected or 3)
    assert bool(trail.of(0)) == bool(expected)


def test_a_run_of_a_network_too_large_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.trail, "MOST_BYTES", 1)
    run = run_of(steps=9)
    assert run.trail.of(0) == {}


def test_of_several_networks_each_has_its_own() -> None:
    run = run_of({"network.seeds": 3}, steps=4)
    for seed in range(3):
        moments = run.trail.of(seed)
        assert [*moments] == [0, 1, 2, 3, 4]
        assert np.array_equal(moments[4], run.network(seed).parameters)


def test_the_path_of_one_that_diverged_ends() -> None:
    run = run_of({"network.seeds": 3}, steps=2)
    run.trainer.retired.retire([1])
    for _ in range(3):
        run.advance()
    assert [*run.trail.of(1)] == [0, 1, 2]
    assert [*run.trail.of(2)] == [0, 1, 2, 3, 4, 5]


def test_it_changes_no_bit_of_the_training() -> None:
    spec = spec_of()
    run, other = Run(spec), Run(spec)
    other.trail.every = lab.trail.NEVER
    for _ in range(30):
        run.advance()
        other.advance()
    assert np.array_equal(run.trainer.network.parameters, other.trainer.network.parameters)


@pytest.mark.parametrize("room", [1000, 6, 3])
def test_a_path_is_stored_as_far_as_there_is_room(
    room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of({"network.seeds": 2}, steps=9)
    monkeypatch.setattr(
        lab.trail, "MOST_STORED_BYTES", room * run.trainer.network.parameters.nbytes
    )
    kept = dict(run.trail.of(1))
    arrays, numbers = run.trail.state()
    assert arrays["steps"].tolist() == {1000: [*range(10)], 6: [0, 2, 4, 6, 8], 3: []}[room]
    again = Run(run.spec, trainer=run.trainer, history=run.history)
    assert [*again.trail.of(1)] == [9]
    again.trail.restore(arrays, numbers)
    path = again.trail.of(1)
    assert [*path] == (arrays["steps"].tolist() or [9])
    assert all(np.array_equal(path[step], kept[step]) for step in path)
    again.advance()
    assert 10 in again.trail.of(1)


def test_a_stored_path_ends_where_its_network_diverged() -> None:
    run = run_of({"network.seeds": 3}, steps=2)
    run.trainer.retired.retire([1])
    for _ in range(3):
        run.advance()
    arrays, numbers = run.trail.state()
    again = Run(run.spec, trainer=run.trainer, history=run.history)
    again.trail.restore(arrays, numbers)
    again.advance()
    assert [*again.trail.of(1)] == [0, 1, 2]
    assert [*again.trail.of(2)] == [*range(7)]
