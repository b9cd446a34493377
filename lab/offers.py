"""The cures that apply to what was found in one experiment.

A cure that is to mend the way of signal and gradient is offered only where theory says that it
suffices, by the rule that the verdict goes by; the factor per layer that theory expects of it is
part of the offer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.cures import CURES, WAY, Changes, Cure
from lab.diagnosis import Diagnosis
from lab.fading import total_of
from lab.faults import SpecError
from lab.predictions import prediction_of
from lab.spec import KNOBS, Spec, idle_fields
from lab.verdict import Rule

if TYPE_CHECKING:
    from core.theory import Prediction


@dataclass(frozen=True)
class Offer:
    """A cure for one spec: `changes` by path, and the factor per layer that theory expects.

    `caution` says in a sentence how far networks like the cured one stray from that.
    """

    cure: Cure
    changes: Changes
    factor: float | None = None
    caution: str = ""

    @property
    def title(self) -> str:
        """The changes as a person would make them."""
        return ", ".join(
            f"{KNOBS[path].label}: {KNOBS[path].shown(value)}"
            for path, value in self.changes.items()
        )


def cures_for(diagnosis: Diagnosis, spec: Spec, input_square: float = 1.0) -> tuple[Offer, ...]:
    """Return what helps against what was found, the best known first.

    `input_square` is the mean square of the inputs. Each offer gives a valid spec that differs in
    the fields it names and in no other. Where theory sees nothing to mend in the fresh network, it
    was training that led there: then what holds the steps comes before what mends the way.
    """
    offers = [*_offers(diagnosis, spec, input_square)]
    main, was_well = diagnosis.main.finding, False
    if {True, False} == {offer.cure.holds for offer in offers}:
        fresh = prediction_of(spec, input_square)
        was_well = _suffices(fresh, diagnosis.rule, len(spec.hidden))

    def rank(offer: Offer) -> tuple[bool, bool]:
        return not (was_well and offer.cure.holds), main not in offer.cure.answers

    return tuple(sorted(offers, key=rank))


def _offers(diagnosis: Diagnosis, spec: Spec, input_square: float) -> Iterator[Offer]:
    found = frozenset(diagnosis.findings)
    idle = idle_fields(spec)
    offered: list[Changes] = []
    for cure in CURES.values():
        answered = cure.answers & found
        helps = answered and not cure.not_with & found
        changes = cure.change(spec, input_square) if helps else None
        if changes is None or changes in offered or any(path in idle for path in changes):
            continue
        try:
            cured = spec.with_values(changes)
        except SpecError:  # it does not go with another choice, such as the batch size
            continue
        factor, caution = None, ""
        if cure.mends and found & WAY:
            prediction = prediction_of(cured, input_square)
            if not _suffices(prediction, diagnosis.rule, len(spec.hidden)):
                continue
            factor, caution = prediction.mean_factor, prediction.caution
        offered.append(changes)
        yield Offer(cure, changes, factor, caution)


def _suffices(prediction: "Prediction", rule: Rule, n_hidden: int) -> bool:
    """Whether theory lets the gradient arrive without fading or growing half way, in decades."""
    factor, steps = prediction.mean_factor, prediction.factors
    if factor is None or steps is None or not steps.all():
        return False
    total = total_of(factor, n_hidden)
    return rule.half_vanished <= total <= rule.half_exploded
