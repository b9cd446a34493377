"""The algorithm: forward, loss, backward, update, repeat.

A `Trainer` owns what changes while a network learns: its parameters, the optimiser's memory and the
order of the samples. One call of `step` is one turn of the loop and returns what was seen. It knows
nothing of threads, files or windows.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from core.arrays import Array
from core.datasets import Dataset
from core.losses import Loss
from core.measures import Meter
from core.network import Block, Network
from core.optimizers import Optimizer, Rates
from core.propagation import Propagation
from core.sampling import BatchOrder


class StepRecord(NamedTuple):
    """What one step saw: the loss before its update and the matrix of `measures.QUANTITIES`.

    `step` counts from 1. `loss` is a scalar of the network's precision, or an array of shape
    `runs`. `magnitudes` is float64 (*runs, quantities, layers).
    """

    step: int
    loss: Array
    magnitudes: Array


class Divergence(ArithmeticError):
    """A loss, gradient or update that is not a finite number; the parameters are the last finite.

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


class _Piece(NamedTuple):
    """Views of one piece of the parameters and of all that belongs to it."""

    gradient: Array
    parameters: Array
    slots: Array
    update: Array
    weight_gradient: Array
    weights: Array
    decay: Array


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
        # |dW_l| <= |h_{l-1}| |delta_l|: while these norms are moderate, the gradient is finite, and
        # so is its square, which an optimiser may keep. So is a loss of such outputs with such a
        # gradient.
        self._moderate = float(np.finfo(network.dtype).max) ** 0.25
        with np.errstate(over="ignore"):  # infinity leads to the careful way
            self._input_norm = float(np.linalg.norm(data.x_train.astype(np.float64)))
        # The last piece first: its gradient is the newest, so it is still in the cache.
        self._pieces = [*enumerate(self._piece(piece.span) for piece in network.pieces)][::-1]
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

        Raises Divergence, leaving parameters and optimiser as they were, when the loss, a gradient
        or the update is not finite.
        """
        with np.errstate(all="ignore"):  # overflow is looked for, and named
            loss, largest = self._gradient_of_next_batch()
            if largest < self._moderate:
                self._update(learn=True)
            else:
                self._update_with_care(loss)
            magnitudes = self._meter.complete()
        self.steps_done += 1
        self.samples_seen += self.flow.batch
        return StepRecord(self.steps_done, loss, magnitudes)

    def measure(self) -> StepRecord:
        """Measure the next batch without learning from it; the run afterwards goes on unchanged."""
        order, slots = self.order.state(), self.slots.copy()
        with np.errstate(all="ignore"):
            loss, _ = self._gradient_of_next_batch()
            self._update(learn=False)
            magnitudes = self._meter.complete()
        self.order.restore(order)
        self.slots[...] = slots
        return StepRecord(self.steps_done, loss, magnitudes)

    def _batch(self) -> int:
        return min(self.settings.batch_size, len(self.data.x_train))

    def _make_buffers(self) -> None:
        self.flow = Propagation(self.network, self._batch())
        self._meter = Meter(self.network, self.flow)

    def _piece(self, span: slice) -> _Piece:
        network = self.network
        gradient, parameters = network.gradient[..., span], network.parameters[..., span]
        n_weights = min(span.stop, network.n_weights) - span.start
        return _Piece(
            gradient,
            parameters,
            self.slots[..., span],
            network.update[..., : gradient.shape[-1]],
            gradient[..., :n_weights],
            parameters[..., :n_weights],
            network.update[..., :n_weights],
        )

    def _gradient_of_next_batch(self) -> tuple[Array, float]:
        """Forward, loss, backward; returns the loss and the largest norm that was met."""
        flow, data = self.flow, self.data
        indices = self.order.take(flow.batch)
        data.x_train.take(indices, 0, flow.x, "clip")
        flow.forward()
        self._meter.measure_slopes()
        targets = data.y_train.take(indices, 0)
        loss = self.loss.value_and_gradient(flow.out, targets, flow.delta_out)
        flow.backward()
        largest = self._meter.measure_flow() + self._input_norm
        flow.differentiate()
        return loss, largest

    def _update(self, *, learn: bool) -> None:
        """Turn the gradient into the update, piece by piece, and apply it."""
        step, rates, l2 = self.steps_done + 1, self.settings.rates, self.settings.l2
        for index, piece in self._pieces:
            if l2:  # d(1/2 l2 |W|^2)/dW = l2 W
                np.multiply(piece.weights, l2, piece.decay)
                np.add(piece.weight_gradient, piece.decay, piece.weight_gradient)
            self.optimizer.update(
                piece.gradient, piece.parameters, piece.slots, step, rates, piece.update
            )
            self._meter.measure_change(index)
            if learn:
                np.subtract(piece.parameters, piece.update, piece.parameters)

    def _update_with_care(self, loss: Array) -> None:
        """Update with numbers so large that each is looked at, before and after."""
        self._require_finite(self._computed(loss))
        parameters, slots = self.network.parameters.copy(), self.slots.copy()
        self._update(learn=True)
        try:
            self._require_finite(self._updated())
        except Divergence:
            self.network.parameters[...], self.slots[...] = parameters, slots
            raise

    def _require_finite(self, values: Iterable[tuple[int, str, Array]]) -> None:
        """Raise Divergence for the first (layer, what, numbers) that is not finite."""
        for layer, what, numbers in values:
            if not np.isfinite(numbers).all():
                raise Divergence(self.steps_done + 1, layer, what)

    def _computed(self, loss: Array) -> Iterator[tuple[int, str, Array]]:
        """All that leads to the update, in the order of computing."""
        flow, layers = self.flow, self.network.layers
        yield from ((layer, "forward signal", h) for layer, h in enumerate(flow.h, 1))
        yield len(layers), "loss", loss
        for layer in range(len(layers), 0, -1):
            yield layer, "signal gradient", flow.delta[layer - 1]
        yield from ((layer, "weight gradient", views.d_w) for layer, views in enumerate(layers, 1))

    def _updated(self) -> Iterator[tuple[int, str, Array]]:
        """All that the update has changed, layer by layer."""
        network = self.network
        for layer in range(len(network.layers)):
            block = Block(layer, 1)
            for flat in (network.parameters, self.slots):
                yield layer + 1, "update", network.weights_of(flat, block)
                yield layer + 1, "update", network.biases_of(flat, block)
