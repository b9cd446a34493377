"""Taking changes back: one gesture is one step with a name."""

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from lab.presets import presets
from lab.run import Phase
from tests.widgets.person import (
    choose,
    drag_slider,
    field,
    key,
    menu,
    play,
    press,
    settle,
    shown_step,
    type_number,
    write,
)
from widgets.main_window import MainWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Z = Qt.Key.Key_Z


def undo(window: MainWindow) -> None:
    press(window, Z, CTRL)


def redo(window: MainWindow) -> None:
    press(window, Z, CTRL | SHIFT)


def edit_menu(window: MainWindow) -> list[str]:
    return [action.text() for action in menu(window, "&Edit").actions()]


def test_one_drag_is_one_step_with_a_name(window: MainWindow, qtbot: QtBot) -> None:
    before = window.session.spec
    slider = field(window, "network.depth").slider
    assert slider is not None
    drag_slider(slider, 0.3, 0.5, 0.7)
    after = window.session.spec
    assert after.network.depth > 50
    assert window.undo_stack.count() == 1
    assert edit_menu(window) == ["&Undo depth", "&Redo"]
    undo(window)
    assert window.session.spec == before
    assert window.build.editors["network.depth"].value() == 12
    assert edit_menu(window) == ["&Undo", "&Redo depth"]
    redo(window)
    assert window.session.spec == after
    settle(qtbot, window)


def test_two_drags_are_two_steps(window: MainWindow, qtbot: QtBot) -> None:
    slider = field(window, "network.depth").slider
    assert slider is not None
    drag_slider(slider, 0.3, 0.4)
    first = window.session.spec.network.depth
    drag_slider(slider, 0.6, 0.7)
    assert window.undo_stack.count() == 2
    undo(window)
    assert window.session.spec.network.depth == first
    settle(qtbot, window)


def test_a_drag_that_ends_where_it_began_leaves_no_step(window: MainWindow, qtbot: QtBot) -> None:
    slider = field(window, "network.depth").slider
    assert slider is not None
    drag_slider(slider, 0.3, 0.4)
    second = window.session.spec
    drag_slider(slider, 0.6, 0.8)
    undo(window)
    drag_slider(slider, 0.6, 0.4)
    assert window.session.spec == second
    assert window.undo_stack.count() == 1
    settle(qtbot, window)


def test_a_choice_a_number_and_a_switch_are_taken_back_in_turn(
    window: MainWindow, qtbot: QtBot
) -> None:
    specs = [window.session.spec]
    choose(window.build.editors["network.activation"], "relu")
    specs.append(window.session.spec)
    type_number(window.build.editors["training.batch_size"], "64")
    specs.append(window.session.spec)
    window.build.editors["data.standardize"].setFocus()
    press(window, Qt.Key.Key_Space)
    specs.append(window.session.spec)
    assert len(set(specs)) == 4
    names = [window.undo_stack.text(index) for index in range(window.undo_stack.count())]
    assert names == ["activation", "batch size", "standardise"]
    for spec in specs[-2::-1]:
        undo(window)
        assert window.session.spec == spec
    for spec in specs[1:]:
        redo(window)
        assert window.session.spec == spec
    settle(qtbot, window)


def test_undo_works_in_a_number_box_unless_a_number_is_half_typed(window: MainWindow) -> None:
    seed = field(window, "network.seed")
    type_number(seed, "5")
    assert seed.box.hasFocus()
    write(seed.box, "7")
    key(seed.box, Z, CTRL)
    assert window.session.spec.network.seed == 5
    assert seed.box.text() == "5"
    key(seed.box, Z, CTRL)
    assert window.session.spec.network.seed == 0
    assert seed.box.text() == "0"


def test_taking_back_a_live_change_does_not_restart(window: MainWindow, qtbot: QtBot) -> None:
    play(qtbot, window)
    history = window.session.history
    assert history is not None
    type_number(field(window, "training.learning_rate"), "0.2")
    qtbot.waitUntil(lambda: len(history.marks) == 1)
    step = len(history)
    qtbot.waitUntil(lambda: len(history) > step)
    undo(window)
    qtbot.waitUntil(lambda: len(history.marks) == 2 or "0.05 → 0.05" in history.marks[-1].text)
    assert window.session.history is history
    assert window.session.spec.training.learning_rate == 0.05
    assert window.session.phase is Phase.PLAYING


def test_opening_a_lesson_can_be_taken_back(window: MainWindow, qtbot: QtBot) -> None:
    before = window.session.spec
    digits = presets()["digits"]
    window.open_preset(digits)
    assert window.undo_stack.undoText() == f"experiment “{digits.title}”"
    play(qtbot, window, steps=3)
    undo(window)
    assert window.session.spec == before
    qtbot.waitUntil(lambda: shown_step(window) == 0)
    assert window.session.phase is Phase.PAUSED
    redo(window)
    assert window.session.spec == digits.spec
    qtbot.waitUntil(lambda: shown_step(window) == 0)


def test_what_is_impossible_is_disabled(window: MainWindow) -> None:
    undo_action, redo_action = menu(window, "&Edit").actions()
    assert not undo_action.isEnabled()
    assert not redo_action.isEnabled()
    type_number(field(window, "network.depth"), "3")
    assert undo_action.isEnabled()
    assert not redo_action.isEnabled()
