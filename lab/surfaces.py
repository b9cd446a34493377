"""The loss over a plane through a network's weights, computed beside the training.

It is the loss of the training set, or of some of it: without dropout, with batch norm taking the
statistics of these samples, many points of the plane side by side on the run axis, in a process
beside this one.
"""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.landscape import plane_in_pieces
from core.pieces import part_of
from core.probes import Probe
from lab.beside import beside
from lab.errands import Work
from lab.planes import Path, Plane, Question, Subject
from lab.specimens import Specimen
from lab.words import spaced

COARSEST, USUAL, FINEST = 25, 51, 101
MOST_SAMPLES = 500
LOOK = 7  # points to each side of a first look
FLAT = 1e-3  # of the loss: on a flatter surface the rounding of single precision would be seen
STEEP = 1e30  # a loss from which on single precision may overflow


@dataclass(frozen=True, eq=False)
class LossSurface:
    """`losses (len(a), len(b))` of `samples` of the training set's `of`, at places on the axes.

    A loss may be infinite or NaN far out.
    """

    plane: Plane
    a: Array
    b: Array
    losses: Array
    samples: int
    of: int

    @property
    def caption(self) -> str:
        """Whose loss it is, and when, in words."""
        some = "" if self.samples == self.of else f"{spaced(self.samples)} of "
        return f"step {spaced(self.plane.step)}, {some}{spaced(self.of)} training samples"

    def at(self, a: float, b: float) -> float:
        """Return the loss at the computed point that is nearest, NaN outside."""
        places = []
        for value, axis in ((a, self.a), (b, self.b)):
            index = round((value - axis[0]) / (axis[1] - axis[0]))
            if not 0 <= index < len(axis):
                return float("nan")
            places.append(index)
        return float(self.losses[places[0], places[1]])


@dataclass(frozen=True)
class Unseen:
    """There is no such surface, for a reason in one sentence."""

    reason: str


def loss_surface(
    specimen: Specimen, question: Question, resolution: int, path: Path | None
) -> Work[LossSurface | Unseen]:
    """Compute the loss at `resolution` squared points of the plane that is asked for."""
    data = specimen.trainer.data
    count = len(data.x_train)
    chosen = np.linspace(0, count - 1, min(count, MOST_SAMPLES)).astype(np.intp)
    try:
        probe = Probe(
            specimen.network,
            specimen.trainer.loss,
            data.x_train[chosen],
            data.y_train[chosen],
            specimen.smoothing,
        )
        yield 0.0
        plane = question.kind.plane_of(question, Subject(specimen, probe, path))
    except ValueError as error:
        return Unseen(str(error))
    yield 0.0
    a, b = (np.linspace(low, high, resolution) for low, high in plane.ranges)
    losses = yield from beside(_losses, probe, plane, (a, b))
    first, second = plane.origin
    return LossSurface(plane, a + first, b + second, losses, len(chosen), count)


def _losses(probe: Probe, plane: Plane, values: tuple[Array, Array]) -> Work[Array]:
    """Compute the losses in single precision, or in double where that would show too little."""
    directions = plane.directions[0], plane.directions[1]
    a, b = (np.linspace(axis[0], axis[-1], LOOK) for axis in values)
    share = LOOK**2 / (LOOK**2 + len(values[0]) * len(values[1]))
    look = yield from part_of(plane_in_pieces(probe, directions, (a, b)), 0.0, share)
    highest = np.abs(look).max()  # NaN is not below anything
    within = highest < STEEP and np.ptp(look) >= FLAT * highest
    single = probe.network.dtype == np.float32 and within
    dtype = np.float32 if single else np.float64
    pieces = plane_in_pieces(probe, directions, values, dtype)
    losses = yield from part_of(pieces, share, 1.0)
    return losses
