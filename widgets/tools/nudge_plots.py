"""The three plots of a nudge: beside each other, or in two rows where there is the height for it.

In a narrow panel two of three are seen whole and the last by scrolling: none is squeezed.
"""

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from lab.nudging import Nudged
from widgets.theme import Theme
from widgets.tools.nudge_errors import ErrorPlot
from widgets.tools.nudge_layers import LayerShifts
from widgets.tools.nudge_line import LossLine

LOWEST_PLOT_PX = 100
LEGENDS = ("◇ step -8.8e-88", "------ theory: 2", "□ ○ predicted")  # to be read in the plots
MARGINS_OF_PLOT_PX = 28
# Row, column and columns of each plot, and how much of the width the columns take.
ACROSS, ACROSS_STRETCHES = ((0, 0, 1), (0, 1, 1), (0, 2, 1)), (4, 3, 3)
BELOW, BELOW_STRETCHES = ((1, 0, 2), (0, 0, 1), (0, 1, 1)), (1, 1, 0)


class NudgePlots(QScrollArea):
    """`read` carries what is under the pointer, `menu_wanted` where a menu is asked for."""

    read = Signal(str)
    menu_wanted = Signal(QPoint)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.line, self.errors, self.layers = LossLine(theme), ErrorPlot(theme), LayerShifts(theme)
        self.plots = (self.line, self.errors, self.layers)
        self.high = False
        inside = QWidget()
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidget(inside)
        for plot in self.plots:
            plot.on_read = self.read.emit
            plot.box.sigResized.connect(lambda _box, plot=plot: _fit(plot))
            plot.customContextMenuRequested.connect(
                lambda point, plot=plot: self.menu_wanted.emit(plot.mapToGlobal(point))
            )
        self._place()

    def show_nudged(self, nudged: Nudged) -> None:
        """Draw one nudge."""
        for plot in self.plots:
            plot.show_nudged(nudged)

    def follow(self) -> None:
        """Take back what a person has zoomed into: it is gone."""
        for plot in self.plots:
            plot.following = True

    def apply_theme(self) -> None:
        """Take over the present theme."""
        for plot in self.plots:
            plot.apply_theme()
        self._widen()

    def set_high(self, high: bool) -> None:
        """Tell whether there is the height for two rows."""
        if high != self.high:
            self.high = high
            self._place()
            self._widen()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._widen()

    def _place(self) -> None:
        stretches = BELOW_STRETCHES if self.high else ACROSS_STRETCHES
        for column, stretch in enumerate(stretches):
            self._grid.setColumnStretch(column, stretch)
        places = BELOW if self.high else ACROSS
        for plot, (row, column, columns) in zip(self.plots, places, strict=True):
            self._grid.addWidget(plot, row, column, 1, columns)

    def _widen(self) -> None:
        """Give each plot the width of its legend; of three that have not, two are seen whole."""
        widths = [
            round(plot.y_axis.minimumWidth()) + plot.length_of(words) + MARGINS_OF_PLOT_PX
            for plot, words in zip(self.plots, LEGENDS, strict=True)
        ]
        half = self.width() // 2
        crowded = not self.high and sum(widths) > self.width() and max(widths) <= half
        for plot, width in zip(self.plots, widths, strict=True):
            plot.setMinimumSize(half if crowded else width, LOWEST_PLOT_PX)


def _fit(plot: LossLine | ErrorPlot | LayerShifts) -> None:
    """Draw it again: which words fit depends on its size."""
    if plot.nudged is not None:
        plot.show_nudged(plot.nudged)
