"""The parts of a spec, field by field: data, network, training, cures.

A hyper-parameter is one field here, with its range, unit and words. Fields that belong together
only by a rule between them are judged in `spec`.
"""

from typing import Any

from core.activations import ACTIVATIONS
from core.arrays import PRECISIONS
from core.initializers import INITIALIZERS
from core.losses import LOSSES
from core.normalization import NORMS
from core.optimizers import OPTIMIZERS
from core.schedules import SCHEDULES
from lab.datasets import SOURCES
from lab.fields import choice, labels, listing, number, switch
from lab.records import Record, several

LARGEST_SEED = 2**31 - 1
MOST_LAYERS, MOST_UNITS, MOST_SEEDS = 100, 256, 64


class DataSpec(Record):
    """Which data, how much of it, and how it is split."""

    source: str = choice("spiral", labels(SOURCES), "Data", "The problem to learn.")
    samples: int = number(
        400, 4, 5000, "Samples", "How many samples are drawn; a stored data set gives what it has."
    )
    noise: float = number(
        0.05, 0, 1, "Noise", "Spread added to the data, as a share of each column's own spread."
    )
    train_share: float = number(
        0.7, 0.05, 0.95, "Train share", "Share of the samples used to learn; the rest is the test."
    )
    standardize: bool = switch(
        "Standardise",
        "Give every input mean 0 and spread 1, measured on the training samples.",
        default=True,
    )
    shuffled: int = number(
        0,
        0,
        100,
        "Labels shuffled",
        "Share of the training samples whose labels are dealt out anew among them; the test set "
        "keeps its own (Zhang et al. 2017, arXiv 1611.03530).",
        unit="%",
    )
    unlabelled: bool = switch(
        "No labels",
        "Gives all training samples the same label, which tells nothing of them; the test set "
        "keeps its own.",
        default=False,
    )
    inputs: int = number(
        2, 1, 784, "Inputs", "Number of inputs, for white noise; other data have their own."
    )
    outputs: int = number(
        1, 1, 64, "Outputs", "Number of outputs, for white noise; other data have their own."
    )
    seed: int = number(0, 0, LARGEST_SEED, "Data seed", "Starts the random draw of the data.")


class LayerSpec(Record):
    """One hidden layer, where layers differ."""

    width: int = number(16, 1, MOST_UNITS, "Width", "Units in the layer.", unit="units")
    activation: str = choice(
        "sigmoid", labels(ACTIVATIONS), "Activation", "The non-linearity of the layer."
    )

    def __str__(self) -> str:
        return f"{self.width} {self.activation}"


LAYERS_FORM = f"empty, or up to {MOST_LAYERS} layers such as: 32 relu, 16 tanh"
FROZEN_FORM = "empty, or numbers of layers such as: 1, 3"


def _layers_from(value: Any) -> tuple[LayerSpec, ...]:
    """Take a list of layers, or "32 relu, 16 tanh"."""
    if isinstance(value, str):
        layers = [part.split() for part in value.split(",") if part.strip()]
        if any(len(words) != 2 or not words[0].isdecimal() for words in layers):
            raise ValueError
        value = [{"width": int(width), "activation": name} for width, name in layers]
    return several(LayerSpec, value, MOST_LAYERS)


class NetworkSpec(Record):
    """The layers and their first weights."""

    depth: int = number(12, 0, MOST_LAYERS, "Depth", "Number of hidden layers.", unit="layers")
    width: int = number(16, 1, MOST_UNITS, "Width", "Units in every hidden layer.", unit="units")
    activation: str = choice(
        "sigmoid", labels(ACTIVATIONS), "Activation", "The non-linearity of the hidden layers."
    )
    layers: tuple[LayerSpec, ...] = listing(
        _layers_from,
        LAYERS_FORM,
        "all alike",
        "Layers",
        "Hidden layers one by one, in place of depth, width and activation.",
    )
    initializer: str = choice(
        "xavier_normal", labels(INITIALIZERS), "Initial weights", "How the weights are drawn."
    )
    gain: float = number(
        1.0, 0.01, 100, "Gain", "Factor on every initial weight.", unit="×", scale="log"
    )
    bias_std: float = number(
        0.0,
        0,
        10,
        "Bias spread",
        "Standard deviation of normal noise added to the initial biases.",
        scale="log",
        off_below=1e-3,
    )
    precision: str = choice(
        "float32",
        labels(PRECISIONS),
        "Precision",
        "How numbers are stored: float32 is usual and fast, float64 is exact to 16 digits, "
        "float16 underflows below 6e-8.",
    )
    seed: int = number(
        0, 0, LARGEST_SEED, "Seed", "Starts the random draw of weights and sample order."
    )
    seeds: int = number(
        1,
        1,
        MOST_SEEDS,
        "Seeds",
        "Networks trained side by side, from this seed and the next ones; pictures show their "
        "median and spread.",
        unit="networks",
        scale="log",
    )


def _frozen_from(value: Any) -> tuple[int, ...]:
    """Take "1, 3", or a list, for numbers of layers; whatever the order, each is named once."""
    if isinstance(value, str):
        words = [part.strip() for part in value.split(",") if part.strip()]
        value = [int(word) if word.isdecimal() and len(word) < 9 else word for word in words]
    numbers = value if isinstance(value, list | tuple) else [None]
    if any(type(number) is not int or number < 1 for number in numbers):
        raise ValueError
    return tuple(sorted(set(numbers)))


class TrainingSpec(Record):
    """How the network learns."""

    optimizer: str = choice(
        "sgd", labels(OPTIMIZERS), "Optimiser", "The rule that turns gradients into updates."
    )
    learning_rate: float = number(
        0.05, 1e-6, 10, "Learning rate", "Size of a step.", scale="log", live=True
    )
    momentum: float = number(
        0.9,
        0,
        0.999,
        "Momentum",
        "How much of the last update is kept; for Adam, its first decay rate beta1.",
        live=True,
    )
    batch_size: int = number(
        32, 1, 1024, "Batch size", "Samples per step.", unit="samples", scale="log", live=True
    )
    loss: str = choice(
        "auto",
        {"auto": "Automatic", **labels(LOSSES)},
        "Loss",
        "What is made small; automatic takes the usual one for the data.",
    )
    smoothing: float = number(
        0.0,
        0,
        0.5,
        "Label smoothing",
        "Share of the target that is spread evenly over all classes.",
        live=True,
    )
    schedule: str = choice(
        "constant",
        labels(SCHEDULES),
        "Schedule",
        "How the learning rate changes with the steps taken.",
        live=True,
    )
    period: int = number(
        1000,
        1,
        1_000_000,
        "Period",
        "Length of the schedule.",
        unit="steps",
        scale="log",
        live=True,
    )
    floor: float = number(
        0.1,
        1e-4,
        1,
        "Floor",
        "Factor of the learning rate that the schedule reaches after one period.",
        scale="log",
        live=True,
    )
    frozen: tuple[int, ...] = listing(
        _frozen_from,
        FROZEN_FORM,
        "none",
        "Frozen layers",
        "Layers whose weights and biases stay as they are; the output is the last.",
        live=True,
    )


class CuresSpec(Record):
    """What keeps signals, gradients and weights in bounds."""

    norm: str = choice(
        "none",
        labels(NORMS),
        "Normalisation",
        "Gives every hidden layer's sums mean 0 and spread 1, over the batch or over its units.",
    )
    residual: bool = switch(
        "Residual",
        "Adds a layer's input to its output where both are equally wide.",
        default=False,
    )
    dropout: float = number(
        0.0, 0, 0.9, "Dropout", "Share of hidden outputs that a step sets to zero."
    )
    clip_norm: float = number(
        0.0,
        0,
        1000,
        "Clip norm",
        "Shrinks the whole gradient when its norm is larger; 0 is off.",
        scale="log",
        off_below=1e-3,
        live=True,
    )
    clip_value: float = number(
        0.0,
        0,
        1000,
        "Clip value",
        "Cuts every element of the gradient that is larger; 0 is off.",
        scale="log",
        off_below=1e-6,
        live=True,
    )
    l1: float = number(
        0.0,
        0,
        1,
        "L1 penalty",
        "Pulls weights toward zero by equal steps: this times the sum of their sizes joins the "
        "loss.",
        scale="log",
        off_below=1e-6,
        live=True,
    )
    l2: float = number(
        0.0,
        0,
        1,
        "L2 penalty",
        "Pulls weights toward zero: half this times the sum of their squares joins the loss.",
        scale="log",
        off_below=1e-6,
        live=True,
    )
    decay: float = number(
        0.01,
        0,
        1,
        "Weight decay",
        "Shrinks every parameter at each step by this times the learning rate, for AdamW.",
        scale="log",
        off_below=1e-6,
        live=True,
    )
