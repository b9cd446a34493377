"""The data, and the network's answer: a surface, a confusion table, or predicted against true.

Which of them suits is decided by the answer that comes with a frame, not by the name of the data.
"""

from functools import cached_property

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget

from lab.answers import Answer, AnswerOf, Confusion, Predictions, Surface
from lab.frames import Frame
from lab.mailbox import Wishes
from lab.parts import DataSpec
from lab.words import spaced
from widgets.focus import Focus
from widgets.plots.answer_plots import PredictionPlot, SurfacePlot
from widgets.plots.axes import Plot
from widgets.plots.confusion_table import ConfusionTable
from widgets.plots.frame import Begun, PictureFrame, Table
from widgets.theme import Theme


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
        self._caption = self._reading = ""
        self._connect(self.surface)
        self.confusion.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.confusion.customContextMenuRequested.connect(
            lambda point: self.show_menu(self.confusion.mapToGlobal(point))
        )
        self.confusion.on_read = self._on_read
        self._answer: Answer | None = None

    @cached_property
    def predictions(self) -> PredictionPlot:
        """Predicted against true, made when it is first wanted."""
        plot = PredictionPlot(self.theme)
        self._connect(plot)
        self._stack.addWidget(plot)
        return plot

    def begin(self, begun: Begun) -> None:
        self._answer, data = None, begun.data
        train = f"{spaced(len(data.x_train))} train{_untrue(begun.spec.data)}"
        self._caption = f"{train}, {spaced(len(data.x_test))} test"
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
        self._on_read(self._reading)
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
        self._reading = text
        self.readout.setText(text or _flaw_of(self._answer) or self._caption)


def _flaw_of(answer: Answer | None) -> str:
    """Say how much of an answer is no number, which is why it is not drawn."""
    match answer:
        case Surface(values=numbers) | Predictions(predicted=numbers):
            lost, count = int((~np.isfinite(numbers)).sum()), numbers.size
        case _:
            lost = count = 0
    if not lost:
        return ""
    if lost == count:
        return "no answer is finite"
    return f"{spaced(lost)} of {spaced(count)} answers are not finite"


def _untrue(data: DataSpec) -> str:
    """Say of training labels what is not true of them."""
    if data.unlabelled:
        return " without labels"
    return f" ({data.shuffled} % shuffled)" if data.shuffled else ""
