"""The ladder of a weight: choosing it, leading its path, reading it, and leaving all as it was."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.places import Place
from lab.ladders import Choice, Ladder, ladder_of
from lab.run import Run
from lab.runfile import read_run
from tests.core.engines import all_bits
from tests.widgets.person import click, hover, key, menu, pause, pixel, play, press, settle
from tests.widgets.side_by_side import take_steps
from widgets.main_window import MainWindow
from widgets.tools.path import PathTool
from widgets.tools.rung_axis import RungAxis, symbol_of

Key = Qt.Key
SMALL = {
    "network.depth": 3,
    "network.width": 4,
    "network.activation": "tanh",
    "network.precision": "float64",
}
DEEP = {"network.depth": 20, "network.width": 32, "network.activation": "sigmoid"}


def load(window: MainWindow, qtbot: QtBot, changes: dict[str, Any]) -> None:
    window.session.load(window.session.spec.with_values({**SMALL, **changes}))
    settle(qtbot, window)


def open_tool(window: MainWindow, qtbot: QtBot) -> PathTool:
    """Open the panel by its key, and wait for its first ladder."""
    press(window, Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    tool = window.docks["path"].widget()
    assert isinstance(tool, PathTool)
    qtbot.waitUntil(lambda: tool.ladder is not None)
    return tool


@pytest.fixture
def tool(window: MainWindow, qtbot: QtBot) -> PathTool:
    """The panel beside a run of 2 - 4 - 4 - 4 - 1 units after two steps."""
    load(window, qtbot, {})
    take_steps(window, qtbot, 2)
    return open_tool(window, qtbot)


def ladder_in(tool: PathTool) -> Ladder:
    assert tool.ladder is not None
    return tool.ladder


def unit(window: MainWindow, layer: int, column: int) -> QPoint:
    geometry = window.network.canvas.drawing.geometry
    assert geometry is not None
    x, y = geometry.middle_of(layer, column)
    return QPoint(round(x), round(y))


def rung_at(tool: PathTool, kind: str, layer: int) -> int:
    factors = enumerate(ladder_in(tool).path.factors)
    return next(i for i, factor in factors if (factor.kind, factor.layer) == (kind, layer))


def click_rung(tool: PathTool, rung: int) -> None:
    plot = tool.plot.factors
    click(plot.viewport(), pixel(plot, rung, plot.box.viewRange()[1][1]) + QPoint(0, 9))


def test_it_opens_with_the_strongest_path_and_what_all_add_up_to(tool: PathTool) -> None:
    assert tool.specimen is not None
    wanted = ladder_of(tool.specimen, Choice(tool.focus.place))
    assert ladder_in(tool).path == wanted.path
    assert tool.sum.text().startswith("All 16 paths add up to ")
    assert "difference" in tool.sum.text()
    assert not tool.choices.listed.isEnabled()
    assert f" {wanted.n_samples} samples" in tool.choices.sample.toolTip()
    assert tool.part.text().startswith("∂loss/∂W_1[0, 0]: ")


def test_a_menu_entry_opens_it_too(window: MainWindow, qtbot: QtBot) -> None:
    load(window, qtbot, {})
    (entry,) = (a for a in menu(window, "&Run").actions() if "Path" in a.text().replace("&", ""))
    entry.trigger()
    qtbot.waitUntil(lambda: isinstance(window.docks["path"].widget(), PathTool))


def test_boxes_choose_weight_sample_and_rank(tool: PathTool) -> None:
    tool.boxes.layer.setValue(2)
    tool.boxes.row.setValue(3)
    assert ladder_in(tool).choice.place == Place("w", 2, 0, 3)
    tool.choices.sample.setValue(4)
    tool.choices.rank.setValue(2)
    ladder = ladder_in(tool)
    assert (ladder.choice.sample, ladder.choice.rank) == (3, 2)
    tool.boxes.layer.setValue(4)
    assert ladder_in(tool).n_paths == 1
    assert (tool.choices.rank.value(), tool.choices.rank.maximum()) == (1, 1)
    assert tool.sum.text().startswith("The only path adds up to ")


def test_a_click_on_a_unit_leads_the_path_there(window: MainWindow, tool: PathTool) -> None:
    canvas, before = window.network.canvas, ladder_in(tool)
    other = (before.path.units[1] + 1) % 4
    click(canvas, unit(window, 2, other))
    assert ladder_in(tool).path.units[1] == other
    assert ladder_in(tool).listed == before.listed
    assert window.focus.path == ladder_in(tool).units
    assert "popup" not in vars(window.network.editors)
    click(canvas, unit(window, 2, other))
    assert ladder_in(tool).path == before.path
    click(canvas, unit(window, 1, 3))
    click(canvas, unit(window, 0, 1))
    assert window.focus.place == Place("w", 1, 3, 1)
    click(canvas, unit(window, 3, 2))
    assert tool.choices.free.isEnabled()
    click(tool.choices.free)
    assert ladder_in(tool).choice.through == {}


def test_a_click_before_the_weight_begins_there(window: MainWindow, tool: PathTool) -> None:
    tool.boxes.layer.setValue(4)
    click(window.network.canvas, unit(window, 1, 2))
    assert window.focus.place == Place("b", 1, 2)
    assert ladder_in(tool).units[0] == (1, 2)


def test_arrows_go_along_the_rungs_and_change_their_units(tool: PathTool) -> None:
    rung = rung_at(tool, "weight", 2)
    before = ladder_in(tool).path.units[1]
    click_rung(tool, rung)
    plot = tool.plot.factors
    assert tool.plot.rung == rung
    assert plot.hasFocus()
    key(plot, Key.Key_Up)
    assert ladder_in(tool).path.units[1] == (before + 1) % 4
    assert tool.choices.unit.value() == (before + 1) % 4
    key(plot, Key.Key_Down)
    assert ladder_in(tool).choice.through == {2: before}
    key(plot, Key.Key_Delete)
    assert ladder_in(tool).choice.through == {}
    key(plot, Key.Key_Right)
    assert tool.plot.rung == rung + 1
    key(plot, Key.Key_Home)
    key(plot, Key.Key_Up)
    assert tool.focus.place == Place("w", 1, 0, 1)
    key(plot, Key.Key_End)
    key(plot, Key.Key_Up)  # there is one output
    assert ladder_in(tool).choice.through == {4: 0}


def test_the_arrows_take_no_step(window: MainWindow, tool: PathTool) -> None:
    click_rung(tool, 1)
    press(window, Key.Key_Right)
    assert tool.plot.rung == 2
    assert window.session.frame is not None
    assert window.session.frame.step == 2


def test_the_unit_box_leads_too(tool: PathTool) -> None:
    assert not tool.choices.unit.isEnabled()
    click_rung(tool, rung_at(tool, "slope", 3))
    tool.choices.unit.setValue((tool.choices.unit.value() + 1) % 4)
    assert ladder_in(tool).choice.through == {3: tool.choices.unit.value()}


def test_a_rung_is_read_under_the_pointer(tool: PathTool, qtbot: QtBot) -> None:
    rung = rung_at(tool, "slope", 2)
    hover(tool.plot.factors, rung, 0.0)
    words = ladder_in(tool).path.factors[rung].name + " = "
    qtbot.waitUntil(lambda: tool.part.text().startswith(words))
    assert "(at most 1)" in tool.part.text()
    assert "product so far" in tool.part.text()
    tool.plot.factors.leave()
    assert tool.part.text().startswith("∂loss/∂W_1")


def test_picture_and_numbers_can_be_taken_away(tool: PathTool) -> None:
    tool.copy_numbers()
    lines = QApplication.clipboard().text().splitlines()
    factors = ladder_in(tool).path.factors
    assert len(lines) == 1 + len(factors)
    assert lines[-1].split("\t")[-1] == str(factors[-1].product)
    assert tool.png()
    assert b"<svg" in tool.svg()


def test_a_deep_network(window: MainWindow, qtbot: QtBot) -> None:
    load(window, qtbot, DEEP)
    tool = open_tool(window, qtbot)
    ladder = ladder_in(tool)
    slopes = [factor for factor in ladder.path.factors if factor.kind == "slope"]
    assert len(slopes) == 20
    assert all(factor.value <= 0.25 for factor in slopes)
    assert tool.sum.text().startswith("Strongest 100 of 3.9e28 paths: sum ")
    assert tool.readout.text().startswith("20 slopes φ′ ×")
    tool.choices.listed.setValue(500)
    assert ladder_in(tool).listed.n_paths == 500
    geometry = window.network.canvas.drawing.geometry
    assert geometry is not None
    assert not geometry.cell  # layers are bars: their parts are units
    click(window.network.canvas, unit(window, 7, 20))
    assert dict(ladder_in(tool).units)[7] == 20


def test_the_last_slope_of_a_deep_network_is_named(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1440, 900)
    load(window, qtbot, {"network.depth": 20})
    take_steps(window, qtbot, 1)
    tool = open_tool(window, qtbot)
    axis = tool.plot.products.x_axis

    def names() -> list[str]:
        ticks = axis.ticks_between(*tool.plot.products.view().x_range)
        return axis.tickStrings(ticks, 1.0, 1.0)

    qtbot.waitUntil(lambda: tool.plot.products.canvas.width() > 500)
    qtbot.waitUntil(lambda: {"x", "φ′₂₀", "δ"} <= set(names()))


def test_names_of_rungs_never_overlap(window: MainWindow, qtbot: QtBot) -> None:
    load(window, qtbot, {"network.depth": 0})
    tool = open_tool(window, qtbot)
    for depth, widths in ((0, [900]), (3, [900]), (20, [500, 900]), (100, [900])):
        load(window, qtbot, {"network.depth": depth})
        layers = 2 * depth + 2  # an h, then a slope and a weight of each
        qtbot.waitUntil(lambda layers=layers: len(ladder_in(tool).path.factors) >= layers)  # type: ignore[misc]
        for width in widths:
            have_room(tool, width)


def have_room(tool: PathTool, width: int) -> None:
    """Check that the names can be read one beside the other in a plot of that width."""
    axis = tool.plot.products.x_axis
    assert isinstance(axis, RungAxis)
    assert axis.metrics is not None
    factors = ladder_in(tool).path.factors
    ((_, ticks),) = axis.tickValues(-0.6, len(factors) - 0.4, width)
    names = axis.tickStrings(ticks, 1, 1)
    assert symbol_of(factors[0])[0] == names[ticks.index(0.0)][0]
    pitch = width / (len(factors) + 0.2)
    spans = sorted(
        (pitch * tick - size / 2, pitch * tick + size / 2)
        for tick, size in zip(ticks, map(axis.metrics.horizontalAdvance, names), strict=True)
    )
    assert all(left[1] < right[0] for left, right in pairwise(spans))
    assert len(names) >= min(len(factors), 8)


def test_normalisation_has_no_paths_and_says_so(window: MainWindow, qtbot: QtBot) -> None:
    load(window, qtbot, {"cures.norm": "batch"})
    press(window, Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    tool = window.docks["path"].widget()
    assert isinstance(tool, PathTool)
    qtbot.waitUntil(lambda: tool.reason.text().startswith("With normalisation"))
    assert tool.reason.isVisible()
    assert not tool.plot.isVisible()
    assert window.focus.path == ()


def test_a_weight_that_has_gone_is_told_in_a_sentence(
    window: MainWindow, tool: PathTool, qtbot: QtBot
) -> None:
    place = Place("w", 3, 1, 2)
    window.focus.choose_place(place)
    click(window.network.canvas, unit(window, 4, 0))
    load(window, qtbot, {"network.depth": 1})
    qtbot.waitUntil(lambda: tool.reason.text().startswith("This network has no W_3[2, 1]:"))
    assert tool.reason.text().count(".") == 1
    assert (tool.ladder, window.focus.path, window.focus.place) == (None, (), place)
    assert len(window.session.spec.sizes) == 3
    tool.boxes.column.setValue(1)
    assert ladder_in(tool).choice == Choice(Place("w", 1, 1, 0))


def test_the_path_is_drawn_while_the_panel_is_seen(window: MainWindow, tool: PathTool) -> None:
    canvas = window.network.canvas
    assert window.focus.path == ladder_in(tool).units
    shown = canvas.grab().toImage()
    window.show_panel("loss")
    assert window.focus.path == ()
    assert tool.wishes == ()
    assert canvas.grab().toImage() != shown
    window.show_panel("path")
    assert window.focus.path == ladder_in(tool).units
    window.docks["path"].close()
    assert window.focus.path == ()


def test_the_run_goes_on_as_if_nobody_had_looked(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    load(window, qtbot, {"cures.dropout": 0.2, "training.optimizer": "adam"})
    take_steps(window, qtbot, 2)
    before = kept(window, qtbot, tmp_path / "before")
    tool = open_tool(window, qtbot)
    click(window.network.canvas, unit(window, 2, 1))
    click_rung(tool, 1)
    key(tool.plot.factors, Key.Key_Up)
    tool.choices.sample.setValue(3)
    tool.choices.rank.setValue(2)
    window.docks["path"].close()
    after = kept(window, qtbot, tmp_path / "after")
    assert all_bits(before.trainer) == all_bits(after.trainer)
    for _ in range(3):
        window.session.take_step()
        before.advance()
    qtbot.waitUntil(lambda: window.session.frame is not None and window.session.frame.step == 5)
    end = kept(window, qtbot, tmp_path / "end")
    assert all_bits(before.trainer) == all_bits(end.trainer)


def kept(window: MainWindow, qtbot: QtBot, path: Path) -> Run:
    """The run as a file of it has it."""
    told: list[Path] = []
    window.session.saved.connect(told.append)
    window.session.save(path)
    qtbot.waitUntil(lambda: path in told)
    return read_run(path)


def test_it_follows_a_run_that_trains(window: MainWindow, tool: PathTool, qtbot: QtBot) -> None:
    play(qtbot, window, steps=50)
    qtbot.waitUntil(lambda: ladder_in(tool).step > 20)
    pause(qtbot, window)
    assert window.session.frame is not None
    step = window.session.frame.step
    qtbot.waitUntil(lambda: ladder_in(tool).step == step)


def test_it_is_drawn_in_both_themes(window: MainWindow, tool: PathTool) -> None:
    for choice in ("dark", "light"):
        window.theme.set_choice(choice)
        assert tool.plot.grab().toImage().width() > 0


@pytest.mark.parametrize("zoom", [0, 4])
def test_the_whole_product_is_written_in_full(
    window: MainWindow, tool: PathTool, zoom: int
) -> None:
    window.theme.set_zoom(zoom)
    tool.refresh()
    view = tool.plot.products.view()
    end = view.point(len(ladder_in(tool).path.factors) - 0.5, 0).x()
    words = QFontMetricsF(window.theme.font("small")).horizontalAdvance("-8.8e-13")
    assert end + 5 + words <= view.width
