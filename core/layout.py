"""Where the parameters of a network lie in one flat vector.

The weights of every layer come first, then the biases, then scale and shift of the normalised
layers; so an optimiser is one line for the whole network, and each layer sees its own part as a
matrix. Any vector of that layout, such as the gradient, can be viewed the same way.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple

from core.arrays import Array

PIECE = 1 << 16  # weights; with gradient and update beside them they fit a 1 MB cache
ALIGNED = 16  # weights; the parts of a large layer start at a cache line


@dataclass(frozen=True, slots=True)
class Block:
    """Equal neighbours, `first` to `first + count - 1`, counted from 0.

    They lie one after the other in memory, so one NumPy call can serve all of them.
    """

    first: int
    count: int

    @property
    def layers(self) -> slice:
        return slice(self.first, self.first + self.count)


class Stretches(NamedTuple):
    """Equal stretches of weights that are measured in one call, numbered by `block`.

    A stretch is a layer, or a part of a layer that is too large for a piece.
    """

    block: Block
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A range of the flat vector that is updated together, because a cache holds it."""

    span: slice
    stretches: tuple[Stretches, ...]


class Views(NamedTuple):
    """One layer's part of a vector: `w (*runs, n_in, n_out)`, the others `(*runs, n_out)`.

    A layer without normalisation has neither scale nor shift.
    """

    w: Array
    b: Array
    scale: Array | None
    shift: Array | None


def blocks_of(keys: Sequence[object]) -> Iterator[Block]:
    """Split a row into blocks of equal neighbouring keys."""
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


class Layout:
    """The places of the parameters of dense layers of `sizes` n_0..n_L.

    With `normalized`, every hidden layer has a scale and a shift. `columns` are the numbers of the
    first stretch of every layer.
    """

    def __init__(self, sizes: Sequence[int], *, normalized: bool = False) -> None:
        self.shapes = tuple(pairwise(sizes))
        self._scaled = tuple(sizes[1:-1]) if normalized else ()
        areas = [n_in * n_out for n_in, n_out in self.shapes]
        parts = [areas, [n_out for _, n_out in self.shapes], self._scaled, self._scaled]
        starts = [*accumulate((n for part in parts for n in part), initial=0)]
        self.n_parameters, self.n_weights = starts[-1], sum(areas)
        count = len(areas)
        self._weights, self._biases = starts[:count], starts[count : 2 * count]
        self._scales = starts[2 * count : 2 * count + len(self._scaled)]
        self._shifts = starts[2 * count + len(self._scaled) : -1]
        self.blocks = tuple(blocks_of(self.shapes))
        cuts = [_cut(area) for area in areas]
        self.columns = [*accumulate((len(cut) for cut in cuts), initial=0)][:-1]
        self.pieces = tuple(self._pieces([length for cut in cuts for length in cut]))

    def weights_of(self, flat: Array, block: Block) -> Array:
        """View the weights of a block of equal layers: (*leading, count, n_in, n_out)."""
        return stacked(flat, self._weights[block.first], block.count, self.shapes[block.first])

    def biases_of(self, flat: Array, block: Block) -> Array:
        """View the biases of a block of equally wide layers: (*leading, count, n_out)."""
        n_out = self.shapes[block.first][1]
        return stacked(flat, self._biases[block.first], block.count, (n_out,))

    def views(self, flat: Array) -> Iterator[Views]:
        """View the part of layer after layer."""
        for index, (_, n_out) in enumerate(self.shapes):
            block, scale, shift = Block(index, 1), None, None
            if index < len(self._scaled):
                scale = flat[..., self._scales[index] :][..., :n_out]
                shift = flat[..., self._shifts[index] :][..., :n_out]
            w = self.weights_of(flat, block)[..., 0, :, :]
            yield Views(w, self.biases_of(flat, block)[..., 0, :], scale, shift)

    def starts_of(self, index: int) -> dict[str, int]:
        """Return where the arrays of a layer, counted from 0, begin, by the names of `Views`."""
        found = {"w": self._weights[index], "b": self._biases[index]}
        if index < len(self._scaled):
            found |= {"scale": self._scales[index], "shift": self._shifts[index]}
        return found

    def _pieces(self, lengths: list[int]) -> Iterator[Piece]:
        """Gather stretches into pieces of at most `PIECE` weights; the last has the rest too."""
        first, start, stop = 0, 0, 0
        for index, length in enumerate(lengths):
            if stop + length - start > PIECE:
                yield Piece(slice(start, stop), _stretches(lengths, first, index, start))
                first, start = index, stop
            stop += length
        whole = slice(start, self.n_parameters)
        yield Piece(whole, _stretches(lengths, first, len(lengths), start))


def _cut(area: int) -> list[int]:
    """Cut a layer's weights into equal stretches of at most `PIECE`, but for the last."""
    part = -(-area // -(-area // PIECE))
    part = -(-part // ALIGNED) * ALIGNED
    return [min(part, area - start) for start in range(0, area, part)]


def _stretches(lengths: list[int], first: int, last: int, start: int) -> tuple[Stretches, ...]:
    found = []
    for block in blocks_of(lengths[first:last]):
        length = lengths[first + block.first]
        found.append(Stretches(Block(first + block.first, block.count), start, length))
        start += block.count * length
    return tuple(found)
