"""A ladder: one path from a weight or bias to the loss, factor by factor, and the sum of all paths.

It is made of a specimen, for one sample of its batch. Where the paths are too many to be multiplied
out, the strongest stand for them, and what share of all they are is known without making any.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from core.network import Network
from core.paths import MOST_PATHS, Chain, Path, Sum
from core.places import Place, require_index
from lab.specimens import Specimen

MOST_LISTED = 1000  # of the strongest paths; they take 0.1 s in a network of 100 x 64


@dataclass(frozen=True)
class Choice:
    """What a person chooses of all paths, for one sample of the batch, counted from 0.

    The path of `rank`, 1 being the strongest, of those that pass the units `through`, by layer;
    `listed` of the strongest are added up where there are too many to add up all.
    """

    place: Place
    sample: int = 0
    rank: int = 1
    listed: int = 100
    through: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Ladder:
    """The chosen path and what it is a part of; `choice` is as it was found.

    `bounds` are the largest |values| that its factors can have, NaN where there is none. `gradient`
    is the sample's part of the batch's gradient, `batch_gradient`; both are backpropagation's.
    `magnitude` is the sum of the |products| of all `n_paths` paths, `listed` what those add up to
    that were multiplied out.
    """

    step: int
    choice: Choice
    n_samples: int
    path: Path
    bounds: tuple[float, ...]
    n_paths: int
    listed: Sum
    gradient: float
    batch_gradient: float
    magnitude: float

    @property
    def complete(self) -> bool:
        """Whether every path has been multiplied out."""
        return self.listed.n_paths == self.n_paths

    @property
    def difference(self) -> float:
        """How far the paths' sum is from backpropagation's gradient."""
        return self.listed.total - self.gradient

    @property
    def share(self) -> float:
        """How much of `magnitude` the listed paths are, 0 to 1; NaN if all products are zero."""
        return self.listed.magnitude / self.magnitude if self.magnitude else math.nan

    @property
    def units(self) -> tuple[tuple[int, int], ...]:
        """The layers and units that it passes, from the one that the weight comes from."""
        place = self.choice.place
        before = () if place.row is None else ((place.layer - 1, place.row),)
        return (*before, *enumerate(self.path.units, place.layer))

    def product_of(self, kind: str) -> tuple[int, float]:
        """Return how many factors of a kind there are, and their product."""
        values = [factor.value for factor in self.path.factors if factor.kind == kind]
        return len(values), math.prod(values)


def ladder_of(specimen: Specimen, choice: Choice) -> Ladder:
    """Return the ladder of a choice; a rank beyond the last is the last.

    Raises ValueError for a network with normalisation, and for what it does not have.
    """
    require_index("rank", choice.rank, MOST_LISTED, 1)
    require_index("listed", choice.listed, MOST_LISTED, 1)
    network, batch = specimen.network, specimen.batch
    chain = Chain(specimen.probe, specimen.index(choice.place))
    sample, through = choice.sample, dict(choice.through)
    few = chain.n_paths <= MOST_PATHS
    strongest = chain.strongest(sample, max(choice.rank, 1 if few else choice.listed))
    passing = chain.strongest(sample, choice.rank, through) if through else strongest
    ranked = passing[: choice.rank]
    path = chain.path(sample, ranked[-1])
    listed = chain.sum_of_all(sample) if few else chain.sum_of(sample, strongest[: choice.listed])
    gradients = chain.gradients()
    mask_scale = 1.0 if batch.mask is None else float(np.max(batch.mask, initial=0.0))
    return Ladder(
        specimen.step,
        Choice(choice.place, sample, len(ranked), choice.listed, through),
        len(batch.x),
        path,
        tuple(_bound(network, factor.kind, factor.layer, mask_scale) for factor in path.factors),
        chain.n_paths,
        listed,
        float(gradients[sample]),
        float(gradients.sum()),
        chain.magnitude(sample),
    )


def _bound(network: Network, kind: str, layer: int, mask_scale: float) -> float:
    """The largest |phi'| there is, times what dropout makes of it."""
    return network.activations[layer - 1].max_slope * mask_scale if kind == "slope" else math.nan
