"""Pinned runs: frozen, with traces that are computed once."""

from dataclasses import replace

import numpy as np
import pytest

from lab.history import History
from lab.pins import Pin, usual_name
from lab.traces import Tracer, Wish
from tests.lab.making import run_of, spec_of

STEPS = 40
WISHES = (Wish("loss", 16), Wish("signal_gradient_rms", 16))


def pin_of() -> Pin:
    run = run_of({"network.depth": 5}, steps=STEPS)
    return Pin(0, "deep", run.spec, run.history.copy())


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: wish.name)
def test_a_trace_is_that_of_the_history_and_is_computed_once(wish: Wish) -> None:
    pin = pin_of()
    trace = pin.trace(wish)
    expected = Tracer(pin.history, wish).trace()
    np.testing.assert_array_equal(trace.values, expected.values)
    assert trace.last[-1] == STEPS
    assert pin.trace(wish) is trace
    assert replace(pin, name="another", visible=False).trace(wish) is trace


def test_a_history_without_steps_has_empty_traces() -> None:
    pin = replace(pin_of(), history=History(6))
    assert pin.trace(WISHES[0]).values.shape == (1, 0)
    assert pin.steps == 0


def test_a_run_is_called_by_its_shape_and_by_what_sets_it_apart() -> None:
    pin = pin_of()
    deep = {"network.depth": 5}
    assert usual_name(spec_of(deep), ()) == "5×6 tanh"
    assert usual_name(spec_of(), [pin]) == "3×6 tanh"
    assert usual_name(spec_of(deep), [pin]) == "5×6 tanh"
    assert usual_name(spec_of({**deep, "network.seed": 4}), [pin]) == "5×6 tanh, seed 4"
    assert usual_name(spec_of({**deep, "data.inputs": 4}), [pin]) == "5×6 tanh"  # without effect
    assert usual_name(spec_of({"network.depth": 0}), ()) == "no hidden layer"
    layers = {"network.layers": "8 relu, 32 relu, 16 tanh"}
    assert usual_name(spec_of(layers), ()) == "3×8–32 relu, tanh"
