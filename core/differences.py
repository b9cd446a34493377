"""The gradient without the chain rule: change a number a little, see what the loss does.

What a backward pass computes can be checked this way, parameter by parameter, for any network.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
RESOLVED = 1e-9  # of the same, what no single difference is trusted below
TOLERANCE = 1e-6  # the error of one parameter with which a gradient passes
MOST_DOUBTED = 64  # parameters; where there are more, kinks are not what is wrong
ROUNDING = 32 * float(np.finfo(np.float64).eps)  # of a loss, relative to 1 + |loss|


@dataclass(frozen=True, slots=True)
class Differences:
    """Central differences `values (k,)` of the loss by the parameters `indices (k,)`.

    `smooth (k,)` is False where the loss has a kink within the step, so that the difference is no
    derivative: ReLU's at 0, for example. `doubts (k,)` are how far rounding and curvature may move
    each value, `noise` how far rounding alone. `loss` is the loss at the present parameters.
    """

    indices: Array
    values: Array
    smooth: Array
    doubts: Array
    loss: float
    noise: float
    step: float

    @property
    def finite(self) -> Array:
        """Which of them are numbers that mean something: (k,)."""
        return np.isfinite(self.values) & np.isfinite(self.doubts)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A gradient beside its central differences, per layer: all (L,).

    `errors` are those of the worst single parameter, whose number in the flat vector is in
    `indices`: of all smooth ones of a layer, with gradient g, difference d and doubt u,

        error = |g - d| / max(|g|, |d|, floor),   floor = u / TOLERANCE

    so that what differences cannot tell counts for no more than `TOLERANCE`. `relative` is
    |g - d| / |d| of the norms of all together, `resolution` what doubts alone may make of it, large
    where a gradient has vanished below what differences can see. All four are NaN, and an index -1,
    where no value is smooth; `compared` is the share that was. `lost` says where a gradient or a
    difference is not finite.
    """

    errors: Array
    indices: Array
    floors: Array
    relative: Array
    resolution: Array
    compared: Array
    lost: Array

    @property
    def worst(self) -> float:
        """The largest error of a single parameter, NaN if nothing could be compared."""
        known = self.errors[~np.isnan(self.errors)]
        return float(known.max()) if known.size else float("nan")

    @property
    def passes(self) -> Array:
        """Whether every layer passes; one without any smooth difference does not fail."""
        return ~self.lost & ~(self.errors > TOLERANCE)


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
    sizes = sizes[layers - 1]
    smooth = finite & (kink <= SHARPEST * sizes + noise)
    return Differences(chosen, values, smooth, kink + RESOLVED * sizes + noise, value, noise, step)


def without_ramps(probe: Probe, differences: Differences, gradient: Array) -> Differences:
    """Count as not smooth what a narrow ramp hides: two kinks within the step that cancel.

    Of the parameters that `gradient` (P,) would fail with, these are the ones whose gradient bends
    by as much as it is off: |g(w + h) - 2 g(w) + g(w - h)| >= |g - d|, by the backward pass. Where
    the loss is smooth that is of the order h², also for a backward pass that is wrong.
    """
    g, d = gradient[differences.indices], differences.values
    doubted = np.flatnonzero(differences.smooth & (_errors(g, d, differences.doubts) > TOLERANCE))
    if len(doubted) > MOST_DOUBTED:
        return differences
    smooth = differences.smooth.copy()
    for number in doubted.tolist():
        index, step = int(differences.indices[number]), differences.step
        above, here, below = (probe.gradient(index, by)[1][index] for by in (step, 0, -step))
        smooth[number] = not abs(above - 2 * here + below) >= abs(g[number] - d[number])
    return replace(differences, smooth=smooth)


def compare(network: Network, differences: Differences, gradient: Array) -> Comparison:
    """Compare a gradient (P,), such as `network.gradient`, with central differences.

    Raises ValueError for a gradient that does not fit.
    """
    if np.shape(gradient) != (network.layout.n_parameters,):
        raise wrong("gradient", np.shape(gradient), f"the shape {(network.layout.n_parameters,)}")
    count, indices, smooth = len(network.layers), differences.indices, differences.smooth
    every, g = layers_of(network)[indices], np.asarray(gradient, np.float64)[indices]
    lost = ~(differences.finite & np.isfinite(g))
    layers, d, doubts = every[smooth], differences.values[smooth], differences.doubts[smooth]
    g = g[smooth]
    with np.errstate(all="ignore"):
        errors = _errors(g, d, doubts)
        worst = _worst(layers, errors, count)
        size, some = _norms(layers, d, count), worst >= 0
        gap = np.nan_to_num(_norms(layers, g - d, count), nan=np.inf)
        return Comparison(
            np.where(some, _picked(errors, worst), np.nan),
            np.where(some, _picked(indices[smooth], worst), -1),
            np.where(some, _picked(doubts / TOLERANCE, worst), np.nan),
            np.where(some, np.where(gap == 0, 0, gap / size), np.nan),
            np.where(some, _norms(layers, doubts, count) / size, np.nan),
            _counts(layers, count) / _counts(every, count),
            _counts(every[lost], count) > 0,
        )


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


def _errors(g: Array, d: Array, doubts: Array) -> Array:
    """The error of each gradient g beside its difference d, as in `Comparison`: (k,)."""
    with np.errstate(all="ignore"):
        sizes = np.maximum(np.maximum(np.abs(g), np.abs(d)), doubts / TOLERANCE)
        errors: Array = np.nan_to_num(np.abs(g - d) / sizes, nan=np.inf)
    return errors


def _worst(layers: Array, errors: Array, count: int) -> Array:
    """The number of the largest error in each layer, -1 where there is none: (L,)."""
    found = np.full(count, -1)
    order = np.argsort(errors, kind="stable")
    found[layers[order] - 1] = order  # the last one stays
    return found


def _picked(values: Array, numbers: Array) -> Array:
    return values[numbers] if values.size else np.zeros(len(numbers))


def _counts(layers: Array, count: int) -> Array:
    return np.bincount(layers, minlength=count + 1)[1:]


def _norms(layers: Array, values: Array, count: int) -> Array:
    """The norm of the values of each layer: (L,)."""
    largest = np.max(np.abs(values), initial=0)
    if largest == 0 or not np.isfinite(largest):
        largest = 1.0  # squares of the rest neither underflow nor overflow
    squares = np.bincount(layers, (values / largest) ** 2, count + 1)[1:]
    norms: Array = largest * np.sqrt(squares)
    return norms
