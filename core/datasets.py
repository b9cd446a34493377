"""Data to learn from: what a source of samples is, the registry of generators, and make_dataset.

A DataSource says what its data is and how to draw it. make_dataset draws, shuffles, splits and
standardises any source in the same way. Everything random comes from the generator passed in,
so one seed always gives the same bits. This module knows nothing of files or of networks.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from core import planar
from core.arrays import Array

MIN_SAMPLES = 4
MAX_NOISE_INPUTS = 784
MAX_NOISE_OUTPUTS = 64


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
    _check_range("samples", samples, MIN_SAMPLES, np.inf)
    _check_range("noise", noise, 0, 1)
    _check_range("train_share", train_share, 0, 1)
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


def jittered(rng: Generator, values: Array, noise: float) -> Array:
    """Add Gaussian jitter whose standard deviation is `noise` times each column's own."""
    jitter: Array = rng.standard_normal(values.shape) * values.std(axis=0)
    return values + noise * jitter


def _check_range(field: str, value: float, low: float, high: float) -> None:
    # NaN is within no range, so it is refused too.
    if not low <= value <= high:
        allowed = f"at least {low}" if high == np.inf else f"between {low} and {high}"
        raise ValueError(f"{field} must be {allowed}, not {value}")


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


def _two_classes(
    name: str,
    label: str,
    help_text: str,
    shape: Callable[[Generator, Array], Array],
    class_names: tuple[str, str],
) -> DataSource:
    def generate(rng: Generator, samples: int, noise: float) -> Samples:
        ids = np.arange(samples) % 2
        x = jittered(rng, shape(rng, ids), noise)
        return Samples(x, ids[:, np.newaxis].astype(np.float64))

    features = ("x1", "x2")
    return DataSource(name, label, help_text, Task.BINARY, 2, 1, generate, features, class_names)


def _surface(name: str, label: str, help_text: str, height: Callable[[Array], Array]) -> DataSource:
    def generate(rng: Generator, samples: int, noise: float) -> Samples:
        x = rng.uniform(-1, 1, (samples, 2))
        return Samples(x, jittered(rng, height(x), noise))

    return DataSource(name, label, help_text, Task.REGRESSION, 2, 1, generate, ("x1", "x2"))


def white_noise(n_inputs: int = 2, n_outputs: int = 1) -> DataSource:
    """Inputs and targets that are independent standard normal numbers.

    Never standardised: theory is about this distribution, not about one sample's mean and scale.
    """
    _check_range("n_inputs", n_inputs, 1, MAX_NOISE_INPUTS)
    _check_range("n_outputs", n_outputs, 1, MAX_NOISE_OUTPUTS)

    def generate(rng: Generator, samples: int, _noise: float) -> Samples:
        x = rng.standard_normal((samples, n_inputs))
        return Samples(x, rng.standard_normal((samples, n_outputs)))

    return DataSource(
        name="white_noise",
        label="White noise",
        help="Random inputs and targets of any width: nothing to learn, only signals to watch.",
        task=Task.REGRESSION,
        n_inputs=n_inputs,
        n_outputs=n_outputs,
        generate=generate,
        feature_names=tuple(f"x{i}" for i in range(1, n_inputs + 1)),
        standardize=False,
        resize=white_noise,
    )


GENERATORS: dict[str, DataSource] = {
    source.name: source
    for source in (
        _two_classes(
            "circle",
            "Circle",
            "A disc inside a ring: no straight line separates them.",
            planar.circle,
            ("ring", "disc"),
        ),
        _two_classes(
            "xor",
            "XOR",
            "Opposite quadrants share a class, so neither input alone says anything.",
            planar.xor,
            ("same signs", "opposite signs"),
        ),
        _two_classes(
            "gauss",
            "Two Gaussians",
            "Two round clouds that one straight line separates.",
            planar.gauss,
            ("lower left", "upper right"),
        ),
        _two_classes(
            "spiral",
            "Two spirals",
            "Two arms wound into each other: the hardest set in the plane.",
            planar.spiral,
            ("arm 1", "arm 2"),
        ),
        _two_classes(
            "moons",
            "Two moons",
            "Two half circles that reach into each other.",
            planar.moons,
            ("upper moon", "lower moon"),
        ),
        _two_classes(
            "checkerboard",
            "Checkerboard",
            "A board of 4 x 4 cells whose neighbours differ in class.",
            planar.checkerboard,
            ("even cells", "odd cells"),
        ),
        _surface(
            "plane",
            "Plane",
            "A tilted plane, y = (x1 + x2) / 2: one layer is enough.",
            planar.plane,
        ),
        _surface(
            "sine_ridge",
            "Sine ridge",
            "Waves along the diagonal, y = sin(pi (x1 + x2)).",
            planar.sine_ridge,
        ),
        white_noise(),
    )
}
