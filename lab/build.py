"""From a spec to what it describes: data, settings, and a trainer with its network.

Everything random comes from the spec's seeds, a generator for each purpose, so that two equal specs
train to the same bits.
"""

import numpy as np
from numpy.random import Generator, SeedSequence

from core.arrays import PRECISIONS
from core.datasets import Dataset, make_dataset, with_equal_labels, with_labels_shuffled
from core.initializers import INITIALIZERS
from core.lsuv import scale_to_unit_variance
from core.network import Network
from core.optimizers import OPTIMIZERS, Rates
from core.schedules import SCHEDULES
from core.training import Trainer
from core.updates import Settings
from lab.spec import Spec

LSUV_SAMPLES = 256


def make_data(spec: Spec) -> Dataset:
    """Draw the spec's data; what becomes of their labels changes nothing else."""
    data, seeds = spec.data, SeedSequence([spec.data.seed])
    drawn = make_dataset(
        spec.source,
        np.random.default_rng(seeds),
        samples=data.samples,
        noise=data.noise,
        train_share=data.train_share,
        dtype=PRECISIONS[spec.network.precision].dtype,
        standardize=data.standardize,
    )
    if data.unlabelled:
        return with_equal_labels(drawn)
    if data.shuffled:
        (child,) = seeds.spawn(1)
        return with_labels_shuffled(drawn, data.shuffled / 100, np.random.default_rng(child))
    return drawn


def settings_of(spec: Spec) -> Settings:
    """Return the part of the spec that may change between two steps."""
    cures, training = spec.cures, spec.training
    return Settings(
        Rates(training.learning_rate, training.momentum, cures.decay),
        training.batch_size,
        l2=cures.l2,
        l1=cures.l1,
        clip_norm=cures.clip_norm,
        clip_value=cures.clip_value,
        smoothing=training.smoothing,
        schedule=SCHEDULES[training.schedule],
        period=training.period,
        floor=training.floor,
        frozen=training.frozen,
    )


def make_trainer(spec: Spec) -> Trainer:
    """Build data, networks and optimiser, all drawn from the spec's seeds."""
    rngs = [_generators(spec.network.seed + index) for index in range(spec.network.seeds)]
    weights_rngs, order_rngs, dropout_rngs = zip(*rngs, strict=True)
    data, settings = make_data(spec), spec.network
    network = Network(
        spec.sizes,
        [layer.activation for layer in spec.hidden],
        PRECISIONS[settings.precision].storage,
        spec.runs,
        norm=spec.cures.norm,
        residual=spec.cures.residual,
        dropout=spec.cures.dropout,
    )
    initializer = INITIALIZERS[settings.initializer]
    network.initialize(initializer, settings.gain, weights_rngs, settings.bias_std)
    if initializer.data_dependent:
        with np.errstate(all="ignore"):
            scale_to_unit_variance(network, data.x_train[:LSUV_SAMPLES], settings.gain)
    optimizer = OPTIMIZERS[spec.training.optimizer]
    return Trainer(
        network, data, spec.loss_record, optimizer, settings_of(spec), order_rngs, dropout_rngs
    )


def _generators(seed: int) -> list[Generator]:
    """Return the generators of the weights, of the order of samples and of dropout."""
    return [np.random.default_rng(child) for child in SeedSequence([seed]).spawn(3)]
