"""How the products of a step are computed fastest: what to call, and with what.

Arrays are (*runs, ...) or (*runs, count, ...) of a block of layers. For one network alone
`ndarray.dot` has less overhead than `matmul`, but it knows no leading axes.
"""

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
