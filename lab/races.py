"""A race: gradient descent against random search, from the same weights, at the same cost.

Both are judged by the loss of the same training samples. The search judges every try by all of them
and adapts its step, so it has the better of it: gradient descent sees one batch at a time.
"""

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Entry:
    """What races: how many forward passes each has; `seed` starts the search's random draw."""

    forwards: int
    seed: int = 0


class Race:
    """One race; the trainer is its own. `lines` may be read while it runs."""

    def __init__(self, trainer: Trainer, entry: Entry) -> None:
        self.trainer, self.entry = trainer, entry
        self.divergence = ""
        self.kept = 0.0  # share of the search's tries
        self._points = list[tuple[int, float, float]]()

    @property
    def lines(self) -> Lines:
        """Both lines so far."""
        return Lines(*np.array(self._points[:], np.float64).reshape(-1, 3).T)

    def run(self) -> Work[Lines]:
        """Let both go on in turn, step by step."""
        probe = judge_of(self.trainer)
        search = self._make_search(probe)
        steps = max(1, self.entry.forwards // FORWARDS_PER_STEP)
        between = -(-steps // MOST_POINTS)
        self._look(0, probe, search)
        for step in range(1, steps + 1):
            self._descend()
            for _ in range(FORWARDS_PER_STEP):
                search.try_once()
                yield step / steps
            if step % between == 0 or step == steps:
                self._look(step, probe, search)
        self.kept = search.kept / search.tries
        return self.lines

    def _make_search(self, probe: Probe) -> RandomSearch:
        size = float(np.sqrt(np.mean(np.square(probe.center))))
        rng = np.random.default_rng(self.entry.seed)
        return RandomSearch(probe.loss_at, probe.center, rng, FIRST_STEP * (size or 1.0))

    def _descend(self) -> None:
        if not self.divergence:
            try:
                self.trainer.step()
            except Divergence as divergence:
                self.divergence = str(divergence)

    def _look(self, step: int, probe: Probe, search: RandomSearch) -> None:
        parameters = self.trainer.network.parameters
        descent = np.nan if self.divergence else probe.loss_at(parameters)
        self._points.append((FORWARDS_PER_STEP * step, descent, search.loss))
