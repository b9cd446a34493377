"""Every schedule gives a usable factor at any step, and the curve that its name promises."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.schedules import SCHEDULES, Schedule

every_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES.keys())

# schedule -> period, floor, and the factors at steps 1, 2, ...
CURVES: dict[str, tuple[int, float, list[float]]] = {
    "constant": (2, 0.5, [1, 1, 1, 1]),
    "step": (2, 0.5, [1, 1, 0.5, 0.5, 0.25, 0.25]),
    "exponential": (2, 0.25, [1, 0.5, 0.25, 0.125]),
    "cosine": (4, 0.2, [1, 0.6 + 0.4 / math.sqrt(2), 0.6, 0.6 - 0.4 / math.sqrt(2), 0.2, 0.2]),
    "warm_up": (4, 0.5, [0.25, 0.5, 0.75, 1, 1]),
    "one_cycle": (
        20,
        0.5,
        [
            *(0.75 - 0.25 * math.cos(math.pi * t / 6) for t in range(6)),
            *(0.625 + 0.375 * math.cos(math.pi * t / 14) for t in range(14)),
            *[0.25] * 3,
        ],
    ),
}


@every_schedule
def test_the_curve_is_the_one_promised(schedule: Schedule) -> None:
    period, floor, right = CURVES[schedule.name]
    found = [schedule.factor(step, period, floor) for step in range(1, len(right) + 1)]
    assert found == pytest.approx(right, rel=1e-14)


@every_schedule
@given(st.integers(1, 2**63), st.integers(1, 10**9), st.floats(0, 1, exclude_min=True))
def test_a_factor_is_above_zero_and_at_most_one(
    schedule: Schedule, step: int, period: int, floor: float
) -> None:
    factor = schedule.factor(step, period, floor)
    assert isinstance(factor, float)
    assert 0 < factor <= 1


@every_schedule
def test_period_and_floor_are_used_where_the_record_says_so(schedule: Schedule) -> None:
    base = [schedule.factor(step, 10, 0.5) for step in range(1, 30)]
    other_period = [schedule.factor(step, 20, 0.5) for step in range(1, 30)]
    other_floor = [schedule.factor(step, 10, 0.25) for step in range(1, 30)]
    assert (base != other_period) == schedule.uses_period
    assert (base != other_floor) == schedule.uses_floor


@every_schedule
def test_a_floor_of_one_never_slows_a_decaying_schedule(schedule: Schedule) -> None:
    factors = {schedule.factor(step, 7, 1.0) for step in range(1, 50)}
    assert schedule.name == "warm_up" or factors == {1.0}


@every_schedule
def test_a_record_is_found_by_its_name_and_has_words(schedule: Schedule) -> None:
    assert SCHEDULES[schedule.name] is schedule
    assert schedule.label
    assert schedule.formula
