"""The panel of myths: a press puts a claim to the test, and the run on the bench goes on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox
from pytestqt.qtbot import QtBot

from core.datasets import Task
from lab.datasets import SOURCES
from lab.judging import judge_of
from lab.memorizing import SHUFFLED
from lab.optima import SEEDS
from lab.presets import presets
from lab.run import Run
from lab.runfile import read_run
from lab.words import number
from tests.core.engines import all_bits
from tests.lab.making import WILD, spec_of
from tests.widgets.conftest import WindowMaker
from tests.widgets.person import (
    click,
    drag_slider,
    field,
    hover,
    key,
    menu,
    pause,
    pixel,
    play,
    press,
    settle,
    shown_step,
    write,
)
from tests.widgets.side_by_side import take_steps
from widgets.main_window import MainWindow
from widgets.plots.axes import Plot
from widgets.tools.myth import Myth
from widgets.tools.myth_labels import NONE_AT, LabelsMyth
from widgets.tools.myth_optima import OptimaMyth
from widgets.tools.myth_race import RaceMyth
from widgets.tools.myths import MythsPanel

CTRL = Qt.KeyboardModifier.ControlModifier
LONG = 100_000
OF_NUMBERS = next(name for name, one in SOURCES.items() if one.task is Task.REGRESSION)


def opened(window: MainWindow, qtbot: QtBot) -> MythsPanel:
    press(window, Qt.Key.Key_M, CTRL)
    dock = window.docks["myths"]
    qtbot.waitUntil(lambda: isinstance(dock.widget(), MythsPanel))
    panel = dock.widget()
    assert isinstance(panel, MythsPanel)
    qtbot.waitUntil(lambda: panel.seen)
    return panel


@pytest.fixture
def panel(waiting: MainWindow, qtbot: QtBot) -> MythsPanel:
    """The panel over a small run that waits after some steps."""
    return opened(waiting, qtbot)


def turn_to(panel: MythsPanel, index: int) -> Myth:
    click(panel.choice.group.button(index))
    assert panel.stack.currentWidget() is panel.page
    return panel.page


def race_of(panel: MythsPanel) -> RaceMyth:
    page = turn_to(panel, 0)
    assert isinstance(page, RaceMyth)
    return page


def labels_of(panel: MythsPanel) -> LabelsMyth:
    page = turn_to(panel, 1)
    assert isinstance(page, LabelsMyth)
    return page


def optima_of(panel: MythsPanel) -> OptimaMyth:
    page = turn_to(panel, 2)
    assert isinstance(page, OptimaMyth)
    return page


def choose_amount(page: Myth, amount: int) -> None:
    page.amount.setFocus()
    page.amount.selectAll()
    write(page.amount, str(amount))
    key(page.amount, Qt.Key.Key_Return)
    assert page.amount.value() == amount


def begin(qtbot: QtBot, page: Myth, amount: int) -> None:
    choose_amount(page, amount)
    click(page.button)
    qtbot.waitUntil(lambda: page.progress.value() > 0 or not page.busy)


def run(qtbot: QtBot, page: Myth, amount: int = 300) -> None:
    choose_amount(page, amount)
    click(page.button)
    assert page.busy
    qtbot.waitUntil(lambda: not page.busy)
    assert page.words.text()


def run_shortest(qtbot: QtBot, page: Myth) -> None:
    run(qtbot, page, page.amount.minimum())


def put(window: MainWindow, qtbot: QtBot, changes: dict[str, Any]) -> None:
    """Put another experiment on the bench."""
    before = window.session.history
    window.change_spec(spec_of(changes), "another")
    qtbot.waitUntil(lambda: window.session.history is not before)
    settle(qtbot, window)


def read(qtbot: QtBot, panel: MythsPanel, plot: Plot, x: float, y: float) -> str:
    """Move the pointer there and return what the panel says of it."""
    before = panel.readout.text()
    hover(plot, x, y)
    qtbot.waitUntil(lambda: panel.readout.text() not in ("", before))
    return panel.readout.text()


def state_of(window: MainWindow, qtbot: QtBot, path: Path) -> list[bytes]:
    """All of a run that a next step depends on, as a file keeps it."""
    window.session.save(path)
    qtbot.waitUntil(path.exists)
    return all_bits(read_run(path).trainer)


def test_the_menu_opens_it(window: MainWindow, qtbot: QtBot) -> None:
    assert not window.docks["myths"].isVisible()
    (action,) = (a for a in menu(window, "&Lessons").actions() if a.text() == "&Myths")
    action.trigger()
    qtbot.waitUntil(lambda: isinstance(window.docks["myths"].widget(), MythsPanel))


def test_before_it_is_run_words_say_what_will_be_seen(
    panel: MythsPanel, qtbot: QtBot, waiting: MainWindow
) -> None:
    for index in range(3):
        page = turn_to(panel, index)
        assert page.promise.isVisible()
        assert page.promise.text().startswith("Press Run: ")
        assert not any(plot.isVisible() for plot in page.plots), "axes without anything on them"
    page = race_of(panel)
    run(qtbot, page)
    assert page.plots[0].isVisible()
    assert not page.promise.isVisible()
    put(waiting, qtbot, {"network.width": 3})
    assert page.promise.isVisible()


def test_the_race_is_shown_and_told(panel: MythsPanel, qtbot: QtBot) -> None:
    page = race_of(panel)
    run(qtbot, page, 600)
    assert "After 600 forward passes gradient descent is at" in page.words.text()
    assert page.progress.value() == 100
    lines = page.lines
    assert lines is not None
    np.testing.assert_allclose(page.curves.y, np.log10([lines.descent, lines.search]))
    table = panel.numbers()
    assert len(table.rows) == len(lines.forwards)
    assert table.rows[-1] == [600, lines.descent[-1], lines.search[-1]]
    said = read(qtbot, panel, page.plot, 600, float(np.log10(lines.search[-1])))
    assert "600 forward passes (200 steps)" in said
    assert number(lines.search[-1]) in said


@pytest.mark.parametrize("present", [False, True])
def test_both_start_from_the_chosen_weights(
    panel: MythsPanel, qtbot: QtBot, waiting: MainWindow, tmp_path: Path, present: bool
) -> None:
    page = race_of(panel)
    click(page.origin.group.button(int(present)))
    run(qtbot, page)
    state_of(waiting, qtbot, tmp_path / "run.safetensors")
    bench = read_run(tmp_path / "run.safetensors").trainer
    trainer = bench if present else Run(waiting.session.spec).trainer
    assert page.lines is not None
    start = judge_of(trainer, trainer.network).loss_at(trainer.network.parameters)
    assert page.lines.search[0] == page.lines.descent[0] == pytest.approx(start)


def test_labels_are_shown_and_told(panel: MythsPanel, qtbot: QtBot) -> None:
    page = labels_of(panel)
    run(qtbot, page)
    assert page.words.text().startswith("True labels: ")
    assert page.found is not None
    outcome = page.found.outcome
    assert outcome is not None
    shown = [np.concatenate([dots.y for dots in pair]) for pair in (page.training, page.testing)]
    np.testing.assert_allclose(shown[0], 100 * outcome.train_accuracy)
    np.testing.assert_allclose(shown[1], 100 * outcome.test_accuracy)
    assert [row[0] for row in panel.numbers().rows] == [*SHUFFLED, 0]
    assert read(qtbot, panel, page.plot, NONE_AT, 50).startswith("no labels: training 100 % right")
    assert read(qtbot, panel, page.plot, 24, 50).startswith("25 % shuffled: ")


def test_numbers_have_a_loss_axis(panel: MythsPanel, qtbot: QtBot, waiting: MainWindow) -> None:
    put(waiting, qtbot, {"data.source": OF_NUMBERS})
    page = labels_of(panel)
    run(qtbot, page, 100)
    assert page.plot.y_axis.logarithmic
    assert page.found is not None
    assert page.found.outcome is not None
    np.testing.assert_allclose(page.testing[0].y, np.log10(page.found.outcome.test_loss[:-1]))
    assert "training loss" in read(qtbot, panel, page.plot, 0, float(page.testing[0].y[0]))


def test_ends_and_the_hill_are_shown_and_told(panel: MythsPanel, qtbot: QtBot) -> None:
    page = optima_of(panel)
    assert not page.boxes[0].isEnabled()
    run(qtbot, page)
    assert page.words.text().startswith("32 networks ended at ")
    optima, line = page.optima, page.line
    assert optima is not None
    assert line is not None
    np.testing.assert_allclose(page.dots.y, np.log10(optima.losses))
    np.testing.assert_allclose(page.curve.y[0], np.log10(line.losses))
    assert len(panel.numbers().rows) == SEEDS + len(line.shares)
    said = read(qtbot, panel, page.spread, 32, float(page.dots.y[31]))
    assert f"network 32, seed {optima.seeds[31]}" in said
    said = read(qtbot, panel, page.way, 1, float(page.curve.y[0, -1]))
    assert said.startswith("1.00 of the way: loss ")


def test_a_click_or_a_number_chooses_the_two(panel: MythsPanel, qtbot: QtBot) -> None:
    page = optima_of(panel)
    run(qtbot, page, 100)
    before = page.words.text()
    click(page.spread.viewport(), pixel(page.spread, 20, float(page.dots.y[19])))
    qtbot.waitUntil(lambda: not page.busy and page.words.text() != before)
    assert page.line is not None
    assert page.optima is not None
    assert (page.line.start, page.line.end) == (1, 19)
    assert page.line.losses[-1] == pytest.approx(page.optima.losses[19])
    assert [box.value() for box in page.boxes] == [2, 20]
    page.boxes[0].setFocus()
    key(page.boxes[0], Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: not page.busy and page.line.start == 2)  # type: ignore[union-attr]
    assert page.line.end == 19


def test_networks_that_all_diverge_are_told(
    panel: MythsPanel, qtbot: QtBot, waiting: MainWindow
) -> None:
    put(waiting, qtbot, WILD)
    page = optima_of(panel)
    run(qtbot, page, 100)
    assert page.words.text().startswith("All 32 networks diverged")
    assert not page.boxes[0].isEnabled()
    assert_words_alone(page)
    labels = labels_of(panel)
    run(qtbot, labels, 100)
    assert labels.words.text().startswith("All 6 networks diverged, the first at step ")
    assert_words_alone(labels)
    race = race_of(panel)
    run(qtbot, race, 300)
    assert race.words.text().startswith("Gradient descent diverged at step ")
    assert race.plot.isVisible()
    put(waiting, qtbot, {})
    turn_to(panel, 1)
    assert labels.promise.text().startswith("Press Run")
    run(qtbot, labels, 100)
    assert labels.plot.isVisible()
    assert labels.words.isVisible()


def assert_words_alone(page: Myth) -> None:
    """There are no empty axes, and the sentence is seen once."""
    assert not any(plot.isVisible() for plot in page.plots)
    assert not page.words.isVisible()
    assert page.promise.isVisible()
    assert page.promise.text() == page.words.text()


def test_the_run_on_the_bench_stays_as_it_is(
    panel: MythsPanel, qtbot: QtBot, waiting: MainWindow, tmp_path: Path
) -> None:
    changes = {"cures.dropout": 0.2, "cures.norm": "batch", "training.optimizer": "adam"}
    put(waiting, qtbot, changes)
    take_steps(waiting, qtbot, 3)
    before = state_of(waiting, qtbot, tmp_path / "before.safetensors")
    race = race_of(panel)
    click(race.origin.group.button(1))
    for index in range(3):
        run_shortest(qtbot, turn_to(panel, index))
    waiting.docks["myths"].close()
    assert state_of(waiting, qtbot, tmp_path / "after.safetensors") == before


def test_training_goes_on_as_if_nothing_were(
    panel: MythsPanel, qtbot: QtBot, waiting: MainWindow
) -> None:
    waiting.session.set_speed(200)  # the loop below takes all of its steps again
    play(qtbot, waiting)
    for index in range(3):
        run_shortest(qtbot, turn_to(panel, index))
    pause(qtbot, waiting)
    history = waiting.session.history
    assert history is not None
    alone = Run(waiting.session.spec)
    for _ in range(len(history)):
        alone.advance()
    mine, its = (one.series("loss", 1 << 30).mean for one in (history, alone.history))
    assert np.array_equal(mine, its)


def test_cancel_ends_it_and_it_can_be_run_again(panel: MythsPanel, qtbot: QtBot) -> None:
    for index in range(3):
        page = turn_to(panel, index)
        begin(qtbot, page, LONG)
        assert page.button.text() == "Cancel"
        assert not page.amount.isEnabled()
        click(page.button)
        qtbot.waitUntil(lambda page=page: not page.busy)  # type: ignore[misc]
        assert page.words.text() == "Cancelled."
        assert page.button.text() == "Run"
        run_shortest(qtbot, page)


def test_closed_it_is_cancelled_behind_another_tab_it_goes_on(
    panel: MythsPanel, qtbot: QtBot, waiting: MainWindow
) -> None:
    page = race_of(panel)
    begin(qtbot, page, LONG)
    waiting.show_panel("loss")
    qtbot.waitUntil(lambda: not panel.seen)
    assert page.busy
    waiting.docks["myths"].close()
    qtbot.waitUntil(lambda: waiting.session.errands.over)
    qtbot.waitUntil(lambda: not page.busy)


def test_the_lines_grow_while_it_runs(panel: MythsPanel, qtbot: QtBot) -> None:
    page = race_of(panel)
    begin(qtbot, page, LONG)
    qtbot.waitUntil(lambda: page.curves.y.shape[1] > 3)
    assert page.busy
    click(page.button)
    qtbot.waitUntil(lambda: not page.busy)
    assert page.curves.y.shape[1] > 3, "what was found stays"


def test_closing_the_window_in_the_middle_ends_all(
    panel: MythsPanel, qtbot: QtBot, waiting: MainWindow
) -> None:
    for index in range(3):
        begin(qtbot, turn_to(panel, index), LONG)
    waiting.leave()
    qtbot.waitUntil(lambda: not waiting.isVisible())
    assert waiting.session.errands.over


def test_another_network_in_the_middle_ends_it_and_leaves_nothing(
    panel: MythsPanel, qtbot: QtBot, waiting: MainWindow
) -> None:
    page = race_of(panel)
    begin(qtbot, page, LONG)
    put(waiting, qtbot, {"network.depth": 2})
    assert not page.busy
    assert page.words.text() == ""
    assert page.curves.y.shape[1] == 0
    assert panel.numbers().rows == []
    qtbot.waitUntil(lambda: waiting.session.errands.over)
    assert page.words.text() == "", "the end of what was given up is no news"
    run(qtbot, page)


def test_starting_again_from_the_same_weights_keeps_what_was_found(
    panel: MythsPanel, qtbot: QtBot, waiting: MainWindow
) -> None:
    page = race_of(panel)
    run(qtbot, page)
    words, history = page.words.text(), waiting.session.history
    press(waiting, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: waiting.session.history is not history)
    settle(qtbot, waiting)
    assert page.words.text() == words


def test_large_networks_are_given_less_unless_a_person_chooses(
    panel: MythsPanel, qtbot: QtBot, waiting: MainWindow
) -> None:
    pages = panel.pages
    usual = [page.amount.value() for page in pages]
    assert usual == [9000, 3000, 1500]
    choose_amount(turn_to(panel, 1), 777)
    put(waiting, qtbot, {"network.depth": 20, "network.width": 96})
    after = [page.amount.value() for page in pages]
    assert after[0] < usual[0]
    assert after[1] == 777
    assert after[2] < usual[2]


def test_of_several_networks_it_takes_the_one_in_focus(
    panel: MythsPanel, qtbot: QtBot, waiting: MainWindow
) -> None:
    put(waiting, qtbot, {"network.seeds": 3})
    take_steps(waiting, qtbot, 2)
    waiting.focus.choose_seed(2)
    page = race_of(panel)
    run(qtbot, page)
    alone = Run(spec_of({"network.seed": 2}))
    network = alone.trainer.network
    start = judge_of(alone.trainer, network).loss_at(network.parameters)
    assert page.lines is not None
    assert page.lines.search[0] == pytest.approx(start)


def test_it_wishes_only_for_what_it_is_about_to_use(panel: MythsPanel, qtbot: QtBot) -> None:
    assert panel.wishes == ()
    run(qtbot, race_of(panel))
    assert panel.wishes == ()


def test_the_link_puts_a_network_that_shows_it_on_the_bench(
    make: WindowMaker, qtbot: QtBot, settings: QSettings
) -> None:
    window = make()
    panel = opened(window, qtbot)
    before = window.session.spec
    click(panel.page.link)
    qtbot.waitUntil(lambda: window.session.spec == presets()["myths"].spec)
    settle(qtbot, window)
    assert window.lesson_panel.contents.title.text() == presets()["myths"].title
    window.undo_stack.undo()
    assert window.session.spec == before


def test_every_control_has_words(panel: MythsPanel) -> None:
    controls = [*panel.findChildren(QAbstractButton), *panel.findChildren(QAbstractSpinBox)]
    assert len(controls) > 10
    for control in controls:
        assert control.toolTip(), control
        assert control.accessibleName(), control
    for plot in panel.findChildren(Plot):
        assert plot.accessibleName()


def test_pictures_can_be_taken_away(panel: MythsPanel, qtbot: QtBot, waiting: MainWindow) -> None:
    for index in range(3):
        run(qtbot, turn_to(panel, index))
        for theme in ("light", "dark"):
            waiting.theme.set_choice(theme)
            assert not panel.image().isNull()
            assert b"<svg" in panel.svg()
        assert panel.numbers().to_csv().count("\n") > len(SHUFFLED)


def test_the_slider_shuffles_the_labels_of_the_run(window: MainWindow, qtbot: QtBot) -> None:
    editor = field(window, "data.shuffled")
    assert editor.slider is not None
    before = window.session.data
    assert before is not None
    drag_slider(editor.slider, 1.0)
    qtbot.waitUntil(lambda: window.session.data is not before)
    assert window.session.spec.data.shuffled == 100
    after = window.session.data
    assert after is not None
    assert np.array_equal(after.x_train, before.x_train)
    assert not np.array_equal(after.y_train, before.y_train)
    assert np.array_equal(after.y_test, before.y_test)
    settle(qtbot, window)
    assert shown_step(window) == 0
    assert "train (100 % shuffled)" in window.data.readout.text()
    window.change_spec(window.session.spec.with_values({"data.unlabelled": True}), "none")
    qtbot.waitUntil(lambda: "train without labels" in window.data.readout.text())
