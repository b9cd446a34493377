"""What the gradient does on its way to the input, in words, with the rule that says so.

The factor per layer is the slope of log10 of the signal gradient over the hidden layers, by least
squares, read toward the input; its power over the depth is what the first layer gets. What else
there is to find is in `findings` and `courses`; `diagnosis` puts all of it in order.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.arrays import Array
from core.errors import wrong
from core.measures import ROW
from lab.words import number

FEWEST_LAYERS = 3
DECADES_APART = 3  # of a line and the two ends, where the line no longer describes the layers
MOST_JUMPS = 3
CLOSE = 1.5  # times what the two ends say, from which on it is said where another total is from


class Finding(StrEnum):
    """What a verdict comes to; the most important first."""

    OVERFLOW = "overflows at any rate"
    DIVERGED = "diverged"
    EXPLODING = "exploding"
    NO_GRADIENT = "no gradient"
    VANISHING = "vanishing"
    UNEVEN = "uneven"
    SIGNAL_GROWING = "signal blows up"
    SIGNAL_DYING = "signal dies"
    SATURATED = "saturated"
    DEAD = "dead units"
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

    def contradict(self, total: float, first: float, last: float) -> bool:
        """Whether what lies at two ends tells another story than a line's total, by decades."""
        decades = np.log10(first) - np.log10(last)
        with np.errstate(all="ignore"):  # a total of zero or infinity lies as far as can be
            ends = float(10.0**decades)
            apart = abs(np.log10(total) - decades)
        return self.side_of(total) != self.side_of(ends) and bool(apart > DECADES_APART)

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


def judge(magnitudes: Array, rule: Rule = RULE) -> Verdict:
    """Judge the gradient in one step's matrix (quantities, layers), the last layer the output."""
    signal = magnitudes[ROW["signal_gradient_rms"], :-1]
    n_hidden = len(signal)
    if n_hidden < FEWEST_LAYERS:
        return Verdict(
            Finding.SHALLOW,
            "Too shallow to judge",
            f"With {n_hidden} hidden layer{'' if n_hidden == 1 else 's'} there is no chain along "
            f"which a gradient could fade. Give the network {FEWEST_LAYERS} or more.",
            str(rule),
        )
    if not np.isfinite(signal).all():
        return _overflowing(signal, rule)
    if not (signal > 0).all():
        return _silent(signal, rule)
    factor = signal_factor(signal)
    return _judged(factor, total_of(factor, n_hidden), signal, magnitudes, rule)


def signal_factor(signal: Array) -> float:
    """Return the factor per layer toward the input of positive, finite magnitudes (layers,)."""
    # slope = sum of (l - mean of l) log10 s_l, over the sum of (l - mean of l)^2
    layers = np.arange(len(signal)) - (len(signal) - 1) / 2
    slope = layers.dot(np.log10(signal)) / layers.dot(layers)
    return float(10.0**-slope)


def factor_of(magnitudes: Array) -> float:
    """Return the factor per layer of (layers,), the last being the output; NaN without one."""
    hidden = magnitudes[:-1]
    usable = len(hidden) >= FEWEST_LAYERS and bool((np.isfinite(hidden) & (hidden > 0)).all())
    return signal_factor(hidden) if usable else math.nan


def total_of(factor: float, n_hidden: int) -> float:
    """Return what a factor per layer comes to from the last hidden layer to the first."""
    with np.errstate(over="ignore"):
        return float(np.float64(factor) ** (n_hidden - 1))


def _overflowing(signal: Array, rule: Rule) -> Verdict:
    last = int(np.flatnonzero(~np.isfinite(signal))[-1])
    return Verdict(
        Finding.EXPLODING,
        "The gradient explodes",
        f"The signal gradient of layer {last + 1} is infinite or not a number: the network's "
        "numbers are too large for its precision, and no step can be taken.",
        str(rule),
    )


def _silent(signal: Array, rule: Rule) -> Verdict:
    """Judge a gradient that is exactly zero somewhere: faded to it, or cut off at once."""
    last = int(np.flatnonzero(signal == 0)[-1]) + 1
    above = signal[last:]
    factor = signal_factor(above) if len(above) >= FEWEST_LAYERS else 1.0
    total = total_of(factor, len(signal))
    if total < rule.vanishing_below:
        return Verdict(
            Finding.VANISHING,
            "The gradient vanishes",
            f"×{number(factor)} per layer toward the input, until in layer {last} it is too small "
            "for the network's precision: exactly zero from there on.",
            str(rule),
            factor,
            total,
        )
    return Verdict(
        Finding.NO_GRADIENT,
        f"No gradient reaches layer {last}",
        "The signal gradient there is exactly zero: the weights from there to the input get "
        "nothing to learn from.",
        str(rule),
    )


def _judged(factor: float, total: float, signal: Array, magnitudes: Array, rule: Rule) -> Verdict:
    n_hidden, side = len(signal), rule.side_of(total)
    ends = f"Layer 1 gets {number(signal[0])} where layer {n_hidden} gets {number(signal[-1])}."
    if rule.contradict(total, signal[0], signal[-1]):
        return Verdict(
            Finding.UNEVEN,
            "The gradient is uneven",
            f"{ends} {_unevenness(signal)} No factor per layer describes that.",
            f"{rule} Where the two ends would be judged otherwise, and are over {DECADES_APART} "
            "decades from that line, it is uneven.",
            factor,
            total,
        )
    if side < 0:
        finding, headline = Finding.VANISHING, "The gradient vanishes"
        ends += _weight_gradient_remark(magnitudes)
    elif side > 0:
        finding, headline = Finding.EXPLODING, "The gradient explodes"
    else:
        finding, headline = Finding.HEALTHY, _arrival(total, rule)
    way = f"from layer {n_hidden} to layer 1"
    with np.errstate(all="ignore"):  # a total of zero or infinity lies as far as can be
        if not abs(np.log10(total * signal[-1] / signal[0])) < np.log10(CLOSE):
            way += " by a line through all"
    numbers = f"×{number(factor)} per layer toward the input, ×{number(total)} {way}."
    return Verdict(finding, headline, f"{numbers} {ends}", str(rule), factor, total)


def _unevenness(signal: Array) -> str:
    """Say between which layers it jumps by over a decade, or else which is farthest from the ends.

    Of many jumps the widest are named, in the order in which the gradient meets them.
    """
    logs = np.log10(signal)
    steps = logs[:-1] - logs[1:]  # toward the input
    widest = sorted(np.argsort(-abs(steps))[:MOST_JUMPS].tolist(), reverse=True)
    jumps = [
        f"×{number(10.0 ** steps[index])} from layer {index + 2} to {index + 1}"
        for index in widest
        if abs(steps[index]) > 1
    ]
    if jumps:
        return f"Between them it jumps: {', '.join(jumps)}."
    farthest = int(np.argmax(abs(logs - np.linspace(logs[0], logs[-1], len(logs)))))
    return f"Between them layer {farthest + 1} gets {number(signal[farthest])}."


def _arrival(total: float, rule: Rule) -> str:
    """Say of a gradient that arrives whether it is half way, in decades, to one that does not."""
    if total < rule.half_vanished:
        return "The gradient fades, but arrives"
    if total > rule.half_exploded:
        return "The gradient grows, but arrives"
    return "The gradient arrives"


def _weight_gradient_remark(magnitudes: Array) -> str:
    """Point out weight gradients that look alike although the signal dies."""
    weight_gradient = magnitudes[ROW["weight_gradient_rms"], 1:-1]
    if not (weight_gradient > 0).all():
        return ""
    spread = 10 ** float(np.ptp(np.log10(weight_gradient)))
    if spread > 10 * len(weight_gradient) ** 0.5:
        return ""
    return (
        " The weight gradients hide it: they are of one size in every layer, because the forward "
        "signal shrinks by the same factor."
    )
