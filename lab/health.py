"""How each layer is doing, in a word, with the rule that gives it.

The rules are tried in their order and the first that holds gives the word, so what explains more
comes first. The signal gradient of a layer is measured against that of the last hidden layer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core.arrays import Array
from core.measures import ROW
from lab.findings import DEAD_ABOVE, SATURATED_ABOVE, USUAL_STEP, most_saturated
from lab.spec import Spec
from lab.verdict import RULE, Rule
from lab.words import percent

SLOWEST, FASTEST = USUAL_STEP / 10, USUAL_STEP * 10  # between them nothing is wrong
STANDSTILL_RATIO = 1e-6


class Reading(NamedTuple):
    """What is measured of a layer; `share` is its signal gradient against the last hidden one's.

    `saturable` is the share of saturated outputs that is usual. These and the two shares before it
    are NaN for the output layer: no rule about them holds. A `frozen` layer does not learn;
    `learned` says that the network has learned most of what there is.
    """

    activation: float
    signal: float
    gradient: float
    ratio: float
    share: float
    saturated: float
    dead: float
    saturable: float
    frozen: bool
    learned: bool


@dataclass(frozen=True)
class Health:
    """A word for a layer, its sign and its rule; `calm` asks for no attention."""

    word: str
    sign: str
    rule: str
    holds: Callable[[Reading], bool]
    calm: bool = False


UNMEASURED = Health("–", "", "Nothing was measured.", lambda r: bool(np.isnan(r[:3]).all()), True)
BEFORE_THE_WAY = (
    UNMEASURED,
    Health(
        "not finite",
        "✕",
        "Its output or one of its gradients is infinite or not a number.",
        lambda r: not np.isfinite(r[:3]).all(),
    ),
    Health(
        "frozen",
        "",
        "Its weights and biases are held fast by choice; its gradient is measured all the same.",
        lambda r: r.frozen,
        calm=True,
    ),
    Health(
        "no gradient",
        "✕",
        "Its signal gradient or its weight gradient is exactly zero.",
        lambda r: r.signal == 0 or r.gradient == 0,
    ),
    Health(
        "dead",
        "✕",
        "Over two thirds of its units pass back no gradient for any sample of the batch.",
        lambda r: r.dead > DEAD_ABOVE,
    ),
    Health(
        "saturated",
        "◆",
        f"Over {percent(SATURATED_ABOVE[2], 0)} of its outputs lie where the activation's slope is "
        f"under 5 % of its maximum; over {percent(SATURATED_ABOVE[1], 0)} where one side of it is "
        "flat by design.",
        lambda r: r.saturated > r.saturable,
    ),
)
SETTLED = Health(
    "settled",
    "",
    f"A step moves its weights by less than {SLOWEST:g} of their size, as most of what there is to "
    "learn is learned.",
    lambda r: r.learned and r.ratio < SLOWEST,
    calm=True,
)
AFTER_THE_WAY = (
    SETTLED,
    Health(
        "not learning",
        "▼",
        f"A step moves its weights by less than {STANDSTILL_RATIO:g} of their size.",
        lambda r: r.ratio < STANDSTILL_RATIO,
    ),
    Health(
        "slow",
        "▽",
        f"A step moves its weights by less than {SLOWEST:g} of their size; near {USUAL_STEP:g} "
        "is usual.",
        lambda r: r.ratio < SLOWEST,
    ),
    Health(
        "too fast",
        "▲",
        f"A step moves its weights by more than {FASTEST:g} of their size; near {USUAL_STEP:g} "
        "is usual.",
        lambda r: r.ratio > FASTEST,
    ),
    Health("healthy", "●", "None of the other rules holds.", lambda _r: True, calm=True),
)


@lru_cache(maxsize=8)
def rules_by(rule: Rule) -> tuple[Health, ...]:
    """Return all rules in their order, those about the gradient's way by the rule in force."""
    least, most = rule.vanishing_below, rule.exploding_above
    return (
        *BEFORE_THE_WAY,
        Health(
            "starved",
            "▼",
            f"Its signal gradient is under {least:g} of the last hidden layer's.",
            lambda r: r.share < least,
        ),
        Health(
            "exploding",
            "▲",
            f"Its signal gradient is over {most:g} times the last hidden layer's.",
            lambda r: r.share > most,
        ),
        *AFTER_THE_WAY,
    )


def health_of(
    magnitudes: Array, spec: Spec, rule: Rule = RULE, *, learned: bool = False
) -> tuple[Health, ...]:
    """Judge every layer of one step's matrix (quantities, layers), the last being the output.

    `learned` says whether the network has learned most of what there is: then it need not move.
    """
    signal = magnitudes[ROW["signal_gradient_rms"]]
    with np.errstate(all="ignore"):
        share = signal / signal[max(0, len(signal) - 2)]
    share[-1] = np.nan  # the output layer is the source of the signal
    rows = [magnitudes[ROW[name]] for name in ("activation_rms", "signal_gradient_rms")]
    rows += [magnitudes[ROW[name]] for name in ("weight_gradient_rms", "update_ratio")]
    shares = magnitudes[[ROW["saturated_share"], ROW["dead_share"]]]
    shares[:, -1] = np.nan  # the output layer has no activation
    usual = np.append(most_saturated(spec), np.nan)
    frozen = [number in spec.training.frozen for number in range(1, len(signal) + 1)]
    columns = [row.tolist() for row in (*rows, share, *shares, usual)]
    readings = zip(*columns, frozen, [learned] * len(frozen), strict=True)
    return tuple(_judged(Reading(*reading), rules_by(rule)) for reading in readings)


def _judged(reading: Reading, rules: tuple[Health, ...]) -> Health:
    return next(health for health in rules if health.holds(reading))


def ratio_sign(ratio: float) -> str:
    """Mark an update-to-weight ratio that is more than a decade from the usual one; "" is calm."""
    return "▼" if ratio < SLOWEST else "▲" if ratio > FASTEST else ""
