"""The stored data sets are whole, are read only when drawn from, and behave like the generators."""

import subprocess
import sys

import numpy as np
import pytest

from core.datasets import Dataset, DataSource, Task, make_dataset
from core.generators import GENERATORS
from lab.datasets import SOURCES, STORED

every_stored = pytest.mark.parametrize("source", STORED.values(), ids=STORED.keys())


def dataset_of(source: DataSource, seed: int = 1, **changes: object) -> Dataset:
    settings = {"samples": 100, "noise": 0.0, "train_share": 0.8, "dtype": np.float32} | changes
    return make_dataset(source, np.random.default_rng(seed), **settings)  # type: ignore[arg-type]


def everything(source: DataSource) -> Dataset:
    return dataset_of(source, samples=10_000, standardize=False, dtype=np.float64)


def test_sources_are_the_generators_and_the_stored_sets() -> None:
    assert list(SOURCES) == [*GENERATORS, "iris", "digits"]
    assert all(source.name == name for name, source in SOURCES.items())


@every_stored
def test_a_stored_set_is_whole(source: DataSource) -> None:
    dataset = everything(source)
    y = np.concatenate((dataset.y_train, dataset.y_test))
    assert len(y) == source.max_samples
    assert dataset.x_train.shape[1] == source.n_inputs == len(source.feature_names)
    assert source.task is Task.CLASSES
    assert y.dtype == np.intp
    assert y.ndim == 1
    assert np.unique(y).tolist() == list(range(source.n_outputs))
    assert len(source.class_names) == source.n_outputs


def test_digits_are_small_whole_numbers() -> None:
    dataset = everything(STORED["digits"])
    x = np.concatenate((dataset.x_train, dataset.x_test))
    assert x.shape == (1797, 64)
    assert (x.min(), x.max()) == (0, 16)
    assert np.array_equal(x, np.round(x))
    # A zero is a ring with an empty middle: its centre is lighter than its sides.
    y = np.concatenate((dataset.y_train, dataset.y_test))
    zero = x[y == 0].mean(axis=0).reshape(8, 8)
    assert zero[4, 4] < 1
    assert zero[4, 2] > 8


def test_iris_has_the_published_means() -> None:
    dataset = everything(STORED["iris"])
    x = np.concatenate((dataset.x_train, dataset.x_test))
    y = np.concatenate((dataset.y_train, dataset.y_test))
    assert np.bincount(y).tolist() == [50, 50, 50]
    np.testing.assert_allclose(x[y == 0].mean(axis=0), [5.006, 3.428, 1.462, 0.246])
    np.testing.assert_allclose(x[y == 1].mean(axis=0), [5.936, 2.770, 4.260, 1.326])
    np.testing.assert_allclose(x[y == 2].mean(axis=0), [6.588, 2.974, 5.552, 2.026])


@every_stored
def test_rows_are_drawn_without_replacement(source: DataSource) -> None:
    dataset = dataset_of(source, samples=source.max_samples, standardize=False)
    again = everything(source)
    drawn = np.concatenate((dataset.x_train, dataset.x_test))
    stored = np.concatenate((again.x_train, again.x_test)).astype(np.float32)
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, stored))


@every_stored
def test_samples_are_as_asked_and_the_same_for_one_seed(source: DataSource) -> None:
    first, again, other = (dataset_of(source, seed, noise=0.3) for seed in (5, 5, 6))
    assert (len(first.x_train), len(first.x_test)) == (80, 20)
    assert first.x_train.dtype == np.float32
    assert first.x_train.tobytes() == again.x_train.tobytes()
    assert first.y_train.tobytes() == again.y_train.tobytes()
    assert first.x_train.tobytes() != other.x_train.tobytes()
    assert not first.x_train.flags.writeable


@every_stored
def test_standardised_with_the_training_rows(source: DataSource) -> None:
    raw = dataset_of(source, dtype=np.float64, standardize=False)
    dataset = dataset_of(source, dtype=np.float64)
    varies = np.ptp(raw.x_train, axis=0) > 0
    np.testing.assert_allclose(dataset.mean, raw.x_train.mean(axis=0))
    np.testing.assert_allclose(dataset.x_train.std(axis=0)[varies], 1)
    assert (dataset.scale[~varies] == 1).all()
    np.testing.assert_allclose(dataset.x_test, (raw.x_test - dataset.mean) / dataset.scale)


@every_stored
def test_noise_jitters_the_inputs_and_leaves_the_stored_rows_alone(source: DataSource) -> None:
    before = everything(source)
    noisy = dataset_of(source, samples=10_000, standardize=False, noise=0.5, dtype=np.float64)
    after = everything(source)
    np.testing.assert_array_equal(before.x_train, after.x_train)
    np.testing.assert_array_equal(before.y_train, noisy.y_train)
    moved = (noisy.x_train - before.x_train).std(axis=0)
    np.testing.assert_allclose(moved, 0.5 * before.x_train.std(axis=0), rtol=0.25, atol=0.05)
    assert moved.max() > 0


def test_importing_reads_no_file() -> None:
    program = """
import sys
opened = []
sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))
import lab.datasets
from numpy.random import default_rng
assert not [name for name in opened if "resources" in name], opened
lab.datasets.SOURCES["iris"].generate(default_rng(0), 4, 0.0)
assert [name for name in opened if name.endswith("iris.csv")]
"""
    subprocess.run([sys.executable, "-c", program], check=True)
