"""The build panel shows the session's spec, all of it, and tells the session what a person did."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QSlider, QWidget
from pytestqt.qtbot import QtBot

from lab.presets import presets
from lab.spec import KNOBS, Spec, idle_fields
from tests.widgets.person import (
    boxes,
    choose,
    drag_slider,
    field,
    key,
    press,
    settle,
    turn_wheel,
    type_number,
    write,
)
from widgets.controls.build_panel import BuildPanel
from widgets.controls.editor import Editor
from widgets.controls.editors import ChoiceEditor, SwitchEditor, TextEditor
from widgets.controls.number_editor import NumberEditor
from widgets.main_window import MainWindow

IDLE = {
    "nothing to set": {},
    "momentum": {"training.optimizer": "momentum"},
    "white noise": {"data.source": "white_noise"},
    "decay and schedule": {"training.optimizer": "adamw", "training.schedule": "cosine"},
    "layers one by one": {"network.layers": "3 relu, 4 tanh"},
}


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> BuildPanel:
    panel = BuildPanel()
    qtbot.addWidget(panel)
    return panel


def controls(editor: Editor) -> list[QWidget]:
    return [child for child in editor.children() if isinstance(child, QWidget)]


def spec_in_which_it_matters(path: str) -> Spec:
    for changes in IDLE.values():
        spec = Spec().with_values(changes)
        if path not in idle_fields(spec):
            return spec
    pytest.fail(f"add a spec in which {path} has an effect")


TEXTS = {"network.layers": "3 relu, 4 tanh", "training.frozen": "1, 3"}


def change_by_keys(editor: Editor) -> None:
    """Give the editor another value as a person would without a mouse."""
    match editor:
        case ChoiceEditor(combo=combo):
            combo.setFocus()
            key(combo, Qt.Key.Key_Down if combo.currentIndex() == 0 else Qt.Key.Key_Up)
        case SwitchEditor(box=box):
            box.setFocus()
            key(box, Qt.Key.Key_Space)
        case TextEditor(line=line):
            line.setFocus()
            line.setText(TEXTS[editor.knob.path])
            key(line, Qt.Key.Key_Return)
        case NumberEditor():
            low, high = float(editor.knob.low or 0), float(editor.knob.high or 0)
            number = editor.knob.kind(low + (high - low) / 3)
            type_number(editor, repr(number))
            assert editor.value() == number


def test_every_field_has_an_editor_and_a_label(panel: BuildPanel) -> None:
    assert list(panel.editors) == list(KNOBS)
    labels = [label.text() for label in panel.findChildren(QLabel)]
    for path, knob in KNOBS.items():
        editor = panel.editors[path]
        own = editor.box.text() if isinstance(editor, SwitchEditor) else ""
        assert knob.label in [*labels, own]


@pytest.mark.parametrize("name", presets())
def test_shows_a_spec_without_a_word(panel: BuildPanel, name: str, qtbot: QtBot) -> None:
    spec = presets()[name].spec
    with qtbot.assertNotEmitted(panel.field_changed):
        panel.set_spec(spec)
    assert {path: editor.value() for path, editor in panel.editors.items()} == {
        path: spec.value(path) for path in KNOBS
    }


@pytest.mark.parametrize("case", IDLE)
def test_a_field_without_effect_is_disabled_and_says_why(panel: BuildPanel, case: str) -> None:
    spec = Spec().with_values(IDLE[case])
    idle = idle_fields(spec)
    panel.set_spec(spec)
    for path, editor in panel.editors.items():
        assert editor.isEnabled() is (path not in idle)
        shown = {control.toolTip() for control in controls(editor)}
        assert shown == {idle.get(path, KNOBS[path].tooltip)}


def test_every_change_reaches_the_session_and_is_a_step_that_can_be_undone(
    window: MainWindow, qtbot: QtBot
) -> None:
    for path, editor in window.build.editors.items():
        spec = spec_in_which_it_matters(path)
        window.session.set_spec(spec)
        change_by_keys(editor)
        shown = window.session.spec.value(path)
        assert shown == editor.value()
        assert set(window.session.spec.differences(spec)) == {path}
        press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert window.session.spec == spec
        assert editor.value() == spec.value(path)
    settle(qtbot, window)


def test_the_wheel_scrolls_the_panel_and_changes_nothing(window: MainWindow) -> None:
    window.resize(window.minimumSize())
    before = window.session.spec
    slider = window.build.editors["network.depth"].findChild(QSlider)
    assert isinstance(slider, QSlider)
    assert window.build.verticalScrollBar().maximum() > 0
    turn_wheel(slider, -3)
    assert window.session.spec == before
    assert window.build.verticalScrollBar().value() > 0


def test_a_number_that_is_not_allowed_is_refused_in_the_status_bar(window: MainWindow) -> None:
    depth = window.build.editors["network.depth"]
    type_number(depth, "500")
    assert window.status.currentMessage() == (
        "Depth: received 500; allowed: whole number from 0 to 100"
    )
    assert depth.value() == window.session.spec.network.depth == 12


def test_a_choice_that_does_not_fit_the_rest_is_refused(window: MainWindow) -> None:
    before = window.session.spec
    loss = window.build.editors["training.loss"]
    assert isinstance(loss, ChoiceEditor)
    choose(loss, "cross_entropy")
    assert window.session.spec == before
    assert loss.value() == "auto"
    assert 'received "cross_entropy"; allowed: auto, mse' in window.status.currentMessage()
    assert not boxes(window)


def test_the_same_in_another_spelling_is_written_as_usual(window: MainWindow) -> None:
    editor = window.build.editors["training.frozen"]
    assert isinstance(editor, TextEditor)
    for text in ("1, 3", "3,1"):
        editor.line.setFocus()
        editor.line.selectAll()
        write(editor.line, text)
        key(editor.line, Qt.Key.Key_Return)
        assert editor.line.text() == "1, 3"
    assert window.undo_stack.count() == 1


def test_a_frozen_layer_does_not_get_lost_by_a_slider(window: MainWindow) -> None:
    before = window.session.spec.with_values({"training.frozen": (10,)})
    window.change_spec(before, "frozen")
    editor = field(window, "network.depth")
    assert editor.slider is not None
    drag_slider(editor.slider, 0.5, 0.02)
    assert window.session.spec.training.frozen == (10,)
    assert window.session.spec.network.depth >= 9
    shown = (editor.value(), editor.box.value(), editor.slider.value())
    assert shown == (window.session.spec.network.depth,) * 3
    assert window.status.currentMessage() == (
        "training.frozen: received [10]; allowed: empty, or layers from 1 to 1, "
        "as the network has no more"
    )
