"""Every cure answers what it says, changes what it names and nothing else, and helps."""

from typing import Any

import numpy as np
import pytest

from core.measures import QUANTITIES, ROW
from core.places import Place
from lab.crash import Crash
from lab.cures import CURES, GRADIENT
from lab.diagnosis import Diagnosis, diagnose
from lab.offers import Offer, cures_for
from lab.predictions import prediction_of
from lab.presets import presets
from lab.run import Run
from lab.spec import Spec
from lab.verdict import RULE, Finding, Rule, Verdict
from tests.lab.known_cases import CASES, Case

SICK = [case for case in CASES if case.finding in GRADIENT][::2]
CRASH = Crash(7, 3, "matrix product", 1e30, 1, 0, 512, "numbers", "", 0, 4.0, 0.05, "", 10)


def offers_for(
    values: dict[str, Any], rule: Rule = RULE
) -> tuple[Diagnosis, Spec, dict[str, Offer]]:
    """What is found in a fresh network, and what is offered against it, by name."""
    spec = Spec().with_values(values)
    magnitudes = Run(spec).frame(0.0, renew=True).record.magnitudes
    diagnosis = diagnose(magnitudes, spec, rule=rule)
    return diagnosis, spec, {offer.cure.name: offer for offer in cures_for(diagnosis, spec)}


def having(*findings: Finding) -> Diagnosis:
    """A diagnosis of these findings."""
    verdicts = tuple(Verdict(finding, "", "", "") for finding in findings)
    return Diagnosis(verdicts, np.nan, np.nan)


@pytest.mark.parametrize("cure", CURES.values(), ids=lambda cure: cure.name)
def test_every_cure_has_words_and_answers_something(cure: Any) -> None:
    assert cure.label
    assert cure.why.endswith(".")
    assert cure.why[0].isupper()
    assert cure.answers


@pytest.mark.parametrize("finding", Finding)
@pytest.mark.parametrize("preset", presets().values(), ids=lambda preset: preset.name)
def test_an_offer_is_valid_and_differs_in_what_it_names(finding: Finding, preset: Any) -> None:
    for offer in cures_for(having(finding), preset.spec):
        assert finding in offer.cure.answers
        cured = preset.spec.with_values(offer.changes)
        assert set(cured.differences(preset.spec)) == set(offer.changes)
        assert len(offer.changes) == 1 or "belong together" in offer.cure.why


def test_an_offer_says_where_theory_is_rough() -> None:
    _, spec, offers = offers_for({})
    assert offers["gain"].caution
    for offer in offers.values():
        foretold = prediction_of(spec.with_values(offer.changes), 1.0)
        assert offer.caution == (foretold.caution if offer.factor is not None else "")


def test_what_is_wrong_is_answered() -> None:
    answered = set().union(*(cure.answers for cure in CURES.values()))
    unanswered = {Finding.HEALTHY, Finding.SHALLOW, Finding.EARLY}
    assert answered == set(Finding) - unanswered


@pytest.mark.parametrize("case", SICK, ids=str)
def test_what_is_to_mend_the_gradient_mends_it(case: Case) -> None:
    """In seven of ten networks at least: theory is of wide ones."""
    _, spec, offers = offers_for(case.changes)
    mending = [offer for offer in offers.values() if offer.cure.mends]
    assert mending, "something helps"
    for offer in mending:
        assert offer.factor is not None
        cured = spec.with_values(offer.changes)
        found = [diagnose(one, cured).findings for one in Run(cured).record.magnitudes]
        well = [GRADIENT.isdisjoint(findings) for findings in found]
        assert sum(well) >= 7, offer.title


def test_the_usual_cures_of_the_vanishing_sigmoid() -> None:
    _, _, offers = offers_for({})
    assert list(offers) == ["gain", "relu_he", "batch_norm", "residual"]
    assert offers["relu_he"].title == "Activation: ReLU, Initial weights: He normal"
    assert offers["relu_he"].factor == pytest.approx(1)
    assert "layer_norm" not in offers, "with it the gradient vanishes all the same"


@pytest.mark.parametrize(
    ("activation", "initializer", "wanted"),
    [
        ("relu", "xavier_normal", "he_normal"),
        ("leaky_relu", "small_normal", "he_normal"),
        ("tanh", "small_normal", "xavier_normal"),
        ("hardtanh", "pytorch_default", "xavier_normal"),
        ("selu", "small_normal", "lecun_normal"),
    ],
)
def test_weights_are_those_made_for_the_activation(
    activation: str, initializer: str, wanted: str
) -> None:
    values = {
        "network.depth": 30,
        "network.activation": activation,
        "network.initializer": initializer,
    }
    _, _, offers = offers_for(values)
    assert offers["initialization"].changes == {"network.initializer": wanted}


def test_layers_given_one_by_one_keep_their_widths() -> None:
    layers = [{"width": width, "activation": "sigmoid"} for width in (8, 9, 10, 11, 12, 13, 14)]
    _, spec, offers = offers_for({"network.layers": layers})
    cured = spec.with_values(offers["relu_he"].changes)
    assert [layer.width for layer in cured.hidden] == [8, 9, 10, 11, 12, 13, 14]
    assert {layer.activation for layer in cured.hidden} == {"relu"}
    assert "residual" not in offers, "no two widths are equal"


def test_a_cure_that_does_not_go_with_another_choice_is_not_offered() -> None:
    _, _, offers = offers_for({"training.batch_size": 1})
    assert "batch_norm" not in offers


def test_the_rule_in_force_decides_what_suffices() -> None:
    usual, strict = offers_for({})[2], offers_for({}, Rule(0.7, 1.4))[2]
    assert set(usual) - set(strict) == {"batch_norm", "residual"}
    assert "relu_he" in strict


def test_a_crash_is_answered_first() -> None:
    spec = presets()["exploding"].spec
    magnitudes = Run(spec).record.magnitudes
    diagnosis = diagnose(magnitudes, spec, crash=CRASH)
    assert diagnosis.main.finding is Finding.DIVERGED
    names = [offer.cure.name for offer in cures_for(diagnosis, spec)]
    assert names[0] == "clip_norm"
    assert "gain" in names


@pytest.mark.parametrize(("gain", "held"), [(1.0, True), (3.0, False)])
def test_what_training_has_led_to_is_answered_by_what_holds_the_steps(
    gain: float, held: bool
) -> None:
    spec = Spec().with_values(
        {
            "network.activation": "leaky_relu",
            "network.initializer": "he_normal",
            "network.gain": gain,
            "training.learning_rate": 1.0,
        }
    )
    magnitudes = Run(spec).record.magnitudes
    magnitudes[ROW["signal_gradient_rms"]] = np.geomspace(1e5, 1, magnitudes.shape[1])
    magnitudes[ROW["update_ratio"]] = 10.0
    diagnosis = diagnose(magnitudes, spec)
    assert {Finding.EXPLODING, Finding.LARGE_STEPS} <= {*diagnosis.findings}
    names = [offer.cure.name for offer in cures_for(diagnosis, spec)]
    assert (names[:2] == ["clip_norm", "lower_rate"]) is held
    assert (names[0] in {"clip_norm", "lower_rate"}) is held
    dead = cures_for(having(Finding.DEAD, Finding.PLATEAU), spec)
    assert "higher_rate" not in [offer.cure.name for offer in dead]


@pytest.mark.parametrize(
    ("finding", "rate", "name", "wanted"),
    [
        (Finding.LARGE_STEPS, 0.05, "lower_rate", 0.005),
        (Finding.SMALL_STEPS, 0.05, "higher_rate", 0.5),
        (Finding.PLATEAU, 0.05, "higher_rate", 0.5),
        (Finding.LARGE_STEPS, 1e-6, "lower_rate", None),
        (Finding.PLATEAU, 5.0, "higher_rate", None),
    ],
)
def test_the_learning_rate_stays_in_its_range(
    finding: Finding, rate: float, name: str, wanted: float | None
) -> None:
    spec = Spec().with_values({"training.learning_rate": rate})
    offers = {offer.cure.name: offer for offer in cures_for(having(finding), spec)}
    if wanted is None:
        assert name not in offers
    else:
        assert offers[name].changes == {"training.learning_rate": wanted}
        assert offers[name].factor is None


def test_larger_steps_do_not_make_up_for_a_gradient_that_does_not_arrive() -> None:
    for finding in (Finding.VANISHING, Finding.SIGNAL_DYING):
        names = [offer.cure.name for offer in cures_for(having(finding, Finding.PLATEAU), Spec())]
        assert "higher_rate" not in names
    (only,) = cures_for(having(Finding.PLATEAU, Finding.HEALTHY), Spec())
    assert only.cure.name == "higher_rate"


def test_what_is_in_use_is_not_offered_again() -> None:
    values = {"cures.l2": 0.1, "cures.dropout": 0.5}
    assert cures_for(having(Finding.OVERFITTING), Spec().with_values(values)) == ()
    assert len(cures_for(having(Finding.OVERFITTING), Spec())) == 2


def test_healthy_networks_need_no_cure() -> None:
    assert cures_for(having(Finding.HEALTHY, Finding.EARLY), Spec()) == ()


def test_a_layer_that_is_wholly_dead_is_answered_by_what_passes_something_back() -> None:
    relu = {"network.activation": "relu", "network.initializer": "he_normal"}
    spec = Spec().with_values({**relu, "network.bias_std": 0.1})
    run = Run(spec)
    for column in range(16):
        run.set_parameter(Place("b", 3, column), -100.0)
    diagnosis = diagnose(run.record.magnitudes, spec)
    assert diagnosis.main.headline == "No gradient reaches layer 3"
    offers = {offer.cure.name: offer for offer in cures_for(diagnosis, spec)}
    assert offers["leaky_relu"].changes == {"network.activation": "leaky_relu"}
    assert "both sides" in offers["leaky_relu"].cure.why
    cured = Run(spec.with_values(offers["leaky_relu"].changes))
    for column in range(16):
        cured.set_parameter(Place("b", 3, column), -100.0)
    assert (cured.record.magnitudes[ROW["signal_gradient_rms"]] > 0).all()


def test_linear_layers_are_not_cured_by_batch_norm() -> None:
    """Theory lets them keep their gradient; measured, it doubles in every layer."""
    _, _, offers = offers_for({"network.activation": "identity", "network.gain": 0.5})
    assert "batch_norm" not in offers
    assert offers["gain"].changes == {"network.gain": 1.0}


def test_nothing_that_the_output_layer_stops_is_offered() -> None:
    """With weights of zero no gradient leaves the output, shortcuts or not."""
    _, _, offers = offers_for({"network.initializer": "zeros", "network.activation": "tanh"})
    assert list(offers) == ["initialization", "relu_he"]


def test_a_network_without_hidden_layers_has_no_way_to_mend() -> None:
    spec = Spec().with_values({"network.depth": 0})
    magnitudes = np.zeros((len(QUANTITIES), 1))
    magnitudes[ROW["update_ratio"]] = 1.0
    diagnosis = diagnose(magnitudes, spec)
    assert diagnosis.findings == (Finding.SHALLOW, Finding.LARGE_STEPS)
    assert [offer.cure.name for offer in cures_for(diagnosis, spec)] == ["clip_norm", "lower_rate"]
