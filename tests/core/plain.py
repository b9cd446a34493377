"""What is measured, by its plain formula: slow, in float64, one layer after the other."""

import math

import numpy as np

from core.activations import Activation
from core.arrays import Array
from core.measures import QUANTITIES, ROW
from core.network import Network
from core.propagation import Propagation
from core.training import Trainer


def plain_magnitudes(trainer: Trainer, before: Array) -> dict[str, Array]:
    """Every quantity of the last step by its plain formula, in float64: name -> (layers,).

    `before` are the parameters (P,) that the step started from.
    """
    network, flow = trainer.network, trainer.flow
    old = Network(
        network.sizes,
        network.activations,
        network.dtype,
        norm=network.norm.name,
        residual=network.residual,
        dropout=network.dropout,
    )
    old.parameters[...] = before
    pairs = list(zip(network.layers, old.layers, strict=True))
    h, delta, d_w, weights, change = (
        [np.asarray(values, np.float64) for values in kind]
        for kind in (
            flow.h,
            flow.delta,
            [new.d_w for new in network.layers],
            [was.w for was in old.layers],
            [was.w.astype(np.float64) - new.w for new, was in pairs],
        )
    )
    signals = zip(network.activations, _signals(old, flow), strict=True)
    slopes = [_slopes(phi, u) for phi, u in signals]
    found = {
        "activation_norm": [norm(v) for v in h],
        "signal_gradient_norm": [norm(v) for v in delta],
        "weight_gradient_norm": [norm(v) for v in d_w],
        "clipped_gradient_norm": [norm(v) for v in d_w],
        "weight_norm": [norm(v) for v in weights],
        "update_norm": [norm(v) for v in change],
        "activation_rms": [norm(v) / math.sqrt(v.size) for v in h],
        "signal_gradient_rms": [norm(v) / math.sqrt(v.size) for v in delta],
        "weight_gradient_rms": [norm(v) / math.sqrt(v.size) for v in d_w],
        "clipped_gradient_rms": [norm(v) / math.sqrt(v.size) for v in d_w],
        "update_ratio": [np.divide(norm(c), norm(w)) for c, w in zip(change, weights, strict=True)],
        "saturated_share": [
            *(
                np.mean(slope < 0.05 * phi.max_slope)
                for slope, phi in zip(slopes, network.activations, strict=True)
            ),
            0,
        ],
        "dead_share": [*(np.mean((slope == 0).all(axis=0)) for slope in slopes), 0],
    }
    return {name: np.array(values, np.float64) for name, values in found.items()}


def norm(values: Array) -> float:
    largest = float(np.abs(values).max())
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * math.sqrt(math.fsum((values / largest).ravel() ** 2))


def _signals(network: Network, flow: Propagation) -> list[Array]:
    """What the activations of a training step get: z, or what the norm makes of it."""
    found, h, masks = [], flow.x, flow.mask
    for layer, phi, skips in zip(network.layers, network.activations, network.skips, strict=False):
        u = h @ layer.w + layer.b
        if (axis := network.norm.axis) is not None:
            mean, variance = u.mean(axis, keepdims=True), u.var(axis, keepdims=True)
            u = (u - mean) / np.sqrt(variance + 1e-5) * layer.scale + layer.shift
        a = np.empty_like(u)
        phi.function(u, a)
        if network.dropout:
            a = a * masks[: a.size].reshape(a.T.shape).T
            masks = masks[a.size :]
        h = h + a if skips else a
        found.append(u)
    return found


def _slopes(activation: Activation, z: Array) -> Array:
    h, slope = np.empty_like(z), np.empty_like(z)
    activation.function(z, h)
    activation.derivative(z, h, slope)
    return np.abs(slope)


def check_measures(trainer: Trainer, relative: float = 1e-9) -> Array:
    """Take a step, compare what it measured with the plain formulas; returns the magnitudes."""
    before = trainer.network.parameters.copy()
    measured = trainer.step().magnitudes
    assert measured.shape == (len(QUANTITIES), len(trainer.network.layers))
    with np.errstate(all="ignore"):
        right = plain_magnitudes(trainer, before)
    # The change of a weight is known to the weight's last digit, and not better.
    last_digit = np.finfo(trainer.network.dtype).eps
    absolute = {
        "update_norm": last_digit * float(np.nanmax(right["weight_norm"])),
        "update_ratio": last_digit,
    }
    for name, values in right.items():
        np.testing.assert_allclose(
            measured[ROW[name]], values, relative, absolute.get(name, 0), err_msg=name
        )
    assert right.keys() == QUANTITIES.keys(), "a quantity has no formula here"
    return measured
