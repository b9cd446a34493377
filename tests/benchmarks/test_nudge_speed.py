"""How soon the nudge answers: a weight that is chosen, and a slider that moves."""

import statistics
import sys
import time
from collections.abc import Callable

import pytest

from core.places import Place
from lab.nudging import Nudging
from lab.run import Run
from lab.spec import Spec
from lab.specimens import SpecimenOf

ROUNDS = 9

pytestmark = pytest.mark.bench


@pytest.mark.parametrize(("depth", "width", "bound"), [(20, 32, 50.0), (100, 64, 150.0)])
def test_one_nudge(depth: int, width: int, bound: float) -> None:
    changes = {"network.depth": depth, "network.width": width}
    run, place = Run(Spec().with_values(changes)), Place("w", 1, 0, 0)

    def chosen() -> None:
        Nudging(SpecimenOf().made_of(run), place).nudged(0.1, 1.0)

    _show(f"a weight is chosen, {depth}x{width}, ms", chosen, bound)
    nudging = Nudging(SpecimenOf().made_of(run), place)
    nudging.nudged(0.1, 1.0)
    _show(f"the slider moves, {depth}x{width}, ms", lambda: nudging.nudged(0.2, 1.0), bound)


def _show(text: str, action: Callable[[], object], bound: float) -> None:
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        action()
        taken.append(1000 * (time.perf_counter() - began))
    reached = statistics.median(taken)
    sys.stdout.write(f"\n{text:<58} {reached:8.2f}   <= {bound:g}\n")
    assert reached <= bound
