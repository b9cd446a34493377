"""What becomes of the labels is one field each of the spec, and changes nothing else."""

from typing import Any

import numpy as np
from numpy.random import SeedSequence

from core.datasets import Dataset, make_dataset
from lab.build import make_data, make_trainer
from lab.spec import idle_fields
from tests.lab.making import run_of, spec_of

MANY: dict[str, Any] = {"data.samples": 400, "data.noise": 0.1}


def data_of(**changes: object) -> Dataset:
    return make_data(spec_of({**MANY, **{f"data.{name}": v for name, v in changes.items()}}))


def test_true_labels_are_what_they_were_before_there_was_a_choice() -> None:
    spec = spec_of(MANY)
    by_hand = make_dataset(
        spec.source,
        np.random.default_rng(SeedSequence([spec.data.seed])),
        samples=400,
        noise=0.1,
        train_share=spec.data.train_share,
        dtype=np.float32,
    )
    for name in ("x_train", "y_train", "x_test", "y_test"):
        assert np.array_equal(getattr(make_data(spec), name), getattr(by_hand, name))


def test_the_share_of_shuffled_labels() -> None:
    true = data_of()
    for shuffled in (25, 50, 100):
        data = data_of(shuffled=shuffled)
        for name in ("x_train", "x_test", "y_test"):
            assert np.array_equal(getattr(data, name), getattr(true, name))
        # Of two classes, half of those dealt out anew come back as they were.
        wrong = float(np.mean(data.y_train != true.y_train))
        assert abs(wrong - shuffled / 200) < 0.09
    assert np.array_equal(data_of(shuffled=50).y_train, data_of(shuffled=50).y_train)


def test_weights_and_order_are_the_same_whatever_the_labels() -> None:
    trainers = [
        make_trainer(spec_of({**MANY, "data.shuffled": share, "data.unlabelled": none}))
        for share, none in ((0, False), (100, False), (0, True))
    ]
    first = trainers[0]
    for other in trainers[1:]:
        assert np.array_equal(first.network.parameters, other.network.parameters)
        for trainer in (first, other):
            trainer.measure()
        assert np.array_equal(first.flow.x, other.flow.x)


def test_no_labels_is_one_label_and_shuffling_it_is_idle() -> None:
    spec = spec_of({"data.unlabelled": True, "data.shuffled": 50})
    assert len(np.unique(make_data(spec).y_train)) == 1
    assert "data.shuffled" in idle_fields(spec)
    assert "data.shuffled" not in idle_fields(spec_of())


def test_a_run_learns_the_labels_it_is_given() -> None:
    run = run_of({"data.unlabelled": True}, steps=300)
    run.advance(score=True)
    data = run.trainer.data
    said = float(data.y_train[0, 0])
    assert run.scores.train_accuracy == 1
    assert run.scores.test_accuracy == np.mean(data.y_test == said)
