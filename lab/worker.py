"""The thread that trains.

It owns the run: weights, optimiser and random state. Frozen commands come in through one queue,
which is looked at between two steps; messages and frames go out through the mailbox. It knows no
window and outlives every run, whatever way a run ends.
"""

import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial

from core.divergence import Divergence
from lab.commands import (
    Advise,
    Command,
    Keep,
    Pace,
    Pause,
    PinFile,
    PinRun,
    Play,
    PlayEpoch,
    ReadFile,
    Recover,
    Save,
    SaveHandout,
    SetParameter,
    Start,
    Stop,
    Tune,
    worth_obeying,
)
from lab.crash import Crash
from lab.diagnosis import Diagnosis
from lab.mailbox import (
    Advised,
    Mailbox,
    ParameterSet,
    PhaseChanged,
    Started,
    Tuned,
    Wishes,
)
from lab.offers import cures_for
from lab.opening import read_file
from lab.pinning import pin_of_file, pin_of_run
from lab.predictions import input_square_of
from lab.rate_meter import RateMeter
from lab.run import Phase, Run
from lab.saving import keep_run, save_handout, save_run

LOG = logging.getLogger(__name__)

IDLE_WAIT_S = 0.02  # how long a paused run sleeps before it looks for frame requests again
EXHIBITS_SHARE = 0.02  # of the training time may go into exhibits
EXHIBITS_INTERVAL_S = 0.25
MANY = 1 << 30  # steps


class Worker(threading.Thread):
    """Call `send`; read the mailbox. The thread ends after `Stop`."""

    def __init__(self, mailbox: Mailbox) -> None:
        super().__init__(name="training", daemon=False)
        self._mailbox = mailbox
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._run: Run | None = None
        self._run_id = 0
        self._phase = Phase.PAUSED
        self._steps_left: int | None = None
        self._interval = 0.0
        self._next_step_at = 0.0
        self._rate = RateMeter()
        self._next_exhibits_at = 0.0
        self._awaits_whole = False  # to make exhibits anew
        self._shown: tuple[int, Wishes] | None = None  # step and wishes of a frame

    def send(self, command: Command) -> None:
        """Hand over a command; it is carried out between two steps."""
        self._commands.put(command)

    def run(self) -> None:
        """Serve commands and train until stopped (called by `start`)."""
        while self._serve(self._wait()):
            if self._phase is Phase.PLAYING and time.perf_counter() >= self._next_step_at:
                self._advance(self._most_at_once())
            if self._mailbox.frame_wanted:
                self._show()
        self._end(Phase.STOPPED)

    def _wait(self) -> float:
        """How long nothing needs to be done but listening for commands."""
        if self._phase is not Phase.PLAYING:
            return IDLE_WAIT_S
        if not self._interval:
            return 0.0
        return min(IDLE_WAIT_S, max(0.0, self._next_step_at - time.perf_counter()))

    def _serve(self, wait_s: float) -> bool:
        """Carry out all waiting commands; return False when one of them says stop."""
        if not wait_s and self._commands.empty():
            return True
        self._settle()
        for command in worth_obeying(self._take(wait_s)):
            if isinstance(command, Stop):
                return False
            self._guarded(partial(self._obey, command))
        return True

    def _take(self, wait_s: float) -> list[Command]:
        commands: list[Command] = []
        try:
            commands.append(self._commands.get(timeout=wait_s) if wait_s else self._commands.get())
            while True:
                commands.append(self._commands.get_nowait())
        except queue.Empty:
            return commands

    def _obey(self, command: Command) -> None:
        match command:
            case Start():
                self._start(command)
            case Pace(steps_per_second):
                self._interval = 1 / steps_per_second if steps_per_second else 0.0
                self._next_step_at = 0.0
            case Keep(path):
                keep_run(self._run, path)
            case Save(path):
                self._mailbox.post(save_run(self._run, self._run_id, path))
            case SaveHandout(path, handout):
                self._mailbox.post(save_handout(self._run, self._run_id, path, handout))
            case PinRun(path, label):
                self._mailbox.post(pin_of_run(self._run, self._run_id, path, label))
            case PinFile(path, label):
                self._mailbox.post(pin_of_file(self._run_id, path, label))
            case ReadFile():
                self._mailbox.post(read_file(command, self._run_id))
            case _ if self._run is not None:
                self._lead(self._run, command)

    def _lead(self, run: Run, command: Command) -> None:
        """Obey what concerns the run that there is."""
        match command:
            case Tune(spec):
                run.tune(spec)
                self._shown = None  # the next step is another one now
                self._mailbox.post(Tuned(run.run_id))
            case SetParameter():
                self._set_parameter(run, command)
            case Advise(diagnosis):
                self._advise(run, diagnosis)
            case Pause() if not self._phase.over:
                self._set_phase(Phase.PAUSED)
            case Recover(calm, playing) if self._phase is Phase.DIVERGED:
                run.recover(calm=calm)
                self._set_phase(Phase.PAUSED)
                if playing:
                    self._play(None)
            case Play(steps):
                # Of a key pressed several times during one long step, each press counts.
                self._play(None if steps is None else steps + (self._steps_left or 0))
            case PlayEpoch():
                self._play(run.steps_to_epoch_end())

    def _set_parameter(self, run: Run, command: SetParameter) -> None:
        """Set it, or say why not: what a person typed harms the run in no way."""
        try:
            run.set_parameter(command.place, command.value, command.seed)
        except ValueError as error:
            self._mailbox.post(ParameterSet(run.run_id, str(error)))
        else:
            self._shown = None  # at the same step everything looks different now
            self._mailbox.post(ParameterSet(run.run_id))

    def _advise(self, run: Run, diagnosis: Diagnosis) -> None:
        try:
            offers = cures_for(diagnosis, run.spec, input_square_of(run.trainer.data))
        except Exception:
            LOG.exception("no cures could be found")
        else:
            self._mailbox.post(Advised(run.run_id, run.spec, offers))

    def _start(self, command: Start) -> None:
        self._end(Phase.STOPPED)
        self._run_id, self._run = command.run_id, None
        self._run = run = command.make(command.run_id)
        self._phase, self._shown = Phase.PAUSED, None
        self._next_exhibits_at = self._next_step_at = 0.0
        self._awaits_whole = False
        self._rate.restart(run.trainer.steps_done)
        self._mailbox.post(Started(run.run_id, run.spec, run.history, run.trainer.data))
        if command.playing:
            self._play(None)

    def _play(self, steps: int | None) -> None:
        if self._phase.over or self._run is None:
            return
        self._steps_left = steps
        self._next_step_at = 0.0
        self._rate.restart(self._run.trainer.steps_done)
        self._set_phase(Phase.PLAYING)

    def _settle(self) -> None:
        """Let steps that are under way elsewhere come, and what the last one leaves be there."""
        while self._phase is Phase.PLAYING and self._run is not None and not self._run.settled:
            self._advance(1)

    def _most_at_once(self) -> int:
        if self._interval:
            return 1
        return MANY if self._steps_left is None else max(1, self._steps_left - 1)

    def _advance(self, most: int) -> None:
        """Take a step, or a few; the last one that was asked for is taken alone, and scored."""
        run, left, taken = self._run, self._steps_left, 0
        assert run is not None
        if self._interval:
            earliest = time.perf_counter() - self._interval
            self._next_step_at = max(self._next_step_at, earliest) + self._interval
        try:
            score = bool(self._interval) or left == 1
            taken = run.advance(most, score=score, whole=self._awaits_whole)
        except Divergence as divergence:
            self._set_phase(Phase.DIVERGED, str(divergence), crash=run.crash(divergence))
        except Exception:
            self._fail()
        if self._awaits_whole and run.whole:
            self._awaits_whole = False
            self._guarded(partial(self._renew_ahead, run))
        if left is not None and self._phase is Phase.PLAYING:
            self._steps_left = left - taken
            if self._steps_left <= 0:
                self._set_phase(Phase.PAUSED)

    def _show(self) -> None:
        """Make the frame that the window asked for, unless it would look like the last one."""
        run = self._run
        if run is None or (run.trainer.steps_done, self._mailbox.wishes) == self._shown:
            return
        self._guarded(partial(self._make_frame, run))

    def _make_frame(self, run: Run) -> None:
        wishes, playing = self._mailbox.wishes, self._phase is Phase.PLAYING
        if run.lacking(wishes):
            self._settle()
        due = not playing or time.perf_counter() >= self._next_exhibits_at
        self._awaits_whole = due and playing and not run.whole
        renew = due and not self._awaits_whole
        # Noted before it may fail: not to fail again and again.
        self._shown = (run.trainer.steps_done, wishes)
        if renew:
            self._renew(run, wishes)
        rate = self._rate.update(run.trainer.steps_done)
        frame = run.frame(rate, renew=False, wishes=wishes)
        # While playing exhibits may lag behind, and so may the scores of many networks; once at
        # rest, a last frame brings them up to date.
        if not renew or (playing and run.history.stacked):
            self._shown = None
        self._mailbox.show(frame)

    def _renew_ahead(self, run: Run) -> None:
        """Make exhibits anew before the frame that they are for, which may be of a later step."""
        wishes = self._mailbox.wishes
        self._shown = (run.trainer.steps_done, wishes)  # as above
        self._renew(run, wishes)
        self._shown = None

    def _renew(self, run: Run, wishes: Wishes) -> None:
        """Make exhibits anew, and rest so long that this takes but a small share of the time."""
        began = time.perf_counter()
        run.renew(wishes, hurried=self._phase is Phase.PLAYING)
        now = time.perf_counter()
        self._next_exhibits_at = now + max(EXHIBITS_INTERVAL_S, (now - began) / EXHIBITS_SHARE)

    def _guarded(self, action: Callable[[], None]) -> None:
        """Whatever goes wrong ends the run as failed; the thread lives on and can still save it."""
        try:
            action()
        except Exception:
            self._fail()

    def _fail(self) -> None:
        text = traceback.format_exc()
        LOG.error("the run failed\n%s", text)
        self._set_phase(Phase.FAILED, text.strip().splitlines()[-1], text)

    def _end(self, phase: Phase) -> None:
        if self._run is not None and not self._phase.over:
            self._set_phase(phase)

    def _set_phase(
        self,
        phase: Phase,
        detail: str = "",
        traceback_text: str = "",
        crash: Crash | None = None,
    ) -> None:
        self._phase = phase
        if phase is not Phase.PLAYING:
            self._steps_left = None
        if phase.over and self._run is not None:
            try:
                self._run.rest()
            except Exception:
                LOG.exception("the run's last steps are not in its history")
        self._mailbox.post(PhaseChanged(self._run_id, phase, detail, traceback_text, crash))
