"""The loss over time, of the batches trained on and of the test set, and below it the accuracy.

Of several networks the line is the median, the band the quartiles, thin lines the extremes. Pinned
runs lie below as ghosts.
"""

import math
from collections.abc import Iterator, Mapping

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen, QResizeEvent

from core.arrays import Array
from core.datasets import Task
from lab.frames import Frame
from lab.history import SCALARS, History
from lab.mailbox import Wishes
from lab.pins import Pin
from lab.traces import Trace, Wish, decades
from lab.words import number, percent, spaced
from widgets.colors import blend
from widgets.controls.segments import small_button
from widgets.focus import Focus
from widgets.pace import Seldom
from widgets.plots.axes import FARTHEST, Plot, finite_range, roomy_end
from widgets.plots.canvas import Band, Polylines
from widgets.plots.frame import Begun, PictureFrame, Table
from widgets.plots.handle import TimeHandle
from widgets.plots.loss_ghosts import MOST_ROWS, LossGhosts, measured
from widgets.theme import Theme

NAMES = {
    "loss": "train loss",
    "test_loss": "test loss",
    "train_accuracy": "train accuracy",
    "test_accuracy": "test accuracy",
}
MOST_ROWS_SAVED = 1024
WISHES = tuple(Wish(name, MOST_ROWS) for name in NAMES)
SUMMARY_FRAMES = 5
DWARFING = 100.0  # times as large
ACCURACY_HEIGHT = 96
ACCURACY_RANGE = (-12.0, 112.0)
GAP, NO_BREAK = "   ", "\u00a0"
FLATTEST, FLATTEST_SHARE = 0.05, 0.02  # the loss axis spans so much, or so much of the loss


class LossPlot(PictureFrame):
    """Train and test loss with the batches' spread; accuracy where there are classes."""

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "Loss")
        self.log_switch = small_button(
            "log",
            self.tr("Show the loss on a logarithmic axis."),
            self.tr("Logarithmic loss axis"),
            checkable=True,
        )
        self.log_switch.toggled.connect(self._on_log_toggled)
        self.header.addWidget(self.log_switch)
        self.plot = Plot(theme, "step", "loss")
        self.accuracy_plot = Plot(theme, "step", "right %")
        self.accuracy_plot.setFixedHeight(ACCURACY_HEIGHT)
        self.plot.companions = (self.accuracy_plot,)
        self.accuracy_plot.companions = (self.plot,)
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
        self.extremes = Polylines()  # of several networks
        self.ghosts = LossGhosts(theme)
        self.train_accuracy, self.test_accuracy = Polylines(), Polylines()
        losses = self.ghosts.losses
        self.plot.draw(self.band, losses, self.extremes, self.train, self.test)
        self.accuracy_plot.draw(self.ghosts.accuracies, self.train_accuracy, self.test_accuracy)
        self.handles = [TimeHandle(plot, focus) for plot in (self.plot, self.accuracy_plot)]
        self.plot.canvas.items.append(losses.names)
        self._traces: Mapping[str, Trace] = {}
        self._rest: Frame | None = None  # what a run that does not play has come to
        self._pace = Seldom(SUMMARY_FRAMES)
        self._history: History | None = None
        self._latest: list[tuple[str, str]] = []  # the newest numbers, each in its colour
        self._read = ""  # those under the pointer
        self.apply_theme()

    def begin(self, begun: Begun) -> None:
        self._history, self._traces, self._rest = begun.history, {}, None
        self._pace.restart()
        has_accuracy = begun.data.task is not Task.REGRESSION
        self.plot.following = self.accuracy_plot.following = True
        self.accuracy_plot.setVisible(has_accuracy)
        self.plot.x_axis.setStyle(showValues=not has_accuracy)
        self.plot.set_labels("" if has_accuracy else "step", "loss")

    @property
    def wishes(self) -> Wishes:
        if self._history is None or not self.seen:
            return ()
        return WISHES

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        if self.seen and WISHES[0].name in frame.traces:
            self._traces, self._rest = frame.traces, frame if resting else None
            self.refresh(summarize=self._pace.is_time(resting=resting))

    def refresh(self, *, summarize: bool = True) -> None:
        history = self._history
        if history is None or not self._traces:
            return
        last = self._traces["loss"].last
        x_range = (0.0, roomy_end(self.ghosts.end(int(last[-1]) if len(last) else 0)))
        self.plot.marks.marks = history.marks
        for handle in self.handles:
            handle.set_stops(last)
        self._show_loss(x_range)
        if self.accuracy_plot.isVisible():
            self._show_accuracy(x_range)
        if summarize:
            self._latest = self._summary()
            self._show_readout()

    def set_pins(self, pins: tuple[Pin, ...]) -> None:
        self.ghosts.show(pins, logarithmic=self.log_switch.isChecked())
        super().set_pins(pins)

    def numbers(self) -> Table:
        if self._history is None:
            return Table([], [])
        columns = ["run", "first_step", "last_step"]
        columns += [f"{name}{end}" for name in SCALARS for end in ("", "_min", "_max")]
        rows = _rows("present", self._history)
        for pin in self.ghosts.pins:
            rows += _rows(f"{pin.place + 1} {pin.name}", pin.history)
        return Table(columns, rows)

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
        self.extremes.set_colors([blend(colors.first_class, colors.panel, 0.6)] * 2)
        self.ghosts.show(self.pins, logarithmic=self.log_switch.isChecked())
        self.refresh()

    def _show_loss(self, x_range: tuple[float, float]) -> None:
        logarithmic = self.log_switch.isChecked()
        train = self._traces["loss"]
        mean = train.shown(logarithmic=logarithmic)
        band, extremes = (train.low, train.high), np.empty((0, 0))
        if train.ranks is not None:
            band, extremes = (train.ranks[1], train.ranks[3]), train.ranks[[0, 4]]
        low, high = (decades(end) if logarithmic else end for end in band)
        self.train.set_data(train.center, mean)
        self.band.set_data(train.center, low, high)
        self.extremes.set_data(train.center, decades(extremes) if logarithmic else extremes)
        test_x, test_y = measured(self._traces["test_loss"], logarithmic=logarithmic)
        self.test.set_data(test_x, test_y[None, :])
        # Single batches may leave the frame, means and networks may not, unless the others would be
        # one line at its bottom; half of the spread fits.
        live = [mean[0], test_y]
        if logarithmic or not _dwarfs(self.extremes.y, np.concatenate([*live, band[1]])):
            live.append(self.extremes.y.ravel())
        shown = np.concatenate([*live, self.ghosts.losses_up_to(x_range[1])])
        self.plot.follow(x_range, finite_range(shown, _flattest(shown, low, high)))

    def _show_accuracy(self, x_range: tuple[float, float]) -> None:
        for name, item in (
            ("train_accuracy", self.train_accuracy),
            ("test_accuracy", self.test_accuracy),
        ):
            x, y = measured(self._traces[name])
            item.set_data(x, 100 * y[None, :])
        self.accuracy_plot.follow(x_range, ACCURACY_RANGE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_readout()

    def _show_readout(self) -> None:
        """Write what is under the pointer, or the newest numbers: as many as there is room for."""
        if self._read or not self._latest:
            self.readout.setTextFormat(Qt.TextFormat.PlainText)
            self.readout.setText(self._read or self.tr("press Space to train"))
            self.readout.setToolTip("")
            return
        metrics, room = self.readout.fontMetrics(), self.readout.contentsRect().width()
        shown, whole = self._latest, GAP.join(text for _, text in self._latest)
        while len(shown) > 1 and metrics.horizontalAdvance(GAP.join(t for _, t in shown)) > room:
            shown = shown[:-1]
        ink = self.theme.colors.ink
        spans = (
            f'<span style="color:{ink(color).name()}">{text.replace(" ", NO_BREAK)}</span>'
            for color, text in shown
        )
        self.readout.setTextFormat(Qt.TextFormat.RichText)
        self.readout.setText(GAP.replace(" ", NO_BREAK).join(spans))
        self.readout.setToolTip("" if shown is self._latest else whole)

    def _summary(self) -> list[tuple[str, str]]:
        """The newest numbers and their lines' colours, the most wanted ones first."""
        if not self._traces["loss"].last.size:
            return []
        colors, (train, test, right) = self.theme.colors, self._newest()
        name = "train" if self._traces["loss"].ranks is None else "train, median"
        parts = [(colors.first_class, f"— {name} {number(train)}")]
        if not math.isnan(test):
            parts.append((colors.second_class, f"— test {number(test)}"))
        if not math.isnan(right):
            parts.append((colors.second_class, f"{percent(right)} right"))
        return parts

    def _newest(self) -> Iterator[float]:
        """Training and test loss and accuracy: the ends of their lines, or at rest the last step's.

        What is written anew several times a second is easier to read where a line smooths it.
        """
        if self._rest is not None:
            scores = self._rest.scores
            yield from (float(self._rest.record.loss), scores.test_loss, scores.test_accuracy)
            return
        for name in ("loss", "test_loss", "test_accuracy"):
            values = measured(self._traces[name])[1]
            yield float(values[-1]) if values.size else math.nan

    def _describe(self, x: float, _y: float) -> str:
        train = self._traces.get("loss")
        if train is None or not train.first.size:
            return ""
        row = int(np.clip(np.searchsorted(train.last, round(x)), 0, len(train.last) - 1))
        first, last = int(train.first[row]), int(train.last[row])
        parts = [
            f"step {spaced(first)}" if first == last else f"steps {spaced(first)}–{spaced(last)}"
        ]
        for name, words in NAMES.items():
            value = float(self._traces[name].values[0, row])
            if math.isfinite(value):
                shown = percent(value) if "accuracy" in name else number(value)
                parts.append(f"{words} {shown}")
        if train.ranks is not None:
            low, high = (number(train.ranks[end, row]) for end in (0, 4))
            parts.append(f"networks {low} to {high}")
        parts += [f"[{pin.place + 1}] {number(value)}" for pin, value in self.ghosts.at(x)]
        return ", ".join(parts)

    def _on_read(self, text: str) -> None:
        self._read = text
        self._show_readout()

    def _on_log_toggled(self, logarithmic: bool) -> None:
        self.plot.y_axis.logarithmic = logarithmic
        self.plot.following = self.accuracy_plot.following = True
        self.plot.y_axis.redraw()
        self.ghosts.show(self.pins, logarithmic=logarithmic)
        self.refresh()


def _dwarfs(extremes: Array, others: Array) -> bool:
    """Whether losses of single networks are so large that no other could be told from zero."""
    largest, usual = (
        np.max(values, initial=0.0, where=np.isfinite(values)) for values in (extremes, others)
    )
    return bool(largest / DWARFING > usual > 0)


def _flattest(shown: Array, low: Array, high: Array) -> float:
    """Return how much of the loss, or of its decades, the axis shows at least."""
    loss, known = shown[np.isfinite(shown)], np.isfinite(low) & np.isfinite(high)
    bottom, top = (np.clip(end[known], -FARTHEST, FARTHEST) for end in (low, high))
    share = FLATTEST_SHARE * min(FARTHEST, float(np.abs(loss).max())) if loss.size else 0.0
    # A sixth of the time of np.median, at every frame.
    middle = float(np.sort(top - bottom)[len(top) // 2]) if len(top) else 0.0
    return max(FLATTEST, share, middle)


def _rows(run: str, history: History) -> list[list[object]]:
    series = {name: history.series(name, MOST_ROWS_SAVED) for name in SCALARS}
    parts = [values for one in series.values() for values in (one.mean, one.low, one.high)]
    steps = series["loss"]
    table: list[list[object]] = np.column_stack([steps.first, steps.last, *parts]).tolist()
    return [[run, *row] for row in table]
