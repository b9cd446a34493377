"""The clean shapes behind the data sets in the plane, before any noise.

A shape of two classes turns class ids (0 or 1) into points, all within about [-1, 1] except for
moons and gauss; a surface turns points into heights. Nothing here knows what a data set is.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Points = NDArray[np.float64]
Ids = NDArray[np.intp]

DISC_RADIUS = 0.5
RING_RADIUS = 0.7
XOR_GAP = 0.06
GAUSS_SPREAD = 0.25
SPIRAL_TURNS = 1.75
SPIRAL_START = 0.05
BOARD_CELLS = 4


def circle(rng: Generator, ids: Ids) -> Points:
    """Class 1 is a disc, class 0 the ring around it; even over their area."""
    inner = np.where(ids == 1, 0.0, RING_RADIUS)
    outer = np.where(ids == 1, DISC_RADIUS, 1.0)
    # Even in the square of the radius: even in the radius would crowd the centre.
    radius = np.sqrt(rng.uniform(inner**2, outer**2))
    return _polar(radius, rng.uniform(0, 2 * np.pi, len(ids)))


def xor(rng: Generator, ids: Ids) -> Points:
    """Class 1 has coordinates of opposite signs; a gap keeps both off the axes."""
    size = rng.uniform(XOR_GAP, 1, (len(ids), 2))
    first = rng.choice([-1.0, 1.0], len(ids))
    second = np.where(ids == 1, -first, first)
    signs: Points = np.column_stack((first, second))
    return size * signs


def gauss(rng: Generator, ids: Ids) -> Points:
    """Round clouds at (1, 1) for class 1 and (-1, -1) for class 0, far apart for their spread."""
    centre = np.where(ids == 1, 1.0, -1.0)[:, np.newaxis]
    return centre + GAUSS_SPREAD * rng.standard_normal((len(ids), 2))


def spiral(rng: Generator, ids: Ids) -> Points:
    """angle = 2 pi turns radius, half a turn later for class 1."""
    # Not from radius 0, where both arms would share a point.
    radius = rng.uniform(SPIRAL_START, 1, len(ids))
    return _polar(radius, 2 * np.pi * SPIRAL_TURNS * radius + np.pi * ids)


def moons(rng: Generator, ids: Ids) -> Points:
    """Upper half of the unit circle around (-1/2, -1/4); class 1 is its mirror in the origin."""
    angle = rng.uniform(0, np.pi, len(ids))
    upper = _polar(np.ones(len(ids)), angle) - [0.5, 0.25]
    return np.where(ids[:, np.newaxis] == 1, -upper, upper)


def checkerboard(rng: Generator, ids: Ids) -> Points:
    """Class 1 has the cells whose row and column add up to an odd number."""
    row = rng.integers(BOARD_CELLS, size=len(ids))
    pair = rng.integers(BOARD_CELLS // 2, size=len(ids))
    column = 2 * pair + (row + ids) % 2
    corner: Points = np.column_stack((column, row))
    return (corner + rng.uniform(0, 1, corner.shape)) * 2 / BOARD_CELLS - 1


def plane(x: Points) -> Points:
    """y = (x1 + x2) / 2, shape (n, 1)."""
    return (x[:, :1] + x[:, 1:]) / 2


def sine_ridge(x: Points) -> Points:
    """y = sin(pi (x1 + x2)), shape (n, 1)."""
    return np.sin(np.pi * (x[:, :1] + x[:, 1:]))


def _polar(radius: Points, angle: Points) -> Points:
    return np.column_stack((radius * np.cos(angle), radius * np.sin(angle)))
