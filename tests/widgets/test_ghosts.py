"""Pinned runs in the picture of the loss: what is drawn, how much room it gets, odd numbers."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QApplication

from core.arrays import Array
from core.measures import QUANTITIES
from lab.pins import Pin
from tests.lab.making import WILD, diverge, run_of
from widgets.main_window import MainWindow
from widgets.plots.axes import finite_range
from widgets.plots.canvas import View
from widgets.plots.dots import Dots
from widgets.plots.ghosts import AHEAD, Ghost, Ghosts, _named, beside, placed
from widgets.plots.level import Level
from widgets.plots.loss_ghosts import LossGhosts
from widgets.plots.shown import Shown
from widgets.theme import Theme

WIDTH, HEIGHT = 400, 200
VIEW = View((0.0, 100.0), (0.0, 1.0), WIDTH, HEIGHT)
X = np.linspace(0, 100, 50)


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "dark")


def painted(ghosts: Sequence[Ghost], view: View | None = None) -> QImage:
    item, view = Ghosts(), view or view_now()
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


def view_now() -> View:
    """The same view for another painting."""
    return replace(VIEW, taken=[])


def test_words_never_cover_each_other_and_stay_near_their_line() -> None:
    ghosts = [
        Ghost(X, np.full(50, 0.5), QColor("red"), words=(str(index), "an alike run"))
        for index in range(8)
    ]
    view = view_now()
    painted(ghosts, view)
    assert 3 <= len(view.taken) <= 8
    for box, other in combinations(view.taken, 2):
        assert not box.intersects(other)
    height = view.taken[0].height()
    assert all(abs(box.center().y() - HEIGHT / 2) <= 1.5 * height for box in view.taken)


def test_a_box_gives_way_a_little_or_has_no_place() -> None:
    wanted, view = QRectF(300, 95, 60, 10), view_now()
    while (box := placed(wanted, view)) is not None:
        assert abs(box.top() - wanted.top()) <= 15
        view.taken.append(box)
    assert len(view.taken) == 3
    apart = QRectF(10, 95, 60, 10)
    assert placed(apart, view) == apart
    aside = beside(replace_width(wanted, 10), view)
    assert aside is not None
    assert aside.top() == wanted.top()
    assert view.is_free(aside)
    assert beside(wanted, view) is None, "no room is left beside them"


def replace_width(box: QRectF, width: float) -> QRectF:
    return QRectF(box.left(), box.top(), width, box.height())


def test_names_give_way_to_what_is_written_before(theme: Theme) -> None:
    level, ghosts, view = Level(), Ghosts(names_right=False), replace(VIEW, y_range=(-6.0, 0.0))
    level.apply_theme(theme)
    level.widened(Shown(QUANTITIES["update_ratio"], logarithmic=True), (-4, -2))
    line = Ghost(X, np.full(50, -2.9), QColor("red"), words=("1", "near the level"))
    ghosts.set_ghosts([line])
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        for item in (level, ghosts, ghosts.names):
            item.draw(painter, view)
    words, name = view.taken
    assert not words.intersects(name)


def test_names_leave_dots_to_be_seen_where_there_is_room() -> None:
    ghosts, dots = Ghosts(names_right=False), Dots()
    dots.colors = [QColor("blue")] * 500
    ghosts.set_ghosts([Ghost(X, np.full(50, 0.5), QColor("red"), words=("1", "a run"))])
    everywhere = np.tile(X, 10), np.repeat(np.linspace(0.3, 0.7, 10), 50)
    for places, seen in (((X, np.full(50, 0.5)), True), (everywhere, False)):
        dots.set_data(*places)
        view = replace(VIEW, taken=[], dotted=[])
        image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
        with QPainter(image) as painter:
            for item in (ghosts, dots, ghosts.names):
                item.draw(painter, view)
        (name,) = view.taken
        assert seen is not any(name.intersects(box) for box in view.dotted)


def test_the_words_of_a_level_give_way_to_the_right(theme: Theme) -> None:
    level, view = Level(), replace(VIEW, y_range=(-6.0, 0.0), taken=[QRectF(0, 80, 60, 40)])
    level.apply_theme(theme)
    level.widened(Shown(QUANTITIES["update_ratio"], logarithmic=True), (-4, -2))
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        level.draw(painter, view)
    assert view.taken[1].right() == WIDTH - 4
    assert not view.taken[1].intersects(view.taken[0])


def test_a_long_name_is_cut_once_and_its_layer_is_kept(theme: Theme) -> None:
    metrics = QFontMetrics(theme.font("small"))
    ghost = Ghost(X, X, QColor("red"), words=("1", "learning rate " * 9), after=", layer 1")
    text = _named(ghost, metrics, 150)
    assert text.startswith("1 learning")
    assert text.endswith("…, layer 1")
    assert text.count("…") == 1
    assert metrics.horizontalAdvance(text) < 170


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
        item.names.draw(painter, view_now())
    assert words <= rows_of(image, "red")


def test_a_run_that_begins_behind_the_end_of_the_axis_draws_nothing() -> None:
    far = Ghost(X + 1000, np.full(50, 0.5), QColor("red"), words=("1", "far"))
    assert not rows_of(painted([far]), "red")


def test_the_live_run_keeps_a_quarter_of_the_axis(theme: Theme) -> None:
    ghosts = LossGhosts(theme)
    pins = [pin_of(400), pin_of(900, 1, depth=9)]
    ghosts.show(pins, logarithmic=False)
    assert ghosts.end(0) == 900  # nothing is there yet: all of them
    assert ghosts.end(10) == 10 * AHEAD
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


def test_lines_and_loss_have_one_axis_of_steps(waiting: MainWindow) -> None:
    run = run_of(steps=34)
    pins = (Pin(0, "a longer run", run.spec, run.history.copy()),)
    for picture in (waiting.gradients, waiting.loss):
        picture.set_pins(pins)
    _, end = waiting.loss.plot.view().x_range
    assert waiting.gradients.lines.view().x_range == (0, end)
    assert end >= 34
