"""What cannot be used is refused at once, naming the field, the value and what is allowed."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.datasets import Task
from core.generators import GENERATORS
from core.initializers import INITIALIZERS
from core.losses import LOSSES
from core.network import Network
from core.normalization import NORMS
from core.optimizers import OPTIMIZERS, Rates
from core.propagation import Propagation
from core.schedules import SCHEDULES
from core.training import Trainer
from core.updates import Settings, take_step
from tests.core.engines import all_bits, dataset, generators, make_trainer, random_network

NAN, INF = float("nan"), float("inf")


def network(**changes: Any) -> Network:
    return Network(**{"sizes": (3, 4, 4, 2), "activations": "tanh", **changes})


# field, value, and what the message says beside them
NETWORKS = [
    ("sizes", (3,), "two or more whole numbers of at least 1"),
    ("sizes", (), "two or more"),
    ("sizes", (3, 0, 4, 2), "at least 1"),
    ("sizes", (3, 4, -1, 2), "at least 1"),
    ("sizes", (3, 4.5, 4, 2), "whole numbers"),
    ("sizes", 3, "two or more whole numbers"),
    ("sizes", (3, True, 4, 2), "whole numbers"),
    ("runs", (-1,), "a tuple of whole numbers of at least 1"),
    ("runs", (0,), "at least 1"),
    ("runs", 2, "a tuple"),
    ("activations", None, "one name, or one per hidden layer"),
    ("activations", ["tanh"], "one per hidden layer, 2"),
    ("activations", "relux", r"did you mean relu\?"),
    ("activations", ["tanh", "leaky-relu"], r"did you mean leaky_relu\?"),
    ("norm", "batchnorm", r"none, batch, layer \(did you mean batch\?\)"),
    ("norm", "", "none, batch, layer$"),
    ("dtype", "float8", r"float16, float32, float64 \(did you mean float\d+\?\)"),
    ("dtype", "int32", "float16, float32, float64"),
    ("dtype", np.int64, "float16, float32, float64"),
    ("dropout", -0.1, "0 to 0.99"),
    ("dropout", 1.0, "0 to 0.99"),
    ("dropout", NAN, "0 to 0.99"),
]


@pytest.mark.parametrize(("field", "value", "allowed"), NETWORKS)
def test_networks(field: str, value: Any, allowed: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: received .*; allowed: .*{allowed}"):
        network(**{field: value})


SETTINGS = [
    *((name, value, "a finite number of at least 0") for value in (-1, NAN, INF, -INF)
      for name in ("l1", "l2", "clip_norm", "clip_value")),
    *((name, np.array([[0.1], [value]]), "at least 0") for value in (-1e-9, NAN, INF)
      for name in ("l1", "l2", "clip_norm", "clip_value")),
    *(("smoothing", value, "0 to 1") for value in (-0.1, 1.1, NAN)),
    *(("floor", value, "0 to 1") for value in (-0.1, 1.1, NAN)),
    *((name, value, "a whole number of at least 1") for value in (0, -3, 2.5, NAN)
      for name in ("batch_size", "period")),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "allowed"), SETTINGS)
def test_settings(field: str, value: Any, allowed: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: received .*; allowed: .*{allowed}"):
        replace(Settings(Rates(0.1), batch_size=4), **{field: value})


@pytest.mark.parametrize("value", [-0.1, NAN, INF, np.array([[0.1], [-2]])])
@pytest.mark.parametrize("field", ["learning_rate", "decay"])
def test_rates(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: .* a finite number of at least 0"):
        Settings(replace(Rates(0.1), **{field: value}), batch_size=4)


@pytest.mark.parametrize("value", [-1, NAN, INF, None, "a"])
def test_rates_of_one_step(value: Any) -> None:
    own = network()
    before = own.parameters.copy()
    with pytest.raises(ValueError, match=r"^learning_rate: received .* a finite number of at lea"):
        take_step(own, OPTIMIZERS["sgd"], Rates(value))
    assert np.array_equal(own.parameters, before)


REGISTRIES = [
    (ACTIVATIONS, "activation", "rleu", "relu"),
    (INITIALIZERS, "initializer", "he_norml", "he_normal"),
    (LOSSES, "loss", "mes", "mse"),
    (OPTIMIZERS, "optimizer", "adma", "adam"),
    (SCHEDULES, "schedule", "cosin", "cosine"),
    (NORMS, "norm", "bach", "batch"),
    (GENERATORS, "source", "spirl", "spiral"),
]


@pytest.mark.parametrize(("registry", "field", "name", "near"), REGISTRIES)
def test_a_name_that_there_is_not(
    registry: dict[str, object], field: str, name: str, near: str
) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: received '{name}'; .*did you mean {near}\?"):
        registry[name]
    assert registry.get(name) is None
    assert near in registry


@pytest.mark.parametrize("batch", [0, 2.5, None, "4"])
def test_a_batch_is_a_count(batch: Any) -> None:
    with pytest.raises(ValueError, match=r"^batch: received .*; allowed: a whole number of at le"):
        Propagation(network(), batch)


@pytest.mark.parametrize("value", [-0.1, 1.0, NAN, np.array([[0.5], [1.0]])])
def test_momentum_is_below_one(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^momentum: received .*; allowed: 0 to 0.9999"):
        Settings(Rates(0.1, value), batch_size=4)


@pytest.mark.parametrize("field", ["learning_rate", "momentum", "decay", "l1", "l2", "clip_norm"])
@pytest.mark.parametrize("shape", [(2,), (3, 1), (1, 2), (2, 5)])
def test_settings_with_one_number_per_run_are_columns(field: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: .* one number, or the shape \(2, 1\)"):
        make_trainer(seeds=(1, 2), runs=(2,), **{field: np.full(shape, 0.1)})  # type: ignore[arg-type]


@pytest.mark.parametrize("gain", [-1.0, NAN, INF, np.array([1.0, -1.0])])
def test_gains(gain: float | Array) -> None:
    with pytest.raises(ValueError, match=r"^gain: received .*; allowed: a finite number"):
        network(runs=(2,)).initialize(INITIALIZERS["he_normal"], gain, generators([1, 2]))


def test_as_many_gains_and_generators_as_runs() -> None:
    with pytest.raises(ValueError, match=r"^gain: received \(3,\); .* the shape \(2,\)"):
        network(runs=(2,)).initialize(INITIALIZERS["he_normal"], np.ones(3), generators([1, 2]))
    with pytest.raises(ValueError, match=r"^rngs: received '1 of them'; .* one per run, 2"):
        network(runs=(2,)).initialize(INITIALIZERS["he_normal"], 1, generators([1]))


@pytest.mark.parametrize("bias_std", [-0.1, NAN, INF])
def test_the_spread_of_biases(bias_std: float) -> None:
    with pytest.raises(ValueError, match=r"^bias_std: received"):
        network().initialize(INITIALIZERS["he_normal"], 1, generators([1]), bias_std)


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    loaded = random_network((3, 4, 4, 2), "tanh", norm="batch")
    state, before = loaded.state(), loaded.parameters.copy()
    last = list(state)[-1]
    wrong: dict[str, dict[str, Any]] = {
        rf"^{last}: received 'nothing'; allowed: the shape": {
            k: v for k, v in state.items() if k != last
        },
        rf"^{last}: received \[\[1\], \[1, 2\]\]": {**state, last: [[1], [1, 2]]},
        rf"^{last}: received 'str\d+'; allowed: real numbers": {**state, last: [*"abcd"]},
        rf"^{last}: received 'complex128'": {**state, "0.bias": np.zeros(4), last: [1j] * 4},
        r"^state: received 'extra'": {**state, "extra": np.ones(2)},
        r"^0.weight: received \(3, 4\); allowed: the shape \(4, 3\)": {
            **state,
            "0.weight": np.ones((3, 4)),
        },
        rf"^{last}: received \(5,\)": {**state, "0.bias": np.zeros(4), last: np.ones(5)},
    }
    for message, values in wrong.items():
        with pytest.raises(ValueError, match=message):
            loaded.load(values)
        assert np.array_equal(loaded.parameters, before)


# loss, x, y, and the message
BATCHES = [
    ("mse", np.ones((4, 2)), np.ones((4, 2)), r"x: received \(4, 2\); allowed: the shape \(4, 3\)"),
    ("mse", np.ones((5, 3)), np.ones((4, 2)), r"x: received \(5, 3\)"),
    ("mse", np.ones((2, 4, 3)), np.ones((4, 2)), r"x: received \(2, 4, 3\)"),
    ("mse", np.ones((4, 3)), np.ones((4, 1)), r"y: received \(4, 1\); allowed: the shape \(4, 2\)"),
    ("huber", np.ones((4, 3)), np.ones(4), r"y: received \(4,\)"),
    ("cross_entropy", np.ones((4, 3)), np.ones((4, 2), int), r"y: .*; allowed: the shape \(4,\)"),
    ("cross_entropy", np.ones((4, 3)), np.array([0, 1, 2, 0]), r"y: received 2; .* ids 0 to 1"),
    ("cross_entropy", np.ones((4, 3)), np.array([0, 1, -1, 0]), r"y: received -1; .* ids 0 to 1"),
    ("cross_entropy", np.ones((4, 3)), np.ones(4), r"y: received 'float64'; .* whole numbers"),
    ("hinge", np.ones((4, 3)), np.array([0, 1, 2, 0]), r"y: received 2; .* ids 0 to 1"),
    ("hinge", np.ones((4, 3)), np.full((4, 2), -1.0), r"y: received -1.0; allowed: 0 or 1"),
    ("binary_cross_entropy", np.ones((4, 3)), np.full((4, 2), 0.5), r"y: received 0.5; .* 0 or 1"),
    ("binary_cross_entropy", np.ones((4, 3)), np.full((4, 2), NAN), r"y: received nan; .* 0 or 1"),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "x", "y", "message"), BATCHES)
def test_batches(loss: str, x: Array, y: Array, message: str) -> None:
    flow = Propagation(random_network((3, 4, 2), "tanh"), 4)
    with pytest.raises(ValueError, match=f"^{message}"):
        flow.gradient_of(x, y, LOSSES[loss])


def test_targets_without_run_axes_are_those_of_every_run() -> None:
    flow, alone = (
        Propagation(random_network((3, 4, 2), "tanh", 1, runs), 4) for runs in ((2,), ())
    )
    flow.network.parameters[...] = alone.network.parameters
    x = np.random.default_rng(1).standard_normal((4, 3))
    for loss, y in (("cross_entropy", np.array([0, 1, 1, 0])), ("mse", x[:, :2])):
        one = alone.gradient_of(x, y, LOSSES[loss])
        assert flow.gradient_of(x, y, LOSSES[loss]).tolist() == [one, one]


def trainer_of(x: Array, y: Array, task: Task, loss: str, **changes: Any) -> Trainer:
    settings = Settings(Rates(0.1), batch_size=4)
    arguments = {"rngs": generators([1]), **changes}
    made = random_network((3, 4, 2), "tanh", dropout=0.5 if "dropout_rngs" in changes else 0.0)
    return Trainer(
        made, dataset(x, y, task), LOSSES[loss], OPTIMIZERS["sgd"], settings, **arguments
    )


def test_a_trainer_looks_at_its_data() -> None:
    x, y = np.ones((4, 3)), np.ones((4, 2))
    with pytest.raises(ValueError, match=r"^x_train: received \(4, 2\); .* rows? .* 3 inputs"):
        trainer_of(x[:, :2], y, Task.REGRESSION, "mse")
    with pytest.raises(ValueError, match=r"^loss: received 'mse'; .* classes problems"):
        trainer_of(x, np.array([0, 1, 1, 0]), Task.CLASSES, "mse")
    with pytest.raises(ValueError, match=r"^y: received 2; allowed: class ids 0 to 1"):
        trainer_of(x, np.array([0, 1, 2, 0]), Task.CLASSES, "cross_entropy")
    with pytest.raises(ValueError, match=r"^y: received \(4, 1\)"):
        trainer_of(x, y[:, :1], Task.REGRESSION, "mse")


def test_a_trainer_needs_a_generator_per_run() -> None:
    x, y = np.ones((4, 3)), np.ones((4, 2))
    with pytest.raises(ValueError, match=r"^rngs: received '2 of them'; allowed: one per run, 1"):
        trainer_of(x, y, Task.REGRESSION, "mse", rngs=generators([1, 2]))
    with pytest.raises(ValueError, match=r"^dropout_rngs: received '0 of them'"):
        trainer_of(x, y, Task.REGRESSION, "mse", dropout_rngs=())


def test_settings_that_do_not_fit_leave_the_trainer_as_it_was() -> None:
    trainer, plain = (make_trainer(norm="batch") for _ in range(2))
    for changes in (
        {"batch_size": 1},
        {"l2": np.ones((2, 1))},
        {"batch_size": 5, "l1": np.ones(3)},
    ):
        with pytest.raises(ValueError, match=r"^(batch|l2|l1): received"):
            trainer.tune(replace(trainer.settings, **changes))
        assert trainer.settings == plain.settings
        assert trainer.flow.batch == 8
    assert np.array_equal(trainer.step().magnitudes, plain.step().magnitudes)
    assert all_bits(trainer) == all_bits(plain)
