"""Is backpropagation right? Its gradient beside what the loss does when weights are moved.

A check is a long computation beside the training (see `errands`), of one specimen. What is checked
is the engine in float64, layer by layer. Beside it stand the gradient in the run's own precision
and, where there is one, PyTorch's.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from core.arrays import Array
from core.copies import alone
from core.differences import (
    ROUNDING,
    TOLERANCE,
    Comparison,
    compare,
    differences_in_pieces,
    relative_errors,
    without_ramps,
)
from core.network import Network
from core.pieces import part_of
from core.places import Place, layers_of, place_of
from core.propagation import Propagation
from lab.autograd import autograd, is_installed
from lab.errands import Work
from lab.specimens import Specimen
from lab.words import brief, number, reason_of, spaced

SOME = 2000
AUTOGRAD_TOLERANCE = 1e-10
MOST = 0.95  # of the work are differences; the rest is to import PyTorch
COARSE = 1e-2  # a resolution from which on a difference says little
RULE = (
    "A layer passes when no checked weight's error is above 1e-6 and, with PyTorch, autograd's is "
    "not above what it may be. The error of a weight is |backpropagation − difference| over the "
    "larger of the two, or over the floor if that is larger: a million times what rounding and "
    "curvature may do to its difference. Weights with a kink of ReLU and the like within the step "
    "are left out; where a number is not finite, nothing passes."
)
NOT_INSTALLED = "PyTorch is not installed, so there is no autograd to compare with."


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """What came out, of the network `seed` of `seeds` at `step`; all arrays are per layer (L,).

    `counts` are the weights, biases, scales and shifts that were checked, of `sizes`; `worst` says
    which of them has the largest error, None where nothing could be compared. `autograd` are
    relative errors against PyTorch, the largest that pass being `autograd_allowed`; it is None
    where PyTorch could not be asked, for the reason in `without_autograd`. `own` are the
    errors of the run's own `precision`, None when that is float64.
    """

    step: int
    seed: int
    seeds: int
    precision: str
    loss: float
    sizes: Array
    counts: Array
    comparison: Comparison
    worst: tuple[Place | None, ...]
    own: Array | None
    autograd: Array | None
    autograd_allowed: Array
    without_autograd: str = ""

    @property
    def passes(self) -> Array:
        """Whether each layer passes; one of which nothing could be compared does not fail."""
        passes = self.comparison.passes
        if self.autograd is not None:
            passes = passes & (self.autograd <= self.autograd_allowed)
        return passes

    @property
    def passed(self) -> bool:
        """Whether all layers pass, and there was something to compare."""
        return bool(self.passes.all()) and not np.isnan(self.comparison.worst)

    @property
    def verdict(self) -> str:
        """The outcome in a sentence or two: of layers that pass, those checked closely count."""
        comparison = self.comparison
        if comparison.lost.any():
            return self._lost_words()
        if np.isnan(comparison.worst):
            return "No verdict: no loss near these weights is smooth, so nothing could be compared."
        close = comparison.resolution <= COARSE
        judged = np.where(close, comparison.errors, -1) if close.any() else comparison.errors
        layer = int(np.nanargmax(judged))
        failing = int(np.argmin(self.passes))
        if not self.passed and comparison.errors[failing] > TOLERANCE:
            layer = failing
        words = (
            f"{'Pass' if self.passed else 'FAIL'}: {'worst ' if self.passed else ''}relative error "
            f"{number(comparison.errors[layer])} in layer {layer + 1}, of {self.worst[layer]}"
            f" ({brief(TOLERANCE)} allowed)"
        )
        return f"{words}{self._autograd_words()}.{self._coarse_words()}"

    def _lost_words(self) -> str:
        """Say where there are no numbers; a gradient alone without them is wrong."""
        lost = np.flatnonzero(self.comparison.lost) + 1
        where = f"layer {lost[0]}" if len(lost) == 1 else f"{len(lost)} layers, first in {lost[0]}"
        return f"No pass: gradient or differences are not finite in {where}: nothing to compare."

    def _autograd_words(self) -> str:
        if self.autograd is None:
            return ""
        layer = int(np.argmax(np.nan_to_num(self.autograd / self.autograd_allowed, nan=np.inf)))
        return (
            f"; against autograd {number(self.autograd[layer])} in layer {layer + 1}"
            f" ({brief(float(self.autograd_allowed[layer]))} allowed)"
        )

    def _coarse_words(self) -> str:
        coarse = np.flatnonzero(self.comparison.resolution > COARSE) + 1
        if not len(coarse):
            return ""
        which = f"layer {coarse[0]} has" if len(coarse) == 1 else f"{len(coarse)} layers have"
        return (
            f" {which[0].upper()}{which[1:]} gradients too small for differences to check closely."
        )

    @property
    def caption(self) -> str:
        """What was checked, in words."""
        checked, of = int(self.counts.sum()), int(self.sizes.sum())
        many = f"all {spaced(of)}" if checked == of else f"{spaced(checked)} of {spaced(of)}"
        which = f", network {self.seed + 1} of {self.seeds}" if self.seeds > 1 else ""
        return f"{many} weights, step {spaced(self.step)}{which}"


def gradient_check(specimen: Specimen, *, every: bool) -> Work[GradientCheck]:
    """Check all weights of a specimen, or `SOME` at random, as many of each layer as there can be.

    The same specimen gives the same ones.
    """
    network, probe = specimen.network, specimen.new_probe()
    rng = np.random.default_rng([specimen.seed, specimen.step])
    indices = None if every else chosen_weights(network, rng)
    differences = yield from part_of(differences_in_pieces(probe, indices), 0.0, MOST)
    value, gradient = probe.gradient()
    yield MOST
    by_torch, why_not = _by_autograd(specimen, gradient)
    yield 1.0
    count, layers = len(network.layers), layers_of(network)
    comparison = compare(network, without_ramps(probe, differences, gradient), gradient)
    return GradientCheck(
        specimen.step,
        specimen.seed,
        specimen.spec.network.seeds,
        network.precision.name,
        value,
        np.bincount(layers, minlength=count + 1)[1:],
        np.bincount(layers[differences.indices], minlength=count + 1)[1:],
        comparison,
        tuple(None if n < 0 else place_of(network, n) for n in comparison.indices.tolist()),
        None if network.precision.name == "float64" else _own_errors(specimen, gradient),
        by_torch,
        _autograd_allowed(_propagated(specimen, np.dtype(np.float64))),
        why_not,
    )


def chosen_weights(network: Network, rng: Generator, count: int = SOME) -> Array:
    """Choose `count` parameters at random, in order; small layers are checked in full first."""
    layers = layers_of(network)
    if count >= len(layers):
        return np.arange(len(layers))
    members = [np.flatnonzero(layers == layer) for layer in range(1, len(network.layers) + 1)]
    chosen, left = list[Array](), count
    for done, numbers in enumerate(sorted(members, key=len)):
        share = min(len(numbers), left // (len(members) - done))
        chosen.append(rng.choice(numbers, share, replace=False))
        left -= share
    return np.sort(np.concatenate(chosen))


def _own_errors(specimen: Specimen, gradient: Array) -> Array:
    """How far the gradient in the run's own precision is from the one in float64."""
    network = specimen.network
    own = _propagated(specimen, network.precision.storage).network.gradient
    return relative_errors(network, own.astype(np.float64), gradient)


def _propagated(specimen: Specimen, dtype: np.dtype[Any]) -> Propagation:
    """Go forward and back on a copy of the network in some precision."""
    batch = specimen.batch
    flow = Propagation(alone(specimen.network, (), dtype), len(batch.x))
    if batch.mask is not None:
        flow.mask[...] = batch.mask
    with np.errstate(all="ignore"):
        flow.gradient_of(batch.x, batch.y, specimen.trainer.loss, specimen.smoothing)
    return flow


def _autograd_allowed(flow: Propagation) -> Array:
    """What rounding may make of PyTorch's gradient, and a little more, per layer: (L,).

    Where a sample is nearly right, PyTorch loses digits in p - y, which ours keeps. Where the
    samples pull against each other, as on a plateau, a sum of theirs keeps few digits.
    """
    with np.errstate(all="ignore"):
        rounding = ROUNDING / np.abs(flow.delta_out).sum()
        signals = zip((flow.x, *flow.h), flow.delta, strict=False)
        lost = np.array([_cancelled(h_in, delta) for h_in, delta in signals])
        allowed: Array = AUTOGRAD_TOLERANCE + rounding * lost
    return allowed


def _cancelled(h_in: Array, delta: Array) -> float:
    """How many times larger the terms of dW and db are than the sums of them over the batch."""
    h_in = np.hstack([h_in, np.ones((len(h_in), 1))])  # db = 1^T delta
    terms = float(np.linalg.norm(np.abs(h_in).T @ np.abs(delta)))
    return terms / size if (size := float(np.linalg.norm(h_in.T @ delta))) else 1.0


def _by_autograd(specimen: Specimen, gradient: Array) -> tuple[Array | None, str]:
    """How far the gradient is from PyTorch's, or why there is none."""
    if not is_installed():
        return None, NOT_INSTALLED
    network, loss = specimen.network, specimen.trainer.loss
    try:
        answer = autograd(network, loss, specimen.batch, specimen.smoothing)
    except (ImportError, ValueError) as error:
        return None, f"PyTorch could not be asked: {reason_of(error)}."
    return relative_errors(network, gradient, answer.gradient), ""
