"""The arrays that forward and backward passes of one batch size fill, made once.

All layers lie in one piece of memory, so that equal neighbours are one array with one axis more.
Within a layer the runs follow one another: what is done to every number of a layer meets one piece
of memory, which for 64 runs of 8 units takes a third of the time.
What is computed in them is in `propagation`.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from core.arrays import Array, aligned_zeros
from core.layout import Block, stacked
from core.network import Network
from core.normalization import Normalization


class Buffers:
    """Arrays of a network for batches of `batch` samples.

    `x (*runs, batch, n_0)` are the inputs; `h` and `delta`, (*runs, batch, n_l) each, are lists
    over the layers and views of `memory (2, ...)`; `out` and `delta_out` are their last.
    """

    def __init__(self, network: Network, batch: int) -> None:
        self.network, self.batch = network, batch
        sizes = network.sizes
        self._starts = np.cumsum([0, *(batch * n for n in sizes[1:])]).tolist()
        runs, dtype = network.runs, network.dtype
        total = self._starts[-1]
        # h of all layers, and what is z, then u, then phi'(u), then delta: the less memory is
        # touched, the more of it stays in the cache. Kept together, because both are measured in
        # one call.
        n_runs = math.prod(runs)
        longest = batch * max(sizes[1:])
        # With zeros behind it, so that the output layer is as long as any other for who wants that.
        self.padded = aligned_zeros((2, n_runs * total + longest), dtype)
        self.memory = self.padded[:, : n_runs * total]
        h_all, delta_all = self.memory
        # What an activation gives is h itself, unless something is still done to it.
        differs = any(network.skips) or network.dropout > 0
        a_all = aligned_zeros((n_runs * total,), dtype) if differs else h_all
        hidden = self._starts[-2] if network.dropout > 0 else 0
        self.mask = np.ones((*runs, hidden), dtype)  # each run's is drawn in one go
        # dloss/dh of a layer, and of the one after it where residual connections pass it on
        room = n_runs * batch * max(sizes[1:])
        self._rooms = aligned_zeros((1 + any(network.skips), room), dtype)
        x_shape = (*runs, batch, sizes[0])
        self.x = aligned_zeros((math.prod(x_shape),), dtype).reshape(x_shape)
        layers = [Block(index, 1) for index in range(len(network.layers))]
        self.h, self.delta, a = (
            [self.rows_of(flat, block)[..., 0, :, :] for block in layers]
            for flat in (h_all, delta_all, a_all)
        )
        self.a, self._a_all = a if differs else self.h, a_all
        self.out, self.delta_out = self.h[-1], self.delta[-1]
        self.ones = np.ones((1, batch), dtype)
        self.norms = self._make_norms()

    def rows_of(self, flat: Array, block: Block) -> Array:
        """View a block's batches in a vector laid out as h: (*leading, *runs, count, batch, n)."""
        runs, n = self.network.runs, self.network.sizes[block.first + 1]
        start = math.prod(runs) * self._starts[block.first]
        return np.moveaxis(
            stacked(flat, start, block.count, (*runs, self.batch, n)), -3 - len(runs), -3
        )

    def outputs_of(self, block: Block) -> Array:
        """View phi(u) of a block of hidden layers, (*runs, count, batch, n)."""
        return self.rows_of(self._a_all, block)

    def slopes_of(self, block: Block) -> Array:
        """View phi'(u) of a block of hidden layers, (*runs, count, batch, n), before `backward`."""
        return self.rows_of(self.memory[1], block)

    def room_for(self, index: int) -> Array:
        """Return room for dloss/dh of a layer, while that of the next one is still needed."""
        shape = self.h[index].shape
        return self._rooms[index % len(self._rooms), : math.prod(shape)].reshape(shape)

    def mask_of(self, block: Block) -> Array:
        """View which outputs of hidden layers are kept, as factors (*runs, count, batch, n)."""
        shape = self.batch, self.network.sizes[block.first + 1]
        return stacked(self.mask, self._starts[block.first], block.count, shape)

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
        for h, layer in zip(self.h[:-1], self.network.layers, strict=False):
            parts = (layer.scale, layer.shift, layer.d_scale, layer.d_shift)
            rows = [part[..., None, :] for part in parts if part is not None]
            norms.append(Normalization(axis, h.shape, *rows))
        return norms
