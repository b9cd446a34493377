"""The registry of data that is drawn rather than stored: shapes in the plane, and white noise."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from core import planar
from core.arrays import Array
from core.datasets import DataSource, Samples, Task, jittered
from core.errors import Registry, require_numbers

MAX_NOISE_INPUTS = 784
MAX_NOISE_OUTPUTS = 64


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
    require_numbers("n_inputs", n_inputs, 1, MAX_NOISE_INPUTS)
    require_numbers("n_outputs", n_outputs, 1, MAX_NOISE_OUTPUTS)

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


GENERATORS = Registry(
    "source",
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
