"""Every initialiser draws what its formula says, the same in every precision."""

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.initializers import INITIALIZERS, Initializer
from core.network import Network

every_initializer = pytest.mark.parametrize(
    "initializer", INITIALIZERS.values(), ids=INITIALIZERS.keys()
)
random_initializer = pytest.mark.parametrize(
    "initializer", [r for r in INITIALIZERS.values() if r.weight_variance(2, 2) is not None]
)
SHAPES = [(300, 200), (200, 300), (250, 250)]


def variance_of(initializer: Initializer, n_in: int, n_out: int) -> float:
    """The record's formula, as a number."""
    formula = initializer.variance.replace("²", "**2").replace("·", "*")
    return float(eval(formula, {"n_in": n_in, "n_out": n_out, "max": max}))


def network_of(dtype: type[np.floating], runs: tuple[int, ...] = ()) -> Network:
    return Network((3, 7, 7, 2), [ACTIVATIONS["tanh"]] * 2, dtype, runs)


@every_initializer
@pytest.mark.parametrize(("n_in", "n_out"), [*SHAPES, (1, 1), (1, 4), (4, 1)])
def test_shapes_and_precision(initializer: Initializer, n_in: int, n_out: int) -> None:
    rng = np.random.default_rng(1)
    w, b = initializer.draw(rng, n_in, n_out), initializer.bias(rng, n_in, n_out)
    assert (w.shape, b.shape) == ((n_in, n_out), (n_out,))
    assert w.dtype == b.dtype == np.float64
    assert np.isfinite(w).all()


@random_initializer
@pytest.mark.parametrize(("n_in", "n_out"), SHAPES)
def test_the_variance_is_the_formula(initializer: Initializer, n_in: int, n_out: int) -> None:
    w = initializer.draw(np.random.default_rng(1), n_in, n_out)
    right = variance_of(initializer, n_in, n_out)
    assert initializer.weight_variance(n_in, n_out) == pytest.approx(right, rel=1e-12)
    assert np.mean(w**2) == pytest.approx(right, rel=0.03)
    assert abs(w.mean()) <= 5 * np.sqrt(right / w.size)


@every_initializer
@pytest.mark.parametrize("n_in", [1, 10, 300])
def test_biases_have_the_mean_square_that_the_record_says(
    initializer: Initializer, n_in: int
) -> None:
    b = initializer.bias(np.random.default_rng(2), n_in, 20_000)
    assert np.mean(b**2) == pytest.approx(initializer.bias_square(n_in), rel=0.03)


@every_initializer
def test_biases_take_from_the_generator_only_what_they_need(initializer: Initializer) -> None:
    rng = np.random.default_rng(3)
    before = rng.bit_generator.state
    b = initializer.bias(rng, 4, 5)
    assert (rng.bit_generator.state != before) == (len(set(b.tolist())) > 1)


def test_pytorch_draws_weights_and_biases_from_one_range() -> None:
    rng, record = np.random.default_rng(4), INITIALIZERS["pytorch_default"]
    for values in (record.draw(rng, 100, 900), record.bias(rng, 100, 90_000)):
        assert np.abs(values).max() == pytest.approx(0.1, rel=1e-3)
        assert np.abs(values).max() <= 0.1


def test_weights_that_are_not_random() -> None:
    rng = np.random.default_rng(5)
    assert INITIALIZERS["constant"].draw(rng, 2, 3).tolist() == [[0.1] * 3] * 2
    assert INITIALIZERS["identity"].draw(rng, 2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert INITIALIZERS["playground"].bias(rng, 2, 3).tolist() == [0.1] * 3


def test_one_method_looks_at_data_and_starts_orthonormal() -> None:
    assert [name for name, record in INITIALIZERS.items() if record.data_dependent] == ["lsuv"]
    w = INITIALIZERS["lsuv"].draw(np.random.default_rng(6), 9, 4)
    np.testing.assert_allclose(w.T @ w, np.eye(4), atol=1e-14)


@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name.endswith("_uniform")])
def test_uniform_weights_fill_their_range_evenly(name: str) -> None:
    w = INITIALIZERS[name].draw(np.random.default_rng(2), 300, 200)
    radius = np.sqrt(3 * variance_of(INITIALIZERS[name], 300, 200))
    counts, _ = np.histogram(w, 10, (-radius, radius))
    assert counts.sum() == w.size
    assert abs(counts / w.size - 0.1).max() < 0.01


@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name.endswith("_normal")])
def test_normal_weights_have_normal_tails(name: str) -> None:
    w = INITIALIZERS[name].draw(np.random.default_rng(3), 300, 200)
    beyond_two = np.mean(np.abs(w) > 2 * np.sqrt(variance_of(INITIALIZERS[name], 300, 200)))
    assert beyond_two == pytest.approx(0.0455, abs=0.005)


@pytest.mark.parametrize(("n_in", "n_out"), [(6, 6), (9, 4), (4, 9), (1, 5), (5, 1), (1, 1)])
def test_orthogonal_weights_are(n_in: int, n_out: int) -> None:
    w = INITIALIZERS["orthogonal"].draw(np.random.default_rng(4), n_in, n_out)
    product = w.T @ w if n_in >= n_out else w @ w.T
    np.testing.assert_allclose(product, np.eye(min(n_in, n_out)), atol=1e-14)
    assert w.flags.c_contiguous


def test_orthogonal_weights_favour_no_sign() -> None:
    rng = np.random.default_rng(5)
    draws = [INITIALIZERS["orthogonal"].draw(rng, 3, 3) for _ in range(2000)]
    assert abs(np.mean(draws, axis=0)).max() < 0.07  # five standard deviations


@every_initializer
def test_every_precision_has_the_same_weights(initializer: Initializer) -> None:
    single, double = network_of(np.float32), network_of(np.float64)
    for network in (single, double):
        network.initialize(initializer, 1.7, [np.random.default_rng(6)])
    assert np.array_equal(single.parameters, double.parameters.astype(np.float32))


@every_initializer
def test_a_run_draws_what_it_would_alone_and_gain_scales_it(initializer: Initializer) -> None:
    many, one = network_of(np.float64, (2,)), network_of(np.float64)
    many.parameters.fill(np.nan)
    many.initialize(initializer, 2.0, [np.random.default_rng(seed) for seed in (7, 8)])
    for index, seed in enumerate((7, 8)):
        one.initialize(initializer, 1.0, [np.random.default_rng(seed)])
        for layer, alone in zip(many.layers, one.layers, strict=True):
            assert np.array_equal(layer.w[index], 2 * alone.w)
            assert np.array_equal(layer.b[index], alone.b)


def test_every_run_has_its_own_gain() -> None:
    many, gains = network_of(np.float64, (2, 2)), np.array([[0.5, 1.0], [2.0, 0.0]])
    rngs = [np.random.default_rng(9) for _ in range(4)]
    many.initialize(INITIALIZERS["he_normal"], gains, rngs)
    for layer in many.layers:
        assert np.array_equal(layer.w, layer.w[0, 1] * gains[..., None, None])


@pytest.mark.parametrize("name", ["he_normal", "playground"])
def test_noise_on_biases_has_the_spread_asked_for_and_moves_no_weight(name: str) -> None:
    plain, noisy = (Network((3, 4000, 2), "tanh", np.float64) for _ in range(2))
    for network, bias_std in ((plain, 0.0), (noisy, 0.2)):
        network.initialize(INITIALIZERS[name], 1.3, [np.random.default_rng(10)], bias_std)
    noise = noisy.layers[0].b - plain.layers[0].b
    assert noise.std() == pytest.approx(0.2, rel=0.04)
    assert abs(noise.mean()) < 0.02
    assert noisy.layers[1].b.any()
    for one, other in zip(plain.layers, noisy.layers, strict=True):
        assert np.array_equal(one.w, other.w)


@every_initializer
def test_a_record_is_found_by_its_name_and_has_words(initializer: Initializer) -> None:
    assert INITIALIZERS[initializer.name] is initializer
    assert initializer.label
    assert initializer.variance
