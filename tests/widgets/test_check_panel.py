"""Run > Check Gradients: a verdict beside the training, which it leaves as it was."""

from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.arrays import Array
from core.differences import TOLERANCE
from core.places import layers_of
from core.probes import Probe
from lab.gradient_check import NOT_INSTALLED
from lab.run import Run
from tests.core.engines import all_bits
from tests.lab.making import run_of, spec_of
from tests.widgets.held import hold
from tests.widgets.person import click, hover, menu, pause, play, press, shown_step
from tests.widgets.side_by_side import take_steps
from widgets.colors import DARK, LIGHT
from widgets.main_window import MainWindow
from widgets.tools.check_panel import AUTOGRAD, CheckPanel

CTRL = Qt.KeyboardModifier.ControlModifier
SIZES = ((420, 600, "Vertical", True), (900, 260, "Horizontal", False))


@pytest.fixture(autouse=True)
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing it takes seconds."""
    monkeypatch.setattr(util, "find_spec", lambda _name: None)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check goes on until it is cancelled."""
    hold(monkeypatch, CheckPanel)


def opened(window: MainWindow) -> CheckPanel:
    """Press the key of the menu's entry."""
    press(window, Qt.Key.Key_G, CTRL)
    panel = window.docks["check"].widget()
    assert isinstance(panel, CheckPanel)
    return panel


def wait_for(panel: CheckPanel, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: panel.check is not None and not panel.busy)


def test_the_menu_has_it(window: MainWindow) -> None:
    texts = [action.text() for action in menu(window, "&Run").actions()]
    assert "&Check Gradients" in texts


def test_a_verdict_for_every_layer(waiting: MainWindow, qtbot: QtBot) -> None:
    panel = opened(waiting)
    assert panel.busy
    assert "Press Check" in panel.verdict.text()
    wait_for(panel, qtbot)
    assert panel.verdict.text().startswith("Pass: worst relative error ")
    assert panel.readout.text().endswith("weights, step 9")
    assert panel.note.text() == NOT_INSTALLED
    assert panel.note.isVisible()
    assert "1e-6" in panel.verdict.toolTip(), "the rule"
    assert panel.table.rowCount() == 5
    cell = panel.table.item(0, 1)
    assert cell is not None
    assert float(cell.text()) < TOLERANCE
    qtbot.waitUntil(lambda: panel.table.isColumnHidden(AUTOGRAD))
    assert panel.plot.differences.y.tolist() == pytest.approx(
        np.log10(panel.check.comparison.errors)  # type: ignore[union-attr]
    )
    assert not panel.progress.isVisible()
    hover(panel.plot, 2, -9)
    qtbot.waitUntil(lambda: panel.readout.text().startswith("layer 2, W_2["))


def test_a_mistake_is_seen(
    waiting: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Probe.gradient

    def wrong(probe: Probe, *moved: Any) -> tuple[float, Array]:
        value, gradient = real(probe, *moved)
        gradient[layers_of(probe.network) == 2] *= 1.001
        return value, gradient

    monkeypatch.setattr(Probe, "gradient", wrong)
    panel = opened(waiting)
    wait_for(panel, qtbot)
    assert panel.verdict.text().startswith("FAIL: relative error ")
    assert " in layer 2, of W_2[" in panel.verdict.text()
    cells = [panel.table.item(row, 1) for row in range(5)]
    assert [cell is not None and cell.text().endswith("!") for cell in cells] == [
        False,
        True,
        False,
        False,
        False,
    ]


def test_of_several_networks_the_one_in_focus(window: MainWindow, qtbot: QtBot) -> None:
    window.session.load(spec_of({"network.seeds": 3}))
    take_steps(window, qtbot, 2)
    window.focus.choose_seed(2)
    panel = opened(window)
    wait_for(panel, qtbot)
    assert "network 3 of 3" in panel.readout.text()


def test_it_says_that_the_run_has_gone_on(waiting: MainWindow, qtbot: QtBot) -> None:
    panel = opened(waiting)
    wait_for(panel, qtbot)
    assert "gone on" not in panel.readout.text()
    waiting.session.take_step()
    qtbot.waitUntil(lambda: "step 9; the run has gone on" in panel.readout.text())


def test_progress_and_cancel_while_it_trains(window: MainWindow, qtbot: QtBot, held: None) -> None:
    play(qtbot, window)
    panel = opened(window)
    qtbot.waitUntil(lambda: panel.progress.value() > 0)
    assert panel.cancel_button.isVisible()
    assert window.session.errands.polite
    step = shown_step(window)
    qtbot.waitUntil(lambda: shown_step(window) > step)
    click(panel.cancel_button)
    assert not panel.busy
    assert panel.note.text() == "Cancelled."
    assert not panel.cancel_button.isVisible()
    qtbot.waitUntil(lambda: window.session.errands.over)
    pause(qtbot, window)
    assert panel.check is None
    qtbot.waitUntil(lambda: not window.session.errands.polite)


def test_a_new_run_cancels_it_with_a_note(window: MainWindow, qtbot: QtBot, held: None) -> None:
    panel = opened(window)
    qtbot.waitUntil(lambda: panel.errand is not None)
    window.session.load(spec_of({"network.depth": 2}))
    qtbot.waitUntil(lambda: panel.note.text() == "Cancelled: a new run has begun.")
    assert not panel.busy
    qtbot.waitUntil(lambda: window.session.errands.over)


def test_closing_in_the_middle_ends_cleanly(window: MainWindow, qtbot: QtBot, held: None) -> None:
    play(qtbot, window)
    panel = opened(window)
    qtbot.waitUntil(lambda: panel.progress.value() > 0)
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert window.session.closed


def test_who_asks_again_gets_the_last_answer(
    waiting: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as first:
        hold(first, CheckPanel)
        panel = opened(waiting)
        qtbot.waitUntil(lambda: panel.errand is not None)
    old = panel.errand
    assert old is not None
    panel.ask()
    with monkeypatch.context() as second:
        hold(second, CheckPanel)
        qtbot.waitUntil(lambda: old.over and panel.errand not in (None, old))
        waiting.session.poll()
        assert panel.busy, "the end of the first is not the end of the second"
    panel.ask()
    wait_for(panel, qtbot)
    assert panel.check is not None


def test_a_failure_is_one_line_and_the_window_lives_on(
    waiting: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_probe: Probe) -> None:
        raise ValueError("no memory is left")

    monkeypatch.setattr(Probe, "gradient", fail)
    monkeypatch.setattr("lab.errands.LOG.exception", lambda _text: None)
    panel = opened(waiting)
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.note.text() == "It failed: ValueError: no memory is left"


def test_the_run_goes_on_bit_for_bit(window: MainWindow, qtbot: QtBot) -> None:
    changes = {"cures.dropout": 0.3, "cures.norm": "batch", "training.optimizer": "adam"}
    window.session.load(spec_of(changes))
    take_steps(window, qtbot, 5)
    panel = opened(window)
    wait_for(panel, qtbot)
    window.docks["check"].close()
    window.session.take_step()
    qtbot.waitUntil(lambda: shown_step(window) == 6)
    assert same_state(window, run_of(changes, steps=6))


def same_state(window: MainWindow, other: Run) -> bool:
    """Whether the window's waiting run is in every bit the other one, also in what comes next."""
    run = window.session._worker._run
    assert run is not None
    return all_bits(run.trainer) == all_bits(other.trainer)


def test_every_weight_can_be_asked_for(window: MainWindow, qtbot: QtBot) -> None:
    panel = opened(window)
    wait_for(panel, qtbot)
    assert "2\u202f000 of 3\u202f057 weights" in panel.readout.text()
    click(panel.many.group.button(1))
    click(panel.start)
    qtbot.waitUntil(lambda: "all 3\u202f057 weights" in panel.readout.text())


def test_numbers_and_picture_can_be_taken_away(
    waiting: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = opened(waiting)
    assert panel.numbers().rows == []
    wait_for(panel, qtbot)
    table = panel.numbers()
    assert [row[0] for row in table.rows] == [1, 2, 3, 4, 5]
    panel.save_numbers(tmp_path / "check.csv")
    assert (tmp_path / "check.csv").read_text().startswith("layer,weights,weights_checked,")
    panel.save_picture(tmp_path / "check.svg")
    assert b"<svg" in (tmp_path / "check.svg").read_bytes()


def test_it_is_shown_in_both_themes_and_any_size(waiting: MainWindow, qtbot: QtBot) -> None:
    panel = opened(waiting)
    wait_for(panel, qtbot)
    for name, colors in (("dark", DARK), ("light", LIGHT)):
        waiting.theme.set_choice(name)  # type: ignore[arg-type]
        assert colors.first_class == panel.plot.autograd.color.name()
        assert colors.text in panel.legend.text()
    dock = waiting.docks["check"]
    dock.setFloating(True)
    for width, height, way, ruled in (
        (420, 600, "Vertical", True),
        (900, 260, "Horizontal", False),
    ):
        dock.resize(width, height)
        qtbot.waitUntil(
            lambda way=way: panel.halves.orientation() is Qt.Orientation[way]  # type: ignore[misc]
        )
        assert panel.rule.isVisible() == ruled
        assert not panel.grab().isNull()


def test_weights_that_are_not_finite_do_no_harm(waiting: MainWindow, qtbot: QtBot) -> None:
    run = waiting.session._worker._run
    assert run is not None
    run.trainer.network.parameters[...] = np.nan
    panel = opened(waiting)
    wait_for(panel, qtbot)
    assert panel.verdict.text().endswith("not finite in 5 layers, first in 1: nothing to compare.")
    assert not panel.grab().isNull()


def test_the_worst_weight_is_named_and_the_table_has_no_more_than_fits(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    waiting.resize(1024, 700)
    panel = opened(waiting)
    wait_for(panel, qtbot)
    table, check = panel.table, panel.check
    assert check is not None
    for size in ((1024, 700), (1440, 900)):
        waiting.resize(*size)
        qtbot.waitUntil(lambda: table.horizontalHeader().length() <= table.viewport().width())
        for column in range(3):
            assert not table.isColumnHidden(column)
    for row, place in enumerate(check.worst):
        cell = table.item(row, 2)
        assert cell is not None
        assert cell.text() == str(place)
        assert f"checked: {check.counts[row]}" in cell.toolTip()
    columns, rows = panel.numbers().columns, panel.numbers().rows
    written = dict(zip(columns, rows[1], strict=True))
    assert written["worst_weight"] == str(check.worst[1])
    assert written["worst_error"] == check.comparison.errors[1]
    assert written["floor"] == check.comparison.floors[1]
