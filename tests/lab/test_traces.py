"""What plots draw: finished numbers, and a tracer that keeps what cannot change."""

import numpy as np
import pytest

from core.measures import QUANTITIES
from core.training import StepRecord
from lab.history import SCALARS, History
from lab.moments import Scores
from lab.traces import Tracer, Wish, decades

N_LAYERS = 3
NAMES = [*SCALARS, "signal_gradient_rms", "dead_share"]


def grow(history: History, steps: int) -> None:
    rng = np.random.default_rng(len(history))
    for _ in range(steps):
        step = len(history) + 1
        magnitudes = 10.0 ** rng.uniform(-9, 2, (len(QUANTITIES), N_LAYERS))
        scores = Scores(rng.random(), rng.random(), rng.random()) if step % 7 == 0 else None
        history.append(StepRecord(step, np.array(rng.random()), magnitudes), scores)


@pytest.mark.parametrize("name", NAMES)
def test_a_tracer_that_grew_with_the_run_equals_a_new_one(name: str) -> None:
    history, wish = History(N_LAYERS), Wish(name, 60)
    tracer = Tracer(history, wish)
    for steps in (1, 1, 5, 50, 3, 200, 1, 999, 128, 40, 3000, 17):
        grow(history, steps)
        traced, new = tracer.trace(), Tracer(history, wish).trace()
        series = history.series(name, 60)
        for field in ("first", "last", "center", "values", "decades", "low", "high"):
            np.testing.assert_allclose(
                getattr(traced, field), getattr(new, field), rtol=1e-12, err_msg=field
            )
        np.testing.assert_array_equal(traced.first, series.first)
        np.testing.assert_array_equal(traced.last, series.last)
        assert traced.extremes == pytest.approx(new.extremes) if new.extremes else True
        assert len(traced.first) <= 60


def test_a_trace_has_a_line_per_layer_and_is_read_only() -> None:
    history = History(N_LAYERS)
    grow(history, 20)
    trace = Tracer(history, Wish("signal_gradient_rms", 100)).trace()
    assert trace.values.shape == (N_LAYERS, 20)
    np.testing.assert_allclose(trace.decades, np.log10(trace.values))
    assert trace.extremes == (trace.decades.min(), trace.decades.max())
    assert trace.shown(logarithmic=False) is trace.values
    with pytest.raises(ValueError, match="read-only"):
        trace.values[0, 0] = 1


def test_an_empty_history_traces_to_nothing() -> None:
    trace = Tracer(History(N_LAYERS), Wish("loss", 100)).trace()
    assert trace.values.shape == (1, 0)
    assert trace.extremes is None


def test_decades_have_none_for_zero_nan_and_infinity() -> None:
    values = np.array([100.0, 0.0, np.nan, np.inf, -1.0, 1e-300])
    np.testing.assert_array_equal(np.isfinite(decades(values)), [True, *[False] * 4, True])
    assert decades(values)[0] == 2
