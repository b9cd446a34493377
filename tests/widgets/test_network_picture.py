"""The network picture: reading it, setting a number in it, and a layer's card."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from core.places import Place
from lab.network_view import NetworkState, NetworkView
from lab.run import Phase
from lab.words import UNKNOWN
from tests.widgets.person import (
    boxes,
    choose,
    click,
    double_click,
    drag,
    key,
    mouse,
    pause,
    play,
    press,
    settle,
    shown_step,
    turn_wheel,
    type_number,
    write,
)
from widgets import pace
from widgets.controls.editors import SwitchEditor
from widgets.main_window import MainWindow
from widgets.plots import network_picture
from widgets.plots.network_canvas import NetworkCanvas
from widgets.plots.network_flow import flow_strengths
from widgets.plots.network_geometry import HEAD, Geometry
from widgets.plots.zoom import WHOLE, Zoom

Key = Qt.Key
SMALL = {"network.depth": 2, "network.width": 4, "network.activation": "tanh"}
DEEP = {"network.depth": 60, "network.width": 64}


def canvas_of(window: MainWindow) -> NetworkCanvas:
    return window.network.canvas


def geometry_of(window: MainWindow) -> Geometry:
    geometry = canvas_of(window).drawing.geometry
    assert geometry is not None
    return geometry


def state_of(window: MainWindow) -> NetworkState:
    state = window.network.state
    assert state is not None
    return state


def load(window: MainWindow, qtbot: QtBot, changes: dict[str, Any]) -> None:
    """Put a network on the bench and wait until its picture is there."""
    window.session.load(window.session.spec.with_values(changes))
    sizes = window.session.spec.sizes
    qtbot.waitUntil(lambda: geometry_of(window).sizes == sizes and window.network.state is not None)


@pytest.fixture
def small(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window with 2 - 4 - 4 - 1 units."""
    load(window, qtbot, SMALL)
    return window


def unit(window: MainWindow, layer: int, column: int) -> QPoint:
    geometry = geometry_of(window)
    x, y = (geometry.cells[layer][column] + geometry.sides[layer] / 2).tolist()
    return QPoint(round(x), round(y))


def head(window: MainWindow, layer: int) -> QPoint:
    return QPoint(round(float(geometry_of(window).x[layer])), 9)


def link(window: MainWindow, layer: int, row: int, column: int) -> QPoint:
    """A point of a link's curve near its start, where no other is as near."""
    geometry = geometry_of(window)
    (start, side) = geometry.cells[layer - 1][row], geometry.sides[layer - 1]
    end = geometry.cells[layer][column]
    x0, y0 = start[0] + side, start[1] + side / 2
    x1, y1 = end[0], end[1] + geometry.sides[layer] / 2
    # where t = 3/4
    return QPoint(round(x0 + 0.703125 * (x1 - x0)), round(y0 + 0.84375 * (y1 - y0)))


def hover(window: MainWindow, at: QPoint) -> str:
    mouse(canvas_of(window), QEvent.Type.MouseMove, at, down=False)
    return window.network.readout.text()


# -- what it shows


def test_the_columns_are_there_before_the_first_numbers(window: MainWindow) -> None:
    assert geometry_of(window).sizes == window.session.spec.sizes
    assert window.network.isVisible()


def test_small_networks_show_units_and_links_and_deep_ones_layers(
    small: MainWindow, qtbot: QtBot
) -> None:
    assert geometry_of(small).cell > 10
    assert state_of(small).images
    assert len(canvas_of(small).drawing.visible) > 20
    load(small, qtbot, DEEP)
    assert not geometry_of(small).cells
    assert not state_of(small).links
    play(qtbot, small)
    pause(qtbot, small)


@pytest.mark.parametrize(
    "changes",
    [
        {"data.source": "digits", "network.depth": 2},
        {"network.depth": 0},
        {"data.source": "white_noise", "data.inputs": 3, "data.outputs": 5},
        {"network.seeds": 4},
        {"network.depth": 100, "network.width": 8},
    ],
    ids=str,
)
def test_every_kind_of_network_is_drawn_in_both_themes(
    window: MainWindow, qtbot: QtBot, changes: dict[str, Any]
) -> None:
    load(window, qtbot, changes)
    play(qtbot, window, steps=3)
    pause(qtbot, window)
    for theme in ("light", "dark"):
        window.theme.set_choice(theme)
        image = canvas_of(window).grab().toImage()
        places = [(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)]
        assert len({image.pixelColor(x, y).name() for x, y in places}) > 10
    assert window.session.phase is Phase.PAUSED


def test_it_is_painted_anew_only_when_something_has_arrived(
    small: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted = list[int]()
    canvas = canvas_of(small)
    whole = canvas.drawing.paint

    def count(painter: QPainter, room: float) -> None:
        painted.append(1)
        whole(painter, room)

    monkeypatch.setattr(canvas.drawing, "paint", count)
    canvas.repaint()
    painted.clear()
    for x in range(5, 300, 40):
        hover(small, QPoint(x, 60))
        canvas.repaint()
    small.session.poll()
    assert not painted
    press(small, Key.Key_Right)
    qtbot.waitUntil(lambda: shown_step(small) == 1)
    canvas.repaint()
    assert len(painted) >= 1


def test_a_hidden_picture_wishes_for_nothing(small: MainWindow, qtbot: QtBot) -> None:
    assert small.network.wishes
    small.docks["network"].hide()
    assert not small.network.wishes
    small.docks["network"].show()
    assert small.network.wishes


def test_the_flow_fades_where_the_gradient_fades(window: MainWindow, qtbot: QtBot) -> None:
    """The opening experiment's first layer gets a billionth of the output's gradient."""
    qtbot.waitUntil(lambda: window.network.state is not None)
    strengths = flow_strengths(state_of(window).magnitudes)
    assert strengths[-1] == 1
    assert (np.diff(strengths) >= 0).all()
    assert strengths[0] == 0


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e-320])
def test_the_flow_of_strange_gradients_is_between_none_and_strongest(value: float) -> None:
    magnitudes = np.full((12, 3), value)
    for last in (value, 1.0):
        magnitudes[:, -1] = last
        strengths = flow_strengths(magnitudes)
        assert ((strengths >= 0) & (strengths <= 1.5)).all()
        if not value > 0:
            assert not strengths[:2].any(), "what is unknown or zero does not flow"


def test_links_are_coloured_by_what_a_person_chooses(small: MainWindow) -> None:
    before = canvas_of(small).drawing.values.copy()
    click(small.network.kind.group.button(1))
    assert canvas_of(small).drawing.kind == "gradient"
    assert not np.array_equal(before, canvas_of(small).drawing.values)
    click(small.network.kind.group.button(2))
    assert canvas_of(small).drawing.kind == "update"


# -- reading


def test_pointing_reads_units_links_layers_and_loss(small: MainWindow) -> None:
    bias = state_of(small).biases[0][2]
    assert hover(small, unit(small, 1, 2)).startswith("b_1[2] = ")
    assert bias == 0
    text = hover(small, link(small, 2, 1, 3))
    assert text.startswith("W_2[1, 3] = ")
    assert "gradient" in text
    text = hover(small, head(small, 1))
    assert text.startswith("layer 1: 4 tanh, rms h")
    assert hover(small, unit(small, 0, 1)).startswith("input 2")
    assert "loss" in hover(small, QPoint(canvas_of(small).width() - 8, 100))
    canvas_of(small).leaveEvent(QEvent(QEvent.Type.Leave))
    assert "of the output" in small.network.readout.text()


def test_the_numbers_are_every_weights_or_every_layers(small: MainWindow, qtbot: QtBot) -> None:
    table = small.network.numbers()
    assert list(table.columns) == [
        "layer",
        "row",
        "column",
        "weight",
        "gradient",
        "update",
        "ratio",
    ]
    assert len(table.rows) == 2 * 4 + 4 * 4 + 4
    row = next(row for row in table.rows if row[:3] == [2, 1, 3])
    assert row[3] == pytest.approx(float(state_of(small).links["weight"][1][1, 3]))
    load(small, qtbot, DEEP)
    table = small.network.numbers()
    assert len(table.rows) == 61
    assert "signal_gradient_rms" in table.columns


def test_picture_and_numbers_are_offered(small: MainWindow) -> None:
    canvas = canvas_of(small)
    canvas.customContextMenuRequested.emit(QPoint(5, 5))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert "Save numbers (CSV)…" in [action.text() for action in menu.actions()]
    menu.close()
    svg = small.network.svg().decode()
    assert svg.count("<path") + svg.count("<polyline") > 10
    assert "loss" in svg
    assert small.network.image().width() == 3 * small.network.width()


# -- a number set by hand


def enter(window: MainWindow, at: QPoint, text: str) -> None:
    click(canvas_of(window), at)
    popup = window.network.editors.popup
    assert popup.isVisible()
    write(popup.line, text)
    key(popup.line, Key.Key_Return)


def marks_of(window: MainWindow) -> list[str]:
    assert window.session.history is not None
    return [mark.text for mark in window.session.history.marks]


def test_a_click_on_a_link_or_unit_sets_its_number_while_training(
    small: MainWindow, qtbot: QtBot
) -> None:
    play(qtbot, small)
    enter(small, link(small, 2, 1, 3), "0.5")
    qtbot.waitUntil(lambda: marks_of(small) == ["W_2[1, 3] = 0.5"])
    enter(small, unit(small, 1, 2), "-1e-3")
    qtbot.waitUntil(lambda: marks_of(small)[1:] == ["b_1[2] = -0.001"])
    assert small.session.phase is Phase.PLAYING
    assert not small.network.editors.popup.isVisible()
    pause(qtbot, small)


def test_a_waiting_network_shows_the_number_and_undo_takes_it_back(
    small: MainWindow, qtbot: QtBot
) -> None:
    before = float(state_of(small).links["weight"][1][1, 3])
    enter(small, link(small, 2, 1, 3), "0,25")
    qtbot.waitUntil(lambda: state_of(small).links["weight"][1][1, 3] == 0.25)
    assert small.isWindowModified()
    press(small, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: state_of(small).links["weight"][1][1, 3] == pytest.approx(before))


@pytest.mark.parametrize("by_key", [True, False], ids=["escape", "looking elsewhere"])
def test_leaving_the_editor_changes_nothing(small: MainWindow, by_key: bool) -> None:
    click(canvas_of(small), unit(small, 2, 0))
    popup = small.network.editors.popup
    assert popup.line.hasFocus()
    write(popup.line, "7")
    if by_key:
        key(popup.line, Key.Key_Escape)
    else:
        canvas_of(small).setFocus()
    assert not popup.isVisible()
    assert small.undo_stack.count() == 0


@pytest.mark.parametrize("text", ["x", "", "1 2"])
def test_what_is_no_number_stays_to_be_mended(small: MainWindow, text: str) -> None:
    click(canvas_of(small), unit(small, 2, 0))
    popup = small.network.editors.popup
    popup.line.setText(text)
    key(popup.line, Key.Key_Return)
    assert popup.isVisible()
    assert small.undo_stack.count() == 0
    key(popup.line, Key.Key_Escape)


@pytest.mark.parametrize("text", ["nan", "inf", "1e99"])
def test_a_number_that_cannot_be_is_refused_in_one_sentence(
    small: MainWindow, qtbot: QtBot, text: str
) -> None:
    enter(small, unit(small, 2, 0), text)
    qtbot.waitUntil(lambda: "b_2[0]: received" in small.status.currentMessage())
    assert not marks_of(small)
    assert not boxes(small)
    assert small.undo_stack.count() == 0
    assert small.session.phase is Phase.PAUSED


def test_one_of_several_networks_is_shown_and_set(small: MainWindow, qtbot: QtBot) -> None:
    load(small, qtbot, {**SMALL, "network.seeds": 3})
    small.focus.choose_seed(2)
    first = state_of(small)
    qtbot.waitUntil(lambda: state_of(small) is not first)
    enter(small, link(small, 2, 1, 3), "0.5")
    qtbot.waitUntil(lambda: marks_of(small) == ["W_2[1, 3] = 0.5, network 3"])
    qtbot.waitUntil(lambda: state_of(small).links["weight"][1][1, 3] == 0.5)


def test_a_network_that_has_diverged_is_said_to_have(small: MainWindow, qtbot: QtBot) -> None:
    load(small, qtbot, {**SMALL, "network.seeds": 3, "network.activation": "identity"})
    small.session.set_parameter(Place("w", 1, 0, 0), 3e38)
    qtbot.waitUntil(lambda: len(marks_of(small)) == 1)
    small.session.take_step()
    qtbot.waitUntil(lambda: state_of(small).diverged)
    assert "this network has diverged" in small.network.readout.text()
    broken = state_of(small).broken
    assert not broken[0].any()
    assert broken[-1].all(), "its answer is no number"
    assert canvas_of(small).drawing.loss == UNKNOWN
    legend = small.gradients.profile.legend
    qtbot.waitUntil(lambda: "2 of 3 networks: quartiles, range" in [e.text for e in legend.entries])
    small.focus.choose_seed(1)
    qtbot.waitUntil(lambda: not state_of(small).diverged)
    assert small.network.readout.text().startswith("network 2: layer 1 gets ×")


@pytest.mark.parametrize("width", [4, 128])
def test_numbers_that_are_not_finite_have_a_mark(
    small: MainWindow, qtbot: QtBot, width: int
) -> None:
    load(small, qtbot, {**SMALL, "network.width": width, "network.activation": "identity"})
    warning = QColor(small.theme.colors.warning).name()

    def marks() -> int:
        image = canvas_of(small).grab().toImage()
        places = [(x, y) for x in range(image.width()) for y in range(22, image.height() - 30)]
        return sum(image.pixelColor(x, y).name() == warning for x, y in places)

    assert not marks()
    small.session.set_parameter(Place("w", 1, 0, 0), 3e38)
    small.session.take_step()
    qtbot.waitUntil(lambda: small.session.phase is Phase.DIVERGED)
    qtbot.waitUntil(lambda: any(broken.any() for broken in state_of(small).broken))
    assert marks()
    qtbot.waitUntil(lambda: "finite" in small.data.readout.text())


def test_an_editor_of_a_network_that_is_gone_closes(small: MainWindow, qtbot: QtBot) -> None:
    click(canvas_of(small), unit(small, 2, 3))
    load(small, qtbot, {"network.depth": 1})
    assert not small.network.editors.popup.isVisible()


# -- a layer's card


def open_card(window: MainWindow, layer: int) -> None:
    click(canvas_of(window), head(window, layer))
    assert window.network.editors.card.isVisible()


def test_a_click_on_a_layer_selects_it_everywhere_and_opens_its_card(small: MainWindow) -> None:
    open_card(small, 2)
    assert small.focus.layer == 2
    assert small.network.editors.card.title.text() == "Layer 2 of 3"
    assert small.network.editors.card.values["activation_rms"].text() != "–"
    assert small.network.editors.card.editors["width"].value() == 4
    assert small.rect().contains(small.network.editors.card.geometry())
    open_card(small, 2)
    assert small.focus.layer == 2, "a second click does not look away"
    key(small.network.editors.card, Key.Key_Escape)
    assert not small.network.editors.card.isVisible()


def test_the_card_gives_a_layer_its_own_width_and_activation(
    small: MainWindow, qtbot: QtBot
) -> None:
    open_card(small, 2)
    type_number(small.network.editors.card.editors["width"], "3")
    spec = small.session.spec
    assert [(one.width, one.activation) for one in spec.network.layers] == [
        (4, "tanh"),
        (3, "tanh"),
    ]
    qtbot.waitUntil(lambda: geometry_of(small).sizes == (2, 4, 3, 1))
    assert small.network.editors.card.isVisible()
    choose(small.network.editors.card.editors["activation"], "relu")
    assert [one.activation for one in small.session.spec.hidden] == ["tanh", "relu"]
    small.undo_stack.undo()
    small.undo_stack.undo()
    assert small.session.spec.network.layers == ()
    assert small.network.editors.card.editors["width"].value() == 4


def test_the_card_sets_the_norm_of_all_layers(small: MainWindow) -> None:
    open_card(small, 1)
    card = small.network.editors.card
    label = card.form.labelForField(card.editors["norm"])
    assert label.text() == "Norm (all layers)"  # type: ignore[attr-defined]
    choose(card.editors["norm"], "batch")
    assert small.session.spec.cures.norm == "batch"


def test_a_layer_is_frozen_and_thawed_while_training(small: MainWindow, qtbot: QtBot) -> None:
    play(qtbot, small)
    open_card(small, 2)
    box = small.network.editors.card.editors["frozen"]
    assert isinstance(box, SwitchEditor)
    click(box.box, QPoint(8, box.box.height() // 2))
    assert small.session.spec.value("training.frozen") == (2,)
    qtbot.waitUntil(lambda: marks_of(small) == ["Frozen layers none → 2"])
    qtbot.waitUntil(lambda: not state_of(small).links["update"][1].any())
    assert canvas_of(small).drawing.frozen == (2,)
    small.undo_stack.undo()
    assert small.session.spec.value("training.frozen") == ()
    for expected in ((2,), ()):
        click(box.box, QPoint(8, box.box.height() // 2))
        assert small.session.spec.value("training.frozen") == expected
    assert box.value() is False
    small.setFocus()
    pause(qtbot, small)


def test_the_output_layer_has_a_card_without_a_form(small: MainWindow) -> None:
    open_card(small, 3)
    card = small.network.editors.card
    assert card.title.text() == "Layer 3 of 3 (output)"
    assert card.values["weight_norm"].isVisible()
    assert not card.values["dead_share"].isVisible(), "the output layer has no activation"
    assert not small.network.editors.card.editors["width"].isVisible()
    assert small.network.editors.card.editors["frozen"].isVisible()


def test_the_card_of_a_layer_that_is_gone_closes(small: MainWindow, qtbot: QtBot) -> None:
    open_card(small, 3)
    load(small, qtbot, {"network.depth": 1})
    assert not small.network.editors.card.isVisible()


def test_a_layer_of_a_deep_network_opens_its_card_too(small: MainWindow, qtbot: QtBot) -> None:
    load(small, qtbot, DEEP)
    x = round(float(geometry_of(small).x[30]))
    click(canvas_of(small), QPoint(x, 80))
    assert small.focus.layer == 30
    assert small.network.editors.card.title.text() == "Layer 30 of 61"


def test_the_arrows_move_the_selected_layer_and_return_opens_it(
    small: MainWindow, qtbot: QtBot
) -> None:
    canvas = canvas_of(small)
    canvas.setFocus()
    for expected in (1, 2, 3, 3):
        key(canvas, Key.Key_Right)
        assert small.focus.layer == expected
    key(canvas, Key.Key_Left)
    assert small.focus.layer == 2
    key(canvas, Key.Key_Return)
    assert small.network.editors.card.isVisible()
    settle(qtbot, small)
    assert shown_step(small) == 0, "the arrow is not the window's step"


def test_while_it_trains_it_is_painted_a_few_times_a_second(
    small: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, frame, clock = small.network, small.session.frame, [1e9]  # later than any frame so far
    assert frame is not None
    monkeypatch.setattr(pace, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    (view,) = picture.wishes
    states = [replace(state_of(small)) for _ in range(4)]
    assert isinstance(view, NetworkView)
    frames = [replace(frame, exhibits={view: state}) for state in states]
    picture.show_frame(frames[0], resting=False)
    picture.show_frame(frames[1], resting=False)
    assert picture.state is states[0], "it is too soon for another one"
    clock[0] += network_picture.FRAMES * pace.FRAME_INTERVAL_MS / 1000
    picture.show_frame(frames[2], resting=False)
    assert picture.state is states[2]
    picture.show_frame(frames[3], resting=True)
    assert picture.state is states[3], "at rest the last one is shown at once"


def test_larger_type_has_letters_on_the_buttons_of_a_small_panel(small: MainWindow) -> None:
    def names() -> list[str]:
        return [button.text() for button in small.network.kind.group.buttons()]

    small.network.resize(500, 200)
    assert names() == ["Weight", "Gradient", "Update", "Ratio"]
    small.theme.set_zoom(4)
    assert names() == ["W", "∂W", "ΔW", "ΔW / W"]
    assert small.network.kind.group.button(3).accessibleName().endswith("Ratio")


# -- a part of it


def zoom_of(window: MainWindow) -> Zoom:
    return canvas_of(window).magnifier.zoom


def frame_layers(window: MainWindow, first: int, last: int) -> None:
    """Drag a rectangle over the whole height of some layers."""
    geometry = geometry_of(window)
    left = round(float(geometry.x[first] - geometry.pitch / 2))
    right = round(float(geometry.x[last] + geometry.pitch / 2))
    low = round(geometry.height) - 2
    drag(canvas_of(window), [QPoint(left, 2), QPoint(left + 30, 40), QPoint(right, low)])


def shown_layers(window: MainWindow) -> list[int]:
    geometry = geometry_of(window)
    left, _, width, _ = geometry.inside
    return [i for i, x in enumerate(geometry.x.tolist()) if left <= x <= left + width]


def test_a_drag_magnifies_some_layers_and_a_double_click_goes_back(
    window: MainWindow, qtbot: QtBot
) -> None:
    load(window, qtbot, {"network.depth": 70, "network.width": 8})
    assert not geometry_of(window).cells
    assert window.network.whole.isHidden()
    frame_layers(window, 8, 13)
    assert shown_layers(window) == [*range(8, 14)]
    geometry = geometry_of(window)
    assert geometry.cells
    assert window.network.whole.isVisible()
    # Units and links, which nobody had asked for, arrive although nothing trains.
    qtbot.waitUntil(lambda: len(canvas_of(window).drawing.visible) > 50)
    assert "b_10[3]" in hover(window, unit(window, 10, 3))
    double_click(canvas_of(window), QPoint(3, round(geometry.height) - 3))
    assert zoom_of(window) == WHOLE
    assert window.network.whole.isHidden()


def test_a_click_means_what_is_under_it_in_the_part(small: MainWindow, qtbot: QtBot) -> None:
    frame_layers(small, 1, 2)
    assert zoom_of(small) != WHOLE
    click(canvas_of(small), unit(small, 2, 1))
    type_in = small.network.editors.popup
    assert type_in.isVisible()
    assert small.focus.place == Place("b", 2, 1)


def test_a_short_way_of_the_hand_is_still_a_click(small: MainWindow) -> None:
    at = unit(small, 1, 0)
    drag(canvas_of(small), [at, at + QPoint(2, 1)])
    assert zoom_of(small) == WHOLE
    assert small.network.editors.popup.isVisible()


def test_a_drag_clicks_nothing(small: MainWindow) -> None:
    at = unit(small, 1, 0)
    drag(canvas_of(small), [at, at + QPoint(20, 20), at + QPoint(200, 60)])
    assert zoom_of(small) != WHOLE
    assert "popup" not in vars(small.network.editors) or not small.network.editors.popup.isVisible()


def test_a_line_is_no_part_nor_what_lies_outside(small: MainWindow) -> None:
    canvas, foot = canvas_of(small), round(geometry_of(small).foot)
    for start, way in (
        (unit(small, 1, 0), QPoint(90, 1)),
        (QPoint(60, 2), QPoint(90, 12)),  # over the layers' names
        (QPoint(60, foot - 4), QPoint(90, 10)),
        (QPoint(canvas.width() - 40, 40), QPoint(30, 60)),  # beside the loss
    ):
        drag(canvas, [start, start + way])
        assert zoom_of(small) == WHOLE


def test_a_button_that_went_up_elsewhere_draws_nothing(small: MainWindow) -> None:
    canvas, kinds = canvas_of(small), QEvent.Type
    at = unit(small, 1, 0)
    mouse(canvas, kinds.MouseButtonPress, at, down=True)
    mouse(canvas, kinds.MouseMove, at + QPoint(40, 40), down=True)
    mouse(canvas, kinds.MouseMove, at + QPoint(90, 50), down=False)
    assert canvas.magnifier._frame is None
    mouse(canvas, kinds.MouseButtonRelease, at + QPoint(120, 50), down=False)
    assert zoom_of(small) == WHOLE


@pytest.mark.parametrize("how", ["right button", "hidden"])
def test_a_drag_that_is_broken_off_leads_nowhere(small: MainWindow, how: str) -> None:
    canvas, kinds = canvas_of(small), QEvent.Type
    at = unit(small, 1, 0)
    mouse(canvas, kinds.MouseButtonPress, at, down=True)
    mouse(canvas, kinds.MouseMove, at + QPoint(40, 40), down=True)
    if how == "hidden":
        canvas.hide()
        canvas.show()
    else:
        mouse(canvas, kinds.MouseButtonPress, at, Qt.MouseButton.RightButton, down=True)
    mouse(canvas, kinds.MouseButtonRelease, at + QPoint(120, 50), down=False)
    assert zoom_of(small) == WHOLE


def test_a_double_click_takes_back_the_click_before_it(small: MainWindow) -> None:
    frame_layers(small, 1, 2)
    assert small.focus.layer is None
    at = head(small, 1)
    double_click(canvas_of(small), at)
    assert zoom_of(small) == WHOLE
    assert small.network.editors.layer is None
    assert small.focus.layer is None
    frame_layers(small, 1, 2)
    double_click(canvas_of(small), unit(small, 2, 0))
    assert not small.network.editors.popup.isVisible()


def test_the_words_are_of_what_came_under_the_pointer(small: MainWindow) -> None:
    canvas = canvas_of(small)
    before = hover(small, unit(small, 1, 0))
    assert "b_1[0]" in before
    key(canvas, Key.Key_Plus)
    key(canvas, Key.Key_Plus)
    assert canvas._pointer is not None
    assert canvas.spot == canvas.spot_at(canvas._pointer)
    assert small.network.readout.text() == small.network._words_of(canvas.spot)
    canvas.magnifier.show(WHOLE)
    assert small.network.readout.text() == before


def test_a_wheel_with_a_little_sideways_still_magnifies(small: MainWindow) -> None:
    at = QPointF(unit(small, 1, 1))
    for turned, magnifies in ((QPoint(1, 120), True), (QPoint(-120, 1), False)):
        canvas_of(small).magnifier.show(Zoom(0.3, 0.2, 0.5, 0.5))
        event = QWheelEvent(
            at,
            at,
            QPoint(),
            turned,
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        canvas_of(small).wheelEvent(event)
        zoom = zoom_of(small)
        assert (zoom.width < 0.5) == magnifies
        assert (zoom.left > 0.3 and zoom.width == 0.5) != magnifies


def test_plus_goes_to_the_chosen_layer(window: MainWindow, qtbot: QtBot) -> None:
    load(window, qtbot, {"network.depth": 24, "network.width": 12})
    window.focus.choose_layer(20)
    canvas_of(window).magnifier.show(Zoom(0, 0, 0.2, 1))
    assert 20 not in shown_layers(window)
    key(canvas_of(window), Key.Key_Plus)
    assert 20 in shown_layers(window)


@pytest.mark.parametrize("how", ["click", "another way"])
def test_the_button_leaves_the_focus_in_the_picture(small: MainWindow, how: str) -> None:
    frame_layers(small, 1, 2)
    small.network.whole.setFocus()
    small.network.image()
    assert small.network.whole.hasFocus()
    if how == "click":
        small.network.whole.click()
    else:
        canvas_of(small).magnifier.show(WHOLE)
    assert zoom_of(small) == WHOLE
    assert canvas_of(small).hasFocus()


def test_a_double_click_on_nothing_takes_back_nothing(small: MainWindow) -> None:
    click(canvas_of(small), head(small, 1))
    frame_layers(small, 1, 2)
    small.focus.choose_layer(2)
    empty = QPoint(3, round(geometry_of(small).foot) - 40)
    double_click(canvas_of(small), empty)
    assert zoom_of(small) == WHOLE
    assert small.focus.layer == 2


def test_a_double_click_shows_the_card_that_was_open(small: MainWindow) -> None:
    click(canvas_of(small), head(small, 1))
    frame_layers(small, 1, 2)
    place = small.focus.place
    double_click(canvas_of(small), head(small, 2))
    assert small.network.editors.card.layer == 1
    assert small.network.editors.layer is not None
    frame_layers(small, 1, 2)
    double_click(canvas_of(small), unit(small, 2, 1))
    assert small.focus.place == place


def test_a_double_click_on_the_whole_is_no_way_back(small: MainWindow) -> None:
    double_click(canvas_of(small), head(small, 1))
    assert small.network.editors.layer is not None
    assert small.focus.layer == 1


def test_a_narrower_network_is_not_missed_by_the_part(small: MainWindow, qtbot: QtBot) -> None:
    load(small, qtbot, {"network.width": 32})
    canvas_of(small).magnifier.show(Zoom(0.2, 0, 0.3, 1 / 16))
    load(small, qtbot, {"network.width": 4})
    assert zoom_of(small).height >= 0.5
    middle = unit(small, 1, 0), unit(small, 1, 3)
    assert any(HEAD <= at.y() <= geometry_of(small).height for at in middle)


def test_a_chosen_layer_is_brought_into_view_from_below(small: MainWindow, qtbot: QtBot) -> None:
    load(small, qtbot, {"network.width": 32})
    canvas_of(small).magnifier.show(Zoom(0.2, 0, 0.3, 1 / 16))
    canvas_of(small).setFocus()
    for _ in range(3):
        key(canvas_of(small), Key.Key_Right)
    geometry = geometry_of(small)
    _, top, _, height = geometry.bars[3].tolist()
    assert top < geometry.height
    assert top + height > HEAD


def test_larger_type_keeps_names_from_under_the_button(window: MainWindow, qtbot: QtBot) -> None:
    load(window, qtbot, {"network.depth": 20})
    for zoom in (0, 8):
        window.theme.set_zoom(zoom)
        canvas_of(window).magnifier.show(Zoom(0.3, 0.1, 0.3 + zoom / 100, 0.6))
        settle(qtbot, window)
        room = canvas_of(window).room_of_button
        assert room >= window.network.whole.width() + 4


def test_magnifying_widens_no_panel(small: MainWindow) -> None:
    before = small.network.minimumSizeHint()
    frame_layers(small, 1, 2)
    assert small.network.whole.isVisible()
    assert small.network.minimumSizeHint() == before


def test_another_number_of_layers_is_shown_as_a_whole(small: MainWindow, qtbot: QtBot) -> None:
    frame_layers(small, 1, 2)
    load(small, qtbot, {"network.depth": 5})
    assert zoom_of(small) == WHOLE
    assert small.network.whole.isHidden()


def test_pictures_of_a_part_keep_to_their_place(small: MainWindow, qtbot: QtBot) -> None:
    """What lies above and below the part is in neither kind of file."""
    network, canvas = small.network, canvas_of(small)
    qtbot.waitUntil(lambda: bool(state_of(small).images))
    assert network.svg().count(b"<image") > 5, "of each unit, one"
    canvas.magnifier.show(Zoom(0.2, 0.4, 0.5, 0.5))
    image, size = QImage(network._whole_size(), QImage.Format.Format_RGB32), canvas.size()
    image.fill(Qt.GlobalColor.white)
    with QPainter(image) as painter:
        QSvgRenderer(QByteArray(network.svg())).render(painter)
    top = image.height() - size.height()
    right = network.image().scaled(image.size())
    for y in (top // 2, top + 3, image.height() - 3):
        row = [image.pixelColor(x, y).lightness() for x in range(330, image.width() - 60, 4)]
        same = [right.pixelColor(x, y).lightness() for x in range(330, image.width() - 60, 4)]
        assert np.abs(np.subtract(row, same)).mean() < 12
    assert network.whole.isVisible()


def test_wheel_and_keys_magnify_too(small: MainWindow) -> None:
    canvas = canvas_of(small)
    turn_wheel(canvas, 2)
    assert zoom_of(small).width < 0.7
    turn_wheel(canvas, -9)
    assert zoom_of(small) == WHOLE
    canvas.setFocus()
    key(canvas, Key.Key_Right)
    key(canvas, Key.Key_Plus)
    key(canvas, Key.Key_Plus)
    narrow = zoom_of(small)
    assert narrow.width < 0.7
    geometry = geometry_of(small)
    assert 0 < geometry.x[1] < geometry.width, "the chosen layer is in it"
    key(canvas, Key.Key_Minus)
    assert zoom_of(small).width > narrow.width
    key(canvas, Key.Key_0)
    assert zoom_of(small) == WHOLE


def test_a_chosen_layer_is_brought_into_view(window: MainWindow, qtbot: QtBot) -> None:
    load(window, qtbot, {"network.depth": 24, "network.width": 12})
    frame_layers(window, 3, 5)
    canvas_of(window).setFocus()
    for _ in range(12):
        key(canvas_of(window), Key.Key_Right)
    geometry = geometry_of(window)
    assert window.focus.layer == 12
    assert 0 < geometry.x[12] < geometry.width


def test_the_button_shows_the_whole_again_and_a_run_keeps_the_part(
    small: MainWindow, qtbot: QtBot
) -> None:
    frame_layers(small, 1, 2)
    part = zoom_of(small)
    load(small, qtbot, {"network.width": 5})
    assert zoom_of(small) == part
    click(small.network.whole)
    assert zoom_of(small) == WHOLE


def test_bands_reach_to_the_edges_of_a_part(window: MainWindow, qtbot: QtBot) -> None:
    load(window, qtbot, DEEP)
    play(qtbot, window, steps=2)
    pause(qtbot, window)
    canvas = canvas_of(window)
    canvas.magnifier.show(Zoom(0.5, 0.3, 0.05, 0.3))
    image = canvas.grab().toImage()
    ratio, y = image.devicePixelRatio(), int(HEAD) + 30
    geometry = geometry_of(window)
    inside = [i for i, x in enumerate(geometry.x.tolist()) if 0 <= x <= geometry.width]
    ground = image.pixelColor(3, 3)
    between = [*(geometry.x[inside] + geometry.pitch / 2), 1.0]
    for x in between:
        if x < geometry.width:
            assert image.pixelColor(int(x * ratio), int(y * ratio)) != ground


def test_every_quantity_of_links_remembers_its_scale(small: MainWindow, qtbot: QtBot) -> None:
    play(qtbot, small)
    pause(qtbot, small)
    network, canvas = small.network, canvas_of(small)
    buttons = network.kind.group.buttons()
    assert not network.log_switch.isChecked()
    buttons[1].click()
    assert network.log_switch.isChecked()
    over_decades = canvas.drawing.strengths.copy()
    network.log_switch.click()
    linear = canvas.drawing.strengths.copy()
    largest = np.abs(canvas.drawing.values).max()
    np.testing.assert_allclose(linear, np.abs(canvas.drawing.values) / largest)
    assert (over_decades >= 0).all()
    assert not np.allclose(over_decades, linear)
    buttons[0].click()
    assert not network.log_switch.isChecked()
    buttons[1].click()
    assert not network.log_switch.isChecked(), "as it was left"
