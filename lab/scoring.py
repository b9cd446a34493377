"""How well a network does on whole sets: when that is looked at, and what is found."""

import math

import numpy as np

from core.arrays import Array
from core.datasets import Task
from core.targets import accuracy, fitting
from core.training import Trainer
from lab.moments import Scores

# Scores cost about this share of the training time; the step count decides, so runs repeat exactly.
SCORING_SHARE = 0.05
MOST_SCORED = 2000


def steps_between_scores(trainer: Trainer) -> int:
    """Return after how many steps the next scores are due; of several networks a power of two.

    So is all else that interrupts their steps, which come faster the longer they are not.
    """
    data = trainer.data
    scored = len(data.x_test) + min(len(data.x_train), MOST_SCORED)
    # Forward alone is about a third of a training step.
    interval = max(1, math.ceil(scored / (3 * trainer.flow.batch) / SCORING_SHARE))
    return 1 << (interval - 1).bit_length() if trainer.network.runs else interval


def scores_of(trainer: Trainer) -> Array:
    """Return test loss and both accuracies, as `Scores` has them: (*runs, 3)."""
    network, data, seen = trainer.network, trainer.data, slice(0, MOST_SCORED)
    scores = np.full((*network.runs, len(Scores._fields)), math.nan)
    with np.errstate(all="ignore"):
        z, y = network.predict(data.x_test), data.y_test
        targets = fitting(trainer.loss, y, network.runs, len(y), data.n_outputs)
        scores[..., 0] = trainer.loss.value_and_gradient(z, targets, np.empty_like(z))
        if data.task is not Task.REGRESSION:
            z_train = network.predict(data.x_train[seen])
            scores[..., 1] = accuracy(data.task, z_train, data.y_train[seen])
            scores[..., 2] = accuracy(data.task, z, y)
    if trainer.retired:
        scores[list(trainer.retired.runs)] = math.nan
    return scores
