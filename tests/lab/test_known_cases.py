"""No known network is mislabelled: many kinds of them, ten seeds each, judged one by one."""

import numpy as np
import pytest

from core.measures import ROW
from lab.build import make_data
from lab.courses import course_of
from lab.diagnosis import diagnose
from lab.fading import judge, total_of
from lab.predictions import input_square_of, prediction_of
from lab.run import Run
from lab.spec import Spec
from lab.stakes import stakes_of
from lab.verdict import RULE, Finding
from tests.lab.known_cases import CASES, Case

MARGIN = 10.0
SEEDS = 10


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 40
    assert len({str(case) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_network_gets_its_label(case: Case) -> None:
    spec = Spec().with_values(case.changes)
    run = Run(spec)
    magnitudes = run.record.magnitudes
    assert len(magnitudes) == SEEDS
    found = [diagnose(one, spec).main.finding for one in magnitudes]
    assert found == [case.finding] * SEEDS
    assert diagnose(run.frame(0.0, renew=True).record.magnitudes, spec).main.finding == case.finding


@pytest.mark.parametrize("case", CASES, ids=str)
def test_theory_agrees_with_the_label(case: Case) -> None:
    spec = Spec().with_values(case.changes)
    factor = prediction_of(spec, input_square_of(make_data(spec))).mean_factor
    if case.finding is Finding.SHALLOW or factor is None:
        return
    total = total_of(factor, len(spec.hidden))
    if case.finding is Finding.VANISHING:
        assert total < RULE.vanishing_below / MARGIN
    elif case.finding is Finding.EXPLODING:
        assert total > RULE.exploding_above * MARGIN
    elif case.finding is not Finding.NO_GRADIENT:
        assert RULE.vanishing_below * MARGIN < total < RULE.exploding_above / MARGIN


@pytest.mark.parametrize("depth", [5, 6])
@pytest.mark.parametrize("initializer", ["xavier_normal", "lecun_normal", "pytorch_default"])
def test_a_few_sigmoid_layers_never_explode(depth: int, initializer: str) -> None:
    """Judged by the smallest and largest gradient without direction, they would."""
    values = {"network.depth": depth, "network.initializer": initializer, "network.seeds": 50}
    for magnitudes in Run(Spec().with_values(values)).record.magnitudes:
        signal = magnitudes[ROW["signal_gradient_rms"], :-1]
        verdict = judge(magnitudes)
        assert verdict.finding in (Finding.VANISHING, Finding.HEALTHY)
        assert verdict.factor < 0.5
        assert signal[0] < signal[-1]


def test_training_leaves_the_labels_right() -> None:
    deep = {"network.seeds": SEEDS, "data.samples": 200}
    spec = Spec().with_values(deep)
    run = Run(spec)
    for _ in range(1100):
        run.advance()
    course = course_of(run.history, stakes_of(run.trainer.data, spec))
    for magnitudes in run.record.magnitudes:
        found = diagnose(magnitudes, spec, course).findings
        assert found[:2] == (Finding.VANISHING, Finding.PLATEAU)
    cured = spec.with_values({"network.activation": "relu", "network.initializer": "he_normal"})
    run = Run(cured)
    for _ in range(1100):
        run.advance()
    course = course_of(run.history, stakes_of(run.trainer.data, cured))
    for magnitudes in run.record.magnitudes:
        found = diagnose(magnitudes, cured, course).findings
        assert found[0] is Finding.HEALTHY
    assert np.isfinite(run.record.magnitudes).all()
