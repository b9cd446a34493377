"""Small specs and runs to test with, and waiting for what another thread does."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from core.arrays import Array
from core.divergence import Divergence
from lab.run import Run
from lab.spec import Spec

DEADLINE_S = 60.0
POLL_S = 0.001

# Three hidden tanh layers on moons: learns fast, takes some 50 µs a step.
SMALL: dict[str, Any] = {
    "data.source": "moons",
    "data.samples": 60,
    "network.depth": 3,
    "network.width": 6,
    "network.activation": "tanh",
    "training.batch_size": 8,
}
# Linear layers and steps far too long: diverges within a few of them.
WILD: dict[str, Any] = {
    "network.width": 16,
    "network.activation": "identity",
    "network.gain": 2.0,
    "training.learning_rate": 5.0,
}


def spec_of(changes: dict[str, Any] | None = None) -> Spec:
    """The small spec with other values, by path."""
    return Spec().with_values({**SMALL, **(changes or {})})


def run_of(changes: dict[str, Any] | None = None, steps: int = 0) -> Run:
    """A run of the small spec that has taken some steps."""
    run = Run(spec_of(changes))
    for _ in range(steps):
        run.advance()
    return run


def diverge(run: Run) -> str:
    """Take steps until none can be taken; return the sentence that says why."""
    for _ in range(100):
        try:
            run.advance()
        except Divergence as divergence:
            return str(divergence)
    pytest.fail("the run did not diverge")


def losses_of(run: Run) -> Array:
    """The loss of every step that the history still holds in full."""
    return run.history.series("loss", 1 << 30).mean


def wait_until(
    condition: Callable[[], object], what: str, poll: Callable[[], object] = lambda: None
) -> None:
    """Poll until a condition holds; fail, saying what was awaited, when it never does."""
    pause, deadline = threading.Event(), time.perf_counter() + DEADLINE_S
    while True:
        poll()
        if condition():
            return
        if time.perf_counter() > deadline:
            pytest.fail(f"waited {DEADLINE_S:g} s in vain for: {what}")
        pause.wait(POLL_S)
