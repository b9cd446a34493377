"""Which of the last steps say how a run stands: those since its numbers last jumped by a decade.

A single batch would make a verdict flicker, so a median over some steps is judged. Where a run blew
up within these steps, or a setting was changed, the ones before the jump tell of another state.
"""

import numpy as np

from core.arrays import Array
from core.measures import ROW
from lab.history import History
from lab.ranks import MEDIAN, ranks_of

SPEAKING = [
    ROW[name]
    for name in ("activation_rms", "signal_gradient_rms", "weight_gradient_rms", "update_ratio")
]
LATELY = 32  # steps whose median is judged
JUMP = 1.0  # decades between all steps before and all after


def lately(history: History, steps: int = LATELY) -> tuple[Array, int] | None:
    """Return the median of every magnitude (quantities, layers) and over how many steps it is.

    At most the last `steps` count; None before the first.
    """
    rows = history.recent(steps)
    if not len(rows):
        return None
    rows = rows[last_jump(rows) :]
    medians: Array = ranks_of(rows)[MEDIAN]
    return medians, len(rows)


def last_jump(rows: Array) -> int:
    """Return before which of some steps (steps, quantities, layers) the last jump is; 0 is none."""
    with np.errstate(divide="ignore"):
        sizes = np.log10(rows[:, SPEAKING].reshape(len(rows), -1))
    known = np.isfinite(sizes)
    low, high = np.where(known, sizes, np.inf), np.where(known, sizes, -np.inf)
    least, most = np.minimum.accumulate, np.maximum.accumulate
    # Between step i and the next one: the extremes up to i, and those after it.
    least_before, most_before = least(low)[:-1], most(high)[:-1]
    least_after, most_after = least(low[::-1])[::-1][1:], most(high[::-1])[::-1][1:]
    with np.errstate(invalid="ignore"):  # where nothing is known
        jumps = (least_after - most_before > JUMP) | (least_before - most_after > JUMP)
    known_before, known_after = np.isfinite(most_before), np.isfinite(most_after)
    found = np.flatnonzero((jumps & known_before & known_after).any(axis=1))
    return int(found[-1]) + 1 if len(found) else 0
