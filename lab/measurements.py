"""What a lesson can measure: one number of a run each, by the name that lessons call it.

A lesson predicts such a number and compares with it. It is made in the training thread like any
exhibit; what cannot be measured in a network, such as paths through normalisation, is NaN.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab import measuring
from lab.exhibits import Exhibit

if TYPE_CHECKING:
    from lab.run import Run


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
            measuring.signal_factor_of,
            ratio=True,
        ),
        Measurement(
            "weight gradient's factor per layer",
            "By what the weight gradient is multiplied from layer to layer toward the input.",
            measuring.weight_factor_of,
            ratio=True,
        ),
        Measurement(
            "first layer over last",
            "Signal gradient of layer 1, over that of the last hidden layer.",
            measuring.first_over_last,
            ratio=True,
        ),
        Measurement(
            "signal gradient of the output",
            "Root mean square of ∂loss/∂z of the output layer.",
            measuring.output_signal,
            ratio=True,
        ),
        Measurement(
            "largest slope",
            "The largest φ'(u) of any hidden unit for any sample of the batch.",
            measuring.largest_slope,
            ratio=True,
        ),
        Measurement(
            "gradient norm",
            "The norm of the gradient of all weights, before clipping.",
            measuring.gradient_norm,
            ratio=True,
        ),
        Measurement(
            "clipped gradient norm",
            "The norm of the gradient of all weights that the update uses.",
            measuring.clipped_norm,
            ratio=True,
        ),
        Measurement(
            "gradient of the first weight",
            "∂loss/∂W_1[0, 0] for the next batch.",
            measuring.first_gradient,
        ),
        Measurement(
            "change of loss by the nudge",
            "W_1[0, 0] grows by 0.01: what the loss of the next batch does.",
            measuring.nudged_change,
        ),
        Measurement(
            "change of loss over prediction",
            "W_1[0, 0] grows by 0.01: what the loss does, over gradient × 0.01.",
            measuring.nudged_share,
            ratio=True,
        ),
        Measurement(
            "error's growth when the change doubles",
            "W_1[0, 0] grows by 0.02 instead of 0.01: by what the prediction's error grows.",
            measuring.error_growth,
            ratio=True,
        ),
        Measurement(
            "step's change of loss over prediction",
            "One step: what the loss of its own batch does, over gradient × change.",
            measuring.step_share,
            ratio=True,
        ),
        Measurement(
            "paths to the loss",
            "How many paths lead from W_1[0, 0] to the loss.",
            measuring.n_paths,
        ),
        Measurement(
            "sum of paths over gradient",
            "All paths' products added up, over the gradient of W_1[0, 0], for one sample.",
            measuring.path_sum,
            ratio=True,
        ),
        Measurement(
            "weights changed before the update",
            "How many weights and biases forward, loss and backward change.",
            measuring.changed_by_looking,
        ),
        Measurement(
            "weights changed by a step",
            "How many weights and biases one whole step changes.",
            measuring.changed_by_step,
        ),
        Measurement(
            "worst error of backpropagation",
            "The largest relative error of a weight's gradient beside central differences.",
            measuring.worst_error,
            ratio=True,
        ),
        Measurement(
            "random search over gradient descent",
            "The loss of random search over that of gradient descent, from the present weights, "
            "when both have had 1,200 forward passes.",
            measuring.search_over_descent,
            ratio=True,
        ),
        Measurement(
            "highest loss between two networks",
            "The highest loss on the straight line between the weights of the first two networks.",
            measuring.highest_between,
            ratio=True,
        ),
        Measurement(
            "highest final loss over lowest",
            "The highest training loss of a network over the lowest, of all that are trained.",
            measuring.highest_over_lowest,
            ratio=True,
        ),
        Measurement(
            "critical gain",
            "The gain at which theory expects a factor of 1 per layer.",
            measuring.predicted_gain,
            ratio=True,
        ),
    )
}
