"""What a walk through one step is made of: stages, and moments within them."""

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # who asks for a stage alone needs neither
    from core.glimpses import Glimpse
    from core.listings import Spot


class Stage(StrEnum):
    """The four of the loop, in their order."""

    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    UPDATE = "update"


class Moment(NamedTuple):
    """What one line does to one layer, 1..L: the last of `glimpses` is its result.

    `name` says which formula it is; `spots` is where it is written, what is called before what
    calls it.
    """

    stage: Stage
    layer: int
    name: str
    glimpses: "tuple[Glimpse, ...]"
    spots: "tuple[Spot, ...]"

    @property
    def result(self) -> "Glimpse":
        """What it has made."""
        return self.glimpses[-1]
