"""How activations, weights and gradients are distributed in every layer of the present network.

The network is evaluated anew on the first training samples, always the same ones, as training does
but without dropout, in memory of its own: the run goes on as if nobody had looked. Of very many
weights only every so-manieth row is counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.histograms import Histograms, histograms
from core.measures import ROW
from core.network import Network
from core.propagation import Propagation
from core.targets import fitting
from lab.exhibits import Exhibit

if TYPE_CHECKING:
    from lab.run import Run

BINS = 60
MOST_SAMPLES, FEWEST_SAMPLES = 256, 32
MOST_VALUES = 1 << 17  # of all layers together; wide networks are looked at on fewer samples
MOST_WEIGHTS = 1 << 20  # that are counted, of all layers together
SLOPE = "activation's slope"


@dataclass(frozen=True, eq=False)
class Distributions:
    """Histograms per layer of one kind of numbers.

    `saturated` and `dead` (layers,) are the shares that the last step measured in its batch, NaN
    where there is none. `samples` were looked at, 0 for weights; one of `every` rows was counted.
    `shared` says that all layers have the same bins.
    """

    kind: "Kind"
    histograms: Histograms
    saturated: Array
    dead: Array
    samples: int
    every: int
    shared: bool


class _Look:
    """One network and the samples on which it is looked at."""

    def __init__(self, run: "Run", network: Network) -> None:
        self.network, self._trainer = network, run.trainer
        affordable = max(FEWEST_SAMPLES, MOST_VALUES // sum(network.sizes))
        self.samples = min(MOST_SAMPLES, affordable, len(run.trainer.data.x_train))
        largest = max(layer.w.size for layer in network.layers)
        self.every = -(-largest * len(network.layers) // MOST_WEIGHTS)

    def summed(self) -> Propagation:
        """Forward up to h, where every hidden layer's u still lies in the place of delta."""
        flow = self._flow()
        for call, args, _, name in flow.forward_plan:
            if name == SLOPE:
                break
            call(*args)
        return flow

    def differentiated(self) -> Propagation:
        """Forward and backward: h and delta of every layer."""
        flow, trainer = self._flow(), self._trainer
        flow.forward()
        targets = trainer.data.y_train[: self.samples]
        y = fitting(trainer.loss, targets, (), self.samples, self.network.sizes[-1])
        smoothing = trainer.settings.smoothing
        trainer.loss.value_and_gradient(flow.out, y, flow.delta_out, smoothing)
        flow.backward()
        return flow

    def _flow(self) -> Propagation:
        flow = Propagation(self.network, self.samples)
        flow.x[...] = self._trainer.data.x_train[: self.samples]
        return flow


def _activations(look: _Look) -> Sequence[Array]:
    return look.summed().h


def _sums(look: _Look) -> Sequence[Array]:
    flow = look.summed()
    return [*flow.delta[:-1], flow.out]


def _weights(look: _Look) -> Sequence[Array]:
    return [layer.w[:: look.every] for layer in look.network.layers]


def _weight_gradients(look: _Look) -> Sequence[Array]:
    flow = look.differentiated()
    inputs = [flow.x, *flow.h[:-1]]
    # dW_l = h_{l-1}^T delta_l
    return [h.T[:: look.every] @ delta for h, delta in zip(inputs, flow.delta, strict=True)]


def _signal_gradients(look: _Look) -> Sequence[Array]:
    return look.differentiated().delta


@dataclass(frozen=True)
class Kind:
    """Numbers that every layer has many of; `of_weights` has one per weight, others per sample.

    `letter` is the shortest word for them.
    """

    name: str
    label: str
    letter: str
    symbol: str
    help: str
    values: Callable[[_Look], Sequence[Array]]
    of_weights: bool = False


KINDS: dict[str, Kind] = {
    record.name: record
    for record in (
        Kind(
            "activation",
            "Activation",
            "h",
            "h",
            "What each unit hands on, for every sample; of the output layer its sums.",
            _activations,
        ),
        Kind(
            "preactivation",
            "Pre-act.",
            "u",
            "u",
            "What enters each activation, for every sample: the weighted sums, normalised where "
            "the network does so.",
            _sums,
        ),
        Kind(
            "weight", "Weight", "W", "W", "The weights, without biases.", _weights, of_weights=True
        ),
        Kind(
            "weight_gradient",
            "Weight grad.",
            "∂W",
            "∂loss/∂W",
            "The gradient of each weight over all samples looked at, before clipping.",
            _weight_gradients,
            of_weights=True,
        ),
        Kind(
            "signal_gradient",
            "Signal grad.",
            "∂z",
            "∂loss/∂z",
            "What the chain rule carries back to each unit, for every sample.",
            _signal_gradients,
        ),
    )
}


@dataclass(frozen=True)
class DistributionsOf(Exhibit[Distributions]):
    """Histograms of one of `KINDS`, of one of the networks trained side by side, from 0.

    With `shared`, all layers have the same bins.
    """

    kind: str
    seed: int = 0
    shared: bool = False
    bins: int = BINS

    def made_of(self, run: "Run") -> Distributions:
        kind, look = KINDS[self.kind], _Look(run, run.network(self.seed))
        with np.errstate(all="ignore"):
            found = histograms(kind.values(look), self.bins, shared=self.shared)
        saturated, dead = run.magnitudes(self.seed)[[ROW["saturated_share"], ROW["dead_share"]]]
        saturated[-1] = dead[-1] = np.nan  # the output layer has no activation
        return Distributions(
            kind,
            found,
            saturated,
            dead,
            samples=0 if kind.name == "weight" else look.samples,
            every=look.every if kind.of_weights else 1,
            shared=self.shared,
        )
