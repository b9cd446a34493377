"""Every loss is what its formula says, and its gradient belongs to it."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.random import Generator

from core.arrays import Array
from core.datasets import Task
from core.losses import LOSSES, Loss
from core.targets import accuracy
from tests.core.checks import assert_close
from tests.core.engines import LOSS_TASKS, targets

BATCH = 7

every_loss_and_task = pytest.mark.parametrize(
    ("loss", "task"), LOSS_TASKS, ids=[f"{loss.name}-{task}" for loss, task in LOSS_TASKS]
)


def outputs_of(task: Task) -> int:
    return 1 if task is Task.BINARY else 3


def logits_and_targets(task: Task, rng: Generator, scale: float = 2.0) -> tuple[Array, Array]:
    n_out = outputs_of(task)
    return scale * rng.standard_normal((BATCH, n_out)), targets(task, rng, BATCH, n_out)


def value_and_delta(loss: Loss, z: Array, y: Array, smoothing: float = 0.0) -> tuple[Array, Array]:
    delta = np.full_like(z, np.nan)
    with np.errstate(over="ignore", invalid="ignore"):  # as in every step
        return loss.value_and_gradient(z, y, delta, smoothing), delta


# The loss of one sample: its logits as numbers, its target (a row, or a class id), the smoothing.
# The loss of a batch is the mean.


def plain_binary_cross_entropy(z: list[float], y: list[float], smoothing: float) -> float:
    p = 1 / (1 + math.exp(-z[0]))
    target = y[0] * (1 - smoothing) + smoothing / 2
    return -target * math.log(p) - (1 - target) * math.log(1 - p)


def plain_cross_entropy(z: list[float], y: int, smoothing: float) -> float:
    total = math.fsum(math.exp(v) for v in z)
    target = [smoothing / len(z) + (1 - smoothing) * (k == y) for k in range(len(z))]
    return -math.fsum(t * math.log(math.exp(v) / total) for t, v in zip(target, z, strict=True))


def plain_hinge(z: list[float], y: int | list[float], _smoothing: float) -> float:
    if isinstance(y, list):
        return max(0.0, 1 - z[0] if y[0] == 1 else 1 + z[0])
    return sum(max(0, 1 - z[y] + z[k]) for k in range(len(z)) if k != y) / len(z)


def mean_of(distance: Callable[[float], float]) -> Callable[..., float]:
    def plain(z: list[float], y: list[float], _smoothing: float) -> float:
        return math.fsum(distance(a - b) for a, b in zip(z, y, strict=True)) / len(z)

    return plain


PLAIN: dict[str, Callable[..., float]] = {
    "mse": mean_of(lambda d: d**2),
    "mae": mean_of(abs),
    "huber": mean_of(lambda d: d**2 / 2 if abs(d) < 1 else abs(d) - 0.5),
    "binary_cross_entropy": plain_binary_cross_entropy,
    "cross_entropy": plain_cross_entropy,
    "hinge": plain_hinge,
}


@every_loss_and_task
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_the_value_is_the_mean_of_the_plain_formula(
    loss: Loss, task: Task, smoothing: float
) -> None:
    z, y = logits_and_targets(task, np.random.default_rng(5))
    value, _ = value_and_delta(loss, z, y, smoothing)
    pairs = zip(z.tolist(), y.tolist(), strict=True)
    right = math.fsum(PLAIN[loss.name](*pair, smoothing) for pair in pairs) / BATCH
    assert value == pytest.approx(right, rel=1e-13)


@every_loss_and_task
def test_smoothing_is_heeded_where_the_record_says_so(loss: Loss, task: Task) -> None:
    z, y = logits_and_targets(task, np.random.default_rng(6))
    plain, smoothed = value_and_delta(loss, z, y), value_and_delta(loss, z, y, 0.2)
    assert (plain[0] != smoothed[0]) == loss.smooths
    assert np.array_equal(plain[1], smoothed[1]) == (not loss.smooths)


@every_loss_and_task
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_gradient_matches_central_differences(loss: Loss, task: Task, smoothing: float) -> None:
    z, y = logits_and_targets(task, np.random.default_rng(1))
    _, delta = value_and_delta(loss, z, y, smoothing)
    step = 1e-5
    shifts = step * np.eye(z.size).reshape(z.size, *z.shape)
    many_y = np.broadcast_to(y, (z.size, *y.shape))
    above, _ = value_and_delta(loss, z + shifts, many_y, smoothing)
    below, _ = value_and_delta(loss, z - shifts, many_y, smoothing)
    assert_close(delta, ((above - below) / (2 * step)).reshape(z.shape), 1e-6)


@every_loss_and_task
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("samples", [1, BATCH, 200])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_runs_are_independent(
    loss: Loss, task: Task, dtype: type[np.floating], samples: int, smoothing: float
) -> None:
    rng, n_out = np.random.default_rng(2), outputs_of(task)
    z = rng.standard_normal((6, samples, n_out)).astype(dtype)
    y = np.stack([targets(task, rng, samples, n_out) for _ in range(6)])
    y = y if task is Task.CLASSES else y.astype(dtype)
    # As the engine has them: the runs are apart in memory.
    room = np.full((2, 3, samples * n_out + 5), np.nan, dtype)
    stacked = room[..., :-5].reshape(2, 3, samples, n_out)
    stacked[...] = z.reshape(stacked.shape)
    values, deltas = value_and_delta(loss, stacked, y.reshape(2, 3, *y.shape[1:]), smoothing)
    assert values.shape == (2, 3)
    assert values.dtype == dtype
    for index, pair in enumerate(zip(z, y, strict=True)):
        value, delta = value_and_delta(loss, *pair, smoothing)
        assert values.flat[index] == value
        assert np.array_equal(deltas.reshape(z.shape)[index], delta)


@every_loss_and_task
def test_the_layout_of_memory_does_not_matter(loss: Loss, task: Task) -> None:
    z, y = logits_and_targets(task, np.random.default_rng(7))
    kept = z.copy()
    value, delta = value_and_delta(loss, z, y)
    other_value, other_delta = value_and_delta(loss, np.asfortranarray(z), y)
    assert np.array_equal(z, kept)
    assert other_value == pytest.approx(value, rel=1e-15)
    np.testing.assert_allclose(other_delta, delta, 1e-15)


@every_loss_and_task
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_logits_give_finite_numbers(
    loss: Loss, task: Task, dtype: type[np.floating]
) -> None:
    z, y = logits_and_targets(task, np.random.default_rng(3), scale=1e5)
    value, delta = value_and_delta(loss, z.astype(dtype), y if y.ndim == 1 else y.astype(dtype))
    assert delta.dtype == dtype
    assert np.isfinite(value)
    assert np.isfinite(delta).all()


def test_mse_is_the_mean_over_every_element() -> None:
    value, delta = value_and_delta(
        LOSSES["mse"], np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[0.0, 2.0], [3.0, 3.0]])
    )
    assert value == (1 + 0 + 0 + 4) / 4
    assert delta.tolist() == [[0.5, 0], [0, 1]]


def test_binary_cross_entropy_is_minus_the_mean_log_of_what_the_truth_was_given() -> None:
    z, y = np.array([[0.3], [-1.2]]), np.array([[1.0], [0.0]])
    value, _ = value_and_delta(LOSSES["binary_cross_entropy"], z, y)
    p = [1 / (1 + math.exp(-v)) for v in z[:, 0]]
    assert value == pytest.approx(-(math.log(p[0]) + math.log(1 - p[1])) / 2, rel=1e-14)


def test_cross_entropy_is_minus_the_mean_log_of_what_the_truth_was_given() -> None:
    z, y = np.array([[0.3, -1, 2], [1, 1, 0.5]]), np.array([2, 0])
    value, _ = value_and_delta(LOSSES["cross_entropy"], z, y)
    p = [np.exp(row[k]) / np.exp(row).sum() for row, k in zip(z, y, strict=True)]
    assert value == pytest.approx(-np.log(p).mean(), rel=1e-14)


@pytest.mark.parametrize(("z", "y"), [(-800.0, 1.0), (800.0, 0.0)])
def test_cross_entropies_of_a_sure_mistake_are_its_logit(z: float, y: float) -> None:
    value, delta = value_and_delta(LOSSES["binary_cross_entropy"], np.array([[z]]), np.array([[y]]))
    assert value == 800
    assert delta == math.copysign(1, z)
    value, delta = value_and_delta(LOSSES["cross_entropy"], np.array([[0, z]]), np.array([int(y)]))
    assert value == 800
    assert delta[0, 1] == math.copysign(1, z)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("y", [0, 1])
def test_a_sure_and_right_answer_keeps_its_small_loss(y: int, dtype: type[np.floating]) -> None:
    right = pytest.approx(math.exp(-50), rel=1e-5 if dtype is np.float32 else 1e-13)
    z, target = np.array([[100 * y - 50]], dtype), np.array([[y]], dtype)
    value, delta = value_and_delta(LOSSES["binary_cross_entropy"], z, target)
    assert value == right
    assert abs(delta[0, 0]) == right
    z = np.array([[50 - 50 * y, 50 * y]], dtype)
    value, delta = value_and_delta(LOSSES["cross_entropy"], z, np.array([y]))
    assert value == right
    assert np.abs(delta).max() == right
    assert delta.sum() == 0


@pytest.mark.parametrize(("difference", "slope"), [(0.0, 0.0), (2.0, 1.0), (-2.0, -1.0)])
@pytest.mark.parametrize("name", ["mae", "huber"])
def test_a_distance_has_a_slope_of_one_at_most(name: str, difference: float, slope: float) -> None:
    _, delta = value_and_delta(LOSSES[name], np.array([[3.0 + difference]]), np.array([[3.0]]))
    assert delta == slope


def test_a_margin_that_is_kept_has_no_gradient() -> None:
    z = np.array([[1.0], [-2.0], [0.5]])
    value, delta = value_and_delta(LOSSES["hinge"], z, np.array([[1.0], [0.0], [1.0]]))
    assert value == 0.5 / 3
    assert delta[:, 0].tolist() == [0, 0, -1 / 3]
    logits = np.array([[2.0, 1.0, 1.5], [0.0, 3.0, 1.0]])
    value, delta = value_and_delta(LOSSES["hinge"], logits, np.array([0, 1]))
    assert value == 0.5 / 6
    assert delta.tolist() == [[-1 / 6, 0, 1 / 6], [0, 0, 0]]


def test_accuracy_counts_right_classes() -> None:
    z = np.array([[2.0], [-1.0], [0.5], [0.0]])
    assert accuracy(Task.BINARY, z, np.array([[1.0], [0.0], [0.0], [0.0]])) == 0.75
    logits = np.array([[1.0, 2, 3], [3, 2, 1]])
    assert accuracy(Task.CLASSES, logits, np.array([2, 1])) == 0.5
    assert math.isnan(accuracy(Task.REGRESSION, z, z))


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_who_answers_no_finite_number_is_right_in_nothing(odd: float) -> None:
    z = np.zeros((2, 3, 1))
    z[1, 2] = odd
    assert np.array_equal(accuracy(Task.BINARY, z, np.zeros((3, 1))), [1, np.nan], equal_nan=True)
    logits = np.zeros((2, 3, 2))
    logits[0, 0, 1] = odd
    found = accuracy(Task.CLASSES, logits, np.zeros(3, int))
    assert np.array_equal(found, [np.nan, 1], equal_nan=True)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_a_record_is_found_by_its_name_and_has_words(loss: Loss) -> None:
    assert LOSSES[loss.name] is loss
    assert loss.label
    assert loss.formula
    assert loss.tasks


def test_every_task_has_a_loss() -> None:
    assert {task for _, task in LOSS_TASKS} == set(Task)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_a_logit_whose_exponential_overflows_changes_no_other(
    dtype: type[np.floating], smoothing: float
) -> None:
    """In a stack each run is what it is alone, whatever another one has come to."""
    rng, loss = np.random.default_rng(4), LOSSES["binary_cross_entropy"]
    z = rng.normal(scale=30, size=(3, 7, 1)).astype(dtype)
    y = rng.integers(0, 2, z.shape).astype(dtype)
    z[1] *= 1000
    values, deltas = value_and_delta(loss, z, y, smoothing)
    for run in range(3):
        value, delta = value_and_delta(loss, z[run], y[run], smoothing)
        assert np.array_equal(delta, deltas[run])
        assert values[run] == pytest.approx(value, rel=1e-6)
    m = np.where(y == 1, -z, z).astype(np.float64)
    slope = np.exp(m - np.logaddexp(0, m)) - smoothing / 2
    right = np.where(y == 1, -slope, slope) / 7
    np.testing.assert_allclose(deltas, right, 1e-5 if dtype is np.float32 else 1e-13)
    mean = (np.logaddexp(0, m) - smoothing / 2 * m).mean(axis=(1, 2))
    np.testing.assert_allclose(values, mean, 1e-6 if dtype is np.float32 else 1e-13)


def test_what_is_no_number_stays_none() -> None:
    z, y = np.array([[np.nan], [np.inf], [2.0]]), np.array([[1.0], [0.0], [1.0]])
    value, delta = value_and_delta(LOSSES["binary_cross_entropy"], z, y)
    assert np.isnan(value)
    assert np.isnan(delta[0])
    assert delta[1:] == pytest.approx(np.array([[1], [-1 / (1 + math.exp(2))]]) / 3)
