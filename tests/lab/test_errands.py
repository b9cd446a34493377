"""Errands: progress, result, failure, cancelling."""

import threading
from collections.abc import Generator

import pytest

from lab.errands import LONGEST_REST_S, Errand, Errands, Latest

END_S = 60


def poll_until_over(errands: Errands, ended: list[Errand[int]]) -> None:
    for thread in threading.enumerate():
        if thread.name == "errand":
            thread.join(END_S)
    errands.poll()
    assert ended


def test_progress_then_the_result() -> None:
    errands, moved, ended = Errands(), list[float](), list[Errand[int]]()
    gate = threading.Event()
    at_gate = threading.Event()

    def work() -> Generator[float, None, int]:
        yield 0.5
        at_gate.set()
        gate.wait(END_S)
        return 7

    errands.run(work(), moved=moved.append, ended=ended.append)
    assert at_gate.wait(END_S)
    errands.poll()
    assert moved == [0.5]
    assert not errands.over
    gate.set()
    poll_until_over(errands, ended)
    assert ended[0].result == 7
    errands.poll()
    assert len(ended) == 1


def test_a_cancelled_errand_has_no_result() -> None:
    errands, ended = Errands(), list[Errand[int]]()

    def work() -> Generator[float, None, int]:
        while True:
            yield 0.0

    errands.run(work(), moved=float, ended=ended.append)
    errands.cancel()
    poll_until_over(errands, ended)
    assert ended[0].cancelled
    assert ended[0].result is None


def test_a_failure_is_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    errands, ended = Errands(), list[Errand[int]]()

    def work() -> Generator[float, None, int]:
        yield 0.1
        raise ValueError("layer 3 is missing")

    errands.run(work(), moved=float, ended=ended.append)
    poll_until_over(errands, ended)
    assert ended[0].failure == "ValueError: layer 3 is missing"
    assert "an errand failed" in caplog.text


def until_told(gate: threading.Event, result: int) -> Generator[float, None, int]:
    yield 0.5
    while not gate.wait(0.001):
        yield 0.6
    return result


@pytest.mark.parametrize("first_ends", ["before the second", "after it"])
def test_nothing_is_told_of_an_errand_that_another_has_replaced(first_ends: str) -> None:
    errands, moved, ended = Errands(), list[float](), list[Errand[int]]()
    latest, gates = Latest[int](errands), (threading.Event(), threading.Event())
    latest.run(until_told(gates[0], 1), moved=moved.append, ended=ended.append)
    old = latest.errand
    assert old is not None
    latest.run(until_told(gates[1], 2), moved=moved.append, ended=ended.append)
    assert old.cancelled
    if first_ends == "before the second":
        old._thread.join(END_S)
        errands.poll()
        assert not ended
    gates[1].set()
    poll_until_over(errands, ended)
    assert [errand.result for errand in ended] == [2]
    assert latest.errand is None


def test_a_dropped_errand_tells_nothing_and_a_cancelled_one_its_end() -> None:
    errands, ended, gate = Errands(), list[Errand[int]](), threading.Event()
    latest = Latest[int](errands)
    latest.run(until_told(gate, 1), moved=float, ended=ended.append)
    latest.cancel()
    assert latest.errand is not None
    poll_until_over(errands, ended)
    assert ended[0].cancelled
    assert latest.errand is None
    latest.run(until_told(gate, 2), moved=float, ended=lambda _: pytest.fail("it was dropped"))
    latest.drop()
    poll_until_over(errands, ended)
    assert errands.over


def test_polite_errands_rest_between_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    rests = list[float]()
    monkeypatch.setattr("lab.errands.time.sleep", rests.append)

    def work() -> Generator[float, None, int]:
        for done in range(3):
            yield done / 3
        return 1

    for polite in (False, True):
        errands, ended = Errands(), list[Errand[int]]()
        errands.polite = polite
        errands.run(work(), moved=float, ended=ended.append)
        poll_until_over(errands, ended)
        assert len(rests) == (3 if polite else 0)
    assert all(0 < rest <= LONGEST_REST_S for rest in rests)
