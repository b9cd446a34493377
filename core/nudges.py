"""One parameter is changed a little: what happens, beside what the derivative said would happen.

The prediction for the loss is backpropagation's, gradient times change. The one for the signals of
every layer goes forward: the tangent, the chain rule from the input to the output.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.errors import wrong
from core.layout import Views
from core.losses import Loss
from core.network import Network
from core.normalization import EPSILON
from core.places import Place, place_of
from core.probes import Probe, Signals


@dataclass(frozen=True, slots=True)
class Shift:
    """How far a signal (batch, n) moved, as Frobenius norms: in fact, as predicted, and apart.

    `error` is the norm of (what happened - what was predicted), of second order in the change.
    """

    actual: float
    predicted: float
    error: float


@dataclass(frozen=True, slots=True)
class Nudge:
    """What a change of one parameter did.

    `z` and `h` have a `Shift` per layer, the first for layer 1; layers before the changed one do
    not move. `loss_change` is loss_after - loss_before, `loss_predicted` the gradient times the
    change.
    """

    place: Place
    change: float
    loss_before: float
    loss_after: float
    loss_predicted: float
    z: tuple[Shift, ...]
    h: tuple[Shift, ...]

    @property
    def loss_change(self) -> float:
        """What the loss did."""
        return self.loss_after - self.loss_before

    @property
    def loss_error(self) -> float:
        """What the first order left out, near change² / 2 times the second derivative."""
        return self.loss_change - self.loss_predicted


def nudge(
    network: Network,
    loss: Loss,
    x: Array,
    y: Array,
    index: int,
    change: float,
    *,
    smoothing: float = 0.0,
    mask: Array | None = None,
) -> Nudge:
    """Change one parameter of a copy of the network, and see what follows on one batch.

    All in float64; `mask` and all else as in `Probe`. Raises ValueError for what `Probe` refuses,
    an index out of range and a change that is not finite.
    """
    probe = Probe(network, loss, x, y, smoothing, mask)
    probe.require_index(index)
    if not math.isfinite(change):
        raise wrong("change", change, "a finite number")
    _, gradient = probe.gradient()
    before, _, signals = probe.signals()
    after, _, moved = probe.signals(index, change)
    with np.errstate(all="ignore"):  # a large change may overflow, which is an answer
        tangents = list(_tangents(probe, signals, index, change))
        pairs = list(zip(signals, moved, tangents, strict=True))
        z = tuple(_shift(new.z - old.z, d_z) for old, new, (d_z, _) in pairs)
        h = tuple(_shift(new.h - old.h, d_h) for old, new, (_, d_h) in pairs)
    return Nudge(
        place_of(network, index), change, before, after, float(gradient[index] * change), z, h
    )


def _tangents(
    probe: Probe, signals: list[Signals], index: int, change: float
) -> Iterator[tuple[Array, Array]]:
    """Yield dz and dh of layer after layer, both (batch, n), for `change` of one parameter."""
    network, d_h = probe.network, np.zeros_like(probe.x)
    direction = np.zeros_like(probe.center)
    direction[index] = change
    layers = zip(network.layout.views(probe.center), network.layout.views(direction), strict=True)
    skips = (*network.skips, False)
    for (own, d_own), signal, skips_over in zip(layers, signals, skips, strict=True):
        # dz = dh_in W + h_in dW + db
        d_z = d_h @ own.w + signal.h_in @ d_own.w + d_own.b
        d_u = _tangent_of_norm(network.norm.axis, own, d_own, signal.z, d_z)
        # dh = phi'(u) du, and dh_in where the residual connection passes it on
        d_a = signal.slope * d_u
        d_h = d_h + d_a if skips_over else d_a
        yield d_z, d_h


def _tangent_of_norm(axis: int | None, own: Views, d_own: Views, z: Array, d_z: Array) -> Array:
    if axis is None or own.scale is None or d_own.scale is None:
        return d_z
    std = np.sqrt(z.var(axis, keepdims=True) + EPSILON)
    x_hat = (z - z.mean(axis, keepdims=True)) / std
    # dx̂ = (dz - mean(dz) - x̂ mean(x̂ dz)) / std
    along = x_hat * (x_hat * d_z).mean(axis, keepdims=True)
    d_x_hat = (d_z - d_z.mean(axis, keepdims=True) - along) / std
    # du = scale dx̂ + dscale x̂ + dshift
    d_u: Array = own.scale * d_x_hat + d_own.scale * x_hat + d_own.shift
    return d_u


def _shift(actual: Array, predicted: Array) -> Shift:
    apart = actual - predicted
    return Shift(*(float(np.linalg.norm(values)) for values in (actual, predicted, apart)))
