"""Some networks of a stack, trained by another trainer for a while and put back.

A network of a stack learns as it does alone, so it makes no difference who trains it where.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.arrays import Array
from core.training import StepRecord, Trainer

EVERYONE = slice(None)


@dataclass(frozen=True, eq=False)
class Share:
    """What changes of some networks of a stack while they learn, but for the order of the samples.

    `parameters (n, P)`, `slots (n_slots, n, P)`, `running (2, n, ...)`; `masks` has the state of
    the generator of every network's dropout.
    """

    parameters: Array
    slots: Array
    running: Array
    masks: tuple[Any, ...]
    steps_done: int
    samples_seen: int
    settled: bool

    def is_of(self, trainer: Trainer, runs: slice) -> bool:
        """Whether the networks of a stack are still as they were left, but for what is drawn."""
        return (
            self.steps_done == trainer.steps_done
            and np.array_equal(self.parameters, trainer.network.parameters[runs])
            and np.array_equal(self.slots, trainer.slots[:, runs])
            and np.array_equal(self.running, trainer.network.running[:, runs])
        )


def share_of(trainer: Trainer, runs: slice = EVERYONE) -> Share:
    """Return copies of what belongs to some networks of a stack."""
    network = trainer.network
    return Share(
        network.parameters[runs].copy(),
        trainer.slots[:, runs].copy(),
        network.running[:, runs].copy(),
        tuple(rng.bit_generator.state for rng in trainer.dropout_rngs[runs]),
        trainer.steps_done,
        trainer.samples_seen,
        trainer._settled,
    )


def order_of(trainer: Trainer, runs: slice) -> dict[str, Any]:
    """Return the part of the state of the order of the samples that is some networks'."""
    state = trainer.order.state()
    permutation, generators = state["permutation"][runs], state["generators"][runs]
    return state | {"permutation": permutation, "generators": generators}


def unite(trainer: Trainer, shares: Sequence[tuple[slice, Share]]) -> None:
    """Let the networks of a trainer be as shares of all of them have them."""
    network = trainer.network
    for runs, share in shares:
        network.parameters[runs], network.running[:, runs] = share.parameters, share.running
        trainer.slots[:, runs] = share.slots
        for rng, state in zip(trainer.dropout_rngs[runs], share.masks, strict=True):
            rng.bit_generator.state = state
        trainer.steps_done, trainer.samples_seen = share.steps_done, share.samples_seen
    trainer._settled = all(share.settled for _, share in shares)


def joined(parts: Sequence[Sequence[StepRecord]]) -> list[StepRecord]:
    """What each step saw of a whole stack, from what it saw of one part of it after the other."""
    return [
        StepRecord(
            records[0].step,
            np.concatenate([record.loss for record in records]),
            np.concatenate([record.magnitudes for record in records]),
        )
        for records in zip(*parts, strict=True)
    ]
