"""Axes that stand still while what they show moves a little."""

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from widgets.plots.axes import Plot
from widgets.plots.ticks import NumberAxis
from widgets.theme import Theme


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "dark")


def test_an_axis_stands_still_while_batches_differ(theme: Theme, qtbot: QtBot) -> None:
    plot = Plot(theme, "step", "value")
    qtbot.addWidget(plot)
    changes: list[object] = []
    plot.box.sigYRangeChanged.connect(lambda *_: changes.append(None))
    rng = np.random.default_rng(3)
    for _ in range(200):  # a decade up or down, as single batches go
        middle = rng.uniform(-0.5, 0.5)
        plot.follow((0.0, 1.0), (middle - 1, middle + 1))
    assert len(changes) < 15
    low, high = plot.box.viewRange()[1]
    assert low <= middle - 1
    assert middle + 1 <= high
    plot.follow((0.0, 1.0), (0.0, 0.5))  # far less than what is shown
    assert plot.box.viewRange()[1] == pytest.approx([-0.025, 0.525])


RANGES = [
    (1.57e19, 1.63e19),
    (0, 3.2e19),
    (0, 1.7e19),
    (-3e8, 2e8),
    (0, 9e6),
    (9.99e6, 1.001e7),
    (0, 3e-7),
    (0.0001, 0.0012),
    (0.4, 0.5),
    (0, 42_000),
    (1e150, 9e150),
]


@pytest.mark.parametrize("y_range", RANGES)
@pytest.mark.parametrize("name", ["loss", "rms ∂loss/∂z"])
def test_numbers_differ_from_their_neighbours_and_leave_the_name_alone(
    theme: Theme, qtbot: QtBot, y_range: tuple[float, float], name: str
) -> None:
    plot = Plot(theme, "step", name)
    qtbot.addWidget(plot)
    plot.apply_theme()
    plot.resize(300, 240)
    plot.show()
    plot.follow((0.0, 20.0), y_range)
    axis, image = plot.y_axis, QImage(10, 10, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        painter.setFont(theme.font("small"))
        _, _, texts = axis.generateDrawSpecs(painter)
    words = [text for _, _, text in texts]
    assert len(words) >= 2
    assert len({*words}) == len(words)
    letters = axis.label.mapRectToParent(axis.label.boundingRect()).adjusted(6, 6, -6, -6)
    assert not any(rect.intersects(letters) for rect, _, _ in texts)
    assert axis.width() == 54


def test_large_and_small_numbers_are_short(theme: Theme, qtbot: QtBot) -> None:
    plot = Plot(theme, "step", "loss")
    qtbot.addWidget(plot)
    written = plot.y_axis.tickStrings
    assert written([0, 1e19, 2e19], 1, 1e19) == ["0", "1e19", "2e19"]
    assert written([1.58e19, 1.6e19], 1, 2e17) == ["1.58e19", "1.6e19"]
    assert written([0, 2e-7], 1, 2e-7) == ["0", "2e-7"]
    assert written([0, 50_000], 1, 50_000) == ["0", "50\u202f000"]
    assert plot.x_axis.tickStrings([500_000], 1, 500_000) == ["500\u202f000"]


def test_a_name_stands_in_the_middle_of_its_axis_also_when_it_changes(
    theme: Theme, qtbot: QtBot
) -> None:
    plot = Plot(theme, "step", "loss")
    qtbot.addWidget(plot)
    plot.apply_theme()
    plot.resize(300, 300)
    plot.show()
    for name in ("loss", "share φ' = 0 for the batch", "‖ΔW‖ / ‖W‖"):
        plot.set_labels("step", name)
        label = plot.y_axis.label
        middle = label.mapRectToParent(label.boundingRect()).center().y()
        assert middle == pytest.approx(plot.y_axis.size().height() / 2, abs=2)


@pytest.mark.parametrize(
    ("low", "high"), [(0.656, 0.743), (-0.043, 0.044), (6.56, 7.43), (0.61, 0.79)]
)
def test_a_short_axis_has_two_numbers_that_are_those_of_its_ticks(low: float, high: float) -> None:
    axis = NumberAxis("left")
    ((spacing, ticks),) = axis.tickValues(low, high, 60)
    assert len(ticks) > 1
    assert [float(text) for text in axis.tickStrings(ticks, 1, spacing)] == pytest.approx(ticks)


def test_one_tick_is_written_as_what_it_is() -> None:
    axis = NumberAxis("left")
    axis.bounds = (0.7, 0.75)
    ((spacing, ticks),) = axis.tickValues(0.61, 0.79, 60)
    assert [float(text) for text in axis.tickStrings(ticks, 1, spacing)] == pytest.approx(ticks)
