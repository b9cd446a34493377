"""Small random networks, each with a batch and a loss, for hypothesis to draw."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.datasets import Task
from core.losses import Loss
from core.network import Network
from tests.core.engines import LOSS_TASKS, random_network, targets


@dataclass(frozen=True)
class Problem:
    network: Network
    loss: Loss
    x: Array
    y: Array
    smoothing: float = 0.0
    seed: int = 0


@st.composite
def hidden_layers(draw: st.DrawFn, least: int, most: int) -> tuple[list[int], list[str]]:
    """Widths of 1 to 6 and activations of the hidden layers."""
    a_name = st.sampled_from(sorted(ACTIVATIONS))
    names = draw(st.lists(a_name, min_size=least, max_size=most))
    if draw(st.booleans()):  # equal neighbours, which the engine handles together
        return [draw(st.integers(1, 6))] * len(names), names[:1] * len(names)
    return [draw(st.integers(1, 6)) for _ in names], names


@st.composite
def plain_problems(draw: st.DrawFn) -> Problem:
    """Networks of 0 to 8 hidden layers with nothing but activations; batches of 1 to 5."""
    return draw(_problems(0, 8, 1, {}))


@st.composite
def problems(draw: st.DrawFn, norm: str) -> Problem:
    """Networks of 1 to 5 hidden layers with all that a layer may have, normalised by `norm`."""
    kinds = {
        "norm": norm,
        "residual": draw(st.booleans()),
        "dropout": draw(st.sampled_from([0.0, 0.3, 0.6])),
    }
    return draw(_problems(1, 5, 2, kinds))


@st.composite
def _problems(
    draw: st.DrawFn, least: int, most: int, least_batch: int, kinds: dict[str, Any]
) -> Problem:
    hidden, names = draw(hidden_layers(least, most))
    loss, task = draw(st.sampled_from(LOSS_TASKS))
    n_out = 1 if task is Task.BINARY else draw(st.integers(1, 4))
    sizes = [draw(st.integers(1, 5)), *hidden, n_out]
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    batch = draw(st.integers(least_batch, 5))
    x, y = rng.standard_normal((batch, sizes[0])), targets(task, rng, batch, n_out)
    smoothing = draw(st.sampled_from([0.0, 0.2])) if loss.smooths else 0.0
    network = random_network(sizes, names, seed, **kinds)
    return Problem(network, loss, x, y, smoothing, seed)
