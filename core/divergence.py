"""Finding the first number of a step that is not finite, and saying where it arose."""

from collections.abc import Iterable

import numpy as np

from core.arrays import Array
from core.network import Network
from core.propagation import Operation


class Divergence(ArithmeticError):
    """A number of a step is not finite; parameters and optimiser are still the last finite ones.

    `step` is the step that could not be taken, `layer` (1..L) and `what` the operation whose result
    was the first that is not finite.
    """

    def __init__(self, step: int, layer: int, what: str) -> None:
        super().__init__(
            f"diverged at step {step}: the {what} is not finite, first in layer {layer}"
        )
        self.step = step
        self.layer = layer
        self.what = what


class Lookout:
    """Looks at the numbers of one step; each method raises Divergence at the first not finite."""

    def __init__(self, network: Network, step: int) -> None:
        self._network, self._step = network, step

    def through(self, plan: Iterable[Operation]) -> None:
        """Carry out a plan and look at the result of each operation."""
        n_runs = len(self._network.runs)
        for call, args, layer, name in plan:
            call(*args)
            result = args[-1]
            if result.ndim == n_runs + 3:  # of a block of layers
                for index, values in enumerate(np.moveaxis(result, n_runs, 0)):
                    self.at(values, layer + index, name)
            else:
                self.at(result, layer, name)

    def at_parts(self, flat: Array, what: str) -> None:
        """Look at a vector laid out as the parameters are, layer by layer."""
        for number, views in enumerate(self._network.layout.views(flat), 1):
            for values in views:
                if values is not None:
                    self.at(values, number, what)

    def at(self, values: Array, layer: int, what: str) -> None:
        """Look at the numbers of one layer."""
        if not np.isfinite(values).all():
            raise Divergence(self._step, layer, what)
