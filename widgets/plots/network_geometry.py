"""Where everything in the picture of a network stands, in pixels; NumPy alone, no painting.

Layers are columns from the inputs at the left to the loss at the right. Where there is room for
them, units are cells and links lines; else a layer is one bar, and its links one band.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from core.arrays import Array
from core.places import Place
from widgets.plots.zoom import WHOLE, Limits, Zoom

HEAD, FOOT = 22.0, 26.0  # for the layers' names and for the flow of the gradient
LEFT_MARGIN, LOSS_ROOM = 10.0, 58.0
LEAST_IN_VIEW = 1.5, 2.0  # columns and units, however much is magnified
SMALLEST_HEIGHT = 1 / 16  # of the whole, that may be shown
MARGIN_SHARE = 0.01  # of the width, that the middle of a column is inside of what is shown
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

    @property
    def place(self) -> Place:
        """A link's weight, a unit's bias."""
        if self.kind == "link":
            return Place("w", self.layer, self.column, self.row)
        return Place("b", self.layer, self.column)


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
