"""Axes that stand still while what they show moves a little."""

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from widgets.plots.axes import Plot
from widgets.theme import Theme


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "dark")


def test_an_axis_stands_still_while_batches_differ(theme: Theme) -> None:
    plot = Plot(theme, "step", "value")
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
