"""The verdict panel: what was found, what helps and a button that does it, and the rule."""

import threading
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAccessible
from pytestqt.qtbot import QtBot

from core.measures import ROW
from lab.crash import Crash
from lab.fading import judge
from lab.history import History
from lab.offers import Offer, cures_for
from lab.run import Phase
from lab.verdict import RULE, Finding, Rule
from lab.words import name_of_steps
from tests.widgets.conftest import WindowMaker
from tests.widgets.person import (
    choose,
    click,
    field,
    key,
    pause,
    play,
    press,
    settle,
    shown_step,
    type_number,
    write,
)
from widgets.cure_list import CureRow
from widgets.main_window import MainWindow
from widgets.rule_editor import stored_rule
from widgets.verdict_panel import SIGNS, STEADY, VerdictPanel


def row(window: MainWindow, qtbot: QtBot, name: str) -> CureRow:
    """The row of a cure, once it is offered."""

    def names() -> list[str]:
        return [offer.cure.name for offer in window.verdict.cures.offers]

    qtbot.waitUntil(lambda: name in names())
    return window.verdict.cures.rows[names().index(name)]


def lines(panel: VerdictPanel) -> list[str]:
    """What stands below the headline, line by line."""
    return [label.text() for label in panel.further if label.isVisible()]


def test_every_finding_has_a_sign_of_its_own_kind() -> None:
    assert set(SIGNS) == set(Finding)


def test_it_looks_back_with_the_pictures(window: MainWindow, qtbot: QtBot) -> None:
    play(qtbot, window, steps=300)
    pause(qtbot, window)
    panel, history = window.verdict, window.session.history
    row(window, qtbot, "relu_he")
    now = panel.detail.text()
    assert history is not None
    moment = history.at(5)
    assert moment is not None
    window.focus.choose_moment(5)
    then = judge(moment.magnitudes)
    assert panel.detail.text() == (
        f"Looking back: {name_of_steps(moment.first, moment.last)}.\n{then.detail}"
    )
    assert then.detail != now
    assert not panel.cures.isVisible(), "it is too late for them"
    assert not any("plateau" in line or "early" in line for line in lines(panel))
    window.focus.choose_moment(None)
    assert panel.detail.text() == now
    row(window, qtbot, "relu_he")
    assert panel.cures.isVisible()


def test_further_findings_stand_below_with_their_rules(window: MainWindow, qtbot: QtBot) -> None:
    panel = window.verdict
    (early,) = lines(panel)
    assert early == "…  Too early to say whether it learns. 0 of 1\u202f000 steps are taken."
    assert panel.further[0].toolTip().startswith("Rule: a plateau")
    play(qtbot, window, steps=1500)
    qtbot.waitUntil(lambda: lines(panel)[:1] != [early])
    pause(qtbot, window)
    assert lines(panel)[0].startswith("▬  Stuck on a plateau. The loss has stood at 0.69")


def test_a_cure_is_one_click_and_can_be_taken_back(window: MainWindow, qtbot: QtBot) -> None:
    found = row(window, qtbot, "relu_he")
    assert found.name.text() == "ReLU with He weights"
    assert found.change.text() == (
        "Activation: ReLU, Initial weights: He normal, in theory ×1.00 per layer, roughly"
    )
    assert found.why.text().endswith("they belong together.")
    before = window.session.spec
    chosen: list[Offer] = []
    window.verdict.cure_chosen.connect(chosen.append)
    window.verdict.ensureWidgetVisible(found.button)
    click(found.button)
    assert [offer.cure.name for offer in chosen] == ["relu_he"]
    assert set(window.session.spec.differences(before)) == {
        "network.activation",
        "network.initializer",
    }
    assert window.undo_stack.undoText() == chosen[0].title
    qtbot.waitUntil(lambda: "arrives" in window.verdict.headline.text())
    qtbot.waitUntil(lambda: not window.verdict.cures.isVisible())
    window.undo_stack.undo()
    assert window.session.spec == before
    row(window, qtbot, "relu_he")


def test_a_cure_is_reached_with_the_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    found = row(window, qtbot, "residual")
    interface = QAccessible.queryAccessibleInterface(found.button)
    assert interface is not None
    assert interface.text(QAccessible.Text.Name) == "Try Residual connections"
    assert "Residual: on" in interface.text(QAccessible.Text.Description)
    assert found.button.focusPolicy() & Qt.FocusPolicy.TabFocus
    found.button.setFocus()
    press(window, Qt.Key.Key_Return)
    assert window.session.spec.cures.residual


def test_other_settings_have_other_cures(window: MainWindow, qtbot: QtBot) -> None:
    row(window, qtbot, "relu_he")
    choose(window.build.editors["network.activation"], "tanh")
    type_number(field(window, "network.gain"), "0.1")
    found = row(window, qtbot, "gain")
    settle(qtbot, window)
    qtbot.waitUntil(lambda: "Gain: 1.17" in found.change.text())


def test_what_is_shown_is_not_made_again_while_it_stays_true(
    window: MainWindow, qtbot: QtBot
) -> None:
    found = row(window, qtbot, "residual")
    found.button.setFocus()
    offers = window.verdict.cures.offers
    play(qtbot, window, steps=300)
    pause(qtbot, window)
    assert window.verdict.cures.offers is offers
    assert found.button.hasFocus()


def test_cures_are_found_outside_the_window_s_thread(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def find(*arguments: Any) -> tuple[Offer, ...]:
        threads.append(threading.current_thread().name)
        return cures_for(*arguments)

    row(window, qtbot, "relu_he")
    monkeypatch.setattr("lab.worker.cures_for", find)
    type_number(field(window, "network.depth"), "20")
    qtbot.waitUntil(lambda: threads == ["training"])


def test_cures_follow_what_is_changed_while_the_run_waits(window: MainWindow, qtbot: QtBot) -> None:
    choose(window.build.editors["network.activation"], "relu")
    choose(window.build.editors["network.initializer"], "he_normal")
    type_number(field(window, "network.gain"), "3")
    found = row(window, qtbot, "lower_rate")
    settle(qtbot, window)
    type_number(field(window, "training.learning_rate"), "0.02")
    qtbot.waitUntil(lambda: found.change.text().startswith("Learning rate: 0.002"))


def test_steps_made_smaller_while_the_run_waits_are_no_longer_too_large(
    window: MainWindow, qtbot: QtBot
) -> None:
    choose(window.build.editors["network.activation"], "relu")
    choose(window.build.editors["network.initializer"], "he_normal")
    type_number(field(window, "network.depth"), "6")
    type_number(field(window, "training.learning_rate"), "10")
    qtbot.waitUntil(lambda: "steps are too large" in " ".join(lines(window.verdict)))
    row(window, qtbot, "lower_rate")
    type_number(field(window, "training.learning_rate"), "0.001")
    qtbot.waitUntil(lambda: "too large" not in " ".join(lines(window.verdict)))
    qtbot.waitUntil(lambda: not window.verdict.cures.isVisible())
    assert shown_step(window) == 0


def test_the_rule_can_be_changed_and_is_kept(
    make: WindowMaker, settings: QSettings, qtbot: QtBot
) -> None:
    window = make()
    panel = window.verdict
    assert not panel.rule_editor.isVisible()
    panel.ensureWidgetVisible(panel.rule_button)
    click(panel.rule_button)
    assert panel.rule_editor.isVisible()
    vanishing, exploding = panel.rule_editor.boxes
    vanishing.setFocus()
    vanishing.selectAll()
    write(vanishing, "1e-12")
    key(vanishing, Qt.Key.Key_Return)
    assert panel.rule == Rule(1e-12, 1e3)
    assert panel.headline.text() == "●  The gradient fades, but arrives"
    assert "under 1e-12 is vanishing, over 1000 exploding" in panel.rule_text.text()
    assert stored_rule(settings) == Rule(1e-12, 1e3)
    assert make().verdict.rule == Rule(1e-12, 1e3)
    assert exploding.value() == 1e3


def test_a_number_that_is_no_rule_is_refused_in_words(window: MainWindow, qtbot: QtBot) -> None:
    panel = window.verdict
    panel.rule_button.click()
    box = panel.rule_editor.boxes[0]
    refusals: list[str] = []
    panel.refused.connect(refusals.append)
    box.setFocus()
    box.selectAll()
    write(box, "2")
    key(box, Qt.Key.Key_Return)
    assert panel.rule == RULE
    assert refusals == ["Vanishing under: received 2; allowed: 1e-30 to 0.99"]
    assert shown_step(window) == 0


@pytest.mark.parametrize("stored", ["nonsense", "0", "nan", "5"])
def test_settings_that_are_no_rule_are_passed_over(settings: QSettings, stored: str) -> None:
    settings.setValue("rule.vanishing_below", stored)
    assert stored_rule(settings) == RULE


def test_zeros_are_said_in_words(window: MainWindow, qtbot: QtBot) -> None:
    choose(window.build.editors["network.initializer"], "zeros")
    choose(window.build.editors["network.activation"], "tanh")
    headline = window.verdict.headline
    qtbot.waitUntil(lambda: headline.text() == "✕  No gradient reaches layer 12")
    assert row(window, qtbot, "initialization").change.text().startswith("Initial weights: Xavier")


def test_a_panel_that_nobody_sees_judges_nothing(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.docks["verdict"].hide()
    judged: list[object] = []
    monkeypatch.setattr("widgets.verdict_panel.diagnose", judged.append)
    play(qtbot, window, steps=200)
    pause(qtbot, window)
    assert not judged
    monkeypatch.undo()
    window.docks["verdict"].show()
    qtbot.waitUntil(lambda: "vanishes" in window.verdict.headline.text())


def test_one_batch_does_not_change_the_verdict(window: MainWindow, qtbot: QtBot) -> None:
    session, panel = window.session, window.verdict
    session.set_speed(1000)
    session.play()
    qtbot.waitUntil(lambda: session.frame is not None and session.frame.step > 40)
    session.pause()
    qtbot.waitUntil(lambda: session.phase is Phase.PAUSED)
    assert session.frame is not None
    assert session.history is not None
    assert session.data is not None
    calm = np.ones_like(session.frame.record.magnitudes)
    odd = replace(session.frame, record=session.frame.record._replace(magnitudes=calm))
    panel.show_run(session.spec, odd, session.history, session.data, None)
    assert "vanishes" in panel.headline.text()
    assert "medians over the last 32 steps" in panel.rule_text.text()


def test_at_the_edge_of_the_rule_the_headline_does_not_flicker(
    window: MainWindow, qtbot: QtBot
) -> None:
    play(qtbot, window, steps=300)
    pause(qtbot, window)
    session, panel = window.session, window.verdict
    frame, data = session.frame, session.data
    assert frame is not None
    assert data is not None
    n_layers = frame.record.magnitudes.shape[-1]
    steps = count(frame.step)

    def look(*, fades: bool, playing: bool = True, run_id: int = 0, moves: bool = True) -> str:
        """Show a run of a few steps in which the gradient fades, or does not."""
        magnitudes = np.ones_like(frame.record.magnitudes)
        magnitudes[ROW["update_ratio"]] = 1e-3
        magnitudes[[ROW["saturated_share"], ROW["dead_share"]]] = 0.0
        if fades:
            magnitudes[ROW["signal_gradient_rms"]] = np.geomspace(1e-5, 1, n_layers)
        history = History(n_layers)
        for step in range(1, 4):
            history.append(frame.record._replace(step=step, magnitudes=magnitudes))
        of_run = replace(frame, run_id=run_id, step=next(steps) if moves else 0)
        panel.show_run(session.spec, of_run, history, data, None, playing=playing)
        return panel.headline.text()

    fading, arriving = look(fades=True, playing=False), look(fades=False, playing=False)
    assert "vanishes" in fading
    assert "arrives" in arriving
    for _ in range(2 * STEADY):
        assert look(fades=True) == arriving
        assert look(fades=False) == arriving
    for _ in range(STEADY - 2):
        assert look(fades=True) == arriving
    for _ in range(STEADY):  # the same step, as when marks are shown anew
        assert look(fades=True, moves=False) == arriving
    assert look(fades=True) == fading
    assert look(fades=False, playing=False) == arriving, "at rest it says what is"
    panel.rule_editor.set_value(Rule(1e-6, 1e3))
    look(fades=True)
    panel.rule_editor.set_value(Rule(1e-2, 1e3))
    assert look(fades=True) == fading, "another rule is obeyed at once"
    assert look(fades=False, run_id=1) == arriving, "and so is another run"


def test_looking_back_it_says_that_the_run_has_diverged(window: MainWindow, qtbot: QtBot) -> None:
    play(qtbot, window, steps=30)
    pause(qtbot, window)
    session, panel = window.session, window.verdict
    frame, history, data = session.frame, session.history, session.data
    assert frame is not None
    assert history is not None
    assert data is not None
    crash = Crash(1234, 3, "update", 1.0, 1, 0, 1, "", "", 0, 0.1, 0.05, "", 10)
    panel.show_run(session.spec, frame, history, data, crash, 7)
    assert "The run has diverged at step 1\u202f234." in panel.detail.text()
    panel.show_run(session.spec, frame, history, data, None, 7)
    assert "has diverged" not in panel.detail.text()
