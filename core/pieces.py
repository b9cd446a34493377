"""Long computations in pieces: generators that yield how far they are, 0 to 1, and return a result.

Who walks through one may stop between two pieces; what a piece computes does not depend on it.
"""

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")

Pieces = Generator[float, None, T]


def whole(pieces: Pieces[T]) -> T:
    """Compute all pieces, one after the other, and return the result."""
    while True:
        try:
            next(pieces)
        except StopIteration as stop:
            result: T = stop.value
            return result


def part_of(pieces: Pieces[T], first: float, last: float) -> Pieces[T]:
    """Walk through pieces that are the part from `first` to `last` of something longer."""
    while True:
        try:
            share = next(pieces)
        except StopIteration as stop:
            result: T = stop.value
            return result
        yield first + share * (last - first)
