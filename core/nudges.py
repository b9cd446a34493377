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
from core.normalization import EPSILON
from core.places import Place, place_of
from core.probes import Probe


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


class Nudger:
    """Changes one parameter of one network and sees what follows on the batch of a probe.

    What no change alters is computed once: `loss_before`, `gradient` (a number, backpropagation's)
    and `tangents`, dz and dh per unit of change, both (batch, n), from the changed layer on. Raises
    ValueError for an index out of range.
    """

    def __init__(self, probe: Probe, index: int) -> None:
        probe.require_index(index)
        self.probe, self.index = probe, index
        self.place = place_of(probe.network, index)
        self.loss_before, gradient = probe.gradient()
        self.gradient = float(gradient[index])
        with np.errstate(all="ignore"):
            self.tangents = list(_tangents(probe, self.place))

    def nudge(self, change: float) -> Nudge:
        """Change the parameter. Raises ValueError for a change that is not finite."""
        if not math.isfinite(change):
            raise wrong("change", change, "a finite number")
        after, _, moved = self.probe.signals(self.index, change)
        first = self.place.layer - 1
        z = [Shift(0.0, 0.0, 0.0)] * first
        h = list(z)
        now = zip(self.probe.present[2][first:], moved[first:], self.tangents, strict=True)
        with np.errstate(all="ignore"):  # a large change may overflow, which is an answer
            for old, new, (d_z, d_h) in now:
                z.append(_shift(new.z - old.z, change * d_z))
                h.append(_shift(new.h - old.h, change * d_h))
        predicted = self.gradient * change
        return Nudge(self.place, change, self.loss_before, after, predicted, tuple(z), tuple(h))


def _tangents(probe: Probe, place: Place) -> Iterator[tuple[Array, Array]]:
    """Yield dz and dh, both (batch, n), per unit of change, from the changed layer on."""
    network, first = probe.network, place.layer - 1
    layers = zip(network.layout.views(probe.center), probe.present[2], strict=True)
    skips, d_h = (*network.skips, False), np.zeros(())
    for index, (own, signal) in enumerate(layers):
        if index < first:
            continue
        # dz = dh_in W + h_in dW + db, the parameters of one layer alone being changed
        d_own = _changed(own, place) if index == first else None
        d_z = d_h @ own.w if d_own is None else signal.h_in @ d_own.w + d_own.b
        d_u = _tangent_of_norm(network.norm.axis, own, d_own, signal.z, d_z)
        # dh = phi'(u) du, and dh_in where the residual connection passes it on
        d_a = signal.slope * d_u
        d_h = d_h + d_a if skips[index] else d_a
        yield d_z, d_h


def _changed(own: Views, place: Place) -> Views:
    """1 for the parameter of its layer that changes, 0 for the others."""
    change = Views(np.zeros_like(own.w), np.zeros_like(own.b), own.scale, own.shift)
    if own.scale is not None and own.shift is not None:
        change = change._replace(scale=np.zeros_like(own.scale), shift=np.zeros_like(own.shift))
    getattr(change, place.kind)[place.indices] = 1
    return change


def _tangent_of_norm(
    axis: int | None, own: Views, d_own: Views | None, z: Array, d_z: Array
) -> Array:
    if axis is None or own.scale is None:
        return d_z
    std = np.sqrt(z.var(axis, keepdims=True) + EPSILON)
    x_hat = (z - z.mean(axis, keepdims=True)) / std
    # dx̂ = (dz - mean(dz) - x̂ mean(x̂ dz)) / std
    along = x_hat * (x_hat * d_z).mean(axis, keepdims=True)
    d_x_hat = (d_z - d_z.mean(axis, keepdims=True) - along) / std
    # du = scale dx̂ + dscale x̂ + dshift
    d_u: Array = own.scale * d_x_hat
    if d_own is not None and d_own.scale is not None:
        d_u += d_own.scale * x_hat + d_own.shift
    return d_u


def _shift(actual: Array, predicted: Array) -> Shift:
    return Shift(*(_norm(values) for values in (actual, predicted, actual - predicted)))


def _norm(values: Array) -> float:
    row = values.ravel()
    return math.sqrt(row.dot(row))  # a third of the time of NumPy's norm
