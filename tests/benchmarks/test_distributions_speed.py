"""What one look at all distributions costs the training thread."""

import statistics
import sys
import time

import pytest

from lab.distributions import KINDS, DistributionsOf
from lab.run import Run
from lab.spec import Spec

ROUNDS = 9

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
        reached = statistics.median(taken)
        text = f"distributions of the {kind}, {depth}x{width}, ms"
        sys.stdout.write(f"\n{text:<58} {reached:8.2f}   <= {bound:g}\n")
        assert reached <= bound
