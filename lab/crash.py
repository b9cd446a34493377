"""How a run blew up: where the first number that is not finite arose, and how to go on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.divergence import Divergence
from core.measures import ROW
from lab.history import History
from lab.moments import Mark
from lab.spec import KNOBS, Spec
from lab.verdict import Finding, Verdict
from lab.words import spaced

RATE = "training.learning_rate"
LOWER = 10
MOST_CHANGES = 2  # that are named
MOST_MOVED = 0.3  # of their own size, by all layers in a step that is to go on from a crash


@dataclass(frozen=True)
class Crash:
    """`step` could not be taken: `operation` in `layer` gave the first number that is not finite.

    `largest` is the size of the largest number that went into it; `infinite` and `undefined` of its
    `total` results are so, as `numbers` says in words, and `networks` in which of several.
    `calm_step` is the last calm state, and `stride` how far the step from there moved the layer
    that moved most, relative to its weights, or would have at the learning `rate` of the crash; NaN
    when unknown. `obstacle` is the operation that fails in steps from there even at the lowest
    learning rate, after `endured` of them; empty when none does. `changes` are what was changed by
    hand since the calm state; a parameter that was `typed` in is not in that state.
    """

    step: int
    layer: int
    operation: str
    largest: float
    infinite: int
    undefined: int
    total: int
    numbers: str
    networks: str
    calm_step: int
    stride: float
    rate: float
    obstacle: str
    endured: int
    changes: tuple[str, ...] = ()
    typed: bool = False

    @property
    def overflows(self) -> bool:
        """Whether the calm state's own pass is not finite, however short the step from it."""
        return not self.endured and self.obstacle not in {"", "update"}

    @property
    def verdict(self) -> Verdict:
        """The same in words."""
        where = f"layer {self.layer} {self.networks}".strip()
        why = " No step led there: this pass overflows at any learning rate."
        if self.calm_step:  # it comes from a file, or its very next step has ruined it
            why = " Its own pass overflows at any learning rate, and no earlier state is known."
        return Verdict(
            Finding.OVERFLOW if self.overflows else Finding.DIVERGED,
            f"Diverged at step {spaced(self.step)}",
            f"The {self.operation} of {where} gave the first number that is not finite: "
            f"{self.numbers}. The state after step {spaced(self.step - 1)}, the last finite one, "
            f"is kept.{self._changed}{why if self.overflows else ''}",
            "Rule: a step with a number that is infinite or undefined is not taken.",
        )

    @property
    def _changed(self) -> str:
        return f" Changed by hand: {'; '.join(self.changes)}." if self.changes else ""


def crash_of(
    divergence: Divergence,
    history: History,
    by_hand: Sequence[tuple[Mark, bool]],
    rates: tuple[float, float],
    calm_step: int,
    obstacle: str,
    endured: int,
) -> Crash:
    """Describe a step that could not be taken.

    `by_hand` are marks of what a person changed, and whether that was a parameter; `rates` are the
    learning rates of the step from the calm state and of the crash.
    """
    overflow = divergence.overflow
    moment = history.at(calm_step + 1)
    ratios = moment.magnitudes[ROW["update_ratio"]] if moment is not None else np.array([np.nan])
    finite = ratios[np.isfinite(ratios)]
    since = [(mark, typed) for mark, typed in by_hand if mark.step >= calm_step]
    return Crash(
        divergence.step,
        overflow.layer,
        overflow.what,
        overflow.largest,
        overflow.infinite,
        overflow.undefined,
        overflow.total,
        overflow.numbers,
        overflow.networks.strip(),
        calm_step,
        float(finite.max()) * rates[1] / rates[0] if len(finite) else np.nan,
        rates[1],
        obstacle,
        endured,
        tuple(f"{mark.text} after step {spaced(mark.step)}" for mark, _ in since)[-MOST_CHANGES:],
        any(typed for _, typed in since),
    )


def lower_rate(spec: Spec, crash: Crash) -> float | None:
    """Return a tenth of the learning rate, as often as a layer would still move far.

    A rate that was lowered since the crash is where this begins, and so is one that need not be to
    blame, as a parameter was typed in. None where the lowest that can be chosen would not do, or
    was in use.
    """
    rate, lowest = spec.training.learning_rate, float(KNOBS[RATE].low or 0)
    most = MOST_MOVED / (len(spec.hidden) + 1)  # what every layer does multiplies
    if crash.obstacle or (crash.rate <= lowest and not crash.typed):
        return None
    lower = rate if rate < crash.rate or crash.typed else rate / LOWER
    while lower > lowest and crash.stride * lower / crash.rate > most:
        lower /= LOWER
    return max(lowest, float(f"{lower:.3g}"))
