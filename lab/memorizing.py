"""The same network trained with true labels, with shuffled ones and with none.

It learns what it is told: the training samples by heart, whatever their labels. Only the test set
shows that there was nothing to learn.
"""

from typing import NamedTuple

import numpy as np

from core.arrays import Array
from core.datasets import Dataset, Task
from core.divergence import Divergence
from core.losses import Loss
from core.targets import accuracy, fitting
from core.training import Trainer
from lab.build import make_trainer
from lab.effort import STEP_COST, affordable, forward_cost
from lab.errands import Work
from lab.scoring import MOST_SCORED
from lab.spec import Spec

SHUFFLED = (0, 25, 50, 75, 100)  # percent
LOOKS = 40
FEWEST, MOST_USUAL = 100, 3000  # steps


class Outcome(NamedTuple):
    """Of each condition, those of `SHUFFLED` and then no labels, all (6,).

    Losses and accuracies of the training set, with the labels that it was given, and of the test
    set; NaN where there is none, and of a network that diverged.
    """

    train_loss: Array
    test_loss: Array
    train_accuracy: Array
    test_accuracy: Array


def usual_steps(spec: Spec) -> int:
    """Return how many steps show it within seconds."""
    cost = STEP_COST * forward_cost(spec, spec.training.batch_size) * (len(SHUFFLED) + 1)
    return affordable(cost, MOST_USUAL, FEWEST)


class Memorizing:
    """Six networks with the same first weights; `outcome` may be read while they learn.

    `diverged` has the step at which a network did, by its place in `outcome`.
    """

    def __init__(self, spec: Spec, steps: int) -> None:
        self.spec, self.steps, self.step = spec, steps, 0
        self.outcome: Outcome | None = None
        self.diverged = dict[int, int]()
        self.guessing = np.nan

    def run(self) -> Work[Outcome]:
        """Train all of them, a while each in turn."""
        trainers = list[Trainer]()
        for changes in _conditions():
            trainers.append(make_trainer(self.spec.with_values(changes)))
            yield 0.0
        self.guessing = guessing(trainers[0].data, trainers[0].loss)
        diverged = self.diverged
        chunk = -(-self.steps // LOOKS)
        while self.step < self.steps:
            count = min(chunk, self.steps - self.step)
            for index, trainer in enumerate(trainers):
                for taken in range(count):
                    if index not in diverged and not _stepped(trainer):
                        diverged[index] = self.step + taken + 1
                    done = self.step + (index + taken / count) * count / len(trainers)
                    yield done / self.steps
            self.step += count
            rows = [
                [np.nan] * 4 if index in diverged else _measured(trainer)
                for index, trainer in enumerate(trainers)
            ]
            self.outcome = outcome = Outcome(*np.array(rows).T)
        return outcome


def _conditions() -> list[dict[str, object]]:
    one: dict[str, object] = {"network.seeds": 1, "data.unlabelled": False}
    shuffled = [{**one, "data.shuffled": share} for share in SHUFFLED]
    return [*shuffled, {**one, "data.unlabelled": True}]


def _stepped(trainer: Trainer) -> bool:
    try:
        trainer.step()
    except Divergence:
        return False
    return True


def _measured(trainer: Trainer) -> list[float]:
    data = trainer.data
    sets = ((data.x_train, data.y_train), (data.x_test, data.y_test))
    found = [_loss_and_accuracy(trainer, x[:MOST_SCORED], y[:MOST_SCORED]) for x, y in sets]
    (train_loss, train_accuracy), (test_loss, test_accuracy) = found
    return [train_loss, test_loss, train_accuracy, test_accuracy]


def _loss_and_accuracy(trainer: Trainer, x: Array, y: Array) -> tuple[float, float]:
    with np.errstate(all="ignore"):
        z = trainer.network.predict(x)
        return _loss_of(z, y, trainer.loss), float(accuracy(trainer.data.task, z, y))


def _loss_of(z: Array, y: Array, loss: Loss) -> float:
    targets = fitting(loss, y, (), *z.shape)
    return float(loss.value_and_gradient(z, targets, np.empty_like(z)))


def guessing(data: Dataset, loss: Loss) -> float:
    """Return what can be had of the test set without looking at the inputs.

    The share of its commonest class; for numbers the loss of the training set's mean.
    """
    if data.task is Task.REGRESSION:
        mean = data.y_train.mean(axis=0, keepdims=True)
        return _loss_of(np.repeat(mean, len(data.y_test), axis=0), data.y_test, loss)
    _, counts = np.unique(data.y_test, return_counts=True)
    return float(counts.max() / counts.sum())
