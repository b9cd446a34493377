"""What is wrong with a spec: every fault at once, with field, value and what is allowed."""

import json
from dataclasses import dataclass, replace
from typing import Any

from lab.words import one_line


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong value: where it stands, what it is and what would be right."""

    field: str
    received: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field}: received {self.received}; allowed: {self.allowed}"


class SpecError(ValueError):
    """A spec with impossible values; `faults` has every one of them."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)

    def inside(self, place: str) -> list[Fault]:
        """Return the faults as whoever holds the record at `place` sees them."""
        return [replace(fault, field=f"{place}.{fault.field}".strip(".")) for fault in self.faults]


def shown(value: Any) -> str:
    """Write a value that was received, in one line."""
    return one_line(json.dumps(value, default=repr, ensure_ascii=False))


def content_of_json(text: str) -> Any:
    """Return what a JSON text holds. Raises SpecError when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        fault = Fault("the file", f"text that is not JSON ({one_line(str(error))})", "JSON")
        raise SpecError([fault]) from None
