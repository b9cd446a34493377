"""How long it takes to answer a choice of a weight, a unit or a sample with its ladder."""

import statistics
import sys
import time

import pytest

from core.places import Place
from lab.ladders import Choice, ladder_of
from lab.run import Run
from lab.spec import Spec
from lab.specimens import SpecimenOf

ROUNDS = 9

pytestmark = pytest.mark.bench


@pytest.mark.parametrize(("depth", "width", "bound"), [(20, 32, 50.0), (100, 64, 150.0)])
@pytest.mark.parametrize("rank", [1, 100])
def test_one_ladder(depth: int, width: int, rank: int, bound: float) -> None:
    changes = {"network.depth": depth, "network.width": width}
    specimen = SpecimenOf().made_of(Run(Spec().with_values(changes)))
    first = Place("w", 1, 0, 0)
    for through in ({}, {depth // 2: width - 1}):
        choice, taken = Choice(first, rank=rank, through=through), []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            ladder_of(specimen, choice)
            taken.append(1000 * (time.perf_counter() - began))
        reached = statistics.median(taken)
        led = "through a unit" if through else "anywhere"
        text = f"ladder of rank {rank} {led}, {depth}x{width}, ms"
        sys.stdout.write(f"\n{text:<58} {reached:8.2f}   <= {bound:g}\n")
        assert reached <= bound
