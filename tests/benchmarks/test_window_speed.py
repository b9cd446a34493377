"""What the window costs: its first frame, the training it slows, its answering, its memory.

Each number is a ratio inside one run, or a distance in time that a person would notice.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

PROBE = Path(__file__).with_name("window_probe.py")
FIRST_FRAME_ROUNDS = 7
MEGABYTE = 1 << 20

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]


def probe(*arguments: object) -> tuple[dict[str, Any], float]:
    """Run a measurement in a new process; return what it says and the seconds until then."""
    began = time.perf_counter()
    command = [sys.executable, str(PROBE), *map(str, arguments)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    elapsed = time.perf_counter() - began
    process.communicate()
    return json.loads(line), elapsed


def show(text: str, reached: float, bound: str) -> None:
    """Print one row of the table."""
    sys.stdout.write(f"\n{text:<58} {reached:8.2f}   {bound}\n")


def test_first_painted_frame_against_a_bare_window() -> None:
    bare, ours = [], []
    probe("bare_first_frame"), probe("first_frame")  # fill the disk cache
    for _ in range(FIRST_FRAME_ROUNDS):
        bare.append(probe("bare_first_frame")[1])
        ours.append(probe("first_frame")[1])
    ratio = statistics.median(ours) / statistics.median(bare)
    show("first painted frame / bare window", ratio, "<= 2.0")
    assert ratio <= 2.0


@pytest.mark.parametrize("network", ["20x8", "50x32"])
def test_training_in_the_window_against_the_loop_alone(network: str) -> None:
    facts, _ = probe("training", network)
    kept = statistics.median(facts["window"]) / statistics.median(facts["alone"])
    frames = statistics.median(facts["frames"])
    late = facts["late_ms"]
    lateness = late[int(0.99 * len(late))]
    show(f"training kept in the window, {network}", kept, ">= 0.75")
    show(f"plot frames per second, {network}", frames, ">= 25")
    show(f"lateness of a 4 ms timer, p99 in ms, {network}", lateness, "<= 16")
    assert kept >= 0.75
    assert frames >= 25
    assert lateness <= 16


def test_32_seeds_against_one() -> None:
    facts, _ = probe("seeds", 32)
    ratio = statistics.median(facts["many"]) / statistics.median(facts["one"])
    show("step rate of 32 seeds in the window / of one", ratio, ">= 0.125")
    assert ratio >= 1 / 8


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's /proc")
def test_memory_does_not_grow_with_the_run() -> None:
    facts, _ = probe("memory", "6x8", 10_000, 1_000_000)
    grown = (facts["many"] - facts["few"]) / MEGABYTE
    show("memory after 1,000,000 steps over after 10,000, MB", grown, "<= 8")
    assert grown <= 8
