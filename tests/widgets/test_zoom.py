"""A part of a picture, magnified: the arithmetic of it, without a window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.plots.zoom import WHOLE, Limits, Zoom

LEAST = 0.05
shares = st.floats(0, 1)
zooms = st.builds(WHOLE.part, shares, shares, st.floats(0.1, 1), st.floats(0.1, 1))


@given(zooms, st.floats(-2, 2), st.floats(-2, 2), st.floats(0, 9), st.floats(0, 9))
def test_a_part_is_inside_the_whole(
    zoom: Zoom, left: float, top: float, width: float, height: float
) -> None:
    part = zoom.part(left, top, width, height, Limits(LEAST, LEAST))
    for start, span in ((part.left, part.width), (part.top, part.height)):
        assert LEAST <= span <= 1
        assert 0 <= start <= 1 - span


@given(zooms, shares, shares, st.floats(0.01, 1))
def test_the_point_under_the_wheel_stays(
    zoom: Zoom, across: float, down: float, factor: float
) -> None:
    part = zoom.scaled(factor, (across, down), Limits(LEAST, LEAST))
    assert part.left + across * part.width == pytest.approx(zoom.left + across * zoom.width)
    assert part.top + down * part.height == pytest.approx(zoom.top + down * zoom.height)
    assert min(part.width, part.height) >= LEAST * (1 - 1e-9)


def test_out_leads_back_to_the_whole() -> None:
    zoom = Zoom(0.7, 0.1, 0.2, 0.9)
    for _ in range(20):
        zoom = zoom.scaled(1.3, (0.9, 0.9))
    assert zoom == WHOLE


@pytest.mark.parametrize("times", range(1, 12))
def test_as_far_out_as_in_is_the_whole(times: int) -> None:
    zoom = WHOLE
    for factor in [1 / 1.3] * times + [1.3] * times:
        zoom = zoom.scaled(factor, (0.3, 0.8))
    assert zoom == WHOLE


@given(zooms, st.floats(-3, 3))
def test_something_of_what_there_is_stays_in_view(zoom: Zoom, across: float) -> None:
    limits = Limits(first=0.4, last=0.6)
    part = zoom.part(across, 0, 1, 1, limits)
    assert part.left <= 0.6
    assert part.left + part.width >= 0.4 * (1 - 1e-9)
