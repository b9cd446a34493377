"""Unexpected errors are written down, shown once, and stop nothing."""

import faulthandler
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from tests.widgets.person import boxes, close_boxes, play
from widgets import logs
from widgets.main_window import MainWindow


@pytest.fixture(autouse=True)
def hooks() -> Iterator[None]:
    """Take out after each test what `install` puts in."""
    root, before = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, watched = root.handlers[:], faulthandler.is_enabled()
    yield
    sys.excepthook, threading.excepthook = before
    if not watched:
        faulthandler.disable()
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    logs.unshown.clear()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The log file of a program that has installed its hooks."""
    logs.install()
    return tmp_path / "log" / logs.LOG_NAME


def fail(message: str) -> None:
    """Do what Python does with an exception that nobody catches."""
    try:
        raise ValueError(message)
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)


def test_an_error_is_written_down_with_its_traceback(log: Path) -> None:
    fail("of the main thread")
    text = log.read_text(encoding="utf-8")
    assert "ERROR unexpected error\nTraceback" in text
    assert "ValueError: of the main thread" in text
    assert [entry.splitlines()[-1] for entry in logs.unshown] == ["ValueError: of the main thread"]


def test_an_error_of_another_thread_is_written_down(
    log: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")
    assert "ZeroDivisionError" in logs.unshown[0]
    assert "ZeroDivisionError" in capfd.readouterr().err, "who started it from a terminal sees it"


def test_an_error_that_comes_again_and_again_waits_once(log: Path) -> None:
    for _ in range(50):
        fail("at every tick")
    assert len(logs.unshown) == 1
    assert log.read_text(encoding="utf-8").count("ValueError: at every tick") == 50


def test_the_log_stays_small(log: Path) -> None:
    for _ in range(3):
        logging.getLogger("test").error("x" * logs.LARGEST_LOG)
    assert sum(file.stat().st_size for file in log.parent.iterdir()) < 3 * logs.LARGEST_LOG


def test_interrupting_is_no_error(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert not logs.unshown
    assert log.read_text(encoding="utf-8") == ""


def test_a_folder_that_cannot_be_written_does_not_stop_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(logs, "log_folder", lambda: tmp_path / "file")
    logs.install()
    fail("without a log")
    assert "ValueError: without a log" in capfd.readouterr().err


def test_a_program_without_a_console_installs_its_hooks_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    logs.install()
    fail("seen by nobody")
    assert "seen by nobody" in logs.unshown[0]


def test_the_window_shows_errors_one_after_the_other(
    window: MainWindow, qtbot: QtBot, log: Path
) -> None:
    play(qtbot, window)
    fail("the first <img src=x>")
    fail("the second")
    qtbot.waitUntil(lambda: len(boxes(window)) == 1)
    (box,) = boxes(window)
    assert "the first <img src=x>" in box.text()
    assert "Traceback" in box.detailedText()
    box.close()
    qtbot.waitUntil(lambda: [b for b in boxes(window) if "the second" in b.text()] != [])
    assert len(boxes(window)) == 1
    assert "the second" in close_boxes(qtbot, window)[0]
    assert not logs.unshown
    history = window.session.history
    assert history is not None
    steps = len(history)
    qtbot.waitUntil(lambda: len(history) > steps)


def test_an_error_in_a_slot_is_shown(window: MainWindow, qtbot: QtBot, log: Path) -> None:
    def slot() -> None:
        raise RuntimeError("in a slot")

    # The program's hook has taken the place of the one that would fail this test.
    QTimer.singleShot(0, slot)
    qtbot.waitUntil(lambda: bool(boxes(window)))
    assert "RuntimeError: in a slot" in close_boxes(qtbot, window)[0]
