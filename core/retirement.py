"""Networks of a stack that diverged: they keep their last finite state, and the others go on."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np

from core.arrays import Array
from core.divergence import Divergence
from core.network import Network


class Retirement:
    """What the networks that no longer learn were at last, by their place on the one run axis.

    In the stack they go on from 0, with an optimiser that remembers nothing: so their steps stay
    finite, and cost what they did before.
    """

    def __init__(self, network: Network, slots: Array) -> None:
        self._network, self._slots = network, slots
        self.kept = dict[int, tuple[Array, Array]]()

    def __bool__(self) -> bool:
        return bool(self.kept)

    @property
    def runs(self) -> tuple[int, ...]:
        """Who has retired."""
        return tuple(self.kept)

    def add(self, divergence: Divergence) -> bool:
        """Retire the networks that diverged, so that the step can be taken again.

        Returns False, changing nothing, for a network alone, and when none would be left.
        """
        network = self._network
        gone = {*self.kept, *np.flatnonzero(divergence.overflow.runs).tolist()}
        if len(network.runs) != 1 or len(gone) == network.runs[0]:
            return False
        self.retire(gone)
        return True

    def retire(self, runs: Iterable[int]) -> None:
        """Retire networks as they are now; one that had retired before stays what it was then."""
        network = self._network
        for run in runs:
            state = network.parameters[run].copy(), network.running[:, run].copy()
            self.kept.setdefault(run, state)
            network.parameters[run] = 0
            network.running[0, run], network.running[1, run] = 0, 1
            self._slots[:, run] = 0

    def restore(self, network: Network, run: int) -> None:
        """Give a copy of the stack's network `run` the state that was kept, if it has retired."""
        if run in self.kept:
            network.parameters[...], network.running[...] = self.kept[run]

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Let the stack hold what was kept, to be looked at or stored."""
        network = self._network
        for run, (parameters, running) in self.kept.items():
            network.parameters[run], network.running[:, run] = parameters, running
        try:
            yield
        finally:
            self.retire(self.kept)

    def blank(self, loss: Array, magnitudes: Array) -> None:
        """Write NaN where nothing is measured any more: (n,) and (n, ...)."""
        gone = np.array(self.runs)
        loss[gone], magnitudes[gone] = np.nan, np.nan
