"""Where the engine takes a shorter way, it comes to what the plain way gives."""

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.arrays import FEW as BESIDE_A_NUMBER
from core.arrays import MANY, Array
from core.initializers import INITIALIZERS
from core.losses import LOSSES
from core.measures import ROW
from core.network import Network
from core.nonlinearities import FEW
from core.optimizers import OPTIMIZERS, Rate, Rates
from core.training import Trainer
from core.updates import Settings
from tests.core.engines import REORDERED, dataset, make_trainer
from tests.core.plain import norm

# Their squares are 0, inexact, right or infinite in float32, and so are their updates.
RATES = (0.0, 1e-42, 1e-30, 3e-22, 1e-20, 1e-15, 1e-9, 1e-3, 1.0, 1e12, 1e18, 1e22, 1e30)


def update_norms(rate: Rate, size: float, runs: tuple[int, ...] = ()) -> tuple[Array, Trainer]:
    """What the next step of SGD would measure, with targets of a size."""
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((20, 3)), size * rng.standard_normal((20, 2))
    trainer = make_trainer(
        (3, 6, 6, 2),
        "relu",
        data=dataset(x, y, dtype=np.float32),
        dtype=np.float32,
        seeds=[7] * max(1, *runs, 1),
        runs=runs,
    )
    trainer.tune(Settings(Rates(rate), 8))
    return trainer.measure().magnitudes[..., ROW["update_norm"], :], trainer


@pytest.mark.parametrize("size", [1, 1e10])
@pytest.mark.parametrize("rate", RATES)
def test_the_norm_of_sgds_update_is_that_of_its_values(rate: float, size: float) -> None:
    measured, trainer = update_norms(rate, size)
    exact = np.float32(rate)
    with np.errstate(over="ignore"):
        right = [norm((exact * layer.d_w).astype(np.float64)) for layer in trainer.network.layers]
    np.testing.assert_allclose(measured, right, 1e-5)


@pytest.mark.parametrize("size", [1, 1e10])
def test_runs_of_different_rates_measure_what_each_does_alone(size: float) -> None:
    together, _ = update_norms(np.array(RATES)[:, None], size, (len(RATES),))
    for rate, measured in zip(RATES, together, strict=True):
        np.testing.assert_allclose(measured, update_norms(rate, size)[0], REORDERED)


@pytest.mark.parametrize("n_rows", [30, 200])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_many_values_become_what_few_do(name: str, n_rows: int) -> None:
    z = np.random.default_rng(1).standard_normal((n_rows, 100)) * 30
    z[0, :4] = 0.0, np.nan, np.inf, -np.inf
    phi = ACTIVATIONS[name]

    def both(z: Array) -> tuple[Array, Array]:
        h, slope = np.empty_like(z), np.empty_like(z)
        with np.errstate(all="ignore"):
            phi.function(z, h)
            phi.derivative(z, h, slope)
        return h, slope

    assert len(z[0]) < BESIDE_A_NUMBER < FEW < z.size
    assert (z.size > MANY) == (n_rows == 200)
    rows = [both(row) for row in z]
    h, slope = both(z)
    np.testing.assert_allclose(h, [row[0] for row in rows], 1e-14)
    finite = np.isfinite(z)
    np.testing.assert_allclose(slope[finite], np.array([row[1] for row in rows])[finite], 1e-14)


@pytest.mark.parametrize("norm_name", ["none", "batch", "layer"])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_dropped_normalised_and_residual_runs_equal_each_alone(
    norm_name: str, dropout: float
) -> None:
    def trained(seeds: list[int], runs: tuple[int, ...]) -> tuple[Array, Array]:
        network = Network(
            (3, 6, 6, 4, 2), "tanh", runs=runs, norm=norm_name, residual=True, dropout=dropout
        )
        network.initialize(
            INITIALIZERS["he_normal"], 1.0, [np.random.default_rng(seed) for seed in seeds]
        )
        rng = np.random.default_rng(3)
        data = dataset(rng.standard_normal((20, 3)), rng.standard_normal((20, 2)), dtype=np.float32)
        trainer = Trainer(
            network,
            data,
            LOSSES["mse"],
            OPTIMIZERS["sgd"],
            Settings(Rates(0.05), 8),
            [np.random.default_rng(seed) for seed in seeds],
            [np.random.default_rng(100 + seed) for seed in seeds],
        )
        for _ in range(4):
            record = trainer.step()
        return record.magnitudes, network.parameters

    magnitudes, parameters = trained([1, 2, 3], (3,))
    for index, seed in enumerate((1, 2, 3)):
        alone = trained([seed], ())
        np.testing.assert_allclose(magnitudes[index], alone[0], REORDERED)
        assert np.array_equal(parameters[index], alone[1])


def test_what_is_ready_gives_what_the_function_does() -> None:
    z = np.random.default_rng(2).standard_normal((7, 100))
    z[0, :4] = -0.0, np.nan, np.inf, -np.inf
    for phi in (phi for phi in ACTIVATIONS.values() if phi.ready):
        h, right = np.empty_like(z), np.empty_like(z)
        assert phi.ready is not None
        ready = phi.ready(z, h)
        assert ready is not None
        for _ in range(2):
            call, args = ready
            call(*args)
            phi.function(z, right)
            assert np.array_equal(h, right, equal_nan=True)
            z[1:] -= 0.5
    many = np.empty(MANY + 1)
    relu = ACTIVATIONS["relu"].ready
    assert relu is not None
    assert relu(many, many) is None


@pytest.mark.parametrize("ends", [(2, 1), (8, 8), (1, 5), (9, 1), (2, 9)])
@pytest.mark.parametrize("norm_name", ["none", "layer"])
def test_equal_layers_are_measured_as_they_are(norm_name: str, ends: tuple[int, int]) -> None:
    """Whether they fit between the first and the last layer, or the usual way is taken."""
    n_in, n_out = ends
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((30, n_in)), rng.standard_normal((30, n_out))
    trainer = make_trainer(
        (n_in, *[8] * 14, n_out),
        "tanh",
        data=dataset(x, y, dtype=np.float32),
        dtype=np.float32,
        norm=norm_name,
        batch_size=30,
    )
    layers = trainer.network.layers
    for layer in layers:
        layer.b[...] = rng.standard_normal(layer.b.shape)
    assert (trainer.network.layout.comb() is None) == (9 in ends)
    for bias in (1, 1e25):  # whose square is infinite
        layers[5].b[0] = bias
        magnitudes = trainer.measure().magnitudes
        flow = trainer.flow
        for name, parts in (
            ("weight_norm", [layer.w for layer in layers]),
            ("weight_gradient_norm", [layer.d_w for layer in layers]),
            ("activation_norm", flow.h),
            ("signal_gradient_norm", flow.delta),
        ):
            right = [norm(part.astype(np.float64)) for part in parts]
            np.testing.assert_allclose(magnitudes[ROW[name]], right, 2e-6, err_msg=name)


@pytest.mark.parametrize("n_out", [1, 3, 8])
@pytest.mark.parametrize("hidden", [*range(2, 9)])
def test_what_lies_behind_the_last_layer_is_no_part_of_the_first(hidden: int, n_out: int) -> None:
    """Large gradients of scales and shifts, in whatever place the next row of memory begins."""
    rng = np.random.default_rng(hidden)
    x, y = rng.standard_normal((30, 2)), 1e3 * rng.standard_normal((30, n_out))
    trainer = make_trainer(
        (2, *[8] * hidden, n_out),
        "tanh",
        data=dataset(x, y, dtype=np.float32),
        dtype=np.float32,
        norm="layer",
        batch_size=30,
        l2=1e-6,
    )
    measured = trainer.measure().magnitudes[ROW["weight_norm"]]
    right = [norm(layer.w.astype(np.float64)) for layer in trainer.network.layers]
    np.testing.assert_allclose(measured, right, 2e-6)
