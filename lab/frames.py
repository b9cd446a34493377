"""What a window is shown of a run: one frame after the other, each complete in itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from core.arrays import Array
from core.training import StepRecord
from lab.exhibits import Exhibit
from lab.moments import Scores
from lab.traces import Trace

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Frame:
    """What a window shows of a run at one moment; read-only.

    Of several networks, `record` and `scores` are medians, and `ranks (5, quantities, layers)` the
    spread of the magnitudes as `lab.ranks` has it, of those `learning`: not diverged.
    """

    run_id: int
    step: int
    epoch: float
    record: StepRecord
    scores: Scores
    steps_per_second: float
    traces: Mapping[str, Trace]
    exhibits: Mapping[Exhibit[Any], Any]
    ranks: Array | None = None
    learning: int = 1

    def shown(self, exhibit: Exhibit[T]) -> T | None:
        """Return the result of a request, or None when it has not been made yet."""
        result: T | None = self.exhibits.get(exhibit)
        return result
