"""What a canvas draws: lines whose number of points changes from frame to frame."""

import numpy as np
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from widgets.plots.canvas import Polylines, View

SIDE = 100


def drawn(lines: Polylines, n_points: int) -> list[int]:
    """The highest dark pixel of every fifth column."""
    x = np.linspace(0, 1, n_points)
    lines.set_data(x, x[None, :])
    image = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    with QPainter(image) as painter:
        lines.draw(painter, View((0.0, 1.0), (0.0, 1.0), SIDE, SIDE))
    return [
        next(y for y in range(SIDE) if image.pixelColor(column, y) == QColor("black"))
        for column in range(5, SIDE - 5, 5)
    ]


def test_lines_with_ever_other_numbers_of_points(qapp: QApplication) -> None:
    lines = Polylines()
    lines.set_colors([QColor("black")])
    expected = [SIDE - column for column in range(5, SIDE - 5, 5)]
    for n_points in (40, 20, 2, 79, 80, 81, 300, 3):
        assert np.allclose(drawn(lines, n_points), expected, atol=1.5)
