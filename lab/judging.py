"""By what networks are compared that learn in different ways: the loss of the same samples."""

from core.network import Network
from core.probes import Probe
from core.training import Trainer

MOST_JUDGED = 512


def judge_of(trainer: Trainer, network: Network) -> Probe:
    """Return what tells the loss at any parameters, without dropout, in float64.

    The samples are the training set, of a large one the first `MOST_JUDGED`. `network`, without
    leading axes, is the trainer's or one of its stack; the probe stands at its parameters.
    """
    data, seen = trainer.data, slice(0, MOST_JUDGED)
    smoothing = trainer.settings.smoothing
    return Probe(network, trainer.loss, data.x_train[seen], data.y_train[seen], smoothing)
