"""The loss as a landscape: along one weight, and over a plane through the present parameters."""

from collections.abc import Sequence

import numpy as np

from core.arrays import Array
from core.errors import wrong
from core.losses import Loss
from core.network import Network
from core.probes import Probe


def loss_along(
    network: Network,
    loss: Loss,
    x: Array,
    y: Array,
    index: int,
    values: Sequence[float] | Array,
    *,
    smoothing: float = 0.0,
    mask: Array | None = None,
) -> Array:
    """Return the loss of one batch with one parameter at each of `values` (k,): float64 (k,).

    The loss may be infinite or NaN far out. `mask` and all else as in `Probe`. Raises ValueError
    for what `Probe` refuses, an index out of range and values that are not finite.
    """
    probe = Probe(network, loss, x, y, smoothing, mask)
    probe.require_index(index)
    places = _finite("values", values, 1)

    def move(points: Array, span: slice) -> None:
        points[:, index] = places[span]

    return probe.losses(len(places), move)


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
    probe = Probe(network, loss, x, y, smoothing, mask)
    along_a = _direction("direction_a", direction_a, network)
    along_b = _direction("direction_b", direction_b, network)
    a, b = _finite("a_values", a_values, 1), _finite("b_values", b_values, 1)

    def move(points: Array, span: slice) -> None:
        rows, columns = np.divmod(np.arange(span.start, span.stop), len(b))
        # w + a A + b B
        points += a[rows, None] * along_a
        points += b[columns, None] * along_b

    return probe.losses(len(a) * len(b), move).reshape(len(a), len(b))


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
        length, size = (np.linalg.norm(m.astype(np.float64), axis=-2) for m in (d, layer.w))
        # A column without a direction stays without.
        to.w[...] = d * (size / np.where(length > 0, length, 1))
    return found


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
