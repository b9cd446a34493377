"""The one source of truth about the experiment on the bench: its spec, its phase, its run.

Controls ask the session for changes and it alone makes them; views listen to its signals. It lives
in the thread that calls it (the window's), and talks with the training thread through commands and
the mailbox. `poll`, called by one timer, is where everything that happened becomes known.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from core.datasets import Dataset
from core.places import Place
from lab.commands import (
    Advise,
    Keep,
    Pace,
    Pause,
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
)
from lab.crash import Crash
from lab.diagnosis import Diagnosis
from lab.errands import Errands
from lab.frames import Frame
from lab.handouts import Handout
from lab.history import History
from lab.mailbox import (
    Advised,
    FileNotRead,
    FileRead,
    HandoutSaved,
    Mailbox,
    NotPinned,
    NotSaved,
    ParameterSet,
    PhaseChanged,
    Pinned,
    Saved,
    Started,
    Tuned,
    Wishes,
)
from lab.offers import Offer
from lab.opening import Opening
from lab.parts import LARGEST_SEED
from lab.pin_board import PinBoard
from lab.pins import NO_STEPS, Label, Pin, PinError
from lab.run import Phase, Run
from lab.signals import Signal
from lab.spec import KNOBS, Spec
from lab.words import one_line
from lab.worker import Worker

# What still matters of an earlier run.
LASTING = (NotSaved, HandoutSaved, Pinned, NotPinned, FileRead, FileNotRead)


class Session:
    """One experiment, its training thread, and signals saying what happened.

    Signals are emitted in the thread that calls the session, never in the training thread.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec_changed = Signal[[Spec]]()
        self.run_started = Signal[[]]()
        self.frame_arrived = Signal[[Frame]]()
        self.phase_changed = Signal[[Phase]]()
        self.marks_changed = Signal[[]]()
        self.refused = Signal[[str]]()
        self.advised = Signal[[tuple[Offer, ...]]]()
        self.saved = Signal[[Path]]()
        self.save_failed = Signal[[Path, str]]()
        self.opened = Signal[[Path]]()
        self.open_failed = Signal[[Path, str]]()
        self.handout_changed = Signal[[]]()
        self.handout_saved = Signal[[Path]]()
        self.failed = Signal[[str]]()
        self.spec = spec
        self.handout: Handout | None = None  # what the file of the run was handed out with
        self.phase = Phase.PAUSED
        self.detail = ""
        self.crash: Crash | None = None  # of a run that has diverged
        self.frame: Frame | None = None
        self.wished: Callable[[], Wishes] = tuple  # tells what the next frames are to show
        self.wishes: Wishes = ()  # what it told at last
        self.history: History | None = None
        self.data: Dataset | None = None
        self.steps_per_second: float | None = None
        self.saved_step: int | None = None
        self._set_by_hand = False  # since the file was written
        self._newest: Frame | None = None  # not yet shown
        self._run_id = 0
        self._playing_wanted = False
        self.errands = Errands()
        self._mailbox = Mailbox()
        self._worker = Worker(self._mailbox)
        self._opening = Opening(self._worker.send)
        self.board = PinBoard(self._worker.send)
        self.pins_changed, self.pinned = self.board.changed, self.board.pinned
        self.pin_failed = self.board.failed
        self._worker.start()
        self._begin(spec, playing=False)

    # -- the experiment

    def set_spec(self, spec: Spec) -> None:
        """Take another spec: live fields apply to the running network, others start it anew."""
        changed = spec.differences(self.spec)
        if not changed:
            return
        if all(KNOBS[path].live for path in changed):
            self._give_up_opening()
            self.spec = spec
            self.saved_step = None
            self._worker.send(Tune(spec))
            self.spec_changed.emit(spec)
        else:
            self._begin(spec, playing=self._playing_wanted)

    def set_parameter(self, place: Place, value: float, seed: int = 0) -> None:
        """Set one parameter between two steps; `refused` says in a sentence why it cannot be."""
        self._give_up_opening()
        self._worker.send(SetParameter(place, value, seed))

    def ask_for_cures(self, diagnosis: Diagnosis) -> None:
        """Ask what helps against what was found; `advised` tells, unless the spec changes first."""
        self._worker.send(Advise(diagnosis))

    def set_handout(self, handout: Handout | None) -> None:
        """Say what the runs from now on are handed out with; each of their files holds it."""
        if (handout, self.handout) != (None, None):  # opened again, it holds again what it held
            self.handout = handout
            self.handout_changed.emit()

    def load(self, spec: Spec) -> None:
        """Start a new, waiting run of a spec, such as a prepared experiment."""
        self._begin(spec, playing=False)

    def reset(self) -> None:
        """Start again from the same weights."""
        self._begin(self.spec, playing=False)

    def new_seed(self) -> Spec:
        """Return the spec with the next seed, for `set_spec`."""
        seed = (self.spec.network.seed + 1) % (LARGEST_SEED + 1)
        return self.spec.with_values({"network.seed": seed})

    # -- running

    def play(self) -> None:
        """Train until paused; a run that has ended starts again."""
        if self.phase.over and not self._opening.under_way:
            self._begin(self.spec, playing=True)
            return
        self._playing_wanted = True
        self._opening.lead(Play())

    def pause(self) -> None:
        """Wait before the next step."""
        self._playing_wanted = False
        self._opening.lead(Pause())

    def toggle(self) -> None:
        """Pause when playing, else play."""
        if self._playing_wanted:
            self.pause()
        else:
            self.play()

    def take_step(self) -> None:
        """Take one step, then wait."""
        self._playing_wanted = False
        self._opening.lead(Play(steps=1))

    def take_epoch(self) -> None:
        """Take the steps that complete the epoch, then wait."""
        self._playing_wanted = False
        self._opening.lead(PlayEpoch())

    def back_to_finite(self) -> None:
        """Wait at the last finite step of a run that has diverged."""
        self._worker.send(Recover(calm=False, playing=False))

    def go_on_calmly(self) -> None:
        """Train on from the last calm state of a run that has diverged."""
        self._playing_wanted = True
        self._worker.send(Recover(calm=True, playing=True))

    def set_speed(self, steps_per_second: float | None) -> None:
        """Take at most this many steps per second; None is as fast as possible."""
        self.steps_per_second = steps_per_second
        self._worker.send(Pace(steps_per_second))

    # -- files

    def save(self, path: Path) -> None:
        """Write the run to a file; `saved` or `save_failed` tells how it went."""
        self._worker.send(Save(path))

    def save_handout(self, path: Path, handout: Handout) -> None:
        """Write the run as a hand-out; `handout_saved` or `save_failed` tells how it went."""
        self._worker.send(SaveHandout(path, handout))

    def keep(self, path: Path) -> None:
        """Write a safety copy of a run that has taken steps; it does not count as saved."""
        if self.steps:
            self._worker.send(Keep(path))

    def open(self, path: Path) -> None:
        """Go on with a run from a file; `opened` or `open_failed` tells, nothing changes before.

        The wish is given up when another file is opened or the experiment is changed meanwhile.
        """
        self._opening.begin(ReadFile(path))

    # -- runs to compare with

    @property
    def pins(self) -> tuple[Pin, ...]:
        """The runs to compare with, by place."""
        return self.board.pins

    def pin(self, label: Label | None = None) -> None:
        """Keep the live run, as it is before its next step; `pinned` or `pin_failed` tells.

        Raises PinError when it has no steps or all places are taken.
        """
        if not self.steps:
            raise PinError(NO_STEPS)
        self.board.pin_run(self.spec, label or Label())

    @property
    def run_id(self) -> int:
        """Which run is on the bench; frames of others are of the past."""
        return self._run_id

    @property
    def steps(self) -> int:
        """How many steps the run on the bench has taken, as far as is known."""
        if self.frame is not None and self.frame.run_id == self._run_id:
            return self.frame.step
        return self.saved_step or 0  # it comes from a file, and nothing was seen of it yet

    @property
    def set_by_hand(self) -> bool:
        """Whether numbers were set by hand that no file holds."""
        return self._set_by_hand

    @property
    def changed_since_saving(self) -> bool:
        """Whether the run has steps, or numbers set by hand, that no file holds."""
        return self._set_by_hand or (self.steps > 0 and self.steps != self.saved_step)

    # -- what happened meanwhile

    def poll(self) -> None:
        """Pass on all that the training thread and errands have said since the last call."""
        # Taken before the messages: the word that its run has started is among them then. Kept
        # until it is shown: the same step is shown to nobody twice.
        self._newest = self._mailbox.take_frame() or self._newest
        for message in self._mailbox.drain():
            if message.run_id == self._run_id or isinstance(message, LASTING):
                self._on_message(message)
        frame, self._newest = self._newest, None
        if frame is not None and frame.run_id == self._run_id and self.history is not None:
            self.frame = frame
            self.frame_arrived.emit(frame)
        # Only now, as what has happened may have changed what is to be shown.
        self.wishes = self.wished()
        self._mailbox.ask_for_frame(self.wishes)
        self.errands.polite = self.phase is Phase.PLAYING
        self.errands.poll()

    def close(self) -> None:
        """Ask the training thread and all errands to end; `closed` tells when they have."""
        self.errands.cancel()
        self._opening.end()
        self._worker.send(Stop())

    @property
    def closed(self) -> bool:
        """Whether the training thread and all errands have ended."""
        return not self._worker.is_alive() and self.errands.over

    def _begin(self, spec: Spec, *, playing: bool, run: Run | None = None) -> None:
        self._give_up_opening()
        self._run_id += 1
        self.spec, self.saved_step, self._playing_wanted = spec, None, playing
        self._set_by_hand = False
        # How the last run ended no longer matters: `play` must not start over because of it.
        self.phase, self.detail, self.crash = Phase.PAUSED, "", None
        make = partial(_fresh, spec, self.handout)
        if run is not None:
            make = partial(_renumbered, run)
        self._worker.send(Start(self._run_id, make, playing))
        self.spec_changed.emit(spec)

    def _give_up_opening(self) -> None:
        path = self._opening.give_up()
        if path is not None:
            name = one_line(path.name)
            self.refused.emit(f"{name} is not opened: the experiment was changed meanwhile.")

    def _on_file_read(self, message: FileRead | FileNotRead) -> None:
        path = message.wish.path
        if isinstance(message, FileRead):
            self._go_on_with(message.run, path)
            return
        self._opening.give_up()
        self._playing_wanted = self._playing_wanted and not self.phase.over
        self.open_failed.emit(path, message.reason)

    def _go_on_with(self, run: Run, path: Path) -> None:
        waiting = self._opening.end()
        playing = self._playing_wanted and bool(waiting)
        self._begin(run.spec, playing=False, run=run)
        self.saved_step, self._playing_wanted = run.trainer.steps_done, playing
        for command in waiting:
            self._worker.send(command)
        self.set_handout(run.handout)
        self.opened.emit(path)

    def _on_message(self, message: object) -> None:
        match message:
            case Started(history=history, data=data):
                self.history, self.data, self.frame = history, data, None
                self._set_phase(Phase.PAUSED, "")
                self.run_started.emit()
            case PhaseChanged(phase=phase, detail=detail, traceback=traceback, crash=crash):
                self._set_phase(phase, detail, crash)
                if phase is Phase.FAILED:
                    self.failed.emit(traceback)
            case Tuned():
                self.saved_step = None  # a save under way had the old values
                self.marks_changed.emit()
            case ParameterSet(reason=reason) if reason:
                self.refused.emit(reason)
            case ParameterSet():
                self.saved_step, self._set_by_hand = None, True
                self.marks_changed.emit()
            case Advised(spec=spec, offers=offers):
                if spec == self.spec:
                    self.advised.emit(offers)
            case Pinned() | NotPinned():
                self.board.hear(message)
            case _:
                self._on_file_message(message)

    def _on_file_message(self, message: object) -> None:
        match message:
            case Saved(path=path, step=step):
                self.saved_step, self._set_by_hand = step, False
                self.saved.emit(path)
            case HandoutSaved(path=path):
                self.handout_saved.emit(path)
            case NotSaved(path=path, reason=reason):
                self.save_failed.emit(path, reason)
            case FileRead(wish=wish) | FileNotRead(wish=wish) if self._opening.awaits(wish):
                self._on_file_read(message)

    def _set_phase(self, phase: Phase, detail: str, crash: Crash | None = None) -> None:
        self.phase, self.detail, self.crash = phase, detail, crash
        if phase.over:
            self._playing_wanted = False
        self.phase_changed.emit(phase)


def _fresh(spec: Spec, handout: Handout | None, run_id: int) -> Run:
    run = Run(spec, run_id)
    run.handout = handout
    return run


def _renumbered(run: Run, run_id: int) -> Run:
    run.run_id = run_id
    return run
