"""Every rule is what its formula says; the first steps in plain numbers."""

import math
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from core.arrays import Array
from core.optimizers import OPTIMIZERS, Optimizer, Rates

every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def updates(
    optimizer: Optimizer, gradients: list[float], rates: Rates, parameter: float = 0.0
) -> list[float]:
    """The updates of one parameter, which is moved by them."""
    slots, out = np.zeros((optimizer.n_slots, 1)), np.full(1, np.nan)
    w, found = np.array([parameter]), []
    for step, gradient in enumerate(gradients, 1):
        optimizer.update(np.array([gradient]), w, slots, step, rates, out)
        w -= out
        found.append(float(out[0]))
    return found


# Every rule once more, number by number: yields the updates of a parameter w that gets gradients g.
# Written from PyTorch's documentation, with its defaults.
Plain = Callable[[list[float], float, float, float, float], Iterator[float]]


def plain_sgd(g: list[float], w: float, lr: float, mu: float, decay: float) -> Iterator[float]:
    yield from (lr * now for now in g)


def plain_momentum(g: list[float], w: float, lr: float, mu: float, decay: float) -> Iterator[float]:
    for t in range(len(g)):
        yield lr * math.fsum(mu ** (t - s) * g[s] for s in range(t + 1))


def plain_nesterov(g: list[float], w: float, lr: float, mu: float, decay: float) -> Iterator[float]:
    for t, v in enumerate(plain_momentum(g, w, 1, mu, decay)):
        yield lr * (g[t] + mu * v)


def plain_rmsprop(g: list[float], w: float, lr: float, mu: float, decay: float) -> Iterator[float]:
    for t in range(len(g)):
        v = math.fsum(0.01 * 0.99 ** (t - s) * g[s] ** 2 for s in range(t + 1))
        yield lr * g[t] / (math.sqrt(v) + 1e-8)


def plain_adagrad(g: list[float], w: float, lr: float, mu: float, decay: float) -> Iterator[float]:
    for t in range(len(g)):
        yield lr * g[t] / (math.hypot(*g[: t + 1]) + 1e-10)


def plain_adam(g: list[float], w: float, lr: float, mu: float, decay: float) -> Iterator[float]:
    for t in range(1, len(g) + 1):
        m = math.fsum((1 - mu) * mu ** (t - s) * g[s - 1] for s in range(1, t + 1))
        v = math.fsum(0.001 * 0.999 ** (t - s) * g[s - 1] ** 2 for s in range(1, t + 1))
        yield lr * m / (1 - mu**t) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)


def plain_adamw(g: list[float], w: float, lr: float, mu: float, decay: float) -> Iterator[float]:
    for update in plain_adam(g, w, lr, mu, decay):
        new_w = w * (1 - lr * decay) - update
        yield w - new_w
        w = new_w


PLAIN: dict[str, Plain] = {
    "sgd": plain_sgd,
    "momentum": plain_momentum,
    "nesterov": plain_nesterov,
    "rmsprop": plain_rmsprop,
    "adagrad": plain_adagrad,
    "adam": plain_adam,
    "adamw": plain_adamw,
}


@every_optimizer
@pytest.mark.parametrize("rates", [Rates(0.1), Rates(0.03, 0.5, 0.2), Rates(2, 0, 0)])
def test_the_updates_are_those_of_the_plain_formula(optimizer: Optimizer, rates: Rates) -> None:
    gradients = np.random.default_rng(3).normal(0, 2, 30).tolist()
    plain = PLAIN[optimizer.name]
    right = plain(gradients, 1.5, rates.learning_rate, rates.momentum, rates.decay)  # type: ignore[arg-type]
    assert updates(optimizer, gradients, rates, 1.5) == pytest.approx(list(right), rel=1e-11)


def test_sgd() -> None:
    assert updates(OPTIMIZERS["sgd"], [3, -2], Rates(0.5)) == [1.5, -1]


def test_momentum() -> None:
    # v = 4, then 2 + 2 = 4, then 2 - 1 = 1
    assert updates(OPTIMIZERS["momentum"], [4, 2, -1], Rates(0.25, 0.5)) == [1, 1, 0.25]


def test_nesterov() -> None:
    # v as above; g + v/2 = 6, then 4, then -1/2
    assert updates(OPTIMIZERS["nesterov"], [4, 2, -1], Rates(0.25, 0.5)) == [1.5, 1, -0.125]


def test_adam() -> None:
    first, second = updates(OPTIMIZERS["adam"], [2, -1], Rates(0.1, 0.9))
    assert first == pytest.approx(0.1 * 2 / (2 + 1e-8), rel=1e-12)
    m = (0.9 * 0.2 + 0.1 * -1) / (1 - 0.9**2)
    v = (0.999 * 0.004 + 0.001) / (1 - 0.999**2)
    assert second == pytest.approx(0.1 * m / (math.sqrt(v) + 1e-8), rel=1e-12)


def steps(
    optimizer: Optimizer, gradients: Array, parameters: Array, rates: Rates
) -> tuple[Array, Array]:
    """All updates (steps, *runs, P) and the slots after them."""
    slots = np.zeros((optimizer.n_slots, *parameters.shape), parameters.dtype)
    found = np.full_like(gradients, np.nan)
    for step, gradient in enumerate(gradients, 1):
        optimizer.update(gradient, parameters, slots, step, rates, found[step - 1])
    return found, slots


@every_optimizer
@both_precisions
def test_what_comes_in_is_only_read_and_precision_is_kept(
    optimizer: Optimizer, dtype: type[np.floating]
) -> None:
    rng = np.random.default_rng(1)
    gradients = rng.standard_normal((3, 2, 9)).astype(dtype)
    parameters = rng.standard_normal((2, 9)).astype(dtype)
    kept = gradients.copy(), parameters.copy()
    found, slots = steps(optimizer, gradients, parameters, Rates(0.1, decay=0.1))
    assert np.array_equal(gradients, kept[0])
    assert np.array_equal(parameters, kept[1])
    assert np.isfinite(found).all()
    assert np.isfinite(slots).all()


@every_optimizer
@both_precisions
def test_every_run_has_the_bits_it_has_alone(
    optimizer: Optimizer, dtype: type[np.floating]
) -> None:
    rng = np.random.default_rng(2)
    runs, length = (2, 3), 37
    gradients = rng.standard_normal((9, *runs, length)).astype(dtype)
    parameters = rng.standard_normal((*runs, length)).astype(dtype)
    shapes = [(*runs, 1)] * 3
    learning_rate, momentum, decay = (rng.random(shape) for shape in shapes)
    decay[0, 1] = 0
    many, many_slots = steps(
        optimizer, gradients, parameters, Rates(learning_rate, momentum, decay)
    )
    for run in np.ndindex(runs):
        alone = Rates(*(float(rate[run][0]) for rate in (learning_rate, momentum, decay)))
        at = (slice(None), *run)
        one, slots = steps(optimizer, gradients[at], parameters[run], alone)
        assert np.array_equal(many[at], one)
        assert np.array_equal(many_slots[at], slots)


@every_optimizer
@both_precisions
def test_a_part_of_the_vector_has_the_bits_of_the_whole(
    optimizer: Optimizer, dtype: type[np.floating]
) -> None:
    rng = np.random.default_rng(4)
    gradients = rng.standard_normal((3, 2, 20_000)).astype(dtype)
    parameters = rng.standard_normal((2, 20_000)).astype(dtype)
    rates = Rates(0.1, decay=0.2)
    whole, _ = steps(optimizer, gradients, parameters, rates)
    for part in (slice(0, 9_001), slice(9_001, None)):
        found, _ = steps(optimizer, gradients[..., part], parameters[..., part], rates)
        assert np.array_equal(found, whole[..., part])


@every_optimizer
def test_no_array_of_the_size_of_the_vector_is_made(optimizer: Optimizer) -> None:
    w = np.ones(200_000)
    slots, out = np.zeros((optimizer.n_slots, w.size)), np.zeros_like(w)
    tracemalloc.start()
    optimizer.update(w, w, slots, 1, Rates(0.1, decay=0.1), out)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < w.nbytes / 5


@every_optimizer
def test_a_step_goes_downhill_and_scales_with_the_learning_rate(optimizer: Optimizer) -> None:
    small, large = (updates(optimizer, [3.0], Rates(rate))[0] for rate in (0.01, 0.02))
    assert small > 0
    assert large == pytest.approx(2 * small, rel=1e-12)


@every_optimizer
def test_rates_are_used_where_the_record_says_so(optimizer: Optimizer) -> None:
    plain, pushed, decayed = (
        updates(optimizer, [3.0, 1.0], rates, 2.0)
        for rates in (Rates(0.1, 0.1), Rates(0.1, 0.8), Rates(0.1, 0.1, 0.5))
    )
    assert (plain != pushed) == optimizer.uses_momentum
    assert (plain != decayed) == optimizer.uses_decay


@every_optimizer
def test_decay_alone_shrinks_the_parameter(optimizer: Optimizer) -> None:
    (found,) = updates(optimizer, [0.0], Rates(0.5, decay=0.25), 8.0)
    assert found == (1.0 if optimizer.uses_decay else 0.0)


@every_optimizer
def test_a_gradient_of_zero_moves_nothing(optimizer: Optimizer) -> None:
    assert updates(optimizer, [0.0, 0.0], Rates(0.1), 5.0) == [0, 0]


@every_optimizer
def test_a_record_is_found_by_its_name_and_has_words(optimizer: Optimizer) -> None:
    assert OPTIMIZERS[optimizer.name] is optimizer
    assert optimizer.label
    assert optimizer.formula
