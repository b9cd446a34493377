"""What helps against what was found: for each cure the change of the spec, and why.

A cure is one record in `CURES`; window, command line and tests read the registry. Whether it is
offered for a spec is decided in `offers`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.activations import ACTIVATIONS, flat_sides, is_linear
from core.normalization import NORMS
from lab.gains import critical_gain
from lab.spec import KNOBS, Spec
from lab.verdict import Finding

GRADIENT = frozenset({Finding.EXPLODING, Finding.NO_GRADIENT, Finding.VANISHING, Finding.UNEVEN})
SIGNAL = frozenset({Finding.SIGNAL_GROWING, Finding.SIGNAL_DYING})
LEFT_BEHIND = frozenset({Finding.MOST_DIVERGED, Finding.SOME_DIVERGED})
BLOWN_UP = LEFT_BEHIND | {Finding.DIVERGED, Finding.EXPLODING, Finding.LARGE_STEPS}
OVERFLOW = frozenset({Finding.OVERFLOW})  # before any step: none is too long, no gradient is
WAY = GRADIENT | SIGNAL | OVERFLOW
RATE_FACTOR = 10
CLIP_NORM, L2, DROPOUT = 1.0, 1e-3, 0.2

Changes = Mapping[str, Any]


@dataclass(frozen=True)
class Cure:
    """A change that helps: `change(spec, input_square)` gives the fields, None if it is none here.

    `why` is one sentence for people; `answers` are the findings it helps against, unless one of
    `not_with` is found too. What mends the way of signal and gradient `mends` it as far as theory
    says; what `holds` keeps steps from throwing the weights far.
    """

    name: str
    label: str
    why: str
    answers: frozenset[Finding]
    change: Callable[[Spec, float], Changes | None]
    mends: bool = False
    holds: bool = False
    not_with: frozenset[Finding] = frozenset()


def _layers_with(spec: Spec, activation: str) -> Changes | None:
    """Give all hidden layers an activation."""
    if all(layer.activation == activation for layer in spec.hidden):
        return None
    if not spec.network.layers:
        return {"network.activation": activation}
    layers = tuple(
        {"width": layer.width, "activation": activation} for layer in spec.network.layers
    )
    return {"network.layers": layers}


def _relu_and_he(spec: Spec, _input_square: float) -> Changes | None:
    changes = _layers_with(spec, "relu")
    if changes is None:
        return None
    wanted = ACTIVATIONS["relu"].initializer
    weights = {} if spec.network.initializer == wanted else {"network.initializer": wanted}
    return {**changes, **weights}


def _leaky(spec: Spec, _input_square: float) -> Changes | None:
    if not any(flat_sides(ACTIVATIONS[layer.activation]) for layer in spec.hidden):
        return None
    return _layers_with(spec, "leaky_relu")


def _weights(spec: Spec, _input_square: float) -> Changes | None:
    """The initialiser made for the activation, where all layers want the same."""
    wanted = {ACTIVATIONS[layer.activation].initializer for layer in spec.hidden}
    if len(wanted) != 1 or spec.network.initializer in wanted:
        return None
    return {"network.initializer": wanted.pop()}


def _gain(spec: Spec, input_square: float) -> Changes | None:
    gain = critical_gain(spec, input_square)
    return None if gain is None or gain == spec.network.gain else {"network.gain": gain}


def _branch_gain(spec: Spec, _input_square: float) -> Changes | None:
    gain = float(f"{max(1, len(spec.hidden)) ** -0.5:.3g}")
    return {"network.gain": gain} if spec.cures.residual and gain < spec.network.gain else None


def _usual_gain(spec: Spec, _input_square: float) -> Changes | None:
    usual = KNOBS["network.gain"].default
    return {"network.gain": usual} if spec.network.gain > usual else None


def _set(path: str, value: Any) -> Callable[[Spec, float], Changes | None]:
    """A field's value where it has its default, which is off."""

    def change(spec: Spec, _input_square: float) -> Changes | None:
        return {path: value} if spec.value(path) == KNOBS[path].default else None

    return change


def _norm(name: str) -> Callable[[Spec, float], Changes | None]:
    def change(spec: Spec, _input_square: float) -> Changes | None:
        # Of linear layers with batch norm theory expects too much: they blow up all the same.
        linear = all(is_linear(ACTIVATIONS[layer.activation]) for layer in spec.hidden)
        unfit = linear and NORMS[name].keeps_statistics
        return None if spec.cures.norm == name or unfit else {"cures.norm": name}

    return change


def _rate(factor: float, spec: Spec, _input_square: float) -> Changes | None:
    knob = KNOBS["training.learning_rate"]
    rate = float(f"{spec.training.learning_rate * factor:.3g}")
    return {knob.path: rate} if (knob.low or 0) <= rate <= (knob.high or 0) else None


def _answering(*findings: Finding) -> frozenset[Finding]:
    return frozenset(findings)


CURES: dict[str, Cure] = {
    cure.name: cure
    for cure in (
        Cure(
            "initialization",
            "Weights made for the activation",
            "Their variance keeps signal and gradient at one size from layer to layer.",
            WAY | _answering(Finding.SATURATED),
            _weights,
            mends=True,
        ),
        Cure(
            "gain",
            "The critical gain",
            "Theory finds that with this factor on the weights the gradient neither fades nor "
            "grows.",
            WAY,
            _gain,
            mends=True,
        ),
        Cure(
            "branch_gain",
            "Weights for shortcuts",
            "Where every layer adds to its input, weights scaled by one over the root of the depth "
            "keep the sum of all layers at the size of one.",
            OVERFLOW | {Finding.EXPLODING, Finding.SIGNAL_GROWING},
            _branch_gain,
            mends=True,
        ),
        Cure(
            "usual_gain",
            "The usual gain",
            "Large weights push units out to where their activation is flat.",
            _answering(Finding.SATURATED),
            _usual_gain,
        ),
        Cure(
            "relu_he",
            "ReLU with He weights",
            "The slope of a ReLU is 1 wherever it is not 0, and He's rule makes up for the half "
            "that is: they belong together.",
            WAY | _answering(Finding.SATURATED),
            _relu_and_he,
            mends=True,
        ),
        Cure(
            "leaky_relu",
            "Leaky ReLU",
            "It passes something back on both sides of zero, so that no unit is ever cut off.",
            _answering(Finding.DEAD),
            _leaky,
            mends=True,
        ),
        Cure(
            "batch_norm",
            "Batch norm",
            "Every unit is brought back to mean 0 and spread 1 over the batch, where activations "
            "have their slope.",
            WAY | _answering(Finding.SATURATED, Finding.DEAD),
            _norm("batch"),
            mends=True,
        ),
        Cure(
            "layer_norm",
            "Layer norm",
            "Every sample is brought back to mean 0 and spread 1 over the units of a layer.",
            WAY | _answering(Finding.SATURATED),
            _norm("layer"),
            mends=True,
        ),
        Cure(
            "residual",
            "Residual connections",
            "Each layer adds to its input, so that the gradient has a way around every layer.",
            _answering(Finding.VANISHING, Finding.SIGNAL_DYING),
            _set("cures.residual", True),
            mends=True,
        ),
        Cure(
            "clip_norm",
            "Clip the gradient",
            "A gradient longer than this is shortened, so that no step can throw the weights far.",
            BLOWN_UP,
            _set("cures.clip_norm", CLIP_NORM),
            holds=True,
            not_with=OVERFLOW,
        ),
        Cure(
            "lower_rate",
            "Smaller steps",
            "A tenth of the learning rate moves the weights a tenth as far.",
            LEFT_BEHIND | {Finding.LARGE_STEPS},
            partial(_rate, 1 / RATE_FACTOR),
            holds=True,
            not_with=OVERFLOW | {Finding.DIVERGED},  # it would seldom be enough; see `crash`
        ),
        Cure(
            "higher_rate",
            "Larger steps",
            "Ten times the learning rate moves the weights ten times as far.",
            _answering(Finding.SMALL_STEPS, Finding.PLATEAU),
            partial(_rate, RATE_FACTOR),
            not_with=WAY | {Finding.DEAD, Finding.SATURATED},
        ),
        Cure(
            "l2",
            "L2 penalty",
            "Small weights make smooth functions, which follow the noise less.",
            _answering(Finding.OVERFITTING),
            _set("cures.l2", L2),
        ),
        Cure(
            "dropout",
            "Dropout",
            "Units that are left out at random cannot learn single samples by heart together.",
            _answering(Finding.OVERFITTING),
            _set("cures.dropout", DROPOUT),
        ),
    )
}
