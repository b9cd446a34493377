"""The update of a step that a twin has taken, layer by layer: penalties, clipping, rule, change."""

from collections.abc import Iterator

import numpy as np

from core.arrays import Array
from core.glimpses import Glimpse, below, glimpse
from core.layout import Views
from core.listings import Spot, calls_in, spot_of
from core.moments import Moment, Stage
from core.training import Trainer
from core.updates import Updater


class WalkedUpdate:
    """The moments of an update.

    `before (P,)`, `slots (n_slots, P)` and `raw (P,)` are the parameters, the optimiser's memory
    and the gradient from which `trainer` took its last step.
    """

    def __init__(self, trainer: Trainer, before: Array, slots: Array, raw: Array) -> None:
        network, self._settings = trainer.network, trainer.settings
        self._rule = trainer.updater.optimizer
        step, used = trainer.steps_done, network.gradient
        rates, update = self._settings.rates_at(step), np.empty_like(before)
        # Every number is computed from its own numbers alone: the bits are those of the pieces.
        self._rule.update(used, before, slots.copy(), step, rates, update)
        self._rate = glimpse("η", np.asarray(rates.learning_rate))
        layout = network.layout
        vectors = (before, raw, used, update, network.parameters)
        parts = zip(*(layout.views(vector) for vector in vectors), strict=True)
        self.moments = [
            moment for number, views in enumerate(parts, 1) for moment in self._of(number, *views)
        ]

    def _of(
        self, layer: int, before: Views, raw: Views, used: Views, update: Views, after: Views
    ) -> Iterator[Moment]:
        n, settings = below(layer), self._settings
        gradient, w = glimpse(f"∂loss/∂W{n}", raw.w), glimpse(f"W{n}", before.w)
        clips = bool(np.any(settings.clip_norm) or np.any(settings.clip_value))
        if np.any(settings.l1) or np.any(settings.l2):
            penalized = raw.w + settings.l2 * before.w + settings.l1 * np.sign(before.w)
            result = glimpse(f"g{n}", penalized if clips else used.w)
            yield self._moment(layer, "penalty", (gradient, w, result), Updater._penalize)
            gradient = result
        if clips:
            result = glimpse(f"g{n}", used.w)
            yield self._moment(layer, "clip", (gradient, result), Updater._clip)
            gradient = result
        change = glimpse(f"ΔW{n}", update.w)
        called = [spot_of(self._rule.update), _calling(Updater.apply, "_rule")]
        yield Moment(
            Stage.UPDATE,
            layer,
            "rule",
            (w, self._rate, gradient, change),
            tuple(s for s in called if s),
        )
        frozen = layer in settings.frozen
        name = "frozen" if frozen else "change"
        glimpses = (w, change, glimpse(f"W{n} after", after.w))
        yield self._moment(layer, name, glimpses, Updater.apply, "zip" if frozen else "subtract")

    def _moment(
        self,
        layer: int,
        name: str,
        glimpses: tuple[Glimpse, ...],
        function: object,
        called: str = "",
    ) -> Moment:
        spot = _calling(function, called)
        return Moment(Stage.UPDATE, layer, name, glimpses, (spot,))


def _calling(function: object, called: str) -> Spot:
    """The lines of a function that call another; all of it, if none is named."""
    spot = spot_of(function)
    assert spot is not None
    return spot._replace(lines=calls_in(spot.code, called)) if called else spot
