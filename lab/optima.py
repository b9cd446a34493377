"""Many networks that differ by their first weights alone: where does each end?

If gradient descent found the global optimum, all would end at the same loss, and nothing would
stand between two of them. The loss along the straight line from one to another shows the hill
(Goodfellow et al. 2015, arXiv 1412.6544).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.arrays import Array
from core.divergence import Divergence
from core.pieces import part_of
from core.probes import Probe
from lab.effort import STEP_COST, affordable, forward_cost
from lab.errands import Work
from lab.judging import judge_of
from lab.run import Run
from lab.spec import Spec

SEEDS = 32
FEWEST, MOST_USUAL = 100, 1500  # steps
POINTS = 101  # along a line
LEARNING, LOOKING = 0.9, 0.95  # how far it is after each; the rest is the line


class Line(NamedTuple):
    """The loss on the way from one network to another, by their ranks: both (points,)."""

    start: int
    end: int
    shares: Array
    losses: Array

    @property
    def hill(self) -> float:
        """The highest loss on the way, the ends among it."""
        return float(np.fmax.reduce(self.losses))


@dataclass(frozen=True, eq=False)
class Optima:
    """Networks from the one of the lowest loss to the highest, in rows.

    `seeds` and `losses` are (networks,), `parameters (networks, P)`; `probe` tells the loss. Those
    that diverged are not among them, but counted.
    """

    steps: int
    probe: Probe
    seeds: Array
    losses: Array
    parameters: Array
    diverged: int


@dataclass(frozen=True, eq=False)
class Found:
    """Where they ended, and the line between two of them; neither, when all have diverged."""

    optima: Optima | None
    line: Line | None


def usual_steps(spec: Spec) -> int:
    """Return how many steps show it within seconds."""
    cost = STEP_COST * forward_cost(spec, spec.training.batch_size, SEEDS)
    return affordable(cost, MOST_USUAL, FEWEST)


class Descents:
    """`SEEDS` networks trained side by side for so many steps; `losses` may be read meanwhile.

    They are those of the last batches then, in no order.
    """

    def __init__(self, spec: Spec, steps: int) -> None:
        self.steps = steps
        self.spec = spec.with_values({"network.seeds": SEEDS})
        self.losses: Array = np.empty(0)

    def run(self) -> Work[Found]:
        """Train all of them, and look at the line between the two best."""
        run = Run(self.spec)
        try:
            for step in range(1, self.steps + 1):
                run.advance()
                self.losses = np.array(run.record.loss, np.float64)
                yield LEARNING * step / self.steps
        except Divergence:  # of all that were left
            return Found(None, None)
        optima = yield from part_of(_optima(run), LEARNING, LOOKING)
        line = yield from part_of(
            line_between(optima, 0, min(1, len(optima.losses) - 1)), LOOKING, 1
        )
        return Found(optima, line)


def _optima(run: Run) -> Work[Optima]:
    trainer, losses = run.trainer, list[float]()
    networks = [run.network(place).parameters.astype(np.float64) for place in range(SEEDS)]
    probe = judge_of(trainer, run.network(0))
    for place, parameters in enumerate(networks):
        losses.append(probe.loss_at(parameters))
        yield place / SEEDS
    gone = trainer.retired.runs
    order = [place for place in np.argsort(losses).tolist() if place not in gone]
    seeds = run.spec.network.seed + np.array(order)
    return Optima(
        run.trainer.steps_done,
        probe,
        seeds,
        np.array(losses)[order],
        np.array(networks)[order],
        len(gone),
    )


def line_between(optima: Optima, start: int, end: int) -> Work[Line]:
    """Walk straight from one network to another, given by their ranks from 0."""
    probe, (w, v) = optima.probe, optima.parameters[[start, end]]
    shares, losses = np.linspace(0, 1, POINTS), list[float]()
    for share in shares.tolist():
        losses.append(probe.loss_at((1 - share) * w + share * v))
        yield share
    return Line(start, end, shares, np.array(losses))
