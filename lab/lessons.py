"""What a lesson is: steps to set up, predict, do, compare, understand, and a question at the end.

Lessons are Markdown files in `resources/lessons`, in the order of the numbers in their names;
`lesson_reader` reads one, and makes no lesson that names anything unknown. `walks` knows how far a
person has come in one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.measures import QUANTITIES
from core.places import Place
from lab.run import Phase
from lab.spans import Span
from lab.spec import KNOBS, Spec
from lab.words import spaced

DIRECTORY = Path(__file__).resolve().parent.parent / "resources" / "lessons"
SUFFIX = ".md"


@dataclass(frozen=True)
class Situation:
    """What is on the bench and on the screen, as far as a lesson looks at it.

    `panels` are the names of those that can be seen; `quantity` is what the picture of the
    gradients shows.
    """

    spec: Spec
    step: int
    phase: Phase
    panels: Collection[str] = ()
    quantity: str = ""
    set_by_hand: bool = False


# -- what a person is to do


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
class SetByHand:
    """A weight or bias of this run was set by hand."""

    def met(self, now: Situation) -> bool:
        return now.set_by_hand

    def __str__(self) -> str:
        return "A weight set by hand"


Condition = FieldIs | StepsTaken | HasEnded | PanelSeen | Shows | SetByHand


# -- steps


@dataclass(frozen=True)
class SetUp:
    """An experiment to put on the bench, panels to open and a weight to look at."""

    text: str
    spec: Spec
    panels: tuple[str, ...] = ()
    place: Place | None = None


@dataclass(frozen=True)
class Choice:
    """One answer, and between what the measured value lies when it is right."""

    text: str
    span: Span


@dataclass(frozen=True)
class Predict:
    """A question about a measurement: one of the choices or, without them, a number.

    A number is close when it is off by the `within`-fold at most, or by `within` where the
    measurement is no ratio.
    """

    text: str
    measure: str
    choices: tuple[Choice, ...] = ()
    within: float = 0.0


@dataclass(frozen=True)
class Do:
    """Something to do with the lab's own controls."""

    text: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Claim:
    """A measurement, and what the lesson says that it is."""

    measure: str
    span: Span


@dataclass(frozen=True)
class Compare:
    """Measurements beside what was predicted of them."""

    text: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Why:
    """A paragraph that explains."""

    text: str


@dataclass(frozen=True)
class Checkpoint:
    """A question, and its answer for when it is asked for."""

    text: str
    answer: str


Step = SetUp | Predict | Do | Compare | Why | Checkpoint
TITLES: dict[type[Step], str] = {
    SetUp: "Set up",
    Predict: "Predict",
    Do: "Do",
    Compare: "Compare",
    Why: "Why",
    Checkpoint: "Checkpoint",
}


@dataclass(frozen=True)
class Lesson:
    """One lesson; `text` says in a sentence or two what it is about."""

    name: str
    title: str
    text: str
    steps: tuple[Step, ...]


# -- which there are


@dataclass(frozen=True)
class Entry:
    """A lesson in the list, before it is read."""

    name: str
    title: str
    path: Path


def contents(directory: Path = DIRECTORY) -> tuple[Entry, ...]:
    """Return the lessons that there are, in order; only the first line of each is looked at."""
    return tuple(
        Entry(path.stem, _first_line(path).removeprefix("#").strip() or path.stem, path)
        for path in sorted(directory.glob(f"*{SUFFIX}"))
    )


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline(200)
