"""Where the time of a training step goes: `make profile`, or with networks such as 6x8 3x256.

The operations of the plans, and the parts of the measuring and the update, are timed one by one,
each without what it calls. `the rest` is the code between them, and some 0.5 us of timing for each
call that is timed.
"""

import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.training import Trainer  # noqa: E402 - after the environment is set
from tests.benchmarks.contestants import trainer_of  # noqa: E402

SECONDS = 1.0
ROUNDS = 20
# hidden layers x width: inputs, batch
SHAPES = {
    "2x4": (2, 10),
    "6x8": (2, 10),
    "20x8": (2, 32),
    "10x64": (2, 64),
    "50x32": (2, 32),
    "3x256": (784, 128),
    "4x1024": (784, 256),
}


class Clock:
    """Adds up the time of wrapped functions, each without the wrapped ones that it calls."""

    def __init__(self) -> None:
        self.seconds = defaultdict[str, float](float)
        self.calls = Counter[str]()
        self._inner = [0.0]

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            start = perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                elapsed = perf_counter() - start
                self.seconds[name] += elapsed - self._inner.pop()
                self._inner[-1] += elapsed
                self.calls[name] += 1

        return call


def watch(trainer: Trainer, clock: Clock) -> None:
    """Let the clock see every part of the trainer's step."""
    flow, meter, updater = trainer.flow, trainer._meter, trainer.updater
    for calls, plan in (
        (flow.forward_calls, flow.forward_plan),
        (flow.backward_calls, flow.backward_plan),
        (flow.gradient_calls, flow.gradient_plan),
    ):
        followers = calls[len(plan) :]
        ready = [(op.name, *(op.ready or (op.call, op.args))) for op in plan]
        calls[:] = [(clock.timed(name, call), args) for name, call, args in ready]
        calls += [(clock.timed("measure: slopes", call), args) for call, args in followers]
    flow._all_back[:] = [*flow.backward_calls, *flow.gradient_calls]
    for owner, name, words in (
        (trainer, "_loss_and_gradient", "loss"),
        (trainer.order, "take", "order of the samples"),
        (meter, "measure_flow", "measure: h and delta"),
        (meter, "measure_all", "measure: all but slopes, at once"),
        (meter, "measure_change", "measure: gradient, weights, update"),
        (meter, "complete", "measure: the rest"),
        (updater, "apply", "update"),
        (trainer, "step", "the rest"),
    ):
        setattr(owner, name, clock.timed(words, getattr(owner, name)))


def profile(name: str) -> None:
    """Print a table for one network: microseconds in a step, share, calls."""
    hidden, width = map(int, name.split("x"))
    n_inputs, batch = SHAPES.get(name, (2, 32))
    sizes = (n_inputs, *[width] * hidden, 1)
    plain = _microseconds(trainer_of(sizes, batch).step)
    trainer, clock = trainer_of(sizes, batch), Clock()
    watch(trainer, clock)
    stop = perf_counter() + SECONDS
    while perf_counter() < stop:
        trainer.step()
    steps, total = trainer.steps_done, sum(clock.seconds.values())
    say(f"\n{name}, batch {batch}: {plain:.1f} us a step, {total / steps * 1e6:.1f} us watched")
    for part, spent in sorted(clock.seconds.items(), key=lambda item: -item[1]):
        calls = clock.calls[part] / steps
        say(f"{part:<36} {spent / steps * 1e6:10.1f} us {spent / total:7.1%} {calls:8.1f} calls")


def _microseconds(step: Callable[[], object]) -> float:
    """The least time of a step."""
    found = []
    for _ in range(ROUNDS):
        start, count = perf_counter(), 0
        while perf_counter() < start + SECONDS / ROUNDS:
            step()
            count += 1
        found.append((perf_counter() - start) / count)
    return min(found) * 1e6


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    for given in sys.argv[1:] or SHAPES:
        profile(given)
