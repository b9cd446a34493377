"""Formulas are those of the network's parts, set in LaTeX."""

from typing import Any

import pytest

from core.moments import Stage
from core.walks import Walk
from lab.formulas import WORDS, formulas_of, latex_of, overview_of
from lab.run import Run
from tests.lab.making import run_of


def formulas(changes: dict[str, Any]) -> dict[tuple[Stage, str], tuple[str, ...]]:
    """The formulas of the first hidden layer that has both a normal width before and after."""
    run: Run = run_of(changes)
    walk = Walk(run.trainer)
    return {(one.stage, one.name): formulas_of(one, walk.twin) for one in walk.moments[::-1]}


@pytest.mark.parametrize(
    ("plain", "latex"),
    [
        ("1 / (1 + exp(-z))", r"1 / (1 + \exp (-z))"),
        ("z if z > 0 else 0.01 z", r"z \text{ if }  z > 0 \text{ else }  0.01 z"),
        ("mean (z - y)²", r"\text{ mean }  (z - y)^2"),
        ("w - lr g / (sqrt(v) + 1e-8)", r"w - \eta  g / (\sqrt{v} + 10^{-8})"),
        ("v = mu v + g", r"v = \mu  v + g"),
        ("log softmax(z)[y]", r"\log  \text{ softmax } (z)_{y}"),
    ],
)
def test_plain_letters_become_latex(plain: str, latex: str) -> None:
    assert latex_of(plain) == latex


def test_every_moment_has_words_and_formulas() -> None:
    changes = {
        "cures.norm": "batch",
        "cures.residual": True,
        "cures.dropout": 0.2,
        "cures.l2": 0.1,
        "cures.clip_norm": 1.0,
        "cures.clip_value": 0.5,
        "training.frozen": (1,),
        "training.optimizer": "momentum",
    }
    found = formulas(changes) | formulas({})
    assert {name for _, name in found} == {*WORDS}
    assert all(found.values())
    assert len(found[Stage.UPDATE, "clip"]) == 2


def test_formulas_name_what_the_network_has() -> None:
    plain = formulas({"network.activation": "sigmoid"})
    assert plain[Stage.FORWARD, "activation"][0] == r"h_l = \varphi(z_l)"
    assert r"\exp" in plain[Stage.FORWARD, "activation"][1]
    assert plain[Stage.BACKWARD, "delta"][0].startswith(r"\delta_l")
    full = formulas({"cures.norm": "layer", "cures.residual": True})
    assert full[Stage.BACKWARD, "delta"][0].startswith(r"\frac{\partial \mathrm{loss}}{\partial u")
    assert r"\varphi(u_l)" in full[Stage.FORWARD, "activation"][0]
    assert plain[Stage.UPDATE, "rule"] == (r"w \leftarrow w - \eta  g",)
    adam = formulas({"training.optimizer": "momentum"})
    assert len(adam[Stage.UPDATE, "rule"]) == 2


def test_a_stage_has_formulas_too() -> None:
    network = run_of({"cures.norm": "layer", "cures.residual": True}).trainer.network
    assert r"h_{l-1} + \varphi(\mathrm{norm}" in overview_of(Stage.FORWARD, network)[0]
    assert all(overview_of(stage, network) for stage in Stage)
