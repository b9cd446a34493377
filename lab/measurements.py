"""What a lesson can measure: one number of a run each, by the name that lessons call it.

A lesson predicts such a number and compares with it. It is made in the training thread like any
exhibit; what cannot be measured in a network, such as paths through normalisation, is NaN.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.differences import central_differences, compare
from core.measures import ROW
from core.nudges import Nudge, nudge
from core.paths import Paths, strongest_paths
from core.places import Place
from core.probes import Probe
from lab.exhibits import Exhibit
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


@dataclass(frozen=True)
class Measurement:
    """`help` says in one sentence what is measured; `of` measures it.

    A `ratio` is judged by how many times too large or small a prediction is, any other number by
    how far it is off.
    """

    name: str
    help: str
    of: Callable[["Run"], float]
    ratio: bool = False


@dataclass(frozen=True)
class MeasurementOf(Exhibit[float]):
    """The present value of a measurement."""

    name: str

    def made_of(self, run: "Run") -> float:
        try:
            with np.errstate(all="ignore"):
                return float(MEASUREMENTS[self.name].of(run))
        except (ValueError, ArithmeticError):
            return math.nan


# -- of every layer


def _row(run: "Run", name: str) -> Array:
    lately = run.history.lately(LATELY)
    magnitudes: Array = run.magnitudes(0) if lately is None else lately
    values: Array = magnitudes[ROW[name]]
    return values


def _signal_factor(run: "Run") -> float:
    return factor_of(_row(run, "signal_gradient_rms"))


def _weight_factor(run: "Run") -> float:
    # The first weights see the data, not a layer.
    return factor_of(_row(run, "weight_gradient_rms")[1:])


def _total(run: "Run") -> float:
    signal = _row(run, "signal_gradient_rms")
    return float(signal[0] / signal[-2]) if len(signal) > 1 else math.nan


def _clipped_norm(run: "Run") -> float:
    return float(np.linalg.norm(run.magnitudes(0)[ROW["clipped_gradient_norm"]]))


def _gradient_norm(run: "Run") -> float:
    return float(np.linalg.norm(run.magnitudes(0)[ROW["weight_gradient_norm"]]))


# -- of one specimen


def _specimen(run: "Run") -> Specimen:
    return SpecimenOf().made_of(run)


def _probe(specimen: Specimen) -> Probe:
    batch = specimen.batch
    loss = specimen.trainer.loss
    return Probe(specimen.network, loss, batch.x, batch.y, specimen.smoothing, batch.mask)


def _largest_slope(run: "Run") -> float:
    hidden = _probe(_specimen(run)).signals()[2][:-1]
    return max((float(np.abs(signals.slope).max()) for signals in hidden), default=math.nan)


def _first_gradient(run: "Run") -> float:
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


def _nudged_change(run: "Run") -> float:
    return _nudge(run, CHANGE).loss_change


def _nudged_share(run: "Run") -> float:
    found = _nudge(run, CHANGE)
    return found.loss_change / found.loss_predicted


def _error_growth(run: "Run") -> float:
    return _nudge(run, 2 * CHANGE).loss_error / _nudge(run, CHANGE).loss_error


def _step_share(run: "Run") -> float:
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


def _path_sum(run: "Run") -> float:
    paths = _paths(run)
    return paths.total / paths.gradient


def _changed_by_looking(run: "Run") -> float:
    specimen = _specimen(run)
    before = specimen.network.parameters.copy()
    specimen.trainer.measure()
    return float(np.count_nonzero(specimen.network.parameters != before))


def _changed_by_step(run: "Run") -> float:
    specimen = _specimen(run)
    before = specimen.network.parameters.copy()
    specimen.trainer.step()
    return float(np.count_nonzero(specimen.network.parameters != before))


def _worst_error(run: "Run") -> float:
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


def _critical_gain(run: "Run") -> float:
    found = critical_gain(run.spec, input_square_of(run.trainer.data))
    return math.nan if found is None else found


MEASUREMENTS: dict[str, Measurement] = {
    record.name: record
    for record in (
        Measurement(
            "loss", "The training loss of the last step's batch.", lambda run: run.loss, ratio=True
        ),
        Measurement(
            "test loss",
            "The loss of samples never learned from.",
            lambda run: run.scores.test_loss,
            ratio=True,
        ),
        Measurement(
            "train accuracy",
            "The share of training samples that are told right.",
            lambda run: run.scores.train_accuracy,
        ),
        Measurement(
            "test accuracy",
            "The share of samples never learned from that are told right.",
            lambda run: run.scores.test_accuracy,
        ),
        Measurement(
            "factor per layer",
            "By what the signal gradient is multiplied from layer to layer toward the input.",
            _signal_factor,
            ratio=True,
        ),
        Measurement(
            "weight gradient's factor per layer",
            "By what the weight gradient is multiplied from layer to layer toward the input.",
            _weight_factor,
            ratio=True,
        ),
        Measurement(
            "first layer over last",
            "Signal gradient of layer 1, over that of the last hidden layer.",
            _total,
            ratio=True,
        ),
        Measurement(
            "signal gradient of the output",
            "Root mean square of ∂loss/∂z of the output layer.",
            lambda run: float(run.magnitudes(0)[ROW["signal_gradient_rms"], -1]),
            ratio=True,
        ),
        Measurement(
            "largest slope",
            "The largest φ'(u) of any hidden unit for any sample of the batch.",
            _largest_slope,
            ratio=True,
        ),
        Measurement(
            "gradient norm",
            "The norm of the gradient of all weights, before clipping.",
            _gradient_norm,
            ratio=True,
        ),
        Measurement(
            "clipped gradient norm",
            "The norm of the gradient of all weights that the update uses.",
            _clipped_norm,
            ratio=True,
        ),
        Measurement(
            "gradient of the first weight",
            "∂loss/∂W_1[0, 0] for the next batch.",
            _first_gradient,
        ),
        Measurement(
            "change of loss by the nudge",
            "W_1[0, 0] grows by 0.01: what the loss of the next batch does.",
            _nudged_change,
        ),
        Measurement(
            "change of loss over prediction",
            "W_1[0, 0] grows by 0.01: what the loss does, over gradient × 0.01.",
            _nudged_share,
            ratio=True,
        ),
        Measurement(
            "error's growth when the change doubles",
            "W_1[0, 0] grows by 0.02 instead of 0.01: by what the prediction's error grows.",
            _error_growth,
            ratio=True,
        ),
        Measurement(
            "step's change of loss over prediction",
            "One step: what the loss of its own batch does, over gradient × change.",
            _step_share,
            ratio=True,
        ),
        Measurement(
            "paths to the loss",
            "How many paths lead from W_1[0, 0] to the loss.",
            lambda run: float(_paths(run).n_paths),
        ),
        Measurement(
            "sum of paths over gradient",
            "All paths' products added up, over the gradient of W_1[0, 0], for one sample.",
            _path_sum,
            ratio=True,
        ),
        Measurement(
            "weights changed before the update",
            "How many weights and biases forward, loss and backward change.",
            _changed_by_looking,
        ),
        Measurement(
            "weights changed by a step",
            "How many weights and biases one whole step changes.",
            _changed_by_step,
        ),
        Measurement(
            "worst error of backpropagation",
            "The largest relative error of a layer's gradient beside central differences.",
            _worst_error,
            ratio=True,
        ),
        Measurement(
            "critical gain",
            "The gain at which theory expects a factor of 1 per layer.",
            _critical_gain,
            ratio=True,
        ),
    )
}
