"""The last calm state of a run: where to go on from after it has blown up."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.divergence import Divergence
from core.training import Trainer
from core.twins import twin_of
from core.updates import Settings

EVERY_STEPS = 128  # a power of two, as the trail has: at few steps is anything due
TRIED_STEPS = 10
CALM = 1.5  # times the smallest loss so far


@dataclass(frozen=True, eq=False)
class _Checkpoint:
    step: int
    parameters: Array
    running: Array
    retired: dict[int, tuple[Array, Array]]


class Checkpoints:
    """Keeps the newest state whose loss was near the smallest one; the optimiser's is not kept."""

    def __init__(self, trainer: Trainer, loss: float) -> None:
        self._trainer = trainer
        self._smallest = np.inf
        self._calm = self._taken()
        self.look(loss)

    @property
    def step(self) -> int:
        """The step of the state that is kept."""
        return self._calm.step

    def look(self, loss: float) -> None:
        """Keep the present state if its loss is that of a calm one."""
        if loss <= CALM * self._smallest:
            self._calm = self._taken()
            self._smallest = min(loss, self._smallest)

    def restore(self) -> None:
        """Go back to the calm state, with all networks that learned then.

        The optimiser begins anew.
        """
        network = self._trainer.network
        self._trainer.retired.kept = dict(self._calm.retired)
        network.parameters[...], network.running[...] = self._calm.parameters, self._calm.running
        self._trainer.slots[...] = 0

    def tried(self, settings: Settings, run: int | None) -> tuple[str, int]:
        """Try a few steps from the calm state with a twin.

        Returns which operation fails, empty if none does, and how many steps were taken. Of several
        networks it is `run` that tries, counted from 0.
        """
        twin, place = twin_of(self._trainer, run), () if run is None else (run,)
        twin.network.parameters[...] = self._calm.parameters[place]
        twin.network.running[...] = self._calm.running[:, *place]
        twin.slots[...] = 0
        twin.tune(settings)
        for taken in range(TRIED_STEPS):
            try:
                twin.step()
            except Divergence as divergence:
                return divergence.what, taken
        return "", TRIED_STEPS

    def _taken(self) -> _Checkpoint:
        network = self._trainer.network
        return _Checkpoint(
            self._trainer.steps_done,
            network.parameters.copy(),
            network.running.copy(),
            dict(self._trainer.retired.kept),
        )
