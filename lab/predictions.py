"""What theory predicts of the network that a spec describes, before any training.

`core.theory` knows activations and initialisers; here they are read off a spec. The data count with
one number, the mean square of the inputs, as a wide layer of random weights hardly sees more.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from core.activations import ACTIVATIONS
from core.datasets import Dataset
from core.initializers import INITIALIZERS
from lab.exhibits import Exhibit
from lab.spec import Spec

if TYPE_CHECKING:
    from core.theory import Prediction
    from lab.run import Run


@dataclass(frozen=True, eq=False)
class Expectation:
    """What theory expects of a network, and the mean square of the inputs that it counts with."""

    prediction: "Prediction"
    input_square: float


@dataclass(frozen=True)
class ExpectationOf(Exhibit[Expectation]):
    """What theory expected before training."""

    lasts: ClassVar[bool] = True

    def made_of(self, run: "Run") -> Expectation:
        square = input_square_of(run.trainer.data)
        return Expectation(prediction_of(run.spec, square), square)


def prediction_of(spec: Spec, input_square: float) -> "Prediction":
    """Predict a fresh network of a spec whose inputs have the mean square `input_square`."""
    from core.theory import predict  # a window is up before theory is asked

    network, cures = spec.network, spec.cures
    return predict(
        spec.sizes,
        [ACTIVATIONS[layer.activation] for layer in spec.hidden],
        INITIALIZERS[network.initializer],
        network.gain,
        network.bias_std,
        input_square,
        cures.norm,
        cures.residual,
        cures.dropout,
    )


def input_square_of(data: Dataset) -> float:
    """Return the mean square of the inputs that a network learns from."""
    return float(np.mean(np.square(data.x_train, dtype=np.float64)))
