"""Runs kept beside the present one, to compare with."""

from dataclasses import dataclass
from pathlib import Path

from lab.history import History
from lab.spec import Spec

MOST_PINS = 8


@dataclass(frozen=True, eq=False)
class Pin:
    """A run as it was when it was pinned; its history no longer grows.

    `place` (0..MOST_PINS - 1) gives its colour; `path` is the file that holds it.
    """

    place: int
    name: str
    spec: Spec
    history: History
    path: Path
    note: str = ""
    visible: bool = True
