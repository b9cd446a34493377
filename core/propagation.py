"""Forward and backward through a network: the chain rule, layer by layer.

A `Propagation` owns the arrays that one batch size needs, made once, and the views into them that
the two loops walk along. The loops hold what must go layer after layer; what is independent of the
order (slopes, weight gradients) is done for whole blocks of equal layers in one call.
"""

from itertools import pairwise

import numpy as np

from core.activations import Derivative
from core.arrays import Array
from core.network import Block, Network, blocks_of, stacked


class Propagation:
    """Buffers and loops for batches of `batch` samples.

    `x (*runs, batch, n_0)` is filled by the caller. After `forward`, `out` holds the output
    layer's z. The caller writes dloss/dout into `delta_out`; after `backward` the network's
    gradient is complete.
    """

    def __init__(self, network: Network, batch: int) -> None:
        self.network = network
        self.batch = batch
        runs, sizes = network.runs, network.sizes
        total = batch * sum(sizes[1:])
        self._starts = np.cumsum([0, *(batch * n for n in sizes[1:])]).tolist()
        # h and delta of all layers, together because both are measured in one call
        self.memory = np.zeros((2, *runs, total), network.dtype)
        # z of the hidden layers on the way up; the backward pass replaces it by the slopes phi'(z).
        self._z = np.empty((*runs, total - batch * sizes[-1]), network.dtype)
        self.x = np.empty((*runs, batch, sizes[0]), network.dtype)
        self.blocks = tuple(blocks_of(sizes[1:]))
        self.slope_blocks = tuple(
            blocks_of(
                [(n, phi.name) for n, phi in zip(sizes[1:], network.activations, strict=False)]
            )
        )
        # np.dot has less overhead than np.matmul but knows no leading axes.
        self._product = np.matmul if runs else np.dot
        self._ones = np.ones((1, batch), network.dtype)
        self._plan_forward()
        self._plan_backward()

    def rows_of(self, flat: Array, block: Block) -> Array:
        """View a block's batches in a vector laid out as h: (*leading, count, batch, n)."""
        n = self.network.sizes[block.first + 1]
        return stacked(flat, self._starts[block.first], block.count, (self.batch, n))

    def slopes_of(self, block: Block) -> Array:
        """View phi'(z) of a block of hidden layers after `backward`: (*runs, count, batch, n)."""
        return self.rows_of(self._z, block)

    def forward(self) -> None:
        """Fill z and h of every layer from `x`."""
        product = self._product
        for h_in, w, b, z, h, phi in self._forward_plan:
            product(h_in, w, z)  # z_l = h_{l-1} W_l + b_l
            np.add(z, b, z)
            if phi is not None:
                phi(z, h)  # h_l = phi(z_l)

    def backward(self) -> None:
        """Fill delta of every layer and the gradient, from `delta_out`."""
        for derivative, z, h, slope in self._slope_plan:
            derivative(z, h, slope)
        product = self._product
        for delta_next, w_next_t, slope, delta in self._delta_plan:
            product(delta_next, w_next_t, delta)  # dloss/dh_l = delta_{l+1} W_{l+1}^T
            np.multiply(delta, slope, delta)  # delta_l = dloss/dh_l * phi'(z_l)
        for h_in_t, delta, d_w, d_b in self._gradient_plan:
            np.matmul(h_in_t, delta, d_w)  # dW_l = h_{l-1}^T delta_l
            np.matmul(self._ones, delta, d_b)  # db_l = column sums of delta_l

    def _plan_forward(self) -> None:
        network = self.network
        count = len(network.layers)
        layers = [Block(index, 1) for index in range(count)]
        h_all, delta_all = self.memory
        self.h = [self.rows_of(h_all, block)[..., 0, :, :] for block in layers]
        self.delta = [self.rows_of(delta_all, block)[..., 0, :, :] for block in layers]
        self.z = list(self.h)
        for index, activation in enumerate(network.activations):
            if activation.name != "identity":
                self.z[index] = self.rows_of(self._z, layers[index])[..., 0, :, :]
        self.out, self.delta_out = self.z[-1], self.delta[-1]
        # Where h is z itself there is nothing to apply.
        functions = [
            None if z is h else phi.function
            for z, h, phi in zip(self.z, self.h, network.activations, strict=False)
        ]
        self._forward_plan = [
            (h_in, layer.w, layer.b[..., None, :], z, h, phi)
            for h_in, layer, z, h, phi in zip(
                [self.x, *self.h], network.layers, self.z, self.h, [*functions, None], strict=False
            )
        ]

    def _plan_backward(self) -> None:
        network = self.network
        self._slope_plan = [self._slope_step(block) for block in self.slope_blocks]
        slopes = [
            self.slopes_of(block)[..., index, :, :]
            for block in self.slope_blocks
            for index in range(block.count)
        ]
        upward = zip(pairwise(self.delta), network.layers[1:], slopes, strict=True)
        self._delta_plan = [
            (delta_next, layer.w.swapaxes(-1, -2), slope, delta)
            for (delta, delta_next), layer, slope in upward
        ][::-1]
        self._gradient_plan = [
            part for block in network.blocks for part in self._gradient_steps(block)
        ]

    def _slope_step(self, block: Block) -> tuple[Derivative, Array, Array, Array]:
        activation = self.network.activations[block.first]
        h = self.rows_of(self.memory[0], block)
        z = h if activation.name == "identity" else self.rows_of(self._z, block)
        return activation.derivative, z, h, self.slopes_of(block)

    def _gradient_steps(self, block: Block) -> list[tuple[Array, Array, Array, Array]]:
        """One step for a block whose inputs lie in one piece too, else one per layer."""
        sizes = self.network.sizes
        in_one_piece = block.first > 0 and sizes[block.first] == sizes[block.first + 1]
        if block.count > 1 and not in_one_piece:
            singles = [Block(block.first + index, 1) for index in range(block.count)]
            return [step for single in singles for step in self._gradient_steps(single)]
        h_in = self.x[..., None, :, :]
        if block.first > 0:
            h_in = self.rows_of(self.memory[0], Block(block.first - 1, block.count))
        gradient = self.network.gradient
        return [
            (
                h_in.swapaxes(-1, -2),
                self.rows_of(self.memory[1], block),
                self.network.weights_of(gradient, block),
                self.network.biases_of(gradient, block)[..., None, :],
            )
        ]
