"""Learning without a gradient: perturb at random, keep what is not worse.

This is the (1+1) evolution strategy with Rechenberg's one-fifth rule (1973) in the form of Auger
2009, "Benchmarking the (1+1)-ES with one-fifth success rule". It knows nothing of networks: a
function tells how good a point is.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from core.arrays import Array
from core.errors import require_numbers

GROWTH = 1.5  # of the step size, after a point was kept
SHRINKAGE = GROWTH**-0.25  # after one was not: in balance when one in five is kept


class RandomSearch:
    """Looks for a point of low loss from `start (P,)`, which is not changed.

    `loss_of(point)` is called once for the start and once per try; what is not finite is never
    kept. `step` is the standard deviation of the first perturbation, times `free (P,)` where
    numbers are to be moved more or less than others, or not at all. Raises ValueError for a step
    that is not above 0.
    """

    def __init__(
        self,
        loss_of: Callable[[Array], float],
        start: Array,
        rng: Generator,
        step: float,
        free: Array | float = 1.0,
    ) -> None:
        require_numbers("step", step, np.finfo(float).tiny)
        self._loss_of, self._rng, self._free = loss_of, rng, free
        self.point = np.array(start, np.float64)
        self.loss = loss_of(self.point)
        self.step = step
        self.tries = self.kept = 0

    def try_once(self) -> bool:
        """Perturb all parameters; returns whether the new point is kept."""
        # w' = w + step free g, g standard normal;  w = w' if loss(w') <= loss(w)
        tried = self.point + self.step * self._free * self._rng.standard_normal(len(self.point))
        loss = self._loss_of(tried)
        kept = loss <= self.loss or (math.isfinite(loss) and not math.isfinite(self.loss))
        self.tries += 1
        if kept:
            self.point, self.loss = tried, loss
            self.kept += 1
        self.step *= GROWTH if kept else SHRINKAGE
        return kept
