"""A check passes for the engine, fails for a planted mistake, and says which layer it is in."""

import re
from contextlib import suppress
from importlib import util
from typing import Any

import numpy as np
import pytest

import lab.gradient_check
from core.arrays import Array
from core.differences import TOLERANCE
from core.divergence import Divergence
from core.pieces import whole
from core.places import layers_of
from core.probes import Probe
from lab.gradient_check import (
    AUTOGRAD_TOLERANCE,
    COARSE,
    NOT_INSTALLED,
    SOME,
    GradientCheck,
    chosen_weights,
    gradient_check,
)
from lab.specimens import Specimen, SpecimenOf
from tests.lab.making import run_of


@pytest.fixture(autouse=True)
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing it takes seconds; what it says is looked at in `test_autograd`."""
    monkeypatch.setattr(util, "find_spec", lambda _name: None)


def specimen_of(changes: dict[str, Any] | None = None, seed: int = 0, steps: int = 5) -> Specimen:
    return SpecimenOf(seed).made_of(run_of(changes, steps=steps))


def checked(changes: dict[str, Any] | None = None, *, every: bool = True) -> GradientCheck:
    return whole(gradient_check(specimen_of(changes), every=every))


KINDS: list[dict[str, Any]] = [
    {},
    {"network.activation": "relu"},
    {"cures.norm": "batch", "cures.residual": True, "cures.dropout": 0.3},
    {"cures.norm": "layer"},
    {"training.smoothing": 0.2},
    {"data.source": "sine_ridge"},
    {"network.precision": "float16"},
    {"network.depth": 0},
    {"network.seeds": 3},
]


@pytest.mark.parametrize("changes", KINDS, ids=str)
def test_the_engine_passes(changes: dict[str, Any]) -> None:
    check = checked(changes)
    assert check.passed
    assert check.comparison.relative.max() < 1e-7
    assert check.comparison.worst < 0.5 * TOLERANCE
    assert check.verdict.startswith("Pass: worst relative error ")
    assert check.own is not None
    assert check.own.max() < (0.1 if check.precision == "float16" else 1e-5), "of the same batch"
    assert check.counts.tolist() == check.sizes.tolist()
    assert check.step == 5
    assert "step 5" in check.caption
    assert ("network 1 of 3" in check.caption) == ("network.seeds" in changes)


def test_the_runs_own_precision_is_beside_it() -> None:
    single, half = checked(), checked({"network.precision": "float16"})
    assert single.own is not None
    assert half.own is not None
    assert 1e-9 < single.own.max() < 1e-5
    assert 1e-5 < half.own.max() < 0.1
    assert checked({"network.precision": "float64"}).own is None


def test_a_wrong_gradient_fails_and_its_layer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Probe.gradient

    def wrong(probe: Probe, *moved: Any) -> tuple[float, Array]:
        value, gradient = real(probe, *moved)
        gradient[np.flatnonzero(layers_of(probe.network) == 3)[2]] *= 1.01
        return value, gradient

    monkeypatch.setattr(Probe, "gradient", wrong)
    check = checked()
    assert not check.passed
    assert check.passes.tolist() == [True, True, False, True]
    assert check.verdict.startswith("FAIL: relative error ")
    assert re.search(r" in layer 3, of W_3\[0, 2\] \(1e-6 allowed\)", check.verdict)
    assert str(check.worst[2]) == "W_3[0, 2]"


def test_one_weight_of_a_thousand_that_is_doubled_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Probe.gradient

    def wrong(probe: Probe, *moved: Any) -> tuple[float, Array]:
        value, gradient = real(probe, *moved)
        layer = np.flatnonzero(layers_of(probe.network) == 2)
        assert len(layer) > 1000
        gradient[np.sort(layer[np.argsort(np.abs(gradient[layer]))])[500]] *= 2
        return value, gradient

    monkeypatch.setattr(Probe, "gradient", wrong)
    check = checked({"network.width": 32, "network.depth": 3})
    assert check.passes.tolist() == [True, False, True, True]
    assert check.verdict.startswith("FAIL: relative error 0.5")


def test_a_vanished_gradient_is_said_to_be_hard_to_check() -> None:
    check = checked({"network.activation": "sigmoid", "network.depth": 14})
    assert check.passed
    assert "gradients too small for differences to check closely" in check.verdict
    ((error, layer),) = re.findall(r"error (\S+) in layer (\d+), ", check.verdict)
    assert float(error) < TOLERANCE
    assert check.comparison.resolution[int(layer) - 1] < COARSE, "it was checked closely"


def test_weights_that_are_not_finite_give_a_sentence_and_no_pass() -> None:
    specimen = specimen_of()
    specimen.network.parameters[...] = np.inf
    check = whole(gradient_check(specimen, every=True))
    assert not check.passed
    assert not check.passes.any()
    assert check.verdict == (
        "No pass: gradient or differences are not finite in 4 layers, first in 1: "
        "nothing to compare."
    )


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_run_that_has_diverged_does_not_pass(precision: str) -> None:
    run = run_of(
        {
            "network.activation": "identity",
            "network.gain": 2,
            "training.learning_rate": 5,
            "network.precision": precision,
        },
        steps=0,
    )
    for _ in range(1000):
        with suppress(Divergence):
            run.advance()
    check = whole(gradient_check(SpecimenOf(0).made_of(run), every=True))
    assert "too small" not in check.verdict
    assert "inf" not in check.verdict.replace("finite", "")
    assert not check.passed or check.comparison.worst < TOLERANCE


def test_chosen_at_random_there_are_as_many_of_each_layer_as_there_can_be() -> None:
    network = specimen_of({"network.width": 40}).network
    rng = np.random.default_rng(0)
    chosen = chosen_weights(network, rng, 600)
    assert len(chosen) == len(set(chosen.tolist())) == 600
    assert (np.diff(chosen) > 0).all()
    counts = np.bincount(layers_of(network)[chosen])[1:]
    sizes = np.bincount(layers_of(network))[1:]
    assert counts[-1] == sizes[-1] == 41
    assert counts[0] == sizes[0] == 120
    assert counts[1:3].tolist() == [219, 220]
    few = specimen_of().network
    assert len(chosen_weights(few, rng)) == few.layout.n_parameters < SOME


def test_some_weights_give_the_same_verdict_again() -> None:
    specimen = specimen_of({"network.width": 40, "network.depth": 4})
    one, other = (whole(gradient_check(specimen, every=False)) for _ in range(2))
    assert one.counts.sum() == SOME < one.sizes.sum()
    assert "2\u202f000 of" in one.caption
    assert np.array_equal(one.comparison.relative, other.comparison.relative)


def test_pieces_tell_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.probes.CHUNK", 20_000)
    progress = [*gradient_check(specimen_of(), every=True)]
    assert len(progress) > 8
    assert progress == sorted(progress)
    assert progress[-1] == 1


def test_the_specimen_is_as_it_was() -> None:
    specimen = specimen_of({"cures.dropout": 0.2, "cures.norm": "batch"})
    before = [array.copy() for array in (specimen.network.memory, specimen.network.running)]
    whole(gradient_check(specimen, every=True))
    assert np.array_equal(specimen.network.memory, before[0])
    assert np.array_equal(specimen.network.running, before[1])


def test_without_torch_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    check = checked()
    assert check.autograd is None
    assert check.without_autograd == NOT_INSTALLED
    assert "autograd" not in check.verdict


def test_torch_that_cannot_be_asked_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ImportError("libtorch is damaged")

    monkeypatch.setattr(lab.gradient_check, "is_installed", lambda: True)
    monkeypatch.setattr(lab.gradient_check, "autograd", refuse)
    assert checked().without_autograd == "PyTorch could not be asked: libtorch is damaged."


def test_of_a_fit_that_is_nearly_perfect_autograd_has_fewer_digits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(lab.gradient_check, "is_installed", lambda: True)
    specimen = specimen_of()
    last, data = specimen.network.layers[-1], specimen.batch
    last.w[...], last.b[...] = 0, 25
    data.y[...] = 1
    check = whole(gradient_check(specimen, every=True))
    assert check.autograd is not None
    assert check.autograd[-1] > AUTOGRAD_TOLERANCE
    assert check.passes.all()
    assert AUTOGRAD_TOLERANCE < check.autograd_allowed[-1] < 1e-2
    assert whole(gradient_check(specimen_of(), every=True)).autograd_allowed.max() < 2e-10


def test_of_samples_that_pull_against_each_other_autograd_has_fewer_digits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(lab.gradient_check, "is_installed", lambda: True)
    changes = {"data.source": "spiral", "network.activation": "sigmoid", "network.depth": 12}
    plateau = SpecimenOf().made_of(run_of({**changes, "data.samples": 4}, steps=500))
    check = whole(gradient_check(plateau, every=False))
    assert check.autograd is not None
    assert check.autograd.max() > AUTOGRAD_TOLERANCE
    assert check.passed, check.verdict
    assert check.autograd_allowed.max() < 1e-5


def test_layers_that_differences_do_not_see_are_not_what_a_verdict_tells() -> None:
    dead = {"network.depth": 30, "network.activation": "relu", "network.gain": 0.01}
    check = checked(dead, every=False)
    assert np.isinf(check.comparison.resolution[0])
    assert check.passed
    assert "inf" not in check.verdict
    assert "gradients too small" in check.verdict
