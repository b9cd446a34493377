"""Routes through a chain of layers, one unit per layer: their number, their sum, the strongest.

A route's product has a factor per hop; the sum over all routes is what backpropagation computes.
Nothing here knows of networks or losses.
"""

import math
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np

from core.arrays import Array

LARGEST_LOG = 1e4  # of what is infinite: its sum with the logarithm of 0 is that of 0


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


def every_product(hops: Sequence[Hop], end: Array, start: int, first: float = 1.0) -> Array:
    """Multiply out every route from unit `start`, times `first` and `end (n,)`: (routes,).

    Slopes are (n_out,). The factors are taken in their order, as `products_of` takes them.
    """
    products, units = np.array([first]), np.array([start])
    for w, slope, skips in hops:
        n_out = len(slope)
        through = (products[:, None] * w[units] * slope).ravel()
        following = np.tile(np.arange(n_out), len(units))
        products = np.concatenate([through, products]) if skips else through
        units = np.concatenate([following, units]) if skips else following
    found: Array = products * end[units]
    return found


def products_of(
    routes: Sequence[Route], hops: Sequence[Hop], end: Array, start: int, first: float = 1.0
) -> Array:
    """Multiply out some routes: (routes,). All else as in `every_product`."""
    products, units = np.full(len(routes), first), np.full(len(routes), start)
    columns = zip(*(route.units for route in routes), strict=True)
    passed = zip(*(route.skipped for route in routes), strict=True)
    for (w, slope, _), after, skipped in zip(hops, columns, passed, strict=True):
        following = np.array(after)
        through = products * w[units, following] * slope[following]
        products, units = np.where(skipped, products, through), following
    found: Array = products * end[units]
    return found


def strongest_routes(
    hops: Sequence[Hop],
    end: Array,
    start: int,
    count: int,
    through: Sequence[int | None] | None = None,
) -> list[Route]:
    """Return the `count` routes from unit `start` with the largest |product|, or all if fewer.

    `end (n,)` is a factor for each unit where a route may arrive; slopes are (n_out,). `through`
    names for every hop the unit that it has to lead to, or None. Exact up to the rounding of
    logarithms: best[j] = the largest of log|w[j, k] slope[k]| + best[k], from the last hop to the
    first; the runners-up are found from the first to the last, only where a route asks for them
    (Huang and Chiang 2005, Better k-best parsing, algorithm 3).
    """
    ranking = _Ranking(hops, end, through or [None] * len(hops))
    routes = list[Route]()
    while len(routes) < count and (route := ranking.route(start, len(routes))):
        routes.append(route)
    return routes


class _Way(NamedTuple):
    """A way on from a unit, by `unit` of the next layer and from there its way of `rank`.

    They are ordered by `cost`, minus the logarithm of the product up to the end; `own` is that of
    the first hop.
    """

    cost: float
    unit: int
    skips: bool
    rank: int
    own: float


class _Ranking:
    """Routes from any unit, best first, found as they are asked for."""

    def __init__(self, hops: Sequence[Hop], end: Array, through: Sequence[int | None]) -> None:
        self._hops, self._through = hops, through
        self._best = [_logarithm(end)]
        for hop, chosen in zip(reversed(hops), reversed(through), strict=True):
            self._best.append(_best_of(hop, chosen, self._best[-1]))
        self._best.reverse()
        self._found: dict[tuple[int, int], list[_Way]] = {}
        self._waiting: dict[tuple[int, int], list[_Way]] = {}

    def route(self, start: int, rank: int) -> Route | None:
        """The route of a rank, counted from 0, or None if there are fewer."""
        units, skipped, unit = [], [], start
        for layer in range(len(self._hops)):
            way = self._way(layer, unit, rank)
            if way is None:
                return None
            unit, rank = way.unit, way.rank
            units.append(unit)
            skipped.append(way.skips)
        return Route(tuple(units), tuple(skipped)) if rank == 0 else None

    def _way(self, layer: int, unit: int, rank: int) -> _Way | None:
        at = layer, unit
        if at not in self._found:
            self._found[at], self._waiting[at] = [], [*self._first(layer, unit)]
            heapify(self._waiting[at])
        found, waiting = self._found[at], self._waiting[at]
        while len(found) <= rank:
            if found:
                self._add_next(layer, found[-1], waiting)
            if not waiting:
                return None
            found.append(heappop(waiting))
        return found[rank]

    def _first(self, layer: int, unit: int) -> Iterator[_Way]:
        """The best way by each unit of the next layer."""
        w, slope, skips = self._hops[layer]
        chosen, best = self._through[layer], self._best[layer + 1]
        own = -(_logarithm(w[unit]) + _logarithm(slope))
        costs = own - best
        for following in range(len(slope)) if chosen is None else (chosen,):
            yield _Way(float(costs[following]), following, False, 0, float(own[following]))
        if skips and chosen in {None, unit}:
            yield _Way(-float(best[unit]), unit, True, 0, 0.0)

    def _add_next(self, layer: int, way: _Way, waiting: list[_Way]) -> None:
        """Let the runner-up of a way that has been taken wait for its turn."""
        if layer + 1 < len(self._hops):
            after = self._way(layer + 1, way.unit, way.rank + 1)
            if after is not None:
                cost = way.own + after.cost
                heappush(waiting, way._replace(cost=cost, rank=way.rank + 1))


def _best_of(hop: Hop, chosen: int | None, best: Array) -> Array:
    """How good the best way on is, for each unit before a hop, of those after it: (n_in,)."""
    w, slope, skips = hop
    columns = slice(None) if chosen is None else slice(chosen, chosen + 1)
    onward = _logarithm(slope[columns]) + best[columns]
    through: Array = (_logarithm(w[:, columns]) + onward).max(axis=1)
    if not skips:
        return through
    around = np.full(len(best), -np.inf)
    around[columns] = best[columns]
    found: Array = np.maximum(through, around)
    return found


def _logarithm(values: Array) -> Array:
    """log|.|; that of 0 is less than any other, NaN counts as 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: Array = np.log(np.abs(values))
    if np.isfinite(logs).all():
        return logs
    usable: Array = np.nan_to_num(logs, nan=-np.inf, posinf=LARGEST_LOG, neginf=-np.inf)
    return usable
