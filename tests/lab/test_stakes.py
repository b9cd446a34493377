"""What there is to be learned: from the best answer that ignores the inputs down to the lowest."""

import math
from typing import Any

import numpy as np
import pytest

from core.datasets import Task
from core.targets import fitting
from lab.build import make_trainer
from lab.courses import course_of, trends_in
from lab.run import Run
from lab.spec import Spec
from lab.stakes import stakes_of
from lab.verdict import Finding
from tests.lab.making import spec_of

KINDS: list[dict[str, Any]] = [
    {},
    {"training.smoothing": 0.4},
    {"training.loss": "hinge"},
    {"training.loss": "mse"},
    {"training.loss": "huber"},
    {"training.loss": "mae"},
    {"data.source": "digits"},
    {"data.source": "digits", "training.smoothing": 0.2},
    {"data.source": "digits", "training.loss": "hinge"},
    {"data.source": "plane"},
    {"data.source": "plane", "training.loss": "mae"},
    {"data.source": "plane", "training.loss": "huber"},
]


@pytest.mark.parametrize("changes", KINDS, ids=str)
def test_no_same_answer_costs_less_than_knowing_nothing(changes: dict[str, Any]) -> None:
    spec = spec_of(changes)
    trainer = make_trainer(spec)
    data, n = trainer.data, trainer.data.n_outputs
    nothing, lowest = stakes_of(data, spec)
    assert 0 <= lowest < nothing
    rng, smoothing = np.random.default_rng(1), spec.training.smoothing
    y = fitting(trainer.loss, data.y_train, (), len(data.y_train), n)
    for _ in range(300):
        z = np.tile(rng.normal(0, 1, n), (len(y), 1))
        loss = trainer.loss.value_and_gradient(z, y, np.empty_like(z), smoothing)
        assert loss > 0.999 * nothing


def test_they_are_what_is_known_by_heart() -> None:
    spec, smooth = spec_of(), spec_of({"training.smoothing": 0.5})
    data = make_trainer(spec).data
    assert data.task is Task.BINARY
    share = data.y_train.mean()
    entropy = -share * math.log(share) - (1 - share) * math.log(1 - share)
    assert stakes_of(data, spec) == pytest.approx((entropy, 0))
    entropy = -0.25 * math.log(0.25) - 0.75 * math.log(0.75)
    assert stakes_of(data, smooth).lowest == pytest.approx(entropy)
    spec = spec_of({"data.source": "plane"})
    data = make_trainer(spec).data
    assert stakes_of(data, spec) == pytest.approx((data.y_train.var(), 0))


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"data.source": "circle", "training.smoothing": 0.5},
        {"data.source": "moons", "training.optimizer": "adam", "training.learning_rate": 0.01},
    ],
    ids=str,
)
def test_who_has_learned_all_is_neither_stuck_nor_early(changes: dict[str, Any]) -> None:
    relu = {"network.activation": "relu", "network.initializer": "he_normal", "network.depth": 3}
    run = Run(Spec().with_values({**relu, **changes}))
    stakes, found = stakes_of(run.trainer.data, run.spec), list[Finding]()
    for _ in range(3000):
        run.advance()
        if run.record.step in (900, 3000):
            found += [verdict.finding for verdict in trends_in(course_of(run.history, stakes))]
    assert not {Finding.PLATEAU, Finding.EARLY} & {*found}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7, 14, 15])
def test_a_mean_that_is_all_a_network_says_is_a_plateau(seed: int) -> None:
    run = Run(Spec().with_values({"data.source": "plane", "network.seed": seed}))
    for _ in range(2000):
        run.advance()
    course = course_of(run.history, stakes_of(run.trainer.data, run.spec))
    assert Finding.PLATEAU in [verdict.finding for verdict in trends_in(course)]
