"""How much a test of some seconds may do, for networks of any size."""

from itertools import pairwise

from lab.spec import Spec

SECONDS = 10.0
PER_SECOND = 5e9  # multiplications, of a usual machine with training beside it
PER_LAYER = 5e4  # what calling NumPy for a layer costs, in multiplications
STEP_COST = 3  # forward passes: a backward pass costs about two
ROUND = (5, 3, 2, 1)


def forward_cost(spec: Spec, samples: int, networks: int = 1) -> float:
    """Return what a forward pass of some networks side by side takes, in multiplications."""
    weights = sum(n_in * n_out for n_in, n_out in pairwise(spec.sizes))
    return weights * samples * networks + PER_LAYER * len(spec.sizes)


def affordable(cost: float, most: int, fewest: int) -> int:
    """Return a round number of what costs so much each, within some seconds if possible."""
    count = int(SECONDS * PER_SECOND / cost)
    if count >= most:
        return most
    base: int = 10 ** (len(str(count)) - 1)
    return max(fewest, *(base * factor for factor in ROUND if base * factor <= count), 0)
