"""What a network makes of its data: a surface, a table of confusions, or predictions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.datasets import Dataset, Task
from core.network import Network
from lab.exhibits import Exhibit

if TYPE_CHECKING:
    from lab.run import Run

SURFACE_SIDE = 48
SURFACE_MARGIN = 0.15
MOST_POINTS = 2000


@dataclass(frozen=True, eq=False)
class Surface:
    """The network's answer over the plane of two inputs.

    `values (rows, columns)` run along the second and the first standardised input over `x_range`
    and `y_range`: probability of the second class, or the predicted number.
    """

    values: Array
    x_range: tuple[float, float]
    y_range: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Confusion:
    """Counts (true class, predicted class) over the test samples."""

    counts: Array


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predicted against true numbers of the test samples, both (samples,)."""

    true: Array
    predicted: Array


Answer = Surface | Confusion | Predictions


@dataclass(frozen=True)
class AnswerOf(Exhibit[Answer]):
    """The answer of one of the networks that are trained side by side, counted from 0."""

    seed: int = 0

    def made_of(self, run: "Run") -> Answer:
        data, network = run.trainer.data, run.network(self.seed)
        with np.errstate(all="ignore"):
            if data.task is Task.CLASSES:
                return Confusion(_confusion(data, network.predict(data.x_test)))
            if data.n_inputs == 2 and data.n_outputs == 1:
                return _surface(data, network)
            predicted = network.predict(data.x_test)
        chosen = slice(0, MOST_POINTS)
        return Predictions(data.y_test.ravel()[chosen], predicted.ravel()[chosen])


def _confusion(data: Dataset, z: Array) -> Array:
    counts = np.zeros((data.n_outputs, data.n_outputs), np.intp)
    np.add.at(counts, (data.y_test, z.argmax(axis=-1)), 1)
    return counts


def _surface(data: Dataset, network: Network) -> Surface:
    x_axis, y_axis = (padded_range(data, column) for column in (0, 1))
    z = network.predict(plane(x_axis, y_axis, SURFACE_SIDE).astype(network.dtype))
    values = 1 / (1 + np.exp(-z)) if data.task is Task.BINARY else z
    return Surface(values.reshape(SURFACE_SIDE, SURFACE_SIDE), x_axis, y_axis)


def plane(x_range: tuple[float, float], y_range: tuple[float, float], side: int) -> Array:
    """Return the points of a grid over two inputs, (side * side, 2), row after row."""
    grid = np.meshgrid(np.linspace(*x_range, side), np.linspace(*y_range, side))
    return np.stack([axis.ravel() for axis in grid], axis=1)


def padded_range(data: Dataset, column: int) -> tuple[float, float]:
    """Return the range of one input over all samples, with a margin."""
    values = np.concatenate([data.x_train[:, column], data.x_test[:, column]])
    low, high = float(values.min()), float(values.max())
    margin = SURFACE_MARGIN * (high - low)
    return low - margin, high + margin
