"""Ranges of numbers as people write them: `0.2`, `0.15 to 0.25`, `below 1e-3`, `at least 100`."""

import math
from dataclasses import dataclass

from lab.words import brief

FORM = "a number, or a range such as: 0.1 to 0.3, below 1e-3, at least 100"
UPPER = ("below ", "at most ")
LOWER = ("above ", "at least ")


@dataclass(frozen=True, slots=True)
class Span:
    """All numbers from `low` to `high`, both included."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high  # so NaN is in none

    @property
    def middle(self) -> float:
        """A number inside: its only end, the geometric mean of two positive ends, or the mean."""
        if math.isinf(self.low) or math.isinf(self.high):
            return self.low if math.isinf(self.high) else self.high
        if self.low > 0:
            return math.sqrt(self.low * self.high)
        return (self.low + self.high) / 2

    def __str__(self) -> str:
        if self.low == self.high:
            return brief(self.low)
        if math.isinf(self.high):
            return f"at least {brief(self.low)}"
        if math.isinf(self.low):
            return f"at most {brief(self.high)}"
        return f"{brief(self.low)} to {brief(self.high)}"


def span_from(text: str) -> Span:
    """Read a range. Raises ValueError for anything else."""
    words = text.strip()
    for prefix in UPPER:
        if words.startswith(prefix):
            return Span(-math.inf, _number(words.removeprefix(prefix)))
    for prefix in LOWER:
        if words.startswith(prefix):
            return Span(_number(words.removeprefix(prefix)), math.inf)
    low, _, high = words.partition(" to ")
    span = Span(_number(low), _number(high or low))
    if span.low > span.high:
        raise ValueError(f"no range: {text}")
    return span


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"no range: {text}")
    return value
