"""Reading a lesson: Markdown with one heading per step, and what the lab must know in a block.

    # Title, and a sentence below it
    ## Set up | Predict | Do | Compare | Why | Checkpoint
    ```lab
    name: value
    ```
    Words for people. A checkpoint's answer is a quotation: lines that begin with >.

Everything that a block names (preset, control, value, panel, measurement) is looked up here. A file
with a fault makes no lesson: `LessonError` says in one sentence where it is and what is allowed.
"""

import re
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.measures import QUANTITIES
from core.places import Place
from lab.faults import SpecError
from lab.fields import Knob
from lab.lesson_form import LessonError, Line, Section, sections_of
from lab.lesson_tasks import (
    USES,
    FieldIs,
    HasEnded,
    PanelSeen,
    SetByHand,
    Shows,
    StepsTaken,
    Task,
    ToolUsed,
)
from lab.lessons import (
    TITLES,
    Checkpoint,
    Choice,
    Claim,
    Compare,
    Do,
    Lesson,
    Predict,
    SetUp,
    Step,
    Why,
)
from lab.measurements import MEASUREMENTS
from lab.presets import presets
from lab.run import Phase
from lab.spec import KNOBS, Spec
from lab.words import reason_of

LARGEST_BYTES = 100_000
LARGEST_STEPS = 1_000_000
PLACE = re.compile(r"W_(\d{1,3})\[(\d{1,3}), (\d{1,3})\]")
CHOICE = re.compile(r"(.+) = ([^=]+)")
ENDINGS = {str(phase): phase for phase in Phase if phase.over}


def read_lesson(path: Path, panels: Collection[str]) -> Lesson:
    """Read a file, given the names of all panels that there are. Raises LessonError."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LessonError(f"{path.name} is no lesson: it is not text in UTF-8.") from None
    except OSError as error:
        raise LessonError(f"{path.name} cannot be read: {reason_of(error).lower()}.") from None
    if len(content) > LARGEST_BYTES:
        raise LessonError(f"{path.name} is no lesson: it is larger than {LARGEST_BYTES} bytes.")
    return lesson_from(text, path.name, panels)


def lesson_from(text: str, file: str, panels: Collection[str]) -> Lesson:
    """Read the text of a lesson; `file` is what errors call it. Raises LessonError."""
    sections = list(sections_of(text, file))
    head, *rest = sections
    if not head.title or not head.text or not rest:
        allowed = "a line '# Title', a sentence, and steps with a heading such as '## Predict'"
        raise head.start.wrong(head.start.value, allowed)
    steps = tuple(_step(section, panels) for section in rest)
    if not isinstance(steps[-1], Checkpoint):
        raise rest[-1].start.wrong(rest[-1].title, "Checkpoint, as the last step")
    return Lesson(Path(file).stem, head.title, head.text, steps)


# -- the steps


def _step(section: Section, panels: Collection[str]) -> Step:
    makers: dict[str, Callable[[Section, Collection[str]], Step]] = {
        TITLES[SetUp]: _set_up,
        TITLES[Predict]: _predict,
        TITLES[Do]: _do,
        TITLES[Compare]: _compare,
        TITLES[Why]: lambda section, _: Why(section.text),
        TITLES[Checkpoint]: _checkpoint,
    }
    make = makers[section.start.known(section.title, makers)]
    if not section.text:
        raise section.start.wrong(section.title, "a step with words for people")
    if section.lines and section.title in (TITLES[Why], TITLES[Checkpoint]):
        raise section.lines[0].wrong(section.lines[0].name, f"no block below {section.title}")
    return make(section, panels)


def _set_up(section: Section, panels: Collection[str]) -> SetUp:
    names = ("preset", "panel", "weight", *KNOBS)
    spec, changes = Spec(), dict[str, Any]()
    seen, places = list[str](), list[tuple[Line, Place]]()
    for line in section.lines:
        match line.known(line.name, names):
            case "preset":
                spec = presets()[line.known(line.value, presets())].spec
            case "panel":
                seen.append(line.known(line.value, panels))
            case "weight":
                places.append((line, _place(line)))
            case path:
                changes[path] = _value(line, KNOBS[path])
    try:
        spec = spec.with_values(changes)
    except SpecError as error:
        fault = error.faults[0]
        raise section.start.wrong(f"{fault.field}: {fault.received}", fault.allowed) from None
    for line, place in places:
        if not _fits(place, spec.sizes):
            raise line.wrong(line.value, "a weight that this network has")
    return SetUp(section.text, spec, tuple(seen), places[-1][1] if places else None)


def _predict(section: Section, _: Collection[str]) -> Predict:
    measure, within, choices = "", 0.0, list[Choice]()
    for line in section.lines:
        match line.known(line.name, ("measure", "within", "choice")):
            case "measure":
                measure = line.known(line.value, MEASUREMENTS)
            case "within":
                within = line.span(line.value).low
            case "choice":
                parts = CHOICE.fullmatch(line.value)
                if parts is None:
                    raise line.wrong(line.value, "an answer = the numbers for which it is right")
                choices.append(Choice(parts[1].strip(), line.span(parts[2])))
    if not measure:
        raise section.start.wrong(section.title, "a block with 'measure: name'")
    if len(choices) == 1:
        raise section.start.wrong(choices[0].text, "no choice, or several")
    return Predict(section.text, measure, tuple(choices), within)


def _do(section: Section, panels: Collection[str]) -> Do:
    return Do(section.text, tuple(_task(line, panels) for line in section.lines))


def _task(line: Line, panels: Collection[str]) -> Task:
    makers: dict[str, Callable[[], Task]] = {
        "steps": lambda: StepsTaken(line.whole(1, LARGEST_STEPS)),
        "ending": lambda: HasEnded(ENDINGS[line.known(line.value, ENDINGS)]),
        "panel": lambda: PanelSeen(line.known(line.value, panels)),
        "use": lambda: ToolUsed(line.known(line.value, USES)),
        "shows": lambda: Shows(line.known(line.value, QUANTITIES)),
        "set by hand": lambda: _by_hand(line),
    }
    name = line.known(line.name, (*makers, *KNOBS))
    return makers[name]() if name in makers else _field(line, KNOBS[name])


def _by_hand(line: Line) -> Task:
    line.known(line.value, ("a weight",))
    return SetByHand()


def _field(line: Line, knob: Knob) -> FieldIs:
    if knob.kind not in (int, float):
        return FieldIs(knob.path, _value(line, knob))
    task = FieldIs(knob.path, line.span(line.value))
    try:
        knob.take(task.example)
    except SpecError as error:
        raise line.wrong(line.value, error.faults[0].allowed) from None
    return task


def _compare(section: Section, _: Collection[str]) -> Compare:
    claims = tuple(
        Claim(line.known(line.name, MEASUREMENTS), line.span(line.value)) for line in section.lines
    )
    if not claims:
        raise section.start.wrong(section.title, "a block with a measurement and its value")
    return Compare(section.text, claims)


def _checkpoint(section: Section, _: Collection[str]) -> Checkpoint:
    if not section.quotation:
        raise section.start.wrong(section.title, "a question, and its answer in lines with >")
    return Checkpoint(section.text, section.quotation)


# -- values


def _value(line: Line, knob: Knob) -> Any:
    """Read one value of a field, as it is written."""
    text = line.value
    value: Any = text
    if knob.kind is bool:
        value = {"on": True, "off": False}.get(text, text)
    elif knob.kind in (int, float):
        with suppress(ValueError):
            value = knob.kind(text)
    try:
        return knob.take(value)
    except SpecError as error:
        allowed = "on, off" if knob.kind is bool else error.faults[0].allowed
        raise line.wrong(text, allowed) from None


def _place(line: Line) -> Place:
    parts = PLACE.fullmatch(line.value)
    if parts is None:
        raise line.wrong(line.value, "a weight such as W_1[0, 0]")
    layer, row, column = (int(part) for part in parts.groups())
    return Place("w", layer, column, row)


def _fits(place: Place, sizes: tuple[int, ...]) -> bool:
    if not 1 <= place.layer < len(sizes):
        return False
    return place.column < sizes[place.layer] and (place.row or 0) < sizes[place.layer - 1]
