"""A record of fields, which cannot hold a value that they do not allow.

It is made from keywords or from what JSON gives, and tells all faults at once. What a field allows
is in `fields`; which fields there are, in `parts`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self, dataclass_transform

from core.errors import hint
from lab.faults import Fault, SpecError, shown
from lab.fields import Knob
from lab.words import one_line


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """A frozen part of a spec, made of fields or of other records.

    Raises SpecError with all faults at once, each at its place within the record.
    """

    fields: ClassVar[dict[str, "Knob | Record"]] = {}

    def __init_subclass__(cls) -> None:
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Knob | Record)}
        cls.fields = cls.fields | own

    def __init__(self, /, **values: Any) -> None:
        faults = list[Fault]()
        for name, field in self.fields.items():
            try:
                vars(self)[name] = _taken(field, values.get(name, _default(field)))
            except SpecError as error:
                faults += error.inside(name)
        faults += self._unknown(values)
        if not faults:
            faults += self._misfits()
        if faults:
            raise SpecError(faults)

    @classmethod
    def read(cls, content: Any) -> Self:
        """Return the record of a mapping as JSON gives it; missing fields take their default."""
        if isinstance(content, cls):
            return content
        if not isinstance(content, Mapping):
            allowed = f"an object with {', '.join(cls.fields)}"
            raise SpecError([Fault("", shown(content), allowed)])
        return cls(**{str(name): value for name, value in content.items()})

    def content(self) -> dict[str, Any]:
        """Return the record as JSON has it."""
        return {name: _plain(value) for name, value in vars(self).items()}

    def _misfits(self) -> Iterator[Fault]:
        """Yield what does not fit each other, of fields that are each allowed."""
        return iter(())

    def _unknown(self, values: Mapping[str, Any]) -> Iterator[Fault]:
        known = [*self.fields]
        for name in (name for name in values if name not in known):
            allowed = f"no such field, only {', '.join(known)}{hint(name, known)}"
            yield Fault(one_line(name), shown(values[name]), allowed)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be set")


def _taken(field: Knob | Record, value: Any) -> Any:
    return field.take(value) if isinstance(field, Knob) else field.read(value)


def _default(field: Knob | Record) -> Any:
    return field.default if isinstance(field, Knob) else field


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.content()
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def several(kind: type[Record], content: Any, most: int) -> tuple[Any, ...]:
    """Return the records of a list. Raises ValueError, or SpecError where a record is wrong."""
    if not isinstance(content, list | tuple) or len(content) > most:
        raise ValueError
    faults, found = list[Fault](), list[Record]()
    for index, part in enumerate(content):
        try:
            found.append(kind.read(part))
        except SpecError as error:
            faults += error.inside(str(index))
    if faults:
        raise SpecError(faults)
    return tuple(found)


def knobs_of(record: type[Record], prefix: str) -> Iterator[Knob]:
    """Yield the fields of a part of the spec."""
    for name, field in record.fields.items():
        if isinstance(field, Knob):
            yield replace(field, path=f"{prefix}.{name}")
