"""Runs that cannot go on: each ending is named, and leaves a way on."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from core.training import Trainer
from lab.presets import presets
from lab.run import Phase
from lab.runfile import read_run
from lab.session import Session
from tests.widgets.person import (
    boxes,
    click,
    close_boxes,
    field,
    play,
    press,
    shown_step,
    type_number,
)
from widgets.main_window import MainWindow

Key = Qt.Key


@pytest.fixture
def diverged(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The exploding experiment with a learning rate far too large, after it has diverged."""
    window.open_preset(presets()["exploding"])
    type_number(field(window, "training.learning_rate"), "10")
    qtbot.waitUntil(lambda: shown_step(window) == 0)
    press(window, Key.Key_Space)
    qtbot.waitUntil(lambda: window.session.phase is Phase.DIVERGED)
    qtbot.waitUntil(lambda: window.verdict.headline.text().startswith("✕"))  # with the next frame
    return window


def test_divergence_is_named_and_training_stops(diverged: MainWindow) -> None:
    assert diverged.status.phase.text().startswith("✕ diverged at step")
    crash, verdict = diverged.session.crash, diverged.verdict
    assert crash is not None
    assert verdict.headline.text() == f"✕  Diverged at step {crash.step}"
    assert f"The {crash.operation} of layer {crash.layer} gave the first" in verdict.detail.text()
    assert f"{crash.numbers}. The state after step {crash.step - 1}" in verdict.detail.text()
    assert verdict.rule_text.text().startswith("Rule:")
    assert diverged.transport.play.text() == "Play"
    assert not boxes(diverged)


def test_what_a_diverged_run_cannot_do_is_disabled(diverged: MainWindow, qtbot: QtBot) -> None:
    transport = diverged.transport
    assert not transport.step.isEnabled()
    assert not transport.epoch.isEnabled()
    press(diverged, Key.Key_R)
    qtbot.waitUntil(lambda: transport.step.isEnabled() and transport.epoch.isEnabled())
    qtbot.waitUntil(lambda: "Diverged" not in diverged.verdict.headline.text())


def test_the_last_good_weights_can_be_saved(
    diverged: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "diverged.safetensors"
    diverged.session.save(path)
    qtbot.waitUntil(path.exists)
    run = read_run(path)
    assert np.isfinite(run.trainer.network.parameters).all()


def test_play_starts_anew_after_a_divergence(diverged: MainWindow, qtbot: QtBot) -> None:
    type_number(field(diverged, "training.learning_rate"), "1e-6")
    assert diverged.session.phase is Phase.DIVERGED
    ended = diverged.session.history
    press(diverged, Key.Key_Space)
    qtbot.waitUntil(lambda: diverged.session.phase is Phase.PLAYING)
    qtbot.waitUntil(lambda: shown_step(diverged) > 5)
    assert diverged.session.history is not ended
    assert "Diverged" not in diverged.verdict.headline.text()
    assert "diverged" not in diverged.status.phase.text()


def test_a_diverged_run_leads_back_to_its_last_finite_step(
    diverged: MainWindow, qtbot: QtBot
) -> None:
    session, verdict = diverged.session, diverged.verdict
    qtbot.waitUntil(verdict.go_back.isVisible)
    steps, history = len(session.history or ()), session.history
    click(verdict.go_back)
    qtbot.waitUntil(lambda: session.phase is Phase.PAUSED)
    qtbot.waitUntil(lambda: "Diverged" not in verdict.headline.text())
    assert session.history is history
    assert shown_step(diverged) == steps
    assert session.crash is None
    assert not verdict.go_back.isVisible()
    assert not verdict.go_on.isVisible()
    assert diverged.transport.step.isEnabled()


def test_a_diverged_run_goes_on_with_a_lower_learning_rate(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.open_preset(presets()["exploding"])
    type_number(field(window, "training.learning_rate"), "0.01")
    qtbot.waitUntil(lambda: shown_step(window) == 0)
    press(window, Key.Key_Space)
    session, verdict = window.session, window.verdict
    qtbot.waitUntil(lambda: session.phase is Phase.DIVERGED)
    qtbot.waitUntil(verdict.go_on.isVisible)
    history, steps = session.history, len(session.history or ())
    assert verdict.go_on.text() == "Lower the rate to 1e-6 and go on"
    click(verdict.go_on)
    qtbot.waitUntil(lambda: shown_step(window) > steps + 300)
    assert session.phase is Phase.PLAYING
    assert session.spec.training.learning_rate == 1e-6
    assert session.history is history, "it is the same run"
    assert history is not None
    assert [mark.text for mark in history.marks] == [
        "Learning rate 0.01 → 1e-6",
        "weights of step 0",
    ]
    assert "Diverged" not in verdict.headline.text()
    assert not verdict.go_on.isVisible()
    press(window, Key.Key_Space)
    assert window.undo_stack.undoText() == "learning rate"
    window.undo_stack.undo()
    assert session.spec.training.learning_rate == 0.01


def test_what_overflows_at_any_rate_is_not_offered_a_lower_one(
    window: MainWindow, qtbot: QtBot
) -> None:
    changes = {
        "network.precision": "float16",
        "network.activation": "relu",
        "network.initializer": "he_normal",
        "network.depth": 20,
        "network.gain": 3.0,
    }
    window.session.load(window.session.spec.with_values(changes))
    window.session.play()
    session, verdict = window.session, window.verdict
    qtbot.waitUntil(lambda: session.phase is Phase.DIVERGED)
    qtbot.waitUntil(verdict.go_back.isVisible)
    assert not verdict.go_on.isVisible()
    assert "overflows at any learning rate" in verdict.detail.text()
    qtbot.waitUntil(lambda: "gain" in [offer.cure.name for offer in window.verdict.cures.offers])
    qtbot.waitUntil(
        lambda: "clip_norm" not in [offer.cure.name for offer in window.verdict.cures.offers]
    )


@pytest.fixture
def failed(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A run whose engine raised an error nobody expected."""
    play(qtbot, window)

    def step(self: Trainer) -> None:
        raise RuntimeError("<b>the engine</b> is broken")

    monkeypatch.setattr(Trainer, "step", step)
    qtbot.waitUntil(lambda: window.session.phase is Phase.FAILED)
    return window


def test_a_failure_is_shown_with_all_that_is_known(failed: MainWindow, qtbot: QtBot) -> None:
    (box,) = boxes(failed)
    assert "RuntimeError: <b>the engine</b> is broken" in box.text()
    assert box.textFormat() == Qt.TextFormat.PlainText
    assert "Traceback" in box.detailedText()
    (copy,) = (b for b in box.findChildren(QPushButton) if b.text() == "Copy")
    copy.click()
    assert QApplication.clipboard().text() == box.detailedText()
    assert box.isVisible(), "to copy is not to close"
    box.button(QMessageBox.StandardButton.Close).click()
    assert not boxes(failed)
    assert failed.verdict.headline.text() == "✕  The run failed"
    assert "Play starts anew" in failed.verdict.rule_text.text()
    assert not failed.verdict.go_on.isVisible()
    assert not failed.verdict.cures.isVisible()
    assert failed.status.phase.text().startswith("✕ failed: RuntimeError")
    QApplication.clipboard().clear()


def test_a_failed_run_can_be_saved(failed: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    close_boxes(qtbot, failed)
    steps = len(failed.session.history or ())
    path = tmp_path / "failed.safetensors"
    failed.session.save(path)
    qtbot.waitUntil(path.exists)
    assert read_run(path).trainer.steps_done == steps > 0


def test_an_error_in_a_picture_does_not_stop_the_training(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window's tick raises; what follows it is lost, the next tick works."""
    play(qtbot, window)
    real = Session.poll
    calls = []

    def poll(session: Session) -> None:
        calls.append(session)
        if len(calls) == 2:
            raise ValueError("once")
        real(session)

    with qtbot.captureExceptions() as caught:
        monkeypatch.setattr(Session, "poll", poll)
        step = shown_step(window)
        qtbot.waitUntil(lambda: shown_step(window) > step + 5 and len(calls) > 3)
    assert [str(error) for _, error, _ in caught] == ["once"]


def test_a_run_that_cannot_begin_is_a_failure_too(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(*_args: object) -> None:
        raise MemoryError("too large")

    with monkeypatch.context() as patch:
        patch.setattr("lab.run.make_trainer", make)
        press(window, Key.Key_R)
        qtbot.waitUntil(lambda: bool(boxes(window)))
    assert "MemoryError: too large" in close_boxes(qtbot, window)[0]
    press(window, Key.Key_R)
    play(qtbot, window, steps=3)
