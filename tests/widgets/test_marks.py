"""What was changed while training: labels that can be read, and leave the map in sight."""

from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QHelpEvent, QImage, QPainter
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from lab.moments import Mark
from tests.widgets.person import pixel
from tests.widgets.test_hover import step_on
from widgets.main_window import MainWindow
from widgets.plots.canvas import View
from widgets.plots.marks import Marks
from widgets.plots.picture import UNKNOWN, ZERO

WIDTH, HEIGHT = 400, 200
VIEW = View((0.0, 100.0), (0.0, 1.0), WIDTH, HEIGHT)


def boxes_of(marks: list[Mark], taken: list[QRectF] | None = None, rows: int = 3) -> list[QRectF]:
    item, view = Marks(), replace(VIEW, taken=[*(taken or [])])
    item.marks, item.rows = tuple(marks), rows
    item.set_style(QColor("red"), QColor("black"), QFont())
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        item.draw(painter, view)
    return view.taken[len(taken or []) :]


@pytest.mark.parametrize("apart", [0, 1, 7, 40])
def test_labels_never_cover_one_another(qapp: QApplication, apart: int) -> None:
    boxes = boxes_of([Mark(5 + apart * index, f"Batch size 32 → {index}") for index in range(9)])
    assert len(boxes) >= 3
    for box, other in combinations(boxes, 2):
        assert not box.intersects(other)
    assert all(box.left() >= 0 and box.right() <= WIDTH for box in boxes)
    counted = 3 if apart <= 1 else 2  # a row below, where some have no room
    assert max(box.top() for box in boxes) <= 3 + counted * boxes[0].height()


def test_what_has_no_room_beside_a_label_is_counted(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    write = Marks._write

    def noting(self: Marks, painter: QPainter, x: float, words: str, *rest: Any) -> bool:
        written = write(self, painter, x, words, *rest)
        said.extend([words] * written)
        return written

    monkeypatch.setattr(Marks, "_write", noting)
    boxes_of([Mark(5, f"network {index} diverged") for index in range(6)], rows=2)
    at_both_sides = [f"network {index} diverged" for index in (5, 4)]
    assert said == [*at_both_sides, "and 4 more"]


def test_they_give_way_to_other_words(qapp: QApplication) -> None:
    words = QRectF(0, 0, WIDTH, 14)
    (box,) = boxes_of([Mark(50, "Learning rate 0.1 → 1")], [words])
    assert not box.intersects(words)


def test_the_newest_change_has_its_label_first(qapp: QApplication) -> None:
    older, newer = Mark(50, "older" * 2), Mark(50, "new")
    assert boxes_of([older, newer], rows=1)[0] == boxes_of([newer], rows=1)[0]


def test_a_long_label_is_cut_in_a_narrow_plot(qapp: QApplication) -> None:
    (box,) = boxes_of([Mark(40, "Learning rate 0.1 → 1, " * 9)])
    assert WIDTH / 2 < box.width() < 0.6 * WIDTH


@pytest.fixture
def mapped(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A map of a run with two changes at one step."""
    step_on(window, qtbot)
    window.gradients.view.choose(1)
    spec = window.session.spec
    window.session.set_spec(spec.with_values({"training.learning_rate": 0.5}))
    window.session.set_spec(spec.with_values({"training.learning_rate": 0.7}))
    step_on(window, qtbot)
    qtbot.waitUntil(lambda: bool(window.gradients.map.marks.marks))
    qtbot.waitUntil(lambda: window.gradients.map.canvas.height() > 99)
    window.gradients.refresh()
    return window


def test_labels_stand_above_the_map_and_its_axis_has_its_layers_only(mapped: MainWindow) -> None:
    plot = mapped.gradients.map
    n_layers = plot._trace.values.shape[0] if plot._trace is not None else 0
    low, high = plot.view().y_range
    assert low == 0.5
    assert high > n_layers + 0.5
    view = plot.view()
    image = QImage(view.width, view.height, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        plot.marks.draw(painter, view)
    assert view.taken
    top = view.point(0, n_layers + 0.5).y()
    assert all(box.bottom() <= top for box in view.taken)
    ticks = plot.y_axis.ticks_between(low - 3, high + 3)
    assert ticks
    assert all(1 <= tick <= n_layers for tick in ticks)


def test_a_pointer_on_a_mark_is_told_all_its_changes(mapped: MainWindow, qtbot: QtBot) -> None:
    plot = mapped.gradients.map
    marks = plot.marks.marks
    at = pixel(plot, marks[0].step, 4)
    event = QHelpEvent(QHelpEvent.Type.ToolTip, at, plot.viewport().mapToGlobal(at))
    QApplication.sendEvent(plot.viewport(), event)
    qtbot.waitUntil(lambda: QToolTip.text() == "\n".join(mark.text for mark in marks))
    QToolTip.hideText()


def test_the_key_of_patterns_leaves_room_to_the_newest_mark(mapped: MainWindow) -> None:
    plot = mapped.gradients.map
    plot.image.present = (ZERO, UNKNOWN)
    plot.marks.marks = (Mark(19, "Gain 1 → 2"),)
    view = plot.view()
    image = QImage(view.width, view.height, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        plot._key.draw(painter, view)
        keys = len(view.taken)
        plot.marks.draw(painter, view)
    assert keys == 2
    assert len(view.taken) > keys
    for box, other in combinations(view.taken, 2):
        assert not box.intersects(other)
