"""What a history takes in and gives out: scores, marks, quantities over time, single moments."""

from dataclasses import dataclass
from typing import NamedTuple

from core.arrays import Array


class Scores(NamedTuple):
    """How well the network does on whole sets; NaN where accuracy has no meaning."""

    test_loss: float
    train_accuracy: float
    test_accuracy: float


class Mark(NamedTuple):
    """A change made while training: it applies from the step after `step` on."""

    step: int
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity over time, read-only: rows are spans of steps.

    `first` and `last` are the steps a row covers, both included; `mean low high` are (rows,) for a
    scalar or (rows, layers) for a quantity, NaN where nothing was measured. Of several networks
    they are the median's; for a scalar, `ranks (5, rows)` are the means of `lab.ranks` beside it.
    """

    first: Array
    last: Array
    mean: Array
    low: Array
    high: Array
    ranks: Array | None = None

    @property
    def center(self) -> Array:
        """The middle of each row's span, in steps."""
        center: Array = (self.first + self.last) / 2
        return center


@dataclass(frozen=True, slots=True)
class Moment:
    """All quantities at one moment, read-only: the mean over the steps `first` to `last`.

    `magnitudes` is (quantities, layers), NaN where nothing was measured; of several networks it is
    the median, and `ranks (5, quantities, layers)` are those of `lab.ranks`.
    """

    first: int
    last: int
    magnitudes: Array
    ranks: Array | None = None
