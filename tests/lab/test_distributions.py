"""Distributions are those of the present network, worked out here by hand; the run goes on."""

from typing import Any

import numpy as np
import pytest

from core.arrays import Array
from core.measures import ROW
from lab.distributions import FEWEST_SAMPLES, KINDS, MOST_SAMPLES, MOST_WEIGHTS, DistributionsOf
from lab.run import Run
from tests.lab.making import diverge, losses_of, run_of

BINS = 16
TANH: dict[str, Any] = {"network.precision": "float64", "data.samples": 90}
REGRESSION: dict[str, Any] = {**TANH, "data.source": "sine_ridge"}
NAMES = list(KINDS)
OF_THE_NEXT_STEP = ("clipped_gradient", "update_ratio")


def by_hand(run: Run) -> dict[str, list[Array]]:
    """Every kind of numbers of a network of tanh layers, by the formulas, layer after layer."""
    trainer, network = run.trainer, run.network(0)
    x, y = trainer.data.x_train[:MOST_SAMPLES], trainer.data.y_train[:MOST_SAMPLES]
    inputs, sums = [x], list[Array]()
    for layer in network.layers:
        sums.append(inputs[-1] @ layer.w + layer.b)
        inputs.append(np.tanh(sums[-1]))
    inputs[-1] = sums[-1]
    y = y.reshape(sums[-1].shape)
    if run.spec.data.source == "sine_ridge":
        delta = 2 * (sums[-1] - y) / y.size
    else:
        delta = (1 / (1 + np.exp(-sums[-1])) - y) / len(y)
    deltas = [delta]
    for index in range(len(network.layers) - 1, 0, -1):
        slope = 1 - inputs[index] ** 2
        deltas.insert(0, deltas[0] @ network.layers[index].w.T * slope)
    return {
        "activation": inputs[1:],
        "preactivation": sums,
        "weight": [layer.w for layer in network.layers],
        "weight_gradient": [h.T @ delta for h, delta in zip(inputs, deltas, strict=False)],
        "signal_gradient": deltas,
    }


@pytest.mark.parametrize("kind", [name for name in NAMES if name not in OF_THE_NEXT_STEP])
@pytest.mark.parametrize("changes", [TANH, REGRESSION, {**TANH, "network.depth": 0}])
def test_counts_are_those_worked_out_by_hand(kind: str, changes: dict[str, Any]) -> None:
    run = run_of(changes, steps=7)
    layers = by_hand(run)[kind]
    for shared in (False, True):
        shown = DistributionsOf(kind, shared=shared, bins=BINS).made_of(run)
        found = shown.histograms
        every = np.concatenate([values.ravel() for values in layers])
        for index, values in enumerate(layers):
            ends = (every.min(), every.max()) if shared else (values.min(), values.max())
            counts, edges = np.histogram(values, BINS, ends)
            np.testing.assert_allclose(found.edges[index], edges, rtol=1e-9, atol=1e-15)
            assert np.abs(found.counts[index] - counts).sum() <= 2  # one value, on an edge
        assert found.sizes.tolist() == [values.size for values in layers]


@pytest.mark.parametrize(
    "changes",
    [
        {"cures.clip_norm": 0.01},
        {"cures.clip_value": 1e-4, "training.optimizer": "adam", "training.frozen": (2,)},
        {"cures.l2": 0.1, "training.optimizer": "momentum", "cures.dropout": 0.2},
        {"network.width": 100, "network.depth": 12, "training.optimizer": "rmsprop"},
    ],
)
def test_the_next_step_shows_what_it_then_does(changes: dict[str, Any]) -> None:
    run = run_of({**TANH, **changes}, steps=5)
    found = [DistributionsOf(kind).made_of(run) for kind in OF_THE_NEXT_STEP]
    before = [layer.w.copy() for layer in run.trainer.network.layers]
    run.advance()
    clipped, ratio = (shown.histograms.extremes for shown in found)
    for index, layer in enumerate(run.trainer.network.layers):
        assert clipped[index].tolist() == [layer.d_w.min(), layer.d_w.max()]
        moved = (layer.w - before[index]) / np.sqrt((before[index] ** 2).mean())
        np.testing.assert_allclose(ratio[index], [moved.min(), moved.max()], atol=1e-12)
    assert [shown.samples for shown in found] == [run.spec.training.batch_size] * 2


def test_a_ratio_is_as_large_as_the_one_measured() -> None:
    run = run_of({**TANH, "training.optimizer": "adam"}, steps=5)
    found = DistributionsOf("update_ratio", bins=4000).made_of(run).histograms
    run.advance()
    middles = (found.edges[:, 1:] + found.edges[:, :-1]) / 2
    sizes = np.sqrt((middles**2 * found.counts).sum(axis=1) / found.sizes)
    measured = run.record.magnitudes[ROW["update_ratio"]]
    np.testing.assert_allclose(sizes, measured, rtol=0.01)


def test_sums_are_normalised_where_the_network_does_so() -> None:
    run = run_of({**TANH, "cures.norm": "batch"}, steps=3)
    look = run.trainer.data.x_train
    found = DistributionsOf("preactivation", bins=BINS).made_of(run).histograms
    layer = run.network(0).layers[0]
    z = look @ layer.w + layer.b
    u = (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-5)
    assert layer.scale is not None
    assert layer.shift is not None
    u = u * layer.scale + layer.shift
    np.testing.assert_allclose(found.extremes[0], [u.min(), u.max()], rtol=1e-9)


def test_shares_are_those_of_the_last_step() -> None:
    run = run_of({"network.activation": "relu", "network.gain": 3.0}, steps=5)
    shown = DistributionsOf("activation").made_of(run)
    magnitudes = run.record.magnitudes
    assert shown.saturated[:-1].tolist() == magnitudes[ROW["saturated_share"], :-1].tolist()
    assert shown.dead[:-1].tolist() == magnitudes[ROW["dead_share"], :-1].tolist()
    assert np.isnan([shown.saturated[-1], shown.dead[-1]]).all()
    assert not np.isnan(magnitudes).any()  # the run's own numbers are as they were
    h = np.maximum(0, run.trainer.data.x_train @ run.network(0).layers[0].w)
    assert shown.histograms.zeros[0] == pytest.approx((h == 0).sum(), abs=0.2 * h.size)
    assert shown.histograms.zeros[0] > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"cures.norm": "batch", "cures.dropout": 0.3, "training.optimizer": "adam"},
        {"cures.residual": True, "network.precision": "float16", "cures.clip_norm": 0.1},
        {"network.seeds": 3, "cures.norm": "layer"},
    ],
)
def test_looking_leaves_the_run_as_it_was(changes: dict[str, Any]) -> None:
    seen, unseen = run_of(changes), run_of(changes)
    for _ in range(12):
        for kind in NAMES:
            DistributionsOf(kind, seed=1).made_of(seen)
        seen.advance()
        unseen.advance()
    assert losses_of(seen).tobytes() == losses_of(unseen).tobytes()
    same = seen.trainer.network.parameters == unseen.trainer.network.parameters
    assert same.all()
    assert seen.record.magnitudes.tobytes() == unseen.record.magnitudes.tobytes()


def test_of_several_networks_the_chosen_one_is_shown() -> None:
    run = run_of({**TANH, "network.seeds": 3}, steps=4)
    for seed in range(3):
        found = DistributionsOf("weight", seed=seed).made_of(run).histograms
        w = run.trainer.network.layers[1].w[seed]
        assert found.extremes[1].tolist() == [w.min(), w.max()]
        shown = DistributionsOf("activation", seed=seed).made_of(run)
        expected = run.record.magnitudes[seed, ROW["saturated_share"], :-1]
        assert shown.saturated[:-1].tolist() == expected.tolist()


@pytest.mark.parametrize("kind", NAMES)
def test_numbers_beyond_all_bounds_are_counted(kind: str) -> None:
    run = run_of({"network.activation": "identity"})
    run.trainer.network.parameters[...] = 1e30
    run.trainer.network.layers[2].w[0, 0] = np.nan
    found = DistributionsOf(kind).made_of(run).histograms
    odd = found.nans + found.infinities
    assert (found.counts.sum(axis=1) + odd).tolist() == found.sizes.tolist()
    assert odd.any()
    assert np.isfinite(found.edges).all()


def test_a_diverged_run_is_shown_as_it_was_at_last() -> None:
    run = run_of({"network.activation": "identity", "training.learning_rate": 10.0})
    diverge(run)
    for kind in NAMES:
        assert DistributionsOf(kind).made_of(run).histograms.sizes.all()


def test_large_networks_are_looked_at_in_part() -> None:
    run = run_of({"network.depth": 30, "network.width": 256, "data.samples": 1000})
    weights = DistributionsOf("weight").made_of(run)
    assert weights.samples == 0
    assert weights.every > 1
    assert weights.histograms.sizes.sum() <= 1.05 * MOST_WEIGHTS
    layers = run.network(0).layers
    chosen = layers[5].w[:: weights.every]
    assert weights.histograms.extremes[5].tolist() == [chosen.min(), chosen.max()]
    signals = DistributionsOf("signal_gradient").made_of(run)
    assert FEWEST_SAMPLES <= signals.samples < MOST_SAMPLES
    assert signals.every == 1
