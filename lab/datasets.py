"""Every data set an experiment can use: the generators of core and the sets stored as files.

A stored file is read when its data is first drawn and kept for the rest of the process, so that
importing this module stays quick. SOURCES is the whole vocabulary; adding a data set is one
record here or in core.datasets.
"""

import csv
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.random import Generator

from core.datasets import DataSource, Samples, Task, jittered
from core.generators import GENERATORS

DATA_DIRECTORY = Path(__file__).resolve().parent.parent / "resources" / "data"

IRIS_FEATURES = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
IRIS_SPECIES = ("setosa", "versicolor", "virginica")
DIGITS_SIDE = 8


@cache
def _iris() -> Samples:
    with (DATA_DIRECTORY / "iris.csv").open(encoding="utf-8", newline="") as file:
        _header, *rows = csv.reader(file)
    x = np.array([row[:-1] for row in rows], dtype=np.float64)
    return Samples(x, np.array([IRIS_SPECIES.index(row[-1]) for row in rows]))


@cache
def _digits() -> Samples:
    with np.load(DATA_DIRECTORY / "digits.npz") as arrays:
        return Samples(arrays["pixels"].astype(np.float64), arrays["digit"].astype(np.intp))


def _drawn(stored: Callable[[], Samples], rng: Generator, samples: int, noise: float) -> Samples:
    everything = stored()
    rows = rng.choice(len(everything.x), samples, replace=False)
    return Samples(jittered(rng, everything.x[rows], noise), everything.y[rows])


STORED: dict[str, DataSource] = {
    source.name: source
    for source in (
        DataSource(
            name="iris",
            label="Iris flowers",
            help="150 flowers of three species, each measured in four places, in centimetres.",
            task=Task.CLASSES,
            n_inputs=4,
            n_outputs=3,
            generate=partial(_drawn, _iris),
            feature_names=IRIS_FEATURES,
            class_names=IRIS_SPECIES,
            max_samples=150,
        ),
        DataSource(
            name="digits",
            label="Handwritten digits",
            help="1,797 handwritten digits as pictures of 8 x 8 pixels.",
            task=Task.CLASSES,
            n_inputs=DIGITS_SIDE**2,
            n_outputs=10,
            generate=partial(_drawn, _digits),
            feature_names=tuple(
                f"row {row} column {column}"
                for row in range(1, DIGITS_SIDE + 1)
                for column in range(1, DIGITS_SIDE + 1)
            ),
            class_names=tuple("0123456789"),
            max_samples=1797,
        ),
    )
}

SOURCES: dict[str, DataSource] = GENERATORS | STORED
