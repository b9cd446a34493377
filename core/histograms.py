"""How often which value occurs, layer by layer: histograms that no number can break.

What is not finite is counted apart. Layers may share one range of bins or have one each, from the
smallest to the largest finite value; where all values are equal, the range is widened around them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Array

LARGEST = float(np.finfo(np.float64).max)
UNKNOWN = (np.nan, np.nan)


@dataclass(frozen=True, eq=False)
class Histograms:
    """`counts (layers, bins)` of the values between `edges (layers, bins + 1)`.

    A bin holds its lower edge, the last one both. `extremes (layers, 2)` are the smallest and the
    largest finite value, NaN where there is none. All others are (layers,): how many values there
    are, and how many of them are exactly zero, NaN, and infinite.
    """

    edges: Array
    counts: Array
    extremes: Array
    sizes: Array
    zeros: Array
    nans: Array
    infinities: Array


def histograms(layers: Sequence[Array], bins: int, *, shared: bool) -> Histograms:
    """Count the values of each layer, arrays of any shape, in `bins` bins of equal width."""
    flat = [values.astype(np.float64).ravel() for values in layers]
    finite = [_finite(values) for values in flat]
    extremes = np.array([(v.min(), v.max()) if v.size else UNKNOWN for v in finite])
    ranges = [_range_of(low, high, bins) for low, high in extremes.tolist()]
    if shared:
        known = extremes[~np.isnan(extremes[:, 0])]
        low, high = (known[:, 0].min(), known[:, 1].max()) if len(known) else UNKNOWN
        ranges = [_range_of(float(low), float(high), bins)] * len(flat)
    share = np.linspace(0, 1, bins + 1)
    lows, highs = np.array(ranges).T[..., None]
    missing = np.array([a.size - b.size for a, b in zip(flat, finite, strict=True)])
    nans = np.array(
        [np.isnan(v).sum() if count else 0 for v, count in zip(flat, missing, strict=True)]
    )
    return Histograms(
        edges=lows * (1 - share) + highs * share,  # the difference may be infinite
        counts=np.array([_counts(v, *ends, bins) for v, ends in zip(finite, ranges, strict=True)]),
        extremes=extremes,
        sizes=np.array([values.size for values in flat]),
        zeros=np.array([values.size - np.count_nonzero(values) for values in flat]),
        nans=nans,
        infinities=missing - nans,
    )


def _finite(values: Array) -> Array:
    usable = np.isfinite(values)
    return values if usable.all() else values[usable]


def _range_of(low: float, high: float, bins: int) -> tuple[float, float]:
    """Return a range around two extremes in which `bins` bins can be told apart."""
    if math.isnan(low):
        return 0.0, 1.0
    size = max(abs(low), abs(high))
    if high - low > bins * math.ulp(size):
        return low, high
    room = size / 2 or 1.0
    return max(low - room, -LARGEST), min(high + room, LARGEST)


def _counts(values: Array, low: float, high: float, bins: int) -> Array:
    # place = (v - low) / (high - low) bins;  the largest value belongs to the last bin
    half = 1.0 if high - low <= LARGEST else 0.5
    places = values * half
    places -= low * half
    places /= high * half - low * half
    places *= bins
    found: Array = np.bincount(places.astype(np.intp), minlength=bins + 1)
    found[bins - 1] += found[bins]
    return found[:bins]
