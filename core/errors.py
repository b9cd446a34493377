"""What is said of a value that cannot be used: the field, the value, what is allowed."""

import math
from collections.abc import Mapping
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
    from difflib import get_close_matches

    near = get_close_matches(name, records, n=1, cutoff=0.5)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise wrong(field, name, ", ".join(records) + hint)


def require_numbers(field: str, values: float | Array, low: float, high: float = math.inf) -> None:
    """Raise ValueError unless `values`, a number or several, are finite and in the range."""
    for value in np.ravel(values).tolist():
        if not (math.isfinite(value) and low <= value <= high):
            least = f"a finite number of at least {low:g}"
            raise wrong(field, value, least if high == math.inf else f"{low:g} to {high:g}")
