"""A race: gradient descent against random search, from the same weights, at the same cost.

Both are judged by the loss of the same training samples. The search judges every try by all of them
and adapts its step, so it has the better of it: gradient descent sees one batch at a time.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from core.arrays import Array
from core.divergence import Divergence
from core.probes import Probe
from core.search import RandomSearch
from core.training import Trainer
from lab.effort import STEP_COST, affordable, forward_cost
from lab.errands import Work
from lab.judging import MOST_JUDGED, judge_of
from lab.spec import Spec

FEWEST, MOST_USUAL = 300, 9000  # forward passes
MOST_POINTS = 400
FIRST_STEP = 0.1  # of the search, in root mean squares of the parameters


class Lines(NamedTuple):
    """Loss of both against forward passes, all (points,); NaN after gradient descent diverged."""

    forwards: Array
    descent: Array
    search: Array

    @property
    def overtaken(self) -> float:
        """After how many forward passes descent was as low as the search in the end; or NaN."""
        lower = np.flatnonzero(self.descent <= self.search[-1])
        return float(self.forwards[lower[0]]) if len(lower) else np.nan


def usual_forwards(spec: Spec) -> int:
    """Return how many forward passes show it within seconds."""
    # A try takes them in float64.
    cost = 2 * forward_cost(spec, min(MOST_JUDGED, spec.data.samples))
    return affordable(cost, MOST_USUAL, FEWEST)


class Race:
    """One race of so many forward passes each; `lines` may be read while it runs.

    `make` hands over the trainer, which is the race's own; `seed` starts the search's random draw.
    """

    def __init__(self, make: Callable[[], Trainer], forwards: int, seed: int = 0) -> None:
        self._make, self.forwards, self.seed = make, forwards, seed
        self.divergence = ""
        self.kept = 0.0  # share of the search's tries
        self._points = list[tuple[int, float, float]]()

    @property
    def lines(self) -> Lines:
        """Both lines so far."""
        return Lines(*np.array(self._points[:], np.float64).reshape(-1, 3).T)

    def run(self) -> Work[Lines]:
        """Let both go on in turn, step by step."""
        trainer = self._make()
        probe = judge_of(trainer, trainer.network)
        search = self._make_search(trainer, probe)
        steps = max(1, self.forwards // STEP_COST)
        between = -(-steps // MOST_POINTS)
        self._look(0, trainer, probe, search)
        for step in range(1, steps + 1):
            self._descend(trainer)
            for _ in range(STEP_COST):
                search.try_once()
                yield step / steps
            if step % between == 0 or step == steps:
                self._look(step, trainer, probe, search)
        self.kept = search.kept / search.tries
        return self.lines

    def _make_search(self, trainer: Trainer, probe: Probe) -> RandomSearch:
        with np.errstate(all="ignore"):
            size = float(np.sqrt(np.mean(np.square(probe.center))))
        size = size if 0 < size < np.inf else 1.0  # of a network that has diverged it is no number
        rng, step = np.random.default_rng(self.seed), FIRST_STEP * size
        return RandomSearch(probe.loss_at, probe.center, rng, step, _free(trainer))

    def _descend(self, trainer: Trainer) -> None:
        if not self.divergence:
            try:
                trainer.step()
            except Divergence as divergence:
                self.divergence = str(divergence)

    def _look(self, step: int, trainer: Trainer, probe: Probe, search: RandomSearch) -> None:
        descent = np.nan if self.divergence else probe.loss_at(trainer.network.parameters)
        self._points.append((STEP_COST * step, descent, search.loss))


def _free(trainer: Trainer) -> Array:
    """1 for every parameter that may change, 0 for those of frozen layers: (P,)."""
    layout = trainer.network.layout
    free = np.ones(layout.n_parameters)
    views = list(layout.views(free))
    for number in trainer.settings.frozen:
        for view in views[number - 1]:
            if view is not None:
                view[...] = 0
    return free
