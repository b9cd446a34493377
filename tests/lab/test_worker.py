"""The training thread: it obeys between two steps, outlives every run and never leaves a mess."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lab.saving
from core.training import StepRecord, Trainer
from lab.answers import AnswerOf
from lab.commands import (
    Command,
    Pace,
    Pause,
    Play,
    PlayEpoch,
    Save,
    Start,
    Stop,
    Tune,
    worth_obeying,
)
from lab.mailbox import CAPACITY, Mailbox, Message, NotSaved, PhaseChanged, Saved, Started, Tuned
from lab.moments import Scores
from lab.run import Phase, Run
from lab.runfile import read_run
from lab.scoring import scores_of
from lab.worker import Worker
from tests.lab.making import WILD, run_of, spec_of, wait_until


class Bench:
    """A worker with its mailbox, and all messages ever received."""

    def __init__(self) -> None:
        self.mailbox = Mailbox()
        self.worker = Worker(self.mailbox)
        self.messages: list[Message] = []
        self.worker.start()

    def send(self, *commands: Command) -> None:
        for command in commands:
            self.worker.send(command)

    def start(self, run: Run, *, playing: bool = False) -> None:
        self.send(Start(run.run_id, lambda _run_id: run, playing))

    def poll(self) -> None:
        self.messages.extend(self.mailbox.drain())

    def of(self, kind: type) -> list[Any]:
        self.poll()
        return [message for message in self.messages if isinstance(message, kind)]

    def wait(self, condition: Callable[[], object], what: str) -> None:
        wait_until(condition, what, self.poll)

    def wait_for_phase(self, phase: Phase) -> PhaseChanged:
        """Wait until the last word about the run is this phase."""
        self.wait(lambda: self.of(PhaseChanged)[-1:] and self.phases()[-1] is phase, str(phase))
        last: PhaseChanged = self.of(PhaseChanged)[-1]
        return last

    def phases(self) -> list[Phase]:
        return [message.phase for message in self.of(PhaseChanged)]


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.send(Stop())
    bench.wait(lambda: not bench.worker.is_alive(), "the end of the thread")


def failing_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every trainer raise an error that no one expects."""
    real = Trainer.step

    def step(trainer: Trainer) -> StepRecord:
        if trainer.steps_done >= steps:
            raise RuntimeError("boom")
        return real(trainer)

    monkeypatch.setattr(Trainer, "step", step)


def test_a_run_is_built_in_the_thread_and_announced_with_its_history(bench: Bench) -> None:
    bench.send(Start(7, partial(Run, spec_of()), playing=False))
    bench.wait(lambda: bench.of(Started), "the start")
    (started,) = bench.of(Started)
    assert (started.run_id, started.spec, len(started.history)) == (7, spec_of(), 0)
    assert not started.data.x_train.flags.writeable


def test_play_n_takes_n_steps_and_waits(bench: Bench) -> None:
    run = run_of()
    bench.start(run)
    bench.send(Play(steps=17))
    bench.wait_for_phase(Phase.PAUSED)
    assert run.trainer.steps_done == 17
    assert bench.phases() == [Phase.PLAYING, Phase.PAUSED]


def test_every_press_of_step_counts(bench: Bench) -> None:
    run = run_of()
    bench.start(run)
    bench.send(*[Play(steps=1)] * 5)
    bench.wait(lambda: run.trainer.steps_done == 5, "five steps")
    bench.wait_for_phase(Phase.PAUSED)
    assert run.trainer.steps_done == 5


def test_a_pause_forgets_the_steps_that_were_left(bench: Bench) -> None:
    run = run_of()
    bench.start(run)
    bench.send(Play(steps=10_000), Pause(), Play(steps=1))
    bench.wait(
        lambda: bench.phases()[-1:] == [Phase.PAUSED] and len(bench.phases()) == 4, "waiting"
    )
    assert run.trainer.steps_done == 1


def test_an_epoch_ends_with_the_epoch(bench: Bench) -> None:
    run = run_of(steps=2)
    expected = run.trainer.steps_done + run.steps_to_epoch_end()
    bench.start(run)
    bench.send(PlayEpoch())
    bench.wait_for_phase(Phase.PAUSED)
    assert run.trainer.steps_done == expected


def test_the_thread_takes_the_same_steps_as_a_loop(bench: Bench) -> None:
    run, reference = run_of(), run_of(steps=300)
    bench.start(run)
    bench.send(Play(steps=300))
    bench.wait_for_phase(Phase.PAUSED)
    parameters = run.trainer.network.parameters
    assert parameters.tobytes() == reference.trainer.network.parameters.tobytes()


def test_tuning_is_answered_and_marked(bench: Bench) -> None:
    run = run_of(steps=4)
    bench.start(run)
    spec = run.spec.with_values({"training.learning_rate": 0.5})
    bench.send(Tune(spec))
    bench.wait(lambda: bench.of(Tuned), "the answer")
    assert run.spec == spec
    assert [mark.step for mark in run.history.marks] == [4]


def test_divergence_ends_the_run_with_its_sentence_and_the_last_good_state(
    bench: Bench, tmp_path: Path
) -> None:
    run = run_of(WILD)
    bench.start(run, playing=True)
    ending = bench.wait_for_phase(Phase.DIVERGED)
    assert ending.detail.startswith("diverged at step ")
    assert not ending.traceback
    assert np.isfinite(run.trainer.network.parameters).all()
    steps = run.trainer.steps_done
    bench.send(Pause(), Play(), PlayEpoch(), Save(tmp_path / "diverged"))
    bench.wait(lambda: bench.of(Saved), "the file")
    assert bench.phases() == [Phase.PLAYING, Phase.DIVERGED]
    assert run.trainer.steps_done == steps
    again = read_run(tmp_path / "diverged")
    np.testing.assert_array_equal(again.trainer.network.parameters, run.trainer.network.parameters)


def test_an_error_in_the_engine_ends_the_run_as_failed_and_not_the_thread(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_after(3, monkeypatch)
    bench.start(run_of(), playing=True)
    ending = bench.wait_for_phase(Phase.FAILED)
    assert ending.detail == "RuntimeError: boom"
    assert ending.traceback.startswith("Traceback")
    assert "boom" in ending.traceback
    bench.send(Save(tmp_path / "failed"))
    bench.wait(lambda: bench.of(Saved), "the file")
    assert read_run(tmp_path / "failed").trainer.steps_done == 3
    monkeypatch.undo()
    bench.start(run_of())
    bench.send(Play(steps=5))
    bench.wait_for_phase(Phase.PAUSED)


def test_an_error_while_building_is_a_failed_run_of_that_number(bench: Bench) -> None:
    def make(_run_id: int) -> Run:
        raise MemoryError("too large")

    bench.start(run_of(), playing=True)
    bench.send(Start(5, make, playing=True))
    ending = bench.wait_for_phase(Phase.FAILED)
    assert (ending.run_id, ending.detail) == (5, "MemoryError: too large")
    bench.send(Save(Path("nowhere")), Play(), Pause(), Tune(spec_of()))
    bench.wait(lambda: bench.of(NotSaved), "the refusal to save")
    assert bench.of(NotSaved) == [NotSaved(5, Path("nowhere"), "there is no run")]
    assert bench.phases()[-1] is Phase.FAILED


def test_an_error_while_tuning_is_a_failed_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "tune", lambda *_: 1 / 0)
    bench.start(run_of())
    bench.send(Tune(spec_of()))
    assert "ZeroDivisionError" in bench.wait_for_phase(Phase.FAILED).detail


def test_an_error_in_a_frame_is_told_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "frame", lambda *_args, **_names: 1 / 0)
    bench.start(run_of())
    bench.mailbox.ask_for_frame()
    bench.wait_for_phase(Phase.FAILED)
    for _ in range(3):
        bench.send(Pace(None), Save(Path()))
    bench.wait(lambda: len(bench.of(NotSaved)) == 3, "the thread to look around")
    assert bench.phases().count(Phase.FAILED) == 1


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("odd name")])
def test_a_failure_to_save_is_told_and_training_goes_on(
    bench: Bench, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(lab.saving, "write_run", fail)
    run = run_of()
    bench.start(run, playing=True)
    bench.send(Save(Path("run")))
    bench.wait(lambda: bench.of(NotSaved), "the refusal to save")
    (message,) = bench.of(NotSaved)
    assert (message.path, message.reason) == (Path("run"), error.args[-1])
    steps = run.trainer.steps_done
    bench.wait(lambda: run.trainer.steps_done > steps, "more steps")
    assert bench.phases()[-1] is Phase.PLAYING


def test_a_start_ends_the_run_before_it(bench: Bench) -> None:
    bench.start(run_of(), playing=True)
    bench.wait_for_phase(Phase.PLAYING)
    bench.send(Start(9, partial(Run, spec_of()), playing=False))
    bench.wait(lambda: len(bench.of(Started)) == 2, "the second run")
    assert (bench.of(PhaseChanged)[-1].run_id, bench.phases()[-1]) == (0, Phase.STOPPED)


def test_frames_are_made_only_when_asked_for(bench: Bench) -> None:
    bench.start(run_of())
    bench.send(Play(steps=200))
    bench.wait_for_phase(Phase.PAUSED)
    assert bench.mailbox.take_frame() is None
    bench.mailbox.ask_for_frame()
    bench.wait(lambda: not bench.mailbox.frame_wanted, "a frame")
    frame = bench.mailbox.take_frame()
    assert frame is not None
    assert frame.step == 200


def test_at_rest_one_more_frame_brings_the_answer_up_to_date() -> None:
    """Driven by hand: whether the answer lags behind is a matter of milliseconds."""
    mailbox, run = Mailbox(), run_of()
    mailbox.ask_for_frame((AnswerOf(),))
    worker = Worker(mailbox)
    worker._start(Start(0, lambda _run_id: run, playing=True))
    worker._advance(1)
    worker._show()
    first = mailbox.take_frame()
    worker._advance(1)
    worker._show()
    lagging = mailbox.take_frame()
    assert first is not None
    assert lagging is not None
    assert (lagging.step, lagging.shown(AnswerOf())) == (2, first.shown(AnswerOf()))
    worker._obey(Pause())
    worker._show()
    last = mailbox.take_frame()
    assert last is not None
    assert last.step == 2
    assert last.shown(AnswerOf()) is not first.shown(AnswerOf())
    worker._show()
    assert mailbox.take_frame() is None, "nothing has changed since"


def test_a_run_that_has_taken_no_step_has_no_speed() -> None:
    """Driven by hand, as above: the run before it had taken more steps."""
    mailbox = Mailbox()
    worker = Worker(mailbox)
    for steps in (500, 0):
        run = run_of(steps=steps)
        worker._start(Start(steps, lambda _run_id, run=run: run, playing=False))  # type: ignore[misc]
        mailbox.ask_for_frame()
        worker._show()
        frame = mailbox.take_frame()
        assert frame is not None
        assert frame.steps_per_second == 0


def test_nothing_grows_when_nobody_reads() -> None:
    bench = Bench()
    bench.start(run_of(), playing=True)
    bench.wait_for_phase(Phase.PLAYING)
    for _ in range(2 * CAPACITY):
        bench.send(Pause(), Play())
        bench.mailbox.ask_for_frame()
    bench.send(Stop())
    wait_until(lambda: not bench.worker.is_alive(), "the end of the thread")
    messages = list(bench.mailbox.drain())
    assert 0 < len(messages) <= CAPACITY
    assert isinstance(messages[-1], PhaseChanged)
    assert messages[-1].phase is Phase.STOPPED


def test_a_stop_ends_the_thread_and_the_run() -> None:
    bench = Bench()
    bench.start(run_of(), playing=True)
    bench.wait_for_phase(Phase.PLAYING)
    bench.send(Stop(), Play(), Save(Path("never")))
    wait_until(lambda: not bench.worker.is_alive(), "the end of the thread")
    assert bench.phases()[-1] is Phase.STOPPED
    assert not bench.of(Saved) + bench.of(NotSaved)


def a_start() -> Start:
    return Start(0, run_of, playing=True)  # type: ignore[arg-type]


def test_of_many_starts_only_the_last_is_worth_building() -> None:
    first, second, third = a_start(), a_start(), a_start()
    pace, tune = Pace(3), Tune(spec_of())
    commands: list[Command] = [first, Play(), second, tune, pace, Pause(), third, Play()]
    assert worth_obeying(commands) == [pace, third, Play()]


def test_of_tunings_in_a_row_only_the_last_is_worth_it() -> None:
    one, two = (Tune(spec_of({"cures.l2": value})) for value in (0.1, 0.2))
    assert worth_obeying([one, two]) == [two]
    assert worth_obeying([one, Play(1), two]) == [one, Play(1), two]


def test_what_is_saved_is_what_was_asked_for() -> None:
    first, second, save = a_start(), a_start(), Save(Path("x"))
    one, two = (Tune(spec_of({"cures.l2": value})) for value in (0.1, 0.2))
    assert worth_obeying([first, one, save, two, second]) == [first, one, save, second]
    assert worth_obeying([one, save, two]) == [one, save, two]
    assert worth_obeying([save, Stop()]) == [save, Stop()]


def test_before_a_stop_nothing_but_saving_is_worth_it() -> None:
    assert worth_obeying([a_start(), Play(), Tune(spec_of()), Stop()]) == [Stop()]


def test_at_rest_a_last_frame_has_the_scores_of_many_networks() -> None:
    """Driven by hand: pictures of the last step are made while it plays, scores are not."""
    mailbox, run = Mailbox(), run_of({"network.seeds": 3}, 100)
    worker = Worker(mailbox)
    worker._start(Start(0, lambda _run_id: run, playing=True))
    worker._advance(1)
    mailbox.ask_for_frame()
    worker._show()
    playing = mailbox.take_frame()
    worker.send(Pause())
    assert worker._serve(0.0)
    mailbox.ask_for_frame()
    worker._show()
    resting = mailbox.take_frame()
    assert playing is not None
    assert resting is not None
    assert playing.step == resting.step
    assert playing.scores != resting.scores == Scores(*np.median(scores_of(run.trainer), axis=0))
    run.rest()
