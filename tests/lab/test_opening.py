"""Opening files: the session waits for no reading, and does what a person asked for last."""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import lab.opening
from lab.commands import Play, ReadFile, Save, Start, Stop, worth_obeying
from lab.run import Phase, Run
from lab.runfile import read_run, write_run
from lab.spec import Spec
from tests.lab.making import WILD, run_of, spec_of, wait_until
from tests.lab.test_session import Desk


class Reading:
    """Reading a file takes until `go_on` is set; `begun` counts how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.go_on = threading.Event()

    def read(self, path: Path) -> Run:
        self.begun += 1
        assert threading.current_thread().name == "training"
        assert self.go_on.wait(20)
        return read_run(path)


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reading]:
    reading = Reading()
    monkeypatch.setattr(lab.opening, "read_run", reading.read)
    yield reading
    reading.go_on.set()


@pytest.fixture
def open_desk(reading: Reading) -> Iterator[Callable[[Spec], Desk]]:
    desks: list[Desk] = []

    def make(spec: Spec) -> Desk:
        desks.append(Desk(spec))
        desks[-1].wait_for_start()
        desks[-1].said.clear()
        return desks[-1]

    yield make
    reading.go_on.set()
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(open_desk: Callable[[Spec], Desk]) -> Desk:
    return open_desk(spec_of())


def stored(path: Path, depth: int, steps: int) -> Path:
    write_run(path, run_of({"network.depth": depth}, steps=steps))
    return path


@pytest.fixture
def five(tmp_path: Path) -> Path:
    return stored(tmp_path / "five.safetensors", 5, 7)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    return stored(tmp_path / "two.safetensors", 2, 4)


def depth(desk: Desk) -> int:
    value: int = desk.session.spec.value("network.depth")
    return value


def begin(desk: Desk, reading: Reading, path: Path) -> None:
    """Open a file and wait until its reading is under way."""
    begun = reading.begun
    desk.session.open(path)
    wait_until(lambda: reading.begun > begun, "the reading")


def go_on(desk: Desk, reading: Reading) -> None:
    """Let the reading end, and everything that comes of it."""
    reading.go_on.set()
    desk.session.save(Path("/nowhere/at all"))
    desk.wait(lambda: desk.heard("save_failed"), "an answer to what was asked afterwards")


def test_nothing_waits_for_a_slow_reading_and_nothing_changes_before(
    desk: Desk, reading: Reading, five: Path
) -> None:
    begin(desk, reading, five)
    desk.session.poll()
    assert {name for name, _ in desk.said} <= {"frame_arrived"}
    assert (depth(desk), desk.session.saved_step) == (3, None)
    reading.go_on.set()
    desk.wait(lambda: desk.heard("run_started"), "the opened run")
    assert (depth(desk), desk.session.saved_step) == (5, 7)
    assert desk.heard("opened") == [five]
    assert desk.history_length == 7


def test_of_two_files_the_last_is_opened(
    desk: Desk, reading: Reading, five: Path, two: Path
) -> None:
    begin(desk, reading, five)
    desk.session.open(two)
    reading.go_on.set()
    desk.wait(lambda: desk.heard("opened"), "the opened run")
    assert (desk.heard("opened"), depth(desk)) == ([two], 2)


def test_of_two_files_the_last_counts_even_when_it_is_none(
    desk: Desk, reading: Reading, five: Path, tmp_path: Path
) -> None:
    begin(desk, reading, five)
    desk.session.open(tmp_path / "none")
    reading.go_on.set()
    desk.wait(lambda: desk.heard("open_failed"), "the refusal")
    assert not desk.heard("opened")
    assert depth(desk) == 3


@pytest.mark.parametrize("path", ["network.depth", "training.learning_rate"])
def test_a_change_of_the_experiment_gives_the_opening_up(
    desk: Desk, reading: Reading, five: Path, path: str
) -> None:
    begin(desk, reading, five)
    changed = desk.session.spec.with_values({path: 1})
    desk.session.set_spec(changed)
    go_on(desk, reading)
    assert desk.session.spec == changed
    assert not desk.heard("opened")
    sentence = "five.safetensors is not opened: the experiment was changed meanwhile."
    assert desk.heard("refused") == [sentence]


def test_a_prepared_experiment_asked_for_later_wins(
    desk: Desk, reading: Reading, five: Path
) -> None:
    begin(desk, reading, five)
    desk.session.load(spec_of({"network.depth": 1}))
    go_on(desk, reading)
    assert (depth(desk), desk.heard("opened")) == (1, [])


def test_what_is_pressed_meanwhile_is_for_the_run_to_come(
    desk: Desk, reading: Reading, five: Path
) -> None:
    begin(desk, reading, five)
    desk.session.take_step()
    desk.session.take_step()
    reading.go_on.set()
    desk.wait(lambda: depth(desk) == 5 and desk.step == 9, "two more steps")
    assert desk.session.phase is Phase.PAUSED


def test_a_run_that_was_playing_does_not_make_the_opened_one_play(
    desk: Desk, reading: Reading, five: Path
) -> None:
    desk.session.play()
    desk.wait_for_step(5)
    begin(desk, reading, five)
    reading.go_on.set()
    desk.wait(lambda: depth(desk) == 5 and desk.session.frame, "the opened run")
    desk.session.take_step()
    desk.wait(lambda: desk.session.phase is Phase.PAUSED and desk.step == 8, "one step")


def test_after_a_divergence_what_is_pressed_is_still_for_the_run_to_come(
    open_desk: Callable[[Spec], Desk], reading: Reading, five: Path
) -> None:
    desk = open_desk(spec_of(WILD))
    desk.session.play()
    desk.wait_for_phase(Phase.DIVERGED)
    begin(desk, reading, five)
    desk.session.play()
    reading.go_on.set()
    desk.wait(lambda: depth(desk) == 5 and desk.step > 9, "the opened run at work")


def test_what_is_pressed_while_a_bad_file_is_read_is_for_the_run_that_stays(
    desk: Desk, reading: Reading, tmp_path: Path
) -> None:
    begin(desk, reading, tmp_path / "none")
    desk.session.take_step()
    reading.go_on.set()
    desk.wait(lambda: desk.heard("open_failed") and desk.step == 1, "one step")


def test_a_diverged_run_stays_as_it_is_when_a_bad_file_was_to_be_played(
    open_desk: Callable[[Spec], Desk], reading: Reading, tmp_path: Path
) -> None:
    desk = open_desk(spec_of(WILD))
    desk.session.play()
    desk.wait_for_phase(Phase.DIVERGED)
    begin(desk, reading, tmp_path / "none")
    desk.session.play()
    reading.go_on.set()
    desk.wait(lambda: desk.heard("open_failed"), "the refusal")
    assert desk.session.phase is Phase.DIVERGED
    desk.said.clear()
    desk.session.toggle()
    desk.wait(lambda: desk.heard("run_started"), "the run that starts again")


def test_a_session_that_closes_opens_nothing(desk: Desk, reading: Reading, five: Path) -> None:
    begin(desk, reading, five)
    desk.session.close()
    reading.go_on.set()
    desk.wait(lambda: desk.session.closed, "the end of the thread")
    desk.session.poll()
    assert not desk.heard("opened")


def test_an_unexpected_error_is_one_sentence_and_in_the_log(
    desk: Desk, five: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_path: Path) -> Run:
        raise MemoryError("too\nmuch")

    monkeypatch.setattr(lab.opening, "read_run", fail)
    with caplog.at_level(logging.ERROR):
        desk.session.open(five)
        desk.wait(lambda: desk.heard("open_failed"), "the refusal")
    assert desk.heard("open_failed") == [(five, "five.safetensors cannot be opened: too much.")]
    assert "could not be read" in caplog.text


def test_only_the_last_of_several_files_is_worth_reading() -> None:
    first, second = ReadFile(Path("a")), ReadFile(Path("a"))
    assert worth_obeying([first, Play(), second]) == [Play(), second]
    assert worth_obeying([first, Stop()]) == [Stop()]
    assert worth_obeying([first, a_start()])[0] is not first
    save = Save(Path("x"))
    assert worth_obeying([Play(), first, save]) == [Play(), first, save]


def a_start() -> Start:
    return Start(1, lambda _run_id: run_of(), playing=False)
