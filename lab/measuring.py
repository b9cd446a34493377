"""How the measurements of lessons are taken: from the run's record, or from a specimen of it.

Each takes a run and leaves it as it is. What a network does not have, or is too large for, raises
ValueError or ArithmeticError, or is NaN. `measurements` gives them names and words.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.differences import compare, differences_in_pieces
from core.errors import wrong
from core.measures import ROW
from core.nudges import Nudger
from core.paths import Chain
from core.pieces import whole
from core.places import Place
from core.probes import Probe
from lab.fading import factor_of
from lab.gains import critical_gain
from lab.judging import judge_of
from lab.lately import lately
from lab.predictions import input_square_of
from lab.races import Race, usual_forwards
from lab.specimens import Specimen, SpecimenOf

if TYPE_CHECKING:
    from lab.run import Run

FIRST_WEIGHT = Place("w", 1, 0, 0)
CHANGE = 0.01  # of the first weight, where one is nudged
MOST_CHECKED = 200  # weights, as training waits meanwhile
FORWARDS = 1200  # of a race
POINTS = 41  # along a line


# -- of every layer


def _row(run: "Run", name: str) -> Array:
    magnitudes, _ = lately(run.history) or (run.magnitudes(0), 0)
    values: Array = magnitudes[ROW[name]]
    return values


def signal_factor_of(run: "Run") -> float:
    """The factor per layer of the signal gradient, toward the input."""
    return factor_of(_row(run, "signal_gradient_rms"))


def weight_factor_of(run: "Run") -> float:
    """The factor per layer of the weight gradient, toward the input."""
    # The first weights see the data, not a layer.
    return factor_of(_row(run, "weight_gradient_rms")[1:])


def first_over_last(run: "Run") -> float:
    """The signal gradient of layer 1 over that of the last hidden layer."""
    signal = _row(run, "signal_gradient_rms")
    return float(signal[0] / signal[-2]) if len(signal) > 1 else math.nan


def clipped_norm(run: "Run") -> float:
    """The norm of all weight gradients after clipping."""
    return float(np.linalg.norm(run.magnitudes(0)[ROW["clipped_gradient_norm"]]))


def gradient_norm(run: "Run") -> float:
    """The norm of all weight gradients before clipping."""
    return float(np.linalg.norm(run.magnitudes(0)[ROW["weight_gradient_norm"]]))


def output_signal(run: "Run") -> float:
    """The signal gradient of the output layer in the last step."""
    return float(run.magnitudes(0)[ROW["signal_gradient_rms"], -1])


# -- of one specimen


def _specimen(run: "Run") -> Specimen:
    return SpecimenOf().made_of(run)


def largest_slope(run: "Run") -> float:
    """The largest φ'(u) of the next batch."""
    hidden = _specimen(run).probe.signals()[2][:-1]
    return max((float(np.abs(signals.slope).max()) for signals in hidden), default=math.nan)


def first_gradient(run: "Run") -> float:
    """The gradient of the first weight for the next batch."""
    specimen = _specimen(run)
    return float(specimen.probe.gradient()[1][specimen.index(FIRST_WEIGHT)])


def _nudger(run: "Run") -> Nudger:
    specimen = _specimen(run)
    return Nudger(specimen.probe, specimen.index(FIRST_WEIGHT))


def nudged_change(run: "Run") -> float:
    """What the loss does when the first weight is nudged."""
    return _nudger(run).nudge(CHANGE).loss_change


def nudged_share(run: "Run") -> float:
    """What the loss does when the first weight is nudged, over what the gradient says."""
    found = _nudger(run).nudge(CHANGE)
    return found.loss_change / found.loss_predicted


def error_growth(run: "Run") -> float:
    """The prediction's error at twice the change, over that at the change."""
    nudger = _nudger(run)
    return nudger.nudge(2 * CHANGE).loss_error / nudger.nudge(CHANGE).loss_error


def step_share(run: "Run") -> float:
    """Loss of the same batch before and after one step, over what the gradient promises."""
    specimen = _specimen(run)
    before, gradient = specimen.probe.gradient()
    parameters = specimen.network.parameters.astype(np.float64)
    specimen.trainer.step()
    promised = gradient @ (specimen.network.parameters - parameters)
    return float((specimen.new_probe().gradient()[0] - before) / promised)


def _chain(run: "Run") -> Chain:
    specimen = _specimen(run)
    return Chain(specimen.probe, specimen.index(FIRST_WEIGHT))


def n_paths(run: "Run") -> float:
    """How many paths lead from the first weight to the loss."""
    return float(_chain(run).n_paths)


def path_sum(run: "Run") -> float:
    """The sum of all paths from the first weight, over its gradient, for one sample."""
    chain = _chain(run)
    return chain.sum_of_all(0).total / float(chain.gradients()[0])


def changed_by_looking(run: "Run") -> float:
    """How many parameters differ after forward and backward."""
    specimen = _specimen(run)
    before = specimen.network.parameters.copy()
    specimen.trainer.measure()
    return float(np.count_nonzero(specimen.network.parameters != before))


def changed_by_step(run: "Run") -> float:
    """How many parameters differ after a step."""
    specimen = _specimen(run)
    before = specimen.network.parameters.copy()
    specimen.trainer.step()
    return float(np.count_nonzero(specimen.network.parameters != before))


def worst_error(run: "Run") -> float:
    """The worst relative error of a weight's gradient beside central differences."""
    probe = _specimen(run).probe
    count = len(probe.center)
    indices = np.unique(np.linspace(0, count - 1, min(count, MOST_CHECKED)).astype(int))
    found = whole(differences_in_pieces(probe, indices))
    return compare(probe.network, found, probe.gradient()[1]).worst


def predicted_gain(run: "Run") -> float:
    """The critical gain of theory."""
    found = critical_gain(run.spec, input_square_of(run.trainer.data))
    return math.nan if found is None else found


# -- of networks side by side, and of one against chance


def search_over_descent(run: "Run") -> float:
    """The loss of random search over that of gradient descent, after as many forward passes."""
    if usual_forwards(run.spec) < 5 * FORWARDS:  # training waits meanwhile
        raise wrong("network", run.spec.sizes, "smaller ones")
    lines = whole(Race(lambda: _specimen(run).trainer, FORWARDS).run())
    return float(lines.search[-1] / lines.descent[-1])


def highest_between(run: "Run") -> float:
    """The highest loss on the straight line between the first two networks."""
    probe, (w, v) = _all_of(run, 2)
    return max(probe.loss_at((1 - t) * w + t * v) for t in np.linspace(0, 1, POINTS))


def highest_over_lowest(run: "Run") -> float:
    """The highest loss of a network over the lowest."""
    probe, networks = _all_of(run, run.spec.network.seeds)
    losses = [probe.loss_at(parameters) for parameters in networks]
    return max(losses) / min(losses)


def _all_of(run: "Run", count: int) -> tuple[Probe, list[Array]]:
    """What tells the loss of all training samples, and the parameters of the first networks."""
    if run.spec.network.seeds < 2:
        raise wrong("seeds", run.spec.network.seeds, "several networks")
    networks = [run.network(seed) for seed in range(count)]
    probe = judge_of(run.trainer, networks[0])
    return probe, [network.parameters.astype(np.float64) for network in networks]
