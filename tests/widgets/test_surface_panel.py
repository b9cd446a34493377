"""The surface is computed beside the training, the walk goes on over it, nothing is disturbed."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from core.places import Place
from lab.beside import beside
from lab.planes import PLANES, WalkOn
from lab.run import Phase
from lab.surfaces import LossSurface
from tests.lab.making import WILD, run_of, spec_of
from tests.widgets.held import hold
from tests.widgets.person import click, hover, key, pause, play, settle, shown_step
from tests.widgets.side_by_side import take_steps
from tests.widgets.test_check_panel import same_state
from widgets.colors import DARK, LIGHT
from widgets.main_window import MainWindow
from widgets.tools.surface_panel import SurfacePanel


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Surfaces are computed in this process: it takes a while to begin another one."""
    monkeypatch.setattr("lab.surfaces.beside", lambda pieces, *args: pieces(*args))


@pytest.fixture
def beside_it(here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Surfaces are computed as usual."""
    monkeypatch.setattr("lab.surfaces.beside", beside)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> None:
    """A surface goes on until it is cancelled."""
    hold(monkeypatch, SurfacePanel)


def opened(window: MainWindow, qtbot: QtBot) -> SurfacePanel:
    window.show_panel("surface")
    qtbot.waitUntil(lambda: isinstance(window.docks["surface"].widget(), SurfacePanel))
    panel = window.docks["surface"].widget()
    assert isinstance(panel, SurfacePanel)
    panel.settings.resolution.setValue(25)
    return panel


def shown(panel: SurfacePanel, qtbot: QtBot) -> LossSurface:
    """Wait for what was asked for."""
    panel._look()
    qtbot.waitUntil(lambda: not panel.busy and panel.walk is not None)
    assert panel.plot.surface is not None
    return panel.plot.surface


def choose(panel: SurfacePanel, kind: str) -> None:
    panel.settings.kind.setCurrentIndex(panel.settings.kind.findData(kind))
    panel.settings.kind.activated.emit(panel.settings.kind.currentIndex())


def test_it_is_computed_when_it_is_first_seen(waiting: MainWindow, qtbot: QtBot) -> None:
    panel = opened(waiting, qtbot)
    surface = shown(panel, qtbot)
    assert surface.losses.shape == (25, 25)
    assert surface.plane.step == 9
    assert panel.readout.text() == "step 9, 42 training samples"
    assert panel.plot.walk.center == (0, 0)
    assert panel.plot.walk.now == pytest.approx([0, 0])
    assert len(panel.plot.walk.places) == 10
    assert panel.plot._labels == ("against the gradient", "random direction 1")


def test_each_plane_can_be_chosen(waiting: MainWindow, qtbot: QtBot) -> None:
    panel = opened(waiting, qtbot)
    shown(panel, qtbot)
    for kind in PLANES:
        choose(panel, kind)
        surface = shown(panel, qtbot)
        assert surface.plane.names == panel.plot._labels
        (x_range, y_range) = panel.plot.box.viewRange()
        assert x_range == pytest.approx([surface.a[0], surface.a[-1]])
        assert y_range == pytest.approx([surface.b[0], surface.b[-1]])
        assert panel.settings.number.isVisible() == (kind == "gradient")
        assert panel.settings.places[0].isVisible() == (kind == "weights")
        assert len(panel.plot.contours.lines) == len(panel.plot.contours.labels) == 10
        assert any(len(lines) for lines in panel.plot.contours.lines)


def test_resolution_reach_and_direction_ask_for_another(waiting: MainWindow, qtbot: QtBot) -> None:
    panel = opened(waiting, qtbot)
    first = shown(panel, qtbot)
    assert (panel.settings.resolution.minimum(), panel.settings.resolution.maximum()) == (25, 101)
    panel.settings.resolution.setFocus()
    key(panel.settings.resolution, Qt.Key.Key_Up)
    finer = shown(panel, qtbot)
    assert finer.losses.shape == (27, 27)
    key(panel.settings.number, Qt.Key.Key_Up)
    other = shown(panel, qtbot)
    assert not np.array_equal(other.plane.directions[1], first.plane.directions[1])
    key(panel.settings.reach, Qt.Key.Key_Up)
    assert shown(panel, qtbot).a[-1] > 1
    choose(panel, "weights")
    assert panel.settings.reach.value() == 1
    choose(panel, "gradient")
    assert panel.settings.reach.value() > 1


def test_two_weights_follow_the_focus_and_lead_it(waiting: MainWindow, qtbot: QtBot) -> None:
    panel = opened(waiting, qtbot)
    choose(panel, "weights")
    assert shown(panel, qtbot).plane.names == ("W_1[0, 0]", "W_1[1, 0]")
    waiting.focus.choose_place(Place("w", 2, 1, 3))
    assert shown(panel, qtbot).plane.names[0] == "W_2[3, 1]"
    panel.settings.places[0].column.setValue(2)
    assert waiting.focus.place == Place("w", 2, 2, 3)
    panel.settings.places[1].layer.setValue(3)
    assert shown(panel, qtbot).plane.names == ("W_2[3, 2]", "W_3[1, 0]")
    panel.settings.places[1].layer.setValue(2)
    for box, number in ((panel.settings.places[1].row, 3), (panel.settings.places[1].column, 2)):
        box.setValue(number)
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.note.text() == "Choose two different weights: both are the same now."
    assert panel.plot.surface is None


def test_a_weight_that_a_new_network_lacks_is_one_sentence(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    panel = opened(waiting, qtbot)
    choose(panel, "weights")
    waiting.focus.choose_place(Place("w", 4, 1, 3))
    panel.settings.places[1].layer.setValue(4)
    shown(panel, qtbot)
    waiting.session.load(spec_of({"network.depth": 2}))
    qtbot.waitUntil(lambda: panel.note.text() == "There is no W_4[3, 1] in this network.")
    assert panel.settings.places[1].value() == Place("w", 1, 0, 1)
    waiting.focus.choose_place(Place("w", 2, 0, 0))
    assert shown(panel, qtbot).plane.names == ("W_2[0, 0]", "W_1[1, 0]")
    assert panel.note.text() == ""


def test_a_path_too_short_is_one_sentence(window: MainWindow, qtbot: QtBot) -> None:
    window.session.load(spec_of())
    settle(qtbot, window)
    panel = opened(window, qtbot)
    choose(panel, "path")
    qtbot.waitUntil(lambda: "take some more steps" in panel.note.text())
    assert not panel.plot.isVisible(), "axes without anything on them"
    for _ in range(3):
        window.session.take_step()
    qtbot.waitUntil(lambda: shown_step(window) == 3)
    click(panel.start)
    assert shown(panel, qtbot).plane.step == 3


def test_the_walk_goes_on_while_it_trains_and_renew_takes_it_up(
    window: MainWindow, qtbot: QtBot, beside_it: None
) -> None:
    play(qtbot, window)
    panel = opened(window, qtbot)
    first = shown(panel, qtbot)
    qtbot.waitUntil(lambda: panel.walk is not None and panel.walk.step > first.plane.step)
    assert panel.walk is not None
    assert panel.walk.off > 0
    before = panel.walk.step
    click(panel.start)
    qtbot.waitUntil(lambda: panel.plot.surface is not first)
    pause(qtbot, window)
    surface = shown(panel, qtbot)
    assert surface.plane.step > before
    assert window.session.phase is Phase.PAUSED


def test_several_networks(window: MainWindow, qtbot: QtBot) -> None:
    window.session.load(spec_of({"network.seeds": 3}))
    take_steps(window, qtbot, 4)
    panel = opened(window, qtbot)
    assert shown(panel, qtbot).plane.seed == 0
    window.focus.choose_seed(2)
    assert shown(panel, qtbot).plane.seed == 2
    assert panel.walk is not None
    assert panel.walk.now == pytest.approx([0, 0])


def test_progress_and_cancel(window: MainWindow, qtbot: QtBot, held: None) -> None:
    play(qtbot, window)
    panel = opened(window, qtbot)
    qtbot.waitUntil(lambda: panel.progress.value() > 0)
    click(panel.cancel_button)
    assert panel.note.text() == "Cancelled."
    step = shown_step(window)
    qtbot.waitUntil(lambda: shown_step(window) > step)
    assert not panel.busy, "it does not begin again by itself"
    qtbot.waitUntil(lambda: window.session.errands.over)
    pause(qtbot, window)


def test_closed_it_is_cancelled_behind_another_tab_it_goes_on(
    waiting: MainWindow, qtbot: QtBot, held: None
) -> None:
    panel = opened(waiting, qtbot)
    qtbot.waitUntil(lambda: panel.errand is not None)
    waiting.show_panel("loss")
    qtbot.waitUntil(lambda: not panel.seen)
    assert panel.busy
    waiting.show_panel("surface")
    qtbot.waitUntil(lambda: panel.seen)
    assert panel.busy
    waiting.docks["surface"].close()
    assert not panel.busy
    assert panel.note.text() == "Cancelled: the panel was closed."
    qtbot.waitUntil(lambda: waiting.session.errands.over)


def test_a_process_that_dies_is_one_sentence(
    waiting: MainWindow, qtbot: QtBot, beside_it: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.beside.sys.executable", "/nowhere/python")
    panel = opened(waiting, qtbot)
    qtbot.waitUntil(lambda: panel.note.text().startswith("It failed: no process can begin for it"))
    assert not panel.busy


def test_a_new_run_cancels_it_and_has_its_own(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as slow:
        hold(slow, SurfacePanel)
        panel = opened(window, qtbot)
        qtbot.waitUntil(lambda: panel.errand is not None)
        old = panel.errand
    assert old is not None
    window.session.load(spec_of({"network.depth": 2}))
    qtbot.waitUntil(lambda: old.cancelled)
    surface = shown(panel, qtbot)
    assert len(surface.plane.center) == spec_n_parameters(window)


def spec_n_parameters(window: MainWindow) -> int:
    return sum(a * b + b for a, b in pairwise(window.session.spec.sizes))


def test_runs_of_other_shapes_may_begin_at_any_time(window: MainWindow, qtbot: QtBot) -> None:
    play(qtbot, window)
    panel = opened(window, qtbot)
    shown(panel, qtbot)
    for depth in (3, 7, 2):
        before = window.session.history
        window.change_spec(window.session.spec.with_values({"network.depth": depth}), "depth")
        qtbot.waitUntil(lambda before=before: window.session.history is not before)  # type: ignore[misc]
        qtbot.waitUntil(lambda: shown_step(window) > 20)
        assert window.session.phase is Phase.PLAYING
    pause(qtbot, window)
    shown(panel, qtbot)


def test_the_run_goes_on_bit_for_bit(window: MainWindow, qtbot: QtBot) -> None:
    changes = {"cures.dropout": 0.3, "cures.norm": "batch", "training.optimizer": "adam"}
    window.session.load(spec_of(changes))
    take_steps(window, qtbot, 5)
    panel = opened(window, qtbot)
    for kind in PLANES:
        choose(panel, kind)
        shown(panel, qtbot)
    window.docks["surface"].close()
    window.session.take_step()
    qtbot.waitUntil(lambda: shown_step(window) == 6)
    assert same_state(window, run_of(changes, steps=6))


def test_hidden_it_asks_for_nothing(waiting: MainWindow, qtbot: QtBot) -> None:
    panel = opened(waiting, qtbot)
    shown(panel, qtbot)
    (wish,) = panel.wishes
    assert isinstance(wish, WalkOn)
    waiting.docks["surface"].close()
    assert panel.wishes == ()
    waiting.focus.choose_seed(1)
    assert not panel.busy


def test_the_pointer_reads_the_loss(waiting: MainWindow, qtbot: QtBot) -> None:
    panel = opened(waiting, qtbot)
    surface = shown(panel, qtbot)
    a, b = surface.a[20], surface.b[5]
    hover(panel.plot, a, b)
    qtbot.waitUntil(lambda: panel.readout.text().startswith("loss "))
    text = panel.readout.text()
    assert float(text.split()[1]) == pytest.approx(surface.losses[20, 5], rel=0.01)


def test_numbers_and_picture_can_be_taken_away(
    waiting: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = opened(waiting, qtbot)
    surface = shown(panel, qtbot)
    rows = panel.numbers().rows
    assert len(rows) == 625 + 10 + 1
    assert list(rows[26]) == ["surface", 9, surface.a[1], surface.b[1], surface.losses[1, 1]]
    assert rows[625][:2] == ("path", 0)
    assert rows[-1][:2] == ("now", 9)
    panel.save_picture(tmp_path / "surface.png")
    panel.save_picture(tmp_path / "surface.svg")
    assert b"<svg" in (tmp_path / "surface.svg").read_bytes()


def test_what_is_infinite_or_unknown_has_a_pattern(waiting: MainWindow, qtbot: QtBot) -> None:
    panel = opened(waiting, qtbot)
    surface = shown(panel, qtbot)
    surface.losses[:9] = np.inf
    surface.losses[9:12] = np.nan
    surface.losses[12, :4] = 0
    panel.plot.show_surface(surface)
    assert len(panel.plot.image.present) == 3
    assert not panel.plot.canvas.grab().isNull()
    surface.losses[...] = np.nan
    panel.plot.show_surface(surface)
    assert not panel.plot.canvas.grab().isNull()
    surface.losses[...] = 0.5
    panel.plot.show_surface(surface)
    assert not panel.plot.canvas.grab().isNull()


def test_a_surface_without_heights_is_a_sentence_and_no_scale(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    panel = opened(waiting, qtbot)
    surface = shown(panel, qtbot)
    for losses, words in ((np.nan, "is the loss finite"), (np.inf, "is the loss finite"), (0, "0")):
        surface.losses[...] = losses
        panel.show_result(surface)
        assert words in panel.note.text()
        assert panel.note.isVisible()
        assert not panel.plot.isVisible()
        assert panel.numbers().rows == []
    surface.losses[3, 4] = 0.5
    panel.show_result(surface)
    assert panel.plot.isVisible()


def test_of_a_run_that_has_diverged_it_says_what_there_is(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    waiting.session.load(spec_of({**WILD, "network.precision": "float64"}))
    waiting.session.play()
    qtbot.waitUntil(lambda: waiting.session.phase is Phase.DIVERGED)
    panel = opened(waiting, qtbot)
    choose(panel, "weights")
    qtbot.waitUntil(lambda: "is the loss finite" in panel.note.text(), timeout=20_000)
    assert panel.empty.isVisible()
    assert not panel.plot.isVisible()
    assert "is the loss finite, so there is nothing to draw" in panel.note.text()


def test_the_picture_is_the_right_way_up(waiting: MainWindow, qtbot: QtBot) -> None:
    panel = opened(waiting, qtbot)
    surface = shown(panel, qtbot)
    surface.losses[...] = np.exp(np.arange(25)[:, None] / 2 + np.arange(25)[None, :] / 8)
    panel.plot.walk.clear()
    panel.plot.show_surface(surface)
    contours = panel.plot.contours.lines[3:7]
    panel.plot.contours.clear()  # their labels lie wherever there is room
    image, view = panel.plot.canvas.grab().toImage(), panel.plot.view()

    def green(a: int, b: int) -> int:
        at = view.point(surface.a[a], surface.b[b])
        return image.pixelColor(round(at.x()), round(at.y())).green()

    corners = [green(2, 2), green(2, 22), green(22, 2), green(22, 22)]
    assert corners == sorted(corners)
    assert corners[0] < corners[1] < corners[2]
    for lines in contours:
        assert np.ptp(lines[..., 0]) < np.ptp(lines[..., 1])


def test_it_is_drawn_in_both_themes(waiting: MainWindow, qtbot: QtBot) -> None:
    panel = opened(waiting, qtbot)
    shown(panel, qtbot)
    for name, colors in (("dark", DARK), ("light", LIGHT)):
        waiting.theme.set_choice(name)  # type: ignore[arg-type]
        assert panel.plot.contours.color == QColor(colors.text)
        image = panel.plot.canvas.grab().toImage()
        places = [(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)]
        assert len({image.pixelColor(x, y).name() for x, y in places}) > 30


def test_controls_have_names_and_the_row_never_forces_a_width(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    panel = opened(waiting, qtbot)
    choose(panel, "weights")
    controls = (
        panel.settings.kind,
        panel.settings.resolution,
        panel.settings.reach,
        panel.settings.number,
        panel.start,
    )
    assert all(control.accessibleName() and control.toolTip() for control in controls)
    assert panel.minimumSizeHint().width() < 520
