"""Where one parameter stands: its place in words, and its number in the flat vector.

Layers count from 1, rows and columns from 0, as everywhere in the engine: `W_l[row, column]` leads
from unit `row` of layer l-1 to unit `column` of layer l.
"""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.errors import wrong
from core.layout import Views
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
    numbers = _numbers(network, layer).w
    require_index("row", row, len(numbers))
    require_index("column", column, numbers.shape[1])
    return int(numbers[row, column])


def bias_index(network: Network, layer: int, column: int, kind: str = "b") -> int:
    """Return the number of b_layer[column]; `kind` may also be "scale" or "shift".

    Raises ValueError for a layer or column that the network does not have, and for scale or shift
    of a layer without normalisation.
    """
    parts = _numbers(network, layer)._asdict()
    kinds = [name for name, part in parts.items() if name != "w" and part is not None]
    if kind not in kinds:
        raise wrong("kind", kind, f"{', '.join(kinds)} in layer {layer}")
    numbers = parts[kind]
    require_index("column", column, len(numbers))
    return int(numbers[column])


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
    require_index("index", index, network.layout.n_parameters)
    every = np.arange(network.layout.n_parameters)
    for layer, views in enumerate(network.layout.views(every), 1):
        for kind, numbers in views._asdict().items():
            if numbers is not None and numbers.flat[0] <= index <= numbers.flat[-1]:
                *row, column = np.unravel_index(index - numbers.flat[0], numbers.shape)
                return Place(kind, layer, int(column), *(int(i) for i in row))
    raise AssertionError("the views cover the whole vector")


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


def _numbers(network: Network, layer: int) -> Views:
    """One layer's views of 0, 1, 2, ..."""
    require_index("layer", layer, len(network.layers), 1)
    every = np.arange(network.layout.n_parameters)
    return [*network.layout.views(every)][layer - 1]
