"""What a right gradient is, as functions that fail for a wrong engine.

The tests call them on the engine as it is, and on engines with a mistake put into them.
"""

import math

import numpy as np

from core.activations import Activation
from core.arrays import Array
from core.losses import Loss
from core.network import Network
from core.propagation import Propagation
from tests.core.engines import backpropagate, dataset, make_trainer


def assert_close(
    found: Array, right: Array, relative: float, what: str = "", floor: float = 0.0
) -> None:
    """Compare norm-wise: |found - right| <= relative |right| + floor."""
    found, right = np.asarray(found, np.float64), np.asarray(right, np.float64)
    assert found.shape == right.shape, f"{what}: shape {found.shape}, not {right.shape}"
    error, size = float(np.linalg.norm(found - right)), float(np.linalg.norm(right))
    assert error <= relative * size + floor, f"{what}: off by {error:.3g} at a norm of {size:.3g}"


def loss_differences(
    network: Network, loss: Loss, x: Array, y: Array, steps: Array, smoothing: float, mask: Array
) -> Array:
    """Central differences of the loss by every parameter, one row per step.

    Each parameter is shifted in a run of its own, all with one dropout mask. The batch is that of
    a training step: batch norm takes its statistics.
    """
    shifts = np.multiply.outer([1, -1], np.multiply.outer(steps, np.eye(network.parameters.size)))
    shifted = Network(
        network.sizes,
        network.activations,
        np.float64,
        shifts.shape[:-1],
        norm=network.norm.name,
        residual=network.residual,
        dropout=network.dropout,
    )
    shifted.parameters[...] = network.parameters + shifts
    flow = Propagation(shifted, x.shape[0])
    flow.mask[...] = mask
    flow.x[...] = x
    with np.errstate(over="ignore"):
        flow.forward()
    y = np.broadcast_to(y, (*shifted.runs, *y.shape))
    above, below = loss.value_and_gradient(flow.out, y, flow.delta_out, smoothing)
    difference: Array = (above - below) / (2 * steps[:, None])
    return difference


def check_gradient(
    network: Network,
    loss: Loss,
    x: Array,
    y: Array,
    smoothing: float = 0.0,
    mask_seed: int = 0,
) -> float:
    """Compare every layer's gradient with central differences, away from kinks.

    A kink shows where a difference depends on its step. Returns the share of parameters compared.
    """
    flow, value = backpropagate(network, loss, x, y, smoothing, mask_seed)
    steps = np.array([4e-5, 2e-5])
    wide, narrow = loss_differences(network, loss, x, y, steps, smoothing, flow.mask)
    exact = (4 * narrow - wide) / 3  # without the error in step^2
    floor = 1e-9 * (1 + abs(float(value)))  # rounding of the loss, over the step
    smooth = np.abs(wide - narrow) <= 1e-6 * np.linalg.norm(exact) + floor
    right = network.layout.views(np.where(smooth, exact, network.gradient))
    found = network.layout.views(network.gradient)
    for number, pair in enumerate(zip(found, right, strict=True), 1):
        for name, ours, theirs in zip(("dW", "db", "dscale", "dshift"), *pair, strict=True):
            if ours is not None and theirs is not None:
                assert_close(ours, theirs, 1e-6, f"{name}{number}", floor)
    return float(smooth.mean())


def check_against_loops(network: Network, loss: Loss, x: Array, y: Array) -> None:
    """Compare h, delta and gradients with sums written out number by number."""
    flow, _ = backpropagate(network, loss, x, y)
    h = [[[float(v) for v in row] for row in x]]
    slopes: list[list[list[float]]] = []
    for layer, activation in zip(network.layers, [*network.activations, None], strict=True):
        z = _loop_dense(h[-1], layer.w.tolist(), layer.b.tolist())
        pairs = [[_value_and_slope(activation, v) for v in row] for row in z]
        h.append([[value for value, _ in row] for row in pairs])
        slopes.append([[slope for _, slope in row] for row in pairs])
    delta = flow.delta_out.tolist()
    for index in reversed(range(len(network.layers))):
        layer = network.layers[index]
        assert_close(flow.h[index], np.array(h[index + 1]), 1e-12, f"h{index + 1}", 1e-15)
        assert_close(flow.delta[index], np.array(delta), 1e-12, f"delta{index + 1}", 1e-15)
        d_w, d_b = _loop_gradient(h[index], delta)
        assert_close(layer.d_w, np.array(d_w), 1e-12, f"dW{index + 1}", 1e-15)
        assert_close(layer.d_b, np.array(d_b), 1e-12, f"db{index + 1}", 1e-15)
        if index > 0:
            delta = _loop_back(delta, layer.w.tolist(), slopes[index - 1])


def _value_and_slope(activation: Activation | None, z: float) -> tuple[float, float]:
    if activation is None:
        return z, 1.0
    values = np.array([z])
    h, slope = np.empty(1), np.empty(1)
    activation.function(values, h)
    activation.derivative(values, h, slope)
    return float(h[0]), float(slope[0])


def _loop_dense(h: list[list[float]], w: list[list[float]], b: list[float]) -> list[list[float]]:
    return [
        [b[j] + math.fsum(row[i] * w[i][j] for i in range(len(w))) for j in range(len(b))]
        for row in h
    ]


def _loop_gradient(
    h: list[list[float]], delta: list[list[float]]
) -> tuple[list[list[float]], list[float]]:
    samples, n_in, n_out = range(len(h)), range(len(h[0])), range(len(delta[0]))
    d_w = [[math.fsum(h[s][i] * delta[s][j] for s in samples) for j in n_out] for i in n_in]
    return d_w, [math.fsum(delta[s][j] for s in samples) for j in n_out]


def _loop_back(
    delta: list[list[float]], w: list[list[float]], slopes: list[list[float]]
) -> list[list[float]]:
    return [
        [slope[i] * math.fsum(row[j] * w[i][j] for j in range(len(row))) for i in range(len(slope))]
        for row, slope in zip(delta, slopes, strict=True)
    ]


def check_step_by_hand() -> None:
    """One step of a 2-2-1 ReLU network; every number is exact in binary.

    x = (1, 2), (-1, 1)       z_1 = (1, 1/2), (-1/4, 2)     h_1 = (1, 1/2), (0, 2)
    z_2 = 1/2, -7/2           y = 1, -3                     loss = mean (z_2 - y)^2 = 1/4
    delta_2 = -1/2, -1/2      delta_1 = (-1/2, 1), (0, 1)
    """
    data = dataset(np.array([[1, 2], [-1, 1]]), np.array([[1], [-3]]), dtype=np.float64)
    trainer = make_trainer((2, 2, 1), "relu", data=data, learning_rate=0.5, batch_size=2)
    first, last = trainer.network.layers
    first.w[...], first.b[...] = [[0.5, -1], [0.25, 0.5]], [0, 0.5]
    last.w[...], last.b[...] = [[1], [-2]], 0.5
    assert trainer.step().loss == 0.25
    assert first.d_w.tolist() == [[-0.5, 0], [-1, 3]]
    assert first.d_b.tolist() == [-0.5, 2]
    assert last.d_w.tolist() == [[-0.5], [-1.25]]
    assert last.d_b.tolist() == [-1]
    assert first.w.tolist() == [[0.75, -1], [0.75, -1]]
    assert first.b.tolist() == [0.25, -0.5]
    assert last.w.tolist() == [[1.25], [-1.375]]
    assert last.b.tolist() == [1]
