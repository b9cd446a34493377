"""What the loss shows over time is found where it is, and not where it is not."""

import math
from typing import Any

import numpy as np
import pytest

from core.arrays import Array
from core.measures import QUANTITIES
from core.training import StepRecord
from lab.courses import FEWEST_STEPS, Course, course_of, trends_in
from lab.history import History
from lab.moments import Scores, Series
from lab.stakes import Stakes
from lab.verdict import Finding
from lab.words import spaced
from tests.lab.making import run_of

BINARY, NUMBERS = Stakes(math.log(2), 0.0), Stakes(2.5, 0.0)
RNG = np.random.default_rng(5)


def history_of(losses: Array, tests: Array | None = None) -> History:
    """A history with these losses, and test losses at every tenth step."""
    history = History(1)
    magnitudes = np.ones((len(QUANTITIES), 1))
    for index, loss in enumerate(losses):
        scored = tests is not None and index % 10 == 0
        scores = Scores(float(tests[index]), 1.0, 1.0) if scored and tests is not None else None
        history.append(StepRecord(index + 1, np.asarray(loss), magnitudes), scores)
    return history


def found(losses: Array, tests: Array | None = None, stakes: Stakes = BINARY) -> list[Finding]:
    """What is found in such a course."""
    return [verdict.finding for verdict in trends_in(course_of(history_of(losses, tests), stakes))]


def noisy(losses: Array) -> Array:
    """As batches of 32 samples scatter it."""
    scattered: Array = losses * (1 + 0.1 * RNG.standard_normal(len(losses)))
    return scattered


def test_a_loss_that_stands_is_a_plateau() -> None:
    history = history_of(noisy(np.full(3000, 0.693)))
    (verdict,) = trends_in(course_of(history, BINARY))
    assert verdict.finding is Finding.PLATEAU
    assert verdict.detail.startswith("The loss has stood at 0.69")
    assert " from the start; " in verdict.detail
    assert "guessing costs 0.69" in verdict.detail
    assert "less than 2 %" in verdict.rule


def test_a_plateau_after_an_explosion_is_one_too() -> None:
    losses = np.concatenate([[5e4, 1e3], np.full(3000, 0.693)])
    assert found(losses) == [Finding.PLATEAU]


@pytest.mark.parametrize("steps", [1500, 20_000])
def test_a_plateau_is_said_to_last_since_it_began(steps: int) -> None:
    falling = np.linspace(1.2, 0.693, 800)
    course = course_of(history_of(noisy(np.concatenate([falling, np.full(steps, 0.693)]))), BINARY)
    (verdict,) = trends_in(course)
    assert f"since about step {spaced(course.since)};" in verdict.detail
    assert abs(course.since - 800) < 0.05 * (800 + steps)


def test_one_noisy_batch_does_not_move_the_beginning_of_a_plateau() -> None:
    history = history_of(noisy(np.full(1500, 0.693)))
    for loss in noisy(np.full(300, 0.693)):
        step = len(history) + 1
        history.append(StepRecord(step, np.asarray(loss), np.ones((len(QUANTITIES), 1))))
        assert course_of(history, BINARY).since == 1


def test_what_is_learned_stands_without_being_stuck() -> None:
    assert found(noisy(np.full(3000, 0.01) + np.exp(-np.arange(3000) / 50))) == []


def test_what_falls_slowly_is_not_stuck() -> None:
    assert found(0.693 * np.exp(-np.arange(3000) / 10_000)) == []


def test_what_falls_slowly_but_surely_is_not_stuck_either() -> None:
    # The last 1 500 of 30 000 steps lower it by 0.75 %, all of them by 14 %.
    falling = 0.693 * np.exp(-np.arange(30_000) / 200_000)
    assert found(noisy(falling)) == []
    assert found(noisy(np.full(30_000, 0.693))) == [Finding.PLATEAU]
    assert found(0.693 * np.exp(-np.arange(30_000) / 2_000_000)) == [Finding.PLATEAU]


def test_a_plateau_is_where_little_is_learned_of_what_is_at_stake() -> None:
    stands = np.concatenate([np.geomspace(3, 2, 500), np.full(2000, 2.0)])
    assert found(stands, stakes=NUMBERS) == [Finding.PLATEAU]
    assert found(stands / np.linspace(1, 9, 2500), stakes=NUMBERS) == []


def test_a_long_run_is_given_a_longer_time() -> None:
    course = course_of(history_of(np.full(30_000, 0.693)), BINARY)
    assert course.window == 1500
    assert len(course.recent) <= 64


@pytest.mark.parametrize("steps", [0, 1, FEWEST_STEPS - 1])
def test_few_steps_are_too_few(steps: int) -> None:
    (verdict,) = trends_in(course_of(history_of(np.full(steps, 0.693)), BINARY))
    assert verdict.finding is Finding.EARLY
    assert f"{steps} of {spaced(FEWEST_STEPS)} steps" in verdict.detail


def test_a_test_loss_that_rises_while_training_goes_on_is_overfitting() -> None:
    steps = np.arange(4000)
    train = noisy(0.02 + np.exp(-steps / 500))
    test = 0.3 + np.exp(-steps / 300) + 1e-4 * steps
    history = history_of(train, test)
    (verdict,) = trends_in(course_of(history, BINARY))
    assert verdict.finding is Finding.OVERFITTING
    assert "The test loss has risen from 0." in verdict.detail


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (np.geomspace(1, 0.01, 4000), np.geomspace(1, 0.02, 4000)),  # both fall
        (np.geomspace(0.5, 2, 4000), np.geomspace(0.5, 2, 4000)),  # both rise
        (np.geomspace(1, 1e-6, 4000), np.geomspace(1, 1e-6, 4000)[::-1] * 1e-4),  # of no account
        (np.geomspace(1, 0.01, 4000), np.full(4000, np.nan)),
    ],
)
def test_other_courses_are_not_overfitting(train: Array, test: Array) -> None:
    assert Finding.OVERFITTING not in found(train, test)


def test_losses_that_are_not_finite_are_no_trend() -> None:
    for loss in (np.nan, np.inf, 0.0, 1e-320):
        assert found(np.full(2000, loss), np.full(2000, loss)) == []


def test_losses_as_large_as_can_be_are_judged_in_silence() -> None:
    wild = np.where(np.arange(2000) % 2, 1e300, 1e308)
    with np.errstate(all="raise"):
        assert found(wild, wild) in ([], [Finding.PLATEAU])


def test_the_course_of_a_real_run() -> None:
    course = course_of(run_of(steps=300).history, BINARY)
    assert isinstance(course, Course)
    assert course.steps == 300
    assert len(course.train) == len(course.test) <= 64


def test_a_history_may_grow_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    history = history_of(np.full(4095, 0.693), np.full(4095, 0.7))
    magnitudes = np.ones((len(QUANTITIES), 1))
    real = History.series

    def series(self: History, *args: Any, **keywords: Any) -> Series:
        found = real(self, *args, **keywords)
        for step in range(len(self) + 1, len(self) + 200):
            self.append(StepRecord(step, np.asarray(0.693), magnitudes))
        return found

    monkeypatch.setattr(History, "series", series)
    for _ in range(60):
        course = course_of(history, BINARY)
        assert len(course.train) == len(course.test) > 0
        assert [verdict.finding for verdict in trends_in(course)] == [Finding.PLATEAU]
