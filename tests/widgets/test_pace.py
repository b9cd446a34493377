"""What is shown now and then: by time, and at rest all of it, of one step."""

from types import SimpleNamespace

import pytest
from PySide6.QtGui import QTextDocument
from pytestqt.qtbot import QtBot

import lab.worker
from lab.network_view import NetworkView
from lab.run import Phase
from lab.words import number, percent, spaced
from tests.widgets.person import pause, play, shown_step
from widgets import pace
from widgets.main_window import MainWindow
from widgets.pace import Seldom
from widgets.runs_panel import RunsPanel


def plain(rich: str) -> str:
    """What a person reads of it."""
    document = QTextDocument()
    document.setHtml(rich)
    return document.toPlainText().replace("\u00a0", " ")


def test_few_frames_are_all_shown_and_of_many_some(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, seldom = [1e9], Seldom(4)
    monkeypatch.setattr(pace, "time", SimpleNamespace(perf_counter=lambda: clock[0]))

    def shown(frames: int, apart: float) -> int:
        count = 0
        for _ in range(frames):
            clock[0] += apart * pace.FRAME_INTERVAL_MS / 1000
            count += seldom.is_time(resting=False)
        return count

    assert shown(20, apart=1.0) == 5
    assert shown(20, apart=30.0) == 20
    assert not seldom.is_time(resting=False)
    assert seldom.is_time(resting=True)
    seldom.restart()
    assert seldom.is_time(resting=False)


def test_a_slow_run_that_is_paused_shows_one_step_everywhere(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = window.session
    window.show_panel("runs")
    session.set_speed(20)
    # Every frame has all pictures, so that none comes after the last; nothing is shown but first.
    monkeypatch.setattr(lab.worker, "EXHIBITS_INTERVAL_S", 0.0)
    monkeypatch.setattr(lab.worker, "EXHIBITS_SHARE", 1e9)
    monkeypatch.setattr(pace, "FRAME_INTERVAL_MS", 1e9)
    session.play()
    qtbot.waitUntil(lambda: shown_step(window) >= 15)
    session.pause()
    qtbot.waitUntil(lambda: session.phase is Phase.PAUSED)
    qtbot.waitUntil(lambda: window.status.values["step"].text() == spaced(shown_step(window)))
    frame = session.frame
    assert frame is not None
    assert f"{frame.step} of 1\u202f000 steps" in window.verdict.further[0].text()
    scores, text = frame.scores, plain(window.loss.readout.text())
    loss, test = number(float(frame.record.loss)), number(scores.test_loss)
    assert text == f"— train {loss}   — test {test}   {percent(scores.test_accuracy)} right"
    assert window.status.values["loss"].text() == loss
    assert window.status.values["test"].text() == test
    (view,) = window.network.wishes
    assert isinstance(view, NetworkView)
    assert window.network.state is frame.shown(view)
    panel = window.docks["runs"].widget()
    assert isinstance(panel, RunsPanel)
    steps = next(cell for cell in panel.numbers.cells if cell.accessibleName() == "step")
    assert steps.text() == spaced(frame.step)


def test_at_rest_the_head_of_the_loss_is_no_mean_of_many_steps(
    window: MainWindow, qtbot: QtBot
) -> None:
    play(qtbot, window, steps=2000)
    pause(qtbot, window)
    frame, train = window.session.frame, window.loss.train
    assert frame is not None
    loss = number(float(frame.record.loss))
    assert number(float(train.y[0, -1])) != loss, "the end of the line is a mean"
    qtbot.waitUntil(lambda: plain(window.loss.readout.text()).startswith(f"— train {loss}   "))
