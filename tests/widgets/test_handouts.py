"""Writing a hand-out, and what those who open it see and can do."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from lab.cures import CURES
from lab.handouts import Handout
from lab.offers import Offer
from lab.presets import presets
from lab.runfile import read_run, write_run
from lab.spec import KNOBS
from tests.lab.making import run_of, spec_of
from tests.lab.test_runfile import forged
from tests.widgets.person import (
    boxes,
    click,
    close_boxes,
    field,
    key,
    menu,
    press,
    shown_step,
    type_number,
    write,
)
from widgets.controls.number_editor import NumberEditor
from widgets.handout_dialog import FREE, HIDDEN, LOCKED, HandoutDialog
from widgets.main_window import MainWindow

STEPS = 6
CURES_PATHS = tuple(path for path, knob in KNOBS.items() if knob.group == "cures")
HANDOUT = Handout(
    "Why does it stop? [*] <b>",
    "Find out.\nThen explain.",
    ("network.depth", "network.seed", "training.learning_rate"),
    CURES_PATHS,
)


@pytest.fixture
def handed_out(tmp_path: Path) -> Path:
    run = run_of(steps=STEPS)
    run.handout = HANDOUT
    write_run(tmp_path / "handed out.safetensors", run)
    return tmp_path / "handed out.safetensors"


@pytest.fixture
def pupil(window: MainWindow, qtbot: QtBot, handed_out: Path) -> MainWindow:
    """The window of someone who has opened the hand-out."""
    window.files.open(handed_out)
    qtbot.waitUntil(lambda: shown_step(window) == STEPS)
    return window


def dialog_of(window: MainWindow) -> HandoutDialog:
    (action,) = (a for a in menu(window, "&File").actions() if a.text() == "Save as &Hand-out…")
    action.trigger()
    (dialog,) = window.findChildren(HandoutDialog)
    assert dialog.isVisible()
    return dialog


def unlock(window: MainWindow) -> None:
    (action,) = (a for a in menu(window, "&View").actions() if "Unlock" in a.text())
    action.trigger()


def depth(window: MainWindow) -> int:
    value: int = window.session.spec.value("network.depth")
    return value


# -- writing one


def test_a_hand_out_is_written_and_the_teacher_goes_on_as_before(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "for you.safetensors"
    plain = str(path.with_suffix(""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (plain, ""))
    title = window.windowTitle()
    dialog = dialog_of(window)
    write(dialog.title, "Deep")
    write(dialog.task, "Try it.")
    click(dialog.choices["network.depth"].group.button(LOCKED))
    click(dialog.groups["cures", HIDDEN])
    click(dialog.choices["cures.l2"].group.button(FREE))
    key(dialog.title, Qt.Key.Key_Return)
    qtbot.waitUntil(path.exists)
    qtbot.waitUntil(lambda: "hand-out" in window.status.currentMessage())
    hidden = tuple(one for one in CURES_PATHS if one != "cures.l2")
    assert read_run(path).handout == Handout("Deep", "Try it.", ("network.depth",), hidden)
    assert (window.windowTitle(), window.files.path) == (title, None)
    assert window.session.handout is None
    assert field(window, "network.depth").isEnabled()
    window.files.recent_menu.aboutToShow.emit()
    assert window.files.recent_menu.actions()[0].text() == "for you.safetensors"


def test_a_hand_out_needs_a_title(window: MainWindow, qtbot: QtBot) -> None:
    dialog = dialog_of(window)
    key(dialog.title, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.fault.text() == "This cannot be handed out: it has no title."
    key(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.findChildren(HandoutDialog))


def test_too_long_a_task_is_refused(window: MainWindow, qtbot: QtBot) -> None:
    dialog = dialog_of(window)
    write(dialog.title, "Deep")
    dialog.task.setPlainText("x" * 5000)
    dialog.accept()
    assert "its task has 5000 characters, of 4000 allowed" in dialog.fault.text()
    dialog.reject()
    qtbot.waitUntil(lambda: not window.findChildren(HandoutDialog))


def test_the_dialog_offers_every_control_and_what_was_handed_out(
    pupil: MainWindow, qtbot: QtBot
) -> None:
    dialog = dialog_of(pupil)
    assert set(dialog.choices) == set(KNOBS)
    assert dialog.handout() == HANDOUT
    dialog.reject()
    qtbot.waitUntil(lambda: not pupil.findChildren(HandoutDialog))


# -- opening one


def test_words_and_title_say_what_it_is(pupil: MainWindow) -> None:
    assert pupil.lesson_panel.contents.title.text() == HANDOUT.title
    assert pupil.lesson_panel.contents.text.text() == HANDOUT.task
    assert pupil.lesson_panel.isVisible()
    expected = "handed out.safetensors[*] – Why does it stop? [*][*] <b> – Backprop Lab"
    assert pupil.windowTitle() == expected


def test_what_is_hidden_is_hidden_and_what_is_locked_is_locked(pupil: MainWindow) -> None:
    editors = pupil.build.editors
    assert not any(editors[path].isVisibleTo(pupil.build) for path in CURES_PATHS)
    for path in HANDOUT.locked:
        editor = editors[path]
        assert editor.isVisibleTo(pupil.build)
        assert not editor.isEnabled()
        assert isinstance(editor, NumberEditor)
        assert editor.box.toolTip() == "Locked by this hand-out."
    assert editors["network.width"].isEnabled()
    assert editors["network.width"].isVisibleTo(pupil.build)


def test_a_locked_control_cannot_be_changed_by_its_editor(pupil: MainWindow) -> None:
    editor = field(pupil, "network.depth")
    click(editor.box)
    write(editor.box, "9")
    editor.value_changed.emit(9, 1)  # whatever way it comes
    assert depth(pupil) == 3
    assert pupil.status.currentMessage() == "This hand-out locks Depth; the View menu unlocks."
    assert not pupil.undo_stack.canUndo()
    assert editor.value() == 3


def test_a_lock_on_the_depth_holds_the_list_of_layers(pupil: MainWindow) -> None:
    editor = pupil.build.editors["network.layers"]
    assert editor.isVisibleTo(pupil.build)
    assert not editor.isEnabled()
    editor.value_changed.emit("3 relu, 4 tanh", 1)
    changes = {"network.layers": ({"width": 3, "activation": "relu"},)}
    pupil.network.editors.changes_wanted.emit(changes, "x", 1)
    assert pupil.session.spec == spec_of()
    assert pupil.status.currentMessage() == "This hand-out locks Depth; the View menu unlocks."
    assert not pupil.undo_stack.canUndo()
    unlock(pupil)
    assert editor.isEnabled()


def test_with_a_hidden_width_the_list_of_layers_is_hidden(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    run = run_of(steps=STEPS)
    run.handout = Handout("How wide?", hidden=("network.width",))
    write_run(tmp_path / "run", run)
    window.files.open(tmp_path / "run")
    qtbot.waitUntil(lambda: shown_step(window) == STEPS)
    editors = window.build.editors
    assert not editors["network.layers"].isVisibleTo(window.build)
    assert editors["network.depth"].isVisibleTo(window.build)
    unlock(window)
    assert editors["network.layers"].isVisibleTo(window.build)


def test_a_free_control_is_free_and_what_is_held_stays_so(pupil: MainWindow, qtbot: QtBot) -> None:
    type_number(field(pupil, "network.width"), "7")
    qtbot.waitUntil(lambda: shown_step(pupil) == 0)
    assert pupil.session.spec.value("network.width") == 7
    assert not field(pupil, "network.depth").isEnabled()
    pupil.undo_stack.undo()
    assert pupil.session.spec == spec_of()
    assert not field(pupil, "network.depth").isEnabled()


WAYS: dict[str, Callable[[MainWindow], object]] = {
    "new seed": lambda window: press(window, Qt.Key.Key_N),
    "a cure": lambda window: window.trials.apply("more", {"cures.norm": "layer"}),
    "a card": lambda window: window.network.editors.changes_wanted.emit(
        {"cures.norm": "layer"}, "x", 1
    ),
    "a lower rate": lambda window: window.verdict.rate_chosen.emit(0.001),
}


def test_other_ways_of_changing_it_are_held_too(pupil: MainWindow) -> None:
    for way, change in WAYS.items():
        pupil.status.clearMessage()
        change(pupil)
        assert pupil.session.spec == spec_of(), way
        assert pupil.status.currentMessage().startswith("This hand-out locks "), way
        assert not pupil.session.pins, way


def test_a_cure_of_what_is_held_cannot_be_tried(pupil: MainWindow) -> None:
    cures = pupil.verdict.cures
    cure = next(iter(CURES.values()))
    offers = (Offer(cure, {"cures.norm": "layer"}), Offer(cure, {"network.gain": 2.0}))
    cures.show_offers(offers)
    held, free = (row.button for row in cures.rows)
    assert not held.isEnabled()
    assert held.toolTip() == "Locked by this hand-out."
    assert free.isEnabled()
    unlock(pupil)
    assert held.isEnabled()
    assert held.toolTip() != "Locked by this hand-out."


def test_a_layers_card_holds_it_too(pupil: MainWindow) -> None:
    pupil.network._open_card(1)
    card = pupil.network.editors.card
    assert not card.editors["norm"].isEnabled()
    assert not card.editors["width"].isEnabled(), "it is one of the layers, which say the depth"
    assert card.editors["frozen"].isEnabled()
    unlock(pupil)
    assert card.editors["norm"].isEnabled()
    assert card.editors["width"].isEnabled()
    card.leave()


def test_unlocking_frees_everything_and_can_be_taken_back(
    pupil: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    unlock(pupil)
    editors = pupil.build.editors
    assert all(editor.isVisibleTo(pupil.build) for editor in editors.values())
    type_number(editors["network.depth"], "4")
    qtbot.waitUntil(lambda: shown_step(pupil) == 0)
    assert depth(pupil) == 4
    unlock(pupil)
    assert not editors["network.depth"].isEnabled()
    assert not editors["cures.norm"].isVisibleTo(pupil.build)
    path = tmp_path / "again"
    pupil.session.save(path)
    qtbot.waitUntil(lambda: pupil.files.path == path)
    assert read_run(path).handout == HANDOUT


def test_a_lesson_leaves_it_and_undo_comes_back_to_it(pupil: MainWindow) -> None:
    lesson = presets()["digits"]
    pupil.open_preset(lesson)
    assert field(pupil, "network.depth").isEnabled()
    assert pupil.lesson_panel.contents.title.text() == lesson.title
    assert HANDOUT.task not in pupil.windowTitle()
    pupil.undo_stack.undo()
    assert not field(pupil, "network.depth").isEnabled()
    assert pupil.lesson_panel.contents.title.text() == HANDOUT.title
    pupil.undo_stack.redo()
    assert pupil.lesson_panel.contents.title.text() == lesson.title


def test_another_file_frees_all(pupil: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    write_run(tmp_path / "plain", run_of(steps=2))
    pupil.files.open(tmp_path / "plain")
    qtbot.waitUntil(lambda: shown_step(pupil) == 2)
    assert field(pupil, "network.depth").isEnabled()
    assert pupil.lesson_panel.contents.title.text() == ""
    assert pupil.windowTitle() == "plain[*] – Backprop Lab"


def test_a_hostile_one_is_one_sentence_and_nothing_is_opened(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "run"
    bad = {"title": "x" * 999, "task": "", "locked": [], "hidden": []}
    path.write_bytes(forged(run_of(), lambda facts, _: facts.update(handout=bad)))
    spec = window.session.spec
    window.files.open(path)
    qtbot.waitUntil(lambda: bool(boxes(window)))
    (said,) = close_boxes(qtbot, window)
    assert said.startswith("run cannot be opened: its hand-out is impossible: its title has 999")
    assert said.count("\n") == 0
    assert window.session.spec == spec
    assert QApplication.activeModalWidget() is None
