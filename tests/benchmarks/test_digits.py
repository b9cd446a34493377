"""What the digits are learned to, beside scikit-learn's network of the same settings."""

import importlib
import importlib.util
import sys
import warnings

import numpy as np
import pytest

from core.arrays import Array
from lab.presets import presets
from lab.run import Run
from lab.spec import Spec

EPOCHS = 25
SEEDS = 4
POINT = 0.01


def our_accuracy(spec: Spec) -> float:
    run = Run(spec)
    while run.trainer.epoch < EPOCHS:
        run.advance(score=run.trainer.epoch > EPOCHS - 1)
    return run.scores.test_accuracy


def their_accuracy(spec: Spec, x: Array, y: Array, x_test: Array, y_test: Array) -> float:
    training = spec.training
    network = importlib.import_module("sklearn.neural_network").MLPClassifier(
        [layer.width for layer in spec.hidden],
        solver="sgd",
        # Its penalty is alpha / 2 ‖W‖² over the samples of the batch; ours is l2 / 2 ‖W‖².
        alpha=spec.cures.l2 * training.batch_size,
        batch_size=training.batch_size,
        learning_rate_init=training.learning_rate,
        momentum=training.momentum,
        nesterovs_momentum=False,
        max_iter=EPOCHS,
        random_state=spec.network.seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it might go on learning
        network.fit(x, y)
    return float(network.score(x_test, y_test))


@pytest.mark.bench
def test_the_digits_are_learned_as_well_as_by_scikit_learn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    if importlib.util.find_spec("sklearn") is None:
        with capsys.disabled():
            sys.stdout.write("\ndigits beside scikit-learn: skipped, it is not installed\n")
        pytest.skip("scikit-learn is not installed")
    specs = [presets()["digits"].spec.with_values({"network.seed": seed}) for seed in range(SEEDS)]
    ours = np.mean([our_accuracy(spec) for spec in specs])
    data = Run(specs[0]).trainer.data
    arrays = (data.x_train, data.y_train, data.x_test, data.y_test)
    theirs = np.mean([their_accuracy(spec, *arrays) for spec in specs])
    with capsys.disabled():
        sys.stdout.write(f"\ndigits, {EPOCHS} epochs: {ours:.4f}, scikit-learn {theirs:.4f}\n")
    assert abs(ours - theirs) <= POINT
