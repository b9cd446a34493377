"""The prepared experiments: each is valid, runs, and shows what its text promises."""

import json
from pathlib import Path

import pytest

import lab.presets
from core.measures import ROW
from lab.fading import judge
from lab.presets import DIRECTORY, OPENING, Preset, presets
from lab.run import Run
from lab.spec import Spec
from lab.verdict import Finding, Verdict
from tests.lab.making import diverge

every_preset = pytest.mark.parametrize("preset", presets().values(), ids=presets().keys())


def trained(preset: Preset, steps: int, **changes: object) -> Run:
    values = {name.replace("__", "."): value for name, value in changes.items()}
    run = Run(preset.spec.with_values(values))
    for _ in range(steps - 1):
        run.advance()
    run.advance(score=True)
    return run


def verdict_of(preset: Preset, **changes: object) -> Verdict:
    values = {name.replace("__", "."): value for name, value in changes.items()}
    return judge(Run(preset.spec.with_values(values)).record.magnitudes)


def test_every_file_is_a_preset_in_the_order_of_its_number() -> None:
    numbers = [
        json.loads((DIRECTORY / f"{name}.json").read_text("utf-8"))["order"] for name in presets()
    ]
    assert numbers == sorted(set(numbers))
    assert len(presets()) == len(list(DIRECTORY.glob("*.json")))


@every_preset
def test_a_preset_has_words_and_trains(preset: Preset) -> None:
    assert preset.title
    assert preset.text.endswith(".")
    run = Run(preset.spec)
    for _ in range(3):
        run.advance()


def test_the_window_opens_with_one_that_exists() -> None:
    assert presets()[OPENING].spec == Spec()


def test_a_new_file_is_a_new_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"order": 1, "title": "T", "text": "X.", "spec": {"network": {"depth": 1}}}
    (tmp_path / "mine.json").write_text(json.dumps(content))
    monkeypatch.setattr(lab.presets, "DIRECTORY", tmp_path)
    spec = Spec().with_values({"network.depth": 1})
    assert presets.__wrapped__() == {"mine": Preset("mine", "T", "X.", spec)}


def test_vanishing() -> None:
    preset = presets()["vanishing"]
    run = trained(preset, 1000)
    verdict = judge(run.record.magnitudes)
    assert verdict.finding is Finding.VANISHING
    assert 0.15 < verdict.factor < 0.25
    assert 1e-8 < verdict.total < 1e-6
    assert run.scores.test_loss == pytest.approx(0.693, abs=0.01)
    cured = verdict_of(preset, network__activation="relu", network__initializer="he_normal")
    assert cured.finding is Finding.HEALTHY


@pytest.mark.slow
def test_cured_by_activation() -> None:
    preset = presets()["cured-by-activation"]
    changed = {"network.activation", "network.initializer"}
    assert set(preset.spec.differences(presets()["vanishing"].spec)) == changed
    verdict = verdict_of(preset)
    assert verdict.finding is Finding.HEALTHY
    assert 0.8 < verdict.factor < 1.25
    assert trained(preset, 4000).scores.test_accuracy > 0.8


@pytest.mark.slow
def test_cured_by_initialization() -> None:
    preset = presets()["cured-by-initialization"]
    assert verdict_of(preset).finding is Finding.HEALTHY
    assert trained(preset, 3000).scores.test_accuracy > 0.9
    small = verdict_of(preset, network__initializer="small_normal")
    assert 1 / small.factor == pytest.approx(17, rel=0.15)
    lost = trained(preset, 1000, network__initializer="small_normal")
    assert lost.scores.test_loss == pytest.approx(0.693, abs=0.01)


def test_exploding() -> None:
    preset = presets()["exploding"]
    run = Run(preset.spec)
    at_first = judge(run.record.magnitudes)
    assert at_first.factor == pytest.approx(1.74, abs=0.1)
    for _ in range(200):  # not over before a person has looked
        run.advance()
        assert judge(run.record.magnitudes).finding is Finding.EXPLODING
    assert judge(run.record.magnitudes).total < 0.5 * at_first.total
    wild = Run(preset.spec.with_values({"training.learning_rate": 0.01}))
    assert diverge(wild).startswith("diverged at step ")
    assert verdict_of(preset, network__gain=1.0).finding is Finding.HEALTHY


def test_weight_gradients_look_fine() -> None:
    verdict = verdict_of(presets()["weight-gradients-look-fine"])
    assert verdict.finding is Finding.VANISHING
    assert verdict.factor == pytest.approx(0.7, abs=0.05)
    assert "The weight gradients hide it" in verdict.detail


def test_digits_reach_97_percent_in_less_than_30_epochs() -> None:
    run = Run(presets()["digits"].spec)
    best = 0.0
    while run.trainer.epoch < 29:
        run.advance()
        best = max(best, run.scores.test_accuracy)
    assert best >= 0.97


def test_cured_by_normalisation() -> None:
    preset = presets()["cured-by-normalisation"]
    verdict = verdict_of(preset)
    assert verdict.finding is Finding.HEALTHY
    assert verdict.factor > 1
    assert trained(preset, 5000).scores.test_accuracy > 0.85
    for norm in ("none", "layer"):
        assert verdict_of(preset, cures__norm=norm).finding is Finding.VANISHING


def test_cured_by_shortcuts() -> None:
    preset = presets()["cured-by-shortcuts"]
    assert verdict_of(preset).finding is Finding.HEALTHY
    assert trained(preset, 3000).scores.test_accuracy > 0.95
    without = verdict_of(preset, cures__residual=False)
    assert without.finding is Finding.VANISHING
    assert without.factor == pytest.approx(0.5, abs=0.05)


def test_tamed_by_clipping() -> None:
    preset = presets()["tamed-by-clipping"]
    tamed = trained(preset, 1000)
    magnitudes = tamed.record.magnitudes
    assert magnitudes[ROW["clipped_gradient_norm"]].max() <= 1
    assert magnitudes[ROW["weight_gradient_norm"]].max() > 10
    wild = Run(preset.spec.with_values({"cures.clip_norm": 0.0}))
    assert diverge(wild).startswith("diverged at step ")
    assert wild.trainer.steps_done < 20
