"""The array type that formulas are written in, the precisions, and memory that is fast to read."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]
# What is prepared once and done at every step: `call(*args)`.
Call: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...]]

CACHE_LINE = 64  # bytes
# Values. Beside up to FEW of them a number is the fastest to compare with; arrays of up to MANY are
# kept.
FEW, MANY = 1 << 8, 1 << 14


@dataclass(frozen=True, slots=True)
class Precision:
    """How the numbers of a network are kept: computed in `dtype` and, if it `rounds`, rounded.

    `storage` differs from `dtype` for float16 only, as on hardware that multiplies halves and adds
    singles: NumPy has no fast products of halves.
    """

    name: str
    label: str
    dtype: np.dtype[Any]
    storage: np.dtype[Any]
    rounds: bool

    @property
    def smallest(self) -> float:
        """The smallest number above zero; what is smaller has underflowed."""
        return float(np.finfo(self.storage).smallest_subnormal)

    @property
    def largest(self) -> float:
        """The largest finite number; what is larger has overflowed."""
        return float(np.finfo(self.storage).max)

    def round(self, values: Array) -> None:
        """Round to what the storage can hold, in place."""
        values[...] = values.astype(self.storage)


def _precision(name: str, label: str, dtype: str) -> Precision:
    return Precision(name, label, np.dtype(dtype), np.dtype(name), rounds=dtype != name)


PRECISIONS: dict[str, Precision] = {
    record.name: record
    for record in (
        _precision("float16", "float16 (storage)", "float32"),
        _precision("float32", "float32", "float32"),
        _precision("float64", "float64", "float64"),
    )
}


@lru_cache(maxsize=256)
def constant(value: float, dtype: np.dtype[Any]) -> Array:
    """Return a number as an array without axes.

    Beside a small array this takes 0.35 us, with the look-up; a plain number takes 0.5.
    """
    number = np.array(value, dtype)
    number.flags.writeable = False
    return number


# Zero in the precision of the other operand; beside a small array twice as fast as a plain 0.
ZERO = {record.dtype: np.zeros((), record.dtype) for record in PRECISIONS.values()}


@lru_cache(maxsize=64)
def kept(value: float, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return an array that holds one value everywhere, the same one for all who ask."""
    values = np.full(shape, value, dtype)
    values.flags.writeable = False
    return values


def limit(value: float) -> Callable[[Array], Array]:
    """Return a function of h: what to compare with, before the result goes into h.

    With a number NumPy branches at every value: 4096 of mixed signs take 1.6 us. With an array
    that is kept they take 0.6; with h itself, filled first, 1.0.
    """
    numbers = {dtype: np.array(value, dtype) for dtype in ZERO}

    def beside(h: Array) -> Array:
        size = h.size
        if size <= FEW:
            return numbers[h.dtype]
        if size <= MANY:
            return kept(value, h.shape, h.dtype)
        h.fill(value)
        return h

    return beside


def with_ones(x: Array, dtype: DTypeLike) -> Array:
    """Return inputs (samples, n_0) with a one behind each: (samples, n_0 + 1)."""
    with np.errstate(over="ignore"):  # a step says where infinity leads
        found: Array = np.insert(x, x.shape[-1], 1, axis=-1).astype(dtype)
    return found


def aligned_zeros(shape: tuple[int, ...], dtype: DTypeLike, apart: int = 0) -> Array:
    """Return zeros whose rows all start at a cache line: sums over them are up to twice as fast.

    Between the rows there may be a few unused values; or the rows are `apart`, so many values.
    """
    row = apart * np.dtype(dtype).itemsize or _row_bytes(shape[-1], dtype)
    size = math.prod(shape[:-1]) * row
    memory = np.zeros(size + CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    rows = memory[start : start + size].view(dtype)
    return rows.reshape(*shape[:-1], row // rows.itemsize)[..., : shape[-1]]


def whole_rows(rows: Array) -> Array:
    """View rows that `aligned_zeros` has made, as near as can be, with what lies between them.

    So all are one piece of memory: to subtract those of 64 networks of 400 parameters takes 2 us
    instead of 7. What is computed between the rows is never read.
    """
    length = _row_bytes(rows.shape[-1], rows.dtype) // rows.itemsize
    return np.lib.stride_tricks.as_strided(rows, (*rows.shape[:-1], length), rows.strides)


def _row_bytes(length: int, dtype: DTypeLike) -> int:
    return -(-length * np.dtype(dtype).itemsize // CACHE_LINE) * CACHE_LINE
