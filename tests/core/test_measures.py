"""Every measured quantity equals its plain formula, also where squares leave the float's range."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.divergence import Divergence
from core.layout import PIECE
from core.measures import QUANTITIES, ROW, Quantity
from core.normalization import NORMS
from core.training import Trainer
from tests.core.engines import dataset, make_trainer
from tests.core.plain import check_measures, norm


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(1, 12), st.sampled_from(sorted(ACTIVATIONS))), max_size=8),
    st.integers(2, 20),
    st.floats(0.1, 20),
    st.sampled_from(sorted(NORMS)),
    st.booleans(),
    st.sampled_from([0.0, 0.0, 0.4]),
)
def test_every_quantity_is_its_formula(
    hidden: list[tuple[int, str]],
    batch: int,
    gain: float,
    norm: str,
    residual: bool,
    dropout: float,
) -> None:
    sizes, names = [3, *(n for n, _ in hidden), 2], [name for _, name in hidden]
    trainer = make_trainer(
        sizes,
        names,
        gain=gain,
        batch_size=batch,
        optimizer="adam",
        norm=norm,
        residual=residual,
        dropout=dropout,
    )
    for _ in range(2):
        check_measures(trainer)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_block_of_equal_layers(name: str) -> None:
    check_measures(make_trainer((5, *[7] * 6, 1), name, gain=3, batch_size=9))


def test_layers_that_are_measured_in_several_parts() -> None:
    sizes = (10, 300, 300, 300, 20, 20, 20, 2)
    assert PIECE < 300 * 300
    check_measures(make_trainer(sizes, "relu", batch_size=5))


def test_after_the_batch_size_was_changed() -> None:
    trainer = make_trainer(batch_size=3)
    for batch in (7, 1, 20):
        trainer.tune(type(trainer.settings)(trainer.settings.rates, batch_size=batch))
        check_measures(trainer)


# Sizes of inputs and targets whose squares are 0 or infinite, or lose digits, in their precision.
EXTREMES = [
    *((np.float32, size) for size in (1e-42, 1e-35, 1e-25, 1e-20, 1e18, 1e25, 1e30)),
    *((np.float64, size) for size in (1e-300, 1e-200, 1e-160, 1e150, 1e200)),
]


@pytest.mark.parametrize(("dtype", "size"), EXTREMES)
@pytest.mark.parametrize("sizes", [(4, 6, 6, 6, 2), (4, 300, 300, 2)])
def test_very_small_and_very_large_values(
    dtype: type[np.floating], size: float, sizes: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(1)
    x, y = size * rng.standard_normal((20, 4)), size * rng.standard_normal((20, 2))
    trainer = make_trainer(
        sizes, "relu", data=dataset(x, y, dtype=dtype), learning_rate=0.25, dtype=dtype
    )
    trainer.network.layers[1].w[...] *= dtype(1e-3)  # small signals beside large ones
    assert_norms_are_right(trainer, 1e-5 if dtype is np.float32 else 1e-12)


def assert_norms_are_right(trainer: Trainer, relative: float) -> None:
    """Compare the norms of a measured batch with those of the very arrays that were measured."""
    measured = trainer.measure().magnitudes
    flow, layers = trainer.flow, trainer.network.layers
    rate = np.array(trainer.settings.rates.learning_rate, trainer.network.dtype)
    arrays: dict[str, list[Array]] = {
        "activation_norm": flow.h,
        "signal_gradient_norm": flow.delta,
        "weight_gradient_norm": [layer.d_w for layer in layers],
        "weight_norm": [layer.w for layer in layers],
        "update_norm": [rate * layer.d_w for layer in layers],
    }
    for name, values in arrays.items():
        right = [norm(v.astype(np.float64)) for v in values]
        # Numbers below the normal ones have few digits, in the arrays themselves.
        np.testing.assert_allclose(measured[ROW[name]], right, relative, 1e-318, err_msg=name)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_vanished_gradient_is_zero_or_its_last_digits(dtype: type[np.floating]) -> None:
    trainer = make_trainer(
        (2, *[4] * 60, 1), "sigmoid", initializer="small_normal", dtype=dtype, gain=0.3
    )
    assert_norms_are_right(trainer, 1e-5 if dtype is np.float32 else 1e-12)
    signal = trainer.measure().magnitudes[ROW["signal_gradient_norm"]]
    assert signal[0] < 1e-100
    assert (signal[0] == 0) == (dtype is np.float32)


def test_zero_weights_measure_zero() -> None:
    measured = make_trainer((2, 3, 3, 2), "relu", initializer="zeros").measure().magnitudes
    assert not measured[ROW["weight_norm"]].any()
    assert not measured[ROW["activation_norm"]].any()
    assert np.isnan(measured[ROW["update_ratio"], 0])  # 0 / 0
    assert measured[ROW["dead_share"]].tolist() == [1, 1, 0]


def test_a_step_from_zero_weights_is_infinitely_large_beside_them() -> None:
    trainer = make_trainer((2, 3, 2), "sigmoid", initializer="zeros")
    assert trainer.measure().magnitudes[ROW["update_ratio"], -1] == np.inf


def test_dead_and_saturated_units_are_counted() -> None:
    trainer = make_trainer((2, 8, 8, 1), "relu", batch_size=20)
    first, second, _ = trainer.network.layers
    first.b[...] = [-99] * 3 + [99] * 5
    second.b[...] = [-9999] * 6 + [9999] * 2
    measured = trainer.measure().magnitudes
    assert measured[ROW["dead_share"]].tolist() == [3 / 8, 6 / 8, 0]
    assert measured[ROW["saturated_share"]].tolist() == [3 / 8, 6 / 8, 0]


def test_a_unit_alive_for_one_sample_is_not_dead() -> None:
    x = np.vstack([np.full((19, 1), -1.0), [[1.0]]])
    data = dataset(x, x)
    trainer = make_trainer((1, 1, 1), "relu", data=data, batch_size=20, initializer="he_normal")
    trainer.network.layers[0].w[...] = 1
    measured = trainer.measure().magnitudes
    assert measured[ROW["saturated_share"], 0] == 19 / 20
    assert measured[ROW["dead_share"], 0] == 0


def test_a_saturated_sigmoid_is_not_dead() -> None:
    trainer = make_trainer((2, 4, 1), "sigmoid", gain=0.01)
    trainer.network.layers[0].b[...] = 6
    measured = trainer.measure().magnitudes
    assert measured[ROW["saturated_share"], 0] == 1
    assert measured[ROW["dead_share"], 0] == 0
    trainer.network.layers[0].b[...] = -800
    assert trainer.measure().magnitudes[ROW["dead_share"], 0] == 1


def test_all_outputs_of_a_large_batch_may_be_saturated() -> None:
    data = dataset(np.ones((700, 2)), np.zeros((700, 1)))
    trainer = make_trainer((2, 5, 5, 1), "sigmoid", data=data, batch_size=700, gain=0.01)
    first, second, _ = trainer.network.layers
    first.b[...], second.b[...] = 9, [-9, 0, 9, 9, 0]
    measured = trainer.measure().magnitudes
    assert measured[ROW["saturated_share"]].tolist() == [1, 3 / 5, 0]


def test_what_is_not_a_number_is_shown() -> None:
    trainer = make_trainer((2, 3, 3, 1), "identity", data=None)
    trainer.network.layers[1].w[0, 0] = np.inf
    trainer.network.layers[2].w[0, 0] = np.nan
    measured = trainer.measure().magnitudes
    assert np.isfinite(measured[ROW["activation_norm"], 0])
    assert not np.isfinite(measured[ROW["activation_norm"], 1:]).any()
    assert measured[ROW["weight_norm"], 1] == np.inf
    assert np.isnan(measured[ROW["weight_norm"], 2])


def test_a_step_that_diverged_leaves_no_trace_in_the_next() -> None:
    data = dataset(np.ones((4, 2)), np.zeros((4, 1)))
    trainer = make_trainer((2, 3, 1), "identity", data=data, initializer="he_normal")
    kept = trainer.network.parameters.copy()
    trainer.network.parameters[...] = 1e200
    with pytest.raises(Divergence):
        trainer.step()
    trainer.network.parameters[...] = kept
    check_measures(trainer)


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=QUANTITIES.keys())
def test_a_record_is_found_by_its_name_and_has_words(quantity: Quantity) -> None:
    assert list(QUANTITIES)[ROW[quantity.name]] == quantity.name
    assert quantity.label
    assert quantity.symbol
    assert quantity.help.endswith(".")
