"""How activations, weights and gradients are distributed in every layer of the present network.

The network is evaluated anew on the first training samples, always the same ones, as training does
but without dropout, in memory of its own: the run goes on as if nobody had looked. What clipping
and the optimiser make of a gradient is that of the next step, which a twin takes. Of very many
weights only every so-manieth row is counted.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.divergence import Divergence
from core.histograms import Histograms, histograms
from core.measures import ROW
from core.propagation import Propagation
from core.targets import fitting
from core.training import Trainer
from core.twins import twin_of
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

    def __init__(self, run: "Run", seed: int) -> None:
        self.network, self._trainer = run.network(seed), run.trainer
        runs = run.trainer.network.runs
        self._place = min(seed, runs[0] - 1) if runs else None
        network = self.network
        affordable = max(FEWEST_SAMPLES, MOST_VALUES // sum(network.sizes))
        self.samples = min(MOST_SAMPLES, affordable, len(run.trainer.data.x_train))
        largest = max(layer.w.size for layer in network.layers)
        self.every = -(-largest * len(network.layers) // MOST_WEIGHTS)

    def summed(self) -> Propagation:
        """Forward up to h, where every hidden layer's u still lies in the place of delta."""
        flow = self._flow()
        for call, args, _, name, _ in flow.forward_plan:
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

    def next_step(self) -> tuple[Trainer, Array]:
        """A twin that has taken the next step, and the update (P,) that the step made."""
        twin = twin_of(self._trainer, self._place)
        self.samples = twin.flow.batch
        before, slots = twin.network.parameters.copy(), twin.slots.copy()
        step, update = twin.steps_done + 1, np.empty_like(before)
        with suppress(Divergence):  # whose numbers are there, but not finite
            twin.step()
        rule, rates = twin.updater.optimizer.update, twin.settings.rates_at(step)
        rule(twin.network.gradient, before, slots, step, rates, update)
        return twin, update

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


def _clipped_gradients(look: _Look) -> Sequence[Array]:
    twin, _ = look.next_step()
    return [layer.d_w[:: look.every] for layer in twin.network.layers]


def _update_ratios(look: _Look) -> Sequence[Array]:
    twin, update = look.next_step()
    updates = (views.w for views in twin.network.layout.views(update))
    # -ΔW / rms W: what is subtracted, and a frozen layer's is none
    return [
        np.zeros_like(change[:: look.every], np.float64)
        if number in twin.settings.frozen
        else change[:: look.every] / -_rms(layer.w)
        for number, (change, layer) in enumerate(zip(updates, look.network.layers, strict=True), 1)
    ]


def _rms(values: Array) -> float:
    """Return the root mean square, 0 for no values."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64)))) if values.size else 0.0


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
            "clipped_gradient",
            "Clipped",
            "clip",
            "∂loss/∂W clipped",
            "The gradient of each weight that the next step uses: of its batch, with penalties, "
            "after clipping.",
            _clipped_gradients,
            of_weights=True,
        ),
        Kind(
            "update_ratio",
            "Ratio",
            "ΔW",
            "ΔW / rms W",
            "How far the next step moves each weight, beside the size of its layer's weights; near "
            "0.001 is healthy.",
            _update_ratios,
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
        kind, look = KINDS[self.kind], _Look(run, self.seed)
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
