"""Where everything in the picture of a network stands, in pixels; NumPy alone, no painting.

Layers are columns from the inputs at the left to the loss at the right. Where there is room for
them, units are cells and links lines; else a layer is one bar, and its links one band.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import isqrt

import numpy as np

from core.arrays import Array
from lab.network_view import MOST_LINKS
from widgets.plots.zoom import WHOLE, Limits, Zoom

HEAD, FOOT = 22.0, 26.0  # for the layers' names and for the flow of the gradient
LEFT_MARGIN, LOSS_ROOM = 10.0, 58.0
SMALLEST_CELL, GOOD_CELL, LARGEST_CELL, END_CELL = 7.0, 16.0, 48.0, 34.0
MOST_ABREAST = 8  # sub-columns of units in a layer
CELLS_SHARE = 0.56  # of the distance of two layers, at most; the rest shows links
WIDEST_PITCH, WIDEST_BAR, BAR_SHARE = 190.0, 14.0, 0.7  # the last of the pitch
LEAST_IN_VIEW = 1.5, 2.0  # columns and units, however much is magnified
SMALLEST_HEIGHT = 1 / 16  # of the whole, that may be shown
MARGIN_SHARE = 0.01  # of the width, that the middle of a column is inside of what is shown
SMALLEST_SQUARE = 36  # units that may be the pixels of an image
NEAR = 4.0  # pixels from a link that still mean it
MOST_CURVES = 100  # links; more of them are straight lines, which are painted faster
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
    """Places for a network of `sizes` n_0..n_L in a picture of `width` x `height`, or `zoom` of it.

    `x (L + 1,)` are the middles of the columns, `pitch` their distance, `bars (L + 1, 4)` what
    each covers: left, top, width, height. `sides (L + 1,)` are those of the units' cells and
    `cells[l] (n_l, 2)` their left upper corners; there are none where layers are bars.
    """

    sizes: tuple[int, ...]
    width: float
    height: float
    x: Array
    pitch: float
    bars: Array
    sides: Array
    cells: tuple[Array, ...]
    zoom: Zoom = WHOLE

    @property
    def inside(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of what a zoom is a part of."""
        inner = max(1.0, self.width - LEFT_MARGIN - LOSS_ROOM)
        return LEFT_MARGIN, HEAD, inner, max(1.0, self.height - HEAD - FOOT)

    @property
    def limits(self) -> Limits:
        """What every part has to show, so that none is empty."""
        (left, _, inner, _), (columns, units) = self.inside, LEAST_IN_VIEW
        across = columns * self.pitch * self.zoom.width / inner
        first, last = (self.zoom.left + (self.x[[0, -1]] - left) / inner * self.zoom.width).tolist()
        return Limits(
            min(1.0, across),
            min(1.0, max(SMALLEST_HEIGHT, units / max(self.sizes))),
            min(1.0, first + MARGIN_SHARE),
            max(0.0, last - MARGIN_SHARE),
        )

    @property
    def in_view(self) -> int:
        """The number of columns that can be seen."""
        return int(((self.x >= 0) & (self.x <= self.width)).sum())

    def shares(self, x: float, y: float) -> tuple[float, float]:
        """Where a point is in what is shown, 0 to 1 from the left and from the top."""
        left, top, width, height = self.inside
        return min(1.0, max(0.0, (x - left) / width)), min(1.0, max(0.0, (y - top) / height))

    @cached_property
    def cell(self) -> float:
        """The side of the smallest cell, 0 where layers are bars."""
        return float(self.sides.min()) if self.cells else 0.0

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
        for (before, side), (after, next_side) in pairwise(
            zip(self.cells, self.sides, strict=True)
        ):
            starts = before + np.array([side, side / 2])
            ends = after + np.array([0.0, next_side / 2])
            found.append(
                np.concatenate(
                    [np.repeat(starts, len(ends), axis=0), np.tile(ends, (len(starts), 1))], axis=1
                )
            )
        return np.concatenate(found)

    def middle_of(self, layer: int, unit: int) -> tuple[float, float]:
        """Return the middle of a unit, or of its part of the bar."""
        if self.cell:
            x, y = (self.cells[layer][unit] + self.sides[layer] / 2).tolist()
            return x, y
        _, top, _, height = self.bars[layer].tolist()
        return float(self.x[layer]), top + (unit + 0.5) * height / self.sizes[layer]

    def unit_at(self, spot: Spot, x: float, y: float) -> tuple[int, int] | None:
        """Return layer and unit of a spot at a point: a cell, or a part of a bar; else None."""
        if spot.kind == "unit":
            return spot.layer, spot.column
        left, top, width, height = self.bars[spot.layer].tolist()
        inside = left - NEAR <= x <= left + width + NEAR and top <= y < top + height
        inside = inside and HEAD <= y <= self.height - FOOT
        if spot.kind != "layer" or self.cell or not inside:
            return None
        return spot.layer, int((y - top) * self.sizes[spot.layer] / height)

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
        inside = HEAD <= y <= self.height - FOOT
        if self.cell and inside and (unit := self._unit_at(layer, x, y)) is not None:
            return unit
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
        hit = np.flatnonzero(((offsets >= 0) & (offsets <= self.sides[layer])).all(axis=1))
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


def geometry_of(sizes: Sequence[int], width: float, height: float, zoom: Zoom = WHOLE) -> Geometry:
    """Arrange a network in a picture, or magnify a part of it."""
    n_columns, room = len(sizes), height - HEAD - FOOT
    inner = max(1.0, width - LEFT_MARGIN - LOSS_ROOM)
    pitch = min(inner / n_columns, WIDEST_PITCH)
    left = LEFT_MARGIN + (inner - pitch * n_columns) / 2
    x = left + pitch * (np.arange(n_columns) + 0.5)
    sides = _sides(sizes, pitch, room)
    if _n_links(sizes) > MOST_LINKS or sides.min() < SMALLEST_CELL:
        bars = _bars(np.array(sizes), x, pitch, room)
        whole = Geometry(tuple(sizes), width, height, x, pitch, bars, np.zeros(0), ())
    else:
        cells = tuple(
            _column(n, middle, side, room, pitch)
            for n, middle, side in zip(sizes, x.tolist(), sides.tolist(), strict=True)
        )
        bars = np.array([_around(*pair) for pair in zip(cells, sides.tolist(), strict=True)])
        whole = Geometry(tuple(sizes), width, height, x, pitch, bars, sides, cells)
    return whole if zoom == WHOLE else _magnified(whole, zoom)


def _magnified(whole: Geometry, zoom: Zoom) -> Geometry:
    """Every unit stays where it is in the picture; bars become cells where there is room for them.

    Cells are squares, so that they grow with the smaller of the two magnifications.
    """
    sizes, (left, top, inner, room) = whole.sizes, whole.inside
    scale = np.array([1 / zoom.width, 1 / zoom.height])
    shift = np.array([left + zoom.left * inner, top + zoom.top * room])
    corner, smaller = np.array([left, top]), float(scale.min())
    x = left + (whole.x - shift[0]) * scale[0]
    pitch = whole.pitch * float(scale[0])
    middles, steps = _places_of_units(whole)
    steps = np.minimum((steps * scale).min(axis=1), smaller * (LARGEST_CELL + _gap(LARGEST_CELL)))
    sides = np.array([np.floor(step - _gap(step)) for step in steps.tolist()])
    sides[[0, -1]] = np.minimum(sides[[0, -1]], np.floor(smaller * END_CELL))
    if whole.cells:
        sides = np.maximum(sides, whole.sides)
    if _n_links(sizes) <= MOST_LINKS and sides.min() >= SMALLEST_CELL:
        cells = tuple(
            np.floor(corner + (middle - shift) * scale - side / 2)
            for middle, side in zip(middles, sides.tolist(), strict=True)
        )
        bars = np.array([_around(*pair) for pair in zip(cells, sides.tolist(), strict=True)])
        return Geometry(sizes, whole.width, whole.height, x, pitch, bars, sides, cells, zoom)
    wide = float(np.clip(np.floor(BAR_SHARE * pitch), 2, smaller * WIDEST_BAR))
    tops, heights = corner[1] + (whole.bars[:, 1] - shift[1]) * scale[1], whole.bars[:, 3]
    bars = np.column_stack(
        [np.floor(x - wide / 2), tops, np.full(len(x), wide), heights * scale[1]]
    )
    return Geometry(sizes, whole.width, whole.height, x, pitch, bars, np.zeros(0), (), zoom)


def _places_of_units(whole: Geometry) -> tuple[list[Array], Array]:
    """The middles (n_l, 2) of all units, and how far apart they are (layers, 2); alike in hidden
    layers.
    """
    if whole.cells:
        middles = [cells + side / 2 for cells, side in zip(whole.cells, whole.sides, strict=True)]
        apart = whole.sides + [_gap(side + 1) for side in whole.sides.tolist()]
        return middles, np.column_stack([apart, apart])
    columns = zip(whole.sizes, whole.x.tolist(), *whole.bars[:, [1, 3]].T.tolist(), strict=True)
    middles = [
        np.column_stack([np.full(n, x), top + (np.arange(n) + 0.5) * height / n])
        for n, x, top, height in columns
    ]
    down = whole.bars[:, 3] / np.array(whole.sizes)
    steps = np.column_stack([np.full(len(down), CELLS_SHARE * whole.pitch), down])
    steps[1:-1] = steps[1:-1].min(axis=0, initial=np.inf)
    return middles, steps


def _n_links(sizes: Sequence[int]) -> int:
    return sum(a * b for a, b in pairwise(sizes))


def _sides(sizes: Sequence[int], pitch: float, room: float) -> Array:
    """The side of the cells of each layer, alike in all hidden ones."""
    sides = np.array([min(END_CELL, _cell(n, pitch, room)) for n in sizes])
    sides[1:-1] = _cell(max(sizes[1:-1], default=1), pitch, room)
    return sides


def _cell(most: int, pitch: float, room: float) -> float:
    """The side of the cells of so many units, standing in as few sub-columns as is good."""
    best = 0.0
    for abreast in range(1, MOST_ABREAST + 1):
        rows = -(-most // abreast)
        step = min(room / rows, CELLS_SHARE * pitch / abreast, LARGEST_CELL + _gap(LARGEST_CELL))
        best = max(best, float(np.floor(step - _gap(step))))
        if best >= GOOD_CELL:
            break
    return best


def _gap(step: float) -> float:
    return max(1.0 if step < 11 else 2.0, float(np.floor(step / 8)))


def _column(n: int, middle: float, cell: float, room: float, pitch: float) -> Array:
    """The corners of a layer's cells, row after row, on whole pixels."""
    gap = _gap(cell + 1)
    step = cell + gap
    abreast = -(-n // max(1, int((room + gap) // step)))
    if n >= SMALLEST_SQUARE and isqrt(n) ** 2 == n and isqrt(n) * step - gap <= pitch:
        abreast = max(abreast, isqrt(n))
    rows, index = -(-n // abreast), np.arange(n)
    left = middle - (abreast * step - gap) / 2
    top = HEAD + (room - (rows * step - gap)) / 2
    places = [left + step * (index % abreast), top + step * (index // abreast)]
    return np.floor(np.column_stack(places))


def _around(cells: Array, side: float) -> tuple[float, ...]:
    """Left, top, width and height of what a layer's cells cover."""
    (left, top), (right, bottom) = cells.min(axis=0), cells.max(axis=0) + side
    return left, top, right - left, bottom - top


def _bars(sizes: Array, x: Array, pitch: float, room: float) -> Array:
    width = float(np.clip(np.floor(BAR_SHARE * pitch), 2, WIDEST_BAR))
    heights = np.maximum(6.0, np.floor(room * np.sqrt(sizes / sizes.max())))
    lefts = np.floor(x - width / 2)
    return np.column_stack([lefts, HEAD + (room - heights) / 2, np.full(len(x), width), heights])
