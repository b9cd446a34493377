"""Every editor of every field: it shows a value, any gesture changes it, none is made up."""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QSlider, QWidget
from pytestqt.qtbot import QtBot

from lab.fields import Knob
from lab.parts import LayerSpec
from lab.spec import KNOBS
from tests.widgets.person import (
    click,
    double_click,
    drag_slider,
    handle,
    key,
    turn_wheel,
    type_number,
    write,
)
from widgets.controls import editor as editor_module
from widgets.controls.editor import Editor
from widgets.controls.editors import ChoiceEditor, SwitchEditor, TextEditor, make_editor
from widgets.controls.number_editor import NumberEditor

Key = Qt.Key
NUMBERS = [knob for knob in KNOBS.values() if knob.low is not None]
WITH_SLIDER = [knob for knob in NUMBERS if float(knob.high or 0) - float(knob.low or 0) <= 10_000]
TEXTS = {"network.layers", "training.frozen"}
CHOICES = [knob for knob in KNOBS.values() if knob.choices is not None]


def name(knob: Knob) -> str:
    return knob.path


every_knob = pytest.mark.parametrize("knob", list(KNOBS.values()), ids=name)
every_number = pytest.mark.parametrize("knob", NUMBERS, ids=name)
every_slider = pytest.mark.parametrize("knob", WITH_SLIDER, ids=name)


class Desk:
    """One editor on the screen and what it has said."""

    def __init__(self, knob: Knob, qtbot: QtBot) -> None:
        self.knob = knob
        self.editor = make_editor(knob)
        self.said: list[tuple[object, int]] = []
        self.refusals: list[str] = []
        self.editor.value_changed.connect(lambda value, gesture: self.said.append((value, gesture)))
        self.editor.refused.connect(self.refusals.append)
        # The window is the editor's parent, so that the focus can be elsewhere.
        self.place = QWidget()
        self.editor.setParent(self.place)
        self.elsewhere = QComboBox(self.place)
        self.place.resize(400, 80)
        self.editor.resize(400, 40)
        qtbot.addWidget(self.place)
        self.place.show()
        qtbot.waitUntil(self.place.isActiveWindow)
        self.elsewhere.setFocus()

    @property
    def number(self) -> NumberEditor:
        assert isinstance(self.editor, NumberEditor)
        return self.editor

    @property
    def slider(self) -> QSlider:
        assert self.number.slider is not None
        return self.number.slider

    def shown(self) -> float:
        return float(self.number.box.text())

    def values(self) -> list[Any]:
        return [value for value, _ in self.said]


@pytest.fixture
def desk(knob: Knob, qtbot: QtBot) -> Iterator[Desk]:
    yield Desk(knob, qtbot)
    QApplication.clipboard().clear()


def samples(knob: Knob) -> list[Any]:
    """Values of a field: all of a choice; of a number both ends, the default and some between."""
    if knob.choices is not None:
        return list(knob.choices)
    if knob.kind is bool:
        return [True, False]
    if knob.form:
        return [(), (LayerSpec(), LayerSpec(width=3, activation="relu"))]
    low, high = float(knob.low or 0), float(knob.high or 0)
    between = [low + share * (high - low) for share in (0.123456789, 0.5, 0.987)]
    if knob.scale == "log":
        bottom = knob.off_below or low
        between += [bottom * (high / bottom) ** share for share in (0.1, 0.5, 0.9)]
    return [knob.kind(value) for value in (low, high, knob.default, *between)]


def middle(knob: Knob) -> Any:
    """A value that is neither the default nor near an end."""
    value = samples(knob)[4]
    assert value not in (knob.default, knob.low, knob.high)
    return value


@every_knob
def test_shows_the_default_first_and_then_every_value_it_is_given(desk: Desk) -> None:
    assert desk.editor.value() == desk.knob.default
    for value in samples(desk.knob):
        desk.editor.set_value(value)
        assert desk.editor.value() == value
        assert type(desk.editor.value()) is desk.knob.kind
    assert desk.said == []


@every_number
def test_the_box_shows_the_value(desk: Desk) -> None:
    for value in samples(desk.knob):
        desk.editor.set_value(value)
        assert desk.shown() == value


@every_knob
def test_every_control_has_the_fields_words(desk: Desk) -> None:
    controls = [child for child in desk.editor.children() if isinstance(child, QWidget)]
    assert controls
    for control in controls:
        assert control.toolTip() == desk.knob.tooltip
        assert control.accessibleName() == desk.knob.label
        assert control.focusPolicy() == Qt.FocusPolicy.StrongFocus


@every_knob
def test_an_idle_field_is_disabled_and_says_why(desk: Desk) -> None:
    controls = [child for child in desk.editor.children() if isinstance(child, QWidget)]
    desk.editor.set_idle("It is of no use.")
    assert not any(control.isEnabled() for control in controls)
    assert {control.toolTip() for control in controls} == {"It is of no use."}
    desk.editor.set_idle("")
    assert all(control.isEnabled() for control in controls)
    assert {control.toolTip() for control in controls} == {desk.knob.tooltip}


@every_number
def test_a_typed_number_is_taken(desk: Desk) -> None:
    value = middle(desk.knob)
    type_number(desk.editor, repr(value))
    assert desk.values() == [value]
    assert desk.editor.value() == value
    key(desk.number.box, Key.Key_Return)
    assert desk.values() == [value], "to press Return again changes nothing"


@every_number
@pytest.mark.parametrize("leave", ["Return", "focus"])
def test_a_number_out_of_range_is_refused_in_one_sentence(desk: Desk, leave: str) -> None:
    knob = desk.knob
    wrong = [repr(knob.kind(10 * float(knob.high or 0) + 1))]
    if float(knob.low or 0) > 0:
        wrong.append("0")
    else:
        wrong.append("-1")
    box = desk.number.box
    before = box.text()
    for text in wrong:
        box.setFocus()
        box.selectAll()
        write(box, text)
        if leave == "Return":
            key(box, Key.Key_Return)
        else:
            desk.elsewhere.setFocus()
        assert box.text() == before
    assert desk.said == []
    assert desk.editor.value() == knob.default
    assert desk.refusals == [
        f"{knob.label}: received {text}; allowed: {knob.allowed}" for text in wrong
    ]


@every_number
def test_letters_are_refused_at_once(desk: Desk) -> None:
    box = desk.number.box
    before = box.text()
    box.setFocus()
    box.selectAll()
    write(box, "rnxg_nan")
    assert box.text() == before
    for pasted in ("nan", "inf", "1_0", "0x10", "<b>1</b>", "١"):
        QApplication.clipboard().setText(pasted)
        box.selectAll()
        key(box, Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        key(box, Key.Key_Return)
    assert desk.said == []
    assert desk.editor.value() == desk.knob.default


@pytest.mark.parametrize("knob", [k for k in NUMBERS if k.kind is int], ids=name)
@pytest.mark.parametrize("text", ["2.5", "1,000", "1e400"])
def test_a_whole_number_is_not_rounded(desk: Desk, text: str) -> None:
    type_number(desk.editor, text)
    assert desk.said == []
    assert [text in refusal for refusal in desk.refusals] == [True]


@pytest.mark.parametrize("knob", [KNOBS["training.learning_rate"]], ids=name)
@pytest.mark.parametrize(
    ("text", "value"), [("0,02", 0.02), ("3e-4", 3e-4), (" 0.5 ", 0.5), ("0.1234567", 0.1234567)]
)
def test_a_number_may_be_written_in_several_ways(desk: Desk, text: str, value: float) -> None:
    type_number(desk.editor, text)
    assert desk.values() == [value]


@pytest.mark.parametrize("knob", [KNOBS["cures.l2"]], ids=name)
def test_a_tiny_number_is_not_taken_for_zero(desk: Desk) -> None:
    type_number(desk.editor, "1e-12")
    assert desk.values() == [1e-12]
    assert desk.shown() == 1e-12


@every_slider
def test_positions_run_from_the_lowest_to_the_highest_value(desk: Desk) -> None:
    slider, low, high = desk.slider, desk.knob.low, desk.knob.high
    slider.setValue(slider.minimum())
    assert desk.editor.value() == low
    slider.setValue(slider.maximum())
    assert desk.editor.value() == high
    found = []
    slider.sliderPressed.emit()  # as if dragged over every position
    for position in range(slider.maximum() + 1):
        slider.setValue(position)
        found.append(desk.editor.value())
    slider.sliderReleased.emit()
    assert all(left <= right for left, right in pairwise(found))  # type: ignore[operator]
    assert len(set(found)) > min(60, float(high or 0) - float(low or 0))


@pytest.mark.parametrize("knob", [k for k in WITH_SLIDER if k.scale == "log"], ids=name)
def test_half_way_on_a_log_scale_is_the_geometric_mean(desk: Desk) -> None:
    bottom = float(desk.knob.off_below or desk.knob.low or 0)
    desk.slider.setValue(desk.slider.maximum() // 2)
    middle = math.sqrt(bottom * float(desk.knob.high or 0))
    assert desk.editor.value() == pytest.approx(middle, rel=0.03)


@pytest.mark.parametrize("knob", [k for k in WITH_SLIDER if k.off_below], ids=name)
def test_a_scale_that_can_be_off_ends_in_zero(desk: Desk) -> None:
    off_below = desk.knob.off_below
    desk.slider.setFocus()
    for control in (desk.slider, desk.number.box):
        desk.editor.set_value(0.0)
        assert desk.slider.value() == 0
        key(control, Key.Key_Up)
        assert desk.editor.value() == off_below
        assert desk.slider.value() == 1
        key(control, Key.Key_Down)
        assert desk.editor.value() == 0.0


@every_slider
def test_arrows_and_pages_move_the_slider_and_every_press_counts(desk: Desk) -> None:
    desk.editor.set_value(middle(desk.knob))
    desk.slider.setFocus()
    for more, less in ((Key.Key_Right, Key.Key_Left), (Key.Key_PageUp, Key.Key_PageDown)):
        start = _number(desk)
        key(desk.slider, more)
        assert _number(desk) > start
        risen = _number(desk)
        key(desk.slider, less)
        assert _number(desk) < risen
    assert desk.values()[-1] == desk.editor.value()
    assert len(desk.said) == 4


@pytest.mark.parametrize("knob", [KNOBS["training.batch_size"]], ids=name)
def test_arrows_reach_every_small_whole_number(desk: Desk) -> None:
    desk.editor.set_value(1)
    desk.slider.setFocus()
    for _ in range(11):
        key(desk.slider, Key.Key_Right)
    assert desk.values() == list(range(2, 13))
    for _ in range(11):
        key(desk.slider, Key.Key_Left)
    assert desk.values()[11:] == list(range(11, 0, -1))


@every_number
def test_arrows_step_the_number(desk: Desk) -> None:
    start = middle(desk.knob)
    desk.editor.set_value(start)
    desk.number.box.setFocus()
    key(desk.number.box, Key.Key_Up)
    assert _number(desk) > start
    key(desk.number.box, Key.Key_Down)
    assert _number(desk) == pytest.approx(start, rel=0.01)
    assert len(desk.said) == 2


@every_knob
def test_the_wheel_turns_only_with_focus(desk: Desk) -> None:
    if isinstance(desk.editor, SwitchEditor | TextEditor):
        return
    controls: list[QWidget]
    if isinstance(desk.editor, NumberEditor):
        desk.editor.set_value(middle(desk.knob))
        controls = [desk.editor.box, *filter(None, [desk.editor.slider])]
    else:
        assert isinstance(desk.editor, ChoiceEditor)
        desk.editor.set_value(list(desk.knob.choices or ())[-1])
        controls = [desk.editor.combo]
    before = desk.editor.value()
    for control in controls:
        turn_wheel(control)
        assert desk.editor.value() == before
        control.setFocus()
        turn_wheel(control)
        assert desk.editor.value() != before
        before = desk.editor.value()
    assert len(desk.said) == len(controls)


@every_slider
def test_a_double_click_on_the_slider_restores_the_default(desk: Desk) -> None:
    desk.editor.set_value(middle(desk.knob))
    double_click(desk.slider, handle(desk.slider))
    assert desk.editor.value() == desk.knob.default
    assert desk.values()[-1] == desk.knob.default
    assert desk.shown() == pytest.approx(desk.knob.default)


@every_slider
def test_one_drag_is_one_gesture(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editor_module, "GESTURE_PAUSE_S", -1)  # a drag as slow as it may be
    drag_slider(desk.slider, 0.3, 0.6, 0.8)
    first = {gesture for _, gesture in desk.said}
    assert len(desk.said) >= 2
    assert len(first) == 1
    assert desk.editor.value() == desk.values()[-1]
    assert desk.shown() == pytest.approx(desk.values()[-1])
    desk.said.clear()
    drag_slider(desk.slider, 0.2)
    assert not first & {gesture for _, gesture in desk.said}


@pytest.mark.parametrize("knob", [KNOBS["network.depth"]], ids=name)
@pytest.mark.parametrize(("pause", "gestures"), [(60, 1), (-1, 3)], ids=["quick", "slow"])
def test_keys_pressed_in_quick_succession_are_one_gesture(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, pause: float, gestures: int
) -> None:
    monkeypatch.setattr(editor_module, "GESTURE_PAUSE_S", pause)
    desk.slider.setFocus()
    for _ in range(3):
        key(desk.slider, Key.Key_Right)
    assert len({gesture for _, gesture in desk.said}) == gestures


@pytest.mark.parametrize("knob", CHOICES, ids=name)
def test_a_choice_is_made_with_the_keys_and_each_is_a_gesture(desk: Desk) -> None:
    assert isinstance(desk.editor, ChoiceEditor)
    combo, values = desk.editor.combo, list(desk.knob.choices or ())
    assert [combo.itemText(i) for i in range(combo.count())] == list(
        (desk.knob.choices or {}).values()
    )
    desk.editor.set_value(values[0])
    combo.setFocus()
    for _ in values[1:]:
        key(combo, Key.Key_Down)
    assert desk.values() == values[1:]
    assert len({gesture for _, gesture in desk.said}) == len(values) - 1


@pytest.mark.parametrize("knob", [k for k in KNOBS.values() if k.kind is bool], ids=name)
def test_a_switch_is_thrown_by_mouse_and_by_space(desk: Desk) -> None:
    assert isinstance(desk.editor, SwitchEditor)
    box = desk.editor.box
    box.setFocus()
    key(box, Key.Key_Space)
    click(box, QPoint(8, box.height() // 2))
    assert desk.values() == [not desk.knob.default, desk.knob.default]


def test_every_field_has_an_editor_of_its_kind(qtbot: QtBot) -> None:
    kinds: dict[str, type[Editor]] = {}
    for path, knob in KNOBS.items():
        editor = make_editor(knob)
        qtbot.addWidget(editor)
        kinds[path] = type(editor)
    assert {path for path, kind in kinds.items() if kind is ChoiceEditor} == set(map(name, CHOICES))
    assert {path for path, kind in kinds.items() if kind is NumberEditor} == set(map(name, NUMBERS))
    assert {path for path, kind in kinds.items() if kind is TextEditor} == TEXTS


@pytest.mark.parametrize("knob", [KNOBS[path] for path in sorted(TEXTS)], ids=name)
def test_a_typed_text_is_given_on_once_it_is_finished(desk: Desk) -> None:
    assert isinstance(desk.editor, TextEditor)
    line = desk.editor.line
    line.setFocus()
    write(line, "8 relu")
    assert desk.said == []
    key(line, Key.Key_Return)
    assert desk.values() == ["8 relu"]
    desk.editor.set_value((LayerSpec(width=8, activation="relu"),))
    line.setFocus()
    key(line, Key.Key_Return)
    assert desk.values() == ["8 relu"], "nothing was typed"


def _number(desk: Desk) -> float:
    value = desk.editor.value()
    assert isinstance(value, int | float)
    return value
