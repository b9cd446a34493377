"""Some networks of a stack, trained by another trainer for a while and put back.

A network of a stack learns as it does alone, so it makes no difference who trains it where.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from core.arrays import Array
from core.training import StepRecord, Trainer

EVERYONE = slice(None)


@dataclass(frozen=True, eq=False)
class LastStep:
    """What the last step of some networks left, for who looks at it: no further step needs it.

    `x`, `h` and `delta` are (n, batch, n_l), the latter two of every layer; `gradient (n, P)`, and
    `update (n, longest piece)`.
    """

    x: Array
    h: tuple[Array, ...]
    delta: tuple[Array, ...]
    gradient: Array
    update: Array


@dataclass(frozen=True, eq=False)
class Share:
    """What changes of some networks of a stack while they learn.

    `parameters (n, P)`, `slots (n_slots, n, P)`, `running (2, n, ...)`; `order` is their part of
    the order of the samples, `masks` has the state of the generator of every network's dropout.
    """

    parameters: Array
    slots: Array
    running: Array
    order: dict[str, Any]
    masks: tuple[Any, ...]
    steps_done: int
    samples_seen: int
    settled: bool
    last_step: LastStep | None = None

    def is_of(self, trainer: Trainer, runs: slice) -> bool:
        """Whether the networks of a stack are still as they were left, but for what is drawn."""
        return (
            self.steps_done == trainer.steps_done
            and np.array_equal(self.parameters, trainer.network.parameters[runs])
            and np.array_equal(self.slots, trainer.slots[:, runs])
            and np.array_equal(self.running, trainer.network.running[:, runs])
        )


def share_of(trainer: Trainer, runs: slice = EVERYONE, *, last_step: bool = False) -> Share:
    """Return copies of what belongs to some networks of a stack."""
    network = trainer.network
    return Share(
        network.parameters[runs].copy(),
        trainer.slots[:, runs].copy(),
        network.running[:, runs].copy(),
        trainer.order.state(runs),
        tuple(rng.bit_generator.state for rng in trainer.dropout_rngs[runs]),
        trainer.steps_done,
        trainer.samples_seen,
        trainer._settled,
        _last_step_of(trainer, runs) if last_step else None,
    )


def _last_step_of(trainer: Trainer, runs: slice) -> LastStep:
    flow = trainer.flow
    return LastStep(
        flow.x[runs].copy(),
        tuple(h[runs].copy() for h in flow.h),
        tuple(delta[runs].copy() for delta in flow.delta),
        trainer.network.gradient[runs].copy(),
        trainer.updater.update[runs].copy(),
    )


def unite(trainer: Trainer, shares: Sequence[tuple[slice, Share]]) -> None:
    """Let the networks of a trainer be as shares of all of them have them."""
    network = trainer.network
    for runs, share in shares:
        network.parameters[runs], network.running[:, runs] = share.parameters, share.running
        trainer.slots[:, runs] = share.slots
        trainer.order.adopt(share.order, runs)
        for rng, state in zip(trainer.dropout_rngs[runs], share.masks, strict=True):
            rng.bit_generator.state = state
        trainer.steps_done, trainer.samples_seen = share.steps_done, share.samples_seen
        if share.last_step is not None:
            _leave(trainer, runs, share.last_step)
    trainer._settled = all(share.settled for _, share in shares)


def _leave(trainer: Trainer, runs: slice, last: LastStep) -> None:
    """Let it look as if the last step had been taken here."""
    flow = trainer.flow
    flow.x[runs] = last.x
    for own, theirs in zip((*flow.h, *flow.delta), (*last.h, *last.delta), strict=True):
        own[runs] = theirs
    trainer.network.gradient[runs], trainer.updater.update[runs] = last.gradient, last.update


class Stretch(NamedTuple):
    """What some steps in a row saw: the first of them, `losses (steps, n)`, and `magnitudes`."""

    first: int
    losses: Array
    magnitudes: Array


def stretch_of(records: Sequence[StepRecord]) -> Stretch:
    """Return what steps saw in one piece: a process hands over few arrays faster than many."""
    return Stretch(
        records[0].step,
        np.stack([record.loss for record in records]),
        np.stack([record.magnitudes for record in records]),
    )


def joined(parts: Sequence[Stretch]) -> list[StepRecord]:
    """What each step saw of a whole stack, from what it saw of one part of it after the other."""
    first = parts[0].first
    losses = np.concatenate([part.losses for part in parts], axis=1)
    magnitudes = np.concatenate([part.magnitudes for part in parts], axis=1)
    pairs = zip(losses, magnitudes, strict=True)
    return [StepRecord(step, *pair) for step, pair in enumerate(pairs, first)]
