"""A run that nobody saved is kept beside the log, and offered again."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from lab.runfile import read_run
from widgets.main_window import MainWindow


def stepped(window: MainWindow) -> bool:
    return window.session.frame is not None and window.session.frame.step == 1


def test_closing_keeps_what_nobody_saved(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    kept = tmp_path / "kept" / "last run.safetensors"
    window.files.kept_path = kept
    window.session.take_step()
    qtbot.waitUntil(lambda: stepped(window))
    window.close()
    qtbot.waitUntil(lambda: window.session.closed)
    assert read_run(kept).trainer.steps_done == 1


def test_the_recent_menu_offers_the_kept_run_as_one_without_a_file(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.files.kept_path = tmp_path / "last run.safetensors"
    window.session.take_step()
    qtbot.waitUntil(lambda: stepped(window))
    window.files.keep_copy()
    qtbot.waitUntil(window.files.kept_path.exists)
    window.session.reset()
    qtbot.waitUntil(lambda: window.session.frame is not None and window.session.frame.step == 0)
    window.files.recent_menu.aboutToShow.emit()
    entries = {action.text(): action for action in window.files.recent_menu.actions()}
    entries["Last unsaved run (kept for you)"].trigger()
    qtbot.waitUntil(lambda: stepped(window))
    assert window.files.path is None
    assert not window.settings.value("recent")
