"""What the training thread can be told: frozen commands, carried out between two steps."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.places import Place
from lab.diagnosis import Diagnosis
from lab.handouts import Handout
from lab.pins import Label
from lab.run import Run
from lab.spec import Spec


@dataclass(frozen=True)
class Start:
    """Begin a run; `make` builds it in the thread, so that nothing else waits."""

    run_id: int
    make: Callable[[int], Run]
    playing: bool


@dataclass(frozen=True)
class Play:
    """Take steps until told otherwise, or `steps` of them."""

    steps: int | None = None


@dataclass(frozen=True)
class PlayEpoch:
    """Take the steps that complete the present epoch."""


@dataclass(frozen=True)
class Pause:
    """Wait before the next step."""


@dataclass(frozen=True)
class Recover:
    """Let a diverged run go on, from the last finite state or from the last calm one."""

    calm: bool
    playing: bool


@dataclass(frozen=True)
class Tune:
    """Use the live fields of this spec from the next step on."""

    spec: Spec


@dataclass(frozen=True)
class SetParameter:
    """Give one parameter a value, in one of several networks (counted from 0)."""

    place: Place
    value: float
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Advise:
    """Find the cures for what was found in the run; theory takes its time with deep networks."""

    diagnosis: Diagnosis


@dataclass(frozen=True)
class Pace:
    """Take at most this many steps per second; None is as fast as possible."""

    steps_per_second: float | None


@dataclass(frozen=True)
class Save:
    """Write the run to a file."""

    path: Path


@dataclass(frozen=True)
class Keep:
    """Write a safety copy of the run; nobody is told, a failure is logged."""

    path: Path


@dataclass(frozen=True)
class SaveHandout:
    """Write the run to a file as a hand-out; the run itself stays what it is."""

    path: Path
    handout: Handout


@dataclass(frozen=True)
class PinRun:
    """Make a pin of the run as it is now, and write it to a file where one is given."""

    path: Path | None
    label: Label


@dataclass(frozen=True)
class PinFile:
    """Make a pin of a run from a file; the run on the bench is not touched."""

    path: Path
    label: Label


@dataclass(frozen=True, eq=False)
class ReadFile:
    """Read a run, to go on with; the one on the bench waits meanwhile and is not touched.

    Two wishes are never equal: who opens a file twice gets it as it was the second time.
    """

    path: Path


@dataclass(frozen=True)
class Stop:
    """End the run and the thread."""


Command = (
    Start
    | Play
    | PlayEpoch
    | Pause
    | Recover
    | Tune
    | SetParameter
    | Advise
    | Pace
    | Save
    | Keep
    | SaveHandout
    | PinRun
    | PinFile
    | ReadFile
    | Stop
)


def worth_obeying(commands: list[Command]) -> list[Command]:
    """Leave out what a later command makes pointless, as a dragged slider sends many of them.

    A run that is replaced before anything was saved or pinned need not be built, nor played, nor
    tuned; of several tunings in a row only the last one is seen, of several files the last is read.
    """
    kept: list[Command] = []
    replaced = read = False
    for command in reversed(commands):
        tuned = bool(kept) and isinstance(kept[-1], Tune)
        if isinstance(command, Pace | PinFile):  # these concern no run
            pass
        elif isinstance(command, Save | Keep | SaveHandout | PinRun | Stop):
            replaced = isinstance(command, Stop)
        elif replaced or (tuned and isinstance(command, Tune)):
            continue
        elif isinstance(command, ReadFile):
            if read:
                continue
            read = True
        else:
            replaced = isinstance(command, Start)
        kept.append(command)
    return kept[::-1]
