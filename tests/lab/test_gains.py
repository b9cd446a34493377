"""The gain that theory finds is the one at which a network's gradient keeps its size."""

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from lab.fading import judge
from lab.gains import critical_gain
from lab.run import Run
from lab.spec import Spec

WIDE = {
    "network.depth": 20,
    "network.width": 128,
    "network.seeds": 4,
    "data.samples": 100,
    "network.gain": 0.3,
}
WITHOUT = {"gelu", "silu", "mish", "softplus"}  # small differences grow where chi is 1


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_applying_it_makes_the_factor_one(name: str) -> None:
    spec = Spec().with_values({**WIDE, "network.activation": name})
    gain = critical_gain(spec)
    assert (gain is None) == (name in WITHOUT)
    if gain is None:
        return
    found = [judge(one) for one in Run(spec.with_values({"network.gain": gain})).record.magnitudes]
    # The first two layers of softsign are narrow ones still.
    assert np.median([verdict.factor for verdict in found]) == pytest.approx(1, abs=0.09)
    assert found[0].headline == "The gradient arrives"


@pytest.mark.parametrize(
    ("activation", "initializer", "gain"),
    [
        ("relu", "he_normal", 1.0),
        ("relu", "xavier_normal", 1.41),
        ("identity", "xavier_normal", 1.0),
        ("identity", "pytorch_default", 1.73),
        ("relu", "orthogonal", 1.41),
    ],
)
def test_known_gains(activation: str, initializer: str, gain: float) -> None:
    changes = {"network.activation": activation, "network.initializer": initializer}
    assert critical_gain(Spec().with_values({**WIDE, **changes})) == gain


@pytest.mark.parametrize(
    "changes",
    [
        {"network.initializer": "identity"},  # no theory
        {"network.initializer": "zeros"},
        {"cures.norm": "batch"},  # the gain has no effect
        {"cures.residual": True, "network.activation": "relu"},  # always above 1
        {"network.depth": 1},  # no factor between layers
        {"network.depth": 0},
    ],
)
def test_where_theory_has_none_there_is_none(changes: dict[str, object]) -> None:
    assert critical_gain(Spec().with_values({**WIDE, **changes})) is None


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "selu"])
def test_it_does_not_depend_on_where_the_search_begins(activation: str) -> None:
    spec = Spec().with_values({**WIDE, "network.activation": activation})
    gains = {critical_gain(spec.with_values({"network.gain": gain})) for gain in (0.1, 0.9, 5.0)}
    low, high = min(map(float, filter(None, gains))), max(map(float, filter(None, gains)))
    assert high / low < 1.02
