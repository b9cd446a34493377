"""Room for everything in the picture of a network: how large units are, and where they stand."""

from collections.abc import Sequence
from itertools import pairwise
from math import isqrt

import numpy as np

from core.arrays import Array
from lab.network_view import MOST_LINKS
from widgets.plots.network_geometry import FOOT, HEAD, LEFT_MARGIN, LOSS_ROOM, Geometry
from widgets.plots.zoom import WHOLE, Zoom

SMALLEST_CELL, GOOD_CELL, LARGEST_CELL, END_CELL = 7.0, 16.0, 48.0, 34.0
MOST_ABREAST = 8  # sub-columns of units in a layer
CELLS_SHARE = 0.56  # of the distance of two layers, at most; the rest shows links
WIDEST_PITCH, WIDEST_BAR, BAR_SHARE = 190.0, 14.0, 0.7  # the last of the pitch
SMALLEST_SQUARE = 36  # units that may be the pixels of an image


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
