"""One network as it stands, with the batch that its next step will learn from: to be examined.

It is a copy, made in the training thread between two steps. Who asks for one owns it, and whatever
is done with it leaves the run as it was.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

from core.network import Network
from core.places import Place, bias_index, part_of, weight_index
from core.probes import Probe
from core.training import Trainer
from core.twins import Batch, next_batch, twin_of
from lab.exhibits import Exhibit
from lab.parts import LARGEST_SEED
from lab.spec import Spec

if TYPE_CHECKING:
    from lab.run import Run

QUESTIONS = count(1)


@dataclass(frozen=True, eq=False)
class Specimen:
    """`trainer` is a twin whose next step learns from `batch`; `seed` is which network it is.

    `spec` are its settings at that moment.
    """

    spec: Spec
    seed: int
    trainer: Trainer
    batch: Batch

    @property
    def network(self) -> Network:
        """The network, without leading axes."""
        return self.trainer.network

    @cached_property
    def probe(self) -> Probe:
        """It and its batch, to be asked; shared, so not for threads, which make a new one."""
        return self.new_probe()

    def new_probe(self) -> Probe:
        """Return a probe of it as it is now."""
        batch, loss = self.batch, self.trainer.loss
        return Probe(self.network, loss, batch.x, batch.y, self.smoothing, batch.mask)

    @property
    def step(self) -> int:
        """How many steps it has taken."""
        return self.trainer.steps_done

    @property
    def smoothing(self) -> float:
        """The loss's label smoothing."""
        return self.trainer.settings.smoothing

    @property
    def learning_rate(self) -> float:
        """That of its next step, as the schedule has it."""
        return float(self.trainer.settings.rates_at(self.step + 1).learning_rate)

    @property
    def spec_alone(self) -> Spec:
        """The settings of a run of this network alone."""
        seed = (self.spec.network.seed + self.seed) % (LARGEST_SEED + 1)
        return self.spec.with_values({"network.seeds": 1, "network.seed": seed})

    def has(self, place: Place) -> bool:
        """Whether it has such a parameter."""
        try:
            part_of(self.network, place)
        except ValueError:
            return False
        return True

    def index(self, place: Place) -> int:
        """Return a parameter's number in the flat vector. Raises ValueError if there is none."""
        part_of(self.network, place)
        if place.row is not None:
            return weight_index(self.network, place.layer, place.row, place.column)
        return bias_index(self.network, place.layer, place.column, place.kind)


@dataclass(frozen=True)
class SpecimenOf(Exhibit[Specimen]):
    """A specimen of one of the networks that are trained side by side, counted from 0.

    Requests with another `question` are others: each gets a specimen of its own, made anew. Who
    works on it in another thread takes one of `QUESTIONS`.
    """

    seed: int = 0
    question: int = 0

    def made_of(self, run: "Run") -> Specimen:
        runs = run.trainer.network.runs
        seed = min(self.seed, runs[0] - 1) if runs else 0
        twin = twin_of(run.trainer, seed if runs else None)
        return Specimen(run.spec, seed, twin, next_batch(twin))
