"""The arrays that forward and backward passes of one batch size fill, made once.

In here a sample is a column: of a layer and a run there are (n, batch) numbers, and of the hidden
layers' outputs a row of ones behind them. So the bias is inside the product,

    z^T = [W; b]^T [h, 1]^T   and   [dW; db] = [h, 1]^T delta,

which takes forward and back through 6 layers of 8 units 12 us instead of 16. What others read are
views of that, with a row for each sample. What is computed in the arrays is in `propagation`.
"""

import math
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.random import Generator

from core.arrays import Array, aligned_zeros
from core.layout import Block, stacked
from core.network import Network
from core.normalization import Normalization


class Columns:
    """How numbers of all layers lie in a vector, one layer after the other.

    Equal neighbours are one array with one axis more. Within a layer the runs follow one another:
    what is done to every number of a layer meets one piece of memory, which for 64 runs of 8 units
    takes a third of the time. Behind the rows of a hidden layer's units, each of `batch` numbers,
    there may be one `more`. In all there are `total`.
    """

    def __init__(self, network: Network, batch: int, more: int) -> None:
        self._network, self._batch, self.more = network, batch, more
        self._rows = [n + more for n in network.sizes[1:-1]] + [network.sizes[-1]]
        per_row = math.prod(network.runs) * batch
        *self._starts, self.total = accumulate((per_row * n for n in self._rows), initial=0)

    def of(self, flat: Array, block: Block, more: int = 0) -> Array:
        """View a block of layers in vectors (*leading, total): (*leading, *runs, count, n, batch).

        With the row `more`, n is one larger. The output layer has none, and is in no block with
        others, but for who reads on into what lies behind it.
        """
        runs, n = self._network.runs, self._network.sizes[block.first + 1]
        shape = (*runs, self._rows[block.first], self._batch)
        found = stacked(flat, self._starts[block.first], block.count, shape)
        return np.moveaxis(found, -3 - len(runs), -3)[..., : n + more, :]

    def layer(self, flat: Array, index: int) -> Array:
        """View a layer, counted from 0: (*leading, *runs, n, batch)."""
        return self.of(flat, Block(index, 1))[..., 0, :, :]


class Buffers:
    """Arrays of a network for batches of `batch` samples.

    `inputs (*runs, batch, n_0 + 1)` are the inputs, each with a one behind it, and `x` is what they
    are without it. `h` and `delta`, (*runs, batch, n_l) each, are lists over the layers and views
    of `memory (2, ...)`, in which they lie as `h_columns` and `delta_columns` say; `out` and
    `delta_out` are their last.
    """

    def __init__(self, network: Network, batch: int) -> None:
        self.network, self.batch = network, batch
        runs, sizes, dtype = network.runs, network.sizes, network.dtype
        self.h_columns = self.delta_columns = Columns(network, batch, more=1)
        # Behind delta there are numbers that no result depends on, so that one call measures it and
        # h. In a stack, where most of the time is in the numbers, it goes without: 185 us instead
        # of 213 for 64 networks of 6 layers of 8 units.
        if runs:
            self.delta_columns = Columns(network, batch, more=0)
        # h of all layers, and what is z, then u, then phi'(u), then delta: the less memory is
        # touched, the more of it stays in the cache. Behind both there are zeros, so that the
        # output layer is as long as any other for who wants that.
        length = self.h_columns.total + batch * (1 + max(sizes[1:]))
        self.memory = aligned_zeros((2, length), dtype)
        self._h_all, self._delta_all = self.memory
        for index in range(len(network.activations)):
            self.h_columns.of(self._h_all, Block(index, 1), 1)[..., -1, :] = 1
        # What an activation gives is h itself, unless something is still done to it. In a stack,
        # where h is not in one piece, only what takes one call goes there straight: 12 layers of 16
        # sigmoid units take 32 networks 130 us, with every call in h 222.
        self._a_all, self._a_columns = self._h_all, self.h_columns
        in_one_call = all(phi.in_one_call for phi in network.activations)
        if any(network.skips) or network.dropout > 0 or (runs and not in_one_call):
            self._a_columns = self.delta_columns
            self._a_all = aligned_zeros((self._a_columns.total,), dtype)
        hidden = sum(sizes[1:-1]) if network.dropout > 0 else 0
        self.mask = np.ones((*runs, batch * hidden), dtype)  # each run's is drawn in one go
        # dloss/dh of a layer, and of the one after it where residual connections pass it on
        self._rooms = aligned_zeros(
            (1 + any(network.skips), math.prod(runs) * batch * max(sizes[1:])), dtype
        )
        x_shape = (*runs, batch, sizes[0] + 1)
        self.inputs = aligned_zeros((math.prod(x_shape),), dtype).reshape(x_shape)
        self.inputs[..., -1] = 1
        self.x = self.inputs[..., :-1]
        self.h = [self.h_of(index).swapaxes(-1, -2) for index in range(len(network.layers))]
        self.delta = [self.delta_of(index).swapaxes(-1, -2) for index in range(len(network.layers))]
        self.out, self.delta_out = self.h[-1], self.delta[-1]
        self.norms = self._make_norms()

    def h_of(self, index: int) -> Array:
        """View h of a layer, counted from 0: (*runs, n, batch)."""
        return self.h_columns.layer(self._h_all, index)

    def delta_of(self, index: int) -> Array:
        """View delta of a layer, counted from 0: (*runs, n, batch)."""
        return self.delta_columns.layer(self._delta_all, index)

    def augmented_of(self, block: Block) -> Array:
        """View what goes into a block of layers, each with ones: (*runs, count, n_in + 1, batch).

        A block that begins with layer 0 is that one alone.
        """
        if block.first == 0:
            return self.inputs[..., None, :, :].swapaxes(-1, -2)
        return self.h_columns.of(self._h_all, Block(block.first - 1, block.count), 1)

    def slopes_of(self, block: Block, more: int = 0) -> Array:
        """View phi'(u) of a block of hidden layers before `backward`, (*runs, count, n, batch)."""
        return self.delta_columns.of(self._delta_all, block, more)

    def room_for(self, index: int) -> Array:
        """Return room for dloss/dh of a layer, while that of the next one is still needed."""
        shape = self.delta_of(index).shape
        return self._rooms[index % len(self._rooms), : math.prod(shape)].reshape(shape)

    def mask_of(self, block: Block) -> Array:
        """View which outputs of hidden layers are kept, as factors (*runs, count, n, batch)."""
        start = self.batch * sum(self.network.sizes[1 : block.first + 1])
        shape = self.network.sizes[block.first + 1], self.batch
        return stacked(self.mask, start, block.count, shape)

    def drop(self, rngs: Sequence[Generator]) -> None:
        """Draw anew which hidden outputs are dropped, one generator per run.

        A kept output is divided by the share that is kept (Srivastava et al. 2014).
        """
        kept = 1 - self.network.dropout
        masks = self.mask.reshape(math.prod(self.network.runs), -1)
        for mask, rng in zip(masks, rngs, strict=True):
            rng.random(out=mask, dtype=mask.dtype.type)
            mask[...] = mask < kept
            np.divide(mask, kept, mask)

    def _make_norms(self) -> list[Normalization | None]:
        axis = self.network.norm.axis
        if axis is None:
            return [None] * len(self.network.activations)
        norms = list[Normalization | None]()
        for index, layer in enumerate(self.network.layers[:-1]):
            parts = (layer.scale, layer.shift, layer.d_scale, layer.d_shift)
            columns = [part[..., None] for part in parts if part is not None]
            shape = self.delta_of(index).shape
            norms.append(Normalization(axis, shape, *columns))
        return norms
