"""What a picture of the network shows of it: its units, its links, and what flows in both.

Small networks are shown in full, with what every unit computes over the plane of two inputs; large
ones layer by layer, from what was measured anyway.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.activations import Activation
from core.arrays import Array
from core.datasets import Dataset, Task
from core.measures import ROW
from core.network import Network
from core.places import Place
from lab.answers import padded_range, plane
from lab.exhibits import Exhibit

if TYPE_CHECKING:
    from lab.run import Run

LINKS = ("weight", "gradient", "update", "ratio")
MOST_LINKS = 12_000  # that are shown one by one
FAR = 30.0  # where a bounded activation has reached its bounds
MIDDLE, REACH = 127.5, 127.5
RAISED = 0.6  # the power that lets small outputs be seen beside large ones


@dataclass(frozen=True, eq=False)
class NetworkState:
    """A network at one moment; read-only. Lists over layers begin with the inputs, layer 0.

    `activity (n_l,)` is the mean output of every unit over the last batch and `signals (n_l,)` the
    root mean square of its signal gradient, NaN for inputs and where no batch has passed yet;
    `tones` say how far the output is from the activation's middle, as root mean square on the
    mean's side, as a number from 0 over 127.5 to 255. `images (n_l, side, side)`, uint8 of the same
    kind, are what the units compute over the plane of two inputs, the second one growing upward;
    none without such a plane; `finite (n_l,)` says of whom they are numbers. `biases` and
    `links[kind] (n_{l-1}, n_l)` begin with layer 1; a large network has no links. A link's ratio is
    its update over the root mean square of its layer's weights. `sizes[kind]` is that of each
    layer's links, (layers,); `magnitudes (quantities, layers)` and `loss` are the last step's. A
    network that has `diverged` is as it was at last.
    """

    activity: tuple[Array, ...]
    signals: tuple[Array, ...]
    tones: tuple[Array, ...]
    images: tuple[Array, ...]
    finite: tuple[Array, ...]
    biases: tuple[Array, ...]
    links: Mapping[str, tuple[Array, ...]]
    sizes: Mapping[str, Array]
    magnitudes: Array
    loss: float
    diverged: bool

    @property
    def broken(self) -> tuple[Array, ...]:
        """Which units gave no finite output for the last batch, (n_l,) bool, if one has passed.

        Of a network that has diverged it is those whose images are of no finite numbers.
        """
        if self.diverged and self.finite:
            return tuple(~finite for finite in self.finite)
        passed = bool(np.isfinite(self.activity[0]).all())
        return tuple(passed & ~np.isfinite(mean) for mean in self.activity)

    def value_of(self, place: Place) -> float:
        """Return a weight or bias; a weight only where there are links."""
        parts = self.biases if place.kind == "b" else self.links["weight"]
        return float(parts[place.layer - 1][place.indices])


@dataclass(frozen=True)
class NetworkView(Exhibit[NetworkState]):
    """One of the networks that are trained side by side, counted from 0.

    `side` is how finely the units are drawn; 0 asks for no images and no links.
    """

    side: int = 0
    seed: int = 0

    def made_of(self, run: "Run") -> NetworkState:
        data, stack = run.trainer.data, run.trainer.network
        place = min(self.seed, stack.runs[0] - 1) if stack.runs else None
        magnitudes = run.magnitudes(self.seed)
        small = self.side > 0 and stack.layout.n_weights <= MOST_LINKS
        network = run.network(self.seed) if small else None
        with np.errstate(all="ignore"):
            forward, signals = _flow(run, place)
            activity = tuple(h.mean(axis=-2, dtype=np.float64) for h in forward)
            scales = [*_scales(data, stack)]
            shown = [*forward[:-1], _answers(data.task, forward[-1])]
            tones = [
                _tones(_extents(*pair), pair[1], RAISED) for pair in zip(shown, scales, strict=True)
            ]
            planar = network is not None and data.n_inputs == 2
            drawn = [*_images(data, network, scales, self.side)] if network and planar else []
        chosen = ... if place is None else place
        sizes = _sizes(stack, magnitudes)
        return NetworkState(
            activity,
            signals,
            tuple(tones),
            tuple(image for image, _ in drawn),
            tuple(finite for _, finite in drawn),
            tuple(layer.b[chosen].copy() for layer in stack.layers),
            _links(run, network, place, sizes["weight"]) if network else {},
            sizes,
            magnitudes,
            run.loss if place is None else run.loss_of(place),
            place in run.trainer.retired.runs,
        )


def _flow(run: "Run", place: int | None) -> tuple[list[Array], tuple[Array, ...]]:
    """What passed forward with the last batch, (batch, n_l), and the size of what came back."""
    flow, sizes = run.trainer.flow, run.trainer.network.sizes
    passed = flow.x.any() and (place is None or place not in run.trainer.retired.runs)
    if not passed:  # a new batch size, or a network that no longer learns
        unknown = [np.full(n, np.nan) for n in sizes]
        return [row[None] for row in unknown], tuple(unknown)
    chosen = ... if place is None else place
    forward = [flow.x[chosen], *(h[chosen] for h in flow.h)]
    signals = (
        np.sqrt(np.einsum("bn,bn->n", d, d, dtype=np.float64) / flow.batch)
        for d in (delta[chosen] for delta in flow.delta)
    )
    return forward, (np.full(sizes[0], np.nan), *signals)


def _links(
    run: "Run", network: Network, place: int | None, weight_sizes: Array
) -> dict[str, tuple[Array, ...]]:
    """Weights, gradients, updates of every layer, and the updates beside the weights, copied.

    A network this small is updated in one piece, so that the last update of all is still there.
    """
    stack, chosen = run.trainer.network, ... if place is None else place
    update = run.trainer.updater.update[..., : stack.layout.n_parameters]
    frozen = run.trainer.settings.frozen
    found: dict[str, tuple[Array, ...]] = {
        "weight": tuple(layer.w.copy() for layer in network.layers),
        "gradient": tuple(layer.d_w[chosen].copy() for layer in stack.layers),
    }
    changes = enumerate(stack.layout.views(update), 1)
    found["update"] = tuple(
        np.zeros_like(views.w[chosen]) if number in frozen else -views.w[chosen]
        for number, views in changes
    )
    with np.errstate(all="ignore"):  # all weights may be 0
        found["ratio"] = tuple(
            update / size for update, size in zip(found["update"], weight_sizes, strict=True)
        )
    return found


def _sizes(network: Network, magnitudes: Array) -> dict[str, Array]:
    areas = np.sqrt([n_in * n_out for n_in, n_out in pairwise(network.sizes)])
    return {
        "weight": magnitudes[ROW["weight_norm"]] / areas,
        "gradient": magnitudes[ROW["weight_gradient_rms"]],
        "update": magnitudes[ROW["update_norm"]] / areas,
        "ratio": magnitudes[ROW["update_ratio"]],
    }


# -- what a number looks like


Scale = tuple[float, float] | None  # the middle and how far it goes; None is as far as needed


def _scales(data: Dataset, network: Network) -> Iterator[Scale]:
    """One per layer, the inputs first: bounded activations fill their bounds."""
    yield None
    for phi, skips in zip(network.activations, network.skips, strict=True):
        yield None if skips else _bounds(phi)
    if data.task is Task.BINARY:
        yield 0.5, 0.5
    elif data.task is Task.CLASSES:
        yield 0.0, 1.0
    else:
        low, high = float(data.y_train.min()), float(data.y_train.max())
        yield (low + high) / 2, max((high - low) / 2, 1e-12)


def _bounds(phi: Activation) -> Scale:
    ends = np.empty(2)
    phi.function(np.array([-FAR, FAR]), ends)
    low, high = ends.tolist()
    return ((low + high) / 2, (high - low) / 2) if -2 < low < high < 2 else None


def _tones(values: Array, scale: Scale, power: float = 1.0) -> Array:
    """From 0 over the middle to 255; what is not a number looks like the middle."""
    middle, reach = scale or (0.0, _reach(values))
    shares = (values - middle) / reach
    if power != 1:
        shares = np.copysign(np.abs(shares) ** power, shares)
    tones = MIDDLE + REACH * shares
    shown: Array = np.clip(np.nan_to_num(tones, nan=MIDDLE), 0, 255).astype(np.uint8)
    return shown


def _extents(values: Array, scale: Scale) -> Array:
    """How far each unit's output (batch, n) is from the middle, on the side of its mean: (n,)."""
    middle = scale[0] if scale else 0.0
    away = values - middle
    size = np.sqrt(np.einsum("bn,bn->n", away, away, dtype=np.float64) / len(away))
    extents: Array = middle + np.copysign(size, away.mean(axis=0))
    return extents


def _reach(values: Array) -> float:
    largest = np.abs(values[np.isfinite(values)]).max(initial=0)
    return float(largest) or 1.0


def _images(
    data: Dataset, network: Network, scales: list[Scale], side: int
) -> Iterator[tuple[Array, Array]]:
    """What every unit computes over the plane, and who computes numbers, the inputs first."""
    grid = plane(padded_range(data, 0), padded_range(data, 1), side).astype(network.dtype)
    outputs = [grid, *network.outputs(grid)]
    outputs[-1] = _answers(data.task, outputs[-1])
    for values, scale in zip(outputs, scales, strict=True):
        image = _tones(values.T, scale).reshape(-1, side, side)[:, ::-1]
        yield image, np.isfinite(values).all(axis=0)


def _answers(task: Task, z: Array) -> Array:
    if task is Task.BINARY:
        probability: Array = 1 / (1 + np.exp(-z))
        return probability
    if task is Task.CLASSES:
        shares: Array = np.exp(z - z.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        return shares
    return z
