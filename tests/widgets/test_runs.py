"""Runs side by side, as a person pins, names, hides, removes and compares them."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from lab.pins import MOST_PINS
from lab.traces import Wish
from tests.widgets.person import click, menu, pause, play, press
from tests.widgets.side_by_side import (
    CTRL,
    STEPS,
    card,
    drop,
    panel,
    pin,
    pin_count,
    retype,
    take_steps,
)
from widgets.main_window import MainWindow

NASTY = "<img src=x> & <b>bold"


def test_an_empty_list_says_what_would_fill_it_and_a_run_without_steps_does_not(
    window: MainWindow,
) -> None:
    assert panel(window).empty.isVisible()
    assert "Ctrl+P" in panel(window).empty.text()
    press(window, Qt.Key.Key_P, CTRL)
    assert "no steps yet" in window.status.currentMessage()
    assert "no steps yet" in panel(window).notice.text()
    assert panel(window).notice.isVisible()


def test_a_key_pins_the_run_and_the_list_shows_its_numbers(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    pinned = pin(waiting, qtbot)
    shown = card(waiting)
    assert shown.name.text() == pinned.name == "4×6 tanh"
    assert shown.numbers.cells[0].text() == str(STEPS)
    assert shown.differs.text() == "Same settings as the present run."
    assert not shown.warns.isVisible()
    assert not panel(waiting).empty.isVisible()
    assert "Pinned “4×6 tanh”" in waiting.status.currentMessage()
    present = [cell.text() for cell in panel(waiting).numbers.cells]
    assert present == [cell.text() for cell in shown.numbers.cells]


def test_every_setting_that_differs_is_named_as_it_changes(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    pin(waiting, qtbot)
    shown = card(waiting)
    spec = waiting.session.spec
    waiting.change_spec(spec.with_values({"network.gain": 2.0}), "gain")
    assert shown.differs.text() == "Pinned → present: Gain 1 → 2"
    assert not shown.warns.isVisible()
    changes = {"network.gain": 2.0, "network.depth": 6, "network.seed": 3}
    waiting.change_spec(spec.with_values(changes), "more")
    assert shown.differs.text() == "Pinned → present: Depth 4 → 6; Gain 1 → 2; Seed 0 → 3"
    assert "2 settings differ: Depth and Gain" in shown.warns.text()
    assert "another seed" in shown.warns.text().lower()
    assert shown.warns.isVisible()


def test_a_list_behind_another_panel_is_right_when_it_is_looked_at(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    pin(waiting, qtbot)
    shown, numbers = card(waiting), panel(waiting).numbers
    waiting.show_panel("lesson")
    qtbot.waitUntil(lambda: shown.visibleRegion().isEmpty())
    waiting.change_spec(waiting.session.spec.with_values({"network.gain": 2.0}), "gain")
    take_steps(waiting, qtbot, 2)
    assert "Gain" not in shown.differs.text()  # what nobody looks at costs nothing
    waiting.show_panel("runs")
    qtbot.waitUntil(lambda: "Gain 1 → 2" in shown.differs.text())
    assert numbers.cells[0].text() == "2"


def test_name_and_note_are_typed(waiting: MainWindow, qtbot: QtBot) -> None:
    pin(waiting, qtbot)
    retype(card(waiting).name, NASTY)
    retype(card(waiting).note, "why it stops")
    (pinned,) = waiting.session.pins
    assert (pinned.name, pinned.note) == (NASTY, "why it stops")
    assert card(waiting).name.text() == NASTY


def test_an_empty_name_is_refused_and_the_old_one_shown(waiting: MainWindow, qtbot: QtBot) -> None:
    name = pin(waiting, qtbot).name
    retype(card(waiting).name, "")
    assert waiting.session.pins[0].name == name == card(waiting).name.text()
    assert "needs a name" in panel(waiting).notice.text()


def test_names_from_outside_are_never_taken_for_html(
    waiting: MainWindow, qtbot: QtBot, run_file: Path
) -> None:
    waiting.runs.pin_files([run_file])
    qtbot.waitUntil(lambda: len(waiting.session.pins) == 1)
    assert card(waiting).name.text() == run_file.stem
    assert "<img" not in card(waiting).name.toolTip()
    labels = panel(waiting).findChildren(QLabel)
    outside = [label for label in labels if "<" in label.text()]
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in outside)
    for widget in panel(waiting).findChildren(QLabel):
        assert "<img" not in widget.toolTip()


def test_the_eye_hides_a_run_in_the_pictures(waiting: MainWindow, qtbot: QtBot) -> None:
    pin(waiting, qtbot)
    assert len(waiting.loss.ghosts.losses.ghosts) == 2
    click(card(waiting).eye)
    assert not waiting.session.pins[0].visible
    assert not waiting.loss.ghosts.losses.ghosts
    click(card(waiting).eye)
    assert waiting.session.pins[0].visible
    assert waiting.loss.ghosts.losses.ghosts


def test_a_removed_run_comes_back_by_undo_with_its_words(waiting: MainWindow, qtbot: QtBot) -> None:
    first = pin(waiting, qtbot)
    pin(waiting, qtbot)
    retype(card(waiting).name, "mine")
    click(card(waiting).cross)
    assert [left.place for left in waiting.session.pins] == [1]
    waiting.undo_stack.undo()
    assert waiting.session.pins[0].name == "mine"
    assert waiting.session.pins[0].history is first.history
    waiting.undo_stack.redo()
    assert [left.place for left in waiting.session.pins] == [1]
    assert len(panel(waiting).cards) == 1


def test_undo_of_a_removal_says_when_there_is_no_place_left(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    for _ in range(MOST_PINS):
        pin(waiting, qtbot)
    click(card(waiting, 2).cross)
    pin_at_two = pin_count(waiting)
    press(waiting, Qt.Key.Key_P, CTRL)
    qtbot.waitUntil(lambda: len(waiting.session.pins) == pin_at_two + 1)
    before = waiting.session.pins
    waiting.undo_stack.undo()
    assert "8 places" in panel(waiting).notice.text()
    waiting.undo_stack.redo()
    assert waiting.session.pins == before


def test_the_ninth_is_refused_in_a_sentence(waiting: MainWindow, qtbot: QtBot) -> None:
    for _ in range(MOST_PINS):
        pin(waiting, qtbot)
    press(waiting, Qt.Key.Key_P, CTRL)
    assert "8 places" in waiting.status.currentMessage()
    assert pin_count(waiting) == MOST_PINS
    assert len(panel(waiting).cards) == MOST_PINS


def test_files_are_chosen_or_dropped_and_leave_the_bench_alone(
    waiting: MainWindow, qtbot: QtBot, run_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_args: ([str(run_file)], ""))
    history = waiting.session.history
    (action,) = (one for one in menu(waiting, "&Run").actions() if "from a &File" in one.text())
    action.trigger()
    qtbot.waitUntil(lambda: pin_count(waiting) == 1)
    assert drop(panel(waiting), run_file, run_file)
    qtbot.waitUntil(lambda: pin_count(waiting) == 3)
    assert waiting.session.history is history
    assert waiting.files.path is None
    assert "Depth 9 → 4" in card(waiting).differs.text()
    assert not drop(panel(waiting), QUrl("https://example.org/run.safetensors"))
    assert not drop(panel(waiting))


def test_a_damaged_file_is_said_in_one_sentence(
    waiting: MainWindow, qtbot: QtBot, run_file: Path
) -> None:
    run_file.write_bytes(run_file.read_bytes()[:-5])
    drop(panel(waiting), run_file)
    qtbot.waitUntil(lambda: bool(panel(waiting).notice.text()))
    assert panel(waiting).notice.text() == f"{run_file.name} cannot be opened: it is cut short."
    assert panel(waiting).notice.isVisible()
    assert not waiting.session.pins


def test_every_control_has_a_name_a_tooltip_and_a_place_in_the_order_of_keys(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    pin(waiting, qtbot)
    controls = [
        *panel(waiting).findChildren(QToolButton),
        *panel(waiting).findChildren(QLineEdit),
    ]
    assert len(controls) == 6
    for control in controls:
        assert control.accessibleName()
        assert control.toolTip()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert len({control.accessibleName() for control in controls}) == len(controls)
    card(waiting).cross.setFocus()
    press(waiting, Qt.Key.Key_Return)
    assert not waiting.session.pins


def test_a_playing_run_is_pinned_as_it_is(waiting: MainWindow, qtbot: QtBot) -> None:
    play(qtbot, waiting)
    pinned = pin(waiting, qtbot)
    assert pinned.steps > STEPS
    pause(qtbot, waiting)
    assert pinned.trace(Wish("loss", 99)).last[-1] == pinned.steps


@pytest.mark.parametrize("size", [(1024, 700), (1440, 900)])
def test_no_number_is_cut(waiting: MainWindow, qtbot: QtBot, size: tuple[int, int]) -> None:
    waiting.resize(*size)
    waiting.reset_layout()
    waiting.show_panel("runs")
    pin(waiting, qtbot)
    QApplication.processEvents()
    rows = [panel(waiting).numbers, card(waiting, 0).numbers]
    shown = [[not cell.isHidden() for cell in row.cells] for row in rows]
    assert shown[0] == shown[1]
    assert shown[0][2]
    assert shown[0][-1]
    assert all(shown[0]) == (size[0] > 1024)
    for row in rows:
        for cell in row.cells:
            width = cell.fontMetrics().horizontalAdvance(cell.text())
            assert cell.isHidden() or width <= cell.width(), cell.text()
