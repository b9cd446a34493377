"""What else one step's magnitudes show: the forward signal, saturated and dead units, step sizes.

Each is a function that returns a verdict with its own words, numbers and rule, or None where there
is nothing to say. Thresholds leave a margin on either side of what healthy networks show.
"""

from collections.abc import Iterator

import numpy as np

from core.activations import ACTIVATIONS, flat_sides
from core.arrays import Array
from core.measures import ROW
from lab.fading import FEWEST_LAYERS, signal_factor, total_of
from lab.spec import Spec
from lab.verdict import Finding, Rule, Verdict, layers_of
from lab.words import number, percent

# By how many sides of the activation are flat: of a ReLU layer half the outputs rest by design.
SATURATED_ABOVE = {0: np.inf, 1: 0.9, 2: 0.5}
DEAD_ABOVE = 2 / 3  # in very deep ReLU networks every other unit rests for all samples
USUAL_STEP = 1e-3  # how far a step moves weights, relative to their size
LARGE_STEPS_ABOVE, SMALL_STEPS_BELOW = 100 * USUAL_STEP, USUAL_STEP / 100


def findings_in(magnitudes: Array, spec: Spec, rule: Rule) -> Iterator[Verdict]:
    """Yield what one step's matrix (quantities, layers) shows beside the gradient's way."""
    found = (
        _signal(magnitudes, rule),
        _saturated(magnitudes, spec),
        _dead(magnitudes, spec),
        _steps(magnitudes, spec),
    )
    yield from (verdict for verdict in found if verdict is not None)


def _signal(magnitudes: Array, rule: Rule) -> Verdict | None:
    h = magnitudes[ROW["activation_rms"], :-1]
    if len(h) < FEWEST_LAYERS:
        return None
    text = (
        "Rule: as for the gradient, of the RMS of h toward the output: over all hidden layers "
        f"under {rule.vanishing_below:g} it dies, over {rule.exploding_above:g} it blows up."
    )
    growing, dying = (
        (Finding.SIGNAL_GROWING, "The signal blows up on its way forward"),
        (Finding.SIGNAL_DYING, "The signal dies on its way forward"),
    )
    if not np.isfinite(h).all():
        first = int(np.flatnonzero(~np.isfinite(h))[0]) + 1
        return Verdict(*growing, f"h is infinite or not a number from layer {first} on.", text)
    if not h.all():
        first = int(np.flatnonzero(h == 0)[0]) + 1
        said = f"h is exactly zero in layer {first}: the layers after it get nothing of the input."
        return Verdict(*dying, said, text)
    onward = h[::-1]  # the way to the output, read as that of a gradient to the input
    factor = signal_factor(onward)
    total = total_of(factor, len(h))
    ends = f"RMS of h is {number(h[0])} in layer 1 and {number(h[-1])} in layer {len(h)}."
    said = f"×{number(factor)} per layer toward the output: {ends}"
    if rule.belie(factor, onward, np.arange(len(h))):  # then the two ends count
        with np.errstate(over="ignore"):
            total = float(np.float64(h[-1]) / h[0])
        said = f"{ends} No factor per layer describes that."
    if rule.side_of(total) == 0:
        return None
    return Verdict(*(dying if total < 1 else growing), said, text)


def _saturated(magnitudes: Array, spec: Spec) -> Verdict | None:
    shares, allowed = magnitudes[ROW["saturated_share"], :-1], most_saturated(spec)
    alive = magnitudes[ROW["dead_share"], :-1] != 1  # of a layer that is dead more is said
    over = np.flatnonzero((shares > allowed) & alive)
    if not len(over):
        return None
    worst = int(over[np.argmax(shares[over])])
    return Verdict(
        Finding.SATURATED,
        "Units are saturated",
        f"{_saturated_where(over, worst)}{percent(shares[worst], 0)} of the outputs pass nearly no "
        "gradient back.",
        f"Rule: over {percent(allowed[worst], 0)} of a layer's outputs lie where the activation's "
        "slope is under 5 % of its largest.",
    )


def most_saturated(spec: Spec) -> Array:
    """Return the share of saturated outputs up to which each hidden layer is as usual."""
    sides = (flat_sides(ACTIVATIONS[layer.activation]) for layer in spec.hidden)
    return np.array([SATURATED_ABOVE[side] for side in sides])


def _saturated_where(layers: Array, worst: int) -> str:
    """Name the layers, and the one whose share of outputs follows."""
    if len(layers) == 1:
        return f"In layer {worst + 1}, "
    return f"They are in {layers_of(layers)}: most of all in layer {worst + 1}, where "


def _dead(magnitudes: Array, spec: Spec) -> Verdict | None:
    shares = magnitudes[ROW["dead_share"], :-1]
    if not np.isfinite(shares).any():
        return None
    widths = np.array([layer.width for layer in spec.hidden])
    dead = round(float(np.nansum(shares * widths)))
    cut_off = np.flatnonzero(shares == 1)
    if dead / widths.sum() > DEAD_ABOVE:
        worst = int(np.nanargmax(shares))
        headline = "Most units are dead"
        who = f"{dead} of {widths.sum()} hidden units pass"
        where = f"; in layer {worst + 1}, {percent(shares[worst], 0)}"
    elif len(cut_off):
        which = layers_of(cut_off)
        headline = f"{which[:1].upper()}{which[1:]} {'is' if len(cut_off) == 1 else 'are'} dead"
        who, where = f"All {widths[cut_off].sum()} units there pass", ""
    else:
        return None
    return Verdict(
        Finding.DEAD,
        headline,
        f"{who} no gradient back for any sample of the batch{where}.",
        "Rule: all units of a hidden layer, or over two thirds of all hidden units, have a slope "
        "of zero for the whole batch.",
    )


def _steps(magnitudes: Array, spec: Spec) -> Verdict | None:
    still = np.array(spec.training.frozen, int) - 1  # by choice, which is no finding
    ratios = np.delete(magnitudes[ROW["update_ratio"]], still)
    ratios = ratios[np.isfinite(ratios)]
    if not len(ratios):
        return None
    middle, most = float(np.median(ratios)), float(ratios.max())
    text = (
        f"Rule: a step that moves weights by about {USUAL_STEP:g} of their size is usual; too "
        f"large is a median over the layers above {LARGE_STEPS_ABOVE:g}, too small not even "
        f"{SMALL_STEPS_BELOW:g} in any layer."
    )
    if middle > LARGE_STEPS_ABOVE:
        said = f"A step moves the weights of the middle layer by {number(middle)} times their size."
        return Verdict(Finding.LARGE_STEPS, "The steps are too large", said, text)
    if most < SMALL_STEPS_BELOW:
        said = f"Even the layer that moves most moves by {number(most)} times its size."
        if most == 0:
            said = "No layer moves at all."
        return Verdict(Finding.SMALL_STEPS, "The steps are too small", said, text)
    return None
