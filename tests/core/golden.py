"""Networks whose gradients and optimiser steps were computed by PyTorch's autograd in float64.

W is stored as (n_out, n_in); dz is delta.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from core.activations import ACTIVATIONS
from core.datasets import Task
from core.losses import LOSSES
from core.network import Network
from core.optimizers import OPTIMIZERS, Rates
from core.training import Settings, Trainer
from tests.core.checks import assert_close
from tests.core.engines import activations_of, backpropagate, dataset

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


def golden_cases() -> list[dict[str, Any]]:
    """The stored cases that the engine can compute."""
    cases: list[dict[str, Any]] = json.loads((GOLDEN / "cases.json").read_text())["cases"]
    return [case for case in cases if _is_supported(case)]


def _is_supported(case: dict[str, Any]) -> bool:
    adds = case["residual"] and any(a == b for a, b in pairwise(case["sizes"][:-1]))
    return case["activation"] in ACTIVATIONS and case["norm"] == "none" and not adds


def check_golden_gradient(case: dict[str, Any]) -> None:
    """Compare loss and gradients of a case with what PyTorch's autograd found."""
    with np.load(GOLDEN / case["file"]) as arrays:
        network = _golden_network(case, arrays)
        flow, loss = backpropagate(network, LOSSES[case["loss"]], arrays["x"], arrays["y"])
        assert_close(loss, arrays["loss"], 1e-10, "loss")
        for number, layer in enumerate(network.layers, 1):
            assert_close(layer.d_w, arrays[f"dW{number}"].T, 1e-10, f"dW{number}")
            assert_close(layer.d_b, arrays[f"db{number}"], 1e-10, f"db{number}")
            assert_close(flow.delta[number - 1], arrays[f"dz{number}"], 1e-10, f"dz{number}")


def check_golden_steps(case: dict[str, Any]) -> None:
    """Take the steps of a case and compare losses and final parameters with PyTorch's."""
    with np.load(GOLDEN / case["file"]) as arrays:
        task = Task.CLASSES if case["loss"] == "cross_entropy" else Task.REGRESSION
        network = _golden_network(case, arrays)
        trainer = Trainer(
            network,
            dataset(arrays["x"], arrays["y"], task),
            LOSSES[case["loss"]],
            OPTIMIZERS[case["optimizer"]],
            Settings(Rates(case["learning_rate"], decay=0.01), batch_size=case["batch"]),
            [np.random.default_rng(0)],
        )
        losses = np.array([trainer.step().loss for _ in range(case["steps"])])
        assert_close(losses, arrays["losses"], 1e-10, "losses")
        for number, layer in enumerate(network.layers, 1):
            assert_close(layer.w, arrays[f"Wopt{number}"].T, 1e-10, f"W{number}")
            assert_close(layer.b, arrays[f"bopt{number}"], 1e-10, f"b{number}")


def _golden_network(case: dict[str, Any], arrays: Any) -> Network:
    sizes = case["sizes"]
    network = Network(sizes, activations_of(case["activation"], len(sizes) - 2), np.float64)
    for number, layer in enumerate(network.layers, 1):
        layer.w[...] = arrays[f"W{number}"].T
        layer.b[...] = arrays[f"b{number}"]
    return network
