"""The gradient without the chain rule: change a number a little, see what the loss does.

What a backward pass computes can be checked this way, parameter by parameter, for any network.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.errors import wrong
from core.losses import Loss
from core.network import Network
from core.pieces import Pieces, whole
from core.places import layers_of, require_index
from core.probes import Probe

# Powers of two, so that a weight moves by just that. Larger steps meet more kinks, smaller ones
# leave fewer digits of the loss's change.
STEP = 2.0**-14
SHARPEST = 1e-6  # of a layer's differences, how much one of them may depend on its step
ROUNDING = 32 * float(np.finfo(np.float64).eps)  # of a loss, relative to 1 + |loss|


@dataclass(frozen=True, slots=True)
class Differences:
    """Central differences `values (k,)` of the loss by the parameters `indices (k,)`.

    `smooth (k,)` is False where the loss has a kink within the step, so that the difference is no
    derivative: ReLU's at 0, for example. `noise` is how far rounding may move one value. `loss` is
    the loss at the present parameters.
    """

    indices: Array
    values: Array
    smooth: Array
    loss: float
    noise: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A gradient beside its central differences, per layer: all (L,).

    `relative` is |gradient - differences| / |differences| over the smooth ones of a layer, NaN
    where there are none; `resolution` is what rounding alone may make of it, large where a gradient
    has vanished below what differences can see; `compared` is the share that was smooth.
    """

    relative: Array
    resolution: Array
    compared: Array

    @property
    def worst(self) -> float:
        """The largest relative error of a layer, NaN if nothing could be compared."""
        known = self.relative[~np.isnan(self.relative)]
        return float(known.max()) if known.size else float("nan")

    def agrees(self, tolerance: float = 1e-6) -> bool:
        """Whether no layer's error exceeds `tolerance` and its own resolution."""
        return not np.any(self.relative > tolerance + self.resolution)


def central_differences(
    network: Network,
    loss: Loss,
    x: Array,
    y: Array,
    indices: Sequence[int] | Array | None = None,
    step: float = STEP,
    *,
    smoothing: float = 0.0,
    mask: Array | None = None,
) -> Differences:
    """Differentiate the loss of one batch by chosen parameters, or all, in float64.

        D(h) = (loss(w + h) - loss(w - h)) / 2h,   value = (4 D(h/2) - D(h)) / 3,   h = step

    which has no error in h² (Richardson 1911). Where the loss is smooth

        kink = |D(h) - D(h/2)| + |S(h) - 4 S(h/2)| / h,   S(h) = loss(w + h) - 2 loss + loss(w - h)

    is of the order h². A slope that jumps within the step, or at w itself, makes it at least 1.5
    times the error in the value, so a value counts as smooth while this stays below 1e-6 of the
    norm of its layer's values, and the noise. `mask` and all else as in `Probe`.

    Raises ValueError for what `Probe` refuses, an index out of range and a step that is not above
    0.
    """
    probe = Probe(network, loss, x, y, smoothing, mask)
    return whole(differences_in_pieces(probe, indices, step))


def differences_in_pieces(
    probe: Probe, indices: Sequence[int] | Array | None = None, step: float = STEP
) -> Pieces[Differences]:
    """Compute `central_differences` in pieces, each for a part of the parameters."""
    chosen = _chosen(indices, len(probe.center))
    if not (np.isfinite(step) and step > 0):
        raise wrong("step", step, "a finite number above 0")
    shifts = step * np.array([1, -1, 0.5, -0.5])

    def move(points: Array, span: slice) -> None:
        numbers = np.arange(span.start, span.stop)
        moved = chosen[numbers // len(shifts)]
        points[np.arange(len(points)), moved] += shifts[numbers % len(shifts)]

    losses = yield from probe.losses(len(shifts) * len(chosen), move)
    above, below, near_above, near_below = losses.reshape(-1, len(shifts)).T
    value = probe.signals()[0]
    w = probe.center[chosen]
    with np.errstate(all="ignore"):
        # A sum is rounded: what is divided by is the distance that the two points have.
        wide = (above - below) / ((w + step) - (w - step))
        narrow = (near_above - near_below) / ((w + step / 2) - (w - step / 2))
        bend = (above - 2 * value + below) - 4 * (near_above - 2 * value + near_below)
        values = (4 * narrow - wide) / 3
        kink = np.abs(wide - narrow) + np.abs(bend) / step
    noise = ROUNDING * (1 + abs(value)) / step
    layers, finite = layers_of(probe.network)[chosen], np.isfinite(values)
    sizes = _norms(layers, np.where(finite, values, 0), len(probe.network.layers))
    smooth = finite & (kink <= SHARPEST * sizes[layers - 1] + noise)
    return Differences(chosen, values, smooth, value, noise)


def compare(network: Network, differences: Differences, gradient: Array) -> Comparison:
    """Compare a gradient (P,), such as `network.gradient`, with central differences.

    Raises ValueError for a gradient that does not fit.
    """
    if np.shape(gradient) != (network.layout.n_parameters,):
        raise wrong("gradient", np.shape(gradient), f"the shape {(network.layout.n_parameters,)}")
    count, smooth = len(network.layers), differences.smooth
    every = layers_of(network)[differences.indices]
    layers, right = every[smooth], differences.values[smooth]
    found = np.asarray(gradient, np.float64)[differences.indices][smooth]
    size = _norms(layers, right, count)
    error = np.nan_to_num(_norms(layers, found - right, count), nan=np.inf)
    noise = _norms(layers, np.full(len(right), differences.noise), count)
    some, all_of = (np.bincount(numbers, minlength=count + 1)[1:] for numbers in (layers, every))
    with np.errstate(all="ignore"):
        relative = np.where(error == 0, 0, error / size)
        relative[some == 0] = np.nan
        return Comparison(relative, noise / size, some / all_of)


def relative_errors(network: Network, gradient: Array, right: Array) -> Array:
    """Return |gradient - right| / |right| per layer, for two gradients (P,): (L,).

    It is 0 where they are equal, infinite where only `right` is 0, NaN where one is not finite.
    """
    layers, count = layers_of(network), len(network.layers)
    with np.errstate(all="ignore"):
        error, size = _norms(layers, gradient - right, count), _norms(layers, right, count)
        return np.where(error == 0, 0, error / size)


def _chosen(indices: Sequence[int] | Array | None, count: int) -> Array:
    if indices is None:
        return np.arange(count)
    for index in np.ravel(np.asarray(indices)).tolist():
        require_index("indices", index, count)
    return np.array(indices, np.intp).ravel()


def _norms(layers: Array, values: Array, count: int) -> Array:
    """The norm of the values of each layer: (L,)."""
    largest = np.max(np.abs(values), initial=0)
    if largest == 0 or not np.isfinite(largest):
        largest = 1.0  # squares of the rest neither underflow nor overflow
    squares = np.bincount(layers, (values / largest) ** 2, count + 1)[1:]
    norms: Array = largest * np.sqrt(squares)
    return norms
