"""A walk through one step has the numbers, the bits and the lines of the step itself."""

from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.glimpses import CORNER, MOST_IN_FULL, Glimpse, glimpse
from core.listings import Passage
from core.losses import LOSSES
from core.moments import Moment, Stage
from core.optimizers import OPTIMIZERS
from core.schedules import SCHEDULES
from core.training import Trainer
from core.walks import Walk
from tests.core.engines import all_bits, make_trainer

SIZES = (3, 5, 5, 4, 2)
KINDS: list[dict[str, Any]] = [
    {"norm": "batch"},
    {"norm": "layer", "residual": True},
    {"residual": True, "dropout": 0.3},
    {"norm": "batch", "residual": True, "dropout": 0.4, "dtype": "float16"},
    {"dtype": np.float32, "sizes": (2, 6, 6, 1), "activations": ["relu", "gelu"]},
    {"clip_norm": 0.05},
    {"clip_value": 0.01, "l2": 0.1, "l1": 0.05},
    {"l2": 0.1, "frozen": (1, 3), "optimizer": "adamw", "decay": 0.1},
    {"schedule": SCHEDULES["cosine"], "optimizer": "adam"},
    {"sizes": (4, 1), "activations": []},
    {"sizes": (1, 1, 1, 1), "residual": True},
    *({"optimizer": name} for name in OPTIMIZERS),
    *({"loss": name} for name in LOSSES),
]


def trainer_of(**changes: Any) -> Trainer:
    """A small trainer under way."""
    values = {"sizes": SIZES, "batch_size": 5, "samples": 12, **changes}
    trainer = make_trainer(values.pop("sizes"), values.pop("activations", "tanh"), **values)
    for _ in range(3):
        trainer.step()
    return trainer


def moments_of(walk: Walk, stage: Stage, layer: int) -> dict[str, Moment]:
    """A layer's moments in a stage, by name."""
    found = [moment for moment in walk.moments if moment[:2] == (stage, layer)]
    return {moment.name: moment for moment in found}


def same(seen: Glimpse, array: Array) -> bool:
    """Whether a glimpse has the bits of an array."""
    return bool(
        seen.shape == array.shape
        and np.array_equal(seen.values, glimpse("", array).values, equal_nan=True)
    )


def words_of(changes: dict[str, Any]) -> str:
    return ", ".join(f"{name} {getattr(value, 'name', value)}" for name, value in changes.items())


@pytest.mark.parametrize("changes", KINDS, ids=words_of)
def test_after_it_the_twin_has_the_bits_of_the_next_step(changes: dict[str, Any]) -> None:
    trainer = trainer_of(**changes)
    before = all_bits(trainer)
    walk = Walk(trainer)
    assert all_bits(trainer) == before, "the model is only read"
    trainer.step()
    assert all_bits(walk.twin) == all_bits(trainer)


@pytest.mark.parametrize("changes", KINDS, ids=words_of)
def test_its_numbers_are_those_of_the_step(changes: dict[str, Any]) -> None:
    trainer = trainer_of(**changes)
    network, layers = trainer.network, trainer.network.layers
    walk = Walk(trainer)
    old = [layer.w.copy() for layer in layers]
    trainer.step()
    flow, last = trainer.flow, len(layers)
    touched = any(changes.get(name) for name in ("l1", "l2", "clip_norm", "clip_value"))
    for number, layer in enumerate(layers, 1):
        forward = moments_of(walk, Stage.FORWARD, number)
        backward = moments_of(walk, Stage.BACKWARD, number)
        update = moments_of(walk, Stage.UPDATE, number)
        (*_, output) = forward.values()
        assert same(output.result, flow.h[number - 1])
        assert same(forward["sum"].glimpses[1], old[number - 1])
        delta = backward["weights"].glimpses[1]
        assert same(delta, flow.delta[number - 1])
        if not touched:
            assert same(backward["weights"].result, layer.d_w)
            assert same(backward["biases"].result, layer.d_b)
        (*_, change) = update.values()
        w, rate, gradient, _ = update["rule"].glimpses
        assert same(gradient, layer.d_w)
        assert same(w, old[number - 1])
        assert rate.values.tolist() == [
            [trainer.settings.rates_at(trainer.steps_done).learning_rate]
        ]
        assert same(change.result, layer.w)
        assert change.name == ("frozen" if number in trainer.settings.frozen else "change")
        assert ("norm" in forward) == (network.norm.name != "none" and number < last)
        assert ("residual" in forward) == (number < last and network.skips[number - 1])
    loss = moments_of(walk, Stage.LOSS, last)
    assert same(loss["loss_slope"].result, flow.delta_out)


def test_the_new_weights_are_the_old_less_the_update() -> None:
    for name in OPTIMIZERS:
        walk = Walk(trainer_of(optimizer=name, decay=0.1))
        moment = moments_of(walk, Stage.UPDATE, 2)["change"]
        w, change, after = (one.values for one in moment.glimpses)
        assert np.array_equal(w - change, after)


def test_every_line_follows_from_those_before() -> None:
    """Forward and backward, recomputed from the numbers that are shown."""
    walk = Walk(trainer_of(residual=True, dropout=0.3))
    forward = moments_of(walk, Stage.FORWARD, 2)
    values = {name: [one.values for one in m.glimpses] for name, m in forward.items()}
    h, w, b, z = values["sum"]
    np.testing.assert_allclose(h @ w + b, z, rtol=1e-12)
    np.testing.assert_allclose(np.tanh(z), values["activation"][1], rtol=1e-12)
    a, mask, dropped = values["dropout"]
    np.testing.assert_allclose(a * mask, dropped, rtol=1e-12)
    np.testing.assert_allclose(dropped + h, values["residual"][-1], rtol=1e-12)
    backward = moments_of(walk, Stage.BACKWARD, 1)
    values = {name: [one.values for one in m.glimpses] for name, m in backward.items()}
    delta, w, d_h = values["signal"]
    np.testing.assert_allclose(delta @ w.T, d_h, rtol=1e-12)
    d_h, passed, whole = values["shortcut"]
    np.testing.assert_allclose(d_h + passed, whole, rtol=1e-12)
    d_h, slope, delta = values["delta"]
    assert np.array_equal(d_h, whole)
    np.testing.assert_allclose(d_h * slope, delta, rtol=1e-12)
    h, delta, d_w = values["weights"]
    np.testing.assert_allclose(h.T @ delta, d_w, rtol=1e-12)
    np.testing.assert_allclose(delta.sum(0), values["biases"][1][0], rtol=1e-12)


def test_the_stages_follow_the_loop() -> None:
    walk = Walk(trainer_of())
    order = [*walk.ends]
    layers = range(1, len(SIZES))
    assert order == [
        *((Stage.FORWARD, layer) for layer in layers),
        (Stage.LOSS, layers[-1]),
        *((Stage.BACKWARD, layer) for layer in reversed(layers)),
        *((Stage.UPDATE, layer) for layer in layers),
    ]


def test_norms_sum_up_a_stage() -> None:
    trainer = trainer_of()
    walk = Walk(trainer)
    trainer.step()
    names, norms = walk.norms(Stage.BACKWARD)
    assert names == ("‖δ‖", "‖∂loss/∂W‖", "‖∂loss/∂b‖")
    for index, layer in enumerate(trainer.network.layers):
        wanted = [trainer.flow.delta[index], layer.d_w, layer.d_b]
        np.testing.assert_allclose(norms[index], [np.linalg.norm(x) for x in wanted], rtol=1e-12)
    names, norms = walk.norms(Stage.FORWARD)
    np.testing.assert_allclose(norms[:, 1], [np.linalg.norm(h) for h in trainer.flow.h])


# -- one sample


def test_one_sample_is_a_batch_of_its_own() -> None:
    trainer = trainer_of(optimizer="momentum")
    before = all_bits(trainer)
    walk = Walk(trainer, 7)
    assert all_bits(trainer) == before
    x = walk.moments[0].glimpses[0]
    assert same(x, trainer.data.x_train[7:8])
    flow = trainer.flow.__class__(trainer.network, 1)
    flow.gradient_of(trainer.data.x_train[7:8], trainer.data.y_train[7:8], trainer.loss)
    d_w = moments_of(walk, Stage.BACKWARD, 1)["weights"].result
    assert same(d_w, trainer.network.layers[0].d_w)


@pytest.mark.parametrize("sample", [-1, 12, 1.5])
def test_a_sample_that_there_is_not(sample: Any) -> None:
    with pytest.raises(ValueError, match="sample"):
        Walk(trainer_of(), sample)


def test_batch_norm_refuses_one_sample() -> None:
    with pytest.raises(ValueError, match="batch norm"):
        Walk(trainer_of(norm="batch"), 0)


# -- a step that cannot be taken


def test_a_step_that_diverges_has_no_update_and_says_why() -> None:
    trainer = trainer_of(activations="identity", dtype=np.float32)
    trainer.network.parameters[...] = 1e30
    before = all_bits(trainer)
    walk = Walk(trainer)
    assert "not finite" in walk.divergence
    assert {moment.stage for moment in walk.moments} == {*Stage} - {Stage.UPDATE}
    assert all_bits(trainer) == before


# -- what is seen of an array


def test_small_arrays_are_seen_in_full_and_large_ones_as_a_corner() -> None:
    rng = np.random.default_rng(1)
    small, large = rng.standard_normal((MOST_IN_FULL, 2)), rng.standard_normal((2, 40))
    assert glimpse("a", small).whole
    assert np.array_equal(glimpse("a", small).values, small)
    seen = glimpse("b", large)
    assert not seen.whole
    assert np.array_equal(seen.values, large[:, :CORNER])
    assert seen.norm == pytest.approx(np.linalg.norm(large))
    assert glimpse("c", np.full(9, 1e-30, np.float32)).norm == pytest.approx(3e-30)
    assert glimpse("c", np.full(9, 1e30, np.float32)).norm == pytest.approx(3e30)
    kept = seen.values.copy()
    large[...] = 0
    assert np.array_equal(seen.values, kept)


# -- the lines


def marked(passages: tuple[Passage, ...]) -> dict[str, str]:
    """The lines that are meant, joined, by function."""
    return {
        one.name: "\n".join(one.lines[n - one.first] for n in sorted(one.current))
        for one in passages
    }


def code_of(walk: Walk, stage: Stage, layer: int, name: str) -> dict[str, str]:
    index = next(i for i, one in enumerate(walk.moments) if one[:3] == (stage, layer, name))
    return marked(walk.passages([index]))


@pytest.mark.parametrize(
    ("stage", "name", "function", "text"),
    [
        (Stage.FORWARD, "sum", "Propagation._forward_operations", '"matrix product"'),
        (Stage.FORWARD, "norm", "Propagation._forward_operations", "norm.forward"),
        (Stage.FORWARD, "norm", "Normalization.forward", "self._mean_of(z, self.mean)"),
        (Stage.FORWARD, "activation", "sigmoid", "np.exp(h, h)"),
        (Stage.FORWARD, "dropout", "Propagation._forward_operations", '"dropout"'),
        (Stage.FORWARD, "residual", "Propagation._forward_operations", '"residual sum"'),
        (Stage.BACKWARD, "signal", "Propagation._backward_operations", "product(w_next,"),
        (Stage.BACKWARD, "shortcut", "Propagation._backward_operations", "d_h_next"),
        (Stage.BACKWARD, "dropped_slope", "sigmoid_slope", "np.multiply(slope, h, slope)"),
        (Stage.BACKWARD, "delta", "Propagation._backward_operations", "(d_h, delta, delta)"),
        (Stage.BACKWARD, "norm_back", "Normalization.backward", "self._inverse_std"),
        (Stage.BACKWARD, "weights", "Propagation._gradients_of", "block_product"),
        (Stage.BACKWARD, "biases", "Propagation._gradients_of", "block_product"),
        (Stage.UPDATE, "penalty", "Updater._penalize", "np.multiply(piece.parameters, l2"),
        (Stage.UPDATE, "clip", "Updater._clip", "CLIP_EPSILON"),
        (Stage.UPDATE, "rule", "_adam", "np.add(first, out, first)"),
        (Stage.UPDATE, "rule", "_divide_by_root", "np.sqrt"),
        (Stage.UPDATE, "rule", "Updater.apply", "self._rule("),
        (Stage.UPDATE, "change", "Updater.apply", "np.subtract(piece.parameters"),
    ],
)
def test_each_line_is_the_one_that_ran(stage: Stage, name: str, function: str, text: str) -> None:
    trainer = trainer_of(
        activations="sigmoid",
        norm="batch",
        residual=True,
        dropout=0.2,
        optimizer="adamw",
        l2=0.1,
        clip_norm=0.1,
    )
    found = code_of(Walk(trainer), stage, 1 if stage is Stage.BACKWARD else 2, name)
    assert text in found[function]


def test_the_output_layer_has_lines_of_its_own() -> None:
    walk = Walk(trainer_of())
    inner = code_of(walk, Stage.FORWARD, 1, "sum")
    outer = code_of(walk, Stage.FORWARD, len(SIZES) - 1, "sum")
    assert inner != outer
    assert "h_in, z)" in next(iter(inner.values()))


def test_what_did_not_run_is_known() -> None:
    passages = Walk(trainer_of(loss="cross_entropy")).passages_of(Stage.LOSS)
    loss = next(one for one in passages if one.name == "_cross_entropy")
    skipped = "\n".join(loss.lines[n - loss.first] for n in sorted(loss.skipped))
    assert "losses += smoothing" in skipped
    assert "np.exp" not in skipped
    assert not loss.current & loss.skipped


@pytest.mark.parametrize(
    ("stage", "text"),
    [
        (None, "self._draw_batch(again)"),
        (Stage.FORWARD, "flow.forward()"),
        (Stage.LOSS, "self._loss_and_gradient()"),
        (Stage.BACKWARD, "flow.backpropagate()"),
    ],
)
def test_a_whole_stage_is_a_line_of_the_loop(stage: Stage | None, text: str) -> None:
    assert text in next(iter(marked(Walk(trainer_of()).passages_of(stage)).values()))


def test_the_lines_are_those_of_a_run_under_way() -> None:
    """A trainer that has found its numbers to be moderate looks at each of them no more."""
    trainer = trainer_of(dtype=np.float32)
    assert trainer._settled
    walk = Walk(trainer)
    assert "self.updater.apply" in next(iter(marked(walk.passages_of(Stage.UPDATE)).values()))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_shows_its_own_function(name: str) -> None:
    walk = Walk(trainer_of(activations=name))
    found = code_of(walk, Stage.BACKWARD, 1, "slope")
    assert ACTIVATIONS[name].derivative.__name__ in found
