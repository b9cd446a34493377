"""Where the weights of a run have been: some moments of their path, in bounded memory.

At first every step is kept; when there is no more room, every second one goes, and half as many are
kept from then on. The training thread alone writes and reads it. Of a large network there are fewer
moments, of a very large one none.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.arrays import Array
from core.training import Trainer

MOST_MOMENTS = 256
MOST_BYTES, MOST_STORED_BYTES = 32 << 20, 4 << 20  # in memory, in a file
FEWEST_MOMENTS = 4
NEVER = 1 << 62


class Trail:
    """The path of a trainer's networks from the step at which it is made.

    `every` is how many steps lie between two moments that are kept.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self.room = min(MOST_MOMENTS, MOST_BYTES // trainer.network.parameters.nbytes)
        self.every = 1 if self.room >= FEWEST_MOMENTS else NEVER
        self._moments = dict[int, Array]()  # by step
        self._ends = dict[int, int]()  # from when on what is in the stack is no network any more
        if self.every == 1:
            self.keep()

    def keep(self) -> None:
        """Keep the present moment, and make room for the next one."""
        trainer, moments = self._trainer, self._moments
        moments[trainer.steps_done] = trainer.network.parameters.copy()
        self._note_ends()
        if len(moments) == self.room:
            self.every *= 2
            kept = {*_thinned([*moments], self.every)}
            for step in moments.keys() - kept:
                del moments[step]

    def revive(self, step: int) -> None:
        """Go on from an earlier step, where networks that have diverged since learn again."""
        gone = self._trainer.retired.runs
        if self._ends.keys() - {*gone}:
            self._ends = {run: end for run, end in self._ends.items() if run in gone}
            self._moments = {at: moment for at, moment in self._moments.items() if at <= step}

    def of(self, seed: int) -> dict[int, Array]:
        """Return the parameters (P,) of one network by step, to look at, not to keep.

        The path of one that has diverged ends there.
        """
        runs = self._trainer.network.runs
        if not runs:
            return self._moments
        seed = min(seed, runs[0] - 1)
        end = self._ends.get(seed, NEVER)
        return {step: moment[seed] for step, moment in self._moments.items() if step < end}

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return copies of steps (n,) and moments (n, *runs, P), and the numbers beside them.

        There are fewer moments where all would take too much room in a file.
        """
        self._note_ends()
        network, every, steps = self._trainer.network, self.every, [*self._moments]
        room = MOST_STORED_BYTES // network.parameters.nbytes
        if room < FEWEST_MOMENTS:
            every, steps = NEVER, []
        while len(steps) > room:
            every *= 2
            steps = _thinned(steps, every)
        moments = np.zeros((len(steps), *network.parameters.shape), network.dtype)
        for row, step in zip(moments, steps, strict=True):
            row[...] = self._moments[step]
        arrays = {"steps": np.array(steps, np.int64), "moments": moments}
        return arrays, {"every": every, "ends": [list(pair) for pair in self._ends.items()]}

    def restore(self, arrays: Mapping[str, Array], numbers: Mapping[str, Any]) -> None:
        """Go on with an earlier path, if it has one, that a `state()` tells of.

        Raises ValueError when its parts contradict each other.
        """
        steps, every, ends = arrays["steps"].tolist(), numbers["every"], dict(numbers["ends"])
        if len(steps) != len(arrays["moments"]) or len(steps) >= max(1, self.room):
            raise ValueError(f"its path has {len(steps)} steps, {len(arrays['moments'])} moments")
        if type(every) is not int or not 0 < every <= NEVER or every.bit_count() != 1:
            raise ValueError(f"its path keeps one step of {every!r}")
        if steps != sorted({*steps}) or steps != _thinned(steps, every):
            raise ValueError("the steps of its path are in no order")
        if steps and not 0 <= steps[0] <= steps[-1] <= self._trainer.steps_done:
            raise ValueError(f"its path leads from step {steps[0]} to {steps[-1]}")
        whole = all(type(number) is int for pair in ends.items() for number in pair)
        if not whole or ends.keys() != {*self._trainer.retired.runs}:
            raise ValueError("its path does not end with its networks")
        if steps:
            self.every, self._ends = every, ends
            self._moments = dict(zip(steps, arrays["moments"], strict=True))

    def _note_ends(self) -> None:
        for run in self._trainer.retired.runs:
            self._ends.setdefault(run, self._trainer.steps_done)


def _thinned(steps: list[int], every: int) -> list[int]:
    """Keep the first of steps, and those that are multiples of a number."""
    return [step for index, step in enumerate(steps) if not index or step % every == 0]
