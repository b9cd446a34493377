"""The loss as a landscape: along one weight, and over a plane through the present parameters."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import wrong
from core.losses import Loss
from core.network import Network
from core.pieces import Pieces, whole
from core.places import place_of
from core.probes import CHUNK, Probe

STRAIGHT = 1e-12  # of the first square, the second of points in a line is rounding


def loss_along(probe: Probe, index: int, values: Sequence[float] | Array) -> Array:
    """Return the loss of one batch with one parameter at each of `values` (k,): float64 (k,).

    The loss may be infinite or NaN far out. Raises ValueError for an index out of range and values
    that are not finite.
    """
    probe.require_index(index)
    points, place = _finite("values", values, 1), place_of(probe.network, index)
    own = [*probe.network.layout.views(probe.center)][place.layer - 1]
    parts = [(name, part) for name, part in own._asdict().items() if part is not None]
    found = np.zeros(len(points))
    # Beside the layers' outputs, a copy of the layer that differs.
    size = max(1, CHUNK // (4 * probe.batch * max(probe.network.sizes) + own.w.size))
    for start in range(0, len(points), size):
        span = slice(start, start + size)
        count = len(points[span])
        copies = own._replace(**{name: np.stack([part] * count) for name, part in parts})
        getattr(copies, place.kind)[:, *place.indices] = points[span]
        found[span] = probe.losses_with(place.layer, copies)
    return found


def loss_plane(
    network: Network,
    loss: Loss,
    x: Array,
    y: Array,
    direction_a: Array,
    direction_b: Array,
    a_values: Sequence[float] | Array,
    b_values: Sequence[float] | Array,
    *,
    smoothing: float = 0.0,
    mask: Array | None = None,
) -> Array:
    """Return the loss of one batch at w + a A + b B, for directions A and B (P,) of the vector.

    Float64 (len(a_values), len(b_values)); it may be infinite or NaN far out. `mask` and all else
    as in `Probe`. Raises ValueError for what `Probe` refuses, directions that do not fit and
    numbers that are not finite.
    """
    return whole(
        plane_in_pieces(
            Probe(network, loss, x, y, smoothing, mask),
            (direction_a, direction_b),
            (a_values, b_values),
        )
    )


def plane_in_pieces(
    probe: Probe,
    directions: tuple[Array, Array],
    values: tuple[Sequence[float] | Array, Sequence[float] | Array],
    dtype: type[np.floating[Any]] = np.float64,
) -> Pieces[Array]:
    """Compute a `loss_plane` in pieces, each a part of its points."""
    network = probe.network
    along_a, along_b = (
        _direction(f"direction_{name}", direction, network)
        for name, direction in zip("ab", directions, strict=True)
    )
    a, b = (_finite(f"{name}_values", given, 1) for name, given in zip("ab", values, strict=True))

    def move(points: Array, span: slice) -> None:
        rows, columns = np.divmod(np.arange(span.start, span.stop), len(b))
        with np.errstate(all="ignore"):  # far out, infinity is an answer
            # w + a A + b B
            points += a[rows, None] * along_a
            points += b[columns, None] * along_b

    losses = yield from probe.losses(len(a) * len(b), move, dtype)
    return losses.reshape(len(a), len(b))


def filter_normalized(direction: Array, network: Network) -> Array:
    """Scale a direction (P,) unit by unit to the network's weights; returns float64 (P,).

        d_j = d_j |w_j| / |d_j|        w_j the weights into one unit, a column of W

    so that planes of different networks, or of one at different times, can be compared: a ReLU
    network is the same when one layer's weights are doubled and the next's halved. Biases, scales
    and shifts do not move, as in Li et al. 2018, arXiv 1712.09913, where `direction` is drawn
    from the standard normal distribution.

    Raises ValueError for a network with leading axes or a direction that does not fit.
    """
    if network.runs:
        raise wrong("network", f"runs {network.runs}", "one network, without leading axes")
    found = np.zeros(network.layout.n_parameters)
    scaled = network.layout.views(found)
    drawn = network.layout.views(_direction("direction", direction, network))
    for layer, to, (d, *_) in zip(network.layers, scaled, drawn, strict=True):
        with np.errstate(all="ignore"):  # squares may overflow
            length, size = (np.linalg.norm(m.astype(np.float64), axis=-2) for m in (d, layer.w))
        # A column without a direction stays without.
        to.w[...] = d * (size / np.where(length > 0, length, 1))
    return found


def as_long_as_weights(direction: Array, network: Network) -> Array:
    """Scale a direction (P,) as a whole, so that no unit moves by more than its own weights.

        d = d min_j |w_j| / |d_j|        w_j the weights into one unit, d_j its part of d

    A gradient stays the gradient, and the place 1 along it is about as far as the place 1 along a
    `filter_normalized` direction. d_j has the unit's bias, scale and shift too. Raises ValueError
    for a direction that does not fit, or that has no length.
    """
    found = _direction("direction", direction, network)
    factor = np.inf
    for layer, parts in zip(network.layers, network.layout.views(found), strict=True):
        rows = [part for part in parts[1:] if part is not None]
        with np.errstate(all="ignore"):  # squares may overflow
            moved = np.linalg.norm(np.vstack([parts.w, *rows]), axis=0)
            size = np.linalg.norm(layer.w.astype(np.float64), axis=0)
        usable = (moved > 0) & (size > 0)
        factor = min(factor, np.min(size[usable] / moved[usable], initial=np.inf))
    if not np.isfinite(factor):
        raise wrong("direction", "0 everywhere", "one that moves weights")
    return found * factor


def main_directions(points: Array, center: Array) -> tuple[Array, Array]:
    """Return the two main directions of points (n, P) as seen from a center (P,), and their shares.

    The directions (2, P) have length 1 and are orthogonal; the shares (2,) are of the sum of all
    squared distances, as in Li et al. 2018, arXiv 1712.09913. Raises ValueError for points that
    lie on a line through the center, or are not finite.
    """
    distances = np.asarray(points, np.float64) - center
    with np.errstate(all="ignore"):
        products = distances @ distances.T
    if not np.isfinite(products).all():
        raise wrong("points", f"{len(distances)}, not all finite", "finite numbers")
    # The directions are combinations of the few distances: M = distances, M M^T u = s² u.
    squares, combinations = np.linalg.eigh(products)
    total, (second, first) = squares.sum(), squares[-2:] if len(squares) > 1 else (0.0, 0.0)
    if not second > STRAIGHT * first:
        raise wrong("points", f"{len(distances)} in a line or in one place", "a path with a bend")
    directions = combinations[:, :-3:-1].T @ distances
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions, np.array([first, second]) / total


def _direction(field: str, values: Array, network: Network) -> Array:
    found = _finite(field, values, np.ndim(values))
    if found.shape != (network.layout.n_parameters,):
        raise wrong(field, found.shape, f"the shape {(network.layout.n_parameters,)}")
    return found


def _finite(field: str, values: Sequence[float] | Array, axes: int) -> Array:
    found = np.array(values, np.float64)
    if found.ndim != axes:
        raise wrong(field, found.shape, "numbers in a row")
    if not np.isfinite(found).all():
        raise wrong(field, float(found[~np.isfinite(found)][0]), "finite numbers")
    return found
