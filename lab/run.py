"""One run: a spec made real, trained step by step, and what it shows of itself.

A run knows no thread: the worker drives it for the window, the command line drives it directly,
tests drive it inline. Everything it hands out is frozen or a copy.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.arrays import Array
from core.datasets import Dataset, Task
from core.losses import accuracy
from core.network import Network
from core.training import StepRecord, Trainer
from lab.build import make_trainer, settings_of
from lab.history import History, Scores
from lab.marks import ChangeMarks
from lab.spec import KNOBS, Spec
from lab.traces import Trace, Tracer, Wish

# Scores cost about this share of the training time; the step count decides, so runs repeat exactly.
SCORING_SHARE = 0.05
MOST_SCORED = 2000
SURFACE_SIDE = 48
SURFACE_MARGIN = 0.15
MOST_POINTS = 2000


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


@dataclass(frozen=True, eq=False)
class Surface:
    """The network's answer over the plane of two inputs.

    `values (rows, columns)` run along the second and the first standardised input over `x_range`
    and `y_range`: probability of the second class, or the predicted number.
    """

    values: Array
    x_range: tuple[float, float]
    y_range: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Confusion:
    """Counts (true class, predicted class) over the test samples."""

    counts: Array


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predicted against true numbers of the test samples, both (samples,)."""

    true: Array
    predicted: Array


Answer = Surface | Confusion | Predictions


@dataclass(frozen=True, eq=False)
class Frame:
    """What a window shows of a run at one moment; read-only."""

    run_id: int
    step: int
    epoch: float
    record: StepRecord
    scores: Scores
    steps_per_second: float
    answer: Answer | None
    traces: Mapping[str, Trace]


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
        self.trainer = make_trainer(spec) if trainer is None else trainer
        n_layers = len(self.trainer.network.layers)
        self.history = History(n_layers) if history is None else history
        self.scores = self._score()
        self.record = self.history.last_record() or self.trainer.measure()
        self._score_interval = self._steps_between_scores()
        self._answer: Answer | None = None
        self._tracers: dict[Wish, Tracer] = {}
        self._marks = ChangeMarks(self.history)

    def advance(self, *, score: bool = False) -> None:
        """Take one step and record it. Raises Divergence, changing nothing.

        Scores are taken regularly, or now when `score` is set.
        """
        self.record = record = self.trainer.step()
        if score or record.step % self._score_interval == 0:
            self.scores = self._score()
            self.history.append(record, self.scores)
        else:
            self.history.append(record)

    def tune(self, spec: Spec) -> None:
        """Apply changes of live fields and mark them on the time axis."""
        for path, (after, before) in spec.differences(self.spec).items():
            self._marks.note(KNOBS[path], before, after)
        self.spec = spec
        self.trainer.tune(settings_of(spec))
        self._score_interval = self._steps_between_scores()

    def frame(
        self, steps_per_second: float, *, renew_answer: bool, wishes: tuple[Wish, ...] = ()
    ) -> Frame:
        """Show the present state; answer and scores are computed anew only when asked for."""
        if renew_answer or self._answer is None:
            self._answer, self.scores = self._compute_answer(), self._score()
        return Frame(
            self.run_id,
            self.trainer.steps_done,
            self.trainer.epoch,
            self.record,
            self.scores,
            steps_per_second,
            self._answer,
            self._traces(wishes),
        )

    def _traces(self, wishes: tuple[Wish, ...]) -> dict[str, Trace]:
        """Fulfil the wishes; those that were there before cost little."""
        self._tracers = {
            wish: self._tracers.get(wish) or Tracer(self.history, wish) for wish in wishes
        }
        return {wish.name: tracer.trace() for wish, tracer in self._tracers.items()}

    def steps_to_epoch_end(self) -> int:
        """How many steps complete the present epoch."""
        n_train = len(self.trainer.data.x_train)
        missing = n_train - self.trainer.samples_seen % n_train
        return -(-missing // self.trainer.flow.batch)

    def _steps_between_scores(self) -> int:
        data = self.trainer.data
        scored = len(data.x_test) + min(len(data.x_train), MOST_SCORED)
        # Forward alone is about a third of a training step.
        return max(1, math.ceil(scored / (3 * self.trainer.flow.batch) / SCORING_SHARE))

    def _score(self) -> Scores:
        trainer, data = self.trainer, self.trainer.data
        with np.errstate(all="ignore"):
            z = trainer.network.predict(data.x_test)
            loss = trainer.loss.value_and_gradient(z, data.y_test, np.empty_like(z))
            train_accuracy = math.nan
            if data.task is not Task.REGRESSION:
                z_train = trainer.network.predict(data.x_train[:MOST_SCORED])
                train_accuracy = accuracy(data.task, z_train, data.y_train[:MOST_SCORED])
        return Scores(float(loss), train_accuracy, accuracy(data.task, z, data.y_test))

    def _compute_answer(self) -> Answer:
        data, network = self.trainer.data, self.trainer.network
        with np.errstate(all="ignore"):
            if data.task is Task.CLASSES:
                return Confusion(_confusion(data, network.predict(data.x_test)))
            if data.n_inputs == 2 and data.n_outputs == 1:
                return _surface(data, network)
            predicted = network.predict(data.x_test)
        chosen = slice(0, MOST_POINTS)
        return Predictions(data.y_test.ravel()[chosen], predicted.ravel()[chosen])


def _confusion(data: Dataset, z: Array) -> Array:
    counts = np.zeros((data.n_outputs, data.n_outputs), np.intp)
    np.add.at(counts, (data.y_test, z.argmax(axis=-1)), 1)
    return counts


def _surface(data: Dataset, network: Network) -> Surface:
    x_axis, y_axis = (_padded_range(data, column) for column in (0, 1))
    grid = np.meshgrid(np.linspace(*x_axis, SURFACE_SIDE), np.linspace(*y_axis, SURFACE_SIDE))
    z = network.predict(np.stack([axis.ravel() for axis in grid], axis=1).astype(network.dtype))
    values = 1 / (1 + np.exp(-z)) if data.task is Task.BINARY else z
    return Surface(values.reshape(SURFACE_SIDE, SURFACE_SIDE), x_axis, y_axis)


def _padded_range(data: Dataset, column: int) -> tuple[float, float]:
    values = np.concatenate([data.x_train[:, column], data.x_test[:, column]])
    low, high = float(values.min()), float(values.max())
    margin = SURFACE_MARGIN * (high - low)
    return low - margin, high + margin


class RateMeter:
    """Steps per second over the last half second or so."""

    WINDOW_S = 0.5

    def __init__(self) -> None:
        self.restart(0)

    def restart(self, step: int) -> None:
        """Forget what was before."""
        self._since, self._from_step = time.perf_counter(), step
        self.rate = 0.0

    def update(self, step: int) -> float:
        """Return the rate at `step`, renewed once per window."""
        elapsed = time.perf_counter() - self._since
        if elapsed >= self.WINDOW_S or (self.rate == 0 and elapsed > 0):
            rate = (step - self._from_step) / elapsed
            if elapsed >= self.WINDOW_S:
                self.restart(step)
            self.rate = rate
        return self.rate
