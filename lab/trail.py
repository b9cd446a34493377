"""Where the weights of a run have been: some moments of their path, in bounded memory.

At first every step is kept; when there is no more room, every second one goes, and half as many are
kept from then on. The training thread alone writes and reads it. Of a large network there are fewer
moments, of a very large one none.
"""

import numpy as np

from core.arrays import Array
from core.training import Trainer

MOST_MOMENTS = 256
MOST_BYTES = 32 << 20
FEWEST_MOMENTS = 4
NEVER = 1 << 62


class Trail:
    """The path of a trainer's networks from the step at which it is made.

    `every` is how many steps lie between two moments that are kept.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        parameters = trainer.network.parameters
        fitting = min(MOST_MOMENTS, MOST_BYTES // parameters.nbytes)
        self.every = 1 if fitting >= FEWEST_MOMENTS else NEVER
        self._steps = list[int]()
        self._ends = dict[int, int]()  # from when on what is in the stack is no network any more
        # Memory that nothing has been written to takes no room yet.
        room = fitting if self.every == 1 else 0
        self._moments = np.empty((room, *parameters.shape), parameters.dtype)
        if room:
            self.keep()

    def keep(self) -> None:
        """Keep the present moment, and make room for the next one."""
        self._moments[len(self._steps)] = self._trainer.network.parameters
        self._steps.append(self._trainer.steps_done)
        for run in self._trainer.retired.runs:
            self._ends.setdefault(run, self._trainer.steps_done)
        if len(self._steps) == len(self._moments):
            self.every *= 2
            kept = [i for i, step in enumerate(self._steps) if i == 0 or step % self.every == 0]
            self._moments[: len(kept)] = self._moments[kept]
            self._steps = [self._steps[i] for i in kept]

    def of(self, seed: int) -> tuple[Array, Array]:
        """Return steps (n,) and parameters (n, P) of one network, to look at, not to keep.

        The path of one that has diverged ends there.
        """
        steps, moments = np.array(self._steps, np.int64), self._moments[: len(self._steps)]
        if moments.ndim == 2:
            return steps, moments
        seed = min(seed, moments.shape[1] - 1)
        lived = steps < self._ends.get(seed, NEVER)
        return steps[lived], moments[lived, seed]
