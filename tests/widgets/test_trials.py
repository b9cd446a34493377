"""A cure applied as a new run, and the line that says what it did."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from core.places import Place
from lab.pins import MOST_PINS
from lab.presets import presets
from lab.run import Phase
from tests.widgets.person import play, shown_step
from tests.widgets.side_by_side import STEPS, card, panel, pin, take_steps
from widgets.main_window import MainWindow


def applied(window: MainWindow, qtbot: QtBot, changes: dict[str, object]) -> None:
    history = window.session.history
    window.trials.apply("a cure", changes)
    qtbot.waitUntil(lambda: window.session.history is not history)


def test_a_cure_trains_a_new_run_beside_the_present_one(waiting: MainWindow, qtbot: QtBot) -> None:
    before = waiting.session.spec
    waiting.session.set_speed(200.0)  # soon a faster run would remember its first steps as means
    applied(waiting, qtbot, {"network.activation": "relu"})
    (pinned,) = waiting.session.pins
    assert (pinned.spec, pinned.steps) == (before, STEPS)
    assert pinned.note == "before “a cure”"
    assert waiting.session.spec == before.with_values({"network.activation": "relu"})
    qtbot.waitUntil(lambda: "over the steps 1 to 9: loss " in panel(waiting).trial.text())
    assert waiting.session.phase is Phase.PLAYING
    assert panel(waiting).trial.isVisible()
    assert "“a cure”: loss " in waiting.status.currentMessage()
    assert card(waiting).differs.text() == "Pinned → present: Activation Tanh → ReLU"


def test_a_live_setting_too_is_tried_from_the_first_step(waiting: MainWindow, qtbot: QtBot) -> None:
    applied(waiting, qtbot, {"training.learning_rate": 0.001})
    assert waiting.session.history is not None
    qtbot.waitUntil(lambda: bool(waiting.trials.text) and "over the" in waiting.trials.text)
    assert not waiting.session.history.marks


def test_a_run_that_is_pinned_already_is_not_pinned_again(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    pinned = pin(waiting, qtbot)
    waiting.session.set_speed(200.0)  # soon a faster run would remember its first steps as means
    applied(waiting, qtbot, {"network.activation": "relu"})
    qtbot.waitUntil(lambda: "over the steps 1 to 9: loss " in panel(waiting).trial.text())
    assert waiting.session.pins == (pinned,)


def test_a_cure_can_be_taken_back(waiting: MainWindow, qtbot: QtBot) -> None:
    before = waiting.session.spec
    applied(waiting, qtbot, {"network.activation": "relu"})
    assert waiting.undo_stack.undoText() == "a cure"
    waiting.undo_stack.undo()
    assert waiting.session.spec == before


def test_a_trial_that_is_changed_is_said_not_to_be_one(waiting: MainWindow, qtbot: QtBot) -> None:
    waiting.session.set_speed(5.0)
    applied(waiting, qtbot, {"network.activation": "relu"})
    assert "is being tried: at step 9" in waiting.trials.text
    spec = waiting.session.spec.with_values({"network.gain": 2.0})
    waiting.change_spec(spec, "gain")
    qtbot.waitUntil(lambda: "was not compared" in waiting.trials.text)


def test_a_cure_that_cannot_be_is_refused_in_a_sentence(waiting: MainWindow) -> None:
    spec = waiting.session.spec
    for changes, said in (
        ({"network.gain": -1.0}, "not possible here"),
        ({"network.depth": 4}, "would change nothing"),
    ):
        waiting.trials.apply("a cure", changes)
        assert said in waiting.runs.notice
        assert waiting.session.spec == spec
        assert not waiting.session.pins


def test_with_all_places_taken_nothing_is_applied_as_the_run_would_be_lost(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    for _ in range(MOST_PINS):
        pin(waiting, qtbot)
    waiting.session.take_step()
    qtbot.waitUntil(lambda: waiting.session.frame is not None and waiting.session.frame.step == 10)
    spec = waiting.session.spec
    waiting.trials.apply("a cure", {"network.activation": "relu"})
    assert "8 places" in waiting.runs.notice
    assert waiting.session.spec == spec
    assert waiting.session.frame is not None


def test_a_second_trial_that_is_refused_leaves_the_first(waiting: MainWindow, qtbot: QtBot) -> None:
    for _ in range(MOST_PINS):
        pin(waiting, qtbot)
    waiting.session.set_speed(0.5)  # the first one's comparison is far away
    applied(waiting, qtbot, {"network.activation": "relu"})
    qtbot.waitUntil(lambda: shown_step(waiting) > 0)
    waiting.trials.apply("another cure", {"network.gain": 2.0})
    assert "8 places" in waiting.runs.notice
    waiting.session.set_speed(None)
    qtbot.waitUntil(lambda: waiting.trials.text.startswith("“a cure”, over the steps"))


def test_a_run_just_opened_is_pinned_too(waiting: MainWindow, qtbot: QtBot, run_file: Path) -> None:
    opened = list[Path]()
    waiting.session.opened.connect(opened.append)
    waiting.session.opened.connect(
        lambda _path: waiting.trials.apply("a cure", {"network.gain": 2.0})
    )
    waiting.files.open(run_file)
    qtbot.waitUntil(lambda: len(waiting.session.pins) == 1)
    assert opened == [run_file]
    (pinned,) = waiting.session.pins
    assert (pinned.spec.network.depth, pinned.steps) == (9, STEPS)


def test_the_file_of_the_run_before_stays_its_own(
    waiting: MainWindow, qtbot: QtBot, run_file: Path
) -> None:
    waiting.files.open(run_file)
    qtbot.waitUntil(lambda: waiting.files.path == run_file)
    qtbot.waitUntil(lambda: shown_step(waiting) == STEPS)
    applied(waiting, qtbot, {"network.gain": 2.0})
    assert waiting.files.path is None
    assert "untitled" in waiting.windowTitle()


def test_cures_for_the_run_before_are_gone_at_once(waiting: MainWindow, qtbot: QtBot) -> None:
    waiting.session.load(presets()["vanishing"].spec)
    take_steps(waiting, qtbot, STEPS)
    cures = waiting.verdict.cures
    qtbot.waitUntil(lambda: len(cures.offers) > 0)
    cures.rows[0].button.click()
    assert not cures.rows


def test_a_run_without_steps_has_nothing_to_compare_with(window: MainWindow, qtbot: QtBot) -> None:
    applied(window, qtbot, {"network.activation": "relu"})
    assert "nothing to compare" in window.trials.text
    assert not window.session.pins
    assert window.session.spec.network.activation == "relu"


def test_words_about_a_trial_go_with_its_experiment(window: MainWindow, qtbot: QtBot) -> None:
    applied(window, qtbot, {"network.activation": "relu"})
    window.session.reset()
    play(qtbot, window)
    assert "nothing to compare" in window.trials.text
    window.open_preset(presets()["exploding"])
    qtbot.waitUntil(lambda: window.trials.text == "")


def test_a_cure_of_the_verdict_is_tried_beside_the_run_it_is_for(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    waiting.session.load(presets()["vanishing"].spec)
    take_steps(waiting, qtbot, STEPS)
    cures = waiting.verdict.cures
    qtbot.waitUntil(lambda: len(cures.offers) > 0)
    title = cures.offers[0].title
    cures.rows[0].button.click()
    qtbot.waitUntil(lambda: waiting.trials.text.startswith(f"“{title}”, over the steps 1 to 9: "))
    (pinned,) = waiting.session.pins
    assert pinned.spec == presets()["vanishing"].spec
    assert waiting.session.phase is Phase.PLAYING


def test_what_was_changed_while_the_run_before_trained_is_a_warning(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    session = waiting.session
    waiting.change_spec(session.spec.with_values({"training.momentum": 0.5}), "momentum")
    session.take_step()
    qtbot.waitUntil(lambda: session.frame is not None and session.frame.step == STEPS + 1)
    applied(waiting, qtbot, {"network.activation": "relu"})
    qtbot.waitUntil(lambda: "changed while training, over the" in waiting.trials.text)
    shown = panel(waiting)
    said = (
        "⚠ While the pinned run trained: Momentum 0.9 → 0.5 after step 9: no setting tells of it."
    )
    qtbot.waitUntil(lambda: shown.caution.text() == said)
    assert shown.caution.isVisible()
    qtbot.waitUntil(lambda: card(waiting).warns.text() == said)
    assert shown.caution.property("role") == card(waiting).warns.property("role") == "warning"


def test_a_number_set_while_the_present_run_trains_is_a_warning_at_once(
    waiting: MainWindow, qtbot: QtBot
) -> None:
    pin(waiting, qtbot)
    assert not card(waiting).warns.isVisible()
    waiting.session.set_parameter(Place("w", 1, 0, 0), 50.0)
    qtbot.waitUntil(lambda: "W_1[0, 0] = 50 after step 9" in card(waiting).warns.text())
    assert card(waiting).warns.isVisible()
