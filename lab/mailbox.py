"""The way out of the training thread: messages and the newest frame, both bounded.

A frame is made only when one has been asked for, so that a slow or blocked window costs training
nothing and memory never grows. Messages are few (one per command or ending) and never dropped
silently: the deque is far longer than what one drain can meet.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from core.datasets import Dataset
from lab.commands import ReadFile
from lab.crash import Crash
from lab.exhibits import Exhibit
from lab.frames import Frame
from lab.history import History
from lab.offers import Offer
from lab.pins import Label
from lab.run import Phase, Run
from lab.spec import Spec
from lab.traces import Wish

CAPACITY = 4096

Wishes: TypeAlias = tuple[Wish | Exhibit[Any], ...]


@dataclass(frozen=True, eq=False)
class Started:
    """A new run has taken the bench; history and data are shared, the data read-only."""

    run_id: int
    spec: Spec
    history: History
    data: Dataset


@dataclass(frozen=True)
class PhaseChanged:
    """The run goes on, waits, or has ended; `detail` says why in words, for people.

    `crash` is known of a run that has diverged, `traceback` of one that has failed.
    """

    run_id: int
    phase: Phase
    detail: str = ""
    traceback: str = ""
    crash: Crash | None = None


@dataclass(frozen=True)
class Tuned:
    """Live fields have changed; the marks are in the history."""

    run_id: int


@dataclass(frozen=True)
class ParameterSet:
    """A parameter was set by hand, or was not, for the `reason` in words."""

    run_id: int
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Advised:
    """What helps a run of this spec, the best known first."""

    run_id: int
    spec: Spec
    offers: tuple[Offer, ...]


@dataclass(frozen=True)
class Saved:
    """The run is on disk, as it was at `step`."""

    run_id: int
    path: Path
    step: int


@dataclass(frozen=True)
class HandoutSaved:
    """The hand-out is on disk."""

    run_id: int
    path: Path


@dataclass(frozen=True)
class NotSaved:
    """Saving failed; whatever was at `path` before is untouched."""

    run_id: int
    path: Path
    reason: str


@dataclass(frozen=True, eq=False)
class Pinned:
    """A run to compare with, in a history that no longer grows.

    `path` is the file that holds it; for want of one, `reason` says why there is none.
    """

    run_id: int
    label: Label
    spec: Spec
    history: History
    path: Path | None
    reason: str = ""


@dataclass(frozen=True)
class NotPinned:
    """There is nothing to compare with; `reason` is one sentence."""

    run_id: int
    label: Label
    reason: str


@dataclass(frozen=True, eq=False)
class FileRead:
    """A run that no one trains yet: whoever takes the message hands it on, or drops it."""

    run_id: int
    wish: ReadFile
    run: Run


@dataclass(frozen=True, eq=False)
class FileNotRead:
    """There is no run to go on with; `reason` is one sentence."""

    run_id: int
    wish: ReadFile
    reason: str


Message = (
    Started
    | PhaseChanged
    | Tuned
    | ParameterSet
    | Advised
    | Saved
    | HandoutSaved
    | NotSaved
    | Pinned
    | NotPinned
    | FileRead
    | FileNotRead
)


class Mailbox:
    """Written by the training thread, emptied by the window; each operation is atomic."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque(maxlen=CAPACITY)
        self._frame: Frame | None = None
        self.frame_wanted = False
        self.wishes: Wishes = ()

    def post(self, message: Message) -> None:
        """Leave a message."""
        self._messages.append(message)

    def drain(self) -> Iterator[Message]:
        """Take the messages one by one, oldest first; who stops early finds the rest next time."""
        for _ in range(len(self._messages)):
            yield self._messages.popleft()

    def show(self, frame: Frame) -> None:
        """Replace the newest frame; the next one is made when asked for."""
        self._frame = frame
        self.frame_wanted = False

    def ask_for_frame(self, wishes: Wishes = ()) -> None:
        """Let the training thread make a frame with these traces between two steps."""
        self.wishes = wishes
        self.frame_wanted = True

    def take_frame(self) -> Frame | None:
        """Take the newest frame, if there is one since the last call."""
        frame, self._frame = self._frame, None
        return frame
