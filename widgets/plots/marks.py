"""Labelled lines on a time axis where something was changed while training."""

import pyqtgraph as pg
from PySide6.QtCore import Qt

from lab.history import Mark
from widgets.plots.axes import Plot

MOST_MARKS = 24


class Marks:
    """Shows the newest marks of a run on one plot."""

    def __init__(self, plot: Plot, *, labelled: bool = True) -> None:
        self._plot = plot
        self._labelled = labelled
        self._shown: tuple[Mark, ...] = ()
        self._lines: list[pg.InfiniteLine] = []

    def set_marks(self, marks: tuple[Mark, ...]) -> None:
        """Show these marks; the labels are plain text."""
        if marks == self._shown:
            return
        for line in self._lines:
            self._plot.removeItem(line)
        self._shown = marks
        self._lines = [self._line(mark) for mark in marks[-MOST_MARKS:]]
        for line in self._lines:
            self._plot.addItem(line, ignoreBounds=True)

    def apply_theme(self) -> None:
        """Draw the marks again in the present colours."""
        marks, self._shown = self._shown, ()
        self.set_marks(marks)

    def _line(self, mark: Mark) -> pg.InfiniteLine:
        colors = self._plot.theme.colors
        line = pg.InfiniteLine(
            mark.step, angle=90, pen=pg.mkPen(colors.muted, style=Qt.PenStyle.DashLine)
        )
        if self._labelled:
            label = pg.InfLineLabel(
                line, position=0.98, rotateAxis=(1, 0), anchors=[(1, 1), (1, 1)]
            )
            label.setColor(colors.muted)
            label.setPlainText(mark.text)
            label.setFont(self._plot.theme.font("small"))
        line.setToolTip(f"step {mark.step}: {mark.text}")
        return line
