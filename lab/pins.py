"""Runs kept beside the present one, to compare with.

A pin is what a run was when it was pinned. It is frozen; renaming it or hiding it makes another one
with the same history, and the same traces, which are computed once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from lab.history import History
from lab.spec import Spec
from lab.traces import Trace, Tracer, Wish
from lab.words import one_line

MOST_PINS = 8
LONGEST_NAME, LONGEST_NOTE = 60, 300
ALL_TAKEN = f"All {MOST_PINS} places for pinned runs are taken: remove one of them first."


class PinError(Exception):
    """What cannot be done with pins; the message is one sentence for people."""


@dataclass(frozen=True)
class Label:
    """What a person says about a run that is to be pinned; without a place it gets a free one."""

    name: str = ""
    note: str = ""
    visible: bool = True
    place: int | None = None


@dataclass(frozen=True, eq=False)
class Pin:
    """A run as it was when it was pinned; its history no longer grows.

    `place` (0..MOST_PINS - 1) gives its colour and its number; `path` is the file that holds it,
    None when no file does.
    """

    place: int
    name: str
    spec: Spec
    history: History
    path: Path | None = None
    note: str = ""
    visible: bool = True
    _traces: dict[Wish, Trace] = field(default_factory=dict, repr=False)

    def trace(self, wish: Wish) -> Trace:
        """Return the wish come true; the first time of each wish takes a few milliseconds."""
        if wish not in self._traces:
            self._traces[wish] = Tracer(self.history, wish).trace()
        return self._traces[wish]

    @property
    def steps(self) -> int:
        """The number of steps it had taken."""
        return len(self.history)


def fitted(pin: Pin, pins: Sequence[Pin]) -> Pin:
    """Return the pin at its place or else at the first free one, under a name that no other has.

    Raises PinError when all places are taken.
    """
    taken = {other.place for other in pins}
    free = [place for place in range(MOST_PINS) if place not in taken]
    if not free:
        raise PinError(ALL_TAKEN)
    place = pin.place if pin.place in free else free[0]
    return replace(pin, place=place, name=_unlike(pin.name, pins))


def changed(
    pin: Pin, *, name: str | None = None, note: str | None = None, visible: bool | None = None
) -> Pin:
    """Return the pin with other words or hidden. Raises PinError for an empty name."""
    new_name = pin.name if name is None else one_line(name, LONGEST_NAME)
    if not new_name:
        raise PinError(f"A pinned run needs a name; it is still called “{pin.name}”.")
    return replace(
        pin,
        name=new_name,
        note=pin.note if note is None else one_line(note, LONGEST_NOTE),
        visible=pin.visible if visible is None else visible,
    )


def usual_name(spec: Spec) -> str:
    """Return what a run is called as long as nobody gives it a name: its shape."""
    hidden = spec.hidden
    widths = sorted({layer.width for layer in hidden})
    kinds = ", ".join(dict.fromkeys(layer.activation for layer in hidden))
    span = "–".join(str(width) for width in dict.fromkeys((widths or [0])[:1] + widths[-1:]))
    return one_line(f"{len(hidden)}×{span} {kinds}" if hidden else "no hidden layer", LONGEST_NAME)


def _unlike(name: str, pins: Sequence[Pin]) -> str:
    taken = {pin.name for pin in pins}
    endings = (f" ({number})" for number in count(2))
    wanted = name
    while wanted in taken:
        ending = next(endings)
        wanted = one_line(name, LONGEST_NAME - len(ending)) + ending
    return wanted
