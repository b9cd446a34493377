"""One change tried on a new run, to be compared with the run before at the same step."""

from dataclasses import dataclass

from lab.compare import before_after
from lab.history import History
from lab.pins import Pin
from lab.run import Phase
from lab.spec import Spec
from lab.words import spaced

MOST_STEPS = 2000


@dataclass(frozen=True, eq=False)
class Trial:
    """A run of `spec` that differs from the pinned one by what `title` says."""

    title: str
    pin: Pin
    spec: Spec

    @property
    def step(self) -> int:
        """At which step the two are compared."""
        return min(self.pin.steps, MOST_STEPS)

    def waiting(self) -> str:
        """Say what is going to be compared."""
        return (
            f"“{self.title}” is being tried: at step {spaced(self.step)} it is compared with "
            f"“{self.pin.name}”."
        )

    def outcome(self, spec: Spec, history: History, phase: Phase) -> tuple[str, str] | None:
        """Say what came of it, in full and in brief; None as long as that is open.

        The run on the bench, with its spec, is the one tried, unless a person has gone on to
        something else.
        """
        if spec != self.spec:
            return _twice(f"“{self.title}” was not compared: the experiment was changed before.")
        compared = before_after(self.pin.history, history, self.step)
        if compared is not None:
            return f"“{self.title}”, {compared}.", f"“{self.title}”: {compared.brief}"
        if phase in (Phase.DIVERGED, Phase.FAILED):
            steps = spaced(len(history))
            return _twice(f"“{self.title}” {phase} after {steps} steps, before it was compared.")
        return None


def _twice(text: str) -> tuple[str, str]:
    return text, text
