"""Finding the first number of a step that is not finite, and saying where it arose."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.network import Network
from core.propagation import Operation


@dataclass(frozen=True)
class Overflow:
    """Where the first number that is not finite arose.

    `layer` (1..L) and `what` are the operation; `largest` is the size of the largest finite number
    that went into it; `infinite` and `undefined` of its `total` results are so; `runs`, bool of the
    network's runs, says in which of several networks, which are the `last` ones where all others
    had diverged before.
    """

    layer: int
    what: str
    largest: float
    infinite: int
    undefined: int
    total: int
    runs: Array
    last: bool = False

    @property
    def numbers(self) -> str:
        """The values around it, in words."""
        counts = {"infinite": self.infinite, "not a number": self.undefined}
        found = " and ".join(f"{count} {kind}" for kind, count in counts.items() if count)
        largest = f"{self.largest:.2g}".replace("e+", "e")
        return f"numbers up to {largest} went in, {found} of {self.total} came out"

    @property
    def networks(self) -> str:
        """In which of several networks, in words; empty when there is one."""
        if not self.runs.ndim:
            return ""
        indices = np.flatnonzero(self.runs)
        which, count = ("the last " if self.last else ""), self.runs.size
        if len(indices) == 1:
            return f" in {which}network {indices[0] + 1} of {count}"
        return f" in {which}{len(indices)} of {count} networks"


class Divergence(ArithmeticError):
    """A number of a step is not finite; parameters and optimiser are still the last finite ones.

    `step` is the step that could not be taken, `overflow` where it failed first.
    """

    def __init__(self, step: int, overflow: Overflow) -> None:
        super().__init__(
            f"diverged at step {step}{overflow.networks}: the {overflow.what} is not finite, "
            f"first in layer {overflow.layer} ({overflow.numbers})"
        )
        self.step = step
        self.overflow = overflow
        self.layer = overflow.layer
        self.what = overflow.what


class Lookout:
    """Looks at the numbers of one step; each method raises Divergence at the first not finite."""

    def __init__(self, network: Network, step: int) -> None:
        self._network, self._step = network, step

    def through(self, plan: Iterable[Operation]) -> None:
        """Carry out a plan and look at the result of each operation."""
        n_runs = len(self._network.runs)
        for call, args, layer, name, _ in plan:
            # a.dot has its first factor in itself
            largest = largest_of(getattr(call, "__self__", None), *args[:-1] or args)
            call(*args)
            result = args[-1]
            if result.ndim == n_runs + 3:  # of a block of layers
                for index, values in enumerate(np.moveaxis(result, n_runs, 0)):
                    self.at(values, layer + index, name, largest)
            else:
                self.at(result, layer, name, largest)

    def at_parts(self, flat: Array, what: str, largest: float) -> None:
        """Look at a vector laid out as the parameters are, layer by layer."""
        for number, views in enumerate(self._network.layout.views(flat), 1):
            for values in views:
                if values is not None:
                    self.at(values, number, what, largest)

    def at(self, values: Array, layer: int, what: str, largest: float) -> None:
        """Look at the numbers of one layer; `largest` went into them."""
        bad = ~np.isfinite(values)
        if not bad.any():
            return
        undefined = int(np.isnan(values).sum())
        infinite = int(bad.sum()) - undefined
        runs = np.asarray(bad.reshape(*self._network.runs, -1).any(axis=-1))
        raise Divergence(
            self._step, Overflow(layer, what, largest, infinite, undefined, bad.size, runs)
        )


def largest_of(*given: object) -> float:
    """Return the size of the largest finite number in arrays; what else is given does not count."""
    sizes = [np.abs(values) for values in given if isinstance(values, np.ndarray) and values.size]
    largest = [float(size.max(where=np.isfinite(size), initial=0)) for size in sizes]
    return max(largest, default=0.0)
