"""Lines of equal height over a grid of numbers: marching squares, all cells at once.

A level crosses the edge between two corners of a cell where linear interpolation reaches it. Cells
with a corner that is not finite have no lines.
"""

import numpy as np

from core.arrays import Array

# Which edges of a cell a line joins, by the corners that are above the level: corner 1 is the
# first of both axes, 2 the next along a, 4 the next along both, 8 the next along b. The edges are
# 0 between corners 1 and 2, 1 between 2 and 4, 2 between 4 and 8, 3 between 8 and 1.
JOINS: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((3, 0),),
    2: ((0, 1),),
    3: ((3, 1),),
    4: ((1, 2),),
    6: ((0, 2),),
    7: ((3, 2),),
    8: ((2, 3),),
    9: ((0, 2),),
    11: ((1, 2),),
    12: ((1, 3),),
    13: ((0, 1),),
    14: ((3, 0),),
}
# Two opposite corners are above: what the middle is decides which are joined.
SADDLES: dict[tuple[int, bool], tuple[tuple[int, int], ...]] = {
    (5, True): ((0, 1), (2, 3)),
    (5, False): ((3, 0), (1, 2)),
    (10, True): ((3, 0), (1, 2)),
    (10, False): ((0, 1), (2, 3)),
}


def contour(a: Array, b: Array, values: Array, level: float) -> Array:
    """Return the lines where values (len(a), len(b)) reach a level: (n, 2, 2), ends by (a, b)."""
    corners = np.stack([values[:-1, :-1], values[1:, :-1], values[1:, 1:], values[:-1, 1:]])
    with np.errstate(all="ignore"):
        above = corners > level
        middle = corners.mean(axis=0) > level
    kind = (above * np.array([1, 2, 4, 8])[:, None, None]).sum(axis=0)
    kind[~np.isfinite(corners).all(axis=0)] = 0
    found = [np.empty((0, 2, 2))]
    for case, joins in JOINS.items():
        cells = np.nonzero(kind == case)
        found += [_lines(a, b, values, level, cells, join) for join in joins]
    for (case, high), joins in SADDLES.items():
        cells = np.nonzero((kind == case) & (middle == high))
        found += [_lines(a, b, values, level, cells, join) for join in joins]
    return np.concatenate(found)


def _lines(
    a: Array,
    b: Array,
    values: Array,
    level: float,
    cells: tuple[Array, ...],
    join: tuple[int, int],
) -> Array:
    return np.stack([_crossing(a, b, values, level, cells, edge) for edge in join], axis=1)


def _crossing(
    a: Array, b: Array, values: Array, level: float, cells: tuple[Array, ...], edge: int
) -> Array:
    """Where an edge of each cell reaches the level: (n, 2)."""
    rows, columns = cells
    (row, column), (next_row, next_column) = (
        ((0, 0), (1, 0)),
        ((1, 0), (1, 1)),
        ((0, 1), (1, 1)),
        ((0, 0), (0, 1)),
    )[edge]
    one = values[rows + row, columns + column]
    other = values[rows + next_row, columns + next_column]
    share = (level - one) / (other - one)
    start = np.stack([a[rows + row], b[columns + column]], axis=1)
    end = np.stack([a[rows + next_row], b[columns + next_column]], axis=1)
    points: Array = start + share[:, None] * (end - start)
    return points
