"""Networks whose gradients and optimiser steps were computed by PyTorch's autograd in float64.

W is stored as (n_out, n_in); dz is delta. Some gradients are zero, and what is stored is rounding:
that of a bias before batch norm, which takes it away again, or of a shift that the next batch norm
takes away. Nobody can agree on such digits, and optimisers that divide by the gradient's size blow
them up; they are compared with a floor.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets import Task
from core.losses import LOSSES
from core.network import Network
from core.optimizers import OPTIMIZERS, Rates
from core.training import Trainer
from core.updates import Settings
from tests.core.checks import assert_close
from tests.core.engines import backpropagate, dataset

ROUNDING = 1e-13  # gradients below this, beside losses near 1, are sums that cancel
BLOWN_UP = 1e-5  # what the optimisers of the cases make of them in 25 steps, at most

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


def golden_cases() -> list[dict[str, Any]]:
    """All stored cases."""
    cases: list[dict[str, Any]] = json.loads((GOLDEN / "cases.json").read_text())["cases"]
    return cases


def check_golden_gradient(case: dict[str, Any]) -> None:
    """Compare loss and gradients of a case with what PyTorch's autograd found."""
    with np.load(GOLDEN / case["file"]) as arrays:
        network = _golden_network(case, arrays)
        flow, loss = backpropagate(network, LOSSES[case["loss"]], arrays["x"], arrays["y"])
        assert_close(loss, arrays["loss"], 1e-10, "loss")
        for number, layer in enumerate(network.layers, 1):
            found = {"dz": flow.delta[number - 1], "dW": layer.d_w.T, "db": layer.d_b}
            if layer.d_scale is not None and layer.d_shift is not None:
                found |= {"dg": layer.d_scale, "ds": layer.d_shift}
            for name, values in found.items():
                # A normalised layer's gradient is a difference of larger numbers: of a bias before
                # batch norm it is 0, for which PyTorch has up to 1.5e-14.
                floor = 0.0 if case["norm"] == "none" else 2e-14
                assert_close(values, arrays[f"{name}{number}"], 1e-10, f"{name}{number}", floor)


def check_golden_steps(case: dict[str, Any]) -> None:
    """Take the steps of a case and compare losses and final parameters with PyTorch's."""
    with np.load(GOLDEN / case["file"]) as arrays:
        tasks = LOSSES[case["loss"]].tasks
        task = Task.REGRESSION if Task.REGRESSION in tasks else min(tasks)
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
        clear = all(_is_clear(arrays, name).all() for name in arrays.files if f"d{name}" in arrays)
        floor = 0.0 if clear else 1e-7
        assert_close(losses, arrays["losses"], 1e-10, "losses", floor)
        for number, layer in enumerate(network.layers, 1):
            found = {"W": layer.w.T, "b": layer.b}
            if layer.scale is not None and layer.shift is not None:
                found |= {"g": layer.scale, "s": layer.shift}
            for name, values in found.items():
                right = arrays[f"{name}opt{number}"]
                sure = _is_clear(arrays, f"{name}{number}")
                what = f"{name}{number}"
                floor = 0.0 if case["norm"] == "none" else 1e-10 if clear else 1e-7
                assert_close(values[sure], right[sure], 1e-10, what, floor)
                assert_close(values, right, 0, what, BLOWN_UP)


def _is_clear(arrays: Any, name: str) -> Any:
    """Where a parameter's gradient is more than rounding."""
    return np.abs(arrays[f"d{name}"]) > ROUNDING


def _golden_network(case: dict[str, Any], arrays: Any) -> Network:
    network = Network(
        case["sizes"],
        case["activation"],
        np.float64,
        norm=case["norm"],
        residual=case["residual"],
    )
    for number, layer in enumerate(network.layers, 1):
        layer.w[...] = arrays[f"W{number}"].T
        layer.b[...] = arrays[f"b{number}"]
        if layer.scale is not None and layer.shift is not None:
            layer.scale[...] = arrays[f"g{number}"]
            layer.shift[...] = arrays[f"s{number}"]
    return network
