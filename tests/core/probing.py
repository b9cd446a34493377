"""Networks of every kind with a batch and a loss, to ask questions about."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from core.arrays import Array
from core.datasets import Task
from core.losses import LOSSES, Loss
from core.network import Network
from core.propagation import Propagation
from tests.core.engines import targets

# What a network can be besides its layers, by name.
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "residual": {"residual": True},
    "batch norm": {"norm": "batch"},
    "layer norm": {"norm": "layer"},
    "batch norm, residual": {"norm": "batch", "residual": True},
    "layer norm, residual, dropout": {"norm": "layer", "residual": True, "dropout": 0.3},
    "dropout": {"dropout": 0.3},
}
WITHOUT_NORM = [kind for kind, options in KINDS.items() if "norm" not in options]


class Asked(NamedTuple):
    """The first four are what every question takes; `keywords` are its mask."""

    network: Network
    loss: Loss
    x: Array
    y: Array
    keywords: dict[str, Any]

    @property
    def what(self) -> tuple[Network, Loss, Array, Array]:
        return self[:4]

    @property
    def gradient(self) -> Array:
        """What the engine's backward pass says, left in the network too."""
        flow = Propagation(self.network, len(self.x))
        if self.keywords:
            flow.mask[...] = self.keywords["mask"]
        flow.gradient_of(self.x, self.y, self.loss)
        gradient: Array = self.network.gradient.copy()
        return gradient


def asked(
    kind: str = "plain",
    activation: str = "tanh",
    sizes: tuple[int, ...] = (3, 4, 4, 3, 2),
    loss: str = "cross_entropy",
    dtype: DTypeLike = np.float64,
    batch: int = 5,
    seed: int = 0,
) -> Asked:
    """A network whose parameters are all random and of moderate size, and a batch."""
    rng = np.random.default_rng(seed)
    network = Network(sizes, activation, dtype, **KINDS[kind])
    for layer in network.layers:
        layer.w[...] = 1.5 * rng.standard_normal(layer.w.shape) / np.sqrt(layer.w.shape[-2])
        layer.b[...] = 0.5 * rng.standard_normal(layer.b.shape)
        if layer.scale is not None and layer.shift is not None:
            layer.scale[...] = 1 + 0.3 * rng.standard_normal(layer.scale.shape)
            layer.shift[...] = 0.3 * rng.standard_normal(layer.shift.shape)
    x = rng.standard_normal((batch, sizes[0]))
    tasks = LOSSES[loss].tasks
    task = Task.CLASSES if Task.CLASSES in tasks else min(tasks)
    keywords = {}
    if network.dropout:
        flow = Propagation(network, batch)
        flow.drop([rng])
        keywords = {"mask": flow.mask.copy()}
    return Asked(network, LOSSES[loss], x, targets(task, rng, batch, sizes[-1]), keywords)
