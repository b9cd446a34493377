"""All that is found in a run at one moment, the most important first.

The gradient's way, what else the magnitudes show, what the loss shows over time, and how the run
ended, if it blew up: each is judged by itself elsewhere, and only put in order here.
"""

from dataclasses import dataclass, replace

from core.arrays import Array
from core.datasets import Dataset
from core.training import StepRecord
from lab.courses import Course, course_of, has_learned, trends_in
from lab.crash import Crash
from lab.fading import judge
from lab.findings import findings_in
from lab.history import History
from lab.lately import lately
from lab.spec import Spec
from lab.stakes import stakes_of
from lab.verdict import RULE, Finding, Rule, Verdict

# What is not found in numbers of which there is a median.
OF_ALL = (Finding.OVERFLOW, Finding.DIVERGED, Finding.SHALLOW, Finding.EARLY)
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
    record: StepRecord,
    history: History,
    spec: Spec,
    data: Dataset,
    crash: Crash | None = None,
    rule: Rule = RULE,
) -> Diagnosis:
    """Judge a run as it stands: by the medians of its last steps since its numbers jumped.

    A single batch would make a verdict flicker. `record` is that of the last step.
    """
    magnitudes, count = lately(history) or (record.magnitudes, 0)
    course = course_of(history, stakes_of(data, spec))
    found = diagnose(magnitudes, spec, course, crash, rule)
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
) -> Diagnosis:
    """Judge one step's matrix (quantities, layers); of several networks it is the median.

    Without a `course` nothing is said of how the loss went, without a `crash` nothing of an end.
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
    found.sort(key=lambda verdict: ORDER[verdict.finding])
    if spec.network.seeds > 1:
        of_whom = f"the median of {spec.network.seeds} networks, without those that have diverged"
        remark = f" Judged is {of_whom}."
        main = found[0]
        detail = main.detail
        if main.finding not in OF_ALL:
            detail = f"The median of {spec.network.seeds} networks: {detail}"
        found[0] = replace(main, detail=detail, rule=main.rule + remark)
    return Diagnosis(tuple(found), gradient.factor, gradient.total, rule)
