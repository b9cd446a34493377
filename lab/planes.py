"""The planes through a network's weights over which its loss is shown, and the way over them.

A plane lies in the space of all parameters. What a run has walked is seen from above: every moment
of its path is projected, and so is where it is now.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.arrays import Array
from core.landscape import as_long_as_weights, filter_normalized, main_directions
from core.places import Place
from core.probes import Probe
from lab.exhibits import Exhibit
from lab.specimens import Specimen
from lab.words import percent

if TYPE_CHECKING:
    from lab.run import Run

ROOM = 1.3  # times the path's extent
Range = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Plane:
    """The points `center + a A + b B`, both directions (P,); `center` is `step` of network `seed`.

    `inverse` is that of the products of the directions, which need not be orthogonal. What people
    read on the axes named `names` is a and b, plus `origin`.
    """

    center: Array
    directions: Array
    inverse: Array
    ranges: tuple[Range, Range]
    names: tuple[str, str]
    step: int
    seed: int
    origin: tuple[float, float] = (0.0, 0.0)

    def place_of(self, parameters: Array) -> tuple[Array, float]:
        """Return where parameters (P,) are on the axes (2,), and how far off the plane."""
        with np.errstate(all="ignore"):  # of a network that diverges, infinity is an answer
            distance = parameters - self.center
            along = self.inverse @ (self.directions @ distance)
            return along + self.origin, float(np.linalg.norm(distance - along @ self.directions))


class Walk(NamedTuple):
    """The way of a network seen from above a plane: `places (n, 2)` at `steps (n,)`.

    `now (2,)` is where it is, `off` how far from the plane, `step` when.
    """

    steps: Array
    places: Array
    step: int
    now: Array
    off: float


@dataclass(frozen=True)
class WalkOn(Exhibit[Walk | None]):
    """The way over a plane so far; every moment of it is projected once.

    A new run may be asked before who asks knows of it: there is none over a plane of other weights.
    """

    plane: Plane
    _known: dict[int, Array] = field(default_factory=dict, compare=False, repr=False)

    def made_of(self, run: "Run") -> Walk | None:
        plane, trainer = self.plane, run.trainer
        if len(plane.center) != trainer.network.layout.n_parameters:
            return None
        moments, known = run.trail.of(plane.seed), self._known
        for step in moments.keys() - known.keys():
            known[step] = plane.place_of(moments[step])[0]
        places = np.array([known[step] for step in moments]).reshape(-1, 2)
        runs, seed = trainer.network.runs, plane.seed
        alive = runs and seed < runs[0] and seed not in trainer.retired.runs
        own = trainer.network.parameters[seed] if alive else run.network(seed).parameters
        return Walk(np.array([*moments]), places, trainer.steps_done, *plane.place_of(own))


@dataclass(frozen=True, eq=False)
class Path:
    """Moments of a network's way: steps (n,) and parameters (n, P)."""

    steps: Array
    moments: Array


@dataclass(frozen=True)
class PathOf(Exhibit[Path]):
    """The way so far of one of the networks that are trained side by side, counted from 0."""

    seed: int = 0

    def made_of(self, run: "Run") -> Path:
        moments = run.trail.of(self.seed)
        count = run.trainer.network.layout.n_parameters
        return Path(np.array([*moments]), np.array([*moments.values()]).reshape(-1, count))


@dataclass(frozen=True)
class Question:
    """Which plane, and how far it reaches.

    `number` counts the random directions; `places` are two weights. `reach` is a multiple of what
    the kind of plane says.
    """

    kind: "PlaneKind"
    reach: float = 1.0
    number: int = 1
    places: tuple[Place, Place] | None = None


class Subject(NamedTuple):
    """What a plane is laid through; `probe` has the data that the loss is taken of."""

    specimen: Specimen
    probe: Probe
    path: Path | None


@dataclass(frozen=True, eq=False)
class PlaneKind:
    """`plane_of` raises ValueError, in a sentence, where there is no such plane.

    `unit` is what a reach of 1 means.
    """

    name: str
    label: str
    help: str
    unit: str
    plane_of: Callable[[Question, Subject], Plane]
    needs_path: bool = False


def _gradient_and_random(question: Question, subject: Subject) -> Plane:
    specimen, network = subject.specimen, subject.specimen.network
    _, gradient = subject.probe.gradient()
    if not np.isfinite(gradient).all():
        raise ValueError("The gradient is not finite, so it has no direction.")
    if not gradient.any():
        raise ValueError("The gradient is zero, so it has no direction.")
    rng = np.random.default_rng([specimen.spec.network.seed, question.number])
    drawn = filter_normalized(rng.standard_normal(len(gradient)), network)
    if not drawn.any():
        raise ValueError("All weights are zero, so no random direction can be as long as they are.")
    directions = np.stack([as_long_as_weights(-gradient, network), drawn])
    reach = (-question.reach, question.reach)
    names = ("against the gradient", f"random direction {question.number}")
    return _plane(subject, directions, (reach, reach), names)


def _two_weights(question: Question, subject: Subject) -> Plane:
    specimen, places = subject.specimen, question.places
    assert places is not None
    if places[0] == places[1]:
        raise ValueError("Choose two different weights: both are the same now.")
    for place in places:
        if not specimen.has(place):
            raise ValueError(f"There is no {place} in this network.")
    indices = [specimen.index(place) for place in places]
    directions = np.zeros((2, len(subject.probe.center)))
    directions[[0, 1], indices] = 1
    first, second = subject.probe.center[indices].tolist()
    ends = [(-question.reach, question.reach)] * 2
    names = (str(places[0]), str(places[1]))
    return _plane(subject, directions, (ends[0], ends[1]), names, (first, second))


def _two_main_directions(question: Question, subject: Subject) -> Plane:
    path, center = subject.path, subject.probe.center
    if path is None or not len(path.steps):
        raise ValueError("The network is too large for its path to be kept.")
    try:
        directions, shares = main_directions(path.moments, center)
    except ValueError:
        raise ValueError("The path has no two directions yet: take some more steps.") from None
    places = (path.moments - center) @ directions.T
    ends = []
    for low, high in zip(np.minimum(places.min(0), 0), np.maximum(places.max(0), 0), strict=True):
        middle, half = (low + high) / 2, ROOM * question.reach * (high - low) / 2
        ends.append((float(middle - half), float(middle + half)))
    names = [f"path {order}: {percent(share)}" for order, share in enumerate(shares.tolist(), 1)]
    return _plane(subject, directions, (ends[0], ends[1]), (names[0], names[1]))


def _plane(
    subject: Subject,
    directions: Array,
    ranges: tuple[Range, Range],
    names: tuple[str, str],
    origin: tuple[float, float] = (0.0, 0.0),
) -> Plane:
    specimen, center = subject.specimen, subject.probe.center
    with np.errstate(all="ignore"):
        products = directions @ directions.T
    if not np.isfinite(products).all():
        raise ValueError("The weights are too large for a plane through them.")
    inverse = np.linalg.pinv(products)
    return Plane(center, directions, inverse, ranges, names, specimen.step, specimen.seed, origin)


PLANES: dict[str, PlaneKind] = {
    record.name: record
    for record in (
        PlaneKind(
            "gradient",
            "Gradient and random",
            "Steepest descent and a random direction that is filter-normalised: as long, unit by "
            "unit, as the weights are (Li et al. 2018).",
            "the weights' own length",
            _gradient_and_random,
        ),
        PlaneKind(
            "weights",
            "Two weights",
            "Two weights or biases by their values; all others stay as they are.",
            "1 to each side of their values",
            _two_weights,
        ),
        PlaneKind(
            "path",
            "Path so far",
            "The two main directions of the path that the weights have walked, by principal "
            "components about where they are now, with their shares of its variance.",
            "the path's own extent",
            _two_main_directions,
            needs_path=True,
        ),
    )
}
