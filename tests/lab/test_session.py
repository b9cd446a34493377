"""The session with its real thread: what a person does, and what the views are told of it."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import lab.saving
import lab.session
from core.arrays import Array
from core.measures import QUANTITIES
from core.training import Trainer
from lab.diagnosis import diagnose
from lab.mailbox import Wishes
from lab.moments import Mark
from lab.offers import Offer, cures_for
from lab.predictions import input_square_of
from lab.run import Phase, Run
from lab.runfile import read_run, write_run
from lab.session import Session
from lab.spec import Spec
from tests.lab.making import WILD, losses_of, run_of, spec_of, wait_until


class Desk:
    """A session, what its signals said, and ways to wait."""

    def __init__(self, spec: Spec) -> None:
        self.session = session = Session(spec)
        self.said: list[tuple[str, Any]] = []
        for name in (
            "spec_changed",
            "frame_arrived",
            "phase_changed",
            "saved",
            "opened",
            "failed",
            "refused",
        ):
            getattr(session, name).connect(lambda value, name=name: self.said.append((name, value)))
        for name in ("run_started", "marks_changed"):
            getattr(session, name).connect(lambda name=name: self.said.append((name, None)))
        for name in ("save_failed", "open_failed"):
            getattr(session, name).connect(
                lambda *words, name=name: self.said.append((name, words))
            )

    def heard(self, name: str) -> list[Any]:
        return [value for said, value in self.said if said == name]

    def wait(self, condition: Callable[[], object], what: str) -> None:
        wait_until(condition, what, self.session.poll)

    def wait_for_start(self) -> None:
        """Wait until what is on the bench is what the spec says."""
        self.wait(lambda: self.heard("run_started"), "the start")

    def wait_for_phase(self, phase: Phase) -> None:
        self.wait(lambda: self.session.phase is phase, str(phase))

    def wait_for_step(self, step: int) -> None:
        self.wait(lambda: self.step >= step, f"step {step}")

    def learns_as(self, reference: Run) -> bool:
        """Pause, and tell whether all that was recorded is as in a loop without threads.

        The reference goes on to the same step; history sums up both in the same way.
        """
        self.session.pause()
        self.wait_for_phase(Phase.PAUSED)
        while len(reference.history) < self.history_length:
            reference.advance()
        return np.array_equal(self.losses(), losses_of(reference))

    def close(self) -> None:
        self.session.close()
        self.wait(lambda: self.session.closed, "the end of the thread")

    @property
    def step(self) -> int:
        return self.session.frame.step if self.session.frame else 0

    @property
    def history_length(self) -> int:
        assert self.session.history is not None
        return len(self.session.history)

    def losses(self) -> Array:
        assert self.session.history is not None
        return self.session.history.series("loss", 1 << 30).mean


@pytest.fixture
def open_desk() -> Iterator[Callable[..., Desk]]:
    desks: list[Desk] = []

    def make(changes: dict[str, Any] | None = None) -> Desk:
        desks.append(Desk(spec_of(changes)))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    desk = open_desk()
    desk.wait_for_start()
    return desk


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """While it is closed, the training thread hangs in the building of its next run."""
    gate = threading.Event()
    gate.set()

    class Gated(Run):
        built = 0

        def __init__(self, *args: Any) -> None:
            assert gate.wait(20)
            Gated.built += 1
            super().__init__(*args)

    monkeypatch.setattr(lab.session, "Run", Gated)
    yield gate
    gate.set()


def test_a_session_begins_with_a_waiting_run(desk: Desk) -> None:
    session = desk.session
    desk.wait(lambda: session.frame, "a frame")
    assert session.phase is Phase.PAUSED
    assert desk.step == 0
    assert session.data is not None
    assert session.history is not None
    assert not session.changed_since_saving


def test_play_and_pause(desk: Desk) -> None:
    desk.session.play()
    desk.wait_for_step(100)
    desk.session.pause()
    desk.wait_for_phase(Phase.PAUSED)
    length = desk.history_length
    desk.wait(lambda: desk.step == length, "the last frame")
    assert desk.heard("phase_changed")[-2:] == [Phase.PLAYING, Phase.PAUSED]
    assert desk.learns_as(run_of())


def test_toggle_does_what_the_last_wish_was_not(desk: Desk) -> None:
    desk.session.toggle()
    desk.wait_for_phase(Phase.PLAYING)
    desk.session.toggle()
    desk.wait_for_phase(Phase.PAUSED)
    desk.session.toggle()
    desk.session.toggle()
    desk.session.take_step()
    desk.wait_for_phase(Phase.PAUSED)
    desk.session.toggle()
    desk.wait_for_phase(Phase.PLAYING)


def test_a_step_and_an_epoch(desk: Desk) -> None:
    desk.session.take_step()
    desk.wait_for_step(1)
    assert desk.history_length == 1
    desk.session.take_epoch()
    desk.wait(lambda: desk.session.frame and desk.session.frame.epoch >= 1, "an epoch")
    desk.wait_for_phase(Phase.PAUSED)
    assert desk.session.frame is not None
    assert desk.session.frame.epoch < 1 + 8 / 42


def test_reset_starts_again_from_the_same_weights(desk: Desk) -> None:
    desk.session.play()
    desk.wait_for_step(20)
    desk.said.clear()
    desk.session.reset()
    desk.wait_for_start()
    desk.wait(lambda: desk.session.frame, "a frame")
    assert desk.step == desk.history_length == 0
    assert desk.session.phase is Phase.PAUSED
    desk.session.play()
    desk.wait_for_step(20)
    assert desk.learns_as(run_of())


def test_another_seed_is_another_run_that_keeps_playing(desk: Desk) -> None:
    desk.session.play()
    desk.wait_for_step(20)
    desk.said.clear()
    desk.session.set_spec(desk.session.new_seed())
    assert desk.session.spec.network.seed == 1
    desk.wait_for_start()
    desk.wait_for_step(20)
    assert desk.session.phase is Phase.PLAYING
    assert desk.learns_as(run_of({"network.seed": 1}))
    assert not desk.learns_as(run_of())


def test_the_last_seed_is_followed_by_the_first(desk: Desk) -> None:
    desk.session.set_spec(desk.session.spec.with_values({"network.seed": 2**31 - 1}))
    assert desk.session.new_seed().network.seed == 0


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("training.learning_rate", 0.2),
        ("training.momentum", 0.5),
        ("training.batch_size", 17),
        ("cures.l2", 0.5),
    ],
)
def test_a_live_field_changes_between_two_steps(
    open_desk: Callable[..., Desk], path: str, value: float
) -> None:
    desk = open_desk({"training.optimizer": "momentum"})
    desk.wait_for_start()
    desk.session.play()
    desk.wait_for_step(50)
    desk.said.clear()
    desk.session.set_spec(desk.session.spec.with_values({path: value}))
    assert desk.heard("spec_changed") == [desk.session.spec]
    desk.wait(lambda: desk.heard("marks_changed"), "the mark")
    assert desk.session.history is not None
    (mark,) = desk.session.history.marks
    desk.wait_for_step(mark.step + 30)
    assert not desk.heard("run_started")
    assert mark.step >= 50
    # The mark is right when a loop that changes the field there takes the very same steps.
    reference = run_of({"training.optimizer": "momentum"}, steps=mark.step)
    reference.tune(desk.session.spec)
    assert desk.learns_as(reference)


def test_what_changes_the_shape_starts_anew_and_keeps_playing(desk: Desk) -> None:
    desk.session.play()
    desk.wait_for_step(10)
    desk.said.clear()
    desk.session.set_spec(desk.session.spec.with_values({"network.depth": 5}))
    desk.wait_for_start()
    desk.wait_for_step(10)
    assert desk.session.phase is Phase.PLAYING
    assert desk.learns_as(run_of({"network.depth": 5}))


def test_what_changes_the_shape_of_a_waiting_run_leaves_it_waiting(desk: Desk) -> None:
    desk.session.take_step()
    desk.wait_for_step(1)
    desk.said.clear()
    desk.session.set_spec(desk.session.spec.with_values({"network.depth": 5}))
    desk.wait_for_start()
    desk.wait(lambda: desk.session.frame, "a frame")
    assert (desk.step, desk.session.phase) == (0, Phase.PAUSED)


def test_the_same_spec_again_changes_nothing(desk: Desk) -> None:
    desk.said.clear()
    desk.session.set_spec(spec_of())
    assert not desk.said


def test_loading_an_experiment_waits(desk: Desk) -> None:
    desk.session.play()
    desk.wait_for_step(10)
    desk.said.clear()
    desk.session.load(spec_of({"network.depth": 2}))
    desk.wait_for_start()
    desk.wait(lambda: desk.session.frame, "a frame")
    assert (desk.step, desk.session.phase) == (0, Phase.PAUSED)


@pytest.mark.parametrize("pace", [20.0, 100.0])
def test_the_pace_is_kept_and_never_exceeded(
    desk: Desk, pace: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("lab.worker.time", SimpleNamespace(perf_counter=lambda: now[0]))
    desk.session.set_speed(pace)
    desk.session.play()
    desk.wait(lambda: desk.history_length == 2, "one step, and one that was due before")
    for steps in range(1, 13):
        now[0] = 100 + steps / pace + 1e-6
        desk.wait(lambda steps=steps: desk.history_length >= 2 + steps, "a step")  # type: ignore[misc]
    desk.session.pause()
    desk.wait_for_phase(Phase.PAUSED)
    assert desk.history_length == 14
    desk.session.set_speed(None)
    desk.session.play()
    desk.wait_for_step(1000)


def test_a_step_by_hand_does_not_wait_for_the_pace(desk: Desk) -> None:
    desk.session.set_speed(0.001)
    for step in (1, 2, 3):
        desk.session.take_step()
        desk.wait_for_step(step)


def test_a_command_is_answered_within_50_ms_or_a_step(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk({"network.depth": 50, "network.width": 32})
    desk.wait_for_start()
    answers, frames = [], []
    for _ in range(9):
        desk.session.play()
        desk.wait_for_phase(Phase.PLAYING)
        began = time.process_time()  # others may be at work on the machine
        desk.session.pause()
        desk.wait_for_phase(Phase.PAUSED)
        answers.append(time.process_time() - began)
        desk.wait(lambda: desk.step == desk.history_length, "the last frame")
        frames.append(time.process_time() - began)
    assert statistics.median(answers) < 0.05
    assert statistics.median(frames) < 0.1


def test_divergence_is_named_and_can_be_saved_and_played_again(
    open_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = open_desk(WILD)
    desk.session.play()
    desk.wait_for_phase(Phase.DIVERGED)
    steps = desk.history_length
    assert desk.session.detail.startswith(f"diverged at step {steps + 1}: ")
    assert desk.session.crash is not None
    assert (desk.session.crash.step, desk.session.crash.calm_step) == (steps + 1, 0)
    assert not desk.heard("failed")
    desk.session.save(tmp_path / "run")
    desk.wait(lambda: desk.heard("saved"), "the file")
    saved = read_run(tmp_path / "run")
    assert saved.trainer.steps_done == steps
    assert np.isfinite(saved.trainer.network.parameters).all()
    desk.said.clear()
    desk.session.toggle()
    desk.wait_for_start()
    desk.wait_for_phase(Phase.DIVERGED)
    assert desk.history_length == steps


def test_back_to_the_last_finite_step(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(WILD)
    desk.session.play()
    desk.wait_for_phase(Phase.DIVERGED)
    steps = desk.history_length
    desk.session.back_to_finite()
    desk.wait_for_phase(Phase.PAUSED)
    assert desk.history_length == steps
    assert desk.session.crash is None
    desk.session.take_step()
    desk.wait_for_phase(Phase.DIVERGED)
    assert desk.history_length == steps


def test_with_a_lower_learning_rate_a_diverged_run_goes_on_from_its_last_calm_state(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk({**WILD, "network.gain": 1.0, "training.learning_rate": 5.0})
    desk.session.play()
    desk.wait_for_phase(Phase.DIVERGED)
    steps = desk.history_length
    desk.session.set_spec(desk.session.spec.with_values({"training.learning_rate": 0.01}))
    desk.session.go_on_calmly()
    desk.wait(lambda: desk.history_length > steps + 300, "further steps")
    assert desk.session.phase is Phase.PLAYING
    assert desk.session.history is not None
    texts = [mark.text for mark in desk.session.history.marks if mark.step == steps]
    assert "weights of step 0" in texts
    losses = desk.session.history.series("loss", 1 << 20).mean
    assert losses[-1] < losses[0]


def test_after_divergence_another_shape_waits_to_be_played(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk(WILD)
    desk.session.play()
    desk.wait_for_phase(Phase.DIVERGED)
    desk.said.clear()
    desk.session.set_spec(spec_of({"network.width": 16}))
    assert desk.session.phase is Phase.PAUSED
    assert desk.session.detail == ""
    assert desk.session.crash is None
    desk.wait_for_start()
    desk.session.play()
    desk.wait_for_step(10)


def test_an_unexpected_error_is_told_and_the_next_run_works(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trainer, "step", lambda _trainer: 1 / 0)
    desk.session.play()
    desk.wait_for_phase(Phase.FAILED)
    (traceback,) = desk.heard("failed")
    assert "ZeroDivisionError" in traceback
    assert desk.session.detail == "ZeroDivisionError: division by zero"
    monkeypatch.undo()
    desk.session.play()
    desk.wait_for_step(10)


def test_2000_changes_of_the_shape_build_one_run(
    open_desk: Callable[..., Desk], gate: threading.Event
) -> None:
    gate.clear()
    desk = open_desk()
    for width in range(2000):
        desk.session.set_spec(spec_of({"network.width": 1 + width % 200, "data.seed": width}))
    gate.set()
    desk.wait(lambda: desk.session.frame, "a frame")
    assert desk.session.frame is not None
    assert desk.session.frame.record.magnitudes.shape == (len(QUANTITIES), 4)
    assert desk.session.spec.data.seed == 1999
    # The first one is under way when the others arrive.
    assert lab.session.Run.built <= 2  # type: ignore[attr-defined]
    assert len(desk.heard("run_started")) == 1


def test_a_drag_of_2000_live_values_is_one_mark(desk: Desk) -> None:
    desk.session.play()
    desk.wait_for_step(20)
    for value in np.linspace(0.05, 0.01, 2000).tolist():
        desk.session.set_spec(desk.session.spec.with_values({"training.learning_rate": value}))
        desk.session.poll()
    assert desk.session.history is not None
    history = desk.session.history
    desk.wait(lambda: history.marks and history.marks[-1].text.endswith("→ 0.01"), "the last")
    assert history.marks[0].text.startswith("Learning rate 0.05 → ")
    assert len(history.marks) <= 2  # two only if this machine stood still for a second


def test_a_flood_of_commands_is_obeyed_in_the_end(desk: Desk) -> None:
    for _ in range(2000):
        desk.session.toggle()
    desk.session.reset()
    desk.said.clear()
    desk.session.take_step()
    desk.wait_for_start()
    desk.wait_for_step(1)
    assert desk.history_length == 1


def test_what_an_earlier_run_says_is_dropped(desk: Desk, gate: threading.Event) -> None:
    session = desk.session
    session.play()
    desk.wait_for_step(10)
    gate.clear()
    session.reset()
    session.poll()
    desk.said.clear()
    for _ in range(50):
        session.poll()
    assert not desk.heard("frame_arrived")
    assert not desk.heard("phase_changed")
    gate.set()
    desk.wait_for_start()
    assert Phase.STOPPED not in desk.heard("phase_changed")


def test_what_is_to_be_shown_is_asked_when_all_that_happened_is_known(desk: Desk) -> None:
    order = list[str]()

    def wished() -> Wishes:
        order.append("asked")
        return ()

    desk.session.wished = wished
    desk.session.frame_arrived.connect(lambda _frame: order.append("frame"))
    desk.session.run_started.connect(lambda: order.append("start"))
    desk.session.reset()
    desk.wait(lambda: {"frame", "start"} <= {*order}, "the new run's first frame")
    assert order[-2:] == ["frame", "asked"]


def test_a_frame_of_an_earlier_run_is_dropped(desk: Desk) -> None:
    desk.wait(lambda: desk.session.frame, "a frame")
    desk.said.clear()
    desk.session._mailbox.show(run_of(steps=3).frame(0.0, renew=False))
    desk.session.poll()
    assert not desk.heard("frame_arrived")
    assert desk.step == 0


def test_that_an_earlier_run_could_not_be_saved_is_told(
    desk: Desk, gate: threading.Event, tmp_path: Path
) -> None:
    desk.session.save(tmp_path / "nowhere" / "run")
    desk.session.reset()
    desk.wait(lambda: desk.heard("save_failed"), "the refusal")
    assert desk.heard("save_failed") == [
        (tmp_path / "nowhere" / "run", "No such file or directory")
    ]


def test_saving_and_opening_go_on_with_the_same_steps(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "a run.safetensors"
    session = desk.session
    session.play()
    desk.wait_for_step(30)
    session.pause()
    desk.wait_for_phase(Phase.PAUSED)
    desk.wait(lambda: desk.step == desk.history_length, "the last frame")
    assert session.changed_since_saving
    session.save(path)
    desk.wait(lambda: desk.heard("saved") == [path], "the file")
    assert not session.changed_since_saving
    steps = desk.history_length
    session.load(spec_of({"network.depth": 1}))
    desk.said.clear()
    session.open(path)
    desk.wait(lambda: desk.heard("opened") == [path], "the file")
    assert session.spec == spec_of()
    assert not session.changed_since_saving
    desk.said.clear()
    desk.wait_for_start()
    desk.wait(lambda: session.frame, "a frame")
    assert desk.step == desk.history_length == steps
    assert not session.changed_since_saving
    for _ in range(50):  # a run that plays might remember means only by the time it is read
        session.take_step()
    desk.wait_for_step(steps + 50)
    np.testing.assert_array_equal(desk.losses(), losses_of(run_of(steps=steps + 50)))
    assert session.changed_since_saving


def test_an_opened_run_is_played_on_even_after_a_divergence(
    open_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    path = tmp_path / "run"
    write_run(path, run_of(steps=40))
    desk = open_desk(WILD)
    desk.session.play()
    desk.wait_for_phase(Phase.DIVERGED)
    desk.said.clear()
    desk.session.open(path)
    desk.session.play()
    desk.wait_for_step(60)
    assert desk.learns_as(run_of())


def test_a_file_that_cannot_be_opened_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.session.take_step()
    desk.wait_for_step(1)
    desk.said.clear()
    path = tmp_path / "nothing.safetensors"
    desk.session.open(path)
    desk.wait(lambda: desk.heard("open_failed"), "the refusal")
    reason = "nothing.safetensors cannot be opened: no such file or directory."
    assert desk.heard("open_failed") == [(path, reason)]
    assert {name for name, _ in desk.said} <= {"open_failed", "frame_arrived"}
    desk.session.take_step()
    desk.wait_for_step(2)


def test_tuning_after_a_save_is_not_saved(desk: Desk, tmp_path: Path) -> None:
    desk.session.take_step()
    desk.wait_for_step(1)
    desk.session.save(tmp_path / "run")
    desk.session.set_spec(desk.session.spec.with_values({"cures.l2": 0.5}))
    desk.wait(lambda: desk.heard("saved") and desk.heard("marks_changed"), "both")
    assert desk.session.changed_since_saving
    desk.session.save(tmp_path / "run")
    desk.wait(lambda: len(desk.heard("saved")) == 2, "the file")
    assert not desk.session.changed_since_saving
    assert read_run(tmp_path / "run").history.marks == (Mark(1, "L2 penalty 0 → 0.5"),)


def test_closing_finishes_the_save_under_way(
    open_desk: Callable[..., Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk()
    desk.wait_for_start()
    desk.session.play()
    desk.wait_for_step(5)
    under_way, may_go_on = threading.Event(), threading.Event()

    def slow_write(path: Path, run: Run) -> None:
        under_way.set()
        assert may_go_on.wait(20)
        write_run(path, run)

    monkeypatch.setattr(lab.saving, "write_run", slow_write)
    desk.session.save(tmp_path / "run")
    desk.session.close()
    desk.wait(under_way.is_set, "the writing")
    assert not desk.session.closed
    may_go_on.set()
    desk.wait(lambda: desk.session.closed, "the end of the thread")
    desk.session.poll()
    assert desk.heard("saved") == [tmp_path / "run"]
    assert read_run(tmp_path / "run").trainer.steps_done >= 5


def test_closing_ends_thread_and_run(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk()
    desk.session.play()
    desk.wait_for_phase(Phase.PLAYING)
    desk.session.close()
    desk.session.close()
    desk.wait(lambda: desk.session.closed, "the end of the thread")
    desk.session.poll()
    assert desk.session.phase is Phase.STOPPED


def test_cures_are_those_of_the_spec_in_force(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk({"network.gain": 0.01})
    session, answers = desk.session, list[tuple[Offer, ...]]()
    session.advised.connect(answers.append)
    desk.wait(lambda: session.frame is not None, "a frame")
    assert session.frame is not None
    assert session.data is not None
    diagnosis = diagnose(session.frame.record.magnitudes, session.spec)
    session.ask_for_cures(diagnosis)
    desk.wait(lambda: answers, "an answer")
    assert answers == [cures_for(diagnosis, session.spec, input_square_of(session.data))]
    assert answers[0]
    session.ask_for_cures(diagnosis)
    session.set_spec(session.spec.with_values({"training.learning_rate": 0.001}))
    session.take_step()
    desk.wait_for_step(1)
    assert len(answers) == 1


def test_that_no_cures_can_be_found_harms_no_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("lab.worker.cures_for", lambda *_arguments: 1 / 0)
    desk.wait(lambda: desk.session.frame is not None, "a frame")
    assert desk.session.frame is not None
    magnitudes = desk.session.frame.record.magnitudes
    desk.session.ask_for_cures(diagnose(magnitudes, desk.session.spec))
    desk.session.take_step()
    desk.wait_for_step(1)
    assert "no cures could be found" in caplog.text
    assert not desk.heard("failed")


def test_what_a_view_fails_at_does_not_lose_the_messages_after_it(desk: Desk) -> None:
    def fail(_phase: Phase) -> None:
        raise ValueError("a view's own fault")

    desk.session.phase_changed.connect(fail)
    desk.session.take_step()

    def poll_until_both() -> bool:
        for _ in range(2):
            with pytest.raises(Exception, match="fault"):
                wait_until(lambda: False, "the failing view", desk.session.poll)
        return True

    assert poll_until_both()
    desk.session.phase_changed.disconnect(fail)
    desk.wait_for_step(1)
    assert desk.session.phase is Phase.PAUSED


def test_a_safety_copy_is_a_whole_run_and_does_not_count_as_saved(
    open_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = open_desk()
    copy = tmp_path / "not there yet" / "last run.safetensors"
    desk.session.keep(copy)  # no step taken: nothing to keep
    desk.session.take_step()
    desk.wait_for_step(1)
    assert not copy.exists()
    desk.session.keep(copy)
    desk.wait(copy.exists, "the copy")
    assert desk.session.changed_since_saving
    desk.session.keep(tmp_path / ("x" * 300))  # too long a name: logged, and that is all
    desk.session.take_step()
    desk.wait_for_step(2)
    assert read_run(copy).trainer.steps_done == 1
    assert desk.session.phase is Phase.PAUSED


def test_a_frame_that_comes_right_after_the_messages_were_read_is_not_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new run starts, and shows its first frame, while an empty mailbox has just been read."""
    session, mailbox = desk.session, desk.session._mailbox
    desk.wait(lambda: session.frame, "a first frame")
    session.poll()  # asks for another one
    read = mailbox.drain

    def read_too_early() -> Iterator[Any]:
        monkeypatch.setattr(mailbox, "drain", read)
        yield from ()
        session.load(spec_of({"network.depth": 1}))
        wait_until(lambda: mailbox._frame, "the frame of the new run")

    monkeypatch.setattr(mailbox, "drain", read_too_early)
    desk.said.clear()
    session.poll()
    desk.wait(lambda: desk.heard("run_started") and session.frame, "the new run's frame")
    assert session.frame is not None
    assert session.frame.record.magnitudes.shape[1] == 2
