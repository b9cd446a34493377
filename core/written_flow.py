"""A propagation's plans with the places where they were written down, line by line.

The operations come from generators, which stand at their own line while they hand one over.
"""

from collections.abc import Iterator

from core.listings import Spot
from core.network import Network
from core.propagation import Operation, Propagation


class WrittenFlow(Propagation):
    """A propagation that knows where each of its operations is written."""

    def __init__(self, network: Network, batch: int) -> None:
        self._spots: list[Spot] = []
        self._plans: list[list[Spot]] = []
        super().__init__(network, batch)

    def written(self) -> Iterator[Iterator[tuple[Operation, Spot]]]:
        """Yield the plans forward, backward and of the gradient, each operation with its place."""
        plans = self.forward_plan, self.backward_plan, self.gradient_plan
        for plan, spots in zip(plans, self._plans, strict=True):
            yield zip(plan, spots, strict=True)

    def _stored(self, operations: Iterator[Operation]) -> list[Operation]:
        plan = super()._stored(self._noted(operations))
        each = len(plan) // max(1, len(self._spots))  # two, where every result is rounded
        self._plans.append([spot for spot in self._spots for _ in range(each)])
        self._spots = []
        return plan

    def _noted(self, operations: Iterator[Operation]) -> Iterator[Operation]:
        for operation in operations:
            innermost = operations
            while (deeper := getattr(innermost, "gi_yieldfrom", None)) is not None:
                innermost = deeper
            frame = innermost.gi_frame  # type: ignore[attr-defined]
            self._spots.append(Spot(frame.f_code, (frame.f_lineno,)))
            yield operation
