"""First myth: that backpropagation searches at random. A race against a search that does."""

import numpy as np
from PySide6.QtGui import QColor

from core.training import Trainer
from lab.build import make_trainer
from lab.effort import STEP_COST
from lab.errands import Errands, Work
from lab.myth_words import words_of_race
from lab.races import FEWEST, Lines, Race, usual_forwards
from lab.specimens import Specimen
from lab.traces import decades
from lab.words import known, spaced
from widgets.controls.segments import Segments
from widgets.plots.axes import Plot, finite_range, roomy_end
from widgets.plots.canvas import Labels, Polylines, Words
from widgets.plots.frame import Table
from widgets.theme import Theme
from widgets.tools.myth import Claim, Myth

FLATTEST_DECADES = 0.3


class RaceMyth(Myth):
    """Both losses against forward passes, while they run."""

    def __init__(self, theme: Theme, errands: Errands) -> None:
        super().__init__(
            theme,
            errands,
            Claim(
                self.tr("It does not search at random."),
                self.tr(
                    "Gradient descent races random search: perturb all weights, keep them if the "
                    "loss is not higher. A step counts as three forward passes."
                ),
                self.tr(
                    "Press Run: two lines will show how the loss falls, by gradient descent and by "
                    "random search."
                ),
                self.tr(
                    "A backward pass costs about two forward passes. The search adapts the size "
                    "of its perturbations so that one try in five is kept (Rechenberg 1973), and "
                    "sees all training samples at every try, of many the first 512; gradient "
                    "descent sees one batch."
                ),
                self.tr("passes"),
                self.tr("How many forward passes each of the two has."),
                FEWEST,
                300_000,
                usual_forwards,
            ),
        )
        self.origin = Segments(
            [
                (self.tr("First weights"), self.tr("Both start as this network once did.")),
                (self.tr("Present ones"), self.tr("Both start where this network is now.")),
            ],
            self.tr("Start from"),
        )
        self.add_controls(self.origin)
        self.plot = Plot(theme, "forward passes", "training loss")
        self.plot.y_axis.logarithmic = self.plot.x_axis.whole = True
        self.plot.read = self._describe
        self.curves, self.names = Polylines(), Labels()
        self.plot.draw(self.curves, self.names)
        self.add_plot(self.plot)
        self.race: Race | None = None
        self.lines: Lines | None = None
        self.apply_theme()

    def work(self, specimen: Specimen) -> Work[Lines]:
        def trainer() -> Trainer:
            return specimen.trainer if present else make_trainer(specimen.spec_alone)

        present = self.origin.index() == 1
        self.race = Race(trainer, self.amount.value(), specimen.seed)
        self.plot.following = True
        return self.race.run()

    def show_so_far(self) -> None:
        assert self.race is not None
        self._draw(self.race.lines)

    def show_result(self, result: Lines) -> str:
        assert self.race is not None
        self._draw(result)
        return words_of_race(self.race)

    @property
    def drawn(self) -> bool:
        lines = self.lines
        return lines is not None and bool(np.isfinite([lines.descent, lines.search]).any())

    def forget(self) -> None:
        self.race = self.lines = None
        self.curves.set_data(np.empty(0), np.empty((2, 0)))
        self.names.words = []
        self.plot.canvas.update()

    def numbers(self) -> Table:
        columns = ["forward_passes", "gradient_descent_loss", "random_search_loss"]
        rows = np.column_stack(self.lines).tolist() if self.lines is not None else []
        return Table(columns, rows)

    def apply_theme(self) -> None:
        super().apply_theme()
        self.curves.set_colors(self._colors)
        self.names.font, self.names.ground = self.theme.font("small"), self.theme.veil
        if self.lines is not None:
            self._draw(self.lines)

    @property
    def _colors(self) -> list[QColor]:
        colors = self.theme.colors
        return [QColor(colors.accent), QColor(colors.pins[0])]

    def _draw(self, lines: Lines) -> None:
        if not len(lines.forwards):
            return
        self.lines = lines
        logs = decades(np.stack([lines.descent, lines.search]))
        self.curves.set_data(lines.forwards, logs)
        self._name_lines(float(lines.forwards[-1]), logs)
        y_range = finite_range(logs, FLATTEST_DECADES)
        if y_range is not None:
            self.plot.follow((0.0, roomy_end(float(lines.forwards[-1]))), y_range)

    def _name_lines(self, last: float, logs: np.ndarray) -> None:
        names = (self.tr("gradient descent"), self.tr("random search"))
        self.names.words = [
            Words(name, last, float(line[np.isfinite(line)][-1]), color, right=True, shift=(-4, -6))
            for name, line, color in zip(names, logs, self._colors, strict=True)
            if np.isfinite(line).any()
        ]

    def _describe(self, x: float, _y: float) -> str:
        lines = self.lines
        if lines is None:
            return ""
        place = int(np.abs(lines.forwards - x).argmin())
        passes = round(float(lines.forwards[place]))
        steps = passes // STEP_COST
        return (
            f"{spaced(passes)} forward passes ({spaced(steps)} steps): "
            f"gradient descent {known(float(lines.descent[place]))}, "
            f"random search {known(float(lines.search[place]))}"
        )
