"""What a field of a spec says about itself: range, unit, words, and how it is edited.

A field is declared with `number`, `choice`, `switch` or `listing`; controls, command line, run
files and error messages read it as a `Knob` and know no field by itself. What is made of fields is
in `records`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.errors import hint
from lab.faults import Fault, SpecError, shown
from lab.words import chosen

Scale = Literal["linear", "log"]


@dataclass(frozen=True, slots=True)
class Knob:
    """One field of a spec as controls, command line and messages see it.

    `kind` is the type of its value; `choices` maps values to words when only those are allowed.
    `live` fields may change between two steps of a running network. `form` says how the value of
    a field that is neither number, choice nor switch is written as text, `empty` what it means when
    nothing is written, and `read` takes such a value from text or JSON, raising ValueError.
    """

    path: str
    label: str
    help: str
    kind: type
    default: Any
    low: float | None = None
    high: float | None = None
    unit: str = ""
    scale: Scale = "linear"
    off_below: float | None = None
    live: bool = False
    choices: dict[str, str] | None = None
    form: str = ""
    empty: str = ""
    read: Callable[[Any], tuple[Any, ...]] | None = None

    @property
    def group(self) -> str:
        """The part of the spec it belongs to."""
        return self.path.split(".")[0]

    @property
    def allowed(self) -> str:
        """What values are allowed, in words."""
        if self.choices is not None:
            return ", ".join(self.choices)
        if self.kind is bool:
            return "true, false"
        kind = "whole number from " if self.kind is int else ""
        return self.form or f"{kind}{self.span}"

    @property
    def span(self) -> str:
        """The range of a number, in words."""
        return f"{self.shown(self.low)} to {self.shown(self.high)}"

    def shown(self, value: Any) -> str:
        """Write one of its values for people."""
        if self.choices is not None:
            return self.choices[value]
        if self.kind is bool:
            return "on" if value else "off"
        if self.kind is tuple:
            return ", ".join(str(part) for part in value) or self.empty
        return chosen(value) if self.kind is float else str(value)

    @property
    def tooltip(self) -> str:
        """One sentence, and the range and default below it."""
        facts = self.form or f"default {self.shown(self.default)}"
        if self.low is not None:
            facts = f"{self.span} {self.unit}".rstrip() + f", {facts}"
        return f"{self.help}\n{facts}"

    def take(self, value: Any) -> Any:
        """Return a value as a record holds it. Raises SpecError for one that is not allowed.

        Strict: neither a text nor a switch is ever taken for a number.
        """
        if self.read is not None:
            try:
                return self.read(value)
            except SpecError:
                raise
            except ValueError:
                raise SpecError([self._fault(value)]) from None
        if not self._allows(value):
            raise SpecError([self._fault(value)])
        return self.kind(value)

    def _allows(self, value: Any) -> bool:
        if self.choices is not None:
            return isinstance(value, str) and value in self.choices
        if isinstance(value, bool) or self.kind is bool:
            return isinstance(value, bool) and self.kind is bool
        low, high = self.low, self.high
        assert low is not None
        assert high is not None
        number = isinstance(value, int if self.kind is int else int | float)
        return number and low <= value <= high  # so NaN is not

    def _fault(self, value: Any) -> Fault:
        meant = ""
        if self.choices is not None and isinstance(value, str):
            meant = hint(value, [*self.choices])
        return Fault("", shown(value), self.allowed + meant)


def number(
    default: float,
    low: float,
    high: float,
    label: str,
    text: str,
    *,
    unit: str = "",
    scale: Scale = "linear",
    off_below: float | None = None,
    live: bool = False,
) -> Any:
    """Make a field of numbers; `off_below` starts a log scale whose first position is 0."""
    kind = type(default)
    return Knob("", label, text, kind, default, low, high, unit, scale, off_below, live)


def choice(
    default: str, labels: Mapping[str, str], label: str, text: str, *, live: bool = False
) -> Any:
    """Make a field whose value is one of the keys of `labels`, which are words for people."""
    return Knob("", label, text, str, default, live=live, choices=dict(labels))


def switch(label: str, text: str, *, default: bool, live: bool = False) -> Any:
    """Make a field that is on or off."""
    return Knob("", label, text, bool, default, live=live)


def listing(
    read: Callable[[Any], tuple[Any, ...]],
    form: str,
    empty: str,
    label: str,
    text: str,
    *,
    live: bool = False,
) -> Any:
    """Make a field of several values, none at first, with a written `form` that `read` takes."""
    return Knob("", label, text, tuple, (), live=live, form=form, empty=empty, read=read)


def labels(records: Mapping[str, Any]) -> dict[str, str]:
    """Return the words for people of a registry's records."""
    return {name: record.label for name, record in records.items()}
