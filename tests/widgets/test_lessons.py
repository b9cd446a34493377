"""Lessons as a person walks them: beside the lab, with its controls, predictions and progress."""

from itertools import combinations
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from lab.cli import WindowRequest
from lab.lesson_reader import read_lesson
from lab.lesson_tasks import USES
from lab.lessons import Entry, contents
from lab.measurements import MeasurementOf
from lab.presets import presets
from lab.run import Phase
from tests.widgets.conftest import WindowMaker
from tests.widgets.person import (
    answer,
    boxes,
    choose,
    click,
    close_boxes,
    field,
    menu,
    pause,
    press,
    settle,
    shown_step,
    type_number,
    write,
)
from widgets.lesson_compare import ComparePage
from widgets.lesson_page import Page
from widgets.lesson_reader import Reader
from widgets.lesson_steps import CheckpointPage, DoPage, PredictPage, SetUpPage, number_from
from widgets.lessons import PANEL_NAMES
from widgets.main_window import MainWindow
from widgets.rich_text import RichText
from widgets.tools.check_panel import CheckPanel
from widgets.tools.myths import MythsPanel
from widgets.tools.nudge import NudgeTool
from widgets.tools.path import PathTool
from widgets.tools.steps import StepsTool
from widgets.watched import Watched

ToolT = TypeVar("ToolT", bound=Watched)

SIGMOID = "04-why-a-deep-sigmoid-network-stops"
STRANGE = "<img src='file:///etc/hostname'> & <b>bold</b>"
LESSON = f"""# My {STRANGE} lesson

About nothing. {STRANGE}

## Set up
```lab
data.source: moons
network.depth: 3
panel: health
weight: W_2[3, 1]
```
Words.

## Predict
```lab
measure: loss
choice: {STRANGE} = 0 to 10
choice: more = 10 to 1000
```
A [link](https://example.org) to follow?

## Do
```lab
panel: health
network.depth: 4
network.activation: relu
steps: 3
```
Set Depth to 4.

## Compare
```lab
loss: 50 to 60
paths to the loss: 1 to 1e9
```
Compare.

## Checkpoint
What?

> That.
"""


def entry(name: str) -> Entry:
    return next(one for one in contents() if one.name == name)


def reader(window: MainWindow) -> Reader:
    return window.lesson_panel.reader


def page(window: MainWindow) -> Page:
    return reader(window).page


def on(window: MainWindow, kind: type[Page]) -> None:
    """Press Next until a page of this kind is shown."""
    for _ in range(9):
        if isinstance(page(window), kind):
            return
        click(reader(window).next)
    pytest.fail(f"there is no {kind.__name__}")


def action(window: MainWindow, title: str) -> QAction:
    """The entry of a lesson in the menu, as it is when the menu is opened."""
    menu(window, "&Lessons").aboutToShow.emit()
    (found,) = (a for a in menu(window, "&Lessons").actions() if a.text().endswith(title))
    return found


def link_to(window: MainWindow, title: str) -> QAbstractButton:
    """The button of a lesson in the list."""
    links = window.lesson_panel.contents.links
    (found,) = (link for link in links if link.accessibleName().startswith(title))
    return found


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A lesson of a person's own."""
    path = tmp_path / "mine.md"
    path.write_text(LESSON, "utf-8")
    return path


def open_mine(window: MainWindow, mine: Path) -> None:
    window.lessons.open(mine)
    assert window.lessons.lesson is not None
    assert not boxes(window)


@pytest.mark.parametrize("one", contents(), ids=lambda one: one.name)
def test_every_lesson_names_panels_that_there_are(one: Entry) -> None:
    read_lesson(one.path, PANEL_NAMES)
    assert set(USES) <= set(PANEL_NAMES)


def predict(window: MainWindow) -> None:
    """Answer both questions of the lesson, one of them wrongly."""
    click(reader(window).next)
    asked = page(window)
    assert isinstance(asked, PredictPage)
    asked.field.setFocus()
    write(asked.field, "a half")
    assert "“a half” is no number" in asked.refusal.text()
    asked.field.selectAll()
    write(asked.field, "1/2")
    assert not asked.refusal.isVisible()
    click(reader(window).next)
    asked = page(window)
    assert isinstance(asked, PredictPage)
    click(asked.group.button(1))


def finish(window: MainWindow) -> None:
    """Read why, answer the last question and finish."""
    click(reader(window).next)
    assert "slope of a sigmoid is 1/4" in page(window).words.toPlainText()
    click(reader(window).next)
    last = page(window)
    assert isinstance(last, CheckpointPage)
    assert not last.answer.isVisible()
    click(last.button)
    assert last.answer.isVisible()
    assert "2e-13" in last.answer.toPlainText()
    assert reader(window).next.text() == "Finish"
    click(reader(window).next)


def test_a_person_walks_a_whole_lesson(window: MainWindow, qtbot: QtBot, make: WindowMaker) -> None:
    title = entry(SIGMOID).title
    type_number(field(window, "network.depth"), "3")
    action(window, title).trigger()
    assert reader(window).isVisible()
    assert reader(window).title.text() == title
    assert reader(window).place.text() == "Step 1 of 7: Set up"
    assert not reader(window).back.isEnabled()

    first = page(window)
    assert isinstance(first, SetUpPage)
    assert first.state.text().startswith("○")
    click(first.button)
    assert window.session.spec == presets()["vanishing"].spec
    assert first.state.text().startswith("✓")
    settle(qtbot, window)

    predict(window)
    click(reader(window).next)
    to_do = page(window)
    assert isinstance(to_do, DoPage)
    assert not to_do.done
    assert to_do.ticks[0].text() == "○ 300 steps"
    press(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: to_do.ticks[0].text() == "✓ 300 steps")
    pause(qtbot, window)
    assert to_do.done

    click(reader(window).next)
    compared = page(window)
    assert isinstance(compared, ComparePage)
    slope, factor, total, loss, _ = compared.rows
    qtbot.waitUntil(lambda: loss.value.text() != "…")
    assert slope.score.text() == "≠ You said 0.5, measured 0.250: 2 times too large."
    assert factor.score.text().startswith("✓ You said “about 1/5”, measured 0.2")
    assert not total.score.isVisible()
    assert not any(row.note.isVisible() for row in compared.rows)
    assert float(loss.value.text()) == pytest.approx(0.69, abs=0.01)

    finish(window)
    assert window.lessons.lesson is None
    assert window.lesson_panel.contents.isVisible()
    for one in (window, make()):
        assert link_to(one, title).text() == "✓"
        assert link_to(one, title).accessibleName() == f"{title}, done"
        assert action(one, title).isChecked()
    action(window, title).trigger()
    assert reader(window).place.text().startswith("Step 1 of 7"), "it is begun again"
    assert action(window, title).isChecked()


def test_the_place_in_a_lesson_and_the_predictions_are_kept(
    qtbot: QtBot, mine: Path, make: WindowMaker
) -> None:
    window = make(WindowRequest(size=(1024, 700)))
    open_mine(window, mine)
    on(window, PredictPage)
    asked = page(window)
    assert isinstance(asked, PredictPage)
    click(asked.group.button(1))
    window.lessons.open(entry(SIGMOID).path)
    click(reader(window).next)
    click(reader(window).leave)
    contents_list = window.lesson_panel.contents
    inside, viewport = contents_list.widget(), contents_list.viewport()
    assert inside is not None
    qtbot.waitUntil(lambda: inside.width() <= viewport.width())
    marks = [link.text() for link in window.lesson_panel.contents.links]
    assert marks[:5] == ["1", "2", "3", "▸", "5"]
    assert window.lesson_panel.contents.isVisible()
    other = make()
    open_mine(other, mine)
    kept = page(other)
    assert isinstance(kept, PredictPage)
    assert kept.group.checkedId() == 1
    assert not action(other, contents()[0].title).isChecked()


WRONG = {
    "preset: vanishing ": "mine.md, line 12: received 'preset'; allowed: steps, ending, panel, ",
    "network.deepness: 4": "mine.md, line 12: received 'network.deepness'; allowed: steps, ",
    "panel: healthy": "(did you mean health?).",
}


def test_a_lesson_with_something_unknown_is_refused_and_nothing_is_changed(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.lessons.open(entry(SIGMOID).path)
    click(reader(window).next)
    window.lessons.open(entry(SIGMOID).path)
    before = (window.lessons.lesson, window.lessons.walk, window.session.spec, page(window))
    kept = {name: window.settings.value(name) for name in window.settings.allKeys()}
    bad = tmp_path / "mine.md"
    rest = "\n\n## Checkpoint\nQ\n> A\n"
    chosen = (str(bad), "")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args, **_more: chosen)
    for line, words in WRONG.items():
        block = f"```lab\n{line}\n```"
        bad.write_text(f"# T\n\nText.\n\n## Why\n\nSo.\n\n## Do\n\n{block}\nX.{rest}")
        action(window, "Open a Lesson from a &File…").trigger()
        (said,) = close_boxes(qtbot, window)
        assert words in said
        assert "\n" not in said
        lessons = window.lessons
        assert before == (lessons.lesson, lessons.walk, window.session.spec, page(window))
        assert kept == {name: window.settings.value(name) for name in window.settings.allKeys()}


def test_setting_up_is_a_step_that_can_be_taken_back(
    window: MainWindow, qtbot: QtBot, mine: Path
) -> None:
    before = window.session.spec
    open_mine(window, mine)
    set_up = page(window)
    assert isinstance(set_up, SetUpPage)
    click(set_up.button)
    assert window.session.spec.network.depth == 3
    assert str(window.focus.place) == "W_2[3, 1]"
    qtbot.waitUntil(lambda: not window.docks["health"].visibleRegion().isEmpty())
    assert not window.docks["lesson"].visibleRegion().isEmpty()
    assert window.lessons.lesson is not None
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.spec == before
    assert set_up.state.text().startswith("○")


@pytest.mark.parametrize(
    "said", [QMessageBox.StandardButton.Discard, QMessageBox.StandardButton.Cancel]
)
def test_a_question_comes_before_a_files_run_gives_way(
    window: MainWindow, qtbot: QtBot, run_file: Path, mine: Path, said: QMessageBox.StandardButton
) -> None:
    window.files.open(run_file)
    qtbot.waitUntil(lambda: shown_step(window) > 0)
    press(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: window.session.changed_since_saving)
    open_mine(window, mine)
    before = window.session.spec
    set_up = page(window)
    assert isinstance(set_up, SetUpPage)
    asked = answer(window, said)
    click(set_up.button)
    assert len(asked) == 1
    kept = said == QMessageBox.StandardButton.Cancel
    assert (window.session.spec == before) is kept
    assert set_up.state.text().startswith("○" if kept else "✓")


def test_what_is_to_be_done_is_seen_on_the_bench(
    window: MainWindow, qtbot: QtBot, mine: Path
) -> None:
    open_mine(window, mine)
    on(window, DoPage)
    to_do = page(window)
    assert isinstance(to_do, DoPage)

    def ticks() -> list[str]:
        return [tick.text()[0] for tick in to_do.ticks[1:]]

    assert to_do.ticks[0].text() == "○ Panel: Health"
    click(to_do.buttons[0])
    qtbot.waitUntil(lambda: to_do.ticks[0].text() == "✓ Panel: Health")
    for _ in range(3):
        window.session.take_step()
    qtbot.waitUntil(lambda: ticks() == ["○", "○", "✓"])
    type_number(field(window, "network.depth"), "4")
    assert ticks() == ["✓", "○", "○"], "the steps of the run before do not count"
    choose(window.build.editors["network.activation"], "relu")
    settle(qtbot, window)
    assert ticks() == ["✓", "✓", "○"]
    for _ in range(3):
        window.session.take_step()
    qtbot.waitUntil(lambda: to_do.done)
    assert ticks() == ["✓", "✓", "✓"]
    type_number(field(window, "network.depth"), "5")
    settle(qtbot, window)
    assert ticks() == ["✓", "✓", "✓"], "what has been done stays so"


def set_up(window: MainWindow, qtbot: QtBot) -> None:
    """Press the button, and wait for the new run."""
    step = page(window)
    assert isinstance(step, SetUpPage)
    before = window.session.run_id
    click(step.button)
    assert window.session.run_id > before
    qtbot.waitUntil(
        lambda: (
            window.session.frame is not None
            and window.session.frame.run_id == window.session.run_id
        )
    )


def begin(window: MainWindow, qtbot: QtBot, name: str) -> DoPage:
    """Set a lesson up and go to the first thing to do."""
    window.lessons.open(next(one for one in contents() if name in one.name).path)
    set_up(window, qtbot)
    on(window, DoPage)
    to_do = page(window)
    assert isinstance(to_do, DoPage)
    assert to_do.ticks[0].text().startswith("○")
    return to_do


def tool(window: MainWindow, qtbot: QtBot, kind: type[ToolT], name: str) -> ToolT:
    """The tool of a lesson, which its set-up has opened."""
    found = window.docks[name].widget()
    assert isinstance(found, kind)
    qtbot.waitUntil(lambda: found.seen)
    return found


def test_a_nudge_is_seen(window: MainWindow, qtbot: QtBot) -> None:
    to_do = begin(window, qtbot, "what-a-gradient-is")
    nudge = tool(window, qtbot, NudgeTool, "nudge")
    nudge.change.box.setFocus()
    nudge.change.box.selectAll()
    write(nudge.change.box, "0.01")
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: to_do.done)


def test_a_walk_through_a_step_is_seen(window: MainWindow, qtbot: QtBot) -> None:
    to_do = begin(window, qtbot, "four-keystrokes")
    steps = tool(window, qtbot, StepsTool, "steps")
    qtbot.waitUntil(lambda: steps.specimen is not None)
    steps.setFocus()
    for _ in range(4):
        press(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: to_do.ticks[0].text().startswith("✓"))
    assert not to_do.done
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: to_do.done)
    assert shown_step(window) == 1


def test_a_path_led_elsewhere_is_seen(window: MainWindow, qtbot: QtBot) -> None:
    to_do = begin(window, qtbot, "tweak-w1")
    path = tool(window, qtbot, PathTool, "path")
    qtbot.waitUntil(lambda: path.ladder is not None)
    window.focus.unit_wanted.emit(2, 3)
    qtbot.waitUntil(lambda: to_do.done)


def test_a_check_is_seen(window: MainWindow, qtbot: QtBot) -> None:
    begin(window, qtbot, "by-hand")
    on(window, SetUpPage)
    set_up(window, qtbot)
    on(window, DoPage)
    to_do = page(window)
    assert isinstance(to_do, DoPage)
    check = tool(window, qtbot, CheckPanel, "check")
    click(check.start)
    qtbot.waitUntil(lambda: to_do.done)


def test_a_tested_myth_is_seen(window: MainWindow, qtbot: QtBot) -> None:
    to_do = begin(window, qtbot, "myths")
    myths = tool(window, qtbot, MythsPanel, "myths")
    myths.page.amount.setValue(myths.page.amount.minimum())
    click(myths.page.button)
    qtbot.waitUntil(lambda: to_do.done)


def test_measurements_are_made_only_where_they_are_compared(
    window: MainWindow, qtbot: QtBot, mine: Path
) -> None:
    wanted = {MeasurementOf("loss"), MeasurementOf("paths to the loss")}
    open_mine(window, mine)
    qtbot.waitUntil(lambda: not wanted & set(window.session.wishes))
    on(window, ComparePage)
    qtbot.waitUntil(lambda: wanted <= set(window.session.wishes))
    window.show_panel("runs")
    qtbot.waitUntil(lambda: not wanted & set(window.session.wishes))
    window.show_panel("lesson")
    click(reader(window).leave)
    qtbot.waitUntil(lambda: not wanted & set(window.session.wishes))


def test_who_has_something_else_on_the_bench_is_told_so(
    window: MainWindow, qtbot: QtBot, mine: Path
) -> None:
    window.change_spec(window.session.spec.with_values({"cures.norm": "batch"}), "norm")
    settle(qtbot, window)
    open_mine(window, mine)
    on(window, ComparePage)
    compared = page(window)
    assert isinstance(compared, ComparePage)
    loss, paths = compared.rows
    qtbot.waitUntil(lambda: paths.value.text() != "…")
    assert paths.value.text() == "–"
    assert "cannot be measured" in paths.note.text()
    assert "The lesson finds 50 to 60 here." in loss.note.text()
    assert loss.note.isVisible()
    assert window.session.phase is Phase.PAUSED, "what cannot be measured ends no run"


def test_a_strangers_words_are_shown_as_they_are(
    window: MainWindow, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    load = RichText.loadResource

    def watch(text: RichText, kind: int, name: QUrl | str) -> object:
        loaded.append(str(name))
        return load(text, kind, name)

    monkeypatch.setattr(RichText, "loadResource", watch)
    open_mine(window, mine)
    assert reader(window).title.textFormat() == Qt.TextFormat.PlainText
    assert any(STRANGE in text.toPlainText() for text in reader(window).findChildren(RichText))
    text = RichText("![](file:///etc/hostname) <img src='x.png'>")
    assert "<img src='x.png'>" in text.toPlainText()
    text.grab()
    assert text.loadResource(2, QUrl("file:///etc/hostname")) is None
    on(window, PredictPage)
    words = page(window).words
    assert not words.openLinks()
    assert not words.openExternalLinks()


@pytest.mark.parametrize("size", [(1440, 900), (1024, 700)], ids=str)
def test_a_lesson_stands_beside_the_lab_and_cuts_off_nothing(
    make: WindowMaker, qtbot: QtBot, size: tuple[int, int]
) -> None:
    window = make(WindowRequest(size=size))
    window.lessons.open(entry(SIGMOID).path)
    qtbot.waitUntil(lambda: not window.docks["lesson"].visibleRegion().isEmpty())
    assert not window.docks["lesson"].isFloating()
    assert (window.width(), window.height()) == size

    def stands_beside() -> None:
        shown = [dock for dock in window.docks.values() if not dock.visibleRegion().isEmpty()]
        areas = [dock.geometry() for dock in shown] + [window.gradients.geometry()]
        assert not any(a.intersects(b) for a, b in combinations(areas, 2))
        assert window.docks["lesson"].height() > 0.4 * window.height()

    def nothing_is_cut_off() -> None:
        shown = reader(window)
        assert shown.content.width() <= shown.scroller.viewport().width()
        for text in shown.findChildren(RichText):
            if text.isVisible():
                assert text.document().size().height() <= text.height()
                assert text.document().idealWidth() <= text.width() + 1
        for button in shown.findChildren(QAbstractButton):
            if button.isVisible():
                assert shown.rect().contains(button.mapTo(shown, QPoint()))

    qtbot.waitUntil(stands_beside)
    first = page(window)
    assert isinstance(first, SetUpPage)
    click(first.button)  # brings another panel to the front, which may lie before the lesson
    settle(qtbot, window)
    qtbot.waitUntil(stands_beside)
    for zoom in (0, 6, 0):
        window.theme.set_zoom(zoom)
        for _ in range(6):
            qtbot.waitUntil(nothing_is_cut_off)
            click(reader(window).next)
        for _ in range(6):
            click(reader(window).back)


def test_text_of_a_lesson_grows_with_all_other_text(window: MainWindow, qtbot: QtBot) -> None:
    window.lessons.open(entry(SIGMOID).path)
    words = page(window).words
    before = words.height()
    window.theme.set_zoom(6)
    qtbot.waitUntil(lambda: words.height() > 1.3 * before)


def test_every_control_of_every_step_has_a_name_and_a_tooltip(
    window: MainWindow, mine: Path
) -> None:
    open_mine(window, mine)
    for _ in range(5):
        shown: list[QAbstractButton | QLineEdit] = [
            *reader(window).findChildren(QAbstractButton),
            *reader(window).findChildren(QLineEdit),
        ]
        for control in shown:
            assert control.accessibleName(), control
            assert control.toolTip(), control.accessibleName()
        click(reader(window).next)


def test_a_lesson_is_walked_with_the_keys_alone(window: MainWindow, qtbot: QtBot) -> None:
    link_to(window, entry(SIGMOID).title).setFocus()
    press(window, Qt.Key.Key_Return)
    assert reader(window).isVisible()
    first = page(window)
    assert isinstance(first, SetUpPage)
    first.button.setFocus()
    press(window, Qt.Key.Key_Return)
    assert first.state.text().startswith("✓")
    reader(window).next.setFocus()
    for _ in range(2):
        press(window, Qt.Key.Key_Return)
    asked = page(window)
    assert isinstance(asked, PredictPage)
    asked.group.button(0).setFocus()
    press(window, Qt.Key.Key_Return)
    assert asked.group.checkedId() == 0
    press(window, Qt.Key.Key_Down)
    assert asked.group.checkedId() == 1
    step = shown_step(window)
    press(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown_step(window) > step)
    pause(qtbot, window)
    assert asked.group.checkedId() == 1, "Space is the window's"


def test_a_prepared_experiment_takes_the_place_of_a_lesson(window: MainWindow) -> None:
    window.lessons.open(entry(SIGMOID).path)
    click(reader(window).next)
    window.open_preset(presets()["digits"])
    assert window.lesson_panel.contents.isVisible()
    assert window.lesson_panel.contents.title.text() == presets()["digits"].title
    window.lessons.open(entry(SIGMOID).path)
    assert reader(window).place.text().startswith("Step 2 of 7")


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.25", 0.25), ("1/4", 0.25), ("0,25", 0.25), ("1e-7", 1e-7), (" -3 ", -3.0)]
    + [(text, None) for text in ("", "x", "1/0", "nan", "1e999", "1/2/3")],
)
def test_a_number_is_read_as_people_write_it(text: str, value: float | None) -> None:
    assert number_from(text) == value
