"""Forward and backward through a network: the chain rule, layer by layer.

A `Propagation` owns the arrays that one batch size needs, made once, and the views into them that
the two loops walk along. The loops hold what must go layer after layer; what is independent of the
order (slopes, weight gradients) is done for whole blocks of equal layers in one call.
"""

import math
from itertools import pairwise

import numpy as np

from core.activations import Derivative
from core.arrays import Array, aligned_zeros
from core.network import Block, Network, blocks_of, stacked

# Values of a layer's batch. Adding two arrays of one shape takes half the time of adding a row to
# each row; up to this size it pays to repeat the bias for that.
SMALL = 1 << 13


class Propagation:
    """Buffers and loops for batches of `batch` samples.

    `x (*runs, batch, n_0)` is filled by the caller. After `forward`, every layer's h and slopes
    phi'(z) are known and `out` holds the output layer's z. The caller writes dloss/dout into
    `delta_out`; after `backward` every layer's delta is known, in place of its slopes, and after
    `differentiate` the network's gradient.
    """

    def __init__(self, network: Network, batch: int) -> None:
        self.network = network
        self.batch = batch
        runs, sizes = network.runs, network.sizes
        total = batch * sum(sizes[1:])
        self._starts = np.cumsum([0, *(batch * n for n in sizes[1:])]).tolist()
        # h of all layers, and what is z, then phi'(z), then delta: the less memory is touched, the
        # more of it stays in the cache. Kept together, because both are measured in one call.
        self.memory = aligned_zeros((2, *runs, total), network.dtype)
        # dloss/dh of one layer after the other
        self._room = aligned_zeros((math.prod(runs) * batch * max(sizes[1:]),), network.dtype)
        x_shape = (*runs, batch, sizes[0])
        self.x = aligned_zeros((math.prod(x_shape),), network.dtype).reshape(x_shape)
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
        """View phi'(z) of a block of hidden layers, (*runs, count, batch, n), before `backward`."""
        return self.rows_of(self.memory[1], block)

    def forward(self) -> None:
        """Fill h and the slopes of every layer from `x`."""
        for rows, biases in self._bias_plan:
            np.copyto(rows, biases)
        product = self._product
        for h_in, w, b, z, h, phi in self._forward_plan:
            product(h_in, w, z)  # z_l = h_{l-1} W_l + b_l
            np.add(z, b, z)
            if phi is not None:
                phi(z, h)  # h_l = phi(z_l)
        for derivative, z, h in self._slope_plan:
            derivative(z, h, z)  # phi'(z_l) takes the place of z_l

    def backward(self) -> None:
        """Fill delta of every layer from `delta_out`."""
        product = self._product
        for delta_next, w_next_t, d_h, slope in self._delta_plan:
            product(delta_next, w_next_t, d_h)  # dloss/dh_l = delta_{l+1} W_{l+1}^T
            np.multiply(d_h, slope, slope)  # delta_l = dloss/dh_l * phi'(z_l)

    def differentiate(self) -> None:
        """Fill the gradient of every layer from h and delta."""
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
        self.out, self.delta_out = self.h[-1], self.delta[-1]
        z_of_layers = [*self.delta[:-1], self.out]
        functions = [*(phi.function for phi in network.activations), None]
        self._forward_plan = [
            (h_in, layer.w, b, z, h, phi)
            for h_in, layer, b, z, h, phi in zip(
                [self.x, *self.h[:-1]],
                network.layers,
                self._bias_rows(),
                z_of_layers,
                self.h,
                functions,
                strict=True,
            )
        ]

    def _bias_rows(self) -> list[Array]:
        """What is added to each layer's products: its bias, or rows of it, filled by `forward`."""
        network = self.network
        self._bias_plan = list[tuple[Array, Array]]()
        found = list[Array]()
        for block in self.blocks:
            rows = network.biases_of(network.parameters, block)[..., None, :]
            n = rows.shape[-1]
            if self.batch * n <= SMALL:
                biases, rows = rows, np.zeros((*rows.shape[:-2], self.batch, n), network.dtype)
                self._bias_plan.append((rows, biases))
            found += [rows[..., index, :, :] for index in range(block.count)]
        return found

    def _plan_backward(self) -> None:
        network = self.network
        self._slope_plan = [self._slope_step(block) for block in self.slope_blocks]
        upward = zip(pairwise(self.delta), network.layers[1:], strict=True)
        self._delta_plan = [
            (delta_next, layer.w.swapaxes(-1, -2), self._room_for(delta), delta)
            for (delta, delta_next), layer in upward
        ][::-1]
        self._gradient_plan = [
            part for block in network.blocks for part in self._gradient_steps(block)
        ]

    def _room_for(self, delta: Array) -> Array:
        return self._room[: delta.size].reshape(delta.shape)

    def _slope_step(self, block: Block) -> tuple[Derivative, Array, Array]:
        activation = self.network.activations[block.first]
        h = self.rows_of(self.memory[0], block)
        return activation.derivative, self.slopes_of(block), h

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
