"""What one look at all distributions costs the training thread.

Some are of the next step, which a twin has to take for it.
"""

import statistics
import sys
import time

import pytest

from lab.distributions import KINDS, DistributionsOf
from lab.run import Run
from lab.spec import Spec

ROUNDS = 9
OF_NEXT_STEP, ITS_COST = {"clipped_gradient", "update_ratio"}, 5

pytestmark = pytest.mark.bench


@pytest.mark.parametrize(("depth", "width", "bound"), [(20, 16, 10.0), (100, 256, 60.0)])
def test_one_look(depth: int, width: int, bound: float) -> None:
    changes = {
        "network.depth": depth,
        "network.width": width,
        "network.activation": "relu",
        "network.initializer": "he_normal",
    }
    run = Run(Spec().with_values(changes))
    for kind in KINDS:
        taken = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            DistributionsOf(kind, shared=True).made_of(run)
            taken.append(1000 * (time.perf_counter() - began))
        reached, most = statistics.median(taken), bound * (ITS_COST if kind in OF_NEXT_STEP else 1)
        text = f"distributions of the {kind}, {depth}x{width}, ms"
        sys.stdout.write(f"\n{text:<58} {reached:8.2f}   <= {most:g}\n")
        assert reached <= most
