"""Routes through a chain of layers, one unit per layer: their number, their sum, the strongest.

A route's product has a factor per hop; the sum over all routes is what backpropagation computes.
Nothing here knows of networks or losses.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.arrays import Array


class Hop(NamedTuple):
    """From one layer to the next: unit j to unit k by the factor w[j, k] slope[k].

    `w (n_in, n_out)`, `slope (..., n_out)`. If it `skips`, unit k leads to unit k by 1 as well.
    """

    w: Array
    slope: Array
    skips: bool


class Route(NamedTuple):
    """The unit after each hop, and for each whether it was reached by skipping."""

    units: tuple[int, ...]
    skipped: tuple[bool, ...]


def number_of_routes(hops: Sequence[Hop]) -> int:
    """Count the routes from one unit before the hops to any unit after them."""
    return math.prod(hop.w.shape[1] + hop.skips for hop in hops)


def carried_back(hops: Sequence[Hop], end: Array) -> Array:
    """Sum the products of all routes, times `end (..., n)` where each arrives: (..., n_in)."""
    back = end
    for w, slope, skips in reversed(hops):
        # dloss/dh_in = (slope dloss/dh) W^T, and dloss/dh where it skips
        through = (slope * back) @ w.T
        back = through + back if skips else through
    return back


def magnitudes(hops: Sequence[Hop]) -> list[Hop]:
    """Return the same hops with absolute values."""
    return [Hop(np.abs(w), np.abs(slope), skips) for w, slope, skips in hops]


def strongest_routes(hops: Sequence[Hop], end: Array, start: int, count: int) -> list[Route]:
    """Return the `count` routes from unit `start` with the largest |product|, or all if fewer.

    `end (n,)` is a factor for each unit where a route may arrive; slopes are (n_out,). Exact up to
    the rounding of logarithms: best[j] = the largest of log|w[j, k] slope[k]| + best[k], kept with
    the runners-up, from the last hop to the first.
    """
    with np.errstate(divide="ignore"):  # the logarithm of 0 is less than any other
        best = np.log(np.abs(end))[:, None]
        ways = []
        for w, slope, skips in reversed(hops):
            edges, kept = np.log(np.abs(w)) + np.log(np.abs(slope)), best.shape[1]
            way, best = _best(edges, best, skips, count)
            ways.append((way, len(slope), kept))
    return [_follow(ways[::-1], start, rank) for rank in range(best.shape[1])]


def _best(edges: Array, best: Array, skips: bool, count: int) -> tuple[Array, Array]:
    """Which ways on from each unit are best, and how good they are: both (n_in, kept).

    Way `k kept + r` goes to unit k and then its way of rank r; those beyond n_out kept skip.
    """
    ways, scores = [], []
    for unit, row in enumerate(edges):
        candidates = (row[:, None] + best).ravel()
        if skips:
            candidates = np.append(candidates, best[unit])
        chosen = _largest(candidates, count)
        ways.append(chosen)
        scores.append(candidates[chosen])
    return np.array(ways), np.array(scores)


def _largest(values: Array, count: int) -> Array:
    """The places of the largest values, the largest first; NaN counts as the smallest."""
    places = np.arange(len(values))
    if count < len(values):
        places = np.sort(np.argpartition(-values, count - 1)[:count])
    found: Array = places[np.argsort(-values[places], kind="stable")]
    return found


def _follow(ways: Sequence[tuple[Array, int, int]], unit: int, rank: int) -> Route:
    units, skipped = [], []
    for way, n_out, kept in ways:
        following, rank = divmod(int(way[unit, rank]), kept)
        skips = following == n_out
        unit = unit if skips else following
        units.append(unit)
        skipped.append(skips)
    return Route(tuple(units), tuple(skipped))
