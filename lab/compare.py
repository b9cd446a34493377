"""How two runs differ: in their settings, each named, and in what came of them.

A comparison teaches something when one setting differs and the rest is the same. What a person
ought to know before drawing a conclusion is said in words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from core.arrays import Array
from core.measures import ROW
from core.training import StepRecord
from lab.fading import factor_of
from lab.history import SCALARS, History
from lab.lately import lately
from lab.moments import Mark, Scores, Series
from lab.spec import KNOBS, Spec, idle_fields
from lab.words import number, spaced

SEED = "network.seed"
DATA = "data"
SCORE_ROWS = 512
MOST_CHANGES_SAID = 3
MEAN_OVER = 32  # steps before the one at which two runs are compared


@dataclass(frozen=True)
class Difference:
    """A setting of two runs in words for people: its value in the one and in the other.

    It does not `matter` when it has no effect in either of them.
    """

    path: str
    label: str
    one: str
    other: str
    matters: bool = True

    def __str__(self) -> str:
        remark = "" if self.matters else " (without effect)"
        return f"{self.label} {self.one} → {self.other}{remark}"


def differences(one: Spec, other: Spec) -> tuple[Difference, ...]:
    """Return every setting in which two specs differ; those that matter come first."""
    idle = {*(idle_fields(one).keys() & idle_fields(other).keys()), *_only_worded(one, other)}
    found = (
        Difference(knob.path, knob.label, knob.shown(mine), knob.shown(others), path not in idle)
        for path, (mine, others) in one.differences(other).items()
        for knob in (KNOBS[path],)
    )
    return tuple(sorted(found, key=lambda difference: not difference.matters))


def _only_worded(one: Spec, other: Spec) -> Iterator[str]:
    """Yield fields that say the same in other words."""
    if one.hidden == other.hidden:
        yield from (f"network.{name}" for name in ("depth", "width", "activation", "layers"))
    if one.loss_record is other.loss_record:
        yield "training.loss"


def warnings(
    found: Sequence[Difference], pinned: Sequence[Mark] = (), present: Sequence[Mark] = ()
) -> tuple[str, ...]:
    """Say what keeps a person from drawing a conclusion from a comparison, a sentence each.

    What was changed while either run trained is part of how it came to be: its marks tell.
    """
    said = []
    serious = [difference for difference in found if difference.matters]
    settings = [difference.label for difference in serious if difference.path != SEED]
    if len(settings) > 1:
        names = f"{', '.join(settings[:-1])} and {settings[-1]}"
        said.append(f"{len(settings)} settings differ: {names}; their effects cannot be told apart")
    if any(difference.path == SEED for difference in serious):
        said.append("another seed: part of the difference is chance")
    if any(KNOBS[difference.path].group == DATA for difference in serious):
        said.append("other data: the losses do not measure the same problem")
    for name, marks, others in (("pinned", pinned, present), ("present", present, pinned)):
        shared = {*others}
        own = [mark for mark in marks if mark not in shared]
        if own:
            said.append(f"while the {name} run trained: {_events(own)}: no setting tells of it")
    return tuple(f"{words[:1].upper()}{words[1:]}." for words in said)


def changes_in_both(pinned: Sequence[Mark], present: Sequence[Mark]) -> list[str]:
    """Say what was changed at the same steps while either run trained, which is no difference."""
    known = {*present}
    shared = [mark for mark in pinned if mark in known]
    return [f"While both trained: {_events(shared)}."] if shared else []


def _events(marks: Sequence[Mark]) -> str:
    said = [f"{mark.text} after step {spaced(mark.step)}" for mark in marks[:MOST_CHANGES_SAID]]
    more = len(marks) - len(said)
    return f"{'; '.join(said)}{f'; {more} more' if more else ''}"


@dataclass(frozen=True)
class KeyNumbers:
    """What one looks at first, at a step; NaN where there is none.

    `first_gradient` is the signal gradient (RMS) of layer 1, `factor` its factor per layer toward
    the input: of the steps that a verdict judges.
    """

    step: int
    loss: float
    test_loss: float
    test_accuracy: float
    first_gradient: float
    factor: float


def key_numbers(record: StepRecord, scores: Scores, history: History) -> KeyNumbers:
    """Return the numbers of one step, the last in a history."""
    magnitudes, _ = lately(history) or (record.magnitudes, 0)
    signal = magnitudes[ROW["signal_gradient_rms"]]
    return KeyNumbers(
        record.step,
        float(record.loss),
        scores.test_loss,
        scores.test_accuracy,
        float(signal[0]),
        factor_of(signal),
    )


def last_numbers(history: History) -> KeyNumbers | None:
    """Return the numbers of a run's last step, with the newest scores; None before the first."""
    record = history.last_record()
    if record is None:
        return None
    names = SCALARS[1:]
    scores = Scores(*(_last_measured(history.series(name, SCORE_ROWS).mean) for name in names))
    return key_numbers(record, scores, history)


def _last_measured(values: Array) -> float:
    measured = values[np.isfinite(values)]
    return float(measured[-1]) if measured.size else nan


@dataclass(frozen=True)
class BeforeAfter:
    """What two runs had come to at the same steps, `first` to `last`, as far as each is known."""

    first: int
    last: int
    before: KeyNumbers
    after: KeyNumbers

    @property
    def brief(self) -> str:
        """The two numbers that matter most."""
        loss = f"loss {number(self.before.loss)} → {number(self.after.loss)}"
        if np.isnan([self.before.factor, self.after.factor]).all():
            return loss
        return f"{loss}, factor {_factor(self.before)} → {_factor(self.after)}"

    def __str__(self) -> str:
        one = self.first == self.last
        where = "at step" if one else f"over the steps {spaced(self.first)} to"
        before, after = self.before, self.after
        pairs = [
            f"loss {number(before.loss)} → {number(after.loss)}",
            f"layer 1’s signal gradient {number(before.first_gradient)} → "
            f"{number(after.first_gradient)}",
        ]
        if not np.isnan([before.factor, after.factor]).all():
            pairs.append(f"factor per layer {_factor(before)} → {_factor(after)}")
        return f"{where} {spaced(self.last)}: {', '.join(pairs)}"


def before_after(before: History, after: History, step: int) -> BeforeAfter | None:
    """Compare two runs at the same step; None until both have come so far.

    The mean over the steps up to it is taken, as a single batch says little. Where a history holds
    only means over more steps, both are taken over these, and are awaited; None where `before` had
    not taken these.
    """
    if min(len(before), len(after)) < step:
        return None
    last = _span(before, step)[1]
    if len(after) < last:
        return None
    while _span(after, last)[1] > len(before):
        last = _span(after, last)[0] - 1  # what `after` holds goes on beyond the end of `before`
        if last == 0:
            return None
    start = max(1, last - MEAN_OVER + 1)
    first = min(_span(history, start)[0] for history in (before, after))
    last = max(_span(history, last)[1] for history in (before, after))
    return BeforeAfter(first, last, _mean(before, first, last), _mean(after, first, last))


def _span(history: History, step: int) -> tuple[int, int]:
    """Return the first and the last of the steps of which a history holds but the mean."""
    moment = history.at(step)
    assert moment is not None
    return moment.first, moment.last


def _mean(history: History, first: int, last: int) -> KeyNumbers:
    loss, test_loss, test_accuracy, signal = (
        _mean_of(history.series(name, SCORE_ROWS, first, last, spread=False))
        for name in ("loss", "test_loss", "test_accuracy", "signal_gradient_rms")
    )
    return KeyNumbers(
        last,
        float(loss),
        float(test_loss),
        float(test_accuracy),
        float(signal[0]),
        factor_of(signal),
    )


def _mean_of(series: Series) -> Array:
    """Return the mean over all rows where something was measured, each by the steps it covers."""
    values = series.mean.reshape(len(series.mean), -1)
    measured = ~np.isnan(values)
    weights = np.where(measured, (series.last - series.first + 1)[:, None], 0)
    total = np.where(measured, values, 0) * weights
    with np.errstate(all="ignore"):  # infinite numbers, or none at all
        mean: Array = (total.sum(axis=0) / weights.sum(axis=0)).reshape(series.mean.shape[1:])
    return mean


def _factor(numbers: KeyNumbers) -> str:
    return "unknown" if np.isnan(numbers.factor) else f"×{number(numbers.factor)}"
