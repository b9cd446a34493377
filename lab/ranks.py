"""How numbers of several networks are spread: extremes, quartiles and median."""

import math

import numpy as np

from core.arrays import Array

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
MEDIAN = 2  # its place among them


def ranks_of(values: Array) -> Array:
    """Return minimum, quartiles and maximum over the first axis: (n, ...) -> (5, ...).

    Between two numbers a quartile is interpolated, as NumPy does it. NaN takes no part; the result
    is NaN where all are.
    """
    ordered = np.sort(values, axis=0)  # NaN comes last
    if np.isnan(ordered[-1]).any():
        return _ranks_beside_nan(ordered)
    places = [share * (len(values) - 1) for share in SHARES]
    return np.stack([_at(ordered, place) for place in places])


def _at(ordered: Array, place: float) -> Array:
    low = math.floor(place)
    part = place - low
    found: Array = ordered[low]
    if part:  # infinity may be among them: it must not be multiplied by 0
        found = found * (1 - part) + ordered[low + 1] * part
    return found


def _ranks_beside_nan(ordered: Array) -> Array:
    """The same where columns hold different numbers of values."""
    columns = ordered.reshape(len(ordered), -1)
    found = np.full((len(SHARES), columns.shape[1]), np.nan)
    counts = (~np.isnan(columns)).sum(axis=0)
    for count in np.unique(counts[counts > 0]).tolist():
        chosen = counts == count
        found[:, chosen] = ranks_of(columns[:count, chosen])
    return found.reshape(len(SHARES), *ordered.shape[1:])
