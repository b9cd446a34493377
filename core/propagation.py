"""Forward and backward through a network: the chain rule, layer by layer.

A `Propagation` owns the arrays that one batch size needs, made once, and three plans: lists of
operations on views into those arrays, written down in the order of the formulas. To propagate is
to walk down a plan. What must go layer after layer stands in it so; what is independent of the
order (slopes, weight gradients) is done for whole blocks of equal layers in one call.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from core.arrays import Array, Call
from core.buffers import Buffers
from core.errors import is_count, wrong
from core.layout import Block, blocks_of
from core.losses import Loss
from core.network import Network
from core.products import block_product, column_sums, product, repetition
from core.targets import fitting

# Values of a layer's batch. Adding two arrays of one shape takes half the time of adding a row to
# each row; up to this size it pays to repeat the bias for that.
SMALL = 1 << 13


class Operation(NamedTuple):
    """`call(*args)` writes its result into the last argument; `name` is what people call it.

    `layer` counts from 1; of a block of layers it is the first.
    """

    call: Callable[..., Any]
    args: tuple[Any, ...]
    layer: int
    name: str


class Propagation(Buffers):
    """Buffers and plans for batches of `batch` samples.

    `x (*runs, batch, n_0)` is filled by the caller. After `forward`, every layer's h and slopes
    phi'(u) are known and `out` holds the output layer's z. The caller writes dloss/dout into
    `delta_out`; after `backward` every layer's delta is known, in place of its slopes, and after
    `differentiate` the network's gradient. `gradient_of` does all of it for one batch.

    Raises ValueError for batch norm with a batch of one, which has no spread.
    """

    def __init__(self, network: Network, batch: int) -> None:
        fewest = 1 + network.norm.keeps_statistics
        if not is_count(batch) or batch < fewest:
            norm = f" with {network.norm.label.lower()}" if network.norm.keeps_statistics else ""
            raise wrong("batch", batch, f"a whole number of at least {fewest}{norm}")
        super().__init__(network, batch)
        sizes = network.sizes
        self.blocks = tuple(blocks_of(sizes[1:]))
        kinds = zip(sizes[1:], network.activations, strict=False)
        self.slope_blocks = tuple(blocks_of([(n, phi.name) for n, phi in kinds]))
        self._followers = [
            (norm, layer.running)
            for norm, layer in zip(self.norms, network.layers, strict=False)
            if norm is not None and layer.running is not None
        ]
        self.forward_plan = self._stored(self._forward_operations())
        self.backward_plan = self._stored(self._backward_operations())
        self.gradient_plan = self._stored(self._gradient_operations())
        self.forward_calls, self.backward_calls, self.gradient_calls = (
            [(call, args) for call, args, _, _ in plan]  # such pairs are unpacked in half the time
            for plan in (self.forward_plan, self.backward_plan, self.gradient_plan)
        )
        self._all_back = [*self.backward_calls, *self.gradient_calls]

    def forward(self) -> None:
        """Fill h and the slopes of every layer from `x`."""
        for call, args in self.forward_calls:
            call(*args)

    def let_follow(self, calls: Iterable[Call]) -> None:
        """Have something done at the end of every forward pass, such as to measure it."""
        self.forward_calls += calls

    def backward(self) -> None:
        """Fill delta of every layer from `delta_out`."""
        for call, args in self.backward_calls:
            call(*args)

    def differentiate(self) -> None:
        """Fill the gradient of every layer from h and delta."""
        for call, args in self.gradient_calls:
            call(*args)

    def backpropagate(self) -> None:
        """Do as `backward` and `differentiate`, in one walk."""
        for call, args in self._all_back:
            call(*args)

    def gradient_of(self, x: Array, y: Array, loss: Loss, smoothing: float = 0.0) -> Array:
        """Fill the network's gradient for one batch; returns the loss, of shape `runs`.

        Raises ValueError for inputs that do not fit.
        """
        runs, n_out = self.network.runs, self.network.sizes[-1]
        if np.shape(x) not in {self.x.shape, self.x.shape[-2:]}:
            raise wrong("x", np.shape(x), f"the shape {self.x.shape}")
        y = fitting(loss, y, runs, self.batch, n_out)
        self.x[...] = x
        self.forward()
        value = loss.value_and_gradient(self.out, y, self.delta_out, smoothing)
        self.backward()
        self.differentiate()
        return value

    def follow_statistics(self) -> None:
        """Let the running statistics of batch norm follow this batch."""
        for norm, running in self._followers:
            norm.follow(*running)

    def _stored(self, operations: Iterator[Operation]) -> list[Operation]:
        """List a plan, rounding after each operation where the precision stores less."""
        precision, plan = self.network.precision, list[Operation]()
        for operation in operations:
            plan.append(operation)
            if precision.rounds:
                plan.append(operation._replace(call=precision.round, args=operation.args[-1:]))
        return plan

    def _forward_operations(self) -> Iterator[Operation]:
        network = self.network
        biases = yield from self._bias_operations()
        h_in = self.x
        for index, phi in enumerate(network.activations):
            layer, number = network.layers[index], index + 1
            z = u = self.delta[index]
            a, h = self.a[index], self.h[index]
            yield Operation(*product(h_in, layer.w, z), number, "matrix product")
            yield Operation(np.add, (z, biases[index], z), number, "bias")  # z = h_in W + b
            if (norm := self.norms[index]) is not None:
                yield Operation(norm.forward, (u,), number, "normalisation")  # u = norm(z)
            yield Operation(phi.function, (u, a), number, "activation")  # a = phi(u)
            if network.dropout:
                mask = self.mask_of(Block(index, 1))[..., 0, :, :]
                yield Operation(np.multiply, (a, mask, h), number, "dropout")
                a = h
            if network.skips[index]:
                yield Operation(np.add, (h_in, a, h), number, "residual sum")  # h = h_in + a
            elif a is not h:
                yield Operation(np.positive, (a, h), number, "activation")
            h_in = h
        number, w, z = len(network.layers), network.layers[-1].w, self.out
        yield Operation(*product(h_in, w, z), number, "matrix product")
        yield Operation(np.add, (z, biases[-1], z), number, "bias")
        for block in self.slope_blocks:
            derivative = network.activations[block.first].derivative
            u, a = self.slopes_of(block), self.outputs_of(block)
            # phi'(u) takes the place of u
            yield Operation(derivative, (u, a, u), block.first + 1, "activation's slope")

    def _bias_operations(self) -> Generator[Operation, None, list[Array]]:
        """What is added to each layer's products: its bias, or rows of it, filled here."""
        network, found = self.network, list[Array]()
        for block in self.blocks:
            rows = network.layout.biases_of(network.parameters, block)[..., None, :]
            n = rows.shape[-1]
            single = n == 1 and not network.runs  # one number is added as fast as an array
            if not single and self.batch * n <= SMALL:
                biases, shape = rows, (block.count, *network.runs, self.batch, n)
                rows = np.moveaxis(np.zeros(shape, network.dtype), 0, -3)
                copy = repetition(biases, rows)
                yield Operation(copy, (biases, rows), block.first + 1, "bias")
            each = [rows[..., index, :, :] for index in range(block.count)]
            found += [row.reshape(()) for row in each] if single else each
        return found

    def _backward_operations(self) -> Iterator[Operation]:
        network = self.network
        if network.precision.rounds:  # what the loss wrote
            yield Operation(np.positive, (self.delta_out,) * 2, len(self.h), "signal gradient")
        if network.dropout:  # dropped outputs carry nothing back
            for block in self.slope_blocks:
                slopes, mask = self.slopes_of(block), self.mask_of(block)
                yield Operation(np.multiply, (slopes, mask, slopes), block.first + 1, "dropout")
        name = "signal gradient"
        for index in range(len(network.layers) - 2, -1, -1):
            number, delta, delta_next = index + 1, self.delta[index], self.delta[index + 1]
            w_next_t = network.layers[index + 1].w.swapaxes(-1, -2)
            d_h, d_h_next = self.room_for(index), self.room_for(index + 1)
            # dloss/dh_l = delta_{l+1} W_{l+1}^T, and what the residual connection passes by
            yield Operation(*product(delta_next, w_next_t, d_h), number, name)
            if index + 1 < len(network.skips) and network.skips[index + 1]:
                yield Operation(np.add, (d_h, d_h_next, d_h), number, name)
            # dloss/du_l = dloss/dh_l * phi'(u_l)
            yield Operation(np.multiply, (d_h, delta, delta), number, name)
            if (norm := self.norms[index]) is not None:
                yield Operation(norm.backward, (delta,), number, name)

    def _gradient_operations(self) -> Iterator[Operation]:
        network = self.network
        for block in network.layout.blocks:
            yield from self._gradients_of(block)
        if network.precision.rounds and network.norm.axis is not None:
            # of scales and shifts, which `backward` has left unrounded
            d_norm = network.gradient[..., network.layout.n_weights + sum(network.sizes[1:]) :]
            yield Operation(np.positive, (d_norm, d_norm), 1, "weight gradient")
        for block in self.blocks:
            delta, number = self.rows_of(self.memory[1], block), block.first + 1
            d_b = network.layout.biases_of(network.gradient, block)
            # db_l = column sums of delta_l
            for index, column_sum in enumerate(column_sums(self.ones, delta, d_b)):
                yield Operation(*column_sum, number + index, "weight gradient")

    def _gradients_of(self, block: Block) -> Iterator[Operation]:
        """One product for a block whose inputs lie in one piece too, else one per layer."""
        network, sizes = self.network, self.network.sizes
        in_one_piece = block.first > 0 and sizes[block.first] == sizes[block.first + 1]
        if block.count > 1 and not in_one_piece:
            for index in range(block.count):
                yield from self._gradients_of(Block(block.first + index, 1))
            return
        h_in = self.x[..., None, :, :]
        if block.first > 0:
            h_in = self.rows_of(self.memory[0], Block(block.first - 1, block.count))
        delta, number = self.rows_of(self.memory[1], block), block.first + 1
        d_w = network.layout.weights_of(network.gradient, block)
        # dW_l = h_{l-1}^T delta_l
        yield Operation(
            *block_product(h_in.swapaxes(-1, -2), delta, d_w), number, "weight gradient"
        )
