"""What is said of a value that cannot be used: the field, the value, what is allowed."""

import math
from collections.abc import Iterable, Mapping
from typing import TypeVar

import numpy as np

from core.arrays import Array

Record = TypeVar("Record")


def wrong(field: str, received: object, allowed: str) -> ValueError:
    """Return the error to raise."""
    return ValueError(f"{field}: received {received!r}; allowed: {allowed}")


def known(field: str, name: str, records: Mapping[str, Record]) -> Record:
    """Return the record of a registry. Raises ValueError with the nearest known name."""
    if name in records:
        return records[name]
    raise wrong(field, name, ", ".join(records) + hint(name, records))


def hint(name: str, names: Iterable[str]) -> str:
    """Ask for the name that was probably meant, or say nothing."""
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""


def require_numbers(field: str, values: float | Array, low: float, high: float = math.inf) -> None:
    """Raise ValueError unless `values`, a number or several, are finite and in the range."""
    for value in np.ravel(values).tolist():
        if not (math.isfinite(value) and low <= value <= high):
            least = f"a finite number of at least {low:g}"
            raise wrong(field, value, least if high == math.inf else f"{low:g} to {high:g}")
