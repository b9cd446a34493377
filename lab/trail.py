"""Where the weights of a run have been: some moments of their path, in bounded memory.

At first every step is kept; when there is no more room, every second one goes, and half as many are
kept from then on. The training thread alone writes and reads it. Of a large network there are fewer
moments, of a very large one none.
"""

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
        for run in trainer.retired.runs:
            self._ends.setdefault(run, trainer.steps_done)
        if len(moments) == self.room:
            self.every *= 2
            start = min(moments)
            for step in [one for one in moments if one % self.every and one != start]:
                del moments[step]

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
