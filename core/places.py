"""Where one parameter stands: its place in words, and its number in the flat vector.

Layers count from 1, rows and columns from 0, as everywhere in the engine: `W_l[row, column]` leads
from unit `row` of layer l-1 to unit `column` of layer l.
"""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.errors import wrong
from core.network import Network

SYMBOLS = {"w": "W", "b": "b", "scale": "scale", "shift": "shift"}


@dataclass(frozen=True, slots=True)
class Place:
    """One parameter: `kind` is a field of `layout.Views`; only weights have a row."""

    kind: str
    layer: int
    column: int
    row: int | None = None

    @property
    def indices(self) -> tuple[int, ...]:
        """Where it stands in its layer's array."""
        return (self.column,) if self.row is None else (self.row, self.column)

    def __str__(self) -> str:
        row = "" if self.row is None else f"{self.row}, "
        return f"{SYMBOLS[self.kind]}_{self.layer}[{row}{self.column}]"


def weight_index(network: Network, layer: int, row: int, column: int) -> int:
    """Return the number of W_layer[row, column] in the flat vector.

    Raises ValueError for a layer, row or column that the network does not have.
    """
    start = _starts(network, layer)["w"]
    n_in, n_out = network.layout.shapes[layer - 1]
    require_index("row", row, n_in)
    require_index("column", column, n_out)
    return start + row * n_out + column


def bias_index(network: Network, layer: int, column: int, kind: str = "b") -> int:
    """Return the number of b_layer[column]; `kind` may also be "scale" or "shift".

    Raises ValueError for a layer or column that the network does not have, and for scale or shift
    of a layer without normalisation.
    """
    starts = _starts(network, layer)
    kinds = [name for name in starts if name != "w"]
    if kind not in kinds:
        raise wrong("kind", kind, f"{', '.join(kinds)} in layer {layer}")
    require_index("column", column, network.sizes[layer])
    return starts[kind] + column


def part_of(network: Network, place: Place) -> Array:
    """View the array (*runs, ...) that holds a parameter. Raises ValueError if there is none."""
    require_index("layer", place.layer, len(network.layers), 1)
    part: Array | None = getattr(network.layers[place.layer - 1], place.kind)
    if part is None or (place.kind == "w") == (place.row is None):
        raise wrong("place", str(place), f"a parameter of layer {place.layer}")
    names = ("row", "column")[-len(place.indices) :]
    shape = part.shape[-len(place.indices) :]
    for name, index, count in zip(names, place.indices, shape, strict=True):
        require_index(name, index, count)
    return part


def place_of(network: Network, index: int) -> Place:
    """Return the place of a number of the flat vector. Raises ValueError if there is none."""
    layout = network.layout
    require_index("index", index, layout.n_parameters)
    parts = (
        (start, kind, layer)
        for layer in range(1, len(network.layers) + 1)
        for kind, start in layout.starts_of(layer - 1).items()
    )
    start, kind, layer = max(part for part in parts if part[0] <= index)
    row, column = divmod(int(index) - start, network.sizes[layer])
    return Place(kind, layer, column, row if kind == "w" else None)


def layers_of(network: Network) -> Array:
    """Return the layer, 1..L, of every parameter of the flat vector: (P,)."""
    found = np.zeros(network.layout.n_parameters, np.intp)
    for layer, views in enumerate(network.layout.views(found), 1):
        for part in views:
            if part is not None:
                part[...] = layer
    return found


def require_index(field: str, value: int, count: int, first: int = 0) -> None:
    """Raise ValueError unless `value` is a whole number of the `count` that start at `first`."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or not first <= value < first + count:
        raise wrong(field, value, f"a whole number from {first} to {first + count - 1}")


def _starts(network: Network, layer: int) -> dict[str, int]:
    require_index("layer", layer, len(network.layers), 1)
    return network.layout.starts_of(layer - 1)
