"""When a step is certain to be finite, so that its results need not be looked at."""

import math

import numpy as np

from core.arrays import Array
from core.datasets import Dataset
from core.network import Network
from core.updates import Settings


class Bounds:
    """Norms and numbers from which on the results of a step have to be looked at.

    `moderate`: |dW_l| <= |h_{l-1}| |delta_l|, so that while these norms are under it, the gradient
    is finite, and so is its square, which an optimiser may keep. So is a loss of such outputs with
    such a gradient. (What float16 stores is not what the optimiser keeps: no square there.)
    `moderate_flow` is what of it the inputs leave to the other layers.
    `tame_targets`: the distance from a larger target may be infinite while its slope is 1.
    """

    def __init__(self, network: Network, data: Dataset) -> None:
        self._network = network
        self.moderate = network.precision.largest ** (0.5 if network.precision.rounds else 0.25)
        self._widest = float(np.finfo(network.dtype).max) ** 0.5
        with np.errstate(over="ignore"):  # infinity leads to the careful way
            self.moderate_flow = self.moderate - float(np.linalg.norm(np.float64(data.x_train)))
        self.tame_targets = float(np.abs(data.y_train).max()) < self._widest

    def norm_gradient(self) -> float:
        """How large the gradient of scales and shifts is, which the signals do not bound."""
        rest = self._network.gradient[..., self._network.layout.n_dense :]
        return float(np.sqrt(np.vecdot(rest, rest).max()))

    def suffice(self, settings: Settings, slots: Array) -> bool:
        """Whether moderate signals are enough for the next update to be finite.

        For float16 they never are: its parameters soon reach the largest number.
        """
        rates = settings.rates
        factors = (rates.learning_rate, rates.decay, settings.l1, settings.l2)
        # an optimiser may keep squares
        held = (self._network.parameters, *slots)
        return (
            not self._network.precision.rounds
            and self.tame_targets
            and all(np.max(factor) < math.sqrt(self.moderate) for factor in factors)
            and all(np.abs(values).max() < self._widest for values in held)
        )
