"""Copies of a network: one of many alone, and others of the same make."""

import numpy as np
from numpy.typing import DTypeLike

from core.errors import wrong
from core.network import Network
from core.places import require_index


def alone(network: Network, run: tuple[int, ...] = (), dtype: DTypeLike = np.float64) -> Network:
    """Return a copy of one run of a network, `run` being its place on the run axes.

    Raises ValueError for a run that there is not.
    """
    if len(run) != len(network.runs):
        raise wrong("run", run, f"a number for each axis of runs {network.runs}")
    for number, count in zip(run, network.runs, strict=True):
        require_index("run", number, count)
    copy = like(network, (), dtype)
    copy.parameters[...] = network.parameters[run]
    for own, other in zip(copy.running, network.running, strict=True):
        own[...] = other[run]
    return copy


def like(network: Network, runs: tuple[int, ...], dtype: DTypeLike) -> Network:
    """Return a network of the same make, all its numbers 0."""
    return Network(
        network.sizes,
        network.activations,
        dtype,
        runs,
        norm=network.norm.name,
        residual=network.residual,
        dropout=network.dropout,
    )
