"""The loss over time, of the batches trained on and of the test set, and below it the accuracy."""

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QToolButton

from core.arrays import Array
from lab.history import SCALARS, History, Scores, Series
from lab.verdict import number
from widgets.plots.axes import Plot, decades, finite_range, roomy_end
from widgets.plots.canvas import Band, Polylines
from widgets.plots.frame import PictureFrame, Table
from widgets.theme import Theme, blend

MOST_ROWS = 360
ACCURACY_HEIGHT = 96
ACCURACY_RANGE = (-4.0, 104.0)
FLATTEST = 0.05  # the loss axis spans at least this much


class LossPlot(PictureFrame):
    """Train and test loss with the batches' spread; accuracy where there are classes."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Loss")
        self.log_switch = QToolButton()
        self.log_switch.setText("log")
        self.log_switch.setCheckable(True)
        self.log_switch.setProperty("segment", "true")
        self.log_switch.setToolTip(self.tr("Show the loss on a logarithmic axis."))
        self.log_switch.setAccessibleName(self.tr("Logarithmic loss axis"))
        self.log_switch.toggled.connect(self._on_log_toggled)
        self.header.addWidget(self.log_switch)
        self.plot = Plot(theme, "step", "loss")
        self.accuracy_plot = Plot(theme, "step", "accuracy %")
        self.accuracy_plot.setFixedHeight(ACCURACY_HEIGHT)
        self.accuracy_plot.box.setXLink(self.plot.box)
        self.body.addWidget(self.plot, 1)
        self.body.addWidget(self.accuracy_plot)
        for plot in (self.plot, self.accuracy_plot):
            plot.on_read = self._on_read
            plot.customContextMenuRequested.connect(
                lambda point, plot=plot: self.show_menu(plot.mapToGlobal(point))
            )
        self.plot.x_axis.whole = self.accuracy_plot.x_axis.whole = True
        self.plot.x_axis.setStyle(showValues=True)
        self.plot.read = self.accuracy_plot.read = self._describe
        self.band, self.train, self.test = Band(), Polylines(), Polylines()
        self.train_accuracy, self.test_accuracy = Polylines(), Polylines()
        self.plot.draw(self.band, self.train, self.test)
        self.accuracy_plot.draw(self.train_accuracy, self.test_accuracy)
        self._series: dict[str, Series] = {}
        self._history: History | None = None
        self._scores: Scores | None = None
        self._latest = ""
        self.apply_theme()

    def start(self, history: History, *, has_accuracy: bool) -> None:
        """Begin with a new run."""
        self._history = history
        self.plot.following = self.accuracy_plot.following = True
        self.accuracy_plot.setVisible(has_accuracy)
        self.plot.x_axis.setStyle(showValues=not has_accuracy)
        self.plot.set_labels("" if has_accuracy else "step", "loss")
        self.refresh()

    def show_scores(self, scores: Scores) -> None:
        """Draw the history; whole-set scores only when new ones have been taken."""
        self.refresh(scored=scores is not self._scores)
        self._scores = scores

    def refresh(self, *, scored: bool = True) -> None:
        """Draw what the history holds now."""
        history = self._history
        if history is None:
            return
        names = SCALARS if scored else ("loss",)
        self._series |= {name: history.series(name, MOST_ROWS) for name in names}
        x_range = (0.0, roomy_end(len(history)))
        self._show_loss(x_range)
        if scored:
            self.plot.marks.marks = history.marks
            self._show_accuracy(x_range)
            self._latest = self._summary()
            self.readout.setText(self._latest)

    def numbers(self) -> Table:
        columns = ["first_step", "last_step"]
        for name in self._series:
            columns += [name, f"{name}_min", f"{name}_max"]
        series = list(self._series.values())
        parts = [values for one in series for values in (one.mean, one.low, one.high)]
        rows = zip(series[0].first, series[0].last, *parts, strict=True) if series else ()
        return Table(columns, [list(row) for row in rows])

    def apply_theme(self) -> None:
        colors = self.theme.colors
        self.plot.apply_theme()
        self.accuracy_plot.apply_theme()
        train, test = QColor(colors.first_class), QColor(colors.second_class)
        self.band.pen = QPen(blend(colors.first_class, colors.panel, 0.28))
        for item, color in (
            (self.train, train),
            (self.test, test),
            (self.train_accuracy, train),
            (self.test_accuracy, test),
        ):
            item.set_colors([color])
        self.readout.setTextFormat(Qt.TextFormat.RichText)
        self.refresh()

    def _show_loss(self, x_range: tuple[float, float]) -> None:
        shown = decades if self.log_switch.isChecked() else np.asarray
        train = self._series["loss"]
        low, mean, high = (shown(part) for part in (train.low, train.mean, train.high))
        self.train.set_data(train.center, mean[:, None])
        self.band.set_data(train.center, low, high)
        test_x, test_y = _measured(self._series["test_loss"])
        test_y = shown(test_y)
        self.test.set_data(test_x, test_y[:, None])
        # The spread of single batches may leave the frame, the means may not.
        self.plot.follow(x_range, finite_range(np.concatenate([mean, test_y]), FLATTEST))

    def _show_accuracy(self, x_range: tuple[float, float]) -> None:
        for name, item in (
            ("train_accuracy", self.train_accuracy),
            ("test_accuracy", self.test_accuracy),
        ):
            x, y = _measured(self._series[name])
            item.set_data(x, 100 * y[:, None])
        self.accuracy_plot.follow(x_range, ACCURACY_RANGE)

    def _summary(self) -> str:
        colors = self.theme.colors
        train, test = self._series["loss"].mean, _measured(self._series["test_loss"])[1]
        accuracy = _measured(self._series["test_accuracy"])[1]
        parts = []
        if train.size:
            parts.append(
                f'<span style="color:{colors.first_class}">— train {number(train[-1])}</span>'
            )
        if test.size:
            text = f"— test {number(test[-1])}"
            if accuracy.size:
                text += f", {100 * accuracy[-1]:.1f} % right"
            parts.append(f'<span style="color:{colors.second_class}">{text}</span>')
        return "&nbsp;&nbsp; ".join(parts) or self.tr("press Space to train")

    def _describe(self, x: float, _y: float) -> str:
        train = self._series.get("loss")
        if train is None or not train.first.size:
            return ""
        row = int(np.clip(np.searchsorted(train.last, x), 0, len(train.last) - 1))
        parts = [f"step {int(train.first[row])}"]
        if train.last[row] > train.first[row]:
            parts[0] += f"–{int(train.last[row])}"
        for name, series in self._series.items():
            value = series.mean[row]
            if math.isfinite(value):
                shown = f"{100 * value:.1f} %" if "accuracy" in name else number(value)
                parts.append(
                    f"{'train loss' if name == 'loss' else name.replace('_', ' ')} {shown}"
                )
        return ",&nbsp; ".join(parts)

    def _on_read(self, text: str) -> None:
        self.readout.setText(text or self._latest)

    def _on_log_toggled(self, logarithmic: bool) -> None:
        self.plot.y_axis.logarithmic = logarithmic
        self.plot.following = True
        self.plot.y_axis.picture = None
        self.refresh()
        self.plot.y_axis.update()


def _measured(series: Series) -> tuple[Array, Array]:
    """Return the rows in which anything was measured."""
    usable = np.isfinite(series.mean)
    return series.center[usable], series.mean[usable]
