"""What a verdict is: a finding in words, with its numbers and the rule that says so.

The gradient is judged in `fading`; what else there is to find is in `findings` and `courses`.
`diagnosis` puts all of it in order.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.arrays import Array
from core.errors import wrong

DECADES_APART = 2  # of a line and a layer, where the line no longer describes the layers


class Finding(StrEnum):
    """What a verdict comes to; the most important first."""

    OVERFLOW = "overflows at any rate"
    DIVERGED = "diverged"
    MOST_DIVERGED = "most diverged"
    EXPLODING = "exploding"
    NO_GRADIENT = "no gradient"
    VANISHING = "vanishing"
    UNEVEN = "uneven"
    SIGNAL_GROWING = "signal blows up"
    SIGNAL_DYING = "signal dies"
    SATURATED = "saturated"
    DEAD = "dead units"
    SOME_DIVERGED = "some diverged"
    PLATEAU = "plateau"
    OVERFITTING = "overfitting"
    HEALTHY = "healthy"
    SHALLOW = "shallow"
    LARGE_STEPS = "steps too large"
    SMALL_STEPS = "steps too small"
    EARLY = "too early to say"


@dataclass(frozen=True)
class Rule:
    """From which total over all hidden layers on a gradient, or a signal, is called what."""

    vanishing_below: float = 1e-3
    exploding_above: float = 1e3

    def __post_init__(self) -> None:
        """Refuse a rule by which a gradient that keeps its size would not be healthy."""
        if not 0 < self.vanishing_below < 1:
            raise wrong("vanishing_below", self.vanishing_below, "more than 0 and less than 1")
        if not 1 < self.exploding_above < np.inf:
            raise wrong("exploding_above", self.exploding_above, "more than 1 and finite")

    @property
    def half_vanished(self) -> float:
        """A total half way, in decades, to vanishing."""
        return math.sqrt(self.vanishing_below)

    @property
    def half_exploded(self) -> float:
        """A total half way, in decades, to exploding."""
        return math.sqrt(self.exploding_above)

    def side_of(self, total: float) -> int:
        """Return -1 for what vanishes, 1 for what explodes and 0 for what does neither."""
        return int(total > self.exploding_above) - int(total < self.vanishing_below)

    def belie(self, factor: float, signal: Array, layers: Array) -> bool:
        """Whether some of the layers tells another story than the line through all, by decades.

        What is told is how much of the last one's gradient, or signal, a layer gets; the `factor`
        is that from one layer to the one before it.
        """
        decades = np.log10(signal) - np.log10(signal[-1])
        line = (layers[-1] - layers) * np.log10(factor)
        sides = (
            (share > np.log10(self.exploding_above)).astype(int)
            - (share < np.log10(self.vanishing_below))
            for share in (decades, line)
        )
        apart = abs(decades - line) > DECADES_APART
        return bool((np.not_equal(*sides) & apart).any())

    def __str__(self) -> str:
        return (
            "Rule: a line through log10 of the signal gradient over the hidden layers gives the "
            f"factor per layer. Over all of them, under {self.vanishing_below:g} is vanishing, "
            f"over {self.exploding_above:g} exploding."
        )


RULE = Rule()


@dataclass(frozen=True)
class Verdict:
    """One judgement for people: a headline, the numbers behind it and the rule in force.

    `factor` is the gradient's per layer toward the input, `total` over all hidden layers; NaN when
    unknown, or when something else was judged.
    """

    finding: Finding
    headline: str
    detail: str
    rule: str
    factor: float = float("nan")
    total: float = float("nan")


def layers_of(indices: Array) -> str:
    """Name layers, whose `indices` count from 0, up to four of them one by one."""
    numbers = [str(index + 1) for index in indices.tolist()]
    if len(numbers) == 1:
        return f"layer {numbers[0]}"
    if len(numbers) > 4:
        return f"{len(numbers)} layers"
    return f"layers {', '.join(numbers[:-1])} and {numbers[-1]}"
