"""What is said of a value that cannot be used: the field, the value, what is allowed."""

import math
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

import numpy as np

from core.arrays import Array

Record = TypeVar("Record")


class HasName(Protocol):
    """A record of a registry."""

    @property
    def name(self) -> str:
        """What it is called in a spec."""


Named = TypeVar("Named", bound=HasName)


def wrong(field: str, received: object, allowed: str) -> ValueError:
    """Return the error to raise."""
    return ValueError(f"{field}: received {received!r}; allowed: {allowed}")


def known(field: str, name: str, records: Mapping[str, Record]) -> Record:
    """Return the record of a registry. Raises ValueError with the nearest known name."""
    if name in records:
        return records[name]
    raise wrong(field, name, ", ".join(records) + hint(name, records))


class Registry(dict[str, Named]):
    """Records by their names; asked for another name, it says which there are.

    Raises ValueError then, as whoever asks is a person at work.
    """

    def __init__(self, field: str, *records: Named) -> None:
        super().__init__({record.name: record for record in records})
        self._field = field

    def __missing__(self, name: str) -> Named:
        return known(self._field, name, self)


def hint(name: str, names: Iterable[str]) -> str:
    """Ask for the name that was probably meant, or say nothing."""
    from difflib import get_close_matches

    near = get_close_matches(str(name), names, n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""


def is_count(value: object) -> bool:
    """Whether something is a whole number of at least 1."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return whole and bool(value >= 1)  # type: ignore[operator]


def require_numbers(field: str, values: float | Array, low: float, high: float = math.inf) -> None:
    """Raise ValueError unless `values`, a number or several, are finite and in the range."""
    for value in np.ravel(values).tolist():
        real = isinstance(value, int | float) and math.isfinite(value)
        if not (real and low <= value <= high):
            least = f"a finite number of at least {low:g}"
            raise wrong(field, value, least if high == math.inf else f"{low:g} to {high:g}")
