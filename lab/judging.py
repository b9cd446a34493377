"""By what networks are compared that learn in different ways: the loss of the same samples."""

from core.probes import Probe, alone
from core.training import Trainer

MOST_JUDGED = 512


def judge_of(trainer: Trainer, run: tuple[int, ...] = ()) -> Probe:
    """Return what tells the loss at any parameters, without dropout, in float64.

    The samples are the training set, of a large one the first `MOST_JUDGED`; it stands at network
    `run` of a stack. A network that has diverged is as it was at last.
    """
    data, seen = trainer.data, slice(0, MOST_JUDGED)
    network = alone(trainer.network, run, trainer.network.precision.storage)
    if run:
        trainer.retired.restore(network, run[0])
    smoothing = trainer.settings.smoothing
    return Probe(network, trainer.loss, data.x_train[seen], data.y_train[seen], smoothing)
