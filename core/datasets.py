"""Data to learn from: what a source of samples is, and how a data set is made of one.

A DataSource says what its data is and how to draw it. make_dataset draws, shuffles, splits and
standardises any source in the same way. Everything random comes from the generator passed in,
so one seed always gives the same bits. This module knows nothing of files or of networks.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from enum import StrEnum

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from core.arrays import Array
from core.errors import require_numbers

MIN_SAMPLES = 4


class Task(StrEnum):
    """What a network is asked to predict; it decides the shape of y and which losses fit."""

    BINARY = "binary"
    CLASSES = "classes"
    REGRESSION = "regression"


@dataclass(frozen=True, eq=False)
class Samples:
    """Rows as a source draws them, in any order.

    x is (n, n_inputs) float64. y is (n, n_outputs) float64 for BINARY (0 or 1, one column) and
    REGRESSION, and (n,) integer class ids for CLASSES.
    """

    x: Array
    y: Array


# Takes the random generator, the number of samples and the noise, 0 to 1. The same numbers are
# drawn whatever the noise is: with one seed, more noise moves the same points further.
Generate = Callable[[Generator, int, float], Samples]


@dataclass(frozen=True)
class DataSource:
    """Where data comes from: its words, its shape and the function that draws it.

    n_outputs counts logits: 1 for BINARY, the number of classes for CLASSES. max_samples is None
    when any number can be drawn. resize, where there is one, makes the same source with other
    numbers of inputs and outputs.
    """

    name: str
    label: str
    help: str
    task: Task
    n_inputs: int
    n_outputs: int
    generate: Generate
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...] = ()
    max_samples: int | None = None
    standardize: bool = True
    resize: "Callable[[int, int], DataSource] | None" = None


@dataclass(frozen=True, eq=False)
class Dataset:
    """A source drawn once: shuffled, split, standardised and read-only.

    x is (drawn - mean) / scale; mean and scale are (n_inputs,) and come from the training rows
    alone. y is as in Samples, in the data set's dtype, or intp for CLASSES.
    """

    name: str
    task: Task
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    n_inputs: int
    n_outputs: int
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    mean: Array
    scale: Array

    def __post_init__(self) -> None:
        """Freeze the arrays too: the training thread and the window share them."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)


def train_size(samples: int, train_share: float) -> int:
    """Return how many of the samples are learned from; both parts keep at least one."""
    return min(max(round(train_share * samples), 1), samples - 1)


def make_dataset(
    source: DataSource,
    rng: Generator,
    *,
    samples: int,
    noise: float,
    train_share: float,
    dtype: DTypeLike,
    standardize: bool = True,
    n_inputs: int | None = None,
    n_outputs: int | None = None,
) -> Dataset:
    """Draw `samples` rows (at most source.max_samples), shuffle, split and standardise them.

    noise and train_share are shares from 0 to 1; both parts keep at least one row. n_inputs and
    n_outputs are for sources that can be resized; for the others they may only repeat what is.
    Raises ValueError, naming the field and the value, for anything outside these ranges.
    """
    require_numbers("samples", samples, MIN_SAMPLES)
    require_numbers("noise", noise, 0, 1)
    require_numbers("train_share", train_share, 0, 1)
    source = _resized(source, n_inputs, n_outputs)
    drawn = source.generate(rng, min(samples, source.max_samples or samples), noise)
    order = rng.permutation(len(drawn.x))
    x, y = drawn.x[order], drawn.y[order]
    n_train = train_size(len(x), train_share)
    mean, scale = _mean_and_scale(x[:n_train], standardize and source.standardize)
    x = ((x - mean) / scale).astype(dtype)
    y = y.astype(np.intp if source.task is Task.CLASSES else dtype)
    return Dataset(
        name=source.name,
        task=source.task,
        x_train=x[:n_train],
        y_train=y[:n_train],
        x_test=x[n_train:],
        y_test=y[n_train:],
        n_inputs=source.n_inputs,
        n_outputs=source.n_outputs,
        feature_names=source.feature_names,
        class_names=source.class_names,
        mean=mean.astype(dtype),
        scale=scale.astype(dtype),
    )


def with_labels_shuffled(data: Dataset, share: float, rng: Generator) -> Dataset:
    """Deal out the labels of a share of the training samples anew among these samples.

    The test set stays true. A larger share shuffles the same samples and more. What a network can
    still learn of such samples it must learn by heart: Zhang et al. 2017, arXiv 1611.03530. Raises
    ValueError for a share outside 0 to 1.
    """
    require_numbers("share", share, 0, 1)
    count = len(data.y_train)
    chosen = rng.permutation(count)[: round(share * count)]
    y = data.y_train.copy()
    y[chosen] = data.y_train[rng.permutation(chosen)]
    return replace(data, y_train=y)


def with_equal_labels(data: Dataset) -> Dataset:
    """Give all training samples the first one's label, which tells as much as none."""
    y = np.repeat(data.y_train[:1], len(data.y_train), axis=0)
    return replace(data, y_train=y)


def jittered(rng: Generator, values: Array, noise: float) -> Array:
    """Add Gaussian jitter whose standard deviation is `noise` times each column's own."""
    jitter: Array = rng.standard_normal(values.shape) * values.std(axis=0)
    return values + noise * jitter


def _resized(source: DataSource, n_inputs: int | None, n_outputs: int | None) -> DataSource:
    has = (source.n_inputs, source.n_outputs)
    asked = (has[0] if n_inputs is None else n_inputs, has[1] if n_outputs is None else n_outputs)
    if source.resize is not None:
        return source.resize(*asked)
    if asked != has:
        raise ValueError(f"{source.name} has {has} inputs and outputs, not {asked}")
    return source


def _mean_and_scale(x: Array, wanted: bool) -> tuple[Array, Array]:
    if not wanted:
        return np.zeros(x.shape[1]), np.ones(x.shape[1])
    # Not std > 0: the deviation of a constant column may be a rounding error.
    varies = np.ptp(x, axis=0) > 0
    return x.mean(axis=0), np.where(varies, x.std(axis=0), 1.0)
