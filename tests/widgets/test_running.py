"""The window while a network trains: keys and buttons, what is shown, and how soon."""

import statistics
import time

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from pytestqt.qtbot import QtBot

from lab.answers import AnswerOf, Surface
from lab.frames import Frame
from lab.presets import OPENING, presets
from lab.run import Phase, Run
from tests.widgets.person import (
    boxes,
    button,
    choose,
    click,
    field,
    key,
    menu,
    pause,
    play,
    press,
    settle,
    shown_step,
    type_number,
    write,
)
from widgets.controls.editors import ChoiceEditor
from widgets.main_window import MainWindow

Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
SOON_S = 0.150


def act(window: MainWindow, name: str, how: str) -> None:
    """Do what the bar's button says, with it or with its key."""
    keys = {
        "play": (Key.Key_Space, Qt.KeyboardModifier.NoModifier),
        "step": (Key.Key_Right, Qt.KeyboardModifier.NoModifier),
        "epoch": (Key.Key_Right, SHIFT),
        "reset": (Key.Key_R, Qt.KeyboardModifier.NoModifier),
        "new_seed": (Key.Key_N, Qt.KeyboardModifier.NoModifier),
    }
    if how == "key":
        press(window, *keys[name])
    else:
        click(button(window, getattr(window.transport, name)))


by_key_and_button = pytest.mark.parametrize("how", ["key", "button"])


def test_opens_with_the_vanishing_experiment_waiting(window: MainWindow) -> None:
    preset = presets()[OPENING]
    assert window.session.spec == preset.spec
    assert window.session.phase is Phase.PAUSED
    assert window.lesson_panel.contents.title.text() == preset.title
    assert len(window.gradients.profile.values) == 13
    assert "vanishes" in window.verdict.headline.text()
    assert window.windowTitle() == "untitled[*] – Backprop Lab"
    assert not window.isWindowModified()


def test_one_key_shows_a_vanishing_gradient_within_two_seconds(
    window: MainWindow, qtbot: QtBot
) -> None:
    began = time.process_time()
    press(window, Key.Key_Space)

    def shown() -> None:
        lines, profile = window.gradients.lines.lines.y, window.gradients.profile.values
        assert len(lines) == len(profile) == 13
        assert lines.shape[1] > 0
        assert lines[11, -1] - lines[0, -1] > 4
        assert profile[11] / profile[0] > 1e4

    qtbot.waitUntil(shown)
    assert time.process_time() - began < 2, "of work, however busy the machine is"
    assert "The gradient vanishes" in window.verdict.headline.text()
    assert window.verdict.detail.text().startswith("×0.")
    assert "per layer toward the input" in window.verdict.detail.text()
    assert window.verdict.rule_text.text().startswith("Rule:")
    assert "training" in window.status.phase.text()
    assert window.isWindowModified()
    pause(qtbot, window)
    step = shown_step(window)
    assert window.status.values["step"].text().replace("\u202f", "") == str(step)
    assert window.status.values["speed"].text() == "–", "nothing moves"
    shown()


def test_the_cure_starts_at_once_from_the_same_seed_and_learns(
    window: MainWindow, qtbot: QtBot
) -> None:
    play(qtbot, window)
    first = window.session.frame
    choose(window.build.editors["network.activation"], "relu")
    choose(window.build.editors["network.initializer"], "he_normal")
    spec = window.session.spec
    assert (spec.network.activation, spec.network.initializer) == ("relu", "he_normal")
    assert spec.network.seed == 0
    early: list[Frame] = []
    window.session.frame_arrived.connect(early.append)
    qtbot.waitUntil(lambda: "arrives" in window.verdict.headline.text())
    assert window.session.phase is Phase.PLAYING

    def learned() -> None:
        assert window.loss.train.y.shape[1] > 0
        assert window.loss.train.y[0, -1] < 0.6 * window.loss.train.y[0, 0]

    qtbot.waitUntil(learned)
    pause(qtbot, window)
    assert first is not None
    assert window.session.frame is not None
    surfaces = [frame.shown(AnswerOf()) for frame in (first, window.session.frame)]
    assert all(isinstance(surface, Surface) for surface in surfaces)
    before, after = (s.values for s in surfaces if isinstance(s, Surface))
    assert np.abs(after - before).max() > 0.2
    fresh = Run(spec)
    while fresh.trainer.steps_done < early[0].step:
        fresh.advance()
    assert fresh.record.loss == early[0].record.loss


def test_a_new_run_starts_soon_after_a_change(window: MainWindow, qtbot: QtBot) -> None:
    play(qtbot, window)
    started: list[float] = []
    window.session.run_started.connect(lambda: started.append(time.process_time()))
    waits = []
    for activation in ("relu", "tanh", "leaky_relu", "identity", "sigmoid"):
        began, count = time.process_time(), len(started)
        choose(window.build.editors["network.activation"], activation)
        qtbot.waitUntil(lambda count=count: len(started) > count)  # type: ignore[misc]
        waits.append(started[-1] - began)
        qtbot.waitUntil(lambda: shown_step(window) > 0)
        assert window.session.phase is Phase.PLAYING
    assert statistics.median(waits) < SOON_S
    pause(qtbot, window)


def test_a_deep_wide_network_leaves_the_window_free(window: MainWindow, qtbot: QtBot) -> None:
    type_number(field(window, "network.depth"), "60")
    type_number(field(window, "network.width"), "64")
    choose(window.build.editors["network.activation"], "relu")
    settle(qtbot, window)
    press(window, Key.Key_Space)
    fired: list[float] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: fired.append(time.process_time()))
    timer.start(4)
    qtbot.waitUntil(lambda: len(fired) > 100 and shown_step(window) > 20)
    timer.stop()
    gaps = np.diff(fired)
    assert np.median(gaps) < 0.03
    assert gaps.max() < 0.25
    assert len(window.gradients.lines.lines.y) == 61
    pause(qtbot, window)


@by_key_and_button
def test_play_and_pause(window: MainWindow, qtbot: QtBot, how: str) -> None:
    assert window.transport.play.text() == "Play"
    act(window, "play", how)
    qtbot.waitUntil(lambda: window.transport.play.text() == "Pause" and shown_step(window) > 5)
    act(window, "play", how)
    settle(qtbot, window)
    assert window.transport.play.text() == "Play"
    assert "paused" in window.status.phase.text()


@by_key_and_button
def test_one_step_and_one_epoch(window: MainWindow, qtbot: QtBot, how: str) -> None:
    act(window, "step", how)
    qtbot.waitUntil(lambda: shown_step(window) == 1)
    assert window.session.phase is Phase.PAUSED
    act(window, "epoch", how)
    qtbot.waitUntil(lambda: window.session.frame is not None and window.session.frame.epoch >= 1)
    settle(qtbot, window)
    assert shown_step(window) == 9  # 280 training samples, 32 a step
    assert window.status.values["epoch"].text() == "1.0"
    assert window.gradients.lines.lines.y.shape == (13, 9)


@by_key_and_button
def test_reset_goes_back_to_the_same_weights(window: MainWindow, qtbot: QtBot, how: str) -> None:
    before = window.gradients.profile.values.copy()
    play(qtbot, window)
    act(window, "reset", how)
    qtbot.waitUntil(lambda: shown_step(window) == 0 and window.session.phase is Phase.PAUSED)
    np.testing.assert_array_equal(window.gradients.profile.values, before)
    assert not window.isWindowModified()
    assert window.gradients.lines.lines.y.shape[1] == 0


@by_key_and_button
def test_a_new_seed_is_a_step_that_can_be_undone(
    window: MainWindow, qtbot: QtBot, how: str
) -> None:
    before = window.gradients.profile.values.copy()
    act(window, "new_seed", how)
    assert window.session.spec.network.seed == 1
    assert window.undo_stack.undoText() == "new seed"
    qtbot.waitUntil(lambda: not np.array_equal(window.gradients.profile.values, before))
    press(window, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: np.array_equal(window.gradients.profile.values, before))


def test_keys_typed_into_a_number_are_not_the_windows(window: MainWindow, qtbot: QtBot) -> None:
    play(qtbot, window)
    pause(qtbot, window)
    spec, step = window.session.spec, shown_step(window)
    quantity = window.gradients.choice.value().quantity
    box = field(window, "network.seed").box
    box.setFocus()
    write(box, "rn g")
    for name in (Key.Key_Right, Key.Key_Left, Key.Key_Home, Key.Key_Space):
        key(box, name)
    key(box, Key.Key_Right, SHIFT)
    box.selectAll()
    write(box, "7 ")
    assert window.session.spec == spec
    press(window, Key.Key_Return)
    assert window.session.spec.network.seed == 7
    qtbot.waitUntil(lambda: shown_step(window) == 0)
    assert step > 0
    assert window.session.phase is Phase.PAUSED
    assert window.gradients.choice.value().quantity is quantity
    assert window.undo_stack.count() == 1


def test_space_plays_wherever_else_the_focus_is(window: MainWindow, qtbot: QtBot) -> None:
    activation = window.build.editors["network.activation"]
    slider = field(window, "network.depth").slider
    assert isinstance(activation, ChoiceEditor)
    assert slider is not None
    spec = window.session.spec
    for control in (activation.combo, slider, window.loss.log_switch, window.gradients.choice.more):
        control.setFocus(Qt.FocusReason.TabFocusReason)
        assert control.hasFocus()
        play(qtbot, window, steps=1)
        pause(qtbot, window)
    assert window.session.spec == spec


def test_return_presses_the_button_that_has_the_focus(window: MainWindow) -> None:
    log = window.loss.log_switch
    log.setFocus()
    press(window, Key.Key_Return)
    assert log.isChecked()
    press(window, Key.Key_Enter)
    assert not log.isChecked()


def test_escape_gives_the_keys_back_to_the_window(window: MainWindow, qtbot: QtBot) -> None:
    slider = field(window, "network.depth").slider
    assert slider is not None
    slider.setFocus()
    press(window, Key.Key_Escape)
    assert not slider.hasFocus()
    press(window, Key.Key_Right)
    qtbot.waitUntil(lambda: shown_step(window) == 1)
    assert window.session.spec.network.depth == 12


def test_the_speed_can_be_slow_enough_to_follow(window: MainWindow, qtbot: QtBot) -> None:
    pace = window.transport.pace
    assert pace.label.text() == "fastest"
    pace.slider.setFocus()
    press(window, Key.Key_Home)
    assert (window.session.steps_per_second, pace.label.text()) == (1.0, "1 step/s")
    press(window, Key.Key_Right)
    assert shown_step(window) == 0, "the arrow moves the slider, it takes no step"
    assert pace.slider.value() == 1
    press(window, Key.Key_PageUp)
    press(window, Key.Key_PageUp)
    press(window, Key.Key_Left)
    assert (window.session.steps_per_second, pace.label.text()) == (10.0, "10 steps/s")
    press(window, Key.Key_Space)
    qtbot.waitUntil(lambda: shown_step(window) >= 1)
    began, first = time.perf_counter(), shown_step(window)
    qtbot.waitUntil(lambda: shown_step(window) >= first + 6)
    assert time.perf_counter() - began > 0.4
    press(window, Key.Key_End)
    assert window.session.steps_per_second is None
    qtbot.waitUntil(lambda: shown_step(window) >= first + 200)
    pause(qtbot, window)


def test_the_learning_rate_changes_while_training_and_leaves_a_mark(
    window: MainWindow, qtbot: QtBot
) -> None:
    play(qtbot, window)
    history = window.session.history
    assert history is not None
    type_number(field(window, "training.learning_rate"), "0.1")
    qtbot.waitUntil(lambda: len(history.marks) == 1)
    step = shown_step(window)
    qtbot.waitUntil(lambda: shown_step(window) > step + 10)
    assert window.session.history is history, "no restart"
    assert window.session.phase is Phase.PLAYING
    pause(qtbot, window)
    type_number(field(window, "training.batch_size"), "64")
    qtbot.waitUntil(lambda: len(history.marks) == 2)
    texts = [mark.text for mark in history.marks]
    assert texts == ["Learning rate 0.05 → 0.1", "Batch size 32 → 64"]
    for plot in (window.gradients.lines, window.loss.plot):
        qtbot.waitUntil(lambda plot=plot: plot.marks.marks == history.marks)  # type: ignore[misc]
        assert all(0 < mark.step < plot.view().x_range[1] for mark in history.marks)


def test_every_experiment_opens_and_trains(window: MainWindow, qtbot: QtBot) -> None:
    for preset in presets().values():
        before = window.session.history
        actions = menu(window, "&Experiments").actions()
        (action,) = (action for action in actions if action.text().endswith(preset.title))
        action.trigger()
        assert window.session.spec == preset.spec
        assert window.lesson_panel.contents.text.text() == preset.text
        qtbot.waitUntil(lambda before=before: window.session.history is not before)  # type: ignore[misc]
        qtbot.waitUntil(lambda: shown_step(window) == 0)
        play(qtbot, window, steps=5)
        pause(qtbot, window)
        assert not boxes(window)
        assert len(window.gradients.profile.values) == preset.spec.network.depth + 1
        assert np.isfinite(window.loss.train.y).all()


def test_a_lesson_begins_anew_even_if_it_is_the_one_on_the_bench(
    window: MainWindow, qtbot: QtBot
) -> None:
    play(qtbot, window)
    window.open_preset(presets()[OPENING])
    qtbot.waitUntil(lambda: shown_step(window) == 0 and window.session.phase is Phase.PAUSED)
    play(qtbot, window)
    type_number(field(window, "training.learning_rate"), "0.1")
    window.open_preset(presets()[OPENING])
    qtbot.waitUntil(lambda: shown_step(window) == 0 and window.session.phase is Phase.PAUSED)
    assert window.session.spec == presets()[OPENING].spec
