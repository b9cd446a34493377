"""From the gradient to new parameters: penalties, clipping, the optimiser's rule.

The flat vector is worked through piece by piece, because a cache holds a piece and not the whole.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import numpy as np

from core.arrays import Array, aligned_zeros, whole_rows
from core.errors import is_count, require_numbers, wrong
from core.frobenius import scaled_norms
from core.measures import Meter
from core.network import Network
from core.optimizers import Optimizer, Rates
from core.schedules import SCHEDULES, Schedule

MOST_MOMENTUM = 0.9999  # with 1, what Adam divides by would be 0
CLIP_EPSILON = 1e-6  # beside the norm that is divided by, as PyTorch has it

Setting = float | Array  # one number for all runs, or a float64 column, (*runs, 1), with one each


@dataclass(frozen=True, slots=True)
class Settings:
    """What may change between two steps.

    The rates, penalties and limits may differ between runs. `l1` and `l2` are the factors of
    ‖W‖₁ and of 1/2 ‖W‖² in the objective. `clip_norm` limits the norm of the whole gradient,
    `clip_value` every element of it; 0 means no limit. `smoothing` is the loss's label smoothing.
    The learning rate follows `schedule` with its `period`, in steps, and its `floor`. `frozen` are
    layers, counted from 1, whose parameters stay as they are.

    Raises ValueError, naming the field, for a number that cannot be.
    """

    rates: Rates
    batch_size: int
    l2: Setting = 0.0
    l1: Setting = 0.0
    clip_norm: Setting = 0.0
    clip_value: Setting = 0.0
    smoothing: float = 0.0
    schedule: Schedule = SCHEDULES["constant"]
    period: int = 1000
    floor: float = 0.1
    frozen: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require_rates(self.rates)
        for name in ("l1", "l2", "clip_norm", "clip_value"):
            require_numbers(name, getattr(self, name), 0)
        for name in ("smoothing", "floor"):
            require_numbers(name, getattr(self, name), 0, 1)
        for name in ("batch_size", "period"):
            value = getattr(self, name)
            if not is_count(value):
                raise wrong(name, value, "a whole number of at least 1")
        if not all(map(is_count, self.frozen)):
            raise wrong("frozen", self.frozen, "whole numbers of at least 1")

    def require_runs(self, runs: tuple[int, ...]) -> None:
        """Raise ValueError unless settings that differ between runs have one row per run."""
        rates = {name: getattr(self.rates, name) for name in ("learning_rate", "momentum", "decay")}
        others = {name: getattr(self, name) for name in ("l1", "l2", "clip_norm", "clip_value")}
        for name, value in (rates | others).items():
            if np.shape(value) not in {(), (*runs, 1)}:
                raise wrong(name, np.shape(value), f"one number, or the shape {(*runs, 1)}")

    def require_layers(self, count: int) -> None:
        """Raise ValueError unless the frozen layers are among the `count` of a network."""
        if any(layer > count for layer in self.frozen):
            raise wrong("frozen", self.frozen, f"layers from 1 to {count}")

    def rates_at(self, step: int) -> Rates:
        """Return the rates of a step, counted from 1."""
        if self.schedule is SCHEDULES["constant"]:
            return self.rates
        factor = self.schedule.factor(step, self.period, self.floor)
        return replace(self.rates, learning_rate=self.rates.learning_rate * factor)


def require_rates(rates: Rates) -> None:
    """Raise ValueError for a rate that is negative, not finite or too large."""
    for name in ("learning_rate", "decay"):
        require_numbers(name, getattr(rates, name), 0)
    require_numbers("momentum", rates.momentum, 0, MOST_MOMENTUM)


_Known: TypeAlias = tuple[Rates, Array | None]


class _Piece(NamedTuple):
    """Views of one piece of the parameters and of all that belongs to it."""

    gradient: Array
    parameters: Array
    slots: Array
    update: Array


class Updater:
    """Applies an optimiser to a network, with the settings of the moment.

    `slots (n_slots, *runs, P)` is the optimiser's memory; `update (*runs, longest piece)` is where
    the update of one piece after the other is made.
    """

    def __init__(self, network: Network, optimizer: Optimizer, settings: Settings) -> None:
        self._network, self._rule, self.optimizer = network, optimizer.update, optimizer
        self.proportional = optimizer.proportional
        self.slots = aligned_zeros((optimizer.n_slots, *network.parameters.shape), network.dtype)
        spans = [piece.span for piece in network.layout.pieces]
        longest = max(span.stop - span.start for span in spans)
        self.update = aligned_zeros((*network.runs, longest), network.dtype)
        # The last piece first: its gradient is the newest, so it is still in the cache.
        self._pieces = [*enumerate(self._piece(span) for span in spans)][::-1]
        self.tune(settings)

    def tune(self, settings: Settings) -> None:
        """Use other settings from the next step on."""
        settings.require_runs(self._network.runs)
        settings.require_layers(len(self._network.layers))
        self.settings = settings
        # What `_rates_at` has found: of all steps, if the rates stay as they are, or of the last.
        self._rates: _Known | None = None
        self._rates_of_step: tuple[int, _Known] | None = None
        layers = (self._network.layers[number - 1] for number in settings.frozen)
        parts = (part for x in layers for part in (x.w, x.b, x.scale, x.shift))
        self._frozen = [part for part in parts if part is not None]
        self._penalties = self._factors(settings.l1), self._factors(settings.l2)
        self._penalizes = bool(np.any(settings.l1) or np.any(settings.l2))
        self._clips = bool(np.any(settings.clip_norm) or np.any(settings.clip_value))

    def apply(self, step: int, meter: Meter, *, learn: bool = True) -> None:
        """Turn the gradient into the update of a step and apply it, measuring both.

        With `learn=False` the parameters stay as they are; all else happens.
        """
        rates, square = self._rates or self._rates_at(step, meter)
        precision = self._network.precision
        kept = [part.copy() for part in self._frozen] if self._frozen else None
        if self._clips:
            for index, piece in self._pieces:
                self._penalize(index, piece)
            meter.measure_gradient()
            self._clip()
        for index, piece in self._pieces:
            if self._penalizes and not self._clips:
                self._penalize(index, piece)
            self._rule(piece.gradient, piece.parameters, piece.slots, step, rates, piece.update)
            if not meter.knows_all:
                meter.measure_change(index, square)
            if learn:
                np.subtract(piece.parameters, piece.update, piece.parameters)
                if precision.rounds:
                    precision.round(piece.parameters)
        if kept:  # put back bit for bit, whatever rule, decay or penalty has moved them
            for part, values in zip(self._frozen, kept, strict=True):
                part[...] = values

    def square_ahead(self, step: int, meter: Meter) -> Array | None:
        """What `meter.measure_all` needs to know of a step's update, if it can be known now."""
        if not meter.at_once or self._penalizes or self._clips:
            return None
        return (self._rates or self._rates_at(step, meter))[1]

    def _rates_at(self, step: int, meter: Meter) -> _Known:
        """A step's rates, and the square of its learning rate if that tells the update's size."""
        if self._rates_of_step is None or self._rates_of_step[0] != step:
            rates, square = self.settings.rates_at(step), None
            if self.proportional:
                square = meter.square_of(np.asarray(rates.learning_rate, self._network.dtype))
            self._rates_of_step = step, (rates, square)
            if self.settings.schedule is SCHEDULES["constant"]:
                self._rates = rates, square
        return self._rates_of_step[1]

    def _penalize(self, index: int, piece: _Piece) -> None:
        """Add the gradient of the penalties, which concern the weights alone."""
        l1, l2 = (factors[index] for factors in self._penalties)
        if l2 is not None:  # d(1/2 l2 |W|^2)/dW = l2 W
            np.multiply(piece.parameters, l2, piece.update)
            np.add(piece.gradient, piece.update, piece.gradient)
        if l1 is not None:  # d(l1 |W|)/dW = l1 sign(W)
            np.sign(piece.parameters, piece.update)
            np.multiply(piece.update, l1, piece.update)
            np.add(piece.gradient, piece.update, piece.gradient)

    def _clip(self) -> None:
        """Limit the gradient."""
        gradient, settings = self._network.gradient, self.settings
        if np.any(settings.clip_norm):
            # g = g min(1, limit / (|g| + 1e-6))      (Pascanu et al. 2013, in PyTorch's form)
            norm = scaled_norms(gradient)[..., None]
            limit = np.asarray(settings.clip_norm)
            factor = np.where(limit, limit / (norm + CLIP_EPSILON), 1)
            np.multiply(gradient, np.minimum(factor, 1).astype(gradient.dtype), gradient)
        if np.any(settings.clip_value):
            limit = np.asarray(settings.clip_value)
            limit = np.where(limit, limit, np.inf).astype(gradient.dtype)
            np.clip(gradient, -limit, limit, gradient)

    def _factors(self, value: Setting) -> list[Array | None]:
        """What the parameters of each piece are multiplied with so that only weights count."""
        layout, dtype = self._network.layout, self._network.dtype
        if not np.any(value):
            return [None] * len(layout.pieces)
        factors = aligned_zeros((*np.shape(value)[:-1], layout.n_parameters), dtype)
        for views in layout.views(factors):
            views.w[...] = np.reshape(value, (*np.shape(value)[:-1], 1, 1))
        return [self._part(factors, piece.span) for piece in layout.pieces]

    def _piece(self, span: slice) -> _Piece:
        vectors = self._network.gradient, self._network.parameters, self.slots
        gradient, parameters, slots = (self._part(vector, span) for vector in vectors)
        update = self._part(self.update, slice(span.stop - span.start))
        return _Piece(gradient, parameters, slots, update)

    def _part(self, vector: Array, span: slice) -> Array:
        """View a piece of a vector; of a stack in one piece, whole rows."""
        if self._network.runs and len(self._network.layout.pieces) == 1:
            return whole_rows(vector)
        return vector[..., span]


def take_step(
    network: Network, optimizer: Optimizer, rates: Rates, slots: Array | None = None, step: int = 1
) -> Array:
    """Take one step of a rule with the gradient that the network has now.

    For those who write their own loop: returns the rule's memory (n_slots, *runs, P), to be given
    back with the next `step`, counted from 1. Raises ValueError for rates that cannot be.
    """
    require_rates(rates)
    parameters, update = network.parameters, np.empty_like(network.parameters)
    if slots is None:
        slots = np.zeros((optimizer.n_slots, *parameters.shape), parameters.dtype)
    optimizer.update(network.gradient, parameters, slots, step, rates, update)
    np.subtract(parameters, update, parameters)
    return slots
