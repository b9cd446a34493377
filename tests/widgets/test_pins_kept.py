"""Pinned runs outlive the program; whatever has become of their files is said."""

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from tests.widgets.conftest import WindowMaker
from tests.widgets.person import click
from tests.widgets.side_by_side import STEPS, card, pin, pin_count, retype
from widgets.main_window import MainWindow


def started_again(make: WindowMaker, first: MainWindow) -> MainWindow:
    """The window of the next start, with the pins of the last time."""
    window = make()
    window.session.board.folder = first.session.board.folder
    window.runs.restore()
    return window


def test_pins_are_there_again_at_the_next_start(
    waiting: MainWindow, qtbot: QtBot, make: WindowMaker, run_file: Path
) -> None:
    pinned = pin(waiting, qtbot)
    waiting.runs.pin_files([run_file])
    qtbot.waitUntil(lambda: pin_count(waiting) == 2)
    retype(card(waiting).note, "a note")
    click(card(waiting, 1).eye)
    again = started_again(make, waiting)
    qtbot.waitUntil(lambda: pin_count(again) == 2)
    live, filed = again.session.pins
    assert (live.name, live.note, live.visible, live.steps) == (pinned.name, "a note", True, STEPS)
    assert (filed.name, filed.visible, filed.path) == (run_file.stem, False, run_file)
    assert live.spec == pinned.spec
    np.testing.assert_array_equal(
        live.history.series("loss", 99).mean, pinned.history.series("loss", 99).mean
    )
    assert not again.runs.notice


def test_one_that_has_gone_is_said_and_the_rest_is_shown(
    waiting: MainWindow, qtbot: QtBot, make: WindowMaker, run_file: Path
) -> None:
    pinned = pin(waiting, qtbot)
    waiting.runs.pin_files([run_file])
    qtbot.waitUntil(lambda: pin_count(waiting) == 2)
    assert pinned.path is not None
    pinned.path.unlink()
    again = started_again(make, waiting)
    qtbot.waitUntil(lambda: bool(again.runs.notice))
    assert again.runs.notice.startswith(f"“{pinned.name}” is gone: {pinned.path.name} cannot be")
    assert again.runs.notice.count("\n") == 0
    assert [left.place for left in again.session.pins] == [1]


def test_until_all_have_been_read_the_list_of_the_last_time_is_kept(
    waiting: MainWindow, qtbot: QtBot, make: WindowMaker
) -> None:
    pin(waiting, qtbot)
    pin(waiting, qtbot)
    listed = waiting.settings.value("pins")
    window = make()
    seen: list[object] = []
    window.session.pinned.connect(lambda _pin: seen.append(window.settings.value("pins")))
    window.runs.restore()
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen[0] == listed  # a program that ends here forgets none
    assert window.settings.value("pins") == listed


def test_settings_that_make_no_sense_bring_no_pins(window: MainWindow) -> None:
    for text in ("nonsense", "[]", '[{"path": 3}]'):
        window.settings.setValue("pins", text)
        window.runs.restore()
        assert not window.session.pins
