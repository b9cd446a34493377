"""The data, and the network's answer: a surface, a confusion table, or predicted against true.

Which of them suits is decided by the answer that comes with a frame, not by the name of the data.
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QStackedWidget, QWidget

from core.arrays import Array
from core.datasets import Dataset, Task
from lab.answers import Answer, AnswerOf, Confusion, Predictions, Surface
from lab.mailbox import Wishes
from lab.run import Frame
from lab.verdict import number
from lab.words import spaced
from widgets.focus import Focus
from widgets.plots.axes import Plot, finite_range
from widgets.plots.canvas import Segment
from widgets.plots.frame import Begun, PictureFrame, Table
from widgets.plots.picture import Picture
from widgets.plots.scatter import Cloud, Scatter
from widgets.theme import Theme, blend

MOST_DOTS = 800


class DataPicture(PictureFrame):
    """One picture of data and answer."""

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "Data")
        self._focus = focus
        self.surface = SurfacePlot(theme)
        self.confusion = ConfusionTable(theme)
        self._stack = QStackedWidget()
        for widget in (self.surface, self.confusion):
            self._stack.addWidget(widget)
        self.body.addWidget(self._stack, 1)
        self._caption = ""
        self._connect(self.surface)
        self.confusion.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.confusion.customContextMenuRequested.connect(
            lambda point: self.show_menu(self.confusion.mapToGlobal(point))
        )
        self.confusion.on_read = self._on_read
        self._answer: Answer | None = None

    @cached_property
    def predictions(self) -> "PredictionPlot":
        """Predicted against true, made when it is first wanted."""
        plot = PredictionPlot(self.theme)
        self._connect(plot)
        self._stack.addWidget(plot)
        return plot

    def begin(self, begun: Begun) -> None:
        self._answer, data = None, begun.data
        self._caption = f"{spaced(len(data.x_train))} train, {spaced(len(data.x_test))} test"
        self.readout.setText(self._caption)
        self.surface.set_data(data)
        for plot in self._plots():
            plot.following = True
        self.confusion.set_names(data.class_names)

    @property
    def wishes(self) -> Wishes:
        return (AnswerOf(self._focus.seed),) if self.seen else ()

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        answer = frame.shown(AnswerOf(self._focus.seed)) if self.seen else None
        if answer is None or answer is self._answer:
            return
        self._answer = answer
        match answer:
            case Surface():
                self.title.setText(self.tr("Data"))
                self.surface.show_surface(answer)
                self._stack.setCurrentWidget(self.surface)
            case Predictions():
                self.title.setText(self.tr("Predictions"))
                self.predictions.show_predictions(answer)
                self._stack.setCurrentWidget(self.predictions)
            case Confusion():
                self.title.setText(self.tr("Confusion"))
                self.confusion.show_counts(answer.counts)
                self._stack.setCurrentWidget(self.confusion)

    def refresh(self) -> None:
        """Nothing here depends on marks; an answer comes with the next frame."""

    def numbers(self) -> Table:
        answer = self._answer
        if isinstance(answer, Surface):
            x = np.linspace(*answer.x_range, answer.values.shape[1])
            y = np.linspace(*answer.y_range, answer.values.shape[0])
            grid_x, grid_y = np.meshgrid(x, y)
            columns = [grid_x.ravel(), grid_y.ravel(), answer.values.ravel()]
            return Table(["input_1", "input_2", "answer"], np.column_stack(columns).tolist())
        if isinstance(answer, Predictions):
            rows = np.column_stack([answer.true, answer.predicted]).tolist()
            return Table(["true", "predicted"], rows)
        if isinstance(answer, Confusion):
            names = [f"predicted_{index}" for index in range(len(answer.counts))]
            return Table(names, answer.counts.tolist())
        return Table([], [])

    def apply_theme(self) -> None:
        for plot in self._plots():
            plot.apply_theme()
        self.confusion.update()

    def _plots(self) -> list[Plot]:
        """All plots made so far."""
        made: list[Plot] = [self.surface]
        return [*made, self.predictions] if "predictions" in vars(self) else made

    def _connect(self, plot: Plot) -> None:
        plot.on_read = self._on_read
        plot.customContextMenuRequested.connect(
            lambda point: self.show_menu(plot.mapToGlobal(point))
        )

    def _on_read(self, text: str) -> None:
        self.readout.setText(text or self._caption)


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


class ConfusionTable(QWidget):
    """A row per true class, a column per predicted one; the number and its shade are the count."""

    MARGIN = 34

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._names: tuple[str, ...] = ()
        self._counts = np.zeros((0, 0), int)
        self.on_read: Callable[[str], None] = lambda _text: None
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Confusion table of the test samples"))

    def set_names(self, names: tuple[str, ...]) -> None:
        """Name the classes."""
        self._names = names

    def show_counts(self, counts: Array) -> None:
        """Show counts (true class, predicted class)."""
        self._counts = counts
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self._cell()
        column = int((event.position().x() - self.MARGIN) // max(cell[0], 1e-9))
        row = int((event.position().y() - 4) // max(cell[1], 1e-9))
        n = len(self._counts)
        inside = 0 <= row < n and 0 <= column < n
        self.on_read(
            f"{self._counts[row, column]} × {self._name(row)} taken for {self._name(column)}"
            if inside
            else ""
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        colors, n = self._theme.colors, len(self._counts)
        painter.setFont(self._theme.font("small"))
        if not n:
            return
        width, height = self._cell()
        in_class = np.maximum(self._counts.sum(axis=1, keepdims=True), 1)
        for row in range(n):
            for column in range(n):
                cell = QRectF(self.MARGIN + column * width, 4 + row * height, width - 1, height - 1)
                share = float(self._counts[row, column] / in_class[row, 0])
                shade = QColor(colors.first_class if row == column else colors.second_class)
                shade.setAlphaF(0.06 + 0.7 * share**0.5 if self._counts[row, column] else 0.04)
                painter.fillRect(cell, shade)
                if self._counts[row, column]:
                    painter.setPen(QColor(colors.text))
                    text = str(self._counts[row, column])
                    painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, text)
        painter.setPen(QColor(colors.muted))
        for index in range(n):
            label = (
                self._name(index) if len(self._name(index)) <= 3 else self._name(index)[:3] + "."
            )
            left = QRectF(0, 4 + index * height, self.MARGIN - 6, height)
            painter.drawText(
                left, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, label
            )
            below = QRectF(self.MARGIN + index * width, 6 + n * height, width, 16)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, label)
        axis = QRectF(self.MARGIN, self.height() - 20, self.width() - self.MARGIN, 18)
        painter.drawText(
            axis, Qt.AlignmentFlag.AlignCenter, self.tr("predicted (rows: true class)")
        )

    def _cell(self) -> tuple[float, float]:
        n = max(1, len(self._counts))
        return (self.width() - self.MARGIN - 8) / n, (self.height() - 46) / n

    def _name(self, index: int) -> str:
        return self._names[index] if index < len(self._names) else str(index)


def _levels(y: Array) -> tuple[float, float]:
    low, high = float(y.min()), float(y.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)
