"""The three columns of a walk, in step: formula and numbers beside one another, then the code."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter

from lab.strolls import Stroll
from widgets.plots.frame import Table
from widgets.theme import Theme
from widgets.tools.code_view import CodeView
from widgets.tools.step_rows import ScrolledRows
from widgets.tools.step_words import passages_of, rows_of

WIDTH_OF_ROWS, WIDTH_OF_CODE = 5000, 4000  # in this relation


class StepColumns(QSplitter):
    """Shows where a stroll is."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.scrolled = ScrolledRows(theme)
        self.rows = self.scrolled.rows
        self.rows.setAccessibleName(self.tr("Formulas and numbers"))
        self.code = CodeView(theme)
        self.addWidget(self.scrolled)
        self.addWidget(self.code)
        self.setSizes([WIDTH_OF_ROWS, WIDTH_OF_CODE])
        self.setChildrenCollapsible(False)

    def show_stroll(self, stroll: Stroll | None) -> None:
        """Show formulas, numbers and lines of a place in a walk; None is nothing."""
        if stroll is None:
            self.scrolled.show_rows((), None)
            self.code.show_passages(())
        else:
            self.scrolled.show_rows(*rows_of(stroll))
            self.code.show_passages(passages_of(stroll))

    def apply_theme(self) -> None:
        """Take over the present theme."""
        self.rows.apply_theme()
        self.code.apply_theme()

    def numbers(self) -> Table:
        """Return every number that is shown, as it is written."""
        found = [
            (row.words, tableau.title, place, *cells)
            for row in self.rows.rows
            for tableau in row.tableaux
            for place, cells in enumerate(tableau.cells)
        ]
        width = max(map(len, found), default=3)
        columns = ["line", "array", "row", *(f"column_{i}" for i in range(width - 3))]
        return Table(columns, [(*row, *[""] * (width - len(row))) for row in found])
