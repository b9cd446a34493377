"""A layered network as numbers in memory: what its layers are and where their parameters lie.

All parameters are one flat vector, weights of every layer first, then the biases, so that an
optimiser is one line for the whole network; each layer sees its own part as a matrix. The gradient
has the same layout and lies beside the parameters. How values flow through the network is in
`propagation`.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from core.activations import Activation
from core.arrays import Array, aligned_zeros
from core.initializers import Initializer

PIECE = 80_000  # weights; with gradient and update beside them they fit a 1 MB cache


@dataclass(frozen=True, slots=True)
class Layer:
    """Views of one layer: `w d_w (*runs, n_in, n_out)` and `b d_b (*runs, n_out)`."""

    w: Array
    b: Array
    d_w: Array
    d_b: Array


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring layers of one shape, `first` to `first + count - 1`, counted from 0.

    Their matrices lie one after the other in memory, so one NumPy call can serve all of them.
    """

    first: int
    count: int

    @property
    def layers(self) -> slice:
        return slice(self.first, self.first + self.count)


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbouring layers that are updated together: a range of the flat vector and its blocks.

    Large networks are updated piece by piece, because a cache holds a piece and not the whole.
    """

    span: slice
    blocks: tuple[Block, ...]


def blocks_of(keys: Sequence[object]) -> Iterator[Block]:
    """Split layers into blocks of equal neighbouring keys."""
    first = 0
    for _, members in groupby(keys):
        count = len(list(members))
        yield Block(first, count)
        first += count


def stacked(flat: Array, start: int, count: int, shape: tuple[int, ...]) -> Array:
    """View `count` arrays of `shape`, lying in the last axis of `flat` from `start` on.

    Returns (*leading, count, *shape).
    """
    part = flat[..., start : start + count * math.prod(shape)]
    return part.reshape(*flat.shape[:-1], count, *shape)


class Network:
    """Dense layers of `sizes` n_0..n_L with one activation per hidden layer.

    `runs` are leading axes: `()` is one network, `(32,)` is 32 networks side by side.
    `parameters` and `gradient` are (*runs, P); `update (*runs, longest piece)` is room for the
    update of one piece after the other.

    Raises ValueError when the number of activations is not the number of hidden layers.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activations: Sequence[Activation],
        dtype: DTypeLike = np.float32,
        runs: tuple[int, ...] = (),
    ) -> None:
        if len(activations) != len(sizes) - 2:
            raise ValueError(f"{len(sizes) - 2} hidden layers need as many activations")
        self.sizes = tuple(sizes)
        self.activations = tuple(activations)
        self.dtype = np.dtype(dtype)
        self.runs = runs
        self.shapes = tuple(pairwise(self.sizes))
        self.n_weights = sum(n_in * n_out for n_in, n_out in self.shapes)
        # Kept together, because the norms of both are measured in one call.
        n_parameters = self.n_weights + sum(self.sizes[1:])
        self.memory = aligned_zeros((2, *runs, n_parameters), self.dtype)
        self.gradient, self.parameters = self.memory
        self._weight_starts: list[int] = np.cumsum([0, *(a * b for a, b in self.shapes)]).tolist()
        self._bias_starts: list[int] = np.cumsum([self.n_weights, *self.sizes[1:]]).tolist()
        self.blocks = tuple(blocks_of(self.shapes))
        self.pieces = tuple(self._pieces())
        longest = max(piece.span.stop - piece.span.start for piece in self.pieces)
        self.update = aligned_zeros((*runs, longest), self.dtype)
        self.layers = tuple(self._layer(index) for index in range(len(self.shapes)))

    def weights_of(self, flat: Array, block: Block) -> Array:
        """View the weights of a block in a vector laid out as the parameters.

        Returns (*leading, count, n_in, n_out).
        """
        start = self._weight_starts[block.first]
        return stacked(flat, start, block.count, self.shapes[block.first])

    def biases_of(self, flat: Array, block: Block) -> Array:
        """View the biases of a block; returns (*leading, count, n_out)."""
        start = self._bias_starts[block.first]
        return stacked(flat, start, block.count, (self.shapes[block.first][1],))

    def update_of(self, piece: Piece, block: Block) -> Array:
        """View the weights of a block in the update of its piece: (*runs, count, n_in, n_out)."""
        start = self._weight_starts[block.first] - piece.span.start
        return stacked(self.update, start, block.count, self.shapes[block.first])

    def initialize(self, initializer: Initializer, gain: float, rngs: Sequence[Generator]) -> None:
        """Draw all weights times `gain`, one generator per run; biases become zero."""
        self.parameters.fill(0)
        rows = self.parameters.reshape(-1, self.parameters.shape[-1])
        for row, rng in zip(rows, rngs, strict=True):
            drawn = [initializer.draw(rng, *shape).ravel() for shape in self.shapes]
            row[: self.n_weights] = np.concatenate(drawn) * gain

    def predict(self, x: Array) -> Array:
        """Return the output layer's z for inputs x (batch, n_0): (*runs, batch, n_L)."""
        h = x
        for layer, activation in zip(self.layers, self.activations, strict=False):
            z = h @ layer.w + layer.b[..., None, :]
            h = np.empty_like(z)
            activation.function(z, h)
        output = self.layers[-1]
        z_out: Array = h @ output.w + output.b[..., None, :]
        return z_out

    def _pieces(self) -> Iterator[Piece]:
        """Gather layers into pieces of at most `PIECE` weights, or of one larger layer.

        The biases go with the last.
        """
        start, first, count = 0, 0, len(self.shapes)
        for end in range(1, count + 1):
            stop = self._weight_starts[end]
            if end < count and self._weight_starts[end + 1] - start <= PIECE:
                continue
            span = slice(start, stop if end < count else self.parameters.shape[-1])
            blocks = blocks_of(self.shapes[first:end])
            yield Piece(span, tuple(Block(first + block.first, block.count) for block in blocks))
            start, first = stop, end

    def _layer(self, index: int) -> Layer:
        block = Block(index, 1)
        return Layer(
            w=self.weights_of(self.parameters, block)[..., 0, :, :],
            b=self.biases_of(self.parameters, block)[..., 0, :],
            d_w=self.weights_of(self.gradient, block)[..., 0, :, :],
            d_b=self.biases_of(self.gradient, block)[..., 0, :],
        )
