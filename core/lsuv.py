"""Layer-sequential unit variance: weights scaled by looking at what they do to one batch.

Mishkin and Matas 2016 (arXiv 1511.06422): start from orthonormal weights, then walk through the
layers and divide each by the standard deviation of its z over the batch.
"""

import numpy as np

from core.arrays import Array
from core.network import Network

TRIALS = 10  # biases do not scale, so one division is not always enough
TOLERANCE = 1e-3


def scale_to_unit_variance(network: Network, x: Array, gain: float | Array = 1.0) -> None:
    """Scale every layer's weights until its z for the batch `x` has the spread `gain`.

    `gain` is a number or one per run. A layer without any spread is left as it is.
    """
    target = np.broadcast_to(np.asarray(gain, np.float64), network.runs)
    for layer, z in zip(network.layers, network.signals(x, training=True), strict=True):
        for _ in range(TRIALS):
            spread = z.std(axis=(-2, -1), dtype=np.float64)
            factor = np.where(spread > 0, target / np.where(spread > 0, spread, 1), 1)
            if (np.abs(factor - 1) < TOLERANCE).all():
                break
            rows = factor.astype(z.dtype)[..., None, None]
            layer.w[...] *= rows
            # z = h W + b with the new W; the walk goes on from this z
            bias = layer.b[..., None, :]
            z[...] = (z - bias) * rows + bias
    network.precision.round(network.parameters)
