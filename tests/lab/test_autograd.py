"""The network rebuilt for PyTorch: wired right with a stand-in for it, and asked where it is."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.datasets import Task
from core.losses import LOSSES
from core.normalization import NORMS, evaluate
from core.probes import Probe
from core.twins import Batch
from lab import autograd
from tests.core.engines import LOSS_TASKS
from tests.core.probing import KINDS, Asked, asked


def batch_of(case: Asked) -> Batch:
    return Batch(case.x, case.y, case.keywords.get("mask"))


def probe_of(case: Asked, smoothing: float = 0.0) -> Probe:
    return Probe(*case.what, smoothing, case.keywords.get("mask"))


class StandIn:
    """What is used of PyTorch, with the engine's own formulas: shows how layers are joined."""

    def __init__(self) -> None:
        self.nn = SimpleNamespace(functional=self)
        self.sin = np.sin

    def tensor(self, values: Array) -> Array:
        return np.array(values)

    def __getattr__(self, name: str) -> Any:
        if name not in ACTIVATIONS:
            raise AttributeError(name)

        def function(u: Array, **_options: object) -> Array:
            a = np.empty_like(u)
            ACTIVATIONS[name].function(u, a)
            return a

        return function

    def logsigmoid(self, u: Array) -> Array:
        return -np.logaddexp(0, -u)

    def batch_norm(self, z: Array, _m: None, _v: None, scale: Array, shift: Array, **_: Any) -> Any:
        return evaluate(NORMS["batch"], z, scale, shift, None)

    def layer_norm(self, z: Array, shape: Any, scale: Array, shift: Array, **_: Any) -> Any:
        assert shape == z.shape[-1:]
        return evaluate(NORMS["layer"], z, scale, shift, None)

    def cross_entropy(self, z: Array, y: Array, label_smoothing: float) -> Any:
        return LOSSES["cross_entropy"].value_and_gradient(z, y, np.empty_like(z), label_smoothing)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_rebuilt_network_has_the_engines_loss(kind: str, activation: str) -> None:
    case = asked(kind, activation)
    found = autograd.loss_by(
        StandIn(), case.network, case.network.parameters, case.loss, batch_of(case), 0.1
    )
    expected, _ = probe_of(case, 0.1).gradient()
    assert float(found) == pytest.approx(expected, rel=1e-12)


def test_dropout_without_hidden_layers_drops_nothing() -> None:
    case = asked("dropout", sizes=(3, 2))
    found = autograd.loss_by(
        StandIn(), case.network, case.network.parameters, case.loss, batch_of(case), 0.0
    )
    assert float(found) == pytest.approx(probe_of(case).gradient()[0])


def test_every_loss_is_known() -> None:
    assert autograd.LOSSES.keys() == LOSSES.keys()


def test_what_pytorch_does_not_have_is_named() -> None:
    case = asked()
    other = replace(ACTIVATIONS["tanh"], name="wavelet")
    case.network.activations = (other,) * len(case.network.activations)
    with pytest.raises(ValueError, match="activation: received 'wavelet'"):
        autograd.loss_by(
            StandIn(), case.network, case.network.parameters, case.loss, batch_of(case), 0.0
        )


def agrees(case: Asked, smoothing: float = 0.0) -> None:
    value, gradient = probe_of(case, smoothing).gradient()
    answer = autograd.autograd(case.network, case.loss, batch_of(case), smoothing)
    assert answer.loss == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(answer.gradient, gradient, 1e-9, 1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_autograd_agrees_for_every_kind(kind: str) -> None:
    pytest.importorskip("torch")
    agrees(asked(kind))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_autograd_agrees_for_every_activation(activation: str) -> None:
    pytest.importorskip("torch")
    agrees(asked(activation=activation, seed=3))


@pytest.mark.parametrize(
    ("loss", "task"), LOSS_TASKS, ids=[f"{loss.name}-{task}" for loss, task in LOSS_TASKS]
)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_autograd_agrees_for_every_loss(loss: Any, task: Task, smoothing: float) -> None:
    pytest.importorskip("torch")
    agrees(asked(loss=loss.name), smoothing if loss.smooths else 0.0)


def test_asking_leaves_numpys_numbers_and_threads_alone() -> None:
    pytest.importorskip("torch")
    threadpoolctl = pytest.importorskip("threadpoolctl")
    case = asked()
    before = case.network.parameters.copy()
    pools = {pool["filepath"]: pool["num_threads"] for pool in threadpoolctl.threadpool_info()}
    autograd.autograd(case.network, case.loss, batch_of(case))
    after = {pool["filepath"]: pool["num_threads"] for pool in threadpoolctl.threadpool_info()}
    assert {name: after[name] for name in pools} == pools
    assert np.array_equal(case.network.parameters, before)
