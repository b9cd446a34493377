"""The chain rule along one path: from a weight through one unit per layer to the loss.

    dloss/dW_l[i, j] = sum over the paths of
        h_{l-1}[i]  phi'(u_l)[j]  W_{l+1}[j, k]  phi'(u_{l+1})[k]  ...  W_L[.., o]  dloss/dz_L[o]

for each sample of a batch, and the gradient is the sum over the samples. Backpropagation is a way
to add up all these products without making any of them; here they are made, the strongest first.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.errors import wrong
from core.losses import Loss
from core.network import Network
from core.places import Place, place_of, require_index
from core.probes import Probe
from core.routes import (
    Hop,
    Route,
    carried_back,
    magnitudes,
    number_of_routes,
    strongest_routes,
)

MOST_PATHS = 10_000


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of a path: its name, its value, and the product of all up to it."""

    name: str
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
class Paths:
    """The strongest of `n_paths` paths from one parameter, by |product|, for one sample.

    `gradient` is the sum of the products of all paths: the sample's part of the batch's gradient.
    `magnitude` is the sum of their absolute values.
    """

    place: Place
    sample: int
    paths: tuple[Path, ...]
    n_paths: int
    gradient: float
    magnitude: float

    @property
    def total(self) -> float:
        """The sum of the products of the listed paths; of all paths, the gradient."""
        return math.fsum(path.product for path in self.paths)

    @property
    def share(self) -> float:
        """How much of `magnitude` the listed paths are, 0 to 1; NaN if all products are zero."""
        if not self.magnitude:
            return math.nan
        return math.fsum(abs(path.product) for path in self.paths) / self.magnitude


def strongest_paths(
    network: Network,
    loss: Loss,
    x: Array,
    y: Array,
    index: int,
    count: int = 1,
    *,
    sample: int = 0,
    smoothing: float = 0.0,
    mask: Array | None = None,
) -> Paths:
    """Return the `count` paths with the largest |product| from a weight or bias, or all if fewer.

    They are found exactly, by dynamic programming on log |.|, without making the others; the work
    grows with layers, width² and `count`. `sample` is a row of x; its loss counts as its part in
    the batch's mean. `mask` and all else as in `Probe`.

    Raises ValueError for what `Probe` refuses, numbers out of range, and a network with
    normalisation: there each u depends on a whole layer or batch, not on the units of one path.
    """
    require_index("count", count, MOST_PATHS, 1)
    chain = _Chain(Probe(network, loss, x, y, smoothing, mask), index)
    hops, end = chain.of(sample)
    return chain.paths(sample, strongest_routes(hops, end, chain.place.column, count))


def path_through(
    network: Network,
    loss: Loss,
    x: Array,
    y: Array,
    index: int,
    units: Sequence[int],
    around: Sequence[int] = (),
    *,
    sample: int = 0,
    smoothing: float = 0.0,
    mask: Array | None = None,
) -> Paths:
    """Return the path through chosen `units`, one for each layer after that of the parameter.

    `around` are the layers that the path passes on the residual connection, its unit staying the
    same. All else as in `strongest_paths`, of which this is the answer for one path.
    """
    chain = _Chain(Probe(network, loss, x, y, smoothing, mask), index)
    return chain.paths(sample, [chain.route(units, around)])


def gradient_by_sample(
    network: Network,
    loss: Loss,
    x: Array,
    y: Array,
    index: int,
    *,
    smoothing: float = 0.0,
    mask: Array | None = None,
) -> Array:
    """Return what each sample adds to the gradient of one weight or bias: (batch,).

    Their sum is the gradient of the batch. Raises ValueError as `strongest_paths` does.
    """
    return _Chain(Probe(network, loss, x, y, smoothing, mask), index).sums()


class _Chain:
    """One parameter of layer l and the hops h_l -> h_{l+1} -> ... -> h_L = z_L after it.

    For every sample: `h_in (batch,)` before the parameter, `slope (batch,)` after it, and `end
    (batch, n_L)`, dloss/dz_L.
    """

    def __init__(self, probe: Probe, index: int) -> None:
        network = probe.network
        if network.norm.axis is not None:
            allowed = "none: with normalisation u depends on more than the units of a path"
            raise wrong("norm", network.norm.name, allowed)
        probe.require_index(index)
        self.place = place_of(network, index)
        layer, row = self.place.layer, self.place.row
        _, self.end, signals = probe.signals()
        own, following = signals[layer - 1], signals[layer:]
        self.h_in = np.ones(probe.batch) if row is None else own.h_in[:, row]
        self.slope = own.slope[:, self.place.column]
        weights = [views.w for views in network.layout.views(probe.center)][layer:]
        skips = (*network.skips, False)[layer:]
        self.hops = [
            Hop(w, signal.slope, skip)
            for w, signal, skip in zip(weights, following, skips, strict=True)
        ]
        self._mask = "mask " if network.dropout and probe.mask is not None else ""

    def of(self, sample: int) -> tuple[list[Hop], Array]:
        """The hops and the end of one sample."""
        require_index("sample", sample, len(self.end))
        return [hop._replace(slope=hop.slope[sample]) for hop in self.hops], self.end[sample]

    def sums(self) -> Array:
        """The sum of the products of all paths, per sample: (batch,)."""
        back = carried_back(self.hops, self.end)[:, self.place.column]
        found: Array = self.h_in * self.slope * back
        return found

    def paths(self, sample: int, routes: Sequence[Route]) -> Paths:
        hops, end = self.of(sample)
        found = [self._path(sample, route) for route in routes]
        found.sort(key=lambda path: -abs(path.product))
        n_paths, gradient = number_of_routes(hops), float(self.sums()[sample])
        back = carried_back(magnitudes(hops), np.abs(end))[self.place.column]
        magnitude = float(abs(self.h_in[sample] * self.slope[sample]) * back)
        return Paths(self.place, sample, tuple(found), n_paths, gradient, magnitude)

    def route(self, units: Sequence[int], around: Sequence[int]) -> Route:
        """Check a person's choice."""
        layer, unit = self.place.layer, self.place.column
        if len(units) != len(self.hops):
            raise wrong("units", tuple(units), f"{len(self.hops)} of them, one per later layer")
        passable = [number for number, hop in enumerate(self.hops, layer + 1) if hop.skips]
        for number in around:
            if number not in passable:
                raise wrong("around", number, f"layers with a residual connection: {passable}")
        for number, (following, hop) in enumerate(zip(units, self.hops, strict=True), layer + 1):
            require_index("units", following, hop.w.shape[1])
            if number in around and following != unit:
                raise wrong("units", following, f"{unit}, to pass around layer {number}")
            unit = following
        later = range(layer + 1, layer + 1 + len(self.hops))
        return Route(tuple(units), tuple(number in around for number in later))

    def _path(self, sample: int, route: Route) -> Path:
        factors, product = list[Factor](), 1.0
        with np.errstate(all="ignore"):
            for name, value in self._factors(sample, route):
                product *= value
                factors.append(Factor(name, value, product))
        first = self.place.layer + 1
        around = tuple(number for number, skip in enumerate(route.skipped, first) if skip)
        return Path((self.place.column, *route.units), around, tuple(factors))

    def _factors(self, sample: int, route: Route) -> Iterator[tuple[str, float]]:
        """Names and values, from the parameter to the loss."""
        layer, row, unit = self.place.layer, self.place.row, self.place.column
        last = layer + len(self.hops)
        if row is not None:
            name = f"h_{layer - 1}[{row}]" if layer > 1 else f"x[{row}]"
            yield name, float(self.h_in[sample])
        if layer < last:
            yield self._slope_name(layer, unit), float(self.slope[sample])
        steps = zip(self.hops, *route, strict=True)
        for number, (hop, following, skipped) in enumerate(steps, layer + 1):
            if skipped:
                yield f"residual_{number}[{unit}]", 1.0
                continue
            yield f"W_{number}[{unit}, {following}]", float(hop.w[unit, following])
            if number < last:
                name = self._slope_name(number, following)
                yield name, float(hop.slope[sample, following])
            unit = following
        yield f"∂loss/∂z_{last}[{unit}]", float(self.end[sample, unit])

    def _slope_name(self, layer: int, unit: int) -> str:
        return f"{self._mask}φ'(u_{layer})[{unit}]"
