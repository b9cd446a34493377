"""A number is typed that there is not: one sentence, nothing is changed, the old number is back."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from core.places import Place
from tests.lab.making import spec_of
from tests.widgets.person import click, key, shown_step, write
from tests.widgets.side_by_side import take_steps
from widgets.controls.index_box import IndexBox, WholeBox
from widgets.main_window import MainWindow
from widgets.plots.frame import PictureFrame

RETURN = Qt.Key.Key_Return


def type_over(box: WholeBox, text: str) -> None:
    box.setFocus()
    box.selectAll()
    write(box, text)


@pytest.fixture
def lab(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """Two networks of 4 + 1 layers that wait; 8 samples a batch, 42 to learn from."""
    window.session.load(spec_of({"network.depth": 4, "network.seeds": 2}))
    take_steps(window, qtbot, 6)
    return window


def opened(lab: MainWindow, qtbot: QtBot, name: str) -> PictureFrame:
    lab.show_panel(name)
    qtbot.waitUntil(lambda: isinstance(lab.docks[name].widget(), PictureFrame))
    tool = lab.docks[name].widget()
    assert isinstance(tool, PictureFrame)
    return tool


def settled(lab: MainWindow, qtbot: QtBot, name: str) -> Any:
    tool: Any = opened(lab, qtbot, name)
    ready: dict[str, Callable[[], bool]] = {
        "nudge": lambda: tool.nudged is not None,
        "path": lambda: tool.ladder is not None,
        "steps": lambda: tool.stroll is not None,
        "surface": lambda: tool.plot.surface is not None,
        "myths": lambda: True,
    }
    qtbot.waitUntil(ready[name])
    return tool


CASES = [
    ("nudge", "boxes.layer", "77", "There is no layer 77: layers are 1 to 5."),
    ("nudge", "boxes.layer", "0", "There is no layer 0: layers are 1 to 5."),
    (
        "nudge",
        "boxes.row",
        "12",
        "There is no unit 12 among the inputs: units are 0 to 1, or bias.",
    ),
    ("path", "boxes.row", "-1", "There is no unit -1 among the inputs: units are 0 to 1, or bias."),
    ("path", "boxes.column", "99", "There is no unit 99 in layer 1: units are 0 to 5."),
    ("path", "choices.sample", "999", "There is no sample 999: samples are 1 to 8."),
    ("path", "choices.rank", "0", "There is no rank 0: ranks are 1 to "),
    ("steps", "sample.number", "999", "There is no sample 999: samples are 1 to 42."),
    ("surface", "settings.resolution", "500", "Points: received 500; allowed: a whole number from"),
    ("surface", "settings.number", "1000", "There is no random direction 1000: random directions"),
    ("myths", "page.amount", "7", "passes: received 7; allowed: a whole number from 300 to"),
]


@pytest.mark.parametrize(("name", "path", "text", "sentence"), CASES)
def test_what_there_is_not_is_refused_in_a_sentence(
    lab: MainWindow, qtbot: QtBot, name: str, path: str, text: str, sentence: str
) -> None:
    box: Any = settled(lab, qtbot, name)
    if path == "sample.number":
        click(box.sample.kind.group.button(1))
    for part in path.split("."):
        box = getattr(box, part)
    place, shown, old = lab.focus.place, shown_step(lab), box.text()
    changes: list[object] = []
    box.valueChanged.connect(changes.append)
    leaves: list[Callable[[], None]] = [lambda: key(box, RETURN), lab.setFocus]
    for leave in leaves:
        lab.status.clearMessage()
        type_over(box, text)
        assert lab.status.currentMessage() == ""
        leave()
        assert lab.status.currentMessage().startswith(sentence)
        assert box.text() == old
    assert (changes, lab.focus.place, shown_step(lab)) == ([], place, shown)


def test_the_network_shown(lab: MainWindow) -> None:
    box = lab.transport.seed_box.box
    type_over(box, "3")
    key(box, RETURN)
    assert lab.status.currentMessage() == "There is no network 3: networks are 1 to 2."
    assert (box.value(), lab.focus.seed) == (1, 0)
    type_over(box, "2")
    key(box, RETURN)
    assert lab.focus.seed == 1


def test_the_bias_is_a_word(lab: MainWindow, qtbot: QtBot) -> None:
    tool = settled(lab, qtbot, "nudge")
    type_over(tool.boxes.row, "bias")
    key(tool.boxes.row, RETURN)
    assert lab.focus.place == Place("b", 1, 0)
    type_over(tool.boxes.row, "bia")
    key(tool.boxes.row, RETURN)
    assert "There is no unit bia " in lab.status.currentMessage()
    assert lab.focus.place == Place("b", 1, 0)
    type_over(tool.boxes.row, "1")
    key(tool.boxes.row, RETURN)
    assert lab.focus.place == Place("w", 1, 0, 1)


def test_what_is_half_typed_stays_while_it_trains(lab: MainWindow, qtbot: QtBot) -> None:
    tool = settled(lab, qtbot, "nudge")
    type_over(tool.boxes.column, "99")
    before = tool.specimen
    lab.session.play()
    qtbot.waitUntil(lambda: tool.specimen not in (before, None))
    lab.session.pause()
    assert tool.boxes.column.text() == "99"


@pytest.fixture
def box(qtbot: QtBot) -> IndexBox:
    made = IndexBox("Layer", "", "layer", "layers")
    qtbot.addWidget(made)
    made.limit(1, 1)
    return made


def test_the_only_one_is_named(box: IndexBox, qtbot: QtBot) -> None:
    with qtbot.waitSignal(box.refused) as said:
        type_over(box, "2")
        key(box, RETURN)
    assert said.args == ["There is no layer 2: the only one is 1."]


@pytest.mark.parametrize("text", ["x", "1_0", "1.5", "१", "0x2", "<b>"])
def test_letters_are_refused_at_once(box: IndexBox, text: str) -> None:
    box.limit(1, 100)
    line = box.findChild(QLineEdit)
    assert line is not None
    box.selectAll()
    line.insert(text)
    assert box.text() == "1"


def test_nothing_typed_is_nothing_said(box: IndexBox) -> None:
    box.limit(1, 100)
    said: list[str] = []
    box.refused.connect(said.append)
    box.selectAll()
    key(box, Qt.Key.Key_Delete)
    key(box, RETURN)
    assert (box.text(), said) == ("1", [])
