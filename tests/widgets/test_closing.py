"""Closing the window: the thread ends, files stay whole, nothing hangs, work is not lost."""

import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

import lab.saving
from core.training import StepRecord, Trainer
from lab.run import Run
from lab.runfile import read_run, write_run
from tests.lab.making import run_of
from tests.widgets.person import answer, play, press, shown_step
from widgets.main_window import MainWindow

Button = QMessageBox.StandardButton
SOON_S = 2.0


def wait_closed(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.isVisible())
    assert window.session.closed
    assert "training" not in {thread.name for thread in threading.enumerate()}


def test_closing_while_training_ends_the_thread_soon(window: MainWindow, qtbot: QtBot) -> None:
    play(qtbot, window)
    began = time.process_time()
    press(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    wait_closed(window, qtbot)
    assert time.process_time() - began < SOON_S


def test_the_window_lives_on_while_the_last_step_is_taken(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, begun, ended = Trainer.step, threading.Event(), threading.Event()

    def step(trainer: Trainer) -> StepRecord:
        begun.set()
        assert ended.wait(60)
        return real(trainer)

    monkeypatch.setattr(Trainer, "step", step)
    window.session.play()
    assert begun.wait(60)
    fired = list[None]()
    timer = QTimer()
    timer.timeout.connect(lambda: fired.append(None))
    timer.start(4)
    window.close()
    qtbot.waitUntil(lambda: len(fired) > 10)
    assert window.isVisible(), "it leaves when the thread has ended, not before"
    assert "Ending" in window.status.currentMessage()
    ended.set()
    wait_closed(window, qtbot)
    timer.stop()


def test_closing_twice_is_closing(window: MainWindow, qtbot: QtBot) -> None:
    play(qtbot, window)
    window.close()
    window.close()
    wait_closed(window, qtbot)


def test_closing_keeps_the_layout_and_leaving_does_not(
    window: MainWindow, qtbot: QtBot, settings: QSettings
) -> None:
    window.leave()
    wait_closed(window, qtbot)
    assert settings.allKeys() == []


@pytest.fixture
def slow_save(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Saving begins, says so, and takes its time."""
    began = threading.Event()

    def write(path: Path, run: Run) -> None:
        began.set()
        threading.Event().wait(0.2)
        write_run(path, run)

    monkeypatch.setattr(lab.saving, "write_run", write)
    return began


@pytest.mark.parametrize("before", [False, True], ids=["new file", "over a file"])
def test_closing_in_the_middle_of_a_save_leaves_a_whole_file(
    window: MainWindow, qtbot: QtBot, slow_save: threading.Event, tmp_path: Path, before: bool
) -> None:
    path = tmp_path / "run.safetensors"
    if before:
        write_run(path, run_of(steps=1))
    play(qtbot, window)
    window.session.save(path)
    assert slow_save.wait(5)
    window.close()
    wait_closed(window, qtbot)
    assert read_run(path).spec == window.session.spec
    assert list(tmp_path.glob(".*")) == []


@pytest.fixture
def unsaved(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> MainWindow:
    path = tmp_path / "run.safetensors"
    write_run(path, run_of(steps=3))
    window.files.open(path)
    qtbot.waitUntil(lambda: shown_step(window) == 3)
    play(qtbot, window, steps=2)
    return window


def test_saying_save_closes_when_it_is_saved(
    unsaved: MainWindow, qtbot: QtBot, slow_save: threading.Event
) -> None:
    path = unsaved.files.path
    assert path is not None
    asked = answer(unsaved, Button.Save)
    unsaved.close()
    assert asked
    wait_closed(unsaved, qtbot)
    assert read_run(path).trainer.steps_done > 3


def test_saying_discard_closes_and_leaves_the_file_as_it_was(
    unsaved: MainWindow, qtbot: QtBot
) -> None:
    path = unsaved.files.path
    assert path is not None
    asked = answer(unsaved, Button.Discard)
    unsaved.close()
    assert asked
    wait_closed(unsaved, qtbot)
    assert read_run(path).trainer.steps_done == 3


def test_saying_cancel_goes_on(unsaved: MainWindow, qtbot: QtBot) -> None:
    asked = answer(unsaved, Button.Cancel)
    unsaved.close()
    assert asked
    step = shown_step(unsaved)
    qtbot.waitUntil(lambda: shown_step(unsaved) > step)
    assert unsaved.isVisible()
    assert not unsaved.session.closed
