"""The ridges show what the run was asked for, whatever the numbers are; a click chooses a layer."""

from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from core.arrays import Array
from core.histograms import histograms
from lab.distributions import KINDS, Distributions
from tests.widgets.person import (
    LEFT,
    NO_KEY,
    click,
    hover,
    pause,
    pixel,
    play,
    settle,
    wishes_are_met,
)
from widgets.main_window import MainWindow
from widgets.plots.distributions import DistributionPicture
from widgets.plots.ridge_plot import _names_of
from widgets.plots.ridges import apart, rise_of


def opened(window: MainWindow, qtbot: QtBot) -> DistributionPicture:
    """Bring the panel to the front, as a click on its tab does."""
    dock = window.docks["distributions"]
    dock.raise_()
    qtbot.waitUntil(lambda: isinstance(dock.widget(), DistributionPicture))
    picture = dock.widget()
    assert isinstance(picture, DistributionPicture)
    # A waiting run shows itself anew as long as pictures wish for something else.
    qtbot.waitUntil(lambda: wishes_are_met(window))
    assert picture.shown is not None
    return picture


@pytest.fixture
def picture(window: MainWindow, qtbot: QtBot) -> DistributionPicture:
    """The panel at step 0."""
    return opened(window, qtbot)


def change(window: MainWindow, qtbot: QtBot, changes: dict[str, Any]) -> None:
    """Put another experiment on the bench and wait until it is shown."""
    before = window.session.history
    window.session.load(window.session.spec.with_values(changes))
    qtbot.waitUntil(lambda: window.session.history is not before)
    settle(qtbot, window)


def found(picture: DistributionPicture) -> Distributions:
    assert picture.shown is not None
    return picture.shown


def shows(picture: DistributionPicture, name: str, layers: int) -> bool:
    shown = found(picture)
    return shown.kind is KINDS[name] and len(shown.histograms.counts) == layers


def button(picture: DistributionPicture, name: str) -> QAbstractButton:
    place = list(KINDS).index(name)
    return picture.kind.group.button(place)


def show(picture: DistributionPicture, *layers: Array, shared: bool = False) -> None:
    """Draw histograms of made-up layers."""
    nothing = np.full(len(layers), np.nan)
    made = histograms(layers, 60, shared=shared)
    kind = KINDS["activation"]
    picture.shown = Distributions(kind, made, nothing, nothing, 9, 1, shared)
    picture.apply_theme()


def image_of(picture: DistributionPicture) -> QImage:
    return picture.plot.canvas.grab().toImage()


def read(picture: DistributionPicture, qtbot: QtBot, x: float, layer: float) -> str:
    """Rest with the pointer at a point; return what is read there."""
    picture.plot._reading.words = []
    hover(picture.plot, x, layer)
    qtbot.waitUntil(lambda: bool(picture.plot._reading.words))
    return picture.plot._reading.words[0].text


def inside(picture: DistributionPicture, x: float, layer: float) -> QPoint:
    return pixel(picture.plot, x, layer)


def test_every_kind_can_be_chosen(
    picture: DistributionPicture, window: MainWindow, qtbot: QtBot
) -> None:
    layers = len(window.session.spec.sizes) - 1
    for name, kind in KINDS.items():
        click(button(picture, name))
        qtbot.waitUntil(partial(shows, picture, name, layers))
        assert picture.plot._labels[0].startswith(kind.symbol)


def test_the_clipped_gradient_is_offered_while_something_is_clipped(
    picture: DistributionPicture, window: MainWindow, qtbot: QtBot
) -> None:
    button = picture.kind.group.button(list(KINDS).index("clipped_gradient"))
    assert button.isHidden()
    window.session.set_spec(window.session.spec.with_values({"cures.clip_norm": 0.5}))
    assert not button.isHidden()
    button.click()
    qtbot.waitUntil(lambda: kind_shown(picture) == "clipped_gradient")
    window.session.set_spec(window.session.spec.with_values({"cures.clip_norm": 0.0}))
    assert button.isHidden()
    qtbot.waitUntil(lambda: kind_shown(picture) == "weight_gradient")


def test_a_small_window_stays_as_it_is_and_the_plot_is_wide_enough(
    picture: DistributionPicture,
    window: MainWindow,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window.resize(1024, 700)
    window.reset_layout()
    window.docks["distributions"].raise_()
    qtbot.waitUntil(lambda: picture.seen)
    window.session.set_spec(window.session.spec.with_values({"cures.clip_norm": 0.5}))
    QApplication.processEvents()
    assert picture.bar.minimumSizeHint().width() <= 500
    assert picture.shown is not None
    monkeypatch.setattr(picture, "show_frame", lambda *_frame, **_how: None)
    found = picture.shown.histograms
    found.nans[:], found.infinities[:] = 1, 2
    picture._draw()
    QApplication.processEvents()
    assert picture.plot.canvas.width() > 200
    (heading,) = (text for text in picture.side.headings if "∞" in text)
    assert heading == "NaN, ∞"
    for kind in KINDS.values():
        names = _names_of(replace(picture.shown, kind=kind, samples=256, every=9))
        assert picture.plot.length_of(names[-2]) <= picture.plot.canvas.width()
    label = picture.plot.x_axis.label
    assert label.boundingRect().width() <= picture.plot.canvas.width() + 8


def kind_shown(picture: DistributionPicture) -> str:
    return "" if picture.shown is None else picture.shown.kind.name


def test_what_is_shown_goes_on_while_the_run_trains(
    picture: DistributionPicture, window: MainWindow, qtbot: QtBot
) -> None:
    click(button(picture, "weight"))
    qtbot.waitUntil(lambda: found(picture).kind.name == "weight")
    before = found(picture).histograms.extremes.tolist()
    play(qtbot, window, 200)
    pause(qtbot, window)
    qtbot.waitUntil(lambda: found(picture).histograms.extremes.tolist() != before)


def test_one_axis_has_the_same_bins_for_all_layers(
    picture: DistributionPicture, qtbot: QtBot
) -> None:
    assert not (found(picture).histograms.edges == found(picture).histograms.edges[0]).all()
    click(picture.shared)
    qtbot.waitUntil(lambda: found(picture).shared)
    edges = found(picture).histograms.edges
    assert (edges == edges[0]).all()
    assert picture.plot.x_axis.tickStrings([0.5], 1.0, 0.1) != ["0.5"]


def test_ticks_of_one_axis_are_values(picture: DistributionPicture) -> None:
    show(picture, np.array([-2.0, 2.0]), np.array([0.0, 1.0]), shared=True)
    axis = picture.plot.x_axis
    ticks = axis.ticks_between(0, 1)
    assert {0, 0.25, 0.5, 0.75, 1} <= {*ticks}
    assert axis.tickStrings([0, 0.25, 0.5, 0.75, 1], 1.0, 0.25) == ["-2", "-1", "0", "1", "2"]
    show(picture, np.array([-2e-9, 2e-9]), shared=True)
    assert axis.tickStrings([0, 0.5, 1], 1.0, 0.25) == ["-2e-9", "0", "2e-9"]


def test_log_makes_rare_values_higher(picture: DistributionPicture) -> None:
    show(picture, np.array([0.0] * 99 + [1.0]))
    heights = picture.plot.ridges._heights
    assert (heights[0, 1], heights[0, -2]) == (1, pytest.approx(1 / 99))
    click(picture.log_count)
    heights = picture.plot.ridges._heights
    assert (heights[0, 1], heights[0, -2]) == (1, pytest.approx(np.log(2) / np.log(100)))


def test_hovering_reads_layer_bin_and_count(picture: DistributionPicture, qtbot: QtBot) -> None:
    show(picture, np.arange(60.0), np.array([1.0, 1.0, 61.0, np.nan, np.inf]))
    text = read(picture, qtbot, 0.003, 2.0)
    assert text == "layer 2: 2 of 5 (40.0 %) from 1.00 to 2.00, 1 NaN, 1 infinite"
    assert read(picture, qtbot, 0.5, 1.0).startswith("layer 1: 1 of 60 (1.7 %)")


def test_a_click_chooses_the_layer_and_it_stands_out(
    picture: DistributionPicture, window: MainWindow
) -> None:
    viewport = picture.plot.viewport()
    QTest.mouseClick(viewport, LEFT, NO_KEY, inside(picture, 0.5, 4))
    assert window.focus.layer == 4
    assert picture.plot.ridges.chosen == 3
    assert picture.side.chosen == 3
    QTest.mouseClick(viewport, LEFT, NO_KEY, inside(picture, 0.5, 4))
    assert window.focus.layer is None
    assert picture.plot.ridges.chosen is None


def test_shares_are_written_at_each_layer(picture: DistributionPicture) -> None:
    show(picture, np.array([0.0, 0.0, 0.0, 1.0]), np.arange(1.0, 5.0))
    assert list(picture.side.headings)[-3:] == ["sat.", "dead", "zero"]
    assert [row[0] for row in picture.side.rows] == ["1", "2"]
    assert [row[-3:] for row in picture.side.rows] == [("–", "–", "75 %"), ("–", "–", "0 %")]
    show(picture, np.array([0.0, np.nan]), np.full(4, np.inf))
    assert list(picture.side.headings)[-2:] == ["NaN", "∞"]
    assert [row[-2:] for row in picture.side.rows] == [("50 %", "0 %"), ("0 %", "100 %")]


def test_numbers_are_every_bin(picture: DistributionPicture) -> None:
    show(picture, np.arange(60.0), np.array([1.0, 1.0, 61.0]))
    table = picture.numbers()
    assert list(table.columns) == ["layer", "bin_low", "bin_high", "count"]
    assert len(table.rows) == 120
    assert list(table.rows[60]) == [2, 1.0, 2.0, 2]
    assert sum(int(str(row[3])) for row in table.rows) == 63


BAD = {
    "zero": np.zeros(9),
    "NaN": np.full(9, np.nan),
    "infinite": np.array([np.inf, -np.inf]),
    "one value": np.full(9, 3.0),
    "subnormal": np.array([5e-324, 1e-320, -1e-320]),
    "wide": np.array([-1.7e308, 0.0, 1.7e308]),
    "mixed": np.array([np.nan, np.inf, 0.0, 1e300, 1e-300]),
}


def test_bad_values_break_nothing(picture: DistributionPicture, qtbot: QtBot) -> None:
    for name, shared in product(BAD, (False, True)):
        show(picture, BAD[name], BAD[name], np.array([1.0, 2.0]), shared=shared)
        assert not image_of(picture).isNull()
        assert picture.plot.box.viewRange()[0] == [0, 1]
        assert np.isfinite(picture.plot.box.viewRange()).all()
        assert not picture.grab().isNull()
        assert b"<svg" in picture.svg()
    assert read(picture, qtbot, 0.5, 1.0).startswith("layer 1: ")


def test_zero_is_marked_where_it_lies(picture: DistributionPicture) -> None:
    show(picture, np.array([-1.0, 3.0]), np.array([1.0, 2.0]), np.array([-1.7e308, 1.7e308]))
    zeros = picture.plot.ridges._zeros
    assert zeros[[0, 2]] == pytest.approx([0.25, 0.5])
    assert np.isnan(zeros[1])


def test_many_layers_become_a_picture(picture: DistributionPicture) -> None:
    rng = np.random.default_rng(0)
    show(picture, *rng.standard_normal((6, 50)))
    assert not picture.plot.ridges.as_picture(picture.plot.view())
    show(picture, *rng.standard_normal((101, 50)))
    assert picture.plot.ridges.as_picture(picture.plot.view())
    image = image_of(picture)
    places = [(x, y) for x in range(0, 200, 5) for y in range(40, 100, 3)]
    assert len({image.pixelColor(x, y).name() for x, y in places}) > 5
    rows = picture.plot.view().point(0.5, 101)
    assert 0 < rows.y() < picture.plot.canvas.height()


def test_close_ridges_rise_over_their_neighbours() -> None:
    assert rise_of(40) == pytest.approx(1.35)
    assert rise_of(8) * 8 == pytest.approx(16)


def test_the_uppermost_ridge_and_the_headings_have_room(picture: DistributionPicture) -> None:
    for count in (1, 3, 13, 21):
        show(picture, *np.random.default_rng(0).standard_normal((count, 50)))
        view = picture.plot.view()
        assert view.point(0, count - 0.5 + rise_of(apart(view))).y() > -2


OTHERS: tuple[dict[str, Any], ...] = (
    {"network.depth": 0},
    {"network.depth": 3, "data.source": "sine_ridge"},
    {"network.depth": 2, "data.source": "iris"},
    {"network.layers": "5 relu, 7 gelu"},
)


def test_other_experiments_are_shown_while_it_is_open(
    picture: DistributionPicture, window: MainWindow, qtbot: QtBot
) -> None:
    for changes in OTHERS:
        change(window, qtbot, changes)
        layers = len(window.session.spec.sizes) - 1
        qtbot.waitUntil(partial(shows, picture, "activation", layers))
        assert not image_of(picture).isNull()
        assert len(picture.side.rows) == layers


def test_a_deep_network_is_shown(
    picture: DistributionPicture, window: MainWindow, qtbot: QtBot
) -> None:
    change(window, qtbot, {"network.depth": 100, "network.width": 40})
    for name in ("weight_gradient", "preactivation"):
        click(button(picture, name))
        qtbot.waitUntil(partial(shows, picture, name, 101))
    assert not image_of(picture).isNull()


def test_of_several_networks_the_one_in_focus_is_shown(
    picture: DistributionPicture, window: MainWindow, qtbot: QtBot
) -> None:
    change(window, qtbot, {"network.seeds": 3, "network.depth": 2})
    click(button(picture, "weight"))
    qtbot.waitUntil(lambda: found(picture).kind.name == "weight")
    first = found(picture)
    assert picture.readout.text() == "network 1 of 3"
    window.focus.choose_seed(2)
    qtbot.waitUntil(lambda: found(picture) is not first)
    assert (found(picture).histograms.extremes != first.histograms.extremes).all()
    assert picture.readout.text() == "network 3 of 3"


def test_hidden_it_asks_for_nothing(
    picture: DistributionPicture, window: MainWindow, qtbot: QtBot
) -> None:
    assert picture.wishes == (picture.request,)
    window.docks["loss"].raise_()
    qtbot.waitUntil(lambda: picture.wishes == ())
    shown = picture.shown
    play(qtbot, window, 100)
    pause(qtbot, window)
    assert picture.shown is shown
    window.docks["distributions"].raise_()
    qtbot.waitUntil(lambda: picture.shown is not shown)
    assert window.loss.wishes == ()


def test_an_earlier_moment_is_said_not_to_be_shown(
    picture: DistributionPicture, window: MainWindow, qtbot: QtBot
) -> None:
    play(qtbot, window)
    pause(qtbot, window)
    window.focus.choose_moment(3)
    assert "no earlier ones" in picture.readout.text()
    window.focus.choose_moment(None)
    assert picture.readout.text() == ""


def test_controls_say_what_they_do(picture: DistributionPicture) -> None:
    buttons = [*picture.kind.group.buttons(), picture.log_count, picture.shared]
    assert all(one.toolTip() and one.accessibleName() for one in buttons)
    press_names = {one.accessibleName() for one in picture.kind.group.buttons()}
    assert press_names == {f"Distribution of: {kind.label}" for kind in KINDS.values()}
