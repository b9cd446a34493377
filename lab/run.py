"""One run: a spec made real, trained step by step, and what it shows of itself.

A run knows no thread: the worker drives it for the window, the command line drives it directly,
tests drive it inline. Everything it hands out is frozen or a copy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

import numpy as np

from core.arrays import Array
from core.copies import alone
from core.divergence import Divergence
from core.network import Network
from core.places import Place
from core.training import StepRecord, Trainer
from lab.build import make_trainer, settings_of
from lab.checkpoints import EVERY_STEPS, Checkpoints
from lab.crash import RATE, Crash, crash_of
from lab.exhibits import Exhibit
from lab.frames import Frame
from lab.handouts import Handout
from lab.history import History
from lab.marks import ChangeMarks
from lab.moments import Mark, Scores
from lab.ranks import MEDIAN, ranks_of
from lab.scoring import scores_of, steps_between_scores
from lab.sharing import Sharing
from lab.spec import KNOBS, Spec
from lab.traces import Trace, Tracer, Wish
from lab.trail import Trail


class Phase(StrEnum):
    """What a run is doing, or how it ended."""

    PAUSED = "paused"
    PLAYING = "playing"
    FINISHED = "finished"
    STOPPED = "stopped"
    DIVERGED = "diverged"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        """Whether no further step will be taken."""
        return self not in (Phase.PAUSED, Phase.PLAYING)


class Run:
    """An experiment under way.

    `trainer` and `history` continue an earlier one; without them it starts from the spec's seeds.
    """

    def __init__(
        self,
        spec: Spec,
        run_id: int = 0,
        trainer: Trainer | None = None,
        history: History | None = None,
    ) -> None:
        self.spec = spec
        self.run_id = run_id
        self.handout: Handout | None = None  # which its files hold too
        self.trainer = make_trainer(spec) if trainer is None else trainer
        n_layers, stacked = len(self.trainer.network.layers), bool(self.trainer.network.runs)
        self.history = History(n_layers, stacked=stacked) if history is None else history
        self._scores = scores_of(self.trainer)
        self.record = self.history.last_record() or self.trainer.measure()
        self._score_interval = steps_between_scores(self.trainer)
        self._made: Mapping[Exhibit[Any], Any] = {}
        self._tracers: dict[Wish, Tracer] = {}
        self._marks = ChangeMarks(self.history)
        self._checkpoints = Checkpoints(self.trainer, self.loss)
        self._calm_rate = spec.training.learning_rate  # of the step from the calm state
        self._own_marks = dict[int, Mark]()  # by identity: of what no person did
        self._typed = dict[int, Mark]()  # by identity: of parameters
        self.trail = Trail(self.trainer)
        # Whether what the last step left in the trainer (batch, signals, gradient, update) is
        # there, as after a step taken here, and the history knows of it.
        self.whole = True
        self._sharing = Sharing(self.trainer) if stacked else None
        self._unwritten = list[tuple[StepRecord, Array | None]]()

    def advance(self, most: int = 1, *, score: bool = False, whole: bool = False) -> int:
        """Take a step and record it, or a few where that is faster; returns how many.

        Raises Divergence, changing nothing. Scores are taken regularly, or now with `score`. After
        several steps the run may not be `whole`, but with `whole` it will be soon; and more may be
        under way, which come first until it is `settled`. Who asks for several calls `rest` at the
        end.
        """
        if self.record.step == self._checkpoints.step:
            self._calm_rate = self.spec.training.learning_rate
        count = self._advance_together(most, whole=whole) if self._sharing else 0
        if not count:
            self._write_down()
            self.record = self._sharing.step(self._step) if self._sharing else self._step()
            self.whole = True
        step = self.record.step
        if step % EVERY_STEPS == 0:
            self._checkpoints.look(self.loss)
        if step % self.trail.every == 0:
            self.trail.keep()
        if count:
            return count
        if score or step % self._score_interval == 0:
            self._scores = scores_of(self.trainer)
            self.history.append(self.record, self._scores)
        else:
            self.history.append(self.record)
        return 1

    def _advance_together(self, most: int, *, whole: bool) -> int:
        """Take some steps elsewhere, if that is faster, up to where something is due."""
        assert self._sharing is not None
        cycles = EVERY_STEPS, self.trail.every, self._score_interval
        write = self._write_down
        together = self._sharing.steps(self.spec, most, cycles, write, whole=whole)
        records, scores = together.records, together.scores
        if records:
            self.record, self.whole = records[-1], together.whole
            self._scores = self._scores if scores is None else scores
            self._unwritten += [*((record, None) for record in records[:-1]), (self.record, scores)]
            if self.whole:
                self._write_down()
        return len(records)

    def _write_down(self) -> None:
        """Append to the history what it has not been told yet, each step once."""
        while self._unwritten:
            record, scores = self._unwritten[0]
            if len(self.history) < record.step:  # else it was interrupted here before
                self.history.append(record, scores)
            del self._unwritten[0]

    @property
    def settled(self) -> bool:
        """Whether the run is whole, and no further step is under way elsewhere."""
        return self.whole and not (self._sharing and self._sharing.ahead)

    def rest(self) -> None:
        """Let go of what helps while steps are taken."""
        if self._sharing:
            self._sharing.end()
        self._write_down()

    def _step(self) -> StepRecord:
        try:
            return self.trainer.step()
        except Divergence as divergence:
            return self._step_without(divergence)

    def _step_without(self, divergence: Divergence) -> StepRecord:
        """Take the step again with those networks that have not diverged, if there are any."""
        retired = self.trainer.retired
        before = retired.runs
        if not retired.add(divergence):
            if not before:
                raise divergence
            raise Divergence(divergence.step, replace(divergence.overflow, last=True))
        for index in retired.runs[len(before) :]:
            self._mark(f"network {index + 1} diverged")
        try:
            return self.trainer.step(again=True)
        except Divergence as another:
            return self._step_without(another)

    def _mark(self, text: str) -> None:
        mark = self.history.mark(text)
        self._own_marks[id(mark)] = mark

    @property
    def scores(self) -> Scores:
        """The newest scores; of several networks the median."""
        return Scores(*self._median(self._scores).tolist())

    def recover(self, *, calm: bool) -> None:
        """Let a run that has diverged go on: as it is, or from the last `calm` state."""
        if calm:
            self._checkpoints.restore()
            self.trail.revive(self._checkpoints.step)
            self._mark(f"weights of step {self._checkpoints.step}")
            self._own_marks |= self._typed  # the numbers are gone

    def crash(self, divergence: Divergence) -> Crash:
        """Describe the step that could not be taken."""
        shortest = settings_of(self.spec.with_values({RATE: KNOBS[RATE].low}))
        runs = divergence.overflow.runs
        tried = self._checkpoints.tried(shortest, int(runs.argmax()) if runs.ndim else None)
        by_hand = [
            (mark, id(mark) in self._typed)
            for mark in self.history.marks
            if id(mark) not in self._own_marks
        ]
        rates = self._calm_rate, self.spec.training.learning_rate
        calm = self._checkpoints.step
        return crash_of(divergence, self.history, by_hand, rates, calm, *tried)

    @property
    def loss(self) -> float:
        """The training loss of the last step; of several networks the median."""
        loss = np.asarray(self.record.loss, np.float64)  # one number where it is known as a median
        return float(ranks_of(loss)[MEDIAN] if loss.ndim else loss)

    def loss_of(self, seed: int) -> float:
        """The training loss of one of several networks, as far as it is known."""
        loss = np.asarray(self.record.loss, np.float64)
        return float(loss[seed] if loss.ndim else loss)

    def magnitudes(self, seed: int) -> Array:
        """Return what the last step measured in one network (quantities, layers).

        Of several networks from a file only the median is known until they take a step.
        """
        magnitudes = self.record.magnitudes
        return magnitudes if magnitudes.ndim == 2 else magnitudes[min(seed, len(magnitudes) - 1)]

    def _median(self, values: Array) -> Array:
        return ranks_of(values)[MEDIAN] if self.history.stacked else values

    def tune(self, spec: Spec) -> None:
        """Apply changes of live fields and mark them on the time axis."""
        for path, (after, before) in spec.differences(self.spec).items():
            self._marks.note(KNOBS[path], before, after)
        self.spec = spec
        self.trainer.tune(settings_of(spec))
        self._score_interval = steps_between_scores(self.trainer)
        if self._sharing:
            self._sharing.forget()
        self._measure_anew()

    def _measure_anew(self) -> None:
        """Before the first step, show what that step will see now; after it, what the last saw."""
        if not len(self.history):
            self.record = self.trainer.measure()

    def set_parameter(self, place: Place, value: float, seed: int = 0) -> None:
        """Set one parameter by hand, of one of several networks, and mark it on the time axis.

        Raises ValueError, changing nothing, for what cannot be.
        """
        runs = self.trainer.network.runs
        if seed in self.trainer.retired.runs:
            raise ValueError(f"Network {seed + 1} has diverged: no number in it can be set.")
        self.trainer.assign(place, value, seed if runs else None)
        which = f", network {seed + 1}" if runs else ""
        mark = self.history.mark(f"{place} = {value:.6g}{which}")
        self._typed[id(mark)] = mark
        self._measure_anew()

    def network(self, seed: int) -> Network:
        """Return one of the networks that are trained side by side, counted from 0.

        One that has diverged is shown as it was at last.
        """
        network = self.trainer.network
        if not network.runs:
            return network
        place = min(seed, network.runs[0] - 1)
        one = alone(network, (place,), network.precision.storage)
        self.trainer.retired.restore(one, place)
        return one

    def renew(self, wishes: Iterable[Wish | Exhibit[Any]] = (), *, hurried: bool = False) -> None:
        """Take the scores and make the exhibits among the wishes anew, while the run is whole.

        When `hurried`, the scores of many networks, which take longer than all exhibits together,
        stay those that were taken at last.
        """
        if not (hurried and self.history.stacked):
            self._scores = scores_of(self.trainer)
        self._made = {wish: made for wish, made in self._made.items() if wish.lasts}
        self._show(wishes)

    def frame(
        self,
        steps_per_second: float,
        *,
        renew: bool,
        wishes: tuple[Wish | Exhibit[Any], ...] = (),
    ) -> Frame:
        """Show the present state, and with `renew` make anew what is looked at now and then.

        Exhibits show what the last step left: of one that is `lacking` the run must be whole.
        """
        self._write_down()
        if renew:
            self.renew(wishes)
        record, ranks = self._medians()
        return Frame(
            self.run_id,
            self.trainer.steps_done,
            self.trainer.epoch,
            record,
            self.scores,
            steps_per_second,
            self._traces([wish for wish in wishes if isinstance(wish, Wish)]),
            self._show(wishes),
            ranks,
            self.spec.network.seeds - len(self.trainer.retired.runs),
        )

    def _medians(self) -> tuple[StepRecord, Array | None]:
        """The record of the last step and, of several networks, the ranks it is the median of."""
        record = self.record
        if not self.history.stacked:
            return record, None
        if record.loss.ndim == 0:  # of a run from a file: the history is all that is known
            moment = self.history.at(record.step)
            return record, None if moment is None else moment.ranks
        ranks = ranks_of(record.magnitudes)
        return StepRecord(record.step, np.asarray(self.loss), ranks[MEDIAN]), ranks

    def _traces(self, wishes: Sequence[Wish]) -> dict[str, Trace]:
        """Fulfil the wishes; those that were there before cost little."""
        self._tracers = {
            wish: self._tracers.get(wish) or Tracer(self.history, wish) for wish in wishes
        }
        return {wish.name: tracer.trace() for wish, tracer in self._tracers.items()}

    def _show(self, wishes: Iterable[Wish | Exhibit[Any]]) -> Mapping[Exhibit[Any], Any]:
        """Make the exhibits among the wishes, but for those that there are; forget all others."""
        made = self._made
        self._made = {
            wish: made[wish] if wish in made else wish.made_of(self)
            for wish in wishes
            if isinstance(wish, Exhibit)
        }
        return self._made

    def lacking(self, wishes: Iterable[Wish | Exhibit[Any]]) -> bool:
        """Whether an exhibit is wished for that has not been made yet."""
        return any(isinstance(wish, Exhibit) and wish not in self._made for wish in wishes)

    def steps_to_epoch_end(self) -> int:
        """How many steps complete the present epoch."""
        n_train = len(self.trainer.data.x_train)
        missing = n_train - self.trainer.samples_seen % n_train
        return -(-missing // self.trainer.flow.batch)
