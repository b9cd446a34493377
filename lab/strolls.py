"""Where a person stands in a walk through one step, and how the keys move them.

There are three strides: a whole stage of the loop, one layer of it, one line of one layer. Going
back undoes them.
"""

from enum import StrEnum

from core.moments import Moment, Stage
from core.walks import Walk


class Stride(StrEnum):
    """How far one key press leads."""

    STAGE = "stage"
    LAYER = "layer"
    LINE = "line"


class Stroll:
    """A walk and a place in it: `at` is the number of the last moment that has happened, or -1.

    `stride` is the last one that was made, which tells what a person wants to look at.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.at = -1
        self.stride = Stride.STAGE

    @property
    def moment(self) -> Moment | None:
        """What has happened last; None before the first."""
        return None if self.at < 0 else self.walk.moments[self.at]

    @property
    def shows_layers(self) -> bool:
        """Whether a person looks at a whole stage in all its layers."""
        moment = self.moment
        return self.stride is Stride.STAGE and moment is not None and moment.stage is not Stage.LOSS

    @property
    def over(self) -> bool:
        """Whether nothing is left to happen."""
        return self.at == len(self.walk.moments) - 1

    def ends(self, stride: Stride) -> list[int]:
        """Return the places where such strides end, the start first."""
        walk = self.walk
        match stride:
            case Stride.LINE:
                return [*range(-1, len(walk.moments))]
            case Stride.LAYER:
                return [-1, *walk.ends.values()]
        last = {stage: number for (stage, _), number in walk.ends.items()}
        return [-1, *last.values()]

    def on(self, stride: Stride) -> bool:
        """Go on to the end of this stride; tells whether there was anywhere to go."""
        ahead = [end for end in self.ends(stride) if end > self.at]
        return self._go(ahead[0] if ahead else None, stride)

    def back(self, stride: Stride) -> bool:
        """Undo such a stride; tells whether there was anything to undo."""
        behind = [end for end in self.ends(stride) if end < self.at]
        return self._go(behind[-1] if behind else None, stride)

    def stand_at(self, number: int) -> None:
        """Go to one line."""
        self.at, self.stride = number, Stride.LINE

    def go_to(self, stage: Stage) -> bool:
        """Go to the end of a stage; tells whether the step gets so far."""
        ends = [number for (one, _), number in self.walk.ends.items() if one is stage]
        return self._go(ends[-1] if ends else None, Stride.STAGE)

    def _go(self, end: int | None, stride: Stride) -> bool:
        self.stride = stride
        if end is None:
            return False
        self.at = end
        return True
