"""Different views of one run: which quantity, lines or map or profile, linear or logarithmic."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from core.arrays import Array
from core.measures import QUANTITIES, ROW, Quantity
from lab.presets import presets
from lab.traces import decades
from tests.widgets.person import click, pause, play, press, settle, shown_step
from widgets.controls.segments import Segments
from widgets.main_window import MainWindow
from widgets.plots.gradient_panel import GradientPanel
from widgets.plots.loss_plot import _dwarfs
from widgets.plots.picture import N_SHADES
from widgets.plots.quantity_choice import QUICK
from widgets.plots.ticks import NumberAxis

Key = Qt.Key
SIGNAL, WEIGHT = (QUANTITIES[f"{name}_gradient_rms"] for name in ("signal", "weight"))


@pytest.fixture
def trained(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window whose run waits after the nine steps of an epoch."""
    press(window, Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: window.gradients.lines.lines.y.shape[1] == 9)
    settle(qtbot, window)
    return window


def segment(segments: Segments, label: str) -> QAbstractButton:
    (found,) = (button for button in segments.group.buttons() if button.text() == label)
    return found


def expected(window: MainWindow, quantity: Quantity) -> Array:
    """What the lines of a quantity must show: (layers, rows)."""
    history = window.session.history
    assert history is not None
    values = history.series(quantity.name, 300).mean.T
    return decades(values) if quantity.logarithmic else values


def wait_for_lines(window: MainWindow, qtbot: QtBot, quantity: Quantity) -> None:
    lines, wanted = window.gradients.lines, expected(window, quantity)

    def shown() -> None:
        np.testing.assert_allclose(lines.lines.y, wanted)
        assert lines.y_axis.label.toPlainText().strip() == quantity.symbol
        assert lines.y_axis.logarithmic is quantity.logarithmic

    qtbot.waitUntil(shown)


def check_quantity(window: MainWindow, qtbot: QtBot, quantity: Quantity) -> None:
    wait_for_lines(window, qtbot, quantity)
    frame, profile = window.session.frame, window.gradients.profile
    assert frame is not None
    values = frame.record.magnitudes[ROW[quantity.name]]
    shown = values[:-1] if quantity.hidden_only else values
    np.testing.assert_array_equal(profile.values, shown)
    assert profile.y_axis.label.toPlainText().strip() == quantity.symbol
    assert profile.y_axis.logarithmic is quantity.logarithmic


def test_signal_and_weight_gradient_by_button(trained: MainWindow, qtbot: QtBot) -> None:
    kind = trained.gradients.choice.kind
    check_quantity(trained, qtbot, SIGNAL)
    click(segment(kind, "Weight"))
    check_quantity(trained, qtbot, WEIGHT)
    assert segment(kind, "Weight").isChecked()
    assert not segment(kind, "Signal").isChecked()
    click(segment(kind, "Signal"))
    check_quantity(trained, qtbot, SIGNAL)


def test_signal_and_weight_gradient_by_key(trained: MainWindow, qtbot: QtBot) -> None:
    press(trained, Key.Key_G)
    check_quantity(trained, qtbot, WEIGHT)
    assert segment(trained.gradients.choice.kind, "Weight").isChecked()
    press(trained, Key.Key_G)
    check_quantity(trained, qtbot, SIGNAL)


def test_arrows_choose_among_segments_and_take_no_step(trained: MainWindow) -> None:
    step = shown_step(trained)
    kind = trained.gradients.choice.kind
    signal, weight = (segment(kind, label) for label in ("Signal", "Weight"))
    signal.setFocus(Qt.FocusReason.TabFocusReason)
    press(trained, Key.Key_Right)
    assert weight.isChecked()
    assert weight.hasFocus()
    press(trained, Key.Key_Left)
    assert signal.isChecked()
    assert trained.session.history is not None
    assert len(trained.session.history) == step


def test_every_measured_quantity_can_be_shown(trained: MainWindow, qtbot: QtBot) -> None:
    panel = trained.gradients
    actions = {action.data(): action for action in panel.choice.more.menu().actions()}
    assert list(actions) == list(QUANTITIES)
    for name, quantity in QUANTITIES.items():
        actions[name].trigger()
        check_quantity(trained, qtbot, quantity)
        assert [one for one, action in actions.items() if action.isChecked()] == [name]
        buttons = panel.choice.kind.group.buttons()
        pressed = [button.text() for button in buttons if button.isChecked()]
        quick = dict(zip(QUICK, [["Signal"], ["Weight"], ["Clipped"], ["Ratio"]], strict=True))
        assert pressed == quick.get(name, [])


def test_lines_and_map_show_the_same_numbers(trained: MainWindow, qtbot: QtBot) -> None:
    panel = trained.gradients
    click(segment(panel.view, "Map"))
    assert panel.map.isVisible()
    assert not panel.lines.isVisible()
    qtbot.waitUntil(lambda: panel.map.image._corners is not None)
    rows = shown_step(trained)
    wanted = expected(trained, SIGNAL)
    pixels = panel.map.image._pixels[::-1, :rows].astype(float)
    assert pixels.shape == wanted.shape
    low, high = panel.map.levels
    shown = low + pixels / (N_SHADES - 1) * (high - low)
    np.testing.assert_allclose(shown, wanted, atol=(high - low) / (N_SHADES - 1))
    click(segment(panel.view, "Lines"))
    assert panel.lines.isVisible()
    wait_for_lines(trained, qtbot, SIGNAL)


def make_narrow(window: MainWindow) -> GradientPanel:
    window.resize(window.minimumSize())
    assert window.gradients.width() < 660
    return window.gradients


def test_a_narrow_window_shows_one_view_at_a_time(trained: MainWindow, qtbot: QtBot) -> None:
    profile = segment(trained.gradients.view, "Profile")
    assert not profile.isVisible()
    panel = make_narrow(trained)
    assert panel.lines.isVisible()
    assert not panel.profile.isVisible()
    press(trained, Key.Key_Right)
    qtbot.waitUntil(lambda: panel.lines.lines.y.shape[1] == 10)
    click(profile)
    assert panel.profile.isVisible()
    assert not panel.lines.isVisible()
    frame = trained.session.frame
    assert frame is not None
    np.testing.assert_array_equal(
        panel.profile.values, frame.record.magnitudes[ROW["signal_gradient_rms"]]
    )
    click(segment(panel.view, "Lines"))
    assert panel.lines.isVisible()
    wait_for_lines(trained, qtbot, SIGNAL)


def test_growing_wide_again_shows_both_up_to_date(trained: MainWindow, qtbot: QtBot) -> None:
    """Also when the run waits, so that no frame comes to draw them."""
    panel = make_narrow(trained)
    press(trained, Key.Key_Right)
    qtbot.waitUntil(lambda: shown_step(trained) == 10)
    trained.resize(1440, 900)
    assert panel.profile.isVisible()

    def shown() -> None:
        frame = trained.session.frame
        assert frame is not None
        np.testing.assert_array_equal(
            panel.profile.values, frame.record.magnitudes[ROW["signal_gradient_rms"]]
        )

    qtbot.waitUntil(shown)


def test_the_loss_can_be_logarithmic(trained: MainWindow, qtbot: QtBot) -> None:
    loss = trained.loss
    linear = loss.train.y.copy()
    low, high = loss.plot.view().y_range
    assert low < linear.min() < linear.max() < high
    click(loss.log_switch)
    np.testing.assert_allclose(loss.train.y, np.log10(linear))
    assert loss.plot.y_axis.logarithmic
    low, high = loss.plot.view().y_range
    assert low < np.log10(linear.min()) < np.log10(linear.max()) < high
    click(loss.log_switch)
    np.testing.assert_array_equal(loss.train.y, linear)


def test_a_closed_loss_comes_back_up_to_date(trained: MainWindow, qtbot: QtBot) -> None:
    dock = trained.docks["loss"]
    dock.close()
    press(trained, Key.Key_Right)
    qtbot.waitUntil(lambda: shown_step(trained) == 10)
    dock.toggleViewAction().trigger()
    qtbot.waitUntil(lambda: trained.loss.train.y.shape[1] == 10)


def test_closed_data_come_back_up_to_date(trained: MainWindow, qtbot: QtBot) -> None:
    """The run waits: no frame comes to draw them."""
    surface, dock = trained.data.surface, trained.docks["data"]
    shown = surface._surface
    dock.close()
    press(trained, Key.Key_Right)
    qtbot.waitUntil(lambda: shown_step(trained) == 10)
    settle(qtbot, trained)
    assert surface._surface is shown
    dock.toggleViewAction().trigger()
    qtbot.waitUntil(lambda: surface._surface is not shown)


def test_a_hidden_panel_costs_nothing(trained: MainWindow, qtbot: QtBot) -> None:
    trained.docks["loss"].close()
    trained.docks["data"].close()
    rows = trained.loss.train.y.shape[1]
    play(qtbot, trained)
    pause(qtbot, trained)
    assert trained.loss.train.y.shape[1] == rows


def test_a_run_without_accuracy_has_no_picture_of_it(window: MainWindow, qtbot: QtBot) -> None:
    assert window.loss.accuracy_plot.isVisible()
    data = window.data
    window.change_spec(window.session.spec.with_values({"data.source": "plane"}), "data")
    qtbot.waitUntil(lambda: not window.loss.accuracy_plot.isVisible())
    assert data.surface.isVisible()
    window.change_spec(window.session.spec.with_values({"data.source": "digits"}), "data")
    qtbot.waitUntil(data.confusion.isVisible)
    assert window.loss.accuracy_plot.isVisible()
    noise = {"data.source": "white_noise", "data.inputs": 5}
    window.change_spec(window.session.spec.with_values(noise), "data")
    qtbot.waitUntil(data.predictions.isVisible)
    assert not data.confusion.isVisible()


def test_the_scale_of_the_map_stands_beside_its_colours(trained: MainWindow, qtbot: QtBot) -> None:
    segment(trained.gradients.view, "Map").click()
    strip, axis = trained.gradients.map.scale.canvas, trained.gradients.map.scale.axis
    for width in (40, 90):  # as much as the longest number wants
        axis.setWidth(width)
        qtbot.waitUntil(lambda width=width: axis.size().width() == width)  # type: ignore[misc]
        QApplication.processEvents()
        assert abs(strip.geometry().right() + 1 - axis.scenePos().x()) <= 1


def test_narrow_decades_have_more_than_one_tick() -> None:
    axis = NumberAxis("left")
    axis.logarithmic = True
    for low, high in ((-5.6, -4.4), (-2.9, -1.1), (-0.9, 0.9)):
        ((spacing, ticks),) = axis.tickValues(low, high, 220)
        assert len(ticks) > 2
    assert axis.tickStrings([-6 + np.log10(2), -5, -2 + np.log10(5)], 1, spacing) == [
        "2e-6",
        "10⁻⁵",
        "0.05",
    ]


def test_a_flat_loss_is_seen_with_the_spread_of_its_batches(
    trained: MainWindow, qtbot: QtBot
) -> None:
    plot = trained.loss.plot
    trace = trained.loss._traces["loss"]
    low, high = plot.view().y_range
    assert high - low >= float(np.nanmedian(trace.high - trace.low))


@pytest.mark.parametrize(
    ("extremes", "leave"),
    [([0.5, 1e29], True), ([0.5, 60.0], False), ([np.inf, 60.0], False), ([np.nan] * 2, False)],
)
def test_one_network_gone_mad_does_not_flatten_all_others(
    extremes: list[float], leave: bool
) -> None:
    assert _dwarfs(np.array(extremes), np.array([0.7, 0.1, np.nan])) is leave
    assert not _dwarfs(np.array(extremes), np.empty(0)), "there are no others"


def test_losses_of_those_who_go_on_fill_the_axis(window: MainWindow, qtbot: QtBot) -> None:
    wild = {"network.seeds": 16, "network.depth": 8, "network.gain": 1.4}
    spec = presets()["exploding"].spec.with_values({**wild, "training.learning_rate": 0.06})
    window.session.load(spec)
    play(qtbot, window, steps=200)
    pause(qtbot, window)
    assert np.nanmax(window.loss.extremes.y) > 1e12
    assert window.loss.plot.view().y_range[1] < 1e6


def test_where_all_networks_are_at_zero_no_spread_is_drawn(window: MainWindow) -> None:
    picture = window.gradients.profile
    assert picture.profile is not None
    ranks = np.geomspace(1e-9, 1, 5)[:, None] * np.ones(len(picture.values))
    ranks[:, :3], ranks[0, 4] = 0, 0
    picture.show_profile(replace(picture.profile, ranks=ranks))
    assert picture.spread.ranks is not None
    assert np.isnan(picture.spread.ranks[:, :3]).all()
    assert np.isneginf(picture.spread.ranks[0, 4]), "the lowest of several leaves the picture"
