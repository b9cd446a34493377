"""What the loss shows over time: a plateau, overfitting, or that it is too early to say.

A course is read from a history a few times a second, in so few numbers that a run of any length
costs the same.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from lab.history import History
from lab.moments import Series
from lab.stakes import STILL_ABOVE, Stakes
from lab.verdict import Finding, Verdict
from lab.words import number, percent, spaced

FEWEST_STEPS = 1000
WINDOW_SHARE = 0.05  # of a long run
ROWS = 64
MOVED_BELOW = 0.02
SURE = 3.0  # standard errors, or deviations
DRIFT = 0.05  # of the loss: a trend that lowers it so much in as many steps as were taken is one
PARTS = 8
RISEN_ABOVE, FALLEN_BELOW = 1.1, 0.9
TANGIBLE = 0.01  # of what is at stake


@dataclass(frozen=True, eq=False)
class Course:
    """How a run went: `steps` taken, and its losses in a few rows.

    `recent` are the training losses of the last `window` steps; `train test (rows,)` those of the
    whole run, NaN where not measured. Since step `since`, or about, it has been near where it is
    now: `standing (rows,)` are the losses since. `stakes` says what there is to be learned.
    """

    steps: int
    window: int
    recent: Array
    train: Array
    test: Array
    since: int
    standing: Array
    stakes: Stakes

    @property
    @np.errstate(all="ignore")
    def left(self) -> float:
        """How much of what is at stake the recent losses still are, 0 to 1, or more."""
        return self.stakes.left(float(self.recent.mean()))


def course_of(history: History, stakes: Stakes) -> Course:
    """Read the course of a run from its history, which may grow meanwhile."""
    steps = len(history)
    window = max(FEWEST_STEPS, round(WINDOW_SHARE * steps))
    recent = history.series("loss", ROWS, max(1, steps - window + 1), steps, spread=False)
    train, test = (
        history.series(name, ROWS, 1, steps, spread=False) for name in ("loss", "test_loss")
    )
    _, of_train, of_test = np.intersect1d(train.first, test.first, return_indices=True)
    since = _stands_since(train, recent.mean, steps - window)
    standing = history.series("loss", ROWS, since, steps, spread=False).mean
    of_both = train.mean[of_train], test.mean[of_test]
    return Course(steps, window, recent.mean, *of_both, since, standing, stakes)


@np.errstate(all="ignore")  # losses may be as large as can be
def _stands_since(train: Series, recent: Array, before: int) -> int:
    """Return the first step of the rows whose losses are as the recent ones, up to these.

    The recent ones, of which a row may have but a few, are those after step `before`.
    """
    if not (len(recent) and np.isfinite(recent).all()):
        return 1
    level = recent.mean()
    near = abs(train.mean - level) <= max(MOVED_BELOW * level, SURE * recent.std())
    other = np.flatnonzero(~near & (train.last <= before))
    if not len(other):
        return 1
    return int(train.last[other[-1]]) + 1


@np.errstate(all="ignore")
def _falls(course: Course) -> bool:
    """Whether the losses fall, slowly but surely, since they are near where they are now.

    The line through them, by least squares, falls by more than `SURE` standard errors of its slope,
    and by `DRIFT` in as many steps as the run has taken.
    """
    losses, count = course.standing, len(course.standing)
    if count < PARTS:
        return False
    time = np.linspace(-0.5, 0.5, count)
    slope = time.dot(losses) / time.dot(time)
    scatter = losses - losses.mean() - slope * time
    error = math.sqrt(scatter.dot(scatter) / (count - 2) / time.dot(time))
    ahead = -slope * course.steps / (course.steps - course.since + 1)
    return bool(-slope > SURE * error and ahead > DRIFT * losses.mean())


def trends_in(course: Course) -> Iterator[Verdict]:
    """Yield what the course shows; with few steps, only that they are few."""
    if course.steps < FEWEST_STEPS:
        if not has_learned(course):
            yield _early(course)
        return
    for verdict in (_plateau(course), _overfitting(course)):
        if verdict is not None:
            yield verdict


def has_learned(course: Course) -> bool:
    """Return whether the loss is well under that of knowing nothing: small steps are then usual."""
    return len(course.recent) > 0 and course.left < STILL_ABOVE


def _early(course: Course) -> Verdict:
    return Verdict(
        Finding.EARLY,
        "Too early to say whether it learns",
        f"{spaced(course.steps)} of {spaced(FEWEST_STEPS)} steps are taken.",
        f"Rule: a plateau and overfitting are looked for from step {spaced(FEWEST_STEPS)} on.",
    )


@np.errstate(all="ignore")
def _plateau(course: Course) -> Verdict | None:
    if not np.isfinite(course.recent).all():
        return None
    half = len(course.recent) // 2
    before, after = course.recent[:half].mean(), course.recent[half:].mean()
    still = abs(after - before) < MOVED_BELOW * before
    if not still or course.left < STILL_ABOVE or _falls(course):
        return None
    since = f"since about step {spaced(course.since)}" if course.since > 1 else "from the start"
    return Verdict(
        Finding.PLATEAU,
        "Stuck on a plateau",
        f"The loss has stood at {number(after)} {since}; guessing costs "
        f"{number(course.stakes.knowing_nothing)}.",
        f"Rule: over the last {spaced(course.window)} steps the loss moved by less than "
        f"{percent(MOVED_BELOW, 0)}, without a trend that would lower it by {percent(DRIFT, 0)} in "
        "as many steps as were taken; and of what "
        f"there is to be learned, less than {percent(STILL_ABOVE, 0)} is.",
    )


def _overfitting(course: Course) -> Verdict | None:
    known = np.isfinite(course.train) & np.isfinite(course.test)
    if known.sum() < 2 * PARTS:
        return None
    train, test = (
        np.array([part.mean() for part in np.array_split(values[known], PARTS)])
        for values in (course.train, course.test)
    )
    best = int(test.argmin())
    risen, fallen = test[-1] > RISEN_ABOVE * test[best], train[-1] < FALLEN_BELOW * train[best]
    nothing, lowest = course.stakes
    if not (risen and fallen and test[-1] - test[best] > TANGIBLE * (nothing - lowest)):
        return None
    return Verdict(
        Finding.OVERFITTING,
        "Overfitting",
        f"The test loss has risen from {number(test[best])} to {number(test[-1])}, while the "
        f"training loss fell from {number(train[best])} to {number(train[-1])}.",
        f"Rule: in eighths of the run, the test loss is over {RISEN_ABOVE:g} times its lowest, and "
        f"the training loss under {FALLEN_BELOW:g} times what it was there.",
    )
