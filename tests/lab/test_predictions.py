"""The theory of a spec is that of its network: every field that matters reaches it."""

from typing import Any

import numpy as np
import pytest

from core.measures import ROW
from lab.build import make_data
from lab.predictions import input_square_of, prediction_of
from lab.run import Run
from lab.spec import Spec

# White noise of as many inputs as units: no two networks of the theory could be more alike.
WIDE: dict[str, Any] = {
    "data.source": "white_noise",
    "data.inputs": 64,
    "data.outputs": 8,
    "network.depth": 8,
    "network.width": 256,
    "network.activation": "relu",
    "network.initializer": "he_normal",
}


def predicted(**changes: object) -> float:
    """The factor per layer of a wide network."""
    values = {name.replace("__", "."): value for name, value in changes.items()}
    found = prediction_of(Spec().with_values({**WIDE, **values}), 1.0)
    assert found.mean_factor is not None
    return found.mean_factor


def test_relu_with_he_weights_keeps_the_gradient() -> None:
    assert predicted() == pytest.approx(1)


@pytest.mark.parametrize(
    "changes",
    [
        {"network__gain": 1.3},
        {"network__activation": "sigmoid"},
        {"network__initializer": "xavier_normal"},
        {"network__activation": "tanh", "network__bias_std": 0.5},
        {"cures__norm": "batch"},
        {"cures__residual": True},
        {"cures__dropout": 0.3},
        {"network__layers": ({"width": 64, "activation": "relu"},) * 2 + ({"width": 256},) * 2},
    ],
)
def test_every_field_that_matters_reaches_the_theory(changes: dict[str, object]) -> None:
    without = dict(changes)
    without.popitem()
    assert predicted(**changes) != pytest.approx(predicted(**without), rel=0.01)


def test_what_is_predicted_is_what_is_measured() -> None:
    spec = Spec().with_values(WIDE)
    found = prediction_of(spec, input_square_of(make_data(spec)))
    measured = Run(spec).record.magnitudes
    assert found.rms_h is not None
    np.testing.assert_allclose(measured[ROW["activation_rms"], :-1], found.rms_h, rtol=0.25)


def test_the_size_of_the_inputs_is_measured() -> None:
    assert input_square_of(make_data(Spec())) == pytest.approx(1, rel=1e-5)
    plain = make_data(Spec().with_values({"data.standardize": False}))
    assert input_square_of(plain) == pytest.approx((plain.x_train**2).mean(), rel=1e-5)


def test_no_hidden_layer_is_no_mistake() -> None:
    found = prediction_of(Spec().with_values({"network.depth": 0}), 1.0)
    assert found.mean_factor is None
