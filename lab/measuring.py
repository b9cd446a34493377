"""How the measurements of lessons are taken: from the run's record, or from a specimen of it.

Each takes a run and leaves it as it is. What a network does not have, or is too large for, raises
ValueError or ArithmeticError, or is NaN. `measurements` gives them names and words.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.differences import central_differences, compare
from core.measures import ROW
from core.nudges import Nudge, nudge
from core.paths import Paths, strongest_paths
from core.places import Place
from core.probes import Probe
from lab.gains import critical_gain
from lab.predictions import input_square_of
from lab.specimens import Specimen, SpecimenOf
from lab.verdict import factor_of

if TYPE_CHECKING:
    from lab.run import Run

FIRST_WEIGHT = Place("w", 1, 0, 0)
CHANGE = 0.01  # of the first weight, where one is nudged
LATELY = 32  # steps whose median is judged: a single batch says little
MOST_CHECKED = 1000  # weights
MOST_PATHS = 256


# -- of every layer


def _row(run: "Run", name: str) -> Array:
    lately = run.history.lately(LATELY)
    magnitudes: Array = run.magnitudes(0) if lately is None else lately
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


def _probe(specimen: Specimen) -> Probe:
    batch = specimen.batch
    loss = specimen.trainer.loss
    return Probe(specimen.network, loss, batch.x, batch.y, specimen.smoothing, batch.mask)


def largest_slope(run: "Run") -> float:
    """The largest φ'(u) of the next batch."""
    hidden = _probe(_specimen(run)).signals()[2][:-1]
    return max((float(np.abs(signals.slope).max()) for signals in hidden), default=math.nan)


def first_gradient(run: "Run") -> float:
    """The gradient of the first weight for the next batch."""
    specimen = _specimen(run)
    return float(_probe(specimen).gradient()[1][specimen.index(FIRST_WEIGHT)])


def _nudge(run: "Run", change: float) -> Nudge:
    one, batch = _specimen(run), _specimen(run).batch
    index = one.index(FIRST_WEIGHT)
    return nudge(
        one.network,
        one.trainer.loss,
        batch.x,
        batch.y,
        index,
        change,
        smoothing=one.smoothing,
        mask=batch.mask,
    )


def nudged_change(run: "Run") -> float:
    """What the loss does when the first weight is nudged."""
    return _nudge(run, CHANGE).loss_change


def nudged_share(run: "Run") -> float:
    """What the loss does when the first weight is nudged, over what the gradient says."""
    found = _nudge(run, CHANGE)
    return found.loss_change / found.loss_predicted


def error_growth(run: "Run") -> float:
    """The prediction's error at twice the change, over that at the change."""
    return _nudge(run, 2 * CHANGE).loss_error / _nudge(run, CHANGE).loss_error


def step_share(run: "Run") -> float:
    """Loss of the same batch before and after one step, over what the gradient promises."""
    specimen = _specimen(run)
    before, gradient = _probe(specimen).gradient()
    parameters = specimen.network.parameters.astype(np.float64)
    specimen.trainer.step()
    promised = gradient @ (specimen.network.parameters - parameters)
    return float((_probe(specimen).gradient()[0] - before) / promised)


def _paths(run: "Run") -> Paths:
    one, batch = _specimen(run), _specimen(run).batch
    return strongest_paths(
        one.network,
        one.trainer.loss,
        batch.x,
        batch.y,
        one.index(FIRST_WEIGHT),
        MOST_PATHS,
        smoothing=one.smoothing,
        mask=batch.mask,
    )


def n_paths(run: "Run") -> float:
    """How many paths lead from the first weight to the loss."""
    return float(_paths(run).n_paths)


def path_sum(run: "Run") -> float:
    """The sum of all paths from the first weight, over its gradient, for one sample."""
    paths = _paths(run)
    return paths.total / paths.gradient


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
    """The worst relative error of a layer's gradient beside central differences."""
    specimen = _specimen(run)
    network, loss, batch = specimen.network, specimen.trainer.loss, specimen.batch
    count = network.layout.n_parameters
    indices = np.unique(np.linspace(0, count - 1, min(count, MOST_CHECKED)).astype(int))
    found = central_differences(
        network,
        loss,
        batch.x,
        batch.y,
        indices,
        smoothing=specimen.smoothing,
        mask=batch.mask,
    )
    return compare(network, found, _probe(specimen).gradient()[1]).worst


def predicted_gain(run: "Run") -> float:
    """The critical gain of theory."""
    found = critical_gain(run.spec, input_square_of(run.trainer.data))
    return math.nan if found is None else found
