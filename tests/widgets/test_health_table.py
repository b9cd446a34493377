"""The table keeps order and selection while numbers change, and speaks with the other pictures."""

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from core.activations import ACTIVATIONS
from core.arrays import Array
from core.measures import QUANTITIES, ROW
from lab.presets import presets
from lab.words import number
from tests.widgets.person import (
    LEFT,
    NO_KEY,
    click,
    key,
    pause,
    play,
    press,
    settle,
    shown_step,
    write,
)
from tests.widgets.side_by_side import take_steps
from widgets import pace
from widgets.main_window import MainWindow
from widgets.plots.health_model import COLUMNS
from widgets.plots.health_table import HealthTable
from widgets.plots.table_sheet import PADDING_PX

Role = Qt.ItemDataRole
PLACES = {column.name: place for place, column in enumerate(COLUMNS)}
UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
LAYERS = 13  # of the opening experiment


@pytest.fixture
def panel(window: MainWindow, qtbot: QtBot) -> HealthTable:
    """The panel, in front, at step 0."""
    dock = window.docks["health"]
    dock.raise_()
    qtbot.waitUntil(lambda: isinstance(dock.widget(), HealthTable))
    panel = dock.widget()
    assert isinstance(panel, HealthTable)
    qtbot.waitUntil(lambda: panel.model.rowCount() == LAYERS)
    return panel


def change(window: MainWindow, qtbot: QtBot, changes: dict[str, Any]) -> None:
    """Put another experiment on the bench and wait until it is shown."""
    before = window.session.history
    window.session.load(window.session.spec.with_values(changes))
    qtbot.waitUntil(lambda: window.session.history is not before)
    settle(qtbot, window)


def cell(panel: HealthTable, row: int, name: str, role: Role = Role.DisplayRole) -> Any:
    return panel.model.data(panel.model.index(row, PLACES[name]), role)


def column(panel: HealthTable, name: str) -> list[Any]:
    return [cell(panel, row, name) for row in range(panel.model.rowCount())]


def click_heading(panel: HealthTable, name: str) -> None:
    header = panel.table.horizontalHeader()
    place = PLACES[name]
    panel.table.scrollTo(panel.model.index(0, place))
    at = QPoint(header.sectionViewportPosition(place) + 12, header.height() // 2)
    QTest.mouseClick(header.viewport(), LEFT, NO_KEY, at)


def click_row(panel: HealthTable, row: int, modifier: Qt.KeyboardModifier = NO_KEY) -> None:
    index = panel.model.index(row, 0)
    panel.table.scrollTo(index)
    at = panel.table.visualRect(index).center()
    QTest.mouseClick(panel.table.viewport(), LEFT, modifier, at)


def list_of(*layers: int) -> list[str]:
    return [str(layer) for layer in layers]


def has_rows(panel: HealthTable, count: int) -> bool:
    return panel.model.rowCount() == count


def matrix(*ratios: float) -> Array:
    """Made-up magnitudes whose update ratios are these."""
    magnitudes = np.full((len(QUANTITIES), len(ratios)), 0.1)
    magnitudes[ROW["update_ratio"]] = ratios
    return magnitudes


def test_a_row_per_layer_says_what_was_measured(panel: HealthTable, window: MainWindow) -> None:
    frame = window.session.frame
    assert frame is not None
    assert column(panel, "layer") == [str(layer) for layer in range(1, LAYERS + 1)]
    assert column(panel, "width") == ["16"] * 12 + ["1"]
    assert column(panel, "activation") == ["Sigmoid"] * 12 + ["–"]
    for name in ("activation_rms", "signal_gradient_rms", "weight_gradient_rms"):
        expected = [number(value) for value in frame.record.magnitudes[ROW[name]]]
        assert column(panel, name) == expected
    saturated = frame.record.magnitudes[ROW["saturated_share"]]
    assert column(panel, "saturated_share")[0] == f"{100 * saturated[0]:.0f} %"
    assert column(panel, "saturated_share")[-1] == column(panel, "dead_share")[-1] == "–"
    assert column(panel, "state")[0] == "▼ starved"
    assert "under 0.001 of the last hidden layer's" in cell(panel, 0, "state", Role.ToolTipRole)


def test_far_ratios_are_marked_by_sign_and_colour(panel: HealthTable) -> None:
    panel.model.show(matrix(*[1e-3] * 10, 1e-5, 0.1, np.nan))
    assert column(panel, "update_ratio")[-4:] == ["0.00100", "▼ 1.0e-5", "▲ 0.100", "nan"]
    warning = panel.theme.colors.warning
    calm, slow = (cell(panel, row, "update_ratio", Role.ForegroundRole) for row in (0, 10))
    assert calm is None
    assert slow.name() == warning


def test_a_frozen_layer_is_called_so_without_a_warning(
    panel: HealthTable, window: MainWindow, qtbot: QtBot
) -> None:
    take_steps(window, qtbot, 3)
    spec = window.session.spec
    window.change_spec(spec.with_values({"training.frozen": [11]}), "frozen of layer 11")
    qtbot.waitUntil(lambda: column(panel, "state")[10] == "frozen")
    window.session.take_step()
    qtbot.waitUntil(lambda: panel.readout.text() == "step 4")
    assert column(panel, "update_ratio")[10] == "0"
    for name in ("state", "update_ratio"):
        assert cell(panel, 10, name, Role.ForegroundRole) is None
    window.change_spec(spec, "frozen of layer 11")
    qtbot.waitUntil(lambda: column(panel, "state")[10] != "frozen")


def test_words_go_by_the_rule_that_is_set(
    panel: HealthTable, window: MainWindow, qtbot: QtBot
) -> None:
    assert column(panel, "state")[0] == "▼ starved"
    below = window.verdict.rule_editor.boxes[0]
    window.verdict.rule_button.click()
    below.setFocus()
    below.selectAll()
    write(below, "1e-12")
    key(below, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: column(panel, "state")[0] != "▼ starved")


def test_headings_sort_by_number_and_turn(panel: HealthTable) -> None:
    ratios = [9e-4, 1e-2, 3e-9, 2e-3, np.nan, 1.0, 20.0, np.inf, 0.0, 5e-5, 0.5, 100.0, 7e-4]
    panel.model.show(matrix(*ratios))
    click_heading(panel, "update_ratio")
    assert column(panel, "layer") == [
        "9",
        "3",
        "10",
        "13",
        "1",
        "4",
        "2",
        "11",
        "6",
        "7",
        "12",
        "8",
        "5",
    ]
    click_heading(panel, "update_ratio")
    assert column(panel, "layer") == [
        "8",
        "12",
        "7",
        "6",
        "11",
        "2",
        "4",
        "1",
        "13",
        "10",
        "3",
        "9",
        "5",
    ]
    heads = [
        panel.model.headerData(place, Qt.Orientation.Horizontal) for place in range(len(COLUMNS))
    ]
    assert heads[PLACES["update_ratio"]].endswith("▾")
    assert sum(head.endswith(("▴", "▾")) for head in heads) == 1
    click_heading(panel, "state")
    assert column(panel, "state") == sorted(column(panel, "state"), key=lambda text: text[2:])


def test_order_and_selection_stay_while_numbers_change(panel: HealthTable) -> None:
    panel.model.show(matrix(*range(1, LAYERS + 1)))
    panel.model.sort(PLACES["update_ratio"], DOWN)
    click_row(panel, 2)  # layer 11
    click_row(panel, 4, Qt.KeyboardModifier.ControlModifier)  # layer 9
    panel.model.show(matrix(*range(LAYERS, 0, -1)))
    assert column(panel, "layer")[:3] == ["1", "2", "3"]
    assert [panel.model.layers[row].number for row in panel.table.rows()] == [9, 11]


def test_a_row_is_the_layer_in_focus_and_the_other_way_round(
    panel: HealthTable, window: MainWindow
) -> None:
    click_row(panel, 3)
    assert window.focus.layer == 4
    panel.table.setFocus()
    key(panel.table, Qt.Key.Key_Down)
    assert window.focus.layer == 5
    window.focus.choose_layer(9)
    assert [panel.model.layers[row].number for row in panel.table.rows()] == [9]
    assert window.focus.layer == 9
    window.focus.choose_layer(None)
    assert panel.table.rows() == []
    assert window.focus.layer is None


def test_several_rows_can_be_selected_without_losing_the_focus(
    panel: HealthTable, window: MainWindow
) -> None:
    click_row(panel, 1)
    click_row(panel, 4, Qt.KeyboardModifier.ShiftModifier)
    assert panel.table.rows() == [1, 2, 3, 4]
    panel.refresh()
    assert panel.table.rows() == [1, 2, 3, 4]
    assert window.focus.layer in (2, 5)


def test_a_click_on_the_chosen_row_keeps_it(panel: HealthTable, window: MainWindow) -> None:
    click_row(panel, 3)
    click_row(panel, 3)
    assert window.focus.layer == 4
    assert panel.table.rows() == [3]


def test_selected_rows_are_copied_with_headings(panel: HealthTable) -> None:
    click_row(panel, 0)
    click_row(panel, 1, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    head, *rows = QGuiApplication.clipboard().text().split("\n")
    assert head.split("\t") == [COLUMNS[place].name for place in panel.model.places]
    assert len(rows) == 2
    values = rows[1].split("\t")
    assert values[PLACES["layer"]] == "2"
    exact = panel.model.layers[1].measured("signal_gradient_rms")
    assert float(values[PLACES["signal_gradient_rms"]]) == exact


def test_the_menu_offers_rows_order_picture_and_numbers(panel: HealthTable) -> None:
    viewport = panel.table.viewport()
    at = viewport.rect().center()
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(viewport, QContextMenuEvent(reason, at, viewport.mapToGlobal(at)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    names = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert names[:2] == ["Copy selected rows", "Sort by"]
    assert "Save numbers (CSV)…" in names
    (order,) = menu.findChildren(QMenu)
    order.actions()[PLACES["signal_gradient_rms"]].trigger()
    assert panel.model.sorted_by == PLACES["signal_gradient_rms"]
    menu.close()


def test_numbers_are_exact_and_in_the_order_shown(panel: HealthTable) -> None:
    panel.model.sort(0, DOWN)
    table = panel.numbers()
    assert list(table.columns) == [COLUMNS[place].name for place in panel.model.places]
    assert [row[0] for row in table.rows] == list(range(LAYERS, 0, -1))
    assert table.rows[0][PLACES["activation_rms"]] == panel.model.layers[0].measured(
        "activation_rms"
    )
    assert len(panel.png()) > 1000


def test_it_goes_on_with_the_run(panel: HealthTable, window: MainWindow, qtbot: QtBot) -> None:
    before = column(panel, "signal_gradient_rms")
    play(qtbot, window, 300)
    qtbot.waitUntil(lambda: column(panel, "signal_gradient_rms") != before)
    pause(qtbot, window)
    frame = window.session.frame
    assert frame is not None
    expected = [number(value) for value in frame.record.magnitudes[ROW["signal_gradient_rms"]]]
    qtbot.waitUntil(lambda: column(panel, "signal_gradient_rms") == expected)
    assert panel.readout.text() == f"step {frame.step:,}".replace(",", "\u202f")


def test_frames_come_faster_than_the_table_changes(
    panel: HealthTable, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = window.session.frame
    assert frame is not None
    shown = list[Array]()
    panel._pace.restart()
    monkeypatch.setattr(panel.model, "show", lambda matrix, **_: shown.append(matrix))
    now = [1e9]
    monkeypatch.setattr(pace, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    monkeypatch.setattr(pace, "FRAME_INTERVAL_MS", 38)
    for _ in range(100):
        panel.show_frame(frame, resting=False)
        now[0] += 0.01
    assert 3 <= len(shown) <= 5
    panel.show_frame(frame, resting=True)
    assert len(shown) <= 6


def test_an_earlier_moment_is_shown(panel: HealthTable, window: MainWindow, qtbot: QtBot) -> None:
    take_steps(window, qtbot, 6)
    history = window.session.history
    assert history is not None
    window.focus.choose_moment(3)
    moment = history.at(3)
    assert moment is not None
    expected = [number(value) for value in moment.magnitudes[ROW["activation_rms"]]]
    assert column(panel, "activation_rms") == expected
    assert panel.readout.text().endswith("3")
    window.focus.choose_moment(None)
    assert panel.readout.text().startswith("step ")


def test_of_several_networks_the_medians_are_shown(
    panel: HealthTable, window: MainWindow, qtbot: QtBot
) -> None:
    change(window, qtbot, {"network.seeds": 3, "network.depth": 2})
    qtbot.waitUntil(lambda: panel.model.rowCount() == 3)
    assert panel.readout.text() == "step 0, medians of 3 networks"


OTHERS: tuple[dict[str, Any], ...] = (
    {"network.depth": 0},
    {"network.depth": 3, "data.source": "sine_ridge"},
    {"network.layers": "5 relu, 7 gelu"},
    {"network.layers": "", "network.depth": 100, "network.width": 64},
)


def test_other_experiments_are_shown_while_it_is_open(
    panel: HealthTable, window: MainWindow, qtbot: QtBot
) -> None:
    click_row(panel, 12)
    for changes in OTHERS:
        change(window, qtbot, changes)
        sizes = window.session.spec.sizes[1:]
        qtbot.waitUntil(partial(has_rows, panel, len(sizes)))
        assert column(panel, "width") == [str(size) for size in sizes]
        assert panel.table.rows() == []


def test_any_number_has_a_cell(panel: HealthTable) -> None:
    for value in (0.0, np.nan, np.inf, -np.inf, 5e-324, 1e308):
        panel.model.show(np.full((len(QUANTITIES), LAYERS), value))
        for place in range(len(COLUMNS)):
            panel.model.sort(place, DOWN)
            assert sorted(map(int, column(panel, "layer"))) == list(range(1, LAYERS + 1))
        assert all(column(panel, "state"))
        assert not panel.grab().isNull()


def test_a_table_without_a_frame_is_empty(panel: HealthTable, window: MainWindow) -> None:
    panel.model.begin(window.session.spec)
    assert panel.model.rowCount(QModelIndex()) == 0
    panel.model.sort(1, UP)
    assert panel.numbers().rows == []
    click(panel.table.viewport())


def test_the_view_menu_brings_a_closed_panel_back_to_the_front(
    panel: HealthTable, window: MainWindow, qtbot: QtBot
) -> None:
    dock = window.docks["health"]
    dock.close()
    assert not panel.seen
    dock.toggleViewAction().trigger()
    qtbot.waitUntil(lambda: panel.seen and not window.loss.seen)


def test_all_columns_fit_the_usual_window(panel: HealthTable, window: MainWindow) -> None:
    window.resize(1440, 900)
    window.reset_layout()
    window.show_panel("health")
    QApplication.processEvents()
    assert panel.table.horizontalScrollBar().maximum() == 0
    assert not panel.table.isColumnHidden(PLACES["activation"])


def test_a_column_that_a_person_has_widened_stays_so(
    panel: HealthTable, window: MainWindow
) -> None:
    place = PLACES["state"]
    panel.table.setColumnWidth(place, 200)
    window.session.set_spec(window.session.spec.with_values({"training.learning_rate": 0.01}))
    window.resize(window.width() - 2, window.height())
    QApplication.processEvents()
    assert panel.table.columnWidth(place) == 200


def test_in_a_small_window_what_stands_among_the_controls_gives_way(
    panel: HealthTable, window: MainWindow
) -> None:
    window.resize(1024, 700)
    window.reset_layout()
    window.show_panel("health")
    QApplication.processEvents()
    hidden = {name for name, place in PLACES.items() if panel.table.isColumnHidden(place)}
    assert hidden == {"width", "activation", "clipped_gradient_rms"}
    assert {"width", "activation"} <= {*panel.numbers().columns}, "none is left out of a copy"


def test_a_column_for_the_clipped_gradient_while_something_is_clipped(
    panel: HealthTable, window: MainWindow, qtbot: QtBot
) -> None:
    place, table = PLACES["clipped_gradient_rms"], panel.table
    assert table.isColumnHidden(place)
    assert "clipped_gradient_rms" not in panel.numbers().columns
    window.session.set_spec(window.session.spec.with_values({"cures.clip_norm": 1e-6}))
    assert not table.isColumnHidden(place)
    room = table.columnWidth(place) - 2 * PADDING_PX
    assert table.fontMetrics().horizontalAdvance(number(0.00888)) < room
    before = shown_step(window)
    press(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shown_step(window) > before)
    values = panel.numbers()
    clipped = [row[list(values.columns).index("clipped_gradient_rms")] for row in values.rows]
    frame = window.session.frame
    assert frame is not None
    assert clipped == frame.record.magnitudes[ROW["clipped_gradient_rms"]].tolist()
    click_heading(panel, "clipped_gradient_rms")
    assert panel.model.sorted_by == place
    window.session.set_spec(window.session.spec.with_values({"cures.clip_norm": 0.0}))
    assert table.isColumnHidden(place)
    assert panel.model.sorted_by == 0


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_every_activations_name_fits_its_cell(
    panel: HealthTable, window: MainWindow, qtbot: QtBot, activation: str
) -> None:
    change(window, qtbot, {"network.activation": activation})
    qtbot.waitUntil(lambda: has_rows(panel, LAYERS))
    index = panel.model.index(0, PLACES["activation"])
    text = panel.model.data(index)
    assert ACTIVATIONS[activation].label.startswith(text)
    wanted = panel.table.fontMetrics().horizontalAdvance(text)
    assert wanted <= panel.table.columnWidth(index.column()) - 2 * PADDING_PX


def test_a_network_that_has_learned_is_not_said_to_stand_still(
    window: MainWindow, panel: HealthTable, qtbot: QtBot
) -> None:
    window.session.load(presets()["cured-by-initialization"].spec)
    window.session.play()

    def words() -> set[str]:
        return {layer.health.word for layer in panel.model.layers}

    qtbot.waitUntil(lambda: "settled" in words())
    pause(qtbot, window)
    assert not words() & {"slow", "not learning"}
    marked = PLACES["update_ratio"]
    assert not any(COLUMNS[marked].sign(layer) == "▼" for layer in panel.model.layers)
    window.focus.choose_moment(shown_step(window) - 1)
    assert "settled" in words()
