"""How the products and copies of a step are computed fastest: what to call, and with what.

Arrays are (*runs, ...) or (*runs, count, ...) of a block of layers. For one network alone
`ndarray.dot` has less overhead than `matmul`, but it knows no leading axes.
"""

from collections.abc import Callable, Iterator

import numpy as np

from core.arrays import Array, Call


def product(a: Array, b: Array, out: Array) -> Call:
    """How to compute a @ b of one layer."""
    if out.ndim == 2:
        return a.dot, (b, out)
    # One column times one row is elementwise; as matrices they take three times as long.
    return np.multiply if a.shape[-1] == 1 else np.matmul, (a, b, out)


def block_product(a: Array, b: Array, out: Array) -> Call:
    """How to compute a @ b of a block: of one layer as of a layer, of several in one call."""
    if out.shape[-3] > 1:
        return np.matmul, (a, b, out)
    return product(*(v[..., 0, :, :] if v.ndim > 2 else v for v in (a, b, out)))


def column_sums(ones: Array, rows: Array, out: Array) -> Iterator[Call]:
    """How to sum the rows (*runs, count, batch, n) of a block; `ones` is (1, batch)."""
    count = out.shape[-2]
    if count > (2 if out.ndim == 2 else 1):  # for 20 layers 1.4 us, as matrices 2.5
        yield np.vecmat, (ones[0], rows, out)
        return
    for index in range(count):  # for 2 layers of one network 0.6 us instead of 1.0
        one = slice(index, index + 1)
        yield block_product(ones, rows[..., one, :, :], out[..., one, None, :])


def repetition(row: Array, rows: Array) -> Callable[[Array, Array], None]:
    """How to fill `rows` with copies of a row: as one item each, a third of the time of numbers."""
    item = np.void, row.shape[-1] * row.itemsize
    one, many = row.view(item), rows.view(item)

    def copy(_row: Array, _rows: Array) -> None:
        many[...] = one  # 0.1 us, with copyto 0.3

    return copy
