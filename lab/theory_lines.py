"""Theory beside a measurement: what it predicts of one quantity in every layer, and when not.

Theory knows fresh, wide networks. It says how large h is, and how delta changes from layer to
layer, not how large delta is: that depends on the loss. So a gradient's line is drawn through the
measurement at the last hidden layer, and is to be read for its slope.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from lab.fading import signal_factor

if TYPE_CHECKING:
    from core.theory import Prediction

ANCHORED = "fresh, wide networks, drawn through what is measured at the last hidden layer"
ABSOLUTE = "fresh, wide networks"
WEIGHT_NOTE = (
    " Of a weight gradient it is the product of forward and backward signal, as if samples were"
    " equally alike in every layer."
)


@dataclass(frozen=True, eq=False)
class TheoryLine:
    """The predicted values of the hidden layers, None without a prediction, and words.

    `factor` is that of a gradient per layer toward the input; `note` says in one or two sentences
    what the line is, or why there is none; `rough` that the caution in it applies.
    """

    values: Array | None = None
    factor: float | None = None
    note: str = ""
    rough: bool = False


def theory_line(
    prediction: "Prediction", name: str, measured: Array, input_square: float
) -> TheoryLine | None:
    """Return theory's line beside the `measured (layers,)` quantity; None where it has no say.

    One layer has no line.
    """
    if name not in ("signal_gradient_rms", "weight_gradient_rms", "activation_rms"):
        return None
    if prediction.rms_h is None or prediction.signal_gradient is None:
        return TheoryLine(note=prediction.reason)
    shape, absolute = _shape(prediction, name, input_square), name == "activation_rms"
    if len(shape) < 2 or not (absolute or _can_anchor(measured, shape)):
        return None
    with np.errstate(all="ignore"):  # what a deep network amplifies may overflow
        values = shape if absolute else shape * (measured[-2] / shape[-1])
        factor = None if absolute else _factor(prediction, name, shape)
    note = f"Dashed: what theory predicts of {ABSOLUTE if absolute else ANCHORED}."
    if name == "weight_gradient_rms":
        note += WEIGHT_NOTE
    note += f" {prediction.caution}" if prediction.caution else ""
    return TheoryLine(values, factor, note, bool(prediction.caution))


def _shape(prediction: "Prediction", name: str, input_square: float) -> Array:
    assert prediction.rms_h is not None
    assert prediction.signal_gradient is not None
    if name == "activation_rms":
        return prediction.rms_h
    if name == "signal_gradient_rms":
        return prediction.signal_gradient
    # dW_l = h_{l-1}^T delta_l
    below = np.concatenate([[np.sqrt(input_square)], prediction.rms_h])
    with np.errstate(all="ignore"):
        product: Array = below[: len(prediction.signal_gradient)] * prediction.signal_gradient
    return product


def _can_anchor(measured: Array, shape: Array) -> bool:
    return len(measured) > len(shape) and 0 < measured[-2] < np.inf and 0 < shape[-1] < np.inf


def _factor(prediction: "Prediction", name: str, shape: Array) -> float | None:
    if name == "signal_gradient_rms":
        return prediction.mean_factor
    inner = shape[1:]  # the first weights see the data, not a layer
    usable = len(inner) > 1 and bool(((inner > 0) & (inner < np.inf)).all())
    return signal_factor(inner) if usable else None
