"""All that is found in a run at one moment, the most important first.

The gradient's way, what else the magnitudes show, what the loss shows over time, and how the run
ended, if it blew up: each is judged by itself elsewhere, and only put in order here.
"""

from dataclasses import dataclass, replace

from core.arrays import Array
from core.datasets import Dataset
from lab.courses import Course, course_of, has_learned, trends_in
from lab.crash import Crash
from lab.fading import judge
from lab.findings import findings_in
from lab.frames import Frame
from lab.history import History
from lab.lately import lately
from lab.spec import Spec
from lab.stakes import stakes_of
from lab.verdict import RULE, Finding, Rule, Verdict

# What is not found in numbers of which there is a median.
OF_ALL = (
    Finding.OVERFLOW,
    Finding.DIVERGED,
    Finding.MOST_DIVERGED,
    Finding.SOME_DIVERGED,
    Finding.SHALLOW,
    Finding.EARLY,
)
STOPPED = frozenset({Finding.NO_GRADIENT, Finding.DEAD})
OF_LOSSES = (Finding.PLATEAU, Finding.OVERFITTING)
ORDER = {finding: place for place, finding in enumerate(Finding)}


@dataclass(frozen=True)
class Diagnosis:
    """Verdicts, the most important first; `factor` and `total` are those of the gradient."""

    verdicts: tuple[Verdict, ...]
    factor: float
    total: float
    rule: Rule = RULE

    @property
    def main(self) -> Verdict:
        """What has the headline."""
        return self.verdicts[0]

    @property
    def further(self) -> tuple[Verdict, ...]:
        """What is worth a line below it."""
        return self.verdicts[1:]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, without the numbers."""
        return tuple(verdict.finding for verdict in self.verdicts)


def diagnosis_of(
    frame: Frame,
    history: History,
    spec: Spec,
    data: Dataset,
    crash: Crash | None = None,
    rule: Rule = RULE,
) -> Diagnosis:
    """Judge a run as it stands: by the medians of its last steps since its numbers jumped.

    A single batch would make a verdict flicker. `frame` is that of the last step.
    """
    record = frame.record
    magnitudes, count = lately(history) or (record.magnitudes, 0)
    course = course_of(history, stakes_of(data, spec))
    found = diagnose(magnitudes, spec, course, crash, rule, frame.learning)
    if found.main.finding in (*OF_ALL, *OF_LOSSES):
        return found
    if count > 1:
        remark = f" Judged by medians over the last {count} steps."
    elif count and record.step > 1:
        remark = " Judged by the last step alone: before it all was different."
    else:
        return found
    main = replace(found.main, rule=found.main.rule + remark)
    return replace(found, verdicts=(main, *found.further))


def diagnose(
    magnitudes: Array,
    spec: Spec,
    course: Course | None = None,
    crash: Crash | None = None,
    rule: Rule = RULE,
    learning: int | None = None,
) -> Diagnosis:
    """Judge one step's matrix (quantities, layers); of several networks it is the median.

    Without a `course` nothing is said of how the loss went, without a `crash` nothing of an end.
    `learning` is how many of several networks have not diverged, if that is known.
    """
    gradient = judge(magnitudes, rule)
    found = [gradient, *findings_in(magnitudes, spec, rule)]
    if crash is not None:
        # What a pass without an end seems to show contradicts where it was found to overflow.
        found = [crash.verdict, *(() if crash.overflows else found)]
    elif course is not None:
        found.extend(trends_in(course))
        if has_learned(course):
            found = [verdict for verdict in found if verdict.finding is not Finding.SMALL_STEPS]
    if {verdict.finding for verdict in found} & STOPPED:  # no step would be long enough
        found = [verdict for verdict in found if verdict.finding is not Finding.SMALL_STEPS]
    seeds = spec.network.seeds
    if crash is None and learning is not None and learning < seeds:
        found.append(_diverged(learning, seeds))
    found.sort(key=lambda verdict: ORDER[verdict.finding])
    if seeds > 1:
        main, whom = found[0], _whom(learning, seeds)
        detail = main.detail
        if main.finding not in OF_ALL:
            detail = f"{whom[:1].upper()}{whom[1:]}: {detail}"
        found[0] = replace(main, detail=detail, rule=f"{main.rule} Judged is {whom}.")
    return Diagnosis(tuple(found), gradient.factor, gradient.total, rule)


def _diverged(learning: int, seeds: int) -> Verdict:
    finding = Finding.SOME_DIVERGED if 2 * learning >= seeds else Finding.MOST_DIVERGED
    rest = "the one that goes on" if learning == 1 else f"the {learning} that go on"
    return Verdict(
        finding,
        f"{seeds - learning} of {seeds} networks have diverged",
        f"Everything else here is about {rest}.",
        "Rule: a network has diverged where a step would give it a number that is infinite or not "
        "a number. It stays as it was.",
    )


def _whom(learning: int | None, seeds: int) -> str:
    """Say of whom a median is; `learning` networks are left of those that there were."""
    if learning is None:
        return f"the median of {seeds} networks, without those that had diverged"
    if learning == seeds:
        return f"the median of {seeds} networks"
    if learning == 1:
        return "the one network left"
    return f"the median of the {learning} networks left"
