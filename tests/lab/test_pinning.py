"""Pinning with the real thread: live runs, runs from files, and whatever can go wrong with them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lab.pinning
from lab.commands import Pause, PinFile, PinRun, Play, Stop, worth_obeying
from lab.pins import LONGEST_NAME, LONGEST_NOTE, MOST_PINS, Label, Pin, PinError
from lab.runfile import SUFFIX, read_run, write_run
from lab.session import Session
from tests.lab.making import run_of, spec_of, wait_until

STEPS = 12


class Desk:
    """A session that has taken some steps, and what was said about pins."""

    def __init__(self, folder: Path) -> None:
        self.session = Session(spec_of({"network.depth": 4}))
        self.session.board.folder = folder
        self.failures: list[str] = []
        self.pinned: list[Pin] = []
        self.changes = 0
        self.session.pin_failed.connect(self.failures.append)
        self.session.pinned.connect(self.pinned.append)
        self.session.pins_changed.connect(self._on_change)

    def _on_change(self) -> None:
        self.changes += 1

    def wait(self, condition: Callable[[], object], what: str) -> None:
        wait_until(condition, what, self.session.poll)

    def take_steps(self, count: int) -> None:
        session = self.session
        before = session.frame.step if session.frame else 0
        for _ in range(count):
            session.take_step()
        self.wait(lambda: session.frame and session.frame.step == before + count, "the steps")

    def pin(self, **words: Any) -> Pin:
        count = len(self.pinned)
        self.session.pin(Label(**words))
        self.wait(lambda: len(self.pinned) > count, "the pin")
        return self.pinned[-1]

    def pin_file(self, path: Path, **words: Any) -> Pin:
        count = len(self.pinned)
        self.session.board.pin_file(path, Label(**words))
        self.wait(lambda: len(self.pinned) > count, "the pin")
        return self.pinned[-1]

    def failure_of_file(self, path: Path) -> str:
        count = len(self.failures)
        self.session.board.pin_file(path)
        self.wait(lambda: len(self.failures) > count, "a reason")
        return self.failures[-1]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "pins")
    made.take_steps(STEPS)
    yield made
    made.session.close()
    made.wait(lambda: made.session.closed, "the end of the thread")


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / f"a deep one{SUFFIX}"
    write_run(path, run_of({"network.depth": 9}, steps=STEPS))
    return path


def test_a_live_pin_is_the_run_as_it_is_and_no_longer_grows(desk: Desk) -> None:
    pin = desk.pin()
    assert (pin.place, pin.steps, pin.spec) == (0, STEPS, desk.session.spec)
    assert pin.name == "4×6 tanh"
    assert desk.session.pins == (pin,)
    desk.take_steps(3)
    assert pin.steps == STEPS


def test_a_live_pin_is_written_to_a_file_that_holds_the_same(desk: Desk) -> None:
    pin = desk.pin()
    assert pin.path is not None
    assert pin.path.parent == desk.session.board.folder
    run = read_run(pin.path)
    assert run.spec == pin.spec
    np.testing.assert_array_equal(
        run.history.series("loss", 99).mean, pin.history.series("loss", 99).mean
    )


def test_a_pin_is_asked_for_before_the_run_that_replaces_it(desk: Desk) -> None:
    desk.session.pin()
    desk.session.set_spec(spec_of({"network.depth": 7}))
    desk.wait(lambda: desk.pinned, "the pin")
    assert desk.pinned[0].spec.network.depth == 4
    assert desk.pinned[0].steps == STEPS


def test_a_run_without_steps_cannot_be_pinned(desk: Desk) -> None:
    desk.session.reset()
    desk.wait(lambda: desk.session.frame and desk.session.frame.step == 0, "the new start")
    with pytest.raises(PinError, match="no steps yet"):
        desk.session.pin()


def test_a_run_replaced_by_one_without_steps_is_not_mistaken_for_it(desk: Desk) -> None:
    desk.session.reset()
    with pytest.raises(PinError, match="no steps yet"):
        desk.session.pin()  # before the window has heard of the new start
    assert not desk.session.pins


def test_a_run_from_a_file_leaves_the_bench_alone(desk: Desk, stored: Path) -> None:
    history, spec = desk.session.history, desk.session.spec
    pin = desk.pin_file(stored)
    assert (pin.name, pin.path, pin.steps) == ("a deep one", stored, STEPS)
    assert pin.spec.network.depth == 9
    assert (desk.session.history, desk.session.spec) == (history, spec)
    assert desk.session.frame is not None
    assert desk.session.frame.step == STEPS


def damaged(path: Path) -> Path:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    return path


def cut_short(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-9])
    return path


def gone(path: Path) -> Path:
    path.unlink()
    return path


def foreign(path: Path) -> Path:
    path.write_text("hello")
    return path


@pytest.mark.parametrize("harm", [damaged, cut_short, gone, foreign])
def test_a_file_that_cannot_be_read_is_said_in_one_sentence(
    harm: Callable[[Path], Path], desk: Desk, stored: Path
) -> None:
    said = desk.failure_of_file(harm(stored))
    assert said.startswith(f"{stored.name} cannot be opened: ")
    assert said.count("\n") == 0
    assert said.endswith(".")
    assert not desk.session.pins
    desk.pin()  # the place is free again, the run unharmed


def test_a_file_without_steps_is_refused(desk: Desk, tmp_path: Path) -> None:
    write_run(tmp_path / "new", run_of())
    assert desk.failure_of_file(tmp_path / "new") == "new has no steps to compare with."


def test_an_error_that_nobody_expects_harms_no_run(
    desk: Desk, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(lab.pinning, "read_record", fail)
    assert desk.failure_of_file(stored) == f"{stored.name} cannot be pinned: boom."
    assert not desk.session.phase.over


def test_a_live_pin_that_cannot_be_written_is_kept_and_said(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    desk.session.board.folder = tmp_path / "file"
    pin = desk.pin()
    assert pin.path is None
    assert pin.steps == STEPS
    (said,) = desk.failures
    assert "pinned for now only" in said


def test_the_ninth_is_refused_in_one_sentence(desk: Desk, stored: Path) -> None:
    for _ in range(MOST_PINS):
        desk.session.pin()  # not waited for: what is under way takes a place too
    with pytest.raises(PinError, match="8 places"):
        desk.session.pin()
    with pytest.raises(PinError, match="8 places"):
        desk.session.board.pin_file(stored)
    desk.wait(lambda: len(desk.pinned) == MOST_PINS, "eight pins")
    assert [pin.place for pin in desk.session.pins] == [*range(MOST_PINS)]
    assert len({pin.name for pin in desk.session.pins}) == MOST_PINS
    assert len({pin.path for pin in desk.session.pins}) == MOST_PINS
    desk.session.board.unpin(3)
    assert desk.pin_file(stored).place == 3


def test_one_that_was_removed_comes_back_to_its_place_if_it_is_free(desk: Desk) -> None:
    first, second = desk.pin(), desk.pin()
    assert desk.session.board.unpin(0) is first
    assert desk.session.pins == (second,)
    assert desk.session.board.put_back(first).place == 0
    assert [pin.place for pin in desk.session.pins] == [0, 1]
    removed = desk.session.board.unpin(0)
    desk.pin()
    assert desk.session.board.put_back(removed).place == 2


def test_words_and_eye_can_be_changed(desk: Desk) -> None:
    pin = desk.pin(name="one", note="first", visible=False)
    assert (pin.name, pin.note, pin.visible) == ("one", "first", False)
    changes = desk.changes
    desk.session.board.change(0, name="  two\nlines ", note="n" * 999, visible=True)
    (new,) = desk.session.pins
    assert (new.name, new.visible, len(new.note)) == ("two lines", True, LONGEST_NOTE)
    assert new.history is pin.history
    assert desk.changes == changes + 1
    desk.session.board.change(0, name="x" * 999)
    assert len(desk.session.pins[0].name) == LONGEST_NAME


@pytest.mark.parametrize("name", ["", "  \n"])
def test_an_empty_name_is_refused(name: str, desk: Desk) -> None:
    desk.pin(name="mine")
    with pytest.raises(PinError, match="still called “mine”"):
        desk.session.board.change(0, name=name)
    assert desk.session.pins[0].name == "mine"


def test_what_is_pinned_is_worth_obeying() -> None:
    run, file = PinRun(None, Label()), PinFile(Path("x"), Label())
    assert worth_obeying([Play(1), run, Pause(), Stop()]) == [Play(1), run, Stop()]
    assert worth_obeying([Play(1), file, Pause(), Stop()]) == [file, Stop()]
