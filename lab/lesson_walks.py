"""How far a person has come in a lesson, and what a prediction was worth.

A `Walk` is kept between starts as one line of JSON, which anybody may have edited: what is not
understood of it counts as not begun. Scores are gentle: a wrong prediction is where one learns.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

from lab.lessons import Compare, Lesson, Predict
from lab.words import brief, known


@dataclass(frozen=True)
class Walk:
    """`position` is the step one stands at, counted from 0; `done` that one was at the end once.

    `answers` are predictions by step: a number, or the number of a choice counted from 0.
    """

    position: int = 0
    done: bool = False
    answers: Mapping[int, float] = field(default_factory=dict)

    def at(self, position: int, lesson: Lesson) -> "Walk":
        """Return the walk gone on to a step, or as near to it as there is one."""
        last = len(lesson.steps) - 1
        position = max(0, min(last, position))
        return replace(self, position=position, done=self.done or position == last)

    def answered(self, answer: float) -> "Walk":
        """Return the walk with a prediction for the present step."""
        return replace(self, answers={**self.answers, self.position: answer})

    def prediction_of(self, measure: str, lesson: Lesson) -> tuple[Predict, float] | None:
        """Return the last prediction of a measurement before the present step, if there is one."""
        found = None
        for index, step in enumerate(lesson.steps[: self.position]):
            if isinstance(step, Compare) and any(c.measure == measure for c in step.claims):
                found = None  # that one has been compared
            if isinstance(step, Predict) and step.measure == measure and index in self.answers:
                found = (step, self.answers[index])
        return found

    def to_text(self) -> str:
        """Return it as one line."""
        answers = {str(index): answer for index, answer in self.answers.items()}
        return json.dumps({"position": self.position, "done": self.done, "answers": answers})


def walk_from(text: str, lesson: Lesson) -> Walk:
    """Return the walk that was kept, fitted to the lesson as it is now; a new one if there is none.

    The lesson may have changed since.
    """
    content = _content(text)
    position, answers = content.get("position"), content.get("answers")
    kept = dict[int, float]()
    for index, step in enumerate(lesson.steps):
        answer: object = answers.get(str(index)) if isinstance(answers, dict) else None
        if isinstance(step, Predict) and _fits(answer, step):
            kept[index] = answer
    walk = Walk(0, content.get("done") is True, kept)
    return walk.at(position, lesson) if type(position) is int else walk


def is_done(text: str) -> bool:
    """Whether the walk that was kept has been at the end of its lesson."""
    return _content(text).get("done") is True


def _content(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _fits(answer: object, step: Predict) -> TypeGuard[float]:
    if isinstance(answer, bool) or not isinstance(answer, int | float) or not math.isfinite(answer):
        return False
    return not step.choices or answer in range(len(step.choices))


@dataclass(frozen=True)
class Score:
    """`right` that it was as predicted, or close; `words` say so in a sentence."""

    right: bool
    words: str


def score_of(prediction: Predict, answer: float, measured: float) -> Score:
    """Judge a prediction by the measured value."""
    if math.isnan(measured):
        return Score(right=False, words="This cannot be measured in the network as it is now.")
    if prediction.choices:
        return _chosen(prediction, int(answer), measured)
    said = f"You said {brief(answer)}, measured {known(measured)}"
    if answer == measured:
        return Score(right=True, words=f"{said}: right.")
    off, close = _distance(prediction, answer, measured)
    if close:
        return Score(right=True, words=f"{said}: close.")
    return Score(right=False, words=f"{said}: {off}.")


def _chosen(prediction: Predict, answer: int, measured: float) -> Score:
    choice = prediction.choices[answer]
    said = f"You said “{choice.text}”, measured {known(measured)}"
    if measured in choice.span:
        return Score(right=True, words=f"{said}: right.")
    for other in prediction.choices:
        if measured in other.span:
            return Score(right=False, words=f"{said}: it was “{other.text}”.")
    return Score(right=False, words=f"{said}: none of the answers.")


def _distance(prediction: Predict, answer: float, measured: float) -> tuple[str, bool]:
    """Say how far off a number is; ratios are judged on a log scale."""
    from lab.measurements import MEASUREMENTS  # which need more than the list of lessons

    if MEASUREMENTS[prediction.measure].ratio:
        if answer * measured <= 0:
            return "of another sign", False
        times = math.exp(abs(math.log(answer / measured)))
        larger = "large" if answer / measured > 1 else "small"
        return f"{brief(times)} times too {larger}", times <= max(1.0, prediction.within)
    return f"off by {brief(abs(answer - measured))}", abs(answer - measured) <= prediction.within
