"""The names and the layout that PyTorch gives to parameters.

They are those in the `state_dict` of `nn.Sequential(Linear, norm, activation, Linear, ...)`, whose
modules count from 0; a weight is (n_out, n_in) there, so that z = h W^T + b.
"""

from collections.abc import Sequence
from itertools import pairwise

from core.arrays import Array
from core.layout import Views
from core.normalization import Norm


def named(layers: Sequence[Views]) -> dict[str, Array]:
    """View weights, biases, scales and shifts of all layers under their names."""
    found, number = dict[str, Array](), 0
    for views in layers:
        found[f"{number}.weight"] = views.w.swapaxes(-1, -2)
        found[f"{number}.bias"] = views.b
        if views.scale is not None and views.shift is not None:
            number += 1
            found |= {f"{number}.weight": views.scale, f"{number}.bias": views.shift}
        number += 2
    return found


def state_shapes(sizes: Sequence[int], norm: Norm) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes that `Network.state` of one network has, without making it."""
    found, number, last = dict[str, tuple[int, ...]](), 0, len(sizes) - 2
    for index, (n_in, n_out) in enumerate(pairwise(sizes)):
        found |= {f"{number}.weight": (n_out, n_in), f"{number}.bias": (n_out,)}
        if norm.axis is not None and index < last:
            number += 1
            names = ("weight", "bias", "running_mean", "running_var")
            kept = names if norm.keeps_statistics else names[:2]
            found |= {f"{number}.{name}": (n_out,) for name in kept}
        number += 2
    return found
