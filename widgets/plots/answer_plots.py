"""The plots of a network's answer: a surface over two inputs, and predicted against true."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from core.arrays import Array
from core.datasets import Dataset, Task
from lab.answers import Predictions, Surface
from lab.words import number
from widgets.colors import blend
from widgets.plots.axes import Plot, finite_range
from widgets.plots.canvas import Segment
from widgets.plots.picture import Picture
from widgets.plots.scatter import Cloud, Scatter
from widgets.theme import Theme

MOST_DOTS = 800


class SurfacePlot(Plot):
    """The plane of two inputs: the answer as colour, the samples on top (test samples hollow)."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "input 1", "input 2")
        self.image, self.samples = Picture(smooth=True), Scatter()
        self.draw(self.image, self.samples)
        self._data: Dataset | None = None
        self._surface: Surface | None = None
        self.read = self._describe
        self.apply_theme()

    def set_data(self, data: Dataset) -> None:
        """Show the samples, when they lie in a plane."""
        self._data = data if data.n_inputs == 2 else None
        self._surface = None
        self.image.clear()
        if self._data is not None:
            self.set_labels(*data.feature_names)
            self._draw_samples(self._data)
        self.canvas.update()

    def show_surface(self, surface: Surface) -> None:
        """Show the network's answer over the plane."""
        self._surface = surface
        levels = (0.0, 1.0)
        if self._data is not None and self._data.task is Task.REGRESSION:
            levels = _levels(self._data.y_train)
        (left, right), (low, high) = surface.x_range, surface.y_range
        self.image.set_data(surface.values[::-1], levels, (left, low, right, high))
        self.follow((left, right), (low, high), exact=True)

    def apply_theme(self) -> None:
        super().apply_theme()
        self.image.set_table(self.theme.colors.class_table, QColor(self.theme.colors.panel))
        if self._data is not None:
            self._draw_samples(self._data)

    def _draw_samples(self, data: Dataset) -> None:
        ground = QColor(self.theme.colors.ground)
        train, test = (self._colors(data, y) for y in (data.y_train, data.y_test))
        self.samples.set_clouds(
            Cloud(data.x_train[:MOST_DOTS], train, [ground] * len(train)),
            Cloud(data.x_test[:MOST_DOTS], [ground] * len(test), test),
        )

    def _colors(self, data: Dataset, y: Array) -> list[QColor]:
        """The colour of each sample: its class, or its place in the range of the targets."""
        colors = self.theme.colors
        if data.task is not Task.REGRESSION:
            ends = QColor(colors.first_class), QColor(colors.second_class)
            return [ends[int(label > 0.5)] for label in y[:MOST_DOTS].ravel()]
        low, high = _levels(data.y_train)
        shares = np.clip((y[:MOST_DOTS, 0] - low) / (high - low), 0, 1)
        return [blend(colors.second_class, colors.first_class, share) for share in shares.tolist()]

    def _describe(self, x: float, y: float) -> str:
        surface = self._surface
        if surface is None or self._data is None:
            return ""
        rows, columns = surface.values.shape
        (left, right), (low, high) = surface.x_range, surface.y_range
        column = int(np.clip((x - left) / (right - left) * columns, 0, columns - 1))
        row = int(np.clip((y - low) / (high - low) * rows, 0, rows - 1))
        value = float(surface.values[row, column])
        if self._data.task is Task.REGRESSION:
            return f"answer {number(value)}"
        return f"orange with probability {value:.2f}"


class PredictionPlot(Plot):
    """Test samples as dots: on the diagonal the network is right."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "true", "predicted")
        self.dots, self.diagonal = Scatter(), Segment()
        self.draw(self.diagonal, self.dots)
        self._predictions: Predictions | None = None
        self.read = lambda x, y: f"true {number(x)}, predicted {number(y)}"
        self.apply_theme()

    def show_predictions(self, predictions: Predictions) -> None:
        """Show predicted against true numbers."""
        self._predictions = predictions
        true, predicted = predictions.true[:MOST_DOTS], predictions.predicted[:MOST_DOTS]
        usable = np.isfinite(predicted)
        points = np.column_stack([true[usable], predicted[usable]])
        colors = self.theme.colors
        fill, rim = QColor(colors.first_class), QColor(colors.ground)
        self.dots.set_clouds(Cloud(points, [fill] * len(points), [rim] * len(points)))
        true_range = finite_range(true, 1e-6)
        if true_range is not None:
            low, high = true_range
            self.diagonal.ends = ((low, low), (high, high))
            self.follow(true_range, finite_range(np.concatenate([true, predicted]), 1e-6))

    def apply_theme(self) -> None:
        super().apply_theme()
        self.diagonal.pen = QPen(QColor(self.theme.colors.muted), 1, Qt.PenStyle.DashLine)
        if self._predictions is not None:
            self.show_predictions(self._predictions)


def _levels(y: Array) -> tuple[float, float]:
    low, high = float(y.min()), float(y.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)
