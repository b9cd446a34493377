"""The chain rule along one path: from a weight through one unit per layer to the loss.

    dloss/dW_l[i, j] = sum over the paths of
        h_{l-1}[i]  phi'(u_l)[j]  W_{l+1}[j, k]  phi'(u_{l+1})[k]  ...  W_L[.., o]  dloss/dz_L[o]

for each sample of a batch, and the gradient is the sum over the samples. Backpropagation is a way
to add up all these products without making any of them; here they are made, the strongest first.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.arrays import Array
from core.errors import wrong
from core.places import place_of, require_index
from core.probes import Probe
from core.routes import (
    Hop,
    Route,
    carried_back,
    every_product,
    magnitudes,
    number_of_routes,
    products_of,
    strongest_routes,
)

MOST_PATHS = 10_000  # that are listed, or multiplied out to be summed


class Factor(NamedTuple):
    """One factor of a path, and the product of all up to it.

    `kind` is "input" (what the weight multiplies), "slope" (phi'), "weight", "residual" (1) or
    "loss" (dloss/dz). The factor belongs to a unit of a layer: a weight to the one it leads to.
    """

    kind: str
    name: str
    layer: int
    unit: int
    value: float
    product: float


@dataclass(frozen=True, slots=True)
class Path:
    """One path: `units` are its units in the layers l, l+1, ... L, counted from 0.

    `around` are the layers that it passes on a residual connection.
    """

    units: tuple[int, ...]
    around: tuple[int, ...]
    factors: tuple[Factor, ...]

    @property
    def product(self) -> float:
        """What the path adds to the gradient."""
        return self.factors[-1].product


@dataclass(frozen=True, slots=True)
class Sum:
    """What some of `n_paths` paths add up to: `total`; `magnitude` is that of their |products|."""

    n_paths: int
    total: float
    magnitude: float


class Chain:
    """One parameter of layer l and the hops h_l -> h_{l+1} -> ... -> h_L = z_L after it.

    For every sample: `h_in (batch,)` before the parameter, `slope (batch,)` after it, and `end
    (batch, n_L)`, dloss/dz_L. A sample is a row of the probe's batch; its loss counts as its part
    in the batch's mean.

    Raises ValueError for numbers out of range, here and in all methods, and for a network with
    normalisation: there each u depends on a whole layer or batch, not on the units of one path.
    """

    def __init__(self, probe: Probe, index: int) -> None:
        network = probe.network
        if network.norm.axis is not None:
            allowed = "none: with normalisation u depends on more than the units of a path"
            raise wrong("norm", network.norm.name, allowed)
        probe.require_index(index)
        self.place = place_of(network, index)
        layer, row = self.place.layer, self.place.row
        _, self.end, signals = probe.present
        own, following = signals[layer - 1], signals[layer:]
        self.h_in = np.ones(probe.batch) if row is None else own.h_in[:, row]
        self.slope = own.slope[:, self.place.column]
        weights = [views.w for views in network.layout.views(probe.center)][layer:]
        skips = (*network.skips, False)[layer:]
        self.hops = [
            Hop(w, signal.slope, skip)
            for w, signal, skip in zip(weights, following, skips, strict=True)
        ]
        self.last = layer + len(self.hops)
        self._mask = "mask " if network.dropout and probe.mask is not None else ""

    @property
    def n_paths(self) -> int:
        """How many paths lead from the parameter to the loss."""
        return number_of_routes(self.hops)

    def gradients(self) -> Array:
        """Return what each sample adds to the gradient, as backpropagation has it: (batch,)."""
        with np.errstate(all="ignore"):
            back = carried_back(self.hops, self.end)[:, self.place.column]
            found: Array = self.h_in * self.slope * back
        return found

    def magnitude(self, sample: int) -> float:
        """Return the sum of the |products| of all paths, without making any."""
        hops, end = self._of(sample)
        with np.errstate(all="ignore"):
            back = carried_back(magnitudes(hops), np.abs(end))[self.place.column]
            return float(abs(self._first(sample)) * back)

    def sum_of_all(self, sample: int) -> Sum:
        """Multiply out all paths and add them up. Raises ValueError for more than `MOST_PATHS`."""
        require_index("paths", self.n_paths, MOST_PATHS, 1)
        hops, end = self._of(sample)
        with np.errstate(all="ignore"):
            first = self._first(sample)
            return _summed(every_product(hops, end, self.place.column, first))

    def sum_of(self, sample: int, routes: Sequence[Route]) -> Sum:
        """Multiply out some paths and add them up."""
        hops, end = self._of(sample)
        with np.errstate(all="ignore"):
            first = self._first(sample)
            return _summed(products_of(routes, hops, end, self.place.column, first))

    def strongest(
        self, sample: int, count: int, through: Mapping[int, int] | None = None
    ) -> list[Route]:
        """Return the `count` paths with the largest |product|, or all if there are fewer.

        With `through`, a unit for some of the layers after l, only paths by way of these units.
        They are found exactly, by dynamic programming on log |.|, without making the others.
        """
        require_index("count", count, MOST_PATHS, 1)
        through = through or {}
        for layer, unit in through.items():
            require_index("layer", layer, len(self.hops), self.place.layer + 1)
            require_index("unit", unit, self.hops[layer - self.place.layer - 1].w.shape[1])
        chosen = [through.get(layer) for layer in range(self.place.layer + 1, self.last + 1)]
        hops, end = self._of(sample)
        return strongest_routes(hops, end, self.place.column, count, chosen)

    def path(self, sample: int, route: Route) -> Path:
        """Return a path factor by factor."""
        self._require(route)
        factors, product = list[Factor](), 1.0
        with np.errstate(all="ignore"):
            for kind, name, layer, unit, value in self._factors(sample, route):
                product *= value
                factors.append(Factor(kind, name, layer, unit, value, product))
        first = self.place.layer + 1
        around = tuple(number for number, skip in enumerate(route.skipped, first) if skip)
        return Path((self.place.column, *route.units), around, tuple(factors))

    def _of(self, sample: int) -> tuple[list[Hop], Array]:
        """The hops and the end of one sample."""
        require_index("sample", sample, len(self.end))
        return [hop._replace(slope=hop.slope[sample]) for hop in self.hops], self.end[sample]

    def _first(self, sample: int) -> float:
        """The factors before the first hop."""
        return float(self.h_in[sample] * self.slope[sample])

    def _require(self, route: Route) -> None:
        """Raise ValueError for a route that there is not."""
        if not len(route.units) == len(route.skipped) == len(self.hops):
            raise wrong("units", route.units, f"{len(self.hops)} of them, one per later layer")
        unit = self.place.column
        steps = zip(self.hops, *route, strict=True)
        for number, (hop, following, skipped) in enumerate(steps, self.place.layer + 1):
            require_index("units", following, hop.w.shape[1])
            if skipped and not hop.skips:
                raise wrong("skipped", number, "layers with a residual connection")
            if skipped and following != unit:
                raise wrong("units", following, f"{unit}, to pass around layer {number}")
            unit = following

    def _factors(self, sample: int, route: Route) -> Iterator[tuple[str, str, int, int, float]]:
        """Kinds, names, layers, units and values, from the parameter to the loss."""
        require_index("sample", sample, len(self.end))
        layer, row, unit = self.place.layer, self.place.row, self.place.column
        if row is not None:
            name = f"h_{layer - 1}[{row}]" if layer > 1 else f"x[{row}]"
            yield "input", name, layer - 1, row, float(self.h_in[sample])
        if layer < self.last:
            yield "slope", self._slope_name(layer, unit), layer, unit, float(self.slope[sample])
        steps = zip(self.hops, *route, strict=True)
        for number, (hop, following, skipped) in enumerate(steps, layer + 1):
            if skipped:
                yield "residual", f"residual_{number}[{unit}]", number, unit, 1.0
                continue
            name = f"W_{number}[{unit}, {following}]"
            yield "weight", name, number, following, float(hop.w[unit, following])
            unit = following
            if number < self.last:
                slope = float(hop.slope[sample, unit])
                yield "slope", self._slope_name(number, unit), number, unit, slope
        name = f"∂loss/∂z_{self.last}[{unit}]"
        yield "loss", name, self.last, unit, float(self.end[sample, unit])

    def _slope_name(self, layer: int, unit: int) -> str:
        return f"{self._mask}φ′(u_{layer})[{unit}]"


def _summed(products: Array) -> Sum:
    return Sum(len(products), _exactly(products), _exactly(np.abs(products)))


def _exactly(values: Array) -> float:
    """The sum, rounded once; what is not finite has no such sum."""
    return math.fsum(values) if np.isfinite(values).all() else float(values.sum())
