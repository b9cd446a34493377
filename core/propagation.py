"""Forward and backward through a network: the chain rule, layer by layer.

A `Propagation` owns the arrays that one batch size needs, made once, and three plans: lists of
operations on views into those arrays, written down in the order of the formulas. To propagate is
to walk down a plan. What must go layer after layer stands in it so; what is independent of the
order (slopes, weight gradients) is done for whole blocks of equal layers in one call.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from core.arrays import Array, Call
from core.buffers import Buffers
from core.errors import is_count, wrong
from core.layout import Block, blocks_of
from core.losses import Loss
from core.network import Network
from core.products import block_product, product
from core.targets import fitting


class Operation(NamedTuple):
    """`call(*args)` writes its result into the last argument; `name` is what people call it.

    `layer` counts from 1; of a block of layers it is the first. `ready` does the same faster.
    """

    call: Callable[..., Any]
    args: tuple[Any, ...]
    layer: int
    name: str
    ready: Call | None = None


class Propagation(Buffers):
    """Buffers and plans for batches of `batch` samples, whose operations see samples as columns.

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
        # Equal hidden layers, and the output layer.
        output = Block(len(sizes) - 2, 1)
        self.blocks = (*blocks_of(sizes[1:-1]), output)
        self._dense_blocks = (*blocks_of(network.layout.shapes[:-1]), output)
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
            # such pairs are unpacked in half the time
            [one.ready or (one.call, one.args) for one in plan]
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
        with np.errstate(over="ignore", invalid="ignore"):
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
                result = operation.args[-1:]
                plan.append(operation._replace(call=precision.round, args=result, ready=None))
        return plan

    def _forward_operations(self) -> Iterator[Operation]:
        network = self.network
        for index, phi in enumerate(network.activations):
            number = index + 1
            z = u = self.delta_of(index)
            h, a = self.h_of(index), self._a_columns.layer(self._a_all, index)
            dense, h_in = self._factors_of(index)
            # z = h_in W + b, samples being columns: z^T = [W; b]^T [h_in, 1]^T
            yield Operation(*product(dense, h_in, z), number, "matrix product")
            if (norm := self.norms[index]) is not None:
                yield Operation(norm.forward, (u,), number, "normalisation")  # u = norm(z)
            ready = phi.ready(u, a) if phi.ready else None
            yield Operation(phi.function, (u, a), number, "activation", ready)  # a = phi(u)
            if network.dropout:
                mask = self.mask_of(Block(index, 1))[..., 0, :, :]
                yield Operation(np.multiply, (a, mask, h), number, "dropout")
                a = h
            if network.skips[index]:
                own = h_in[..., :-1, :]
                yield Operation(np.add, (own, a, h), number, "residual sum")  # h = h_in + a
            elif a is not h and self._a_all is not self._h_all:
                yield Operation(np.positive, (a, h), number, "activation")
        last = len(network.activations)
        dense, h_in = self._factors_of(last)
        yield Operation(*product(dense, h_in, self.h_of(last)), last + 1, "matrix product")
        for block in self.slope_blocks:
            derivative = network.activations[block.first].derivative
            # phi'(u) takes the place of u
            more = self.delta_columns.more
            u, a = self.slopes_of(block, more), self._a_columns.of(self._a_all, block, more)
            yield Operation(derivative, (u, a, u), block.first + 1, "activation's slope")

    def _factors_of(self, index: int) -> tuple[Array, Array]:
        """What a layer multiplies: [W; b]^T (*runs, n, n_in + 1), [h_in, 1]^T (..., batch)."""
        layer, network = Block(index, 1), self.network
        dense = network.layout.dense_of(network.parameters, layer)[..., 0, :, :]
        return dense.swapaxes(-1, -2), self.augmented_of(layer)[..., 0, :, :]

    def _backward_operations(self) -> Iterator[Operation]:
        network, last = self.network, len(self.network.activations)
        if network.precision.rounds:  # what the loss wrote
            delta = self.delta_of(last)
            yield Operation(np.positive, (delta, delta), last + 1, "signal gradient")
        if network.dropout:  # dropped outputs carry nothing back
            for block in self.slope_blocks:
                slopes, mask = self.slopes_of(block), self.mask_of(block)
                yield Operation(np.multiply, (slopes, mask, slopes), block.first + 1, "dropout")
        name = "signal gradient"
        for index in range(last - 1, -1, -1):
            delta, delta_next = self.delta_of(index), self.delta_of(index + 1)
            number, w_next = index + 1, network.layers[index + 1].w
            d_h, d_h_next = self.room_for(index), self.room_for(index + 1)
            # dloss/dh_l = delta_{l+1} W_{l+1}^T, and what the residual connection passes by;
            # samples being columns, the factors have changed places
            yield Operation(*product(w_next, delta_next, d_h), number, name)
            if index + 1 < len(network.skips) and network.skips[index + 1]:
                yield Operation(np.add, (d_h, d_h_next, d_h), number, name)
            # dloss/du_l = dloss/dh_l * phi'(u_l)
            yield Operation(np.multiply, (d_h, delta, delta), number, name)
            if (norm := self.norms[index]) is not None:
                yield Operation(norm.backward, (delta,), number, name)

    def _gradient_operations(self) -> Iterator[Operation]:
        network = self.network
        for block in self._dense_blocks:
            yield from self._gradients_of(block)
        if network.precision.rounds and network.norm.axis is not None:
            # of scales and shifts, which `backward` has left unrounded
            d_norm = network.gradient[..., network.layout.n_dense :]
            yield Operation(np.positive, (d_norm, d_norm), 1, "weight gradient")

    def _gradients_of(self, block: Block) -> Iterator[Operation]:
        """One product for a block whose inputs lie in one piece too, else one per layer."""
        sizes = self.network.sizes
        in_one_piece = block.first > 0 and sizes[block.first] == sizes[block.first + 1]
        if block.count > 1 and not in_one_piece:
            for index in range(block.count):
                yield from self._gradients_of(Block(block.first + index, 1))
            return
        h_in, delta = self.augmented_of(block), self.slopes_of(block)
        d_dense = self.network.layout.dense_of(self.network.gradient, block)
        # dW_l = h_{l-1}^T delta_l,  db_l = 1^T delta_l
        delta_t = delta.swapaxes(-1, -2)
        yield Operation(*block_product(h_in, delta_t, d_dense), block.first + 1, "weight gradient")
