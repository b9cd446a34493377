"""Where units, links and layers stand, and what a point of the picture means."""

from dataclasses import asdict

import numpy as np
import pytest

from widgets.plots.network_arrangement import SMALLEST_CELL, geometry_of
from widgets.plots.network_geometry import FOOT, HEAD, MOST_CURVES, Geometry, Spot
from widgets.plots.zoom import WHOLE, Zoom

SIZES = {
    "2x4": (2, 4, 4, 1),
    "12x16": (2, *[16] * 12, 1),
    "digits": (64, 24, 24, 10),
    "no hidden layer": (2, 1),
    "unequal": (3, 7, 1, 12, 5),
    "60x64": (2, *[64] * 60, 1),
    "100x256": (784, *[256] * 100, 64),
    "one wide layer": (2, 256, 1),
}
ROOMS = [(780, 170), (500, 120), (1500, 400), (300, 96), (90, 60)]

every_network = pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES.keys())
every_room = pytest.mark.parametrize("room", ROOMS, ids=str)


def all_links(geometry: Geometry) -> np.ndarray:
    return np.arange(len(geometry.links))


@every_room
@every_network
def test_everything_is_inside_and_layers_do_not_overlap(
    sizes: tuple[int, ...], room: tuple[float, float]
) -> None:
    geometry = geometry_of(sizes, *room)
    left, top, width, height = geometry.bars.T
    assert (left >= 0).all()
    assert (left + width <= geometry.loss_x).all()
    if geometry.pitch >= 3:
        assert (np.diff(left) >= width[:-1]).all()
    if room[1] >= 96:
        assert (top >= HEAD - 1).all()
        assert (top + height <= room[1] - FOOT + 1).all()
    assert (np.diff(geometry.x) > 0).all()


@every_network
def test_units_stand_apart_where_there_is_room_for_them(sizes: tuple[int, ...]) -> None:
    geometry = geometry_of(sizes, 780, 170)
    assert bool(geometry.cells) == (max(sizes) <= 64 and len(sizes) < 20)
    for n, cells, side in zip(sizes, geometry.cells, geometry.sides, strict=bool(geometry.cells)):
        assert len(cells) == n
        assert side >= SMALLEST_CELL
        apart = np.abs(cells[:, None] - cells[None]).max(axis=-1) + 999 * np.eye(n)
        assert (apart > side).all()


@pytest.mark.parametrize("name", ["2x4", "12x16", "digits", "no hidden layer", "unequal"])
def test_the_middle_of_every_unit_is_that_unit(name: str) -> None:
    geometry = geometry_of(SIZES[name], 780, 170)
    for layer, (cells, side) in enumerate(zip(geometry.cells, geometry.sides, strict=True)):
        for column, (x, y) in enumerate((cells + side / 2).tolist()):
            spot = geometry.spot(x, y, all_links(geometry))
            assert spot == Spot("unit", layer, column)


def test_links_are_numbered_like_the_weights() -> None:
    geometry = geometry_of((2, 3, 4, 1), 780, 170)
    assert len(geometry.links) == 6 + 12 + 4
    for index in range(22):
        spot = geometry.place_of_link(index)
        assert geometry.number_of_link(spot) == index
        before, after = geometry.cells[spot.layer - 1], geometry.cells[spot.layer]
        x0, y0, x1, y1 = geometry.links[index].tolist()
        side, next_side = geometry.sides[spot.layer - 1], geometry.sides[spot.layer]
        assert (x0, y0) == (before[spot.row][0] + side, before[spot.row][1] + side / 2)
        assert (x1, y1) == (after[spot.column][0], after[spot.column][1] + next_side / 2)
    assert geometry.place_of_link(6) == Spot("link", 2, 0, 0)
    assert geometry.place_of_link(11) == Spot("link", 2, 1, 1)


def test_a_point_on_a_curve_means_it_only_while_it_is_visible() -> None:
    geometry = geometry_of((2, 3, 1), 780, 170)
    for index, (x0, y0, x1, y1) in enumerate(geometry.links.tolist()):
        x, y = x0 + 0.296875 * (x1 - x0), y0 + 0.15625 * (y1 - y0)  # where t = 1/4
        assert geometry.spot(x, y, np.array([index])) == geometry.place_of_link(index)
        assert geometry.spot(x, y, np.zeros(0, int)) is None
        assert geometry.spot(x, y + 9, np.array([index])) is None


def test_a_point_on_a_line_means_a_line_through_it() -> None:
    geometry = geometry_of((2, 12, 12, 1), 780, 170)
    assert len(geometry.links) > MOST_CURVES
    for x0, y0, x1, y1 in geometry.links.tolist():
        x, y = x0 + 0.3 * (x1 - x0), y0 + 0.3 * (y1 - y0)
        spot = geometry.spot(x, y, all_links(geometry))
        assert spot is not None
        if spot.kind == "link":
            a, b, c, d = geometry.links[geometry.number_of_link(spot)].tolist()
            assert abs(b + (x - a) / (c - a) * (d - b) - y) < 1e-6


def test_names_columns_and_loss_are_found() -> None:
    for name in ("2x4", "100x256"):
        geometry = geometry_of(SIZES[name], 780, 170)
        nothing = np.zeros(0, int)
        for layer, x in enumerate(geometry.x.tolist()):
            assert geometry.spot(x, 4, nothing) == Spot("layer", layer)
            assert geometry.spot(x, 165, nothing) == Spot("layer", layer)
        assert geometry.spot(775, 100, nothing) == Spot("loss")


def test_a_band_belongs_to_the_layer_that_it_leads_to() -> None:
    geometry = geometry_of((2, 200, 200, 1), 780, 170)
    assert not geometry.cells
    between = (geometry.bars[1][0] + geometry.bars[1][2] + geometry.bars[2][0]) / 2
    assert geometry.spot(float(between), 80, np.zeros(0, int)) == Spot("layer", 2)
    on_bar = float(geometry.bars[1][0] + 2)
    assert geometry.spot(on_bar, 80, np.zeros(0, int)) == Spot("layer", 1)


def test_the_pixels_of_an_image_stand_in_a_square() -> None:
    cells = geometry_of((64, 8, 10), 780, 170).cells[0]
    assert len(set(cells[:, 0])) == len(set(cells[:, 1])) == 8


# -- a part of it

PARTS = (Zoom(0.25, 0.0, 0.5, 1.0), Zoom(0.4, 0.3, 0.1, 0.2), Zoom(0.0, 0.5, 1.0, 0.3), WHOLE)


@every_room
@every_network
@pytest.mark.parametrize("zoom", PARTS, ids=str)
def test_every_unit_stays_where_it_is_in_the_whole(
    sizes: tuple[int, ...], room: tuple[float, float], zoom: Zoom
) -> None:
    whole, part = geometry_of(sizes, *room), geometry_of(sizes, *room, zoom)
    left, top, width, height = whole.inside
    for layer, n in enumerate(sizes):
        for unit in {0, n // 2, n - 1}:
            x, y = whole.middle_of(layer, unit)
            across = left + ((x - left) / width - zoom.left) / zoom.width * width
            down = top + ((y - top) / height - zoom.top) / zoom.height * height
            assert part.middle_of(layer, unit) == pytest.approx((across, down), abs=2)
    assert part.pitch == pytest.approx(whole.pitch / zoom.width)


@every_room
@every_network
@pytest.mark.parametrize("zoom", PARTS, ids=str)
def test_columns_of_a_part_do_not_overlap(
    sizes: tuple[int, ...], room: tuple[float, float], zoom: Zoom
) -> None:
    part, whole = geometry_of(sizes, *room, zoom), geometry_of(sizes, *room)
    left, _, width, _ = part.bars.T
    if (np.diff(whole.bars[:, 0]) >= whole.bars[:-1, 2]).all():
        assert (np.diff(left) >= width[:-1]).all()


def test_a_square_layer_does_not_reach_into_the_next_one() -> None:
    for height in (170, 330, 700):
        for zoom in (WHOLE, Zoom(0, 0.3, 1, 0.29), Zoom(0, 0.48, 1, 1 / 16)):
            geometry = geometry_of((49, 49, 49, 49, 1), 780, height, zoom)
            left, _, width, _ = geometry.bars.T
            assert (np.diff(left) >= width[:-1]).all()


def test_what_had_no_room_for_units_has_it_when_magnified() -> None:
    sizes = (2, *[12] * 24, 1)
    assert not geometry_of(sizes, 500, 120).cells
    part = geometry_of(sizes, 500, 120, Zoom(0.2, 0, 0.3, 0.5))
    assert part.cell >= SMALLEST_CELL
    assert 7 <= part.in_view <= 10


def test_more_magnified_cells_are_larger() -> None:
    sides = [geometry_of((2, 4, 4, 1), 780, 170, WHOLE.scaled(f)).cell for f in (1, 0.5, 0.25)]
    assert sides[1] > 1.6 * sides[0]
    assert sides[2] > 1.6 * sides[1]


@every_network
def test_the_smallest_part_shows_a_column_and_some_units(sizes: tuple[int, ...]) -> None:
    whole = geometry_of(sizes, 780, 170)
    for start in np.linspace(0, 1, 7).tolist():
        part = geometry_of(sizes, 780, 170, WHOLE.part(start, 0, 0, 1, whole.limits))
        assert part.in_view
        assert asdict(part.limits) == pytest.approx(asdict(whole.limits)), "those of the whole"


def test_units_above_and_below_what_is_shown_are_not_met() -> None:
    geometry = geometry_of((2, 8, 8, 1), 780, 170, Zoom(0.3, 0.4, 0.3, 0.2))
    side = float(geometry.sides[1])
    hidden = [y for _, y in geometry.cells[1].tolist() if y + side < HEAD]
    assert hidden
    x = float(geometry.x[1])
    for y in (*hidden, HEAD - 1, 170 - FOOT + 1):
        assert geometry.spot(x, y, all_links(geometry)) == Spot("layer", 1)


def test_a_bar_has_units_only_where_it_is_shown() -> None:
    geometry = geometry_of((2, *[64] * 60, 1), 780, 170, Zoom(0.4, 0.4, 0.2, 0.2))
    layer = int(np.abs(geometry.x - 390).argmin())
    x = float(geometry.x[layer])
    assert geometry.unit_at(Spot("layer", layer), x, 80) is not None
    assert geometry.unit_at(Spot("layer", layer), x, 9) is None
    assert geometry.unit_at(Spot("layer", layer), x, 170 - FOOT + 3) is None


def test_magnifying_sideways_makes_no_cell_smaller() -> None:
    sizes = (1,) * 26
    whole = geometry_of(sizes, 1236, 151)
    part = geometry_of(sizes, 1236, 151, Zoom(0.66, 0, 0.11, 1))
    assert (part.sides >= whole.sides).all()


def test_a_column_is_in_view_beside_wide_margins() -> None:
    whole = geometry_of((2, 4, 1), 1240, 170)
    for left in (0.0, 0.01, 0.9, 1.0):
        part = geometry_of((2, 4, 1), 1240, 170, WHOLE.part(left, 0, 0.1, 1, whole.limits))
        assert part.in_view
