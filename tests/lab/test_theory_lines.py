"""Theory beside a measurement: where its line lies, and what is said where there is none."""

from typing import Any

import numpy as np
import pytest

from core.measures import ROW
from core.theory import Prediction
from lab.predictions import input_square_of, prediction_of
from lab.run import Run
from lab.spec import Spec
from lab.theory_lines import TheoryLine, theory_line

WIDE = {"network.width": 200, "network.depth": 10, "training.batch_size": 128}
NETWORKS: dict[str, dict[str, Any]] = {
    "fading": {"network.activation": "sigmoid", "network.initializer": "xavier_normal"},
    "steady": {"network.activation": "relu", "network.initializer": "he_normal"},
    "growing": {"network.activation": "relu", "network.gain": 2.0},
}


def line_of(name: str, **changes: object) -> tuple[TheoryLine | None, np.ndarray]:
    """Theory's line of a quantity, and what a fresh network shows."""
    run = Run(Spec().with_values({**WIDE, **changes}))
    measured = run.record.magnitudes[ROW[name]]
    square = input_square_of(run.trainer.data)
    return theory_line(prediction_of(run.spec, square), name, measured, square), measured


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("name", ["signal_gradient_rms", "weight_gradient_rms", "activation_rms"])
def test_the_line_lies_where_a_wide_fresh_network_does(name: str, network: dict[str, Any]) -> None:
    line, measured = line_of(name, **network)
    assert line is not None
    assert line.values is not None
    hidden = measured[:-1]
    assert len(line.values) == len(hidden)
    # A weight gradient also depends on how alike samples are in a layer, by a factor of a few.
    decades_off = np.abs(np.log10(line.values / hidden)).max()
    assert decades_off < (0.6 if name == "weight_gradient_rms" else 0.35)
    if name != "activation_rms":
        assert line.values[-1] == pytest.approx(hidden[-1])
        assert line.factor is not None
    else:
        assert line.factor is None


def test_the_factor_is_the_predictions() -> None:
    line, _ = line_of("signal_gradient_rms", **NETWORKS["fading"])
    prediction = prediction_of(Spec().with_values({**WIDE, **NETWORKS["fading"]}), 1.0)
    assert line is not None
    assert line.factor == pytest.approx(prediction.mean_factor, rel=1e-2)
    assert "last hidden layer" in line.note


def test_weights_without_a_theory_say_so() -> None:
    line, _ = line_of("signal_gradient_rms", **{"network.initializer": "constant"})
    assert line is not None
    assert line.values is None
    assert "no theory" in line.note


def test_a_caution_is_passed_on() -> None:
    line, _ = line_of("signal_gradient_rms", **{"network.width": 4})
    assert line is not None
    assert line.rough
    assert "stray" in line.note


@pytest.mark.parametrize("last", [0.0, np.nan, np.inf])
def test_nothing_is_drawn_through_what_is_no_number(last: float) -> None:
    spec = Spec()
    measured = np.array([*np.ones(len(spec.hidden) - 1), last, 1.0])
    assert theory_line(prediction_of(spec, 1.0), "signal_gradient_rms", measured, 1.0) is None


def test_theory_has_no_say_in_other_quantities() -> None:
    assert theory_line(Prediction("no"), "dead_share", np.ones(4), 1.0) is None
    spec = Spec().with_values({"network.depth": 0})
    assert theory_line(prediction_of(spec, 1.0), "signal_gradient_rms", np.ones(1), 1.0) is None
