"""What one can see of an array at a glance: a small one in full, of a large one a corner.

A walk through a network meets thousands of arrays; of each it keeps only this.
"""

import math
from dataclasses import dataclass

import numpy as np

from core.arrays import Array

MOST_IN_FULL = 6  # rows and columns
CORNER = 3
DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True, slots=True, eq=False)
class Glimpse:
    """An array of that `shape` and Frobenius `norm`; `name` is its symbol, with its layer.

    `values (rows, columns)`, float64, are the array if it is small, else its upper left corner.
    """

    name: str
    shape: tuple[int, ...]
    norm: float
    values: Array

    @property
    def whole(self) -> bool:
        """Whether `values` is all there is."""
        return self.values.size == math.prod(self.shape)


def glimpse(name: str, array: Array) -> Glimpse:
    """Look at a number, a vector or a matrix, which may change afterwards."""
    rows = np.atleast_2d(array)
    most = MOST_IN_FULL if max(rows.shape) <= MOST_IN_FULL else CORNER
    values = rows[:most, :most].astype(np.float64)
    flat = array.ravel()
    with np.errstate(all="ignore"):
        norm = math.sqrt(float(np.dot(flat, flat)))
        if not 1e-15 < norm < 1e15:  # squares of singles may have left their range
            norm = float(np.linalg.norm(flat.astype(np.float64)))
    return Glimpse(name, array.shape, norm, values)


def below(layer: int) -> str:
    """A layer's number as an index, below the line."""
    return str(layer).translate(DIGITS)
