"""The gain at which theory expects a network's gradient to keep its size from layer to layer.

In very deep networks this is the critical gain, where chi = 1 at the fixed point (Poole et al.
2016, arXiv 1606.05340). Here chi is averaged over the layers of the very network, whose signal is
still on its way to that point, so that what is measured in it is 1 too.
"""

import math

from lab.predictions import prediction_of
from lab.spec import KNOBS, Spec

MOST_GUESSES = 15
CLOSE = 1e-3  # of log factor per layer
LEAST_SLOPE = 0.05  # of log factor over log gain: where it is less, the gain decides nothing
NEARLY_CRITICAL = 0.05  # of log chi where layers would settle
KNOB = KNOBS["network.gain"]
LOW, HIGH = math.log(KNOB.low or 1), math.log(KNOB.high or 1)


def critical_gain(spec: Spec, input_square: float = 1.0) -> float | None:
    """Return the gain, within its range, that makes the predicted factor per layer 1.

    None where there is none, or where networks would stray from it: small differences grow there,
    and the layers would settle at another factor.
    """
    log_gain = _root(spec, input_square)
    if log_gain is None:
        return None
    gain = float(f"{math.exp(log_gain):.3g}")
    found = prediction_of(spec.with_values({"network.gain": gain}), input_square)
    settles = found.chi_star and abs(math.log(found.chi_star)) < NEARLY_CRITICAL
    return gain if found.steady or settles else None


def _root(spec: Spec, input_square: float) -> float | None:
    """The log gain of a factor of 1, by the secant method; the first guess is right for ReLU."""

    def log_factor(log_gain: float) -> float:
        gain = min(float(KNOB.high or 1), max(float(KNOB.low or 1), math.exp(log_gain)))
        values = {"network.gain": gain}
        factor = prediction_of(spec.with_values(values), input_square).mean_factor
        return math.log(factor) if factor and factor < math.inf else math.nan

    before = math.log(spec.network.gain)
    at_before = log_factor(before)
    if abs(at_before) < CLOSE:
        return before
    guess = before - at_before
    for _ in range(MOST_GUESSES):
        if not LOW <= guess <= HIGH or guess == before:  # NaN lies nowhere
            return None
        at_guess = log_factor(guess)
        slope = (at_guess - at_before) / (guess - before)
        if not slope > LEAST_SLOPE:
            return None
        if abs(at_guess) < CLOSE:
            return guess
        before, at_before = guess, at_guess
        guess = min(HIGH, max(LOW, guess - at_guess / slope))
    return None
