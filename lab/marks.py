"""What a run notes on its time axis when a hyper-parameter changes while it learns.

A slider that is dragged sends many changes a second: they are one gesture and leave one mark, at
the last of them, saying where the value came from and where it ended. A value that comes back to
where it was leaves two: there and back.
"""

import time
from dataclasses import dataclass
from typing import Any

from lab.fields import Knob
from lab.history import History
from lab.moments import Mark

GESTURE_S = 1.0  # changes of one field that follow each other faster belong to one gesture


@dataclass(frozen=True, slots=True)
class _Gesture:
    """Changes of one field: its value before all of them, the steps of the first and the last."""

    path: str
    before: Any
    first_step: int
    last_step: int
    last_time: float
    mark: Mark

    def includes(self, path: str, step: int, now: float) -> bool:
        return path == self.path and (step == self.last_step or now - self.last_time < GESTURE_S)


class ChangeMarks:
    """Marks changes in a history."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._gesture: _Gesture | None = None

    def note(self, knob: Knob, before: Any, after: Any) -> None:
        """Mark a change that applies from the next step on.

        Nothing is marked when no step was taken with the old value.
        """
        step, now, first_step = len(self._history), time.perf_counter(), len(self._history)
        last = self._gesture
        self._gesture = None
        if last is not None and last.includes(knob.path, step, now):
            comes_back = after == last.before
            if not comes_back or step == last.first_step:
                before, first_step = last.before, last.first_step
                self._history.take_back(last.mark)
        if step > 0 and after != before:
            mark = self._history.mark(f"{knob.label} {knob.shown(before)} → {knob.shown(after)}")
            self._gesture = _Gesture(knob.path, before, first_step, step, now, mark)
