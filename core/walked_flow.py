"""Forward, loss and backward, operation by operation, as a walk sees them.

The plans that are carried out are a propagation's own, and what comes out of each operation is
looked at before the next one changes it.
"""

from collections.abc import Iterator

import numpy as np

from core.arrays import Array
from core.glimpses import Glimpse, below, glimpse
from core.layout import Block
from core.listings import Spot, calls_in, spot_of
from core.moments import Moment, Stage
from core.normalization import Normalization
from core.propagation import Operation, Propagation
from core.training import Trainer
from core.written_flow import WrittenFlow

FORWARD_NAMES = {
    "matrix product": "sum",
    "normalisation": "norm",
    "activation": "activation",
    "dropout": "dropout",
    "residual sum": "residual",
}


class WalkedFlow:
    """Carries out the plans of one network on the batch that `flow` holds.

    `moments` are those of the forward pass, the loss, and backward from the last layer to the
    first.
    """

    def __init__(self, flow: WrittenFlow, trainer: Trainer, targets: Array) -> None:
        self._flow, self._network = flow, flow.network
        self._last = len(flow.network.layers)
        self._rounds = flow.network.precision.round
        self._normed = flow.network.norm.axis is not None
        layers = flow.network.layers
        self._h = [glimpse("h₀", flow.x)]
        self._w = [glimpse(f"W{below(n)}", layer.w) for n, layer in enumerate(layers, 1)]
        self._delta: dict[int, Glimpse] = {}
        self._d_h: dict[int, Glimpse] = {}
        self._slope_spots: dict[int, list[Spot]] = {}
        self.moments: list[Moment] = []
        forward, backward, gradient = flow.written()
        self._walk_forward(forward)
        self._walk_loss(trainer, targets)
        back = self._walk_backward(backward)
        self._walk_gradient(gradient, back)
        for layer in range(self._last, 0, -1):
            self.moments += back[layer]

    # -- forward

    def _walk_forward(self, plan: Iterator[tuple[Operation, Spot]]) -> None:
        for operation, spot in plan:
            call, args, layer, name, _ = operation
            call(*args)
            if name == "activation's slope":
                self._slope_spots.setdefault(layer, []).append(spot)
            elif args[-1].ndim == 2:
                self._note_forward(operation, FORWARD_NAMES[name], spot)
        self._h.append(self.moments[-1].result)

    def _note_forward(self, operation: Operation, name: str, spot: Spot) -> None:
        layer, result = operation.layer, operation.args[-1]
        last = self.moments[-1] if self.moments else None
        if last is not None and (last.layer, last.name) == (layer, name):
            # rounded, or copied to where the layer's output is kept
            self.moments[-1] = _with_result(last, result)
            return
        if name == "sum" and last is not None:
            self._h.append(last.result)
        before = self.moments[-1].result if name != "sum" else self._h[-1]
        glimpses = (before, *self._beside(layer, name), _seen(self._named(layer, name), result))
        spots = (*self._called(layer, name), spot)
        self.moments.append(Moment(Stage.FORWARD, layer, name, glimpses, spots))

    def _beside(self, layer: int, name: str) -> tuple[Glimpse, ...]:
        """What goes in beside the result of the moment before."""
        own, n = self._network.layers[layer - 1], below(layer)
        match name:
            case "sum":
                return self._w[layer - 1], glimpse(f"b{n}", own.b)
            case "norm":
                assert own.scale is not None
                assert own.shift is not None
                return glimpse(f"scale{n}", own.scale), glimpse(f"shift{n}", own.shift)
            case "dropout":
                return (self._mask(layer),)
            case "residual":
                return (self._h[-1],)
        return ()

    def _named(self, layer: int, name: str) -> str:
        skips = layer < self._last and self._network.skips[layer - 1]
        output = "a" if skips else "h"
        n = below(layer)
        names = {
            "sum": f"z{n}",
            "norm": f"u{n}",
            "activation": f"φ({'u' if self._normed else 'z'}{n})",
            "dropout": f"{output}{n}",
            "residual": f"h{n}",
        }
        if name == "activation" and not self._network.dropout:
            return f"{output}{n}"
        return names[name]

    def _called(self, layer: int, name: str) -> list[Spot]:
        called: object = None
        if name == "activation":
            called = self._network.activations[layer - 1].function
        elif name == "norm":
            called = Normalization.forward
        return [spot] if (spot := spot_of(called)) else []

    def _mask(self, layer: int) -> Glimpse:
        return _seen(f"mask{below(layer)}", self._flow.mask_of(Block(layer - 1, 1))[0])

    # -- loss

    def _walk_loss(self, trainer: Trainer, targets: Array) -> None:
        flow, loss = self._flow, trainer.loss
        smoothing = trainer.settings.smoothing
        value = loss.value_and_gradient(flow.out, targets, flow.delta_out, smoothing)
        code = Trainer._loss_and_gradient.__code__
        spots = (
            spot_of(loss.function),
            Spot(code, calls_in(code, "function")),
        )
        self._delta[self._last] = glimpse(f"δ{below(self._last)}", flow.delta_out)
        beside = self._h[-1], glimpse("y", targets[:, None] if targets.ndim == 1 else targets)
        found = tuple(spot for spot in spots if spot is not None)
        results = {
            "loss": glimpse("loss", np.asarray(value)),
            "loss_slope": self._delta[self._last],
        }
        self.moments += [
            Moment(Stage.LOSS, self._last, name, (*beside, result), found)
            for name, result in results.items()
        ]

    # -- backward

    def _walk_backward(self, plan: Iterator[tuple[Operation, Spot]]) -> dict[int, list[Moment]]:
        """Return the moments of every layer, without those of its weights."""
        back: dict[int, list[Moment]] = {layer: [] for layer in range(1, self._last + 1)}
        names: Iterator[str] = iter(())
        layer = self._last
        for (call, args, number, kind, _), spot in plan:
            result, own = args[-1], back[number]
            if kind == "dropout":
                self._slope_spots[number].append(spot)
            if result.ndim > 2 or number == self._last:
                call(*args)
                if result.ndim == 2:  # what the loss wrote has been rounded
                    self.moments[-1] = _with_result(self.moments[-1], result)
                    self._delta[number] = self.moments[-1].result
                continue
            if number < layer:
                layer, names = number, iter(self._backward_names(number))
            if call == self._rounds:
                call(*args)
                own.append(_with_result(own.pop(), result))
            else:
                name = next(names)
                if name == "delta":  # which takes the place of the slopes
                    own.append(self._slope(number))
                call(*args)
                own.append(self._noted(number, name, result, own, spot))
            if own[-1].name == self._backward_names(number)[-1]:
                self._delta[number] = own[-1].result
            elif own[-1].name in {"signal", "shortcut"}:
                self._d_h[number] = own[-1].result
        return back

    def _backward_names(self, layer: int) -> list[str]:
        """The operations of one layer, as `Propagation` writes them."""
        skips = self._network.skips[layer : layer + 1] == (True,)
        return ["signal", *["shortcut"] * skips, "delta", *["norm_back"] * self._normed]

    def _slope(self, layer: int) -> Moment:
        name, n = "dropped_slope" if self._network.dropout else "slope", below(layer)
        first = max(block for block in self._slope_spots if block <= layer)
        own = spot_of(self._network.activations[layer - 1].derivative)
        spots = (*([own] if own else []), *dict.fromkeys(self._slope_spots[first]))
        beside = (self._mask(layer),) if self._network.dropout else ()
        result = glimpse(f"φ′({'u' if self._normed else 'z'}{n})", self._flow.delta[layer - 1])
        return Moment(Stage.BACKWARD, layer, name, (*beside, result), spots)

    def _noted(
        self, layer: int, name: str, result: Array, before: list[Moment], spot: Spot
    ) -> Moment:
        n, last = below(layer), [moment.result for moment in before]
        beside: tuple[Glimpse, ...]
        match name:
            case "signal":
                label, beside = f"∂loss/∂h{n}", (self._delta[layer + 1], self._w[layer])
            case "shortcut":
                label, beside = f"∂loss/∂h{n}", (last[-1], self._d_h[layer + 1])
            case "delta":
                label = f"∂loss/∂u{n}" if self._normed else f"δ{n}"
                beside = (last[-2], last[-1])
            case _:
                label, beside = f"δ{n}", (last[-1],)
        called = spot_of(Normalization.backward) if name == "norm_back" else None
        spots = (called, spot) if called else (spot,)
        return Moment(Stage.BACKWARD, layer, name, (*beside, _seen(label, result)), spots)

    def _walk_gradient(
        self, plan: Iterator[tuple[Operation, Spot]], back: dict[int, list[Moment]]
    ) -> None:
        made_at = dict[int, Spot]()
        for (call, args, number, *_), spot in plan:
            call(*args)
            if spot.code is Propagation._gradients_of.__code__:
                made_at[number] = spot
        for number, layer in enumerate(self._network.layers, 1):
            n, delta = below(number), self._delta[number]
            made = (
                ("weights", (self._h[number - 1], delta), f"∂loss/∂W{n}", layer.d_w),
                ("biases", (delta,), f"∂loss/∂b{n}", layer.d_b),
            )
            spot = made_at[max(block for block in made_at if block <= number)]
            for name, beside, label, result in made:
                glimpses = (*beside, glimpse(label, result))
                back[number].append(Moment(Stage.BACKWARD, number, name, glimpses, (spot,)))


def _with_result(moment: Moment, result: Array) -> Moment:
    """A moment whose result has been changed once more."""
    return moment._replace(glimpses=(*moment.glimpses[:-1], _seen(moment.result.name, result)))


def _seen(name: str, columns: Array) -> Glimpse:
    """Look at what a plan has made, in which a sample is a column, with a row for each."""
    return glimpse(name, columns.T)
