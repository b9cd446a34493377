"""What a training step costs, with every layer measured, beside other programs' steps.

Each number is a ratio inside one run, on one thread. PyTorch and scikit-learn are no part of the
environment: where one is missing, its rows say so.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
import pytest

from tests.benchmarks.contestants import (
    Step,
    bare_products,
    blind_step,
    sklearn_step,
    torch_step,
    trainer_of,
)

REPEATS = 40
REPEAT_SECONDS = 0.02
RUNS = 64

BARE = "bare products"
OTHERS: dict[str, Callable[[tuple[int, ...], int], Step]] = {
    BARE: bare_products,
    "PyTorch eager + gradient norms": torch_step,
    "scikit-learn's partial_fit": sklearn_step,
}
# hidden layers, width, inputs, batch: the most that a step may cost in bare products, and how many
# of our steps PyTorch's and scikit-learn's must cost
BOUNDS = {
    (2, 4, 2, 10): (4.3, 9, 16),
    (6, 8, 2, 10): (3.6, 7.5, 9),
    (20, 8, 2, 32): (3.2, 6.5, 5.5),
    (10, 64, 2, 64): (1.5, 2.7, 2.5),
    (50, 32, 2, 32): (2.2, 4.5, 3.5),
    (3, 256, 784, 128): (1.15, 1.15, 1.1),
    (4, 1024, 784, 256): (1.1, 1.1, 1.1),
}
MEASURING_BOUND = 1.15
RUNS_BOUND = 7.0  # how much less a run costs among many than alone

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]


def seconds(work: Step, times: int) -> float:
    """The mean time of steps that follow one another, after one that fills the caches again."""
    work()
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times


def least_seconds(steps: dict[str, Step]) -> dict[str, float]:
    """The least time of each step, which is the least noisy.

    They are timed by turns, so that a slow moment of the machine meets all of them.
    """
    times = {name: max(2, int(REPEAT_SECONDS / seconds(step, 3))) for name, step in steps.items()}
    found = [[seconds(step, times[name]) for name, step in steps.items()] for _ in range(REPEATS)]
    return dict(zip(steps, np.min(found, axis=0).tolist(), strict=True))


def compared(sizes: tuple[int, ...], batch: int, title: str) -> dict[str, Step]:
    """Ours and all others that are here; a row of the table for each that is not."""
    steps: dict[str, Step] = {"ours": trainer_of(sizes, batch).step}
    for name, make in OTHERS.items():
        try:
            steps[name] = make(sizes, batch)
        except ImportError as error:
            show(title, name, f"not compared: {error}")
    return steps


def show(title: str, name: str, text: str) -> None:
    """Print one row of the table."""
    sys.stdout.write(f"\n{title + ' / ' + name:<58} {text}")
    sys.stdout.flush()


def ratio_to(times: dict[str, float], name: str) -> float:
    """What the bound is about: our step in bare products, or another's in our steps."""
    ratio = times["ours"] / times[name]
    return ratio if name == BARE else 1 / ratio


@pytest.mark.parametrize("shape", BOUNDS, ids=lambda shape: f"{shape[0]}x{shape[1]}")
def test_a_step_beside_those_of_others(
    shape: tuple[int, int, int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    hidden, width, n_inputs, batch = shape
    title, sizes = f"{hidden}x{width}, batch {batch}", (n_inputs, *[width] * hidden, 1)
    missed = []
    with capsys.disabled():
        times = least_seconds(compared(sizes, batch, title))
        for name, bound in zip(OTHERS, BOUNDS[shape], strict=True):
            if name not in times:
                continue
            ratio, most = ratio_to(times, name), name == BARE
            show(title, name, f"{ratio:8.2f}   {'<=' if most else '>='} {bound}")
            if ratio > bound if most else ratio < bound:
                missed.append(name)
    assert not missed


def test_what_measuring_costs(capsys: pytest.CaptureFixture[str]) -> None:
    sizes, batch = (2, *[8] * 20, 1), 32
    times = least_seconds(
        {"measured": trainer_of(sizes, batch).step, "not": blind_step(sizes, batch)}
    )
    ratio = times["measured"] / times["not"]
    with capsys.disabled():
        show(
            f"20x8, batch {batch}",
            "a step / one without measures",
            f"{ratio:8.2f}   <= {MEASURING_BOUND}",
        )
    assert ratio <= MEASURING_BOUND


def test_runs_side_by_side_share_the_cost(capsys: pytest.CaptureFixture[str]) -> None:
    sizes, batch = (2, *[8] * 6, 1), 10
    times = least_seconds(
        {
            "together": trainer_of(sizes, batch, (RUNS,)).step,
            "alone": trainer_of(sizes, batch).step,
        }
    )
    ratio = RUNS * times["alone"] / times["together"]
    with capsys.disabled():
        show(
            f"6x8, batch {batch}", f"a run alone / one of {RUNS}", f"{ratio:8.2f}   >= {RUNS_BOUND}"
        )
    assert ratio >= RUNS_BOUND
