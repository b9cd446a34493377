"""The nudge: a weight is chosen, moved, kept or left, and nothing else ever changes."""

import math
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QMenu,
    QScrollBar,
)
from pytestqt.qtbot import QtBot

from core.places import Place
from lab.run import Run
from lab.runfile import write_run
from lab.specimens import Specimen
from tests.core.engines import all_bits
from tests.lab.making import run_of, spec_of
from tests.widgets.person import (
    click,
    double_click,
    drag_slider,
    hover,
    key,
    menu,
    pause,
    pixel,
    play,
    press,
    shown_step,
    write,
    zoom,
)
from tests.widgets.side_by_side import take_steps
from widgets.main_window import MainWindow
from widgets.plots.network_geometry import Spot
from widgets.theme import Choice
from widgets.tools.nudge import NudgeTool

Key = Qt.Key
STEPS = 6
CHANGES = {"network.depth": 4, "cures.dropout": 0.2, "training.optimizer": "adam"}


def opened(window: MainWindow, qtbot: QtBot) -> NudgeTool:
    """The tool, opened with its key."""
    press(window, Key.Key_W)
    dock = window.docks["nudge"]
    qtbot.waitUntil(lambda: isinstance(dock.widget(), NudgeTool))
    tool = dock.widget()
    assert isinstance(tool, NudgeTool)
    qtbot.waitUntil(lambda: tool.nudged is not None)
    return tool


@pytest.fixture
def lab(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A small network with dropout and Adam that waits after some steps."""
    window.session.load(spec_of(CHANGES))
    take_steps(window, qtbot, STEPS)
    return window


@pytest.fixture
def tool(lab: MainWindow, qtbot: QtBot) -> NudgeTool:
    return opened(lab, qtbot)


def specimen(tool: NudgeTool) -> Specimen:
    assert tool.specimen is not None
    return tool.specimen


def weight(tool: NudgeTool) -> float:
    """The weight in focus, in the network that trains."""
    one = specimen(tool)
    return float(one.network.parameters[one.index(tool.focus.place)])


def type_change(tool: NudgeTool, text: str) -> None:
    box = tool.change.box
    box.setFocus()
    box.selectAll()
    write(box, text)
    key(box, Key.Key_Return)


def change_of(tool: NudgeTool) -> float:
    assert tool.nudged is not None
    return tool.nudged.change


def is_untouched(one: Specimen) -> bool:
    """Whether a network is, with all that decides how it goes on, as if nobody had looked at it."""
    run = Run(one.spec)
    while run.trainer.steps_done < one.step:
        run.advance()
    return all_bits(one.trainer) == all_bits(run.trainer)


# -- choosing a weight


def test_a_click_on_a_link_or_the_boxes_choose_a_weight(lab: MainWindow, qtbot: QtBot) -> None:
    tool = opened(lab, qtbot)
    lab.network.canvas.clicked.emit(Spot("link", 2, 3, 1), QPointF(9, 9))
    assert tool.nudged is not None
    assert tool.nudged.place == Place("w", 2, 3, 1) == tool.boxes.value()
    lab.network.canvas.clicked.emit(Spot("unit", 3, 4), QPointF(9, 9))
    assert tool.nudged.place == Place("b", 3, 4) == tool.boxes.value()
    tool.boxes.layer.setValue(1)
    assert lab.focus.place == tool.nudged.place == Place("b", 1, 4)
    assert tool.nudged.value == weight(tool)


def test_another_weight_is_as_it_is(tool: NudgeTool) -> None:
    type_change(tool, "0.5")
    assert change_of(tool) == 0.5
    tool.boxes.column.setValue(2)
    assert change_of(tool) == 0
    assert tool.change.value() == 0


def test_a_weight_that_a_new_network_lacks_is_said_in_one_sentence(
    lab: MainWindow, tool: NudgeTool, qtbot: QtBot
) -> None:
    tool.boxes.layer.setValue(5)
    type_change(tool, "0.5")
    lab.session.set_spec(lab.session.spec.with_values({"network.depth": 2}))
    qtbot.waitUntil(lambda: "not in this network" in tool.sentence.text())
    assert "layer: received 5; allowed: a whole number from 1 to 3" in tool.sentence.text()
    assert tool.sentence.text().startswith("W_5[0, 0]")
    assert not tool.commit.isEnabled()
    assert not tool.line.isVisible()
    assert tool.numbers().rows == []
    assert is_untouched(specimen(tool))
    tool.boxes.layer.setValue(2)
    assert tool.nudged is not None
    assert change_of(tool) == 0
    assert tool.line.isVisible()


def test_a_new_run_begins_without_a_change(lab: MainWindow, tool: NudgeTool, qtbot: QtBot) -> None:
    type_change(tool, "0.5")
    press(lab, Key.Key_R)
    qtbot.waitUntil(lambda: tool.specimen is not None and tool.specimen.step == 0)
    assert change_of(tool) == 0
    assert tool.change.value() == 0
    assert is_untouched(specimen(tool))


# -- changing it


def test_the_slider_changes_it_and_all_plots_follow(tool: NudgeTool) -> None:
    before = tool.line.grab().toImage()
    drag_slider(tool.change.slider, 0.7, 0.75)
    nudged, nudge = tool.nudged, tool.nudged and tool.nudged.nudge
    assert nudged is not None
    assert nudge is not None
    assert nudged.change == tool.change.value() == pytest.approx(0.5, abs=0.04)
    assert tool.line.nudged is tool.errors.nudged is tool.layers.nudged is nudged
    assert tool.line.grab().toImage() != before
    text = tool.sentence.text()
    assert "predicted" in text
    assert "off by" in text
    drag_slider(tool.change.slider, 0.25)
    assert change_of(tool) == pytest.approx(-0.5, abs=0.04)


def test_keys_move_the_slider_and_leave_the_run_alone(lab: MainWindow, tool: NudgeTool) -> None:
    slider, step = tool.change.slider, shown_step(lab)
    slider.setFocus()
    key(slider, Key.Key_Right)
    assert change_of(tool) == 0.005
    key(slider, Key.Key_PageDown)
    assert change_of(tool) < 0
    key(slider, Key.Key_End)
    assert change_of(tool) == 1
    key(tool.change.box, Key.Key_Down)
    assert change_of(tool) == 0.995
    click(tool.change.zero)
    assert change_of(tool) == 0
    key(slider, Key.Key_Left)
    assert change_of(tool) == -0.005
    double_click(slider, slider.rect().center())
    assert change_of(tool) == 0
    assert shown_step(lab) == step


def test_a_logarithmic_slider_reaches_tiny_changes_on_both_sides(tool: NudgeTool) -> None:
    click(tool.change.scale.group.button(1))
    slider = tool.change.slider
    for side, sign in ((slider.maximum(), 1), (slider.minimum(), -1)):
        slider.setValue(sign)
        assert change_of(tool) == pytest.approx(sign * 1e-8)
        slider.setValue(side // 2)
        assert 1e-5 < sign * change_of(tool) < 1e-3
        slider.setValue(side)
        assert change_of(tool) == sign


def test_a_typed_change_keeps_its_digits_and_nonsense_is_refused(
    lab: MainWindow, tool: NudgeTool
) -> None:
    type_change(tool, "-1.2345678e-5")
    assert change_of(tool) == -1.2345678e-5
    type_change(tool, "5000")
    assert change_of(tool) == -1.2345678e-5
    assert "Change d: received 5000; allowed: -1000 to 1000" in lab.status.currentMessage()
    type_change(tool, "30")  # farther than the slider
    assert change_of(tool) == 30
    assert tool.nudged is not None
    assert tool.nudged.line.values[-1] >= tool.nudged.after


def test_the_span_is_how_far_slider_and_line_reach(tool: NudgeTool) -> None:
    spans = tool.change.spans
    spans.setCurrentIndex(1)
    spans.activated.emit(1)
    assert tool.nudged is not None
    width = tool.nudged.line.values[-1] - tool.nudged.line.values[0]
    assert 0.2 <= width <= 0.25
    tool.change.slider.setValue(tool.change.slider.maximum())
    assert change_of(tool) == 0.1
    zoom(tool.line)
    assert not tool.line.following
    spans.activated.emit(1)
    assert tool.line.following


def test_a_click_into_the_line_goes_there(tool: NudgeTool) -> None:
    assert tool.nudged is not None
    to = tool.nudged.value + 0.4
    middle = sum(tool.line.view().y_range) / 2
    click(tool.line.viewport(), pixel(tool.line, to, middle))
    assert tool.nudged.after == pytest.approx(to, abs=0.03)


def test_what_the_precision_would_hold_is_said_where_it_matters(tool: NudgeTool) -> None:
    type_change(tool, "0.1")
    assert "float32" not in tool.sentence.text()
    type_change(tool, "1e-12")
    assert "float32 would not notice" in tool.sentence.text()
    unit = float(np.spacing(np.float32(weight(tool))))
    type_change(tool, repr(1.4 * unit))
    assert "float32 would hold" in tool.sentence.text()


def test_a_weight_that_is_no_number_is_said_in_a_sentence(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    run = run_of({"network.depth": 3}, steps=2)
    run.trainer.network.layers[0].w[0, 0] = np.nan
    path = tmp_path / "run.safetensors"
    write_run(path, run)
    window.files.open(path)
    qtbot.waitUntil(lambda: shown_step(window) == 2)
    press(window, Key.Key_W)
    dock = window.docks["nudge"]
    qtbot.waitUntil(lambda: isinstance(dock.widget(), NudgeTool))
    tool = dock.widget()
    assert isinstance(tool, NudgeTool)
    qtbot.waitUntil(lambda: "cannot be nudged (value: received" in tool.sentence.text())
    assert not tool.commit.isEnabled()
    window.focus.choose_place(Place("w", 2, 1, 1))
    assert tool.nudged is not None


# -- keeping it, or not


def test_commit_keeps_the_change_and_undo_takes_it_back(
    lab: MainWindow, tool: NudgeTool, qtbot: QtBot
) -> None:
    before = weight(tool)
    assert not tool.commit.isEnabled()
    type_change(tool, "0.25")
    click(tool.commit)
    kept = float(np.float32(before + 0.25))
    qtbot.waitUntil(lambda: weight(tool) == kept)
    assert change_of(tool) == 0
    assert lab.isWindowModified()
    press(lab, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: weight(tool) == before)
    assert is_untouched(specimen(tool))


def test_taking_a_commit_back_in_another_run_leaves_that_run_alone(
    lab: MainWindow, tool: NudgeTool, qtbot: QtBot
) -> None:
    type_change(tool, "0.25")
    click(tool.commit)
    qtbot.waitUntil(lambda: lab.session.set_by_hand)
    lab.session.reset()
    qtbot.waitUntil(lambda: tool.specimen is not None and tool.specimen.step == 0)
    for again in (lab.undo_stack.undo, lab.undo_stack.redo):
        lab.status.clearMessage()
        again()
        assert "W_1[0, 0] was set in an earlier run" in lab.status.currentMessage()
    take_steps(lab, qtbot, 1)
    qtbot.waitUntil(lambda: specimen(tool).step == 1)
    assert is_untouched(specimen(tool))
    assert not lab.session.set_by_hand


def test_what_was_moved_in_the_run_before_is_not_kept_in_the_one_that_begins(
    lab: MainWindow, tool: NudgeTool, qtbot: QtBot
) -> None:
    type_change(tool, "0.25")
    lab.session.reset()
    click(tool.commit)  # before the window has heard of it
    assert "new run" in lab.status.currentMessage()
    assert not lab.undo_stack.canUndo()
    qtbot.waitUntil(lambda: specimen(tool).step == 0)
    assert is_untouched(specimen(tool))


def test_what_was_moved_in_one_network_is_not_kept_in_another(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.session.load(spec_of({"network.seeds": 3}))
    take_steps(window, qtbot, 1)
    tool = opened(window, qtbot)
    type_change(tool, "0.25")
    window.focus.choose_seed(1)
    assert not tool.commit.isEnabled()
    assert "Waiting" in tool.sentence.text()
    assert tool.change.value() == 0
    qtbot.waitUntil(lambda: tool.specimen is not None and tool.specimen.seed == 1)
    assert tool.nudged is not None


def test_leaving_without_it_restores_the_weight_exactly(
    lab: MainWindow, tool: NudgeTool, qtbot: QtBot
) -> None:
    type_change(tool, "0.25")
    lab.docks["nudge"].close()
    assert tool.wishes == ()
    press(lab, Key.Key_Right)
    qtbot.waitUntil(lambda: shown_step(lab) == STEPS + 1)
    again = opened(lab, qtbot)
    qtbot.waitUntil(lambda: specimen(again).step == STEPS + 1)
    assert change_of(again) == 0
    assert is_untouched(specimen(again))


def test_what_is_chosen_while_it_is_closed_costs_nothing_and_is_shown_later(
    lab: MainWindow, tool: NudgeTool, qtbot: QtBot
) -> None:
    lab.docks["nudge"].close()
    before = tool.nudged
    lab.focus.choose_place(Place("b", 2, 1))
    assert tool.nudged is before
    again = opened(lab, qtbot)
    qtbot.waitUntil(lambda: again.boxes.value() == Place("b", 2, 1))
    assert again.nudged is not None
    assert again.nudged.place == Place("b", 2, 1)


def test_while_it_trains_the_change_goes_with_the_newest_network(
    lab: MainWindow, tool: NudgeTool, qtbot: QtBot
) -> None:
    type_change(tool, "0.25")
    play(qtbot, lab)
    first = specimen(tool).step
    qtbot.waitUntil(lambda: specimen(tool).step > first)
    assert change_of(tool) == 0.25
    pause(qtbot, lab)
    qtbot.waitUntil(lambda: specimen(tool).step == shown_step(lab))
    assert tool.nudged is not None
    assert tool.nudged.value == weight(tool)
    assert is_untouched(specimen(tool))


def test_one_of_several_networks_is_nudged_and_set(lab: MainWindow, qtbot: QtBot) -> None:
    lab.session.load(spec_of({"network.seeds": 3}))
    take_steps(lab, qtbot, 2)
    lab.transport.seed_box.box.setValue(3)
    tool = opened(lab, qtbot)
    qtbot.waitUntil(lambda: specimen(tool).seed == 2)
    before = weight(tool)
    type_change(tool, "0.5")
    click(tool.commit)
    kept = float(np.float32(before + 0.5))
    qtbot.waitUntil(lambda: weight(tool) == kept)


# -- reading it and taking it away


def test_pointing_reads_the_numbers(tool: NudgeTool, qtbot: QtBot) -> None:
    type_change(tool, "0.5")
    nudged = tool.nudged
    assert nudged is not None
    for plot, x, words in (
        (tool.line, nudged.value, "W_1[0, 0] = "),
        (tool.errors, -2.0, "d = 0.01"),
        (tool.layers, 2.0, "layer 2: Δz "),
    ):
        hover(plot, x, sum(plot.view().y_range) / 2)
        qtbot.waitUntil(lambda words=words: tool.readout.text().startswith(words))  # type: ignore[misc]


def test_picture_and_numbers_can_be_taken_away(tool: NudgeTool, tmp_path: Path) -> None:
    type_change(tool, "0.5")
    nudged = tool.nudged
    assert nudged is not None
    rows = {(row[0], row[1]): row[2:] for row in tool.numbers().rows}
    assert rows["weight", "W_1[0, 0]"][:2] == [nudged.value, 0.5]
    shift = nudged.nudge.h[2]
    expected = [shift.actual, shift.predicted, shift.error]
    assert rows["norm of change of h", 3][1:] == expected
    tool.save_numbers(tmp_path / "nudge.csv")
    assert "loss at weight" in (tmp_path / "nudge.csv").read_text()
    tool.save_picture(tmp_path / "nudge.svg")
    assert (tmp_path / "nudge.svg").read_text().count("<polyline") > 3
    for plot in tool.plots:
        plot.customContextMenuRequested.emit(plot.rect().center())
        shown = [found for found in tool.findChildren(QMenu) if found.isVisible()]
        assert "Save numbers (CSV)…" in [action.text() for action in shown[0].actions()]
        shown[0].close()


def test_every_control_has_a_name_and_a_tooltip(tool: NudgeTool) -> None:
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox)
    controls = [
        w for kind in kinds for w in (*tool.findChildren(kind), *tool.bar.findChildren(kind))
    ]
    own = [w for w in controls if not isinstance(w, QScrollBar)]
    assert len(own) >= 10
    for control in own:
        assert control.toolTip(), control
        assert control.accessibleName(), control


def test_it_is_in_the_menu(lab: MainWindow, qtbot: QtBot) -> None:
    (action,) = (a for a in menu(lab, "&Run").actions() if a.text() == "&Nudge a Weight")
    action.trigger()
    qtbot.waitUntil(lab.docks["nudge"].isVisible)


def test_the_plots_lie_where_there_is_room(lab: MainWindow, tool: NudgeTool, qtbot: QtBot) -> None:
    def across() -> bool:
        line, errors, layers = (plot.geometry() for plot in tool.plots)
        return bool(line.right() < errors.left() <= errors.right() < layers.left())

    def below() -> bool:
        line, errors, layers = (plot.geometry() for plot in tool.plots)
        return bool(errors.bottom() < line.top() and errors.right() < layers.left())

    dock = lab.docks["nudge"]
    dock.setFloating(True)
    for size, arranged in (((780, 220), across), ((900, 600), below), ((480, 640), below)):
        dock.resize(*size)
        qtbot.waitUntil(arranged)
    dock.setFloating(False)


def test_numbers_of_any_size_are_drawn(lab: MainWindow, qtbot: QtBot) -> None:
    changes = {"network.activation": "identity", "network.gain": 10.0, "network.depth": 40}
    lab.session.load(spec_of({**changes, "training.loss": "mse", "data.source": "plane"}))
    tool = opened(lab, qtbot)
    qtbot.waitUntil(lambda: len(specimen(tool).spec.sizes) == 42)
    themes: tuple[Choice, Choice] = ("dark", "light")
    for theme in themes:
        lab.theme.set_choice(theme)
        for text in ("1000", "-1e-9", "0"):
            type_change(tool, text)
            assert not math.isnan(change_of(tool))
            assert not tool.grab().isNull()


@pytest.mark.parametrize("value", [-3e38, -1e20, 1e15, 1e-40])
def test_weights_of_any_size_are_drawn(
    lab: MainWindow, tool: NudgeTool, qtbot: QtBot, value: float
) -> None:
    lab.session.set_parameter(Place("w", 1, 0, 0), value)
    qtbot.waitUntil(lambda: tool.nudged is not None and tool.nudged.value == np.float32(value))
    assert not tool.grab().isNull()
    low, high = tool.area.line.view().x_range
    assert low < high


def test_legends_can_be_read_by_an_audience(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1024, 700)
    window.reset_layout()
    press(window, Key.Key_F11)
    window.showNormal()  # the tests' screen is narrower than a projector's
    window.resize(1024, 700)
    tool = opened(window, qtbot)
    tool.change.choose(0.3)
    along = tool.area.horizontalScrollBar()
    qtbot.waitUntil(along.isVisible)
    for plot, place in zip(tool.plots, (0, 0, along.maximum()), strict=True):
        along.setValue(place)
        legend, canvas = plot.legend, plot.canvas
        qtbot.waitUntil(lambda legend=legend: legend.place.height() > 0)  # type: ignore[misc]
        assert legend.fits(canvas.width())
        assert legend.place.height() <= 0.6 * canvas.height()
