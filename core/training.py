"""The algorithm: forward, loss, backward, update, repeat.

A `Trainer` owns what changes while a network learns: its parameters, the optimiser's memory and the
order of the samples. One call of `step` is one turn of the loop and returns what was seen. It knows
nothing of threads, files or windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from core.arrays import Array
from core.datasets import Dataset
from core.losses import Loss
from core.measures import FLOW_ROWS, Meter
from core.network import Network
from core.optimizers import Optimizer, Rates
from core.propagation import Propagation
from core.sampling import BatchOrder


class StepRecord(NamedTuple):
    """What one step saw: the loss before its update and the matrix of `measures.QUANTITIES`.

    `step` counts from 1. `loss` is a float64 scalar, or an array of shape `runs`.
    """

    step: int
    loss: Array
    magnitudes: Array


class Divergence(ArithmeticError):
    """A loss or gradient that is not a finite number; the parameters are still the last finite.

    `step` is the step that could not be taken, `layer` the first layer concerned (1..L).
    """

    def __init__(self, step: int, layer: int, what: str) -> None:
        super().__init__(
            f"diverged at step {step}: the {what} is not finite, first in layer {layer}"
        )
        self.step = step
        self.layer = layer
        self.what = what


@dataclass(frozen=True, slots=True)
class Settings:
    """What may change between two steps. `l2` is the factor of 1/2 ‖W‖² in the objective."""

    rates: Rates
    batch_size: int
    l2: float = 0.0


class Trainer:
    """A network, its data and an optimiser, ready to take steps.

    `rngs` holds one generator per run and drives the order of the samples.
    """

    def __init__(
        self,
        network: Network,
        data: Dataset,
        loss: Loss,
        optimizer: Optimizer,
        settings: Settings,
        rngs: Sequence[Generator],
    ) -> None:
        self.network = network
        self.data = data
        self.loss = loss
        self.optimizer = optimizer
        self.steps_done = 0
        self.samples_seen = 0
        self.order = BatchOrder(len(data.x_train), rngs, network.runs)
        self.slots = np.zeros((optimizer.n_slots, *network.parameters.shape), network.dtype)
        self._moderate = float(np.finfo(network.dtype).max) ** 0.75
        self._pieces = [
            (*(values[..., piece.span] for values in network.memory), self.slots[..., piece.span])
            for piece in network.pieces
        ]
        self._penalized = network.gradient[..., : network.n_weights]
        self._weights = network.parameters[..., : network.n_weights]
        self.settings = settings
        self._make_buffers()

    @property
    def epoch(self) -> float:
        """How many times the training set has been seen."""
        return self.samples_seen / len(self.data.x_train)

    def tune(self, settings: Settings) -> None:
        """Use other settings from the next step on."""
        self.settings = settings
        if self._batch() != self.flow.batch:
            self._make_buffers()

    def step(self) -> StepRecord:
        """Take one step.

        Raises Divergence, leaving parameters and optimiser as they were, when the loss or a
        gradient is not finite.
        """
        with np.errstate(all="ignore"):  # overflow is looked for, and named, below
            loss = self._gradient_of_next_batch()
            magnitudes = self._meter.measure_flow()
            # |dW_l| <= |h_{l-1}| |delta_l|: while the norms of both are moderate, all is finite.
            largest = magnitudes[..., FLOW_ROWS, :].max() + np.abs(loss).max()
            if not largest < self._moderate:
                self._require_finite(loss)
            self._update(learn=True)
            self._meter.complete(magnitudes)
        self.steps_done += 1
        self.samples_seen += self.flow.batch
        return StepRecord(self.steps_done, loss, magnitudes)

    def measure(self) -> StepRecord:
        """Measure the next batch without learning from it; the run afterwards goes on unchanged."""
        order, slots = self.order.state(), self.slots.copy()
        with np.errstate(all="ignore"):
            loss = self._gradient_of_next_batch()
            magnitudes = self._meter.measure_flow()
            self._update(learn=False)
            self._meter.complete(magnitudes)
        self.order.restore(order)
        self.slots[...] = slots
        return StepRecord(self.steps_done, loss, magnitudes)

    def _batch(self) -> int:
        return min(self.settings.batch_size, len(self.data.x_train))

    def _make_buffers(self) -> None:
        self.flow = Propagation(self.network, self._batch())
        self._meter = Meter(self.network, self.flow)

    def _gradient_of_next_batch(self) -> Array:
        """Forward, loss, backward for the next batch; returns the loss."""
        flow, data = self.flow, self.data
        indices = self.order.take(flow.batch)
        data.x_train.take(indices, 0, flow.x, "clip")
        flow.forward()
        targets = data.y_train.take(indices, 0)
        loss = self.loss.value_and_gradient(flow.out, targets, flow.delta_out)
        flow.backward()
        if self.settings.l2:
            self._penalized += self.settings.l2 * self._weights  # d(1/2 l2 |W|^2)/dW = l2 W
        return loss

    def _update(self, *, learn: bool) -> None:
        """Turn the gradient into the update, piece by piece, and apply it."""
        step, rates = self.steps_done + 1, self.settings.rates
        for index, (gradient, parameters, update, slots) in enumerate(self._pieces):
            self.optimizer.update(gradient, slots, step, rates, update)
            self._meter.measure_change(index)
            if learn:
                np.subtract(parameters, update, parameters)

    def _require_finite(self, loss: Array) -> None:
        """Raise Divergence for the first value, in the order of computing, that is not finite."""
        step, flow, layers = self.steps_done + 1, self.flow, self.network.layers
        computed = [
            *((layer, "forward signal", h) for layer, h in enumerate(flow.h, 1)),
            (len(layers), "loss", loss),
            *((layer, "signal gradient", d) for layer, d in reversed([*enumerate(flow.delta, 1)])),
            *((layer, "weight gradient", views.d_w) for layer, views in enumerate(layers, 1)),
        ]
        for layer, what, values in computed:
            if not np.isfinite(values).all():
                raise Divergence(step, layer, what)
