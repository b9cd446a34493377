"""Saving and opening runs as a person does it, and not losing them."""

import json
import signal
import struct
import threading
from collections.abc import Callable
from html import escape
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

import lab.opening
from lab.cli import WindowRequest
from lab.presets import presets
from lab.run import Phase, Run
from lab.runfile import read_run, write_run
from tests.lab.making import run_of, spec_of
from tests.widgets.conftest import WindowMaker
from tests.widgets.person import (
    answer,
    boxes,
    close_boxes,
    field,
    menu,
    pause,
    play,
    press,
    settle,
    shown_step,
    type_number,
)
from widgets import application
from widgets.main_window import MainWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Button = QMessageBox.StandardButton
STEPS = 7


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path that a person chooses in every dialog."""
    path = tmp_path / "my run.safetensors"
    for name in ("getSaveFileName", "getOpenFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *_args, **_more: (str(path), ""))
    return path


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A run file of seven steps."""
    path = tmp_path / "stored.safetensors"
    write_run(path, run_of(steps=STEPS))
    return path


def save(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    press(window, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: window.files.path == path and not window.isWindowModified())


def open_and_wait(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    window.files.open(path)
    qtbot.waitUntil(lambda: window.files.path == path)


def drop(window: MainWindow, *paths: Path | QUrl) -> bool:
    """Drag files over the window and let go; tell whether it would take them."""
    content = QMimeData()
    content.setUrls([QUrl.fromLocalFile(str(p)) if isinstance(p, Path) else p for p in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(300, 300), copy, content, buttons, keys)
    enter.ignore()
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(window, QDropEvent(QPointF(300, 300), copy, content, buttons, keys))
    return enter.isAccepted()


def test_saving_asks_once_where_and_names_the_window(
    window: MainWindow, qtbot: QtBot, chosen: Path
) -> None:
    play(qtbot, window)
    pause(qtbot, window)
    assert window.isWindowModified()
    save(window, qtbot, chosen)
    assert window.windowTitle() == "my run.safetensors[*] – Backprop Lab"
    assert window.status.currentMessage() == "Saved my run.safetensors"
    assert read_run(chosen).trainer.steps_done == shown_step(window)
    play(qtbot, window, steps=3)
    pause(qtbot, window)
    assert window.isWindowModified()
    chosen.unlink()
    save(window, qtbot, chosen)
    assert read_run(chosen).trainer.steps_done == shown_step(window)


def test_saving_while_training_does_not_stop_it(
    window: MainWindow, qtbot: QtBot, chosen: Path
) -> None:
    play(qtbot, window)
    press(window, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: window.files.path == chosen)
    saved = read_run(chosen).trainer.steps_done
    qtbot.waitUntil(lambda: shown_step(window) > saved + 5)
    assert window.session.phase is Phase.PLAYING
    assert window.isWindowModified()


def test_an_ending_is_added_to_a_name_without_one(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_args: (str(tmp_path / "plain"), "")
    )
    press(window, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil((tmp_path / "plain.safetensors").exists)


def test_nothing_is_saved_when_no_name_is_chosen(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: ("", ""))
    press(window, Qt.Key.Key_S, CTRL)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: ("", ""))
    press(window, Qt.Key.Key_O, CTRL)
    assert window.files.path is None
    assert not list(tmp_path.glob("*.safetensors"))


def test_a_reopened_run_goes_on_where_it_was(
    window: MainWindow, qtbot: QtBot, stored: Path
) -> None:
    window.open_preset(presets()["digits"])
    window.files.open(stored)
    qtbot.waitUntil(lambda: shown_step(window) == STEPS)
    assert window.session.spec == spec_of()
    assert window.session.phase is Phase.PAUSED
    assert not window.isWindowModified()
    assert window.windowTitle().startswith("stored.safetensors")
    qtbot.waitUntil(lambda: window.gradients.lines.lines.y.shape == (4, STEPS))
    assert not window.undo_stack.canUndo(), "what came before belongs to another run"
    press(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shown_step(window) == STEPS + 1)
    fresh = run_of(steps=STEPS + 1)
    assert window.session.frame is not None
    np.testing.assert_array_equal(window.session.frame.record.magnitudes, fresh.record.magnitudes)


def test_while_a_file_is_read_the_window_goes_on(
    window: MainWindow, qtbot: QtBot, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_go_on = threading.Event(), threading.Event()

    def slow_read(path: Path) -> Run:
        begun.set()
        assert may_go_on.wait(20)
        return read_run(path)

    monkeypatch.setattr(lab.opening, "read_run", slow_read)
    window.files.open(stored)
    assert begun.wait(5)
    assert window.windowTitle().startswith("untitled")
    assert window.status.currentMessage() == "Opening stored.safetensors …"
    window.theme.set_choice("light")
    assert not window.grab().isNull()
    may_go_on.set()
    qtbot.waitUntil(lambda: shown_step(window) == STEPS)
    assert window.windowTitle().startswith("stored.safetensors")
    assert window.status.currentMessage() == "Opened stored.safetensors"


def test_a_slider_moved_while_a_file_is_read_wins(
    window: MainWindow, qtbot: QtBot, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = threading.Event()
    monkeypatch.setattr(lab.opening, "read_run", lambda path: may_go_on.wait(20) and read_run(path))
    window.files.open(stored)
    type_number(field(window, "network.depth"), "5")
    may_go_on.set()
    qtbot.waitUntil(lambda: shown_step(window) == 0)
    assert window.session.spec.value("network.depth") == 5
    assert "was changed meanwhile" in window.status.currentMessage()
    assert window.files.path is None
    assert window.undo_stack.canUndo()


def test_recent_files_are_listed_and_can_be_forgotten(
    window: MainWindow, qtbot: QtBot, stored: Path, tmp_path: Path
) -> None:
    odd = tmp_path / "a & b <img src=x>.safetensors"
    gone = tmp_path / "gone.safetensors"
    for path in (odd, gone):
        path.write_bytes(stored.read_bytes())
    for path in (stored, odd, gone, stored):
        open_and_wait(window, qtbot, path)
    gone.unlink()
    recent = window.files.recent_menu
    recent.aboutToShow.emit()
    entries = [action for action in recent.actions() if not action.isSeparator()]
    assert [entry.text() for entry in entries] == [
        "stored.safetensors",
        "gone.safetensors",
        "a && b <img src=x>.safetensors",
        "Clear",
    ]
    assert [entry.isEnabled() for entry in entries] == [True, False, True, True]
    assert entries[2].toolTip() == f"<qt>{escape(str(odd))}</qt>"
    entries[2].trigger()
    qtbot.waitUntil(lambda: window.files.path == odd)
    recent.aboutToShow.emit()
    recent.actions()[-1].trigger()
    recent.aboutToShow.emit()
    (clear,) = (action for action in recent.actions() if not action.isSeparator())
    assert not clear.isEnabled()


def test_a_run_file_can_be_dropped(window: MainWindow, qtbot: QtBot, stored: Path) -> None:
    assert drop(window, stored)
    qtbot.waitUntil(lambda: window.files.path == stored and shown_step(window) == STEPS)


def test_nothing_else_is_taken(window: MainWindow, stored: Path) -> None:
    assert not drop(window, stored, stored)
    assert not drop(window, QUrl("https://example.org/run.safetensors"))
    assert not drop(window)
    assert window.files.path is None


def test_a_file_on_the_command_line_is_opened(
    qtbot: QtBot, make: WindowMaker, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make(WindowRequest(file=stored))
    monkeypatch.setattr(QApplication, "exec", lambda *_args: 0)
    monkeypatch.setattr(application, "freeze_garbage_collection", lambda: None)
    monkeypatch.setattr(signal, "signal", lambda *_args: None)
    assert application._run(QApplication.instance(), window, stored) == 0  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: shown_step(window) == STEPS)


def altered(content: bytes) -> bytes:
    """One bit of a weight is another."""
    return content[:-1] + bytes([content[-1] ^ 1])


def newer(content: bytes) -> bytes:
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    facts = json.loads(header["__metadata__"]["backprop_lab"])
    header["__metadata__"]["backprop_lab"] = json.dumps(facts | {"format": 99, "version": "9.9"})
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda _content: b"GIF89a", "it is not a run of Backprop Lab"),
        (lambda content: content[: len(content) // 2], "it is cut short"),
        (altered, "its content was altered after it was saved"),
        (newer, "it was saved by a newer version (9.9)"),
        (lambda _content: b"", "it is not a run of Backprop Lab"),
    ],
    ids=["other", "truncated", "altered", "newer", "empty"],
)
def test_a_bad_file_is_refused_in_one_sentence_and_changes_nothing(
    window: MainWindow, qtbot: QtBot, stored: Path, spoil: Callable[[bytes], bytes], reason: str
) -> None:
    stored.write_bytes(spoil(stored.read_bytes()))
    play(qtbot, window)
    spec, history = window.session.spec, window.session.history
    window.files.open(stored)
    qtbot.waitUntil(lambda: bool(boxes(window)))
    (said,) = close_boxes(qtbot, window)
    assert said.startswith(f"stored.safetensors cannot be opened: {reason}")
    assert said.count("\n") == 0
    assert (window.session.spec, window.session.history) == (spec, history)
    assert window.session.phase is Phase.PLAYING
    assert window.files.path is None
    step = shown_step(window)
    qtbot.waitUntil(lambda: shown_step(window) > step)


def test_a_missing_file_is_refused(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.files.open(tmp_path / "<img src=x>.safetensors")
    qtbot.waitUntil(lambda: bool(boxes(window)))
    (box,) = boxes(window)
    assert box.textFormat() == Qt.TextFormat.PlainText
    (said,) = close_boxes(qtbot, window)
    assert said == "<img src=x>.safetensors cannot be opened: no such file or directory."


def test_a_save_that_fails_says_why_and_training_goes_on(
    window: MainWindow, qtbot: QtBot, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored.read_bytes()
    window.files.open(stored)
    qtbot.waitUntil(lambda: shown_step(window) == STEPS)
    play(qtbot, window, steps=3)

    def replace(_self: Path, _target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", replace)
    press(window, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: bool(boxes(window)))
    (said,) = close_boxes(qtbot, window)
    assert said.startswith(f"{stored} could not be saved: Permission denied.")
    assert "Training goes on" in said
    assert stored.read_bytes() == before
    assert list(stored.parent.glob(".*")) == []
    step = shown_step(window)
    qtbot.waitUntil(lambda: shown_step(window) > step)
    assert window.session.phase is Phase.PLAYING
    pause(qtbot, window)
    assert window.isWindowModified()
    with monkeypatch.context():
        monkeypatch.undo()
        save(window, qtbot, stored)


def test_saving_into_a_missing_folder_says_why(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "nowhere" / "run.safetensors"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(target), ""))
    press(window, Qt.Key.Key_S, CTRL | SHIFT)
    qtbot.waitUntil(lambda: bool(boxes(window)))
    (said,) = close_boxes(qtbot, window)
    assert str(target) in said
    assert "No such file or directory" in said
    assert window.files.path is None


@pytest.fixture
def unsaved(window: MainWindow, qtbot: QtBot, stored: Path) -> MainWindow:
    """A window with a file's run that has more steps than the file."""
    window.files.open(stored)
    qtbot.waitUntil(lambda: shown_step(window) == STEPS)
    press(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shown_step(window) == STEPS + 1)
    assert window.isWindowModified()
    return window


@pytest.fixture
def other(tmp_path: Path) -> Path:
    path = tmp_path / "other.safetensors"
    write_run(path, run_of(steps=2))
    return path


@pytest.mark.parametrize("said", [Button.Save, Button.Discard, Button.Cancel])
def test_a_question_comes_before_another_run_is_opened(
    unsaved: MainWindow, qtbot: QtBot, stored: Path, other: Path, said: Button
) -> None:
    asked = answer(unsaved, said)
    unsaved.files.open(other)
    assert asked == ["The run has steps that its file does not hold."]
    if said == Button.Cancel:
        assert unsaved.files.path == stored
        assert shown_step(unsaved) == STEPS + 1
    else:
        qtbot.waitUntil(lambda: shown_step(unsaved) == 2)
        assert unsaved.files.path == other
    expected = STEPS + 1 if said == Button.Save else STEPS
    assert read_run(stored).trainer.steps_done == expected


@pytest.mark.parametrize("said", [Button.Discard, Button.Cancel])
def test_a_question_comes_before_a_lesson(unsaved: MainWindow, stored: Path, said: Button) -> None:
    asked = answer(unsaved, said)
    lesson = presets()["digits"]
    unsaved.open_preset(lesson)
    assert len(asked) == 1
    assert (unsaved.session.spec == lesson.spec) is (said == Button.Discard)
    assert unsaved.files.path == (None if said == Button.Discard else stored)


def test_no_question_when_nothing_would_be_lost(
    window: MainWindow, qtbot: QtBot, stored: Path, other: Path
) -> None:
    window.files.open(stored)
    qtbot.waitUntil(lambda: shown_step(window) == STEPS)
    window.files.open(other)
    qtbot.waitUntil(lambda: shown_step(window) == 2)
    assert not boxes(window)


def test_what_could_not_be_saved_is_not_given_up(
    unsaved: MainWindow, qtbot: QtBot, stored: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lab.saving.write_run", write)
    for lose in (lambda: unsaved.files.open(other), unsaved.close):
        asked = answer(unsaved, Button.Save)
        lose()
        qtbot.waitUntil(lambda: len(boxes(unsaved)) == 1)
        assert asked
        assert "No space left on device" in close_boxes(qtbot, unsaved)[0]
        assert unsaved.isVisible()
        assert unsaved.files.path == stored
        assert shown_step(unsaved) == STEPS + 1
    play(qtbot, unsaved, steps=1)
    settle_and_save(unsaved, qtbot, monkeypatch)


def settle_and_save(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    pause(qtbot, window)
    monkeypatch.undo()
    press(window, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: not window.isWindowModified())


def test_a_changed_experiment_keeps_its_file(
    unsaved: MainWindow, qtbot: QtBot, stored: Path
) -> None:
    type_number(field(unsaved, "network.depth"), "5")
    qtbot.waitUntil(lambda: shown_step(unsaved) == 0)
    assert unsaved.files.path == stored
    assert not unsaved.isWindowModified()
    settle(qtbot, unsaved)


def test_the_file_menu_has_the_usual_keys(window: MainWindow) -> None:
    keys = {
        action.text(): action.shortcut().toString() for action in menu(window, "&File").actions()
    }
    assert keys["&Open…"] == "Ctrl+O"
    assert keys["&Save"] == "Ctrl+S"
    assert keys["Save &As…"] == "Ctrl+Shift+S"
    assert keys["&Quit"] == "Ctrl+Q"
