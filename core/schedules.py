"""How the learning rate changes with the number of steps taken.

A schedule is a pure function of the step, so that a run can be continued anywhere. It gives a
factor in (0, 1] for the learning rate that was chosen, and knows nothing of the rule that uses it.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import Registry

RISE_SHARE = 0.3  # of a cycle, as in PyTorch's OneCycleLR


@dataclass(frozen=True, slots=True)
class Schedule:
    """`curve(taken, period, floor)` is the factor after `taken` steps, at least 0.

    `period >= 1` is a number of steps; `floor`, in (0, 1], the factor after one period
    (of one_cycle, where it starts). `uses_period` and `uses_floor` say whether they have a meaning
    for the schedule.
    """

    name: str
    label: str
    formula: str
    curve: Callable[[int, int, float], float]
    uses_period: bool = True
    uses_floor: bool = True

    def factor(self, step: int, period: int, floor: float) -> float:
        """Return the multiplier of the learning rate at `step`, counted from 1; in (0, 1]."""
        return max(self.curve(step - 1, period, floor), sys.float_info.min)


def _constant(_taken: int, _period: int, _floor: float) -> float:
    return 1.0


def _step(taken: int, period: int, floor: float) -> float:
    # floor^(whole periods taken)
    return float(floor ** (taken // period))


def _exponential(taken: int, period: int, floor: float) -> float:
    # floor^(periods taken)
    return float(floor ** (taken / period))


def _cosine(taken: int, period: int, floor: float) -> float:
    """Loshchilov and Hutter 2016, arXiv 1608.03983, without restarts."""
    return _eased(1.0, floor, taken / period)


def _warm_up(taken: int, period: int, _floor: float) -> float:
    """Goyal et al. 2017, arXiv 1706.02677: the first step takes 1/period of the rate."""
    return min((taken + 1) / period, 1.0)


def _one_cycle(taken: int, period: int, floor: float) -> float:
    """Smith and Topin 2017, arXiv 1708.07120: up from floor to 1, then far down, to floor^2."""
    done = taken / period
    if done < RISE_SHARE:
        return _eased(floor, 1.0, done / RISE_SHARE)
    return _eased(1.0, floor**2, (done - RISE_SHARE) / (1 - RISE_SHARE))


def _eased(first: float, last: float, share: float) -> float:
    """Half a cosine wave from `first` at share 0 to `last` from share 1 on."""
    # last + (first - last) (1 + cos(pi share)) / 2
    wave = (1 + math.cos(math.pi * min(share, 1.0))) / 2
    return last * (1 - wave) + first * wave


SCHEDULES = Registry(
    "schedule",
    Schedule("constant", "Constant", "1", _constant, uses_period=False, uses_floor=False),
    Schedule("step", "Steps", "floor^⌊t / period⌋", _step),
    Schedule("exponential", "Exponential", "floor^(t / period)", _exponential),
    Schedule("cosine", "Cosine", "floor + (1 - floor) (1 + cos(π t / period)) / 2", _cosine),
    Schedule("warm_up", "Warm-up", "min(t / period, 1)", _warm_up, uses_floor=False),
    Schedule(
        "one_cycle", "One cycle", "floor to 1 in 30 % of the period, then to floor²", _one_cycle
    ),
)
