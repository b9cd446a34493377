"""Setting one parameter of a network by hand, between two steps."""

from core.arrays import Precision
from core.errors import wrong
from core.network import Network
from core.places import Place, part_of, require_index
from core.retirement import Retirement


def require_value(place: Place, value: float, precision: Precision) -> None:
    """Raise ValueError for a number that the precision does not hold."""
    largest = precision.largest
    if not abs(value) <= largest:
        raise wrong(str(place), value, f"a number from {-largest:.3g} to {largest:.3g}")


def assign(
    network: Network, retired: Retirement, place: Place, value: float, run: int | None = None
) -> None:
    """Set one parameter; `run` is a network of a stack, counted from 0.

    Raises ValueError, changing nothing, for a place or run that there is not, for a network that
    has diverged, and for a number that the precision does not hold.
    """
    require_value(place, value, network.precision)
    numbers = part_of(network, place)
    if run is not None:
        require_index("run", run, network.runs[0])
        if run in retired.runs:
            raise wrong("run", run, "a network that has not diverged")
        numbers = numbers[run]
    if place.row is None:
        numbers[..., place.column] = value
    else:
        numbers[..., place.row, place.column] = value
    network.precision.round(numbers)
