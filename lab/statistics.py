"""Mean, minimum and maximum of groups of rows, where NaN means "not measured" and takes no part.

A table of statistics is one array (rows, columns) per name of `STATISTICS`; every row of it may
stand for several steps, as many as `count` says. Nothing here knows what the columns are.
"""

from collections.abc import Callable, Mapping

import numpy as np

from core.arrays import Array

STATISTICS = ("mean", "low", "high", "count")
Table = Mapping[str, Array]


def single(rows: Array) -> dict[str, Array]:
    """Return the table of rows that each are one step."""
    return {"mean": rows, "low": rows, "high": rows, "count": (~np.isnan(rows)).astype(np.float64)}


def joined(first: Table, second: Table) -> dict[str, Array]:
    """Return one table after the other, as a copy, with the statistics that the first has."""
    return {name: np.concatenate([values, second[name]]) for name, values in first.items()}


def merged(table: Table, starts: Array) -> dict[str, Array]:
    """Merge neighbouring rows into groups beginning at `starts`.

    The mean is weighted by how many numbers each row holds; rows without any do not count. Low and
    high may be left out of the table.
    """
    return _merged(table, lambda reduce, values: reduce.reduceat(values, starts, axis=0))


def halved(table: Table) -> dict[str, Array]:
    """Merge an even number of rows two by two; the same as `merged`, in a fifth of the time."""
    return _merged(table, lambda reduce, values: reduce(values[::2], values[1::2]))


def _merged(table: Table, gather: Callable[[np.ufunc, Array], Array]) -> dict[str, Array]:
    with np.errstate(all="ignore"):  # infinity and overflow are values to keep
        count = gather(np.add, table["count"])
        weighted = np.where(table["count"] > 0, table["mean"] * table["count"], 0)
        total = gather(np.add, weighted)
        mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    spread = {
        name: gather(reduce, table[name])
        for name, reduce in (("low", np.fmin), ("high", np.fmax))
        if name in table
    }
    return {"mean": mean, **spread, "count": count}


def gathered(rows: Array, size: int) -> dict[str, Array]:
    """Merge single steps, `size` at a time; the same as `merged`, and much quicker without NaN."""
    groups = rows.reshape(-1, size, rows.shape[1])
    with np.errstate(all="ignore"):
        mean = groups.mean(axis=1)
        table = {"mean": mean, "low": groups.min(axis=1), "high": groups.max(axis=1)}
    table["count"] = np.full_like(mean, size)
    incomplete = np.flatnonzero(np.isnan(mean).any(axis=0))
    if len(incomplete):
        careful = merged(single(rows[:, incomplete]), np.arange(0, len(rows), size))
        for name, values in careful.items():
            table[name][:, incomplete] = values
    return table
