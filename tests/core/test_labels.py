"""Shuffled and missing labels: only what is learned from is changed, and only its labels."""

from dataclasses import fields

import numpy as np
import pytest
from numpy.random import Generator

from core.datasets import (
    Dataset,
    DataSource,
    Samples,
    Task,
    make_dataset,
    with_equal_labels,
    with_labels_shuffled,
)
from core.generators import GENERATORS


def ten_classes(rng: Generator, samples: int, noise: float) -> Samples:
    return Samples(rng.standard_normal((samples, 2)), rng.integers(0, 10, samples))


TEN_CLASSES = DataSource(
    "ten", "Ten classes", "None.", Task.CLASSES, 2, 10, ten_classes, ("x1", "x2")
)
SOURCES = {**GENERATORS, "ten": TEN_CLASSES}
every_source = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())


def data_of(source: DataSource) -> Dataset:
    rng = np.random.default_rng(1)
    return make_dataset(source, rng, samples=150, noise=0.1, train_share=0.8, dtype=np.float32)


def shuffled(data: Dataset, share: float) -> Dataset:
    return with_labels_shuffled(data, share, np.random.default_rng(2))


def assert_same_but_labels(data: Dataset, other: Dataset) -> None:
    for field in fields(Dataset):
        if field.name != "y_train":
            same = np.array_equal(getattr(data, field.name), getattr(other, field.name))
            assert same, field.name
    assert other.y_train.dtype == data.y_train.dtype
    assert other.y_train.shape == data.y_train.shape
    assert not other.y_train.flags.writeable


@every_source
@pytest.mark.parametrize("share", [0, 0.3, 1])
def test_shuffling_moves_labels_among_the_chosen(source: DataSource, share: float) -> None:
    data = data_of(source)
    found = shuffled(data, share)
    assert_same_but_labels(data, found)
    assert sorted(found.y_train.tolist()) == sorted(data.y_train.tolist())
    rows = (found.y_train != data.y_train).reshape(len(data.y_train), -1).any(axis=1)
    assert rows.sum() <= share * len(rows)
    assert rows.any() == (share > 0)


def test_all_shuffled_labels_say_nothing() -> None:
    data = make_dataset(
        GENERATORS["moons"],
        np.random.default_rng(0),
        samples=4000,
        noise=0,
        train_share=0.95,
        dtype=np.float32,
    )
    kept = np.mean(shuffled(data, 1).y_train == data.y_train)
    assert kept == pytest.approx(0.5, abs=0.03)


def test_more_shuffling_shuffles_the_same_and_others() -> None:
    data = data_of(TEN_CLASSES)
    changed = [shuffled(data, share).y_train != data.y_train for share in (0.2, 0.9)]
    assert changed[0].sum() < changed[1].sum()
    few, many = (set(np.flatnonzero(rows)) for rows in changed)
    assert len(few & many) > 0.8 * len(few), "one that gets its own label back by chance may lack"


@every_source
def test_equal_labels_tell_nothing(source: DataSource) -> None:
    data = data_of(source)
    found = with_equal_labels(data)
    assert_same_but_labels(data, found)
    assert (found.y_train == data.y_train[0]).all()


@pytest.mark.parametrize("share", [-0.1, 1.1, np.nan])
def test_a_share_is_between_nothing_and_all(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        shuffled(data_of(GENERATORS["moons"]), share)
