"""Where everything in the picture of a network stands, in pixels; NumPy alone, no painting.

Layers are columns from the inputs at the left to the loss at the right. Where there is room for
them, units are cells and links lines; else a layer is one bar, and its links one band.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from core.arrays import Array
from lab.network_view import MOST_LINKS

HEAD, FOOT = 22.0, 26.0  # for the layers' names and for the flow of the gradient
LEFT_MARGIN, LOSS_ROOM = 10.0, 58.0
SMALLEST_CELL, GOOD_CELL, LARGEST_CELL = 7.0, 16.0, 48.0
MOST_ABREAST = 3  # sub-columns of units in a layer
CELLS_SHARE = 0.56  # of the distance of two layers, at most; the rest shows links
WIDEST_PITCH = 190.0
NEAR = 4.0  # pixels from a link that still mean it
MOST_CURVES = 160  # links; more of them are straight lines, which are painted faster
# A curve begins and ends level, its handles halfway: how far it has come, and how high.
_T = np.linspace(0, 1, 33)
ALONG, RISEN = 1.5 * _T - 1.5 * _T**2 + _T**3, 3 * _T**2 - 2 * _T**3


@dataclass(frozen=True)
class Spot:
    """What the pointer is at: "unit", "link", "layer" or "loss".

    Layers count from 0, the inputs; a link leads from unit `row` to unit `column` of its layer.
    """

    kind: str
    layer: int = 0
    column: int = 0
    row: int = 0


@dataclass(frozen=True, eq=False)
class Geometry:
    """Places for a network of `sizes` n_0..n_L in a picture of `width` x `height`.

    `x (L + 1,)` are the middles of the columns, `pitch` their distance, `bars (L + 1, 4)` what
    each covers: left, top, width, height. `cell` is the side of a unit's cell, 0 where layers are
    bars; `cells[l] (n_l, 2)` the left upper corners.
    """

    sizes: tuple[int, ...]
    width: float
    height: float
    x: Array
    pitch: float
    bars: Array
    cell: float
    cells: tuple[Array, ...]

    @property
    def foot(self) -> float:
        """The height in which the gradient flows back."""
        return self.height - 0.52 * FOOT

    @property
    def loss_x(self) -> float:
        """Where the loss stands."""
        return float(self.x[-1]) + self.pitch / 2 + LOSS_ROOM / 2

    @cached_property
    def links(self) -> Array:
        """The ends (x, y, x, y) of all links, layer after layer, row after row: (links, 4)."""
        found = [np.zeros((0, 4))]
        for before, after in pairwise(self.cells):
            starts = before + (self.cell, self.cell / 2)
            ends = after + (0.0, self.cell / 2)
            found.append(
                np.concatenate(
                    [np.repeat(starts, len(ends), axis=0), np.tile(ends, (len(starts), 1))], axis=1
                )
            )
        return np.concatenate(found)

    def place_of_link(self, index: int) -> Spot:
        """Return which link has that number in `links`."""
        for layer, (n_in, n_out) in enumerate(pairwise(self.sizes), 1):
            if index < n_in * n_out:
                return Spot("link", layer, index % n_out, index // n_out)
            index -= n_in * n_out
        raise AssertionError("no such link")

    def number_of_link(self, spot: Spot) -> int:
        """Return a link's number in `links`."""
        areas = [n_in * n_out for n_in, n_out in pairwise(self.sizes)]
        return sum(areas[: spot.layer - 1]) + spot.row * self.sizes[spot.layer] + spot.column

    def spot(self, x: float, y: float, visible: Array) -> Spot | None:
        """Return what is at a point; `visible` are the numbers of the links that can be seen."""
        if x > self.x[-1] + self.pitch / 2:
            return Spot("loss")
        layer = int(np.abs(self.x - x).argmin())
        if self.cell and (unit := self._unit_at(layer, x, y)) is not None:
            return unit
        inside = HEAD <= y <= self.height - FOOT
        if self.cell and inside and (link := self._link_at(x, y, visible)) is not None:
            return link
        left, _, width, _ = self.bars[layer]
        if self.cell and inside and not left - NEAR <= x <= left + width + NEAR:
            return None
        # Between bars is what leads to the right one.
        if not self.cell and inside and x > left + width and layer + 1 < len(self.x):
            layer += 1
        return Spot("layer", layer)

    def _unit_at(self, layer: int, x: float, y: float) -> Spot | None:
        offsets = np.array([x, y]) - self.cells[layer]
        hit = np.flatnonzero(((offsets >= 0) & (offsets <= self.cell)).all(axis=1))
        return Spot("unit", layer, int(hit[0])) if hit.size else None

    def _link_at(self, x: float, y: float, visible: Array) -> Spot | None:
        """The nearest visible link, by its height above or below the pointer, seen at its angle."""
        ends = self.links[visible]
        spanning = (ends[:, 0] <= x) & (x <= ends[:, 2])
        if not spanning.any():
            return None
        x0, y0, x1, y1 = ends[spanning].T
        share = (x - x0) / np.maximum(x1 - x0, 1e-9)
        slope = (y1 - y0) / np.maximum(x1 - x0, 1e-9)
        if is_curved(visible):
            share, slope = np.interp(share, ALONG, RISEN), slope * 1.5
        distance = np.abs(y0 + share * (y1 - y0) - y) / np.sqrt(1 + slope**2)
        nearest = int(distance.argmin())
        if distance[nearest] > NEAR:
            return None
        return self.place_of_link(int(visible[spanning][nearest]))


def is_curved(visible: Array) -> bool:
    """Whether links are drawn as curves, when so many are."""
    return len(visible) <= MOST_CURVES


def geometry_of(sizes: Sequence[int], width: float, height: float) -> Geometry:
    """Arrange a network in a picture."""
    n_columns, room = len(sizes), height - HEAD - FOOT
    inner = width - LEFT_MARGIN - LOSS_ROOM
    pitch = min(inner / n_columns, WIDEST_PITCH)
    left = LEFT_MARGIN + (inner - pitch * n_columns) / 2
    x = left + pitch * (np.arange(n_columns) + 0.5)
    n_links = sum(a * b for a, b in pairwise(sizes))
    abreast, cell = _cells(max(sizes), pitch, room)
    if n_links > MOST_LINKS or cell < SMALLEST_CELL:
        bars = _bars(np.array(sizes), x, pitch, room)
        return Geometry(tuple(sizes), width, height, x, pitch, bars, 0.0, ())
    cells = tuple(_column(n, middle, cell, abreast, room) for n, middle in zip(sizes, x, strict=True))
    corners = [(c[:, 0].min(), c[:, 1].min(), c[:, 0].max(), c[:, 1].max()) for c in cells]
    bars = np.array([(a, b, c - a + cell, d - b + cell) for a, b, c, d in corners])
    return Geometry(tuple(sizes), width, height, x, pitch, bars, cell, cells)


def _cells(most: int, pitch: float, room: float) -> tuple[int, float]:
    """How many units stand abreast in a layer, and the side of a cell."""
    best = (1, 0.0)
    for abreast in range(1, MOST_ABREAST + 1):
        rows = -(-most // abreast)
        step = min(room / rows, CELLS_SHARE * pitch / abreast, LARGEST_CELL + _gap(LARGEST_CELL))
        cell = float(np.floor(step - _gap(step)))
        if cell > best[1]:
            best = (abreast, cell)
        if cell >= GOOD_CELL:
            break
    return best


def _gap(step: float) -> float:
    return max(1.0, np.floor(step / 8))


def _column(n: int, middle: float, cell: float, abreast: int, room: float) -> Array:
    """The corners of a layer's cells, row after row, on whole pixels."""
    abreast = min(abreast, n)
    rows, step = -(-n // abreast), cell + _gap(cell)
    index = np.arange(n)
    left = middle - (abreast * step - (step - cell)) / 2
    top = HEAD + (room - (rows * step - (step - cell))) / 2
    return np.floor(np.column_stack([left + step * (index % abreast), top + step * (index // abreast)]))


def _bars(sizes: Array, x: Array, pitch: float, room: float) -> Array:
    width = float(np.clip(np.floor(0.45 * pitch), 2, 14))
    heights = np.maximum(6.0, np.floor(room * np.sqrt(sizes / sizes.max())))
    lefts = np.floor(x - width / 2)
    return np.column_stack([lefts, HEAD + (room - heights) / 2, np.full(len(x), width), heights])
