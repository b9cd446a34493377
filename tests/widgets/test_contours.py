"""Contour lines lie where the surface has their height."""

import numpy as np
import pytest

from widgets.tools.contours import contour
from widgets.tools.surface_plot import labels_of

A, B = np.linspace(-2, 2, 41), np.linspace(-1, 1, 21)
LEVEL = 0.503  # through no corner of a cell


def test_a_circle_is_round_and_closed() -> None:
    lines = contour(A, B, A[:, None] ** 2 + B[None, :] ** 2, LEVEL)
    radii = np.hypot(lines[..., 0], lines[..., 1])
    assert radii == pytest.approx(np.sqrt(LEVEL), abs=0.01)
    length = np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1).sum()
    assert length == pytest.approx(2 * np.pi * np.sqrt(LEVEL), rel=0.01)
    ends = {tuple(end) for end in lines.reshape(-1, 2).round(9).tolist()}
    counts = [(lines.reshape(-1, 2).round(9) == end).all(axis=1).sum() for end in ends]
    assert set(counts) == {2}, "every end is where another line begins"


def test_a_slope_has_straight_lines_whatever_its_direction() -> None:
    for p, q in ((1, 0), (0, 1), (1, 1), (-1, 2), (3, -1)):
        values = p * A[:, None] + q * B[None, :]
        lines = contour(A, B, values, 0.03)
        assert len(lines)
        assert p * lines[..., 0] + q * lines[..., 1] == pytest.approx(0.03)


def test_saddles_join_what_the_middle_says() -> None:
    ends = np.array([0.0, 1.0])
    for sign in (1, -1):
        values = sign * np.array([[1.0, -1.2], [-1.2, 1.0]])
        lines = contour(ends, ends, values, 0.0)
        assert len(lines) == 2
        corner = np.array([0, 0])
        # The middle is on the side of the second kind of corners: it is not cut off from them.
        near = [np.abs(line - corner).sum(axis=1).max() < 1 for line in lines]
        assert any(near)


def test_beside_what_is_not_finite_there_is_no_line() -> None:
    values = A[:, None] + 0 * B[None, :]
    values[20:, :] = np.nan
    values[:, 10] = np.inf
    assert len(contour(A, B, values, 0.5)) == 0
    assert len(contour(A, B, values, -0.51)) == 18


def test_levels_are_told_apart() -> None:
    assert labels_of(np.array([0.1, 1, 10])) == ["0.1", "1", "10"]
    assert labels_of(np.array([0.69311, 0.69312])) == ["0.69311", "0.69312"]
    assert labels_of(0.6931 + np.array([0, 1e-10, 3e-10])) == ["0.6931", "+1e-10", "+3e-10"]
    assert labels_of(np.empty(0)) == []
