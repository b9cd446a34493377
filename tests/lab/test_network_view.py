"""What the picture of a network gets to show: it must be what the network is and does."""

from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.measures import ROW
from core.places import Place
from lab.answers import AnswerOf, Surface, padded_range, plane
from lab.datasets import SOURCES
from lab.network_view import MOST_LINKS, NetworkState, NetworkView
from tests.lab.making import diverge, run_of

SIDE = 8


def seen(changes: dict[str, Any] | None = None, steps: int = 3, seed: int = 0) -> NetworkState:
    return NetworkView(SIDE, seed).made_of(run_of(changes, steps))


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
def test_the_images_are_what_every_unit_computes(norm: str) -> None:
    changes = {"cures.norm": norm, "cures.residual": True}
    run = run_of(changes, 5)
    state, network, data = NetworkView(SIDE).made_of(run), run.trainer.network, run.trainer.data
    grid = plane(padded_range(data, 0), padded_range(data, 1), SIDE)
    outputs = [*network.outputs(grid.astype(network.dtype))]
    first = outputs[0].T.reshape(-1, SIDE, SIDE)[:, ::-1]
    assert np.abs(127.5 + 127.5 * first - state.images[1]).max() <= 1
    np.testing.assert_array_equal(outputs[-1], network.predict(grid.astype(network.dtype)))
    answer = AnswerOf(0).made_of(run)
    assert isinstance(answer, Surface)
    corner = 255 * answer.values[0, 0]
    assert abs(state.images[-1][0][-1, 0] - corner) <= 1
    assert [image.shape for image in state.images] == [(n, SIDE, SIDE) for n in network.sizes]


def test_units_whose_output_is_not_finite_are_broken() -> None:
    assert not any(broken.any() for broken in seen().broken)
    run = run_of({"network.activation": "identity"}, steps=2)
    run.set_parameter(Place("w", 2, 1, 0), 3e38)
    diverge(run)
    state = NetworkView(SIDE).made_of(run)
    assert not any(broken.any() for broken in state.broken[:2])
    assert state.broken[2].tolist() == [place == 1 for place in range(len(state.broken[2]))]
    assert state.broken[3].all(), "what such a unit feeds is broken too"
    run.tune(run.spec.with_values({"training.batch_size": 5}))
    unknown = NetworkView(SIDE).made_of(run)
    assert not any(broken.any() for broken in unknown.broken), "no batch has passed"


def test_the_inputs_grow_to_the_right_and_upward() -> None:
    first, second = seen().images[0].astype(int)
    assert (np.diff(first, axis=1) > 0).all()
    assert (np.diff(second, axis=0) < 0).all()


def test_links_are_weights_gradients_and_the_last_step() -> None:
    run = run_of(steps=3)
    before = [layer.w.copy() for layer in run.trainer.network.layers]
    run.advance()
    state = NetworkView(SIDE).made_of(run)
    for index, layer in enumerate(run.trainer.network.layers):
        np.testing.assert_array_equal(state.links["weight"][index], layer.w)
        np.testing.assert_array_equal(state.links["gradient"][index], layer.d_w)
        np.testing.assert_allclose(state.links["update"][index], layer.w - before[index], atol=1e-7)
        np.testing.assert_array_equal(state.biases[index], layer.b)
        size = np.sqrt((before[index] ** 2).mean())
        expected = state.links["update"][index] / size
        np.testing.assert_allclose(state.links["ratio"][index], expected, rtol=1e-5)
        rms = np.sqrt((state.links["ratio"][index] ** 2).mean())
        assert rms == pytest.approx(run.record.magnitudes[ROW["update_ratio"], index], rel=1e-5)
        assert state.sizes["ratio"][index] == run.record.magnitudes[ROW["update_ratio"], index]


def test_nothing_shown_changes_when_training_goes_on() -> None:
    run = run_of(steps=3)
    state = NetworkView(SIDE).made_of(run)
    every = [*state.activity, *state.signals, *state.biases, *state.images]
    every += [values for kind in state.links.values() for values in kind]
    copies = [values.copy() for values in every]
    for _ in range(5):
        run.advance()
    assert all(np.array_equal(*pair, equal_nan=True) for pair in zip(every, copies, strict=True))


def test_a_frozen_layer_has_no_update() -> None:
    state = seen({"training.frozen": (2,), "training.optimizer": "adam"})
    assert not state.links["update"][1].any()
    assert state.links["update"][0].any()
    assert state.links["gradient"][1].any()


def test_units_add_up_to_what_was_measured() -> None:
    run = run_of(steps=4)
    state = NetworkView(SIDE).made_of(run)
    measured = run.record.magnitudes[ROW["signal_gradient_rms"]]
    shown = [np.sqrt((signals**2).mean()) for signals in state.signals[1:]]
    np.testing.assert_allclose(shown, measured, rtol=1e-5)
    means = [h.mean(axis=0) for h in run.trainer.flow.h]
    for mean, activity in zip(means, state.activity[1:], strict=True):
        np.testing.assert_allclose(activity, mean, rtol=1e-5, atol=1e-7)
    for kind, row in (("weight", "weight_norm"), ("update", "update_norm")):
        areas = [np.sqrt(layer.w.size) for layer in run.trainer.network.layers]
        np.testing.assert_allclose(state.sizes[kind] * areas, run.record.magnitudes[ROW[row]])


def test_of_several_networks_each_shows_itself() -> None:
    run = run_of({"network.seeds": 3}, steps=3)
    for seed in range(3):
        state, alone = NetworkView(SIDE, seed).made_of(run), run.network(seed)
        np.testing.assert_array_equal(state.links["weight"][1], alone.layers[1].w)
        np.testing.assert_array_equal(state.biases[1], alone.layers[1].b)
        np.testing.assert_array_equal(state.magnitudes, run.record.magnitudes[seed])
        assert state.loss == run.record.loss[seed]
        assert not state.diverged
    assert NetworkView(SIDE, 9).made_of(run).biases[0].shape == (6,), "of a run before, with more"


def test_a_network_that_has_diverged_shows_its_last_state_and_no_flow() -> None:
    run = run_of({"network.seeds": 2}, steps=3)
    kept = run.trainer.network.layers[0].w[1].copy()
    run.trainer.retired.retire([1])
    run.advance()
    state = NetworkView(SIDE, 1).made_of(run)
    np.testing.assert_array_equal(state.links["weight"][0], kept)
    assert np.isnan(state.activity[1]).all()
    assert np.isnan(state.loss)
    assert state.diverged
    assert not NetworkView(SIDE, 0).made_of(run).diverged


def test_a_new_batch_size_has_no_flow_yet() -> None:
    run = run_of(steps=3)
    run.tune(run.spec.with_values({"training.batch_size": 4}))
    state = NetworkView(SIDE).made_of(run)
    assert np.isnan(state.signals[1]).all()
    assert state.images


@pytest.mark.parametrize("changes", [{}, {"network.seeds": 2}])
def test_without_units_there_is_what_layers_are(changes: dict[str, Any]) -> None:
    state = NetworkView(0).made_of(run_of(changes, steps=2))
    assert not state.images
    assert not state.links
    assert [len(tones) for tones in state.tones] == [2, 6, 6, 6, 1]


def test_a_large_network_is_never_copied_link_by_link() -> None:
    changes = {"network.width": 80, "network.depth": 3}
    run = run_of(changes, steps=1)
    assert run.trainer.network.layout.n_weights > MOST_LINKS
    assert not NetworkView(SIDE).made_of(run).links


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_shown_in_full_range_of_colour(name: str) -> None:
    state = seen({"network.activation": name, "network.initializer": "he_normal"})
    for image, tones in zip(state.images, state.tones, strict=True):
        assert image.dtype == tones.dtype == np.uint8
    first = state.images[1].astype(int)
    assert np.ptp(first) > 60


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("depth", [0, 2])
def test_every_data_set_can_be_shown(source: str, depth: int) -> None:
    state = seen({"data.source": source, "network.depth": depth, "data.samples": 40}, steps=1)
    planar = len(state.activity[0]) == 2
    assert bool(state.images) == planar
    assert all(np.isfinite(values).all() for values in state.activity)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, 1e-45])
def test_strange_weights_are_shown_without_a_warning(value: float) -> None:
    run = run_of(steps=2)
    run.trainer.network.parameters[...] = value
    state = NetworkView(SIDE).made_of(run)
    assert all(image.dtype == np.uint8 for image in state.images)
