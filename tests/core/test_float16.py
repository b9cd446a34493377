"""float16: every number that is kept is a half; small ones vanish and large ones overflow."""

from typing import Any

import numpy as np
import pytest

from core.arrays import PRECISIONS, Array
from core.divergence import Divergence
from core.initializers import INITIALIZERS
from core.losses import LOSSES
from core.network import Network
from core.normalization import NORMS
from core.optimizers import OPTIMIZERS
from core.propagation import Propagation
from core.training import Trainer
from tests.core.engines import dataset, make_trainer

SMALLEST, LARGEST = 2.0**-24, 65504.0


def made(sizes: tuple[int, ...] = (3, 6, 6, 2), **changes: Any) -> Trainer:
    return make_trainer(sizes, dtype="float16", **changes)


def are_halves(values: Array) -> bool:
    with np.errstate(over="ignore"):
        return np.array_equal(values, values.astype(np.float16), equal_nan=True)


def test_the_limits_are_those_of_the_format() -> None:
    precision = PRECISIONS["float16"]
    assert (precision.smallest, precision.largest) == (SMALLEST, LARGEST)
    assert precision.dtype == np.float32
    assert precision.storage == np.float16


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_all_that_is_kept_is_a_half_after_every_step(norm: str, optimizer: str) -> None:
    trainer = made(norm=norm, optimizer=optimizer, residual=True, dropout=0.3, learning_rate=0.01)
    for _ in range(5):
        before = trainer.network.parameters.copy()
        trainer.step()
        for values in (trainer.network.parameters, trainer.network.gradient, *trainer.flow.memory):
            assert are_halves(values)
        assert not np.array_equal(trainer.network.parameters, before)


@pytest.mark.parametrize("loss", LOSSES)
def test_what_a_loss_sends_back_is_a_half(loss: str) -> None:
    sizes = (3, 5, 1) if loss in {"hinge", "binary_cross_entropy"} else (3, 5, 3)
    trainer = made(sizes, loss=loss, batch_size=7)
    trainer.step()
    assert are_halves(trainer.flow.delta_out)
    assert trainer.flow.delta_out.any()


@pytest.mark.parametrize("name", INITIALIZERS)
def test_weights_are_drawn_as_halves(name: str) -> None:
    network = Network((3, 5, 2), "tanh", "float16")
    network.initialize(INITIALIZERS[name], 0.7, [np.random.default_rng(1)], 0.3)
    assert are_halves(network.parameters)


def test_what_is_loaded_becomes_halves() -> None:
    network = Network((2, 3, 1), "tanh", "float16")
    state = {name: np.full(values.shape, 0.1) for name, values in network.state().items()}
    state["0.bias"][...] = [1e-9, 4e-8, 1e6]
    network.load(state)
    assert are_halves(network.parameters)
    assert network.layers[0].b.tolist() == [0, SMALLEST, np.inf]


def test_a_signal_below_the_smallest_number_is_zero() -> None:
    """delta of layer l is 2^-10 of the next one's; below 2^-25 nothing is left."""
    network = Network((1, 1, 1, 1, 1), "identity", "float16")
    for layer in network.layers:
        layer.w[...] = 2.0**-10
    flow = Propagation(network, 1)
    flow.x[...] = 1
    flow.forward()
    assert [float(h[0, 0]) for h in flow.h] == [2.0**-10, 2.0**-20, 0, 0]
    flow.delta_out[...] = 2.0**-4
    flow.backward()
    assert [float(d[0, 0]) for d in flow.delta] == [0, 2.0**-24, 2.0**-14, 2.0**-4]
    flow.delta_out[...] = 2.0**-26
    flow.backward()
    assert not flow.delta_out.any()


@pytest.mark.parametrize(("size", "kept"), [(2e-8, 0), (4e-8, SMALLEST), (6e-8, SMALLEST)])
def test_the_smallest_number_is_6e_minus_8(size: float, kept: float) -> None:
    values = np.array([size], np.float32)
    PRECISIONS["float16"].round(values)
    assert values == kept


def where(trainer: Trainer) -> tuple[int, str]:
    before = trainer.network.parameters.copy()
    with pytest.raises(Divergence) as found:
        trainer.step()
    assert np.array_equal(trainer.network.parameters, before, equal_nan=True)
    return found.value.layer, found.value.what


@pytest.mark.parametrize(("size", "overflows"), [(65504.0, False), (65536.0, True)])
def test_an_output_beyond_the_largest_number_diverges(size: float, overflows: bool) -> None:
    data = dataset(np.ones((4, 1)), np.full((4, 1), size), dtype=np.float32)
    trainer = made((1, 2, 1), data=data, loss="huber", activations="identity", learning_rate=1e-6)
    first, last = trainer.network.layers
    first.w[...], last.w[...] = 256, size / 512
    assert are_halves(last.w)
    if overflows:
        assert where(trainer) == (2, "matrix product")
    else:
        assert trainer.step().loss == 0


def test_a_parameter_beyond_the_largest_number_diverges() -> None:
    trainer = made(activations="tanh", learning_rate=1e6)
    assert where(trainer)[1] == "update"
    assert np.isfinite(trainer.network.parameters).all()


def test_an_infinite_gradient_diverges() -> None:
    data = dataset(np.full((4, 1), 300.0), np.full((4, 1), -1000.0), dtype=np.float32)
    trainer = made((1, 2, 1), data=data, activations="identity", batch_size=4)
    trainer.network.layers[0].w[...] = 1
    trainer.network.layers[1].w[...] = 0.5
    assert where(trainer) == (1, "weight gradient")


def test_a_run_learns_in_halves() -> None:
    trainer = made((3, 16, 2), batch_size=20, learning_rate=0.2)
    losses = [float(trainer.step().loss) for _ in range(200)]
    assert losses[-1] < losses[0] / 2
