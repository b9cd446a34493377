"""Layers in focus, pinned runs beside, theory over the profile, and the choice of quantity."""

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from core.measures import ROW
from core.theory import Prediction
from lab.pins import Pin
from lab.predictions import prediction_of
from lab.run import Run
from lab.traces import decades
from tests.widgets.person import click, double_click, key, pause, pixel, play, press, shown_step
from widgets.main_window import MainWindow
from widgets.plots.picture import INFINITE, UNKNOWN, ZERO

Key = Qt.Key
SIGNAL = ROW["signal_gradient_rms"]
STEPS = 30


@pytest.fixture
def trained(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window whose run waits after some steps."""
    play(qtbot, window, steps=STEPS)
    pause(qtbot, window)
    return window


def pins_of(window: MainWindow, *changes: dict[str, object]) -> tuple[Pin, ...]:
    """Pinned runs of the window's spec with changes."""
    pins = []
    for place, change in enumerate(changes):
        run = Run(window.session.spec.with_values(change))
        for _ in range(STEPS):
            run.advance()
        pins.append(Pin(place, f"run {place}", run.spec, run.history, None))
    return tuple(pins)


def legend(window: MainWindow) -> list[str]:
    return [entry.text for entry in window.gradients.profile.legend.entries]


def test_a_click_on_any_picture_chooses_the_layer_in_all(trained: MainWindow, qtbot: QtBot) -> None:
    panel = trained.gradients
    lines, profile = panel.lines, panel.profile
    click(lines.viewport(), pixel(lines, float(lines.lines.x[9]), float(lines.lines.y[2, 9])))
    assert trained.focus.layer == 3
    assert lines.lines.front == profile.dots.ringed == 2
    click(profile.viewport(), pixel(profile, 6.1, float(profile.dots.y[5])))
    assert trained.focus.layer == 6
    panel.view.choose(1)
    qtbot.waitUntil(lambda: panel.map.canvas.width() > 99)
    click(panel.map.viewport(), pixel(panel.map, 10, 12))
    assert trained.focus.layer == 12
    assert panel.map._row.layer == 12
    assert profile.dots.ringed == 11
    click(panel.map.viewport(), pixel(panel.map, 10, 12))
    assert trained.focus.layer is None, "a second click looks at none"


def test_a_double_click_changes_no_layer(trained: MainWindow) -> None:
    lines = trained.gradients.lines
    for layer in (None, 3, 7):
        trained.focus.forget()
        if layer is not None:
            trained.focus.choose_layer(layer)
        double_click(lines.viewport(), pixel(lines, 9, float(lines.lines.y[2, 9])))
        assert trained.focus.layer == layer


def test_keys_choose_the_layer(trained: MainWindow) -> None:
    lines = trained.gradients.lines
    lines.setFocus(Qt.FocusReason.TabFocusReason)
    for name, layer in ((Key.Key_Down, 13), (Key.Key_Up, 13), (Key.Key_Down, 12)):
        press(trained, name)
        assert trained.focus.layer == layer


def test_a_line_under_the_pointer_gives_way_to_the_chosen_one(trained: MainWindow) -> None:
    lines = trained.gradients.lines
    trained.focus.choose_layer(5)
    lines.read(9, float(lines.lines.y[1, 9]))
    assert lines.lines.front == 1
    lines.leave()
    assert lines.lines.front == 4


def test_the_profile_shows_theory_with_its_factor(trained: MainWindow, qtbot: QtBot) -> None:
    profile = trained.gradients.profile
    qtbot.waitUntil(lambda: bool(profile.theory.y.size))
    assert profile.profile is not None
    line = profile.profile.theory
    assert line is not None
    assert line.values is not None
    np.testing.assert_allclose(profile.theory.y[0], np.log10(line.values))
    assert line.values[-1] == pytest.approx(profile.values[-2])
    assert legend(trained)[1] == "theory at start ≈×0.236"
    assert "theory" in profile.read(3, 0)
    spec = trained.session.spec.with_values({"network.initializer": "constant"})
    trained.session.set_spec(spec)
    qtbot.waitUntil(lambda: "no theory for these weights" in legend(trained))
    assert not profile.theory.y.size
    trained.gradients.choice.choose("dead_share")
    assert legend(trained) == []


def test_theory_is_asked_once_a_run_outside_the_window_s_thread(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def predict(*arguments: Any) -> Prediction:
        threads.append(threading.current_thread().name)
        return prediction_of(*arguments)

    qtbot.waitUntil(lambda: bool(window.gradients.profile.theory.y.size))
    monkeypatch.setattr("lab.predictions.prediction_of", predict)
    window.session.reset()
    qtbot.waitUntil(lambda: bool(threads))
    play(qtbot, window, steps=300)
    pause(qtbot, window)
    assert threads == ["training"]


def test_the_legend_explains_theorys_line(
    trained: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile, said = trained.gradients.profile, list[str]()
    qtbot.waitUntil(lambda: bool(profile.theory.y.size) and not profile.legend.place.isEmpty())
    monkeypatch.setattr(
        "widgets.plots.gradient_profile.QToolTip.showText", lambda _at, text, _on: said.append(text)
    )
    at = profile.legend.place.center().toPoint() + profile.canvas.pos()
    for place in (at, profile.canvas.geometry().center()):
        help_event = QHelpEvent(QEvent.Type.ToolTip, place, profile.mapToGlobal(place))
        QApplication.sendEvent(profile.viewport(), help_event)
    (note,) = said
    assert "drawn through what is measured at the last hidden layer" in note
    assert "stray" in note


def test_several_networks_are_a_band(window: MainWindow, qtbot: QtBot) -> None:
    window.session.set_spec(window.session.spec.with_values({"network.seeds": 5}))
    play(qtbot, window, steps=STEPS)
    pause(qtbot, window)
    profile, frame = window.gradients.profile, window.session.frame
    assert frame is not None
    assert frame.ranks is not None
    assert profile.spread.ranks is not None
    np.testing.assert_allclose(10**profile.spread.ranks, frame.ranks[:, SIGNAL])
    np.testing.assert_array_equal(profile.values, frame.ranks[2, SIGNAL])
    assert any("5 networks" in text for text in legend(window))
    low, high = profile.view().y_range
    assert low < profile.spread.ranks.min() < profile.spread.ranks.max() < high
    window.focus.choose_moment(4)
    assert window.session.history is not None
    moment = window.session.history.at(4)
    assert moment is not None
    assert moment.ranks is not None
    np.testing.assert_allclose(10**profile.spread.ranks, moment.ranks[:, SIGNAL])
    head = profile.profile.table().columns if profile.profile else []
    assert "first_quartile" in head


def test_more_is_pressed_while_something_of_it_is_shown(trained: MainWindow) -> None:
    choice = trained.gradients.choice
    choice.more.setPopupMode(QToolButton.ToolButtonPopupMode.DelayedPopup)  # no menu that waits
    choice.more.click()
    assert not choice.more.isChecked()
    choice.choose("saturated_share")
    assert (choice.more.isChecked(), choice.more.text()) == (True, "Saturated units")
    choice.more.click()
    assert choice.more.isChecked()
    choice.choose("signal_gradient_rms")
    assert (choice.more.isChecked(), choice.more.text()) == (False, "More")


def test_pinned_runs_are_ghosts(trained: MainWindow) -> None:
    panel = trained.gradients
    pins = pins_of(trained, {"network.activation": "relu"}, {"network.depth": 4})
    panel.set_pins(pins)
    profiles = panel.profile.ghosts.ghosts
    assert [ghost.words for ghost in profiles] == [("1", "run 0"), ("2", "run 1")]
    assert [len(ghost.x) for ghost in profiles] == [13, 5]
    moment = pins[1].history.at(STEPS)
    assert moment is not None
    np.testing.assert_allclose(10 ** profiles[1].y, moment.magnitudes[SIGNAL])
    assert profiles[0].color.name() == trained.theme.colors.pins[0]
    lines = panel.lines.ghosts.ghosts
    assert [ghost.words for ghost in lines] == [("1", "run 0"), ("2", "run 1")]
    assert [ghost.after for ghost in lines] == [", layer 1"] * 2
    series = pins[0].history.series("signal_gradient_rms", 300)
    np.testing.assert_allclose(10 ** lines[0].y, series.mean[:, 0])
    trained.focus.choose_layer(7)
    (ghost,) = panel.lines.ghosts.ghosts
    assert (ghost.words, ghost.after) == (("1", "run 0"), ", layer 7"), (
        "the other one has no such layer"
    )
    trained.focus.choose_moment(2)
    moment = pins[0].history.at(2)
    assert moment is not None
    first = panel.profile.ghosts.ghosts[0]
    np.testing.assert_allclose(10**first.y, moment.magnitudes[SIGNAL])


def test_a_hidden_pin_is_not_drawn(trained: MainWindow) -> None:
    (pin,) = pins_of(trained, {"network.depth": 4})
    hidden = Pin(pin.place, pin.name, pin.spec, pin.history, None, visible=False)
    trained.gradients.set_pins((hidden,))
    assert not trained.gradients.profile.ghosts.ghosts
    assert not trained.gradients.lines.ghosts.ghosts


def test_the_profile_gives_its_numbers_away(trained: MainWindow, qtbot: QtBot) -> None:
    panel = trained.gradients
    qtbot.waitUntil(lambda: bool(panel.profile.theory.y.size))
    panel.set_pins(pins_of(trained, {"network.depth": 14}))
    panel._over_profile = True
    table = panel.numbers()
    assert table.columns == ["layer", "signal_gradient_rms", "theory", "1 run 0"]
    rows = np.array(table.rows, float)
    np.testing.assert_array_equal(rows[:, 0], np.arange(1, 16))
    np.testing.assert_array_equal(rows[:13, 1], panel.profile.values)
    assert np.isfinite(rows[:12, 2]).all()
    assert np.isnan(rows[13:, 1:3]).all()


def test_the_clipped_gradient_is_at_hand_while_something_is_clipped(
    trained: MainWindow, qtbot: QtBot
) -> None:
    kind = trained.gradients.choice.kind
    (button,) = (button for button in kind.group.buttons() if button.text() == "Clipped")
    assert not button.isVisible()
    spec = trained.session.spec.with_values({"cures.clip_norm": 1e-3})
    trained.change_spec(spec, "clip")
    assert button.isVisible()
    step = shown_step(trained)
    press(trained, Key.Key_Right)
    qtbot.waitUntil(lambda: shown_step(trained) == step + 1)
    click(button)
    frame = trained.session.frame
    assert frame is not None
    before, after = (
        frame.record.magnitudes[ROW[f"{name}_gradient_rms"]] for name in ("weight", "clipped")
    )
    assert (after < before).all()
    np.testing.assert_array_equal(trained.gradients.profile.values, after)
    trained.change_spec(spec.with_values({"cures.clip_norm": 0.0}), "clip")
    assert not button.isVisible()
    assert trained.gradients.choice.value().quantity.name == "weight_gradient_rms"


def test_the_scale_may_be_linear(trained: MainWindow, qtbot: QtBot) -> None:
    panel, switch = trained.gradients, trained.gradients.choice.log_switch
    logs = panel.lines.lines.y.copy()
    assert switch.isChecked()
    click(switch)
    np.testing.assert_allclose(panel.lines.lines.y, 10**logs)
    for plot in (panel.lines, panel.profile):
        assert not plot.y_axis.logarithmic
        low, high = plot.view().y_range
        assert low <= 0
        assert high > panel.profile.values.max()
    panel.view.choose(1)
    assert not panel.map.scale.axis.logarithmic
    panel.choice.choose("dead_share")
    assert not switch.isChecked()
    click(switch)
    assert panel.profile.y_axis.logarithmic
    panel.choice.choose("signal_gradient_rms")
    assert not switch.isChecked(), "each quantity keeps its own"


def test_the_map_marks_what_is_on_no_scale(trained: MainWindow, qtbot: QtBot) -> None:
    panel = trained.gradients
    panel.view.choose(1)
    qtbot.waitUntil(lambda: panel.map.canvas.width() > 99)
    assert not panel.map.image.present
    assert trained.session.frame is not None
    trace = trained.session.frame.traces["signal_gradient_rms"]
    values = trace.values.copy()
    values[:3] = np.array([0, np.inf, np.nan])[:, None]
    panel.map.show_trace(
        replace(trace, values=values, decades=decades(values)), panel.choice.value(), ()
    )
    assert panel.map.image.present == (ZERO, INFINITE, UNKNOWN)
    picture = panel.map.canvas.grab().toImage()
    view, colors = panel.map.view(), []
    for layer in (1, 2, 3):
        area = view.rect(0, layer - 0.4, 20, layer + 0.4).toRect()
        places = [QPoint(x, y) for x in range(20, 60) for y in range(area.top(), area.bottom())]
        colors.append({picture.pixelColor(place).name() for place in places})
    assert all(len(seen) > 1 for seen in colors), "each is a pattern, none a blank"
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert colors[one] != colors[other]
    assert panel.map.read(5, 1).endswith("layer 1: 0")
    assert panel.map.read(5, 2).endswith("layer 2: inf")
    assert panel.map.read(5, 3).endswith("layer 3: nan")


def test_nothing_happens_without_a_run_to_look_at(window: MainWindow, qtbot: QtBot) -> None:
    """At step 0 there are no lines to click and no past."""
    lines = window.gradients.lines
    click(lines.viewport(), lines.canvas.geometry().center())
    key(lines, Key.Key_Left)
    assert window.focus.layer is None
    assert window.focus.moment is None
