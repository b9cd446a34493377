"""Pinned runs in the picture of the loss: what is drawn, how much room it gets, odd numbers."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from core.arrays import Array
from lab.pins import Pin
from tests.lab.making import WILD, diverge, run_of
from widgets.main_window import MainWindow
from widgets.plots.axes import finite_range
from widgets.plots.canvas import View
from widgets.plots.ghosts import Ghost, Ghosts, placed
from widgets.plots.loss_ghosts import GHOSTS_AHEAD, LossGhosts
from widgets.theme import Theme

WIDTH, HEIGHT = 400, 200
VIEW = View((0.0, 100.0), (0.0, 1.0), WIDTH, HEIGHT)
X = np.linspace(0, 100, 50)


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "dark")


def painted(ghosts: Sequence[Ghost], view: View = VIEW) -> QImage:
    item = Ghosts()
    item.ground = QColor("black")
    item.set_ghosts(ghosts)
    image = QImage(view.width, view.height, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    with QPainter(image) as painter, np.errstate(all="ignore"):  # as a canvas does
        item.draw(painter, view)
        item.names.draw(painter, view)
    return image


def rows_of(image: QImage, color: str) -> set[int]:
    """The rows of pixels in which a colour is."""
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width())
    return {*np.flatnonzero((pixels == QColor(color).rgb()).any(axis=1)).tolist()}


def pin_of(steps: int, place: int = 0, *, depth: int = 4) -> Pin:
    run = run_of({"network.depth": depth}, steps=steps)
    return Pin(place, f"run {place}", run.spec, run.history)


def test_a_line_is_where_its_numbers_are() -> None:
    image = painted([Ghost(X, np.full(50, 0.25), QColor("red"))])
    assert rows_of(image, "red") == {round(0.75 * HEIGHT)}


def test_words_never_cover_each_other_and_stay_near_their_line() -> None:
    wanted = QRectF(300, 95, 60, 10)
    boxes: list[QRectF] = []
    for _ in range(8):
        boxes.append(placed(wanted, HEIGHT, boxes))
    for box, other in combinations(boxes, 2):
        assert not box.intersects(other)
    assert boxes[0] == wanted
    assert all(0 <= box.top() <= HEIGHT - 10 for box in boxes)
    assert max(abs(box.top() - wanted.top()) for box in boxes) == 40
    apart = QRectF(10, 95, 60, 10)
    assert placed(apart, HEIGHT, boxes) == apart


NUMBERS = np.array([0, 0.5, 1, -3, 5e-324, 1e300, -1e300, np.nan, np.inf, -np.inf])


@pytest.mark.parametrize("seed", range(5))
def test_no_numbers_are_too_odd_to_be_drawn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(20):
        y: Array = rng.choice(NUMBERS, rng.integers(0, 60))
        x = np.sort(rng.uniform(-50, 150, len(y)))
        painted([Ghost(x, y, QColor("red"), dashed=bool(seed % 2), words=("1", "<b>" * 50))])


def test_a_run_of_one_step_is_seen() -> None:
    assert rows_of(painted([Ghost(np.array([50.0]), np.array([0.5]), QColor("red"))]), "red")


def test_names_stand_above_what_is_drawn_after_the_lines() -> None:
    ghost = Ghost(X, np.full(50, 0.5), QColor("red"), words=("1", "a run"))
    words = rows_of(painted([ghost]), "red") - rows_of(painted([replace(ghost, words=None)]), "red")
    assert len(words) > 1
    item = Ghosts()
    item.set_ghosts([ghost])
    assert not item.ends  # names without lines are nowhere
    image = QImage(VIEW.width, VIEW.height, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    with QPainter(image) as painter:
        item.draw(painter, VIEW)
        painter.fillRect(image.rect(), QColor("black"))
        item.names.draw(painter, VIEW)
    assert words <= rows_of(image, "red")


def test_a_run_that_begins_behind_the_end_of_the_axis_draws_nothing() -> None:
    far = Ghost(X + 1000, np.full(50, 0.5), QColor("red"), words=("1", "far"))
    assert not rows_of(painted([far]), "red")


def test_the_live_run_keeps_a_quarter_of_the_axis(theme: Theme) -> None:
    ghosts = LossGhosts(theme)
    pins = [pin_of(400), pin_of(900, 1, depth=9)]
    ghosts.show(pins, logarithmic=False)
    assert ghosts.end(0) == 900  # nothing is there yet: all of them
    assert ghosts.end(10) == 10 * GHOSTS_AHEAD
    assert ghosts.end(500) == 900
    assert ghosts.end(5000) == 5000
    ghosts.show([pins[0], replace(pins[1], visible=False)], logarithmic=False)
    assert ghosts.end(500) == 500


@pytest.mark.parametrize("logarithmic", [False, True])
def test_a_ghost_that_blows_up_does_not_flatten_the_rest(
    theme: Theme, *, logarithmic: bool
) -> None:
    run = run_of(WILD)
    diverge(run)
    ghosts = LossGhosts(theme)
    wild = Pin(0, "wild", run.spec, run.history)
    ghosts.show([wild, pin_of(30, 1)], logarithmic=logarithmic)
    shown = finite_range(ghosts.losses_up_to(100.0), 0.05)
    losses = run.history.series("loss", 100).mean
    assert shown is not None
    most = 10 ** shown[1] if logarithmic else shown[1]
    assert most < losses.max()
    assert most > np.median(losses)


def test_what_is_drawn_are_the_runs_own_numbers(theme: Theme) -> None:
    pin = pin_of(120)
    ghosts = LossGhosts(theme)
    ghosts.show([pin], logarithmic=False)
    test, train = ghosts.losses.ghosts
    losses = pin.history.series("loss", 1 << 20).mean
    np.testing.assert_allclose(train.y, losses)
    assert (train.words, train.color.name()) == (("1", "run 0"), theme.colors.pins[0])
    assert (test.dashed, train.dashed) == (True, False)
    assert len(test.y) > 1
    assert [*ghosts.at(120)] == [(pin, losses[-1])]
    assert [*ghosts.at(121)] == []
    ghosts.show([pin], logarithmic=True)
    np.testing.assert_allclose(ghosts.losses.ghosts[1].y, np.log10(losses))


def test_pins_are_in_the_picture_the_readout_and_the_numbers(waiting: MainWindow) -> None:
    loss = waiting.loss
    waiting.session.board.put_back(replace(pin_of(30, 2), name="<b>other"))
    assert loss.plot.box.viewRange()[0][1] >= 30
    assert "[3]" in loss.plot.read(5, 0)
    assert "<b>" not in loss.plot.read(5, 0)
    table = loss.numbers()
    assert {row[0] for row in table.rows} == {"present", "3 <b>other"}
    assert len(table.rows) == 9 + 30
    loss.log_switch.click()
    assert loss.ghosts.losses.ghosts[1].y.max() < 0.3
    waiting.theme.set_choice("light")
    assert loss.ghosts.losses.ghosts[0].color.name() == waiting.theme.colors.pins[2]
    waiting.session.board.unpin(2)
    assert not loss.ghosts.losses.ghosts
    assert loss.plot.box.viewRange()[0][1] < 30
