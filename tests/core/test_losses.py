"""Every loss is what its formula says, and its gradient belongs to it."""

import math

import numpy as np
import pytest
from numpy.random import Generator

from core.arrays import Array
from core.datasets import Task
from core.losses import LOSSES, Loss, accuracy
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


def value_and_delta(loss: Loss, z: Array, y: Array) -> tuple[Array, Array]:
    delta = np.full_like(z, np.nan)
    with np.errstate(over="ignore"):
        return loss.value_and_gradient(z, y, delta), delta


@every_loss_and_task
def test_the_gradient_matches_central_differences(loss: Loss, task: Task) -> None:
    z, y = logits_and_targets(task, np.random.default_rng(1))
    _, delta = value_and_delta(loss, z, y)
    step = 1e-5
    shifts = step * np.eye(z.size).reshape(z.size, *z.shape)
    many_y = np.broadcast_to(y, (z.size, *y.shape))
    above, _ = value_and_delta(loss, z + shifts, many_y)
    below, _ = value_and_delta(loss, z - shifts, many_y)
    assert_close(delta, ((above - below) / (2 * step)).reshape(z.shape), 1e-6)


@every_loss_and_task
def test_runs_are_independent(loss: Loss, task: Task) -> None:
    rng = np.random.default_rng(2)
    pairs = [logits_and_targets(task, rng) for _ in range(6)]
    z = np.stack([z for z, _ in pairs]).reshape(2, 3, BATCH, outputs_of(task))
    y = np.stack([y for _, y in pairs]).reshape(2, 3, *pairs[0][1].shape)
    values, deltas = value_and_delta(loss, z, y)
    assert values.shape == (2, 3)
    for index, (one_z, one_y) in enumerate(pairs):
        value, delta = value_and_delta(loss, one_z, one_y)
        assert values.flat[index] == value
        assert np.array_equal(deltas.reshape(6, *delta.shape)[index], delta)


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


def test_a_sure_and_right_answer_keeps_its_small_loss() -> None:
    value, delta = value_and_delta(
        LOSSES["binary_cross_entropy"], np.array([[-50.0]]), np.array([[0.0]])
    )
    assert value == pytest.approx(math.exp(-50), rel=1e-12)
    assert delta[0, 0] == pytest.approx(math.exp(-50), rel=1e-12)


def test_accuracy_counts_right_classes() -> None:
    z = np.array([[2.0], [-1.0], [0.5], [0.0]])
    assert accuracy(Task.BINARY, z, np.array([[1.0], [0.0], [0.0], [0.0]])) == 0.75
    logits = np.array([[1.0, 2, 3], [3, 2, 1]])
    assert accuracy(Task.CLASSES, logits, np.array([2, 1])) == 0.5
    assert math.isnan(accuracy(Task.REGRESSION, z, z))


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_a_record_is_found_by_its_name_and_has_words(loss: Loss) -> None:
    assert LOSSES[loss.name] is loss
    assert loss.label
    assert loss.formula
    assert loss.tasks


def test_every_task_has_a_loss() -> None:
    assert {task for _, task in LOSS_TASKS} == set(Task)
