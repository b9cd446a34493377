"""What a lesson is: steps to set up, predict, do, compare, understand, and a question at the end.

Lessons are Markdown files in `resources/lessons`, in the order of the numbers in their names;
`lesson_reader` reads one, and makes no lesson that names anything unknown. `lesson_walks` knows how
far a person has come in one.
"""

from dataclasses import dataclass
from pathlib import Path

from core.places import Place
from lab.lesson_tasks import Task
from lab.spans import Span
from lab.spec import Spec

DIRECTORY = Path(__file__).resolve().parent.parent / "resources" / "lessons"
SUFFIX = ".md"


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
    tasks: tuple[Task, ...]


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
