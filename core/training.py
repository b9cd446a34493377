"""The algorithm: forward, loss, backward, update, repeat.

A `Trainer` owns what changes while a network learns: its parameters, the optimiser's memory and the
order of the samples. One call of `step` is one turn of the loop and returns what was seen. It knows
nothing of threads, files or windows.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from core.arrays import Array, with_ones
from core.assignment import assign
from core.bounds import Bounds
from core.datasets import Dataset
from core.divergence import Divergence, Lookout, largest_of
from core.losses import Loss
from core.measures import ROW, Meter
from core.network import Network
from core.optimizers import Optimizer
from core.places import Place
from core.propagation import Propagation
from core.retirement import Retirement
from core.sampling import BatchOrder, require_one_per_run
from core.targets import require_fit
from core.updates import Settings, Updater

CHANGES = [ROW["update_norm"], ROW["update_ratio"]]


class StepRecord(NamedTuple):
    """What one step saw: the loss before its update and the matrix of `measures.QUANTITIES`.

    `step` counts from 1. `loss` is a scalar of the network's precision, or an array of shape
    `runs`. `magnitudes` is float64 (*runs, quantities, layers).
    """

    step: int
    loss: Array
    magnitudes: Array


class Trainer:
    """A network, its data and an optimiser, ready to take steps.

    `rngs` holds one generator per run and drives the order of the samples; `dropout_rngs`, as many,
    which outputs are dropped.

    Raises ValueError, naming the field, for data, settings or generators that do not fit.
    """

    def __init__(
        self,
        network: Network,
        data: Dataset,
        loss: Loss,
        optimizer: Optimizer,
        settings: Settings,
        rngs: Sequence[Generator],
        dropout_rngs: Sequence[Generator] = (),
    ) -> None:
        require_fit(network, data, loss)
        n_runs = math.prod(network.runs)
        require_one_per_run("rngs", rngs, n_runs)
        if network.dropout:
            require_one_per_run("dropout_rngs", dropout_rngs, n_runs)
        self.network, self.data, self.loss = network, data, loss
        self.steps_done = self.samples_seen = 0
        self._prepared = loss.prepared(data.y_train)
        self._inputs = with_ones(data.x_train, network.dtype)
        self.order = BatchOrder(len(data.x_train), rngs, network.runs)
        self.dropout_rngs = tuple(dropout_rngs)
        self.updater = Updater(network, optimizer, settings)
        self.retired = Retirement(network, self.updater.slots)
        self._bounds = Bounds(network, data)
        # NumPy says nothing of overflow, which is looked for, and named. To enter a context takes
        # 0.05 us, np.errstate 0.8, or 18 where a large network has driven it out of the cache.
        self._quiet = Context()
        self._quiet.run(np.seterr, all="ignore")
        self._settled = False
        self.flow, self._meter = self._buffers(settings)

    @property
    def settings(self) -> Settings:
        """What the next step will use."""
        return self.updater.settings

    @property
    def slots(self) -> Array:
        """The optimiser's memory, (n_slots, *runs, P)."""
        return self.updater.slots

    @property
    def epoch(self) -> float:
        """How many times the training set has been seen."""
        return self.samples_seen / len(self.data.x_train)

    def tune(self, settings: Settings) -> None:
        """Use other settings from the next step on."""
        flow, meter = self.flow, self._meter
        if self._batch(settings) != flow.batch:
            flow, meter = self._buffers(settings)
        self.updater.tune(settings)
        self.flow, self._meter, self._settled = flow, meter, False

    def assign(self, place: Place, value: float, run: int | None = None) -> None:
        """Set one parameter between two steps; `run` is a network of a stack, counted from 0.

        Raises ValueError, changing nothing, for what cannot be set.
        """
        assign(self.network, self.retired, place, value, run)
        self._settled = False

    def step(self, *, again: bool = False) -> StepRecord:
        """Take one step; `again` drops the same outputs as the last step, which has failed.

        Raises Divergence when a result is not finite: the next step takes the same batch.
        """
        try:
            return self._quiet.run(self._step, again)
        except Divergence:
            self.order.give_back(self._indices)
            raise

    def _step(self, again: bool) -> StepRecord:
        self._draw_batch(again)
        loss, largest = self._gradient_of_batch()
        if (moderate := largest < self._bounds.moderate_flow) and self._settled:
            self.updater.apply(self.steps_done + 1, self._meter)
        else:
            if not (moderate and self._bounds.tame_targets and self.network.precision.rounds):
                self._search_plans()
            self._update_with_care()
        if self.network.norm.keeps_statistics:
            self.flow.follow_statistics()
        magnitudes = self._meter.complete()
        if self.updater.settings.frozen or self.retired.kept:
            self._amend(loss, magnitudes)
        self.steps_done += 1
        self.samples_seen += self.flow.batch
        return StepRecord(self.steps_done, loss, magnitudes)

    def measure(self) -> StepRecord:
        """Measure the next batch without learning from it; the run afterwards goes on unchanged."""
        return self._quiet.run(self._measure)

    def _measure(self) -> StepRecord:
        slots = self.slots.copy()
        with self.looking_ahead():
            loss, _ = self._gradient_of_batch()
            self.updater.apply(self.steps_done + 1, self._meter, learn=False)
            magnitudes = self._meter.complete()
            self._amend(loss, magnitudes)
        self.slots[...] = slots
        return StepRecord(self.steps_done, loss, magnitudes)

    @contextmanager
    def looking_ahead(self) -> Iterator[Array]:
        """Draw the next step's batch, which stays the next: inputs in `flow.x`; yields targets."""
        order = self.order.state()
        drawn = [rng.bit_generator.state for rng in self.dropout_rngs]
        self._draw_batch()
        try:
            yield self.data.y_train.take(self._indices, 0)
        finally:
            self._put_back(order, drawn)

    def _put_back(self, order: dict[str, Any], drawn: list[Any]) -> None:
        self.order.restore(order)
        for rng, state in zip(self.dropout_rngs, drawn, strict=True):
            rng.bit_generator.state = state

    def _amend(self, loss: Array, magnitudes: Array) -> None:
        """A frozen layer's update is none, whatever the rule computed; who has retired has none."""
        for number in self.updater.settings.frozen:
            magnitudes[..., CHANGES, number - 1] = 0
        if self.retired.kept:
            self.retired.blank(loss, magnitudes)

    def _batch(self, settings: Settings) -> int:
        return min(settings.batch_size, len(self.data.x_train))

    def _buffers(self, settings: Settings) -> tuple[Propagation, Meter]:
        flow, updater = Propagation(self.network, self._batch(settings)), self.updater
        meter = Meter(self.network, flow, updater.update, proportional=updater.proportional)
        return flow, meter

    def _draw_batch(self, again: bool = False) -> None:
        """Take the next samples, and draw which outputs are dropped."""
        flow = self.flow
        self._indices = self.order.take(flow.batch)
        self._inputs.take(self._indices, 0, flow.inputs, "clip")
        self._targets = self._prepared.take(self._indices, 0)
        if self.network.dropout and not again:
            flow.drop(self.dropout_rngs)

    def _gradient_of_batch(self) -> tuple[Array, float]:
        """Forward, loss, backward; returns the loss and the largest norm that was met."""
        flow, meter = self.flow, self._meter
        flow.forward()
        loss = self._loss_and_gradient()
        square = self.updater.square_ahead(self.steps_done + 1, meter)
        if square is None:
            flow.backward()
            largest = meter.measure_flow()
            flow.differentiate()
        else:
            flow.backpropagate()
            largest = meter.measure_all(square)
        if self.network.norm.axis is not None:
            largest += self._bounds.norm_gradient()
        return loss, largest

    def _loss_and_gradient(self) -> Array:
        flow, smoothing = self.flow, self.updater.settings.smoothing
        return self.loss.function(flow.out, self._targets, flow.delta_out, smoothing)

    def _update_with_care(self) -> None:
        """Update where a number may leave the float's range, and look at each afterwards."""
        parameters, slots = self.network.parameters.copy(), self.slots.copy()
        self.updater.apply(self.steps_done + 1, self._meter)
        if np.isfinite(self.network.parameters).all() and np.isfinite(self.slots).all():
            self._settled = self._bounds.suffice(self.settings, self.slots)
            return
        try:
            largest = largest_of(self.network.gradient, parameters, slots)
            for flat in (self.network.parameters, *self.slots):
                Lookout(self.network, self.steps_done + 1).at_parts(flat, "update", largest)
        except Divergence:
            self.network.parameters[...], self.slots[...] = parameters, slots
            self._search_plans()  # what was not finite before the update comes first
            raise

    def _search_plans(self) -> None:
        """Compute the batch again, operation by operation, and look at each result."""
        flow, last = self.flow, len(self.network.layers)
        look = Lookout(self.network, self.steps_done + 1)
        look.through(flow.forward_plan)
        largest = largest_of(flow.out, self._targets)
        look.at(self._loss_and_gradient(), last, "loss", largest)
        look.at(flow.delta_out, last, "signal gradient", largest)
        look.through(flow.backward_plan)
        flow.differentiate()
        look.at_parts(self.network.gradient, "weight gradient", largest_of(flow.memory, flow.x))
