"""Second myth: that backpropagation replaces labels. The network learns whatever it is told."""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from core.arrays import Array
from core.datasets import Task
from lab.errands import Errands, Work
from lab.memorizing import FEWEST, SHUFFLED, Memorizing, Outcome, usual_steps
from lab.myth_words import words_of_memorizing
from lab.specimens import Specimen
from lab.traces import decades
from lab.words import known, whole_percent
from widgets.plots.axes import Plot, finite_range
from widgets.plots.canvas import Labels, Segment, Words
from widgets.plots.dots import Dots
from widgets.plots.frame import Table
from widgets.plots.ticks import NumberAxis
from widgets.theme import Theme
from widgets.tools.myth import Claim, Myth

NONE_AT = 130.0  # where "none" stands on the axis of percent
PLACES = np.array([*SHUFFLED, NONE_AT])
X_RANGE = (-8.0, 142.0)
X_LABEL = "labels shuffled, or none at all"
ACCURACY_RANGE = (-4.0, 108.0)
FLATTEST_DECADES = 0.3
AFTER_NAME_PX = 40  # where a test set that is no better than guessing has its name


class ShareAxis(NumberAxis):
    """Shares of shuffled labels, and a place for no labels at all."""

    def ticks_between(self, low: float, high: float) -> list[float]:
        return [place for place in PLACES.tolist() if low <= place <= high]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        return ["none" if value == NONE_AT else f"{value:.0f} %" for value in values]


class SharePlot(Plot):
    """Its x axis is one of shares."""

    x_axis_type = ShareAxis


class LabelsMyth(Myth):
    """Training and test set against the share of shuffled labels: accuracy, or loss of numbers."""

    def __init__(self, theme: Theme, errands: Errands) -> None:
        super().__init__(
            theme,
            errands,
            Claim(
                self.tr("It does not replace labels."),
                self.tr(
                    "Your network learns six times from the same first weights: from true labels, "
                    "from 25 to 100\u00a0% shuffled ones, and from none, all being equal."
                ),
                self.tr(
                    "Press Run: dots will show how much of the training set and of the test set "
                    "is right, the more labels are shuffled."
                ),
                self.tr(
                    "Only training labels are shuffled; the test set stays true. It can learn by "
                    "heart what it is told, not what nobody told it (Zhang et al. 2017, arXiv "
                    "1611.03530). “Labels shuffled” and “No labels” under Data do the same to the "
                    "network on the bench."
                ),
                self.tr("steps"),
                self.tr("How many steps each of the six networks takes."),
                FEWEST,
                100_000,
                usual_steps,
            ),
        )
        self.plot = SharePlot(theme, X_LABEL, "right %")
        self.plot.read = self._describe
        self.training, self.testing = (Dots(), Dots()), (Dots(), Dots())
        self.level, self.names = Segment(), Labels()
        self.plot.draw(self.level, *self.training, *self.testing, self.names)
        self.add_plot(self.plot)
        self.found: Memorizing | None = None
        self.apply_theme()

    def work(self, specimen: Specimen) -> Work[Outcome]:
        self.found = Memorizing(specimen.spec_alone, self.amount.value())
        self.plot.following = True
        return self.found.run()

    def show_so_far(self) -> None:
        self._draw()

    def show_result(self, _result: Outcome) -> str:
        assert self.found is not None
        self._draw()
        return words_of_memorizing(self.found)

    @property
    def drawn(self) -> bool:
        outcome = None if self.found is None else self.found.outcome
        return outcome is not None and bool(np.isfinite(self._shown(outcome)).any())

    def forget(self) -> None:
        self.found = None
        for dots in (*self.training, *self.testing):
            dots.set_data(np.empty(0), np.empty(0))
        self.level.ends, self.names.words = None, []
        self.plot.canvas.update()

    def numbers(self) -> Table:
        columns = ["labels_shuffled_percent", "no_labels", *Outcome._fields]
        if self.found is None or self.found.outcome is None:
            return Table(columns, [])
        shares = [*SHUFFLED, 0]
        none = [False] * len(SHUFFLED) + [True]
        measured = (values.tolist() for values in self.found.outcome)
        return Table(columns, list(zip(shares, none, *measured, strict=True)))

    def apply_theme(self) -> None:
        super().apply_theme()
        colors = self.theme.colors
        for pair, name in (
            (self.training, colors.first_class),
            (self.testing, colors.second_class),
        ):
            for dots in pair:
                dots.pen, dots.colors = QPen(QColor(name)), [QColor(name)] * len(PLACES)
        self.level.pen = QPen(QColor(colors.muted), 1, Qt.PenStyle.DashLine)
        self.names.font, self.names.ground = self.theme.font("small"), self.theme.veil
        self._draw()

    @property
    def _of_numbers(self) -> bool:
        return self.found is not None and self.found.spec.source.task is Task.REGRESSION

    def _shown(self, outcome: Outcome) -> tuple[Array, Array]:
        """What the axis has of the training and the test set."""
        if self._of_numbers:
            return decades(outcome.train_loss), decades(outcome.test_loss)
        return 100 * outcome.train_accuracy, 100 * outcome.test_accuracy

    def _draw(self) -> None:
        found = self.found
        if found is None or found.outcome is None:
            return
        train, test = self._shown(found.outcome)
        for pair, values in ((self.training, train), (self.testing, test)):
            pair[0].set_data(PLACES[:-1], values[:-1])
            pair[1].set_data(PLACES[-1:], values[-1:])
        numbers = self._of_numbers
        self.plot.y_axis.logarithmic = numbers
        self.plot.set_labels(X_LABEL, "loss" if numbers else "right %")
        level = float(decades(np.array(found.guessing))) if numbers else 100 * found.guessing
        self.level.ends = (
            ((X_RANGE[0], level), (X_RANGE[1], level)) if math.isfinite(level) else None
        )
        self._name(train, test, level)
        both = np.concatenate([train, test, [level]])
        y_range = finite_range(both, FLATTEST_DECADES) if numbers else ACCURACY_RANGE
        if y_range is not None:
            self.plot.follow(X_RANGE, y_range, exact=not numbers)

    def _name(self, train: Array, test: Array, level: float) -> None:
        colors = self.theme.colors
        above = -7.0 if train[0] >= test[0] else 15.0
        named = (
            (self.tr("training"), train, colors.first_class, above),
            (self.tr("test"), test, colors.second_class, 8.0 - above),
        )
        muted, at = QColor(colors.muted), (AFTER_NAME_PX, -3)
        self.names.words = [Words(self.tr("guessing"), X_RANGE[0], level, muted, shift=at)]
        for name, values, color, shift in named:
            if math.isfinite(values[0]):
                place = Words(name, 0, float(values[0]), colors.ink(color), shift=(6, shift))
                self.names.words.append(place)

    def _describe(self, x: float, _y: float) -> str:
        found = self.found
        if found is None or found.outcome is None:
            return ""
        place = int(np.abs(PLACES - x).argmin())
        values = [float(value[place]) for value in found.outcome]
        which = "no labels" if PLACES[place] == NONE_AT else f"{SHUFFLED[place]} % shuffled"
        train, test = known(values[0]), known(values[1])
        if self._of_numbers:
            return f"{which}: training loss {train}, test loss {test}"
        right = [whole_percent(value) for value in values[2:]]
        return (
            f"{which}: training {right[0]} right, loss {train}; test {right[1]} right, loss {test}"
        )
