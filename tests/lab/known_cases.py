"""Networks of which it is known what becomes of their gradient, at initialisation.

What theory foretells of each lies on the same side as its label, by a factor of ten or more.
"""

from dataclasses import dataclass, field
from typing import Any

from lab.verdict import Finding

DEEP: dict[str, Any] = {
    "data.samples": 100,
    "network.width": 48,
    "network.depth": 20,
    "network.seeds": 10,
    "network.seed": 100,
}
SHORT = {
    "act": "network.activation",
    "init": "network.initializer",
    "gain": "network.gain",
    "depth": "network.depth",
    "width": "network.width",
    "norm": "cures.norm",
    "residual": "cures.residual",
    "precision": "network.precision",
}


@dataclass(frozen=True)
class Case:
    """Ten networks that differ in their seeds, and what must be found in each."""

    finding: Finding
    values: dict[str, Any] = field(hash=False)

    @property
    def changes(self) -> dict[str, Any]:
        """The fields in which its spec differs from the default."""
        return {**DEEP, **{SHORT[name]: value for name, value in self.values.items()}}

    def __str__(self) -> str:
        return " ".join(str(value) for value in self.values.values())


def _cases(finding: Finding, *cases: dict[str, Any]) -> list[Case]:
    return [Case(finding, values) for values in cases]


CASES = [
    *_cases(
        Finding.VANISHING,
        # the slope of a sigmoid is at most 1/4
        {"act": "sigmoid", "init": "xavier_normal"},
        {"act": "sigmoid", "init": "xavier_uniform", "depth": 8},
        {"act": "sigmoid", "init": "he_normal"},
        {"act": "sigmoid", "init": "lecun_uniform"},
        {"act": "sigmoid", "init": "orthogonal"},
        {"act": "sigmoid", "init": "small_normal", "depth": 5},
        {"act": "sigmoid", "init": "pytorch_default", "depth": 7},
        {"act": "sigmoid", "init": "xavier_normal", "depth": 12, "width": 16},
        {"act": "sigmoid", "init": "xavier_normal", "norm": "layer"},
        {"act": "sigmoid", "init": "xavier_normal", "depth": 100},
        # half the signal is lost in each ReLU layer: 1/sqrt(2) per layer, or 1/sqrt(6)
        {"act": "relu", "init": "xavier_normal", "depth": 35},
        {"act": "relu", "init": "lecun_normal", "depth": 35},
        {"act": "relu", "init": "orthogonal", "depth": 35},
        {"act": "relu", "init": "pytorch_default"},
        {"act": "relu", "init": "small_normal", "depth": 8},
        {"act": "leaky_relu", "init": "xavier_uniform", "depth": 35},
        # linear layers multiply by their gain
        {"act": "identity", "init": "pytorch_default"},
        {"act": "identity", "init": "xavier_normal", "gain": 0.5},
        {"act": "tanh", "init": "xavier_normal", "gain": 0.5},
        {"act": "tanh", "init": "small_normal", "depth": 10},
        {"act": "hardtanh", "init": "xavier_normal", "gain": 0.5},
        {"act": "softsign", "init": "xavier_normal", "gain": 0.5},
        {"act": "sine", "init": "xavier_normal", "gain": 0.5},
        {"act": "elu", "init": "xavier_normal", "gain": 0.4},
        {"act": "selu", "init": "lecun_normal", "gain": 0.4},
        {"act": "gelu", "init": "xavier_normal"},
        {"act": "silu", "init": "xavier_normal"},
        {"act": "mish", "init": "xavier_normal", "gain": 0.7},
        {"act": "softplus", "init": "xavier_normal", "gain": 0.5},
    ),
    *_cases(
        Finding.EXPLODING,
        {"act": "relu", "init": "he_normal", "gain": 1.8},
        {"act": "relu", "init": "orthogonal", "gain": 2.6},
        {"act": "leaky_relu", "init": "he_uniform", "gain": 2.0},
        {"act": "identity", "init": "xavier_normal", "gain": 2.0},
        {"act": "identity", "init": "he_normal", "residual": True},
        {"act": "identity", "init": "xavier_normal", "gain": 100.0, "depth": 60},  # overflows
        {"act": "relu", "init": "he_normal", "residual": True, "depth": 30},
        {"act": "relu", "init": "he_normal", "norm": "batch", "depth": 70},
        {"act": "selu", "init": "he_normal", "gain": 2.0},
        {"act": "elu", "init": "he_normal", "gain": 2.5},
        {"act": "gelu", "init": "he_normal", "gain": 2.5},
        {"act": "sine", "init": "xavier_normal", "gain": 4.0},
        {"act": "tanh", "init": "xavier_normal", "gain": 5.0, "depth": 60},
    ),
    *_cases(
        Finding.HEALTHY,
        {"act": "relu", "init": "he_normal"},
        {"act": "relu", "init": "he_uniform"},
        {"act": "relu", "init": "he_normal", "norm": "layer"},
        {"act": "relu", "init": "lsuv", "depth": 12},
        {"act": "leaky_relu", "init": "he_normal"},
        {"act": "identity", "init": "xavier_normal"},
        {"act": "identity", "init": "orthogonal", "depth": 50},
        {"act": "tanh", "init": "xavier_normal", "depth": 10},
        {"act": "tanh", "init": "orthogonal", "depth": 12},
        {"act": "tanh", "init": "xavier_normal", "gain": 0.5, "residual": True},
        {"act": "selu", "init": "lecun_normal"},
        {"act": "elu", "init": "xavier_normal", "depth": 12},
        {"act": "hardtanh", "init": "xavier_normal", "depth": 12},
        {"act": "sine", "init": "xavier_normal", "depth": 12},
        {"act": "sigmoid", "init": "xavier_normal", "norm": "batch", "depth": 8},
        {"act": "relu", "init": "he_normal", "depth": 8, "width": 16},
    ),
    *_cases(
        Finding.NO_GRADIENT,
        {"act": "tanh", "init": "zeros"},
        {"act": "relu", "init": "zeros", "depth": 5},
    ),
    *_cases(
        Finding.SATURATED,
        {"act": "tanh", "init": "xavier_normal", "gain": 12.0, "depth": 5},
        {"act": "hardtanh", "init": "xavier_normal", "gain": 12.0, "depth": 4},
    ),
    *_cases(
        Finding.SHALLOW,
        {"act": "sigmoid", "init": "xavier_normal", "depth": 2},
        {"act": "relu", "init": "he_normal", "depth": 1},
    ),
]
