"""Setting one parameter by hand, between two steps."""

import math

import numpy as np
import pytest

from core.places import Place
from core.training import Trainer
from tests.core.engines import make_trainer

WEIGHT, BIAS = Place("w", 2, 3, 1), Place("b", 1, 4)


def stack() -> Trainer:
    return make_trainer(seeds=(1, 2, 3), runs=(3,))


def test_one_parameter_changes_and_no_other() -> None:
    trainer = make_trainer()
    expected = trainer.network.parameters.copy()
    trainer.assign(WEIGHT, 0.25)
    trainer.assign(BIAS, -3)
    assert trainer.network.layers[1].w[1, 3] == 0.25
    assert trainer.network.layers[0].b[4] == -3
    assert (trainer.network.parameters != expected).sum() == 2


def test_one_network_of_several_changes_and_no_other() -> None:
    trainer = stack()
    expected = trainer.network.parameters.copy()
    trainer.assign(WEIGHT, 0.25, 1)
    assert trainer.network.layers[1].w[1, 1, 3] == 0.25
    assert (trainer.network.parameters != expected).any(axis=1).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("place", "named"),
    [
        (Place("w", 4, 0, 0), "layer"),
        (Place("w", 0, 0, 0), "layer"),
        (Place("w", 1, 0, 3), "row"),
        (Place("w", 1, 5, 0), "column"),
        (Place("w", 1, -1, 0), "column"),
        (Place("b", 3, 2), "column"),
        (Place("scale", 1, 0), "place"),
        (Place("w", 1, 0), "place"),
        (Place("b", 1, 0, 0), "place"),
    ],
)
def test_a_place_that_there_is_not_is_refused(place: Place, named: str) -> None:
    trainer = make_trainer()
    before = trainer.network.parameters.copy()
    with pytest.raises(ValueError, match=f"{named}: received"):
        trainer.assign(place, 1.0)
    assert np.array_equal(before, trainer.network.parameters)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e39])
def test_a_number_that_the_precision_does_not_hold_is_refused(value: float) -> None:
    trainer = make_trainer(dtype=np.float32)
    before = trainer.network.parameters.copy()
    with pytest.raises(ValueError, match="W_2"):
        trainer.assign(WEIGHT, value)
    assert np.array_equal(before, trainer.network.parameters)


def test_a_network_that_is_not_there_or_has_retired_is_refused() -> None:
    trainer = stack()
    trainer.retired.retire([2])
    for run in (2, 3):
        with pytest.raises(ValueError, match="run: received"):
            trainer.assign(WEIGHT, 1.0, run)


def test_half_precision_rounds_the_number() -> None:
    trainer = make_trainer(dtype=np.float16)
    trainer.assign(WEIGHT, 0.1)
    assert trainer.network.layers[1].w[1, 3] == np.float16(0.1)


def test_the_step_after_looks_again_whether_its_numbers_stay_finite() -> None:
    trainer = make_trainer(activations="tanh", dtype=np.float32, decay=10.0, optimizer="adamw")
    trainer.step()
    assert trainer._settled
    trainer.assign(BIAS, 1e38)
    assert not trainer._settled
