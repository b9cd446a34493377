"""Every generator keeps the promises of make_dataset, and draws what its name says."""

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import planar
from core.arrays import Array
from core.datasets import Dataset, DataSource, Samples, Task, jittered, make_dataset
from core.generators import GENERATORS
from core.generators import white_noise as white_noise_of

SAMPLES = 301
SETTINGS = {"samples": SAMPLES, "noise": 0.0, "train_share": 0.7, "dtype": np.float64}

every_source = pytest.mark.parametrize("source", GENERATORS.values(), ids=GENERATORS.keys())
sources = st.sampled_from(list(GENERATORS.values()))


def dataset_of(source: DataSource, seed: int = 1, **changes: object) -> Dataset:
    return make_dataset(source, np.random.default_rng(seed), **(SETTINGS | changes))  # type: ignore[arg-type]


def arrays_of(dataset: Dataset) -> dict[str, Array]:
    values = {field.name: getattr(dataset, field.name) for field in fields(dataset)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


def clean(name: str) -> tuple[Array, Array, Array]:
    """x1, x2 and y of a generator's clean samples, in its own coordinates."""
    samples = GENERATORS[name].generate(np.random.default_rng(2), SAMPLES, 0.0)
    return samples.x[:, 0], samples.x[:, 1], samples.y[:, 0]


@every_source
def test_a_source_describes_itself(source: DataSource) -> None:
    assert GENERATORS[source.name] is source
    assert source.label
    assert source.help.endswith(".")
    assert len(source.feature_names) == source.n_inputs
    assert len(source.class_names) == (2 if source.task is Task.BINARY else 0)


@every_source
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_types(source: DataSource, dtype: type[np.floating]) -> None:
    dataset = dataset_of(source, dtype=dtype)
    assert dataset.x_train.shape == (211, source.n_inputs)
    assert dataset.y_train.shape == (211, source.n_outputs)
    assert dataset.x_test.shape == (90, source.n_inputs)
    assert dataset.y_test.shape == (90, source.n_outputs)
    assert dataset.mean.shape == dataset.scale.shape == (source.n_inputs,)
    assert {array.dtype for array in arrays_of(dataset).values()} == {np.dtype(dtype)}


@given(sources, st.integers(4, 400), st.floats(0, 1), st.floats(0, 1), st.integers(0, 2**32))
def test_any_size_and_share(
    source: DataSource, samples: int, share: float, noise: float, seed: int
) -> None:
    dataset = dataset_of(source, seed, samples=samples, train_share=share, noise=noise)
    assert len(dataset.x_train) + len(dataset.x_test) == samples
    assert len(dataset.y_train) + len(dataset.y_test) == samples
    assert min(len(dataset.x_train), len(dataset.x_test)) >= 1
    assert abs(len(dataset.x_train) - share * samples) <= 1
    assert all(np.isfinite(array).all() for array in arrays_of(dataset).values())


@pytest.mark.parametrize("name", [s.name for s in GENERATORS.values() if s.task is Task.BINARY])
@pytest.mark.parametrize("samples", [4, 5, 300, 301])
def test_classes_are_balanced(name: str, samples: int) -> None:
    dataset = dataset_of(GENERATORS[name], samples=samples)
    ones = dataset.y_train.sum() + dataset.y_test.sum()
    assert set(np.unique(dataset.y_train)) <= {0, 1}
    assert ones == samples // 2


@every_source
def test_one_seed_gives_the_same_bits_and_another_does_not(source: DataSource) -> None:
    first, again = arrays_of(dataset_of(source, 7)), arrays_of(dataset_of(source, 7))
    assert all(first[name].tobytes() == again[name].tobytes() for name in first)
    assert not np.array_equal(first["x_train"], dataset_of(source, 8).x_train)


@every_source
def test_rows_are_shuffled(source: DataSource) -> None:
    drawn = source.generate(np.random.default_rng(1), SAMPLES, 0.0)
    dataset = dataset_of(source, standardize=False)
    x = np.concatenate((dataset.x_train, dataset.x_test))
    y = np.concatenate((dataset.y_train, dataset.y_test))
    assert not np.array_equal(x, drawn.x)
    assert {tuple(row) for row in np.hstack((x, y))} == {
        tuple(row) for row in np.hstack((drawn.x, drawn.y))
    }


@every_source
def test_standardisation_uses_the_training_rows_alone(source: DataSource) -> None:
    raw, dataset = dataset_of(source, standardize=False), dataset_of(source)
    if not source.standardize:
        np.testing.assert_array_equal(dataset.x_train, raw.x_train)
        return
    mean, scale = raw.x_train.mean(axis=0), raw.x_train.std(axis=0)
    np.testing.assert_allclose(dataset.mean, mean, atol=1e-15)
    np.testing.assert_allclose(dataset.scale, scale)
    np.testing.assert_allclose(dataset.x_train, (raw.x_train - mean) / scale)
    np.testing.assert_allclose(dataset.x_test, (raw.x_test - mean) / scale)
    assert raw.mean.tolist() == [0, 0]
    assert raw.scale.tolist() == [1, 1]


def test_a_constant_column_keeps_its_scale() -> None:
    def generate(_rng: np.random.Generator, samples: int, _noise: float) -> Samples:
        # 0.1 has no exact sum in binary, so its standard deviation comes out above zero.
        x = np.column_stack((np.full(samples, 0.1), np.arange(samples)))
        return Samples(x, np.zeros((samples, 1)))

    source = DataSource("flat", "", "", Task.REGRESSION, 2, 1, generate, ("x1", "x2"))
    dataset = dataset_of(source)
    assert dataset.scale[0] == 1
    np.testing.assert_allclose(dataset.x_train[:, 0], 0, atol=1e-12)


@every_source
def test_arrays_are_read_only(source: DataSource) -> None:
    for array in arrays_of(dataset_of(source)).values():
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@every_source
def test_noise_moves_the_same_points_further(source: DataSource) -> None:
    still, half, full = (
        dataset_of(source, standardize=False, noise=noise) for noise in (0.0, 0.5, 1.0)
    )
    for name in ("x_train", "y_train"):
        clean_values, half_values, full_values = (getattr(d, name) for d in (still, half, full))
        np.testing.assert_allclose(
            2 * (half_values - clean_values), full_values - clean_values, atol=1e-12
        )
    noisy = "y_train" if source.task is Task.REGRESSION else "x_train"
    moves = source.resize is None
    assert np.array_equal(getattr(still, noisy), getattr(full, noisy)) is not moves


def test_jitter_is_a_share_of_each_columns_deviation() -> None:
    values = np.random.default_rng(3).standard_normal((20_000, 2)) * [1.0, 100.0]
    moved = jittered(np.random.default_rng(4), values, 0.25) - values
    np.testing.assert_allclose(moved.std(axis=0), [0.25, 25.0], rtol=0.03)


def circle_rule(x1: Array, x2: Array) -> Array:
    radius: Array = np.hypot(x1, x2)
    assert not ((radius > planar.DISC_RADIUS) & (radius < planar.RING_RADIUS)).any()
    return radius <= planar.DISC_RADIUS


def spiral_rule(x1: Array, x2: Array) -> Array:
    turned = np.arctan2(x2, x1) - 2 * np.pi * planar.SPIRAL_TURNS * np.hypot(x1, x2)
    np.testing.assert_allclose(np.sin(turned), 0, atol=1e-9)
    return np.cos(turned) < 0


def moons_rule(x1: Array, x2: Array) -> Array:
    upper = np.isclose(np.hypot(x1 + 0.5, x2 + 0.25), 1) & (x2 > -0.25 - 1e-12)
    lower = np.isclose(np.hypot(x1 - 0.5, x2 - 0.25), 1) & (x2 < 0.25 + 1e-12)
    assert (upper | lower).all()
    return lower


def checkerboard_rule(x1: Array, x2: Array) -> Array:
    column, row = np.floor(2 * x1), np.floor(2 * x2)
    assert len({*zip(column, row, strict=True)}) == 16
    odd: Array = (column + row) % 2 == 1
    return odd


CLASS_RULES: dict[str, Callable[[Array, Array], Array]] = {
    "circle": circle_rule,
    "xor": lambda x1, x2: x1 * x2 < 0,
    "gauss": lambda x1, x2: x1 + x2 > 0,
    "spiral": spiral_rule,
    "moons": moons_rule,
    "checkerboard": checkerboard_rule,
}
HEIGHT_RULES: dict[str, Callable[[Array, Array], Array]] = {
    "plane": lambda x1, x2: (x1 + x2) / 2,
    "sine_ridge": lambda x1, x2: np.sin(np.pi * (x1 + x2)),
}


def test_every_generator_has_a_rule_to_check() -> None:
    assert {*CLASS_RULES, *HEIGHT_RULES, "white_noise"} == set(GENERATORS)


@pytest.mark.parametrize("name", CLASS_RULES)
def test_clean_classes_follow_their_rule(name: str) -> None:
    x1, x2, y = clean(name)
    np.testing.assert_array_equal(y, CLASS_RULES[name](x1, x2))


@pytest.mark.parametrize("name", HEIGHT_RULES)
def test_clean_heights_follow_their_rule(name: str) -> None:
    x1, x2, y = clean(name)
    np.testing.assert_allclose(y, HEIGHT_RULES[name](x1, x2))


@given(st.integers(1, 784), st.integers(1, 64))
def test_white_noise_has_the_size_asked_for(n_inputs: int, n_outputs: int) -> None:
    dataset = dataset_of(
        GENERATORS["white_noise"], samples=5, n_inputs=n_inputs, n_outputs=n_outputs
    )
    assert (dataset.n_inputs, dataset.n_outputs) == (n_inputs, n_outputs)
    assert dataset.x_test.shape[1] == len(dataset.feature_names) == n_inputs
    assert dataset.y_test.shape[1] == n_outputs


def test_white_noise_is_standard_normal_as_drawn() -> None:
    dataset = dataset_of(white_noise_of(50, 10), samples=20_000)
    assert not dataset.mean.any()
    for values in (dataset.x_train, dataset.y_train):
        assert abs(values.mean()) < 0.01
        assert abs(values.std() - 1) < 0.01
        assert abs((values**4).mean() - 3) < 0.1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"samples": 3}, "samples: received 3; allowed: .* at least 4"),
        ({"noise": 1.5}, "noise: received 1.5; allowed: 0 to 1"),
        ({"noise": float("nan")}, "noise: received nan; allowed: 0 to 1"),
        ({"train_share": -0.1}, "train_share: received -0.1; allowed: 0 to 1"),
        ({"n_inputs": 3}, r"circle has \(2, 1\) inputs and outputs, not \(3, 1\)"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataset_of(GENERATORS["circle"], 1, **changes)


@pytest.mark.parametrize(
    ("field", "value"), [("n_inputs", 0), ("n_inputs", 785), ("n_outputs", 65)]
)
def test_white_noise_refuses_other_sizes(field: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{field}: received {value}; allowed: 1 to"):
        dataset_of(GENERATORS["white_noise"], 1, **{field: value})
