"""What the magnitudes mean, in words, with the rule that says so.

The factor per layer is the slope of log10 of the signal gradient over the hidden layers, by least
squares, read toward the input; its power over the depth is what the first layer gets.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.arrays import Array
from core.measures import ROW

VANISHING_BELOW = 1e-3
EXPLODING_ABOVE = 1e3
FEWEST_LAYERS = 3


class Finding(StrEnum):
    """What a verdict comes to."""

    SHALLOW = "shallow"
    NO_GRADIENT = "no gradient"
    VANISHING = "vanishing"
    HEALTHY = "healthy"
    EXPLODING = "exploding"


@dataclass(frozen=True)
class Verdict:
    """A judgement for people: a headline, the numbers behind it and the rule in force.

    `factor` is per layer toward the input, `total` over all hidden layers; NaN when unknown.
    """

    finding: Finding
    headline: str
    detail: str
    rule: str
    factor: float = float("nan")
    total: float = float("nan")


RULE = (
    "Rule: a line through log10 of the signal gradient over the hidden layers gives the factor "
    f"per layer. Over all of them, under {VANISHING_BELOW:g} is vanishing, "
    f"over {EXPLODING_ABOVE:g} exploding."
)


def judge(magnitudes: Array) -> Verdict:
    """Judge one step's matrix (quantities, layers), the last layer being the output."""
    signal = magnitudes[ROW["signal_gradient_rms"], :-1]
    n_hidden = len(signal)
    if n_hidden < FEWEST_LAYERS:
        return Verdict(
            Finding.SHALLOW,
            "Too shallow to judge",
            f"With {n_hidden} hidden layers there is no chain along which a gradient could fade. "
            f"Give the network {FEWEST_LAYERS} or more.",
            RULE,
        )
    if not np.isfinite(signal).all():
        return _overflowing(signal)
    if not (signal > 0).all():
        return _no_gradient(signal)
    factor = signal_factor(signal)
    with np.errstate(over="ignore"):
        total = float(np.float64(factor) ** (n_hidden - 1))
    return _judged(factor, total, signal, magnitudes)


def signal_factor(signal: Array) -> float:
    """Return the factor per layer toward the input of positive, finite magnitudes (layers,)."""
    layers = np.arange(len(signal))
    slope = np.polyfit(layers, np.log10(signal), 1)[0]
    return float(10.0**-slope)


def _overflowing(signal: Array) -> Verdict:
    last = int(np.flatnonzero(~np.isfinite(signal))[-1])
    return Verdict(
        Finding.EXPLODING,
        "The gradient explodes",
        f"The signal gradient of layer {last + 1} is infinite or not a number: the network's "
        "numbers are too large for its precision, and no step can be taken.",
        RULE,
    )


def _no_gradient(signal: Array) -> Verdict:
    last_silent = int(np.flatnonzero(signal == 0)[-1]) + 1
    return Verdict(
        Finding.NO_GRADIENT,
        f"No gradient reaches layer {last_silent}",
        "The signal gradient there is exactly zero: the weights from there to the input get "
        "nothing to learn from.",
        RULE,
    )


def _judged(factor: float, total: float, signal: Array, magnitudes: Array) -> Verdict:
    n_hidden = len(signal)
    ends = f"Layer 1 gets {number(signal[0])} where layer {n_hidden} gets {number(signal[-1])}."
    if total < VANISHING_BELOW:
        finding, headline = Finding.VANISHING, "The gradient vanishes"
        ends += _weight_gradient_remark(magnitudes)
    elif total > EXPLODING_ABOVE:
        finding, headline = Finding.EXPLODING, "The gradient explodes"
    else:
        finding, headline = Finding.HEALTHY, "The gradient arrives"
    numbers = f"×{number(factor)} per layer toward the input, ×{number(total)} over all {n_hidden}."
    return Verdict(finding, headline, f"{numbers} {ends}", RULE, factor, total)


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


def number(value: float) -> str:
    """Write a number with three significant digits, small and large ones with an exponent.

    Whole thousands keep all their digits, in groups of three.
    """
    if value == 0 or not np.isfinite(value):
        return f"{abs(value) if value == 0 else value:g}"
    if 1e-3 <= abs(value) < 999.5:
        return f"{value:.3g}"
    if 999.5 <= abs(value) < 99_999.5:
        return f"{value:,.0f}".replace(",", "\u2009")
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"
