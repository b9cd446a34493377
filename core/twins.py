"""A trainer's twin: one network, ready to go on as it would go on, bit for bit, apart from it.

What is tried with a twin leaves its model untouched. They share the data, which nobody changes.
"""

from copy import deepcopy
from dataclasses import fields, replace
from typing import Any, NamedTuple

import numpy as np

from core.arrays import Array
from core.copies import alone
from core.optimizers import Rates
from core.places import require_index
from core.training import Trainer
from core.updates import Settings


class Batch(NamedTuple):
    """What a step learns from: inputs `x (batch, n_0)` and targets `y`.

    `mask` tells which outputs it drops, as `Probe` takes it; None without dropout.
    """

    x: Array
    y: Array
    mask: Array | None


def twin_of(trainer: Trainer, run: int | None = None) -> Trainer:
    """Return a twin; of a stack, that of network `run`, counted from 0.

    A network that has diverged is as it was at last. Raises ValueError for a run that there is not.
    """
    network = trainer.network
    if network.runs:
        require_index("run", -1 if run is None else run, network.runs[0])
    place = () if run is None else (run,)
    one = alone(network, place, network.precision.storage)
    order = trainer.order.state()
    generators = order["generators"]
    if run is not None:
        trainer.retired.restore(one, run)
        order |= {"permutation": order["permutation"][run], "generators": [generators[run]]}
        if order["given_back"] is not None:
            order["given_back"] = order["given_back"][run]
    chosen = slice(None) if run is None else slice(run, run + 1)
    twin = Trainer(
        one,
        trainer.data,
        trainer.loss,
        trainer.updater.optimizer,
        _settings_of(trainer.settings, place),
        [np.random.default_rng(0)],  # its state follows
        deepcopy(trainer.dropout_rngs[chosen]),
    )
    twin.order.restore(order)
    twin.slots[...] = trainer.slots[:, *place]
    # What is known of the size of its numbers: it takes the same short ways.
    twin._settled = run is None and trainer._settled
    twin.steps_done, twin.samples_seen = trainer.steps_done, trainer.samples_seen
    return twin


def next_batch(trainer: Trainer) -> Batch:
    """Return what the next step of one network will learn from; it stays the next."""
    with trainer.looking_ahead() as targets:
        flow = trainer.flow
        mask = flow.mask.ravel().copy() if trainer.network.dropout else None
        return Batch(flow.x.copy(), targets.copy(), mask)


def _settings_of(settings: Settings, place: tuple[int, ...]) -> Settings:
    """Of settings that differ between runs, those of one."""
    rates = replace(settings.rates, **_own(settings.rates, place))
    return replace(settings, rates=rates, **_own(settings, place))


def _own(record: Settings | Rates, place: tuple[int, ...]) -> dict[str, Any]:
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {
        name: float(value[place][0])
        for name, value in values.items()
        if isinstance(value, np.ndarray) and value.ndim
    }
