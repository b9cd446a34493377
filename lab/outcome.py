"""What came of a run: all that was measured, found and predicted, as one JSON document.

The names in the document are those of the registries and of `core.theory`; NaN is null and infinity
a text, as JSON has neither.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

from core.arrays import Array
from core.measures import QUANTITIES, ROW, Quantity
from core.theory import Prediction
from lab import VERSION
from lab.crash import Crash
from lab.diagnosis import Diagnosis, diagnosis_of
from lab.frames import Frame
from lab.offers import Offer, cures_for
from lab.predictions import input_square_of, prediction_of
from lab.run import Phase, Run
from lab.spec import Spec, notices
from lab.verdict import Verdict

LIMITS = ("q_star", "chi_star", "depth_scale", "stable")  # of a prediction, as numbers of it all


@dataclass(frozen=True, eq=False)
class Outcome:
    """A run as it ended; `offers` are the cures for what `diagnosis` found in its last steps."""

    spec: Spec
    frame: Frame
    ending: Phase
    detail: str
    crash: Crash | None
    diagnosis: Diagnosis
    offers: tuple[Offer, ...]
    prediction: Prediction

    def value(self, quantity: Quantity, layer: int) -> float:
        """One number of a layer, counted from 1; NaN where the quantity has no meaning."""
        magnitudes = self.frame.record.magnitudes
        if quantity.hidden_only and layer == magnitudes.shape[1]:
            return math.nan
        return float(magnitudes[ROW[quantity.name], layer - 1])


def outcome_of(
    run: Run, frame: Frame, ending: Phase, detail: str, crash: Crash | None = None
) -> Outcome:
    """Judge a run by its last steps, as the window does, and ask the theory about it."""
    spec, square = run.spec, input_square_of(run.trainer.data)
    diagnosis = diagnosis_of(frame, run.history, spec, run.trainer.data, crash)
    return Outcome(
        spec,
        frame,
        ending,
        detail,
        crash,
        diagnosis,
        cures_for(diagnosis, spec, square),
        prediction_of(spec, square),
    )


def document(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON can hold it."""
    frame, diagnosis = outcome.frame, outcome.diagnosis
    content = {
        "version": VERSION,
        "ending": str(outcome.ending),
        "detail": outcome.detail,
        "crash": asdict(outcome.crash) if outcome.crash else None,
        "step": frame.step,
        "epoch": frame.epoch,
        "networks": {"count": outcome.spec.network.seeds, "learning": frame.learning},
        "loss": float(frame.record.loss),
        **frame.scores._asdict(),
        "verdict": {
            **_judgement(diagnosis.main),
            "factor": diagnosis.factor,
            "total": diagnosis.total,
            "further": [_judgement(verdict) for verdict in diagnosis.further],
            "cures": [_cure(offer) for offer in outcome.offers],
        },
        "theory": _theory(outcome.prediction),
        "notices": notices(outcome.spec),
        "layers": [_layer(outcome, layer) for layer in range(1, len(outcome.spec.sizes))],
        "spec": outcome.spec.content(),
    }
    plain: dict[str, Any] = _plain(content)
    return plain


def _judgement(verdict: Verdict) -> dict[str, Any]:
    return {
        "finding": str(verdict.finding),
        "headline": verdict.headline,
        "detail": verdict.detail,
        "rule": verdict.rule,
    }


def _cure(offer: Offer) -> dict[str, Any]:
    return {
        "name": offer.cure.name,
        "why": offer.cure.why,
        "changes": dict(offer.changes),
        "predicted_factor": offer.factor,
        "caution": offer.caution,
    }


def _theory(prediction: Prediction) -> dict[str, Any]:
    return {
        "reason": prediction.reason,
        "caution": prediction.caution,
        "factor": prediction.mean_factor,
        "strays": prediction.strays,
        **{name: getattr(prediction, name) for name in LIMITS},
    }


def _layer(outcome: Outcome, layer: int) -> dict[str, Any]:
    values = {name: outcome.value(quantity, layer) for name, quantity in QUANTITIES.items()}
    found = outcome.prediction
    theory = {
        "q": _at(found.q, layer),
        "activation_rms": _at(found.rms_h, layer),
        "signal_gradient_factor": _at(found.factors, layer),
        "signal_gradient_share": _at(found.signal_gradient, layer),
    }
    return {"layer": layer, **values, "spread": _spread(outcome, layer), "theory": theory}


def _spread(outcome: Outcome, layer: int) -> dict[str, list[float]] | None:
    """Extremes, quartiles and median of every quantity over several networks."""
    ranks = outcome.frame.ranks
    if ranks is None:
        return None
    return {name: ranks[:, ROW[name], layer - 1].tolist() for name in QUANTITIES}


def _at(values: Array | None, layer: int) -> float | None:
    return None if values is None or layer > len(values) else float(values[layer - 1])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
