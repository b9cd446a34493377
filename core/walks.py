"""One step of training, taken apart: every line of it, with the numbers that went in and came out.

A `Walk` is made of a trainer's twin and carries out the very plans of a step, operation by
operation; then the twin takes that step as its model would. What the engine does for several layers
in one call (slopes, weight gradients, the update) is told at the layer that it concerns. The model
is only read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from core.arrays import Array
from core.divergence import Divergence
from core.listings import Footprints, Passage, Spot, calls_in, merged, passage, spot_of
from core.moments import Moment, Stage
from core.places import require_index
from core.propagation import Propagation
from core.training import Trainer
from core.twins import twin_of
from core.updates import Updater
from core.walked_flow import WalkedFlow
from core.walked_update import WalkedUpdate
from core.written_flow import WrittenFlow

# What sums up a stage, layer by layer, and the moments whose results it is; the last one counts.
SUMMARIES: dict[Stage, dict[str, frozenset[str]]] = {
    Stage.FORWARD: {
        "‖z‖": frozenset({"sum"}),
        "‖h‖": frozenset({"sum", "activation", "dropout", "residual"}),
    },
    Stage.LOSS: {"loss": frozenset({"loss"})},
    Stage.BACKWARD: {
        "‖δ‖": frozenset({"delta", "norm_back"}),
        "‖∂loss/∂W‖": frozenset({"weights"}),
        "‖∂loss/∂b‖": frozenset({"biases"}),
    },
    Stage.UPDATE: {"‖ΔW‖": frozenset({"rule"}), "‖W after‖": frozenset({"change", "frozen"})},
}


class Walk:
    """The next step of `trainer`, of one network alone; with `sample`, a row of the training set,
    the step that it would take with that sample alone.

    `moments` follow one another in the order of the loop. `divergence` says why the step cannot be
    taken, else it is empty; then there is no update. `twin` is a trainer that has taken it.

    Raises ValueError for a sample that there is not, and for batch norm with one sample.
    """

    def __init__(self, trainer: Trainer, sample: int | None = None) -> None:
        self.twin = twin = twin_of(trainer)
        if sample is not None:
            _take_alone(twin, sample)
        self.divergence = ""
        self.count, self.batch = len(twin.network.layers), twin.flow.batch
        before, slots = twin.network.parameters.copy(), twin.slots.copy()
        flow = WrittenFlow(twin.network, self.batch)
        with twin.looking_ahead() as targets, np.errstate(all="ignore"):
            flow.x[...], flow.mask[...] = twin.flow.x, twin.flow.mask
            self.moments: Sequence[Moment] = WalkedFlow(flow, twin, targets).moments
        raw = twin.network.gradient.copy()
        self._footprints = Footprints()
        with self._footprints.watching():
            try:
                twin.step()
            except Divergence as divergence:
                self.divergence = str(divergence)
        if not self.divergence:
            with np.errstate(all="ignore"):
                update = WalkedUpdate(twin, before, slots, raw)
            self.moments = [*self.moments, *update.moments]

    @cached_property
    def ends(self) -> dict[tuple[Stage, int], int]:
        """The number of the last moment of every layer in every stage, in their order."""
        return {(moment.stage, moment.layer): i for i, moment in enumerate(self.moments)}

    def moments_beside(self, number: int) -> range:
        """Return the numbers of the moments of the same layer and stage."""
        stage, layer = self.moments[number][:2]
        last = first = self.ends[stage, layer]
        while first and self.moments[first - 1][:2] == (stage, layer):
            first -= 1
        return range(first, last + 1)

    def norms(self, stage: Stage) -> tuple[tuple[str, ...], Array]:
        """Return names and norms (layers, names) of what a stage makes, layer by layer."""
        wanted = SUMMARIES[stage]
        found = np.full((self.count, len(wanted)), np.nan)
        for moment in self.moments:
            for column, names in enumerate(wanted.values()):
                if moment.stage is stage and moment.name in names:
                    found[moment.layer - 1, column] = moment.result.norm
        if stage is Stage.BACKWARD:  # which begins with the last layer's, from the loss
            found[-1, 0] = self.moments[self.ends[Stage.LOSS, self.count]].result.norm
        return tuple(wanted), found

    def moments_of(self, stage: Stage) -> list[list[Moment]]:
        """Return the moments of a stage, those of each layer together, in their order."""
        ends = (number for (own, _), number in self.ends.items() if own is stage)
        return [[self.moments[n] for n in self.moments_beside(number)] for number in ends]

    def passages(self, numbers: Sequence[int]) -> tuple[Passage, ...]:
        """Return the code of some moments: what is called, then what calls it."""
        return merged(self._listed([spot for n in numbers for spot in self.moments[n].spots]))

    def passages_of(self, stage: Stage | None) -> tuple[Passage, ...]:
        """Return the code of a whole stage: the line of the loop, then what it runs.

        None is what comes before all stages: to draw the batch.
        """
        rule, loss = self.twin.updater.optimizer.update, self.twin.loss.function
        loop = Trainer._gradient_of_batch
        where: dict[Stage | None, tuple[tuple[object, tuple[str, ...]], ...]] = {
            None: ((Trainer._step, ("_draw_batch",)), (Trainer._draw_batch, ())),
            Stage.FORWARD: ((loop, ("forward",)), (Propagation.forward, ())),
            Stage.LOSS: ((loop, ("_loss_and_gradient",)), (loss, ())),
            Stage.BACKWARD: (
                (loop, ("backward", "differentiate", "backpropagate")),
                (Propagation.backward, ()),
                (Propagation.differentiate, ()),
                (Propagation.backpropagate, ()),
            ),
            Stage.UPDATE: (
                (Trainer._step, ("apply", "_update_with_care")),
                (Updater.apply, ("_rule", "subtract")),
                (rule, ()),
            ),
        }
        return merged(self._listed([*self._spots(where[stage])]))

    def _spots(self, where: Sequence[tuple[object, tuple[str, ...]]]) -> Iterator[Spot]:
        """Functions that have run, and the lines in them that call others and have run."""
        for function, called in where:
            if (spot := spot_of(function)) and (ran := self._footprints.lines_of(spot.code)):
                lines = (line for name in called for line in calls_in(spot.code, name))
                yield spot._replace(lines=tuple(line for line in lines if line in ran))

    def _listed(self, spots: Sequence[Spot]) -> Iterator[Passage]:
        for spot in spots:
            yield passage(spot, self._footprints.lines_of(spot.code))
            if not spot.lines:
                for code in self._footprints.with_helpers(spot.code)[1:]:
                    yield passage(Spot(code), self._footprints.lines_of(code))


def _take_alone(trainer: Trainer, sample: int) -> None:
    """Let the next batch be one sample."""
    require_index("sample", sample, len(trainer.data.x_train))
    trainer.tune(replace(trainer.settings, batch_size=1))
    order = trainer.order.state()
    order["given_back"] = None
    order["position"] = int(np.flatnonzero(order["permutation"] == sample)[0])
    trainer.order.restore(order)
