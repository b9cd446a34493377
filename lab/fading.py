"""What the gradient does on its way to the input: whether it fades, grows, arrives or is cut off.

The factor per layer is the slope of log10 of the signal gradient over the hidden layers, by least
squares, read toward the input; its power over the depth is what the first layer gets.
"""

import math

import numpy as np

from core.arrays import Array
from core.measures import ROW
from lab.verdict import DECADES_APART, RULE, Finding, Rule, Verdict, layers_of
from lab.words import number

FEWEST_LAYERS = 3
MOST_JUMPS = 3
CLOSE = 1.5  # times what the two ends say, from which on it is said where another total is from


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
    if not signal[0]:
        return _silent(signal, magnitudes, rule)
    reached = np.flatnonzero(signal)
    if len(reached) < FEWEST_LAYERS:
        return _passed_by(signal, rule)
    return _judged(signal, reached, magnitudes, rule)


def signal_factor(signal: Array, layers: Array | None = None) -> float:
    """Return the factor per layer toward the input of positive, finite magnitudes (layers,).

    They are of consecutive `layers`, unless others are named.
    """
    # slope = sum of (l - mean of l) log10 s_l, over the sum of (l - mean of l)^2
    layers = np.arange(len(signal)) if layers is None else layers
    away = layers - layers.mean()
    slope = away.dot(np.log10(signal)) / away.dot(away)
    return float(10.0**-slope)


def factor_of(magnitudes: Array) -> float:
    """Return the factor per layer of (layers,), the last being the output; NaN without one.

    Layers that a gradient is led past take no part; nor do those where it has faded to exactly
    zero, which it has if the line through the others leads to vanishing by the usual rule.
    """
    hidden = magnitudes[:-1]
    reached = np.flatnonzero(hidden)
    if len(reached) < FEWEST_LAYERS or not np.isfinite(hidden).all():
        return math.nan
    factor = signal_factor(hidden[reached], reached)
    has_faded = total_of(factor, len(hidden)) < RULE.vanishing_below
    return factor if hidden[0] > 0 or has_faded else math.nan


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


def _silent(signal: Array, magnitudes: Array, rule: Rule) -> Verdict:
    """Judge a gradient that is exactly zero from a layer on: faded to it, or cut off at once."""
    reached = np.flatnonzero(signal)
    last = int(reached[0]) if len(reached) else len(signal)
    factor = signal_factor(signal[reached], reached) if len(reached) >= FEWEST_LAYERS else 1.0
    total = total_of(factor, len(signal))
    is_dead = magnitudes[ROW["dead_share"], last - 1] == 1
    if total < rule.vanishing_below and not is_dead:
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


def _passed_by(signal: Array, rule: Rule) -> Verdict:
    """Judge a gradient that is led past some layers, and arrives in too few for a line."""
    return Verdict(
        Finding.NO_GRADIENT,
        f"No gradient in {layers_of(np.flatnonzero(signal == 0))}",
        "The signal gradient there is exactly zero; what lies below gets its own past that.",
        str(rule),
    )


def _judged(signal: Array, reached: Array, magnitudes: Array, rule: Rule) -> Verdict:
    """Judge a gradient by the line through the layers that it has `reached`, all but a few."""
    n_hidden, values = len(signal), signal[reached]
    factor = signal_factor(values, reached)
    total = total_of(factor, n_hidden)
    side = rule.side_of(total)
    first, last = reached[0] + 1, reached[-1] + 1
    ends = f"Layer {first} gets {number(values[0])} where layer {last} gets {number(values[-1])}."
    if len(reached) < n_hidden:
        ends += (
            f" It is led past {layers_of(np.flatnonzero(signal == 0))}, where it is exactly zero."
        )
    if rule.belie(factor, values, reached):
        return Verdict(
            Finding.UNEVEN,
            "The gradient is uneven",
            f"{ends} {_unevenness(values, reached)} No factor per layer describes that.",
            f"{rule} Where a layer would be judged otherwise, and is over {DECADES_APART} decades "
            "from that line, it is uneven.",
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
        if not abs(np.log10(total * values[-1] / values[0])) < np.log10(CLOSE):
            way += " by a line through all"
    numbers = f"×{number(factor)} per layer toward the input, ×{number(total)} {way}."
    return Verdict(finding, headline, f"{numbers} {ends}", str(rule), factor, total)


def _unevenness(signal: Array, layers: Array) -> str:
    """Say between which layers it jumps by over a decade, or else which is farthest from the ends.

    Of many jumps the widest are named, in the order in which the gradient meets them.
    """
    logs, numbers = np.log10(signal), (layers + 1).tolist()
    steps = logs[:-1] - logs[1:]  # toward the input
    widest = sorted(np.argsort(-abs(steps))[:MOST_JUMPS].tolist(), reverse=True)
    jumps = [
        f"×{number(10.0 ** steps[index])} from layer {numbers[index + 1]} to {numbers[index]}"
        for index in widest
        if abs(steps[index]) > 1
    ]
    if jumps:
        return f"Between them it jumps: {', '.join(jumps)}."
    farthest = int(np.argmax(abs(logs - np.linspace(logs[0], logs[-1], len(logs)))))
    return f"Between them layer {numbers[farthest]} gets {number(signal[farthest])}."


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
