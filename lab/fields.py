"""What a field of a spec says about itself: range, unit, words, and how it is edited.

A field is declared with `number`, `choice` or `switch`; controls, command line, run files and error
messages read it as a `Knob` and know no field by itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

Scale = Literal["linear", "log"]


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
    about: dict[str, Any] = {"unit": unit, "scale": scale, "off_below": off_below, "live": live}
    return Field(default, ge=low, le=high, title=label, description=text, json_schema_extra=about)


def choice(
    default: str, labels: Mapping[str, str], label: str, text: str, *, live: bool = False
) -> Any:
    """Make a field whose value is one of the keys of `labels`, which are words for people."""
    about: dict[str, Any] = {"choices": dict(labels), "live": live}
    return Field(default, title=label, description=text, json_schema_extra=about)


def labels(records: Mapping[str, Any]) -> dict[str, str]:
    """Return the words for people of a registry's records."""
    return {name: record.label for name, record in records.items()}


class Record(BaseModel):
    """A frozen part of a spec; strict, so that a text is never taken for a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _among_choices(cls, value: Any, info: ValidationInfo) -> Any:
        about = cls.model_fields[str(info.field_name)].json_schema_extra
        choices = about.get("choices") if isinstance(about, dict) else None
        if isinstance(choices, dict) and value not in choices:
            raise PydanticCustomError("choice", "not one of the choices")
        return value


@dataclass(frozen=True, slots=True)
class Knob:
    """One field of a spec as controls, command line and messages see it.

    `kind` is the type of its value; `choices` maps values to words when only those are allowed.
    `live` fields may change between two steps of a running network. `form` says how the value of
    a field that is neither number, choice nor switch is written as text, `empty` what it
    means when nothing is written.
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
        return f"{value:g}" if self.kind is float else str(value)

    @property
    def tooltip(self) -> str:
        """One sentence, and the range and default below it."""
        facts = self.form or f"default {self.shown(self.default)}"
        if self.low is not None:
            facts = f"{self.span} {self.unit}".rstrip() + f", {facts}"
        return f"{self.help}\n{facts}"


def knobs_of(record: type[Record], prefix: str) -> Iterator[Knob]:
    """Yield the fields of a part of the spec."""
    for name, field in record.model_fields.items():
        limits = {type(limit).__name__: limit for limit in field.metadata}
        about = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        kind = field.annotation if isinstance(field.annotation, type) else tuple
        yield Knob(
            path=f"{prefix}.{name}",
            label=field.title or name,
            help=field.description or "",
            kind=kind,
            default=field.default,
            low=limits["Ge"].ge if "Ge" in limits else None,
            high=limits["Le"].le if "Le" in limits else None,
            **about,  # type: ignore[arg-type]
        )
