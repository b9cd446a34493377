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
from lab.errands import Work
from lab.judging import judge_of

FORWARDS_PER_STEP = 3  # one forward pass, and a backward pass costs about two
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
        probe = judge_of(trainer)
        search = self._make_search(probe)
        steps = max(1, self.forwards // FORWARDS_PER_STEP)
        between = -(-steps // MOST_POINTS)
        self._look(0, trainer, probe, search)
        for step in range(1, steps + 1):
            self._descend(trainer)
            for _ in range(FORWARDS_PER_STEP):
                search.try_once()
                yield step / steps
            if step % between == 0 or step == steps:
                self._look(step, trainer, probe, search)
        self.kept = search.kept / search.tries
        return self.lines

    def _make_search(self, probe: Probe) -> RandomSearch:
        size = float(np.sqrt(np.mean(np.square(probe.center))))
        rng = np.random.default_rng(self.seed)
        return RandomSearch(probe.loss_at, probe.center, rng, FIRST_STEP * (size or 1.0))

    def _descend(self, trainer: Trainer) -> None:
        if not self.divergence:
            try:
                trainer.step()
            except Divergence as divergence:
                self.divergence = str(divergence)

    def _look(self, step: int, trainer: Trainer, probe: Probe, search: RandomSearch) -> None:
        descent = np.nan if self.divergence else probe.loss_at(trainer.network.parameters)
        self._points.append((FORWARDS_PER_STEP * step, descent, search.loss))
