"""One change tried on a new run, to be compared with the run before at the same step."""

from dataclasses import dataclass

from lab.compare import BeforeAfter, before_after, warnings
from lab.history import History
from lab.pins import Pin
from lab.run import Phase
from lab.spec import Spec
from lab.words import spaced

MOST_STEPS = 2000


@dataclass(frozen=True)
class Result:
    """What came of a trial, in full and in brief; `warnings` say what else it may come from."""

    text: str
    brief: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Trial:
    """A run of `spec` that differs from the pinned one by what `title` says."""

    title: str
    pin: Pin
    spec: Spec

    @property
    def step(self) -> int:
        """At which step the two are compared: where the pinned history has an end of a mean."""
        moment = self.pin.history.at(min(self.pin.steps, MOST_STEPS))
        return self.pin.steps if moment is None else moment.last

    def waiting(self) -> str:
        """Say what is going to be compared."""
        return (
            f"“{self.title}” is being tried: at step {spaced(self.step)} it is compared with "
            f"“{self.pin.name}”."
        )

    def outcome(self, spec: Spec, history: History, phase: Phase) -> Result | None:
        """Say what came of it; None as long as that is open.

        The run on the bench, with its spec, is the one tried, unless a person has gone on to
        something else.
        """
        if spec != self.spec:
            return _plain(f"“{self.title}” was not compared: the experiment was changed before.")
        compared = before_after(self.pin.history, history, self.step)
        if compared is not None:
            return self._compared(compared, history)
        if len(history) >= self.step:
            return _plain(f"“{self.title}” was not compared: the run before had too few steps.")
        if phase in (Phase.DIVERGED, Phase.FAILED):
            steps = spaced(len(history))
            return _plain(f"“{self.title}” {phase} after {steps} steps, before it was compared.")
        return None

    def _compared(self, compared: BeforeAfter, history: History) -> Result:
        """Say what the change did, or what it did together with what else was changed by hand."""
        # Of a field changed late, the pinned spec has the last value: all its marks count.
        present = [mark for mark in history.marks if mark.step < self.step]
        warned = warnings((), self.pin.history.marks, present)
        what = (
            f"“{self.title}” and what was changed while training" if warned else f"“{self.title}”"
        )
        return Result(f"{what}, {compared}.", f"{what}: {compared.brief}", warned)


def _plain(text: str) -> Result:
    return Result(text, text)
