"""A layered network as numbers in memory: what its layers are and where their parameters lie.

All parameters are one flat vector, weights of every layer first, then the biases, so that an
optimiser is one line for the whole network; each layer sees its own part as a matrix. The gradient
and the last update have the same layout and lie beside the parameters. How values flow through the
network is in `propagation`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from core.activations import Activation
from core.arrays import Array
from core.initializers import Initializer

PIECE = 1 << 16  # values; with gradient and update beside them they fit a 1 MB cache


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
class Part:
    """Weights of neighbouring layers of one shape, or a range of one large layer's.

    `count` times `elements` values from `start` on in the flat vector.
    """

    layers: slice
    start: int
    count: int
    elements: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A range of the flat vector small enough for the processor's cache, and its parts."""

    span: slice
    parts: tuple[Part, ...]


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
    part = flat[..., start : start + count * int(np.prod(shape))]
    return part.reshape(*flat.shape[:-1], count, *shape)


class Network:
    """Dense layers of `sizes` n_0..n_L with one activation per hidden layer.

    `runs` are leading axes: `()` is one network, `(32,)` is 32 networks side by side.

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
        # Kept together, because the norms of all three are measured in one call.
        self.memory = np.zeros((3, *runs, self.n_weights + sum(self.sizes[1:])), self.dtype)
        self.gradient, self.parameters, self.update = self.memory
        self._weight_starts: list[int] = np.cumsum([0, *(a * b for a, b in self.shapes)]).tolist()
        self._bias_starts: list[int] = np.cumsum([self.n_weights, *self.sizes[1:]]).tolist()
        self.blocks = tuple(blocks_of(self.shapes))
        self.pieces = tuple(self._pieces())
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

    def part_of(self, flat: Array, part: Part) -> Array:
        """View a part's weights in a vector laid out as the parameters.

        Returns (*leading, count, 1, elements).
        """
        return stacked(flat, part.start, part.count, (1, part.elements))

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
        """Cut the flat vector into pieces of about `PIECE` values, biases going with the last."""
        end, parts = 0, list[Part]()
        for part in self._parts():
            if part.start - end + part.count * part.elements > PIECE and parts:
                yield Piece(slice(end, part.start), tuple(parts))
                end, parts = part.start, []
            parts.append(part)
        yield Piece(slice(end, self.parameters.shape[-1]), tuple(parts))

    def _parts(self) -> Iterator[Part]:
        for block in self.blocks:
            size = int(np.prod(self.shapes[block.first]))
            start = self._weight_starts[block.first]
            if block.count * size <= PIECE:
                yield Part(block.layers, start, block.count, size)
                continue
            for layer in range(block.first, block.first + block.count):
                cuts = np.linspace(0, size, -(-size // PIECE) + 1).astype(int).tolist()
                for low, high in pairwise(cuts):
                    offset = self._weight_starts[layer]
                    yield Part(slice(layer, layer + 1), offset + low, 1, high - low)

    def _layer(self, index: int) -> Layer:
        block = Block(index, 1)
        return Layer(
            w=self.weights_of(self.parameters, block)[..., 0, :, :],
            b=self.biases_of(self.parameters, block)[..., 0, :],
            d_w=self.weights_of(self.gradient, block)[..., 0, :, :],
            d_b=self.biases_of(self.gradient, block)[..., 0, :],
        )
