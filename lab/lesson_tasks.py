"""What a lesson asks a person to do, and how bench and screen show that it is done.

A `Situation` is all that is looked at; a task says whether it is `met` by one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from core.measures import QUANTITIES
from lab.run import Phase
from lab.spans import Span
from lab.spec import KNOBS, Spec
from lab.words import spaced

# Tools by the names of their panels, and what it is to use them.
USES = {
    "nudge": "A change of the weight in Nudge",
    "steps": "A whole step walked through in Steps",
    "path": "A path led through another unit in Path",
    "check": "A check of the gradients in Check",
    "myths": "A result in Myths",
}


@dataclass(frozen=True)
class Situation:
    """What is on the bench and on the screen, as far as a lesson looks at it.

    `panels` are the names of those that can be seen; `quantity` is what the picture of the
    gradients shows; `used` are the tools that were used since the step began.
    """

    spec: Spec
    step: int
    phase: Phase
    panels: Collection[str] = ()
    quantity: str = ""
    used: Collection[str] = ()
    set_by_hand: bool = False


@dataclass(frozen=True)
class FieldIs:
    """A control stands at a value, or a number within a span."""

    path: str
    wanted: Any

    def met(self, now: Situation) -> bool:
        value = now.spec.value(self.path)
        if isinstance(self.wanted, Span):
            return value in self.wanted
        return bool(value == self.wanted)

    @property
    def example(self) -> Any:
        """A value that meets it."""
        if not isinstance(self.wanted, Span):
            return self.wanted
        knob = KNOBS[self.path]
        return round(self.wanted.middle) if knob.kind is int else self.wanted.middle

    def __str__(self) -> str:
        knob = KNOBS[self.path]
        wanted = self.wanted if isinstance(self.wanted, Span) else knob.shown(self.wanted)
        return f"{knob.label}: {wanted}"


@dataclass(frozen=True)
class StepsTaken:
    """The run has taken at least so many steps."""

    count: int

    def met(self, now: Situation) -> bool:
        return now.step >= self.count

    def __str__(self) -> str:
        return "1 step" if self.count == 1 else f"{spaced(self.count)} steps"


@dataclass(frozen=True)
class HasEnded:
    """The run has come to an end, such as diverged."""

    phase: Phase

    def met(self, now: Situation) -> bool:
        return now.phase is self.phase

    def __str__(self) -> str:
        return f"The run has {self.phase}"


@dataclass(frozen=True)
class PanelSeen:
    """A panel is open and in front."""

    name: str

    def met(self, now: Situation) -> bool:
        return self.name in now.panels

    def __str__(self) -> str:
        return f"Panel: {self.name.capitalize()}"


@dataclass(frozen=True)
class Shows:
    """The picture of the gradients shows a quantity."""

    quantity: str

    def met(self, now: Situation) -> bool:
        return now.quantity == self.quantity

    def __str__(self) -> str:
        return f"Shown: {QUANTITIES[self.quantity].label}"


@dataclass(frozen=True)
class ToolUsed:
    """A tool was used for what it is there for."""

    name: str

    def met(self, now: Situation) -> bool:
        return self.name in now.used

    def __str__(self) -> str:
        return USES[self.name]


@dataclass(frozen=True)
class SetByHand:
    """A weight or bias of this run was set by hand."""

    def met(self, now: Situation) -> bool:
        return now.set_by_hand

    def __str__(self) -> str:
        return "A weight set by hand"


Task = FieldIs | StepsTaken | HasEnded | PanelSeen | ToolUsed | Shows | SetByHand
