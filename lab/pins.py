"""Runs kept beside the present one, to compare with.

A pin is what a run was when it was pinned. It is frozen; renaming it or hiding it makes another one
with the same history, and the same traces, which are computed once.
"""

from dataclasses import dataclass, field
from pathlib import Path

from lab.history import History
from lab.spec import Spec
from lab.traces import Trace, Tracer, Wish

MOST_PINS = 8


@dataclass(frozen=True, eq=False)
class Pin:
    """A run as it was when it was pinned; its history no longer grows.

    `place` (0..MOST_PINS - 1) gives its colour and its number; `path` is the file that holds it,
    None when no file does.
    """

    place: int
    name: str
    spec: Spec
    history: History
    path: Path | None = None
    note: str = ""
    visible: bool = True
    _traces: dict[Wish, Trace] = field(default_factory=dict, repr=False)

    def trace(self, wish: Wish) -> Trace:
        """Return the wish come true; the first time of each wish takes a few milliseconds."""
        if wish not in self._traces:
            self._traces[wish] = Tracer(self.history, wish).trace()
        return self._traces[wish]

    @property
    def steps(self) -> int:
        """The number of steps it had taken."""
        return len(self.history)
