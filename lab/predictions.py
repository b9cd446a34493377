"""What theory predicts of the network that a spec describes, before any training.

`core.theory` knows activations and initialisers; here they are read off a spec. The data count with
one number, the mean square of the inputs, as a wide layer of random weights hardly sees more.
"""

import numpy as np

from core.activations import ACTIVATIONS
from core.datasets import Dataset
from core.initializers import INITIALIZERS
from core.theory import Prediction, predict
from lab.spec import Spec


def prediction_of(spec: Spec, input_square: float) -> Prediction:
    """Predict a fresh network of a spec whose inputs have the mean square `input_square`."""
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
