"""Check: is backpropagation right, layer by layer? Differences, autograd, and a rule."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QLabel, QSplitter, QTableWidget, QTableWidgetItem

from lab.errands import Errands, Work
from lab.gradient_check import RULE, GradientCheck, gradient_check
from lab.run import Frame
from lab.specimens import Specimen
from lab.words import known, number, percent, spaced
from widgets.controls.segments import Segments
from widgets.focus import Focus
from widgets.plots.frame import Begun, Table
from widgets.plots.table_sheet import table_sheet
from widgets.theme import Theme
from widgets.tools.check_plot import CheckPlot
from widgets.tools.errand_tool import ErrandTool

SIDE_BY_SIDE_PX, WIDE_ENOUGH_FOR_WORDS = 440, 640
HIGH_ENOUGH_FOR_RULE = 330
HEADINGS = ("layer", "checked", "differences", "allowed", "smooth", "autograd", "own precision")
# How many are checked: in words, in short, and what is to be known of it.
MANY = (
    ("2 000 weights", "2 000", "Chosen at random, as many of each layer."),
    ("Every weight", "Every", "All of them; of large networks it takes long."),
)
COLUMNS = (
    "layer",
    "weights",
    "weights_checked",
    "relative_error",
    "allowed",
    "resolution",
    "share_smooth",
    "autograd_error",
    "own_precision_error",
    "passes",
)


class CheckPanel(ErrandTool[GradientCheck]):
    """What came of the last check; another one when asked."""

    def __init__(self, theme: Theme, focus: Focus, errands: Errands) -> None:
        ask = ("Check", "Check the gradient of the network as it is now; training goes on.")
        super().__init__(theme, "Check", focus, errands, ask)
        kinds = [(self.tr(words), self.tr(tip)) for words, _, tip in MANY]
        self.many = Segments(kinds, self.tr("Check"))
        self.add_control(self.many, self.start)
        self.verdict, self.rule = QLabel(), QLabel(self.tr(RULE))
        for label in (self.verdict, self.rule):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setContentsMargins(8, 0, 8, 4)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.rule.setProperty("role", "muted")
        self.verdict.setToolTip(self.rule.text())
        self.plot = CheckPlot(theme)
        self.plot.on_read = self._on_read
        self.plot.customContextMenuRequested.connect(
            lambda point: self.show_menu(self.plot.mapToGlobal(point))
        )
        self.table = _table(len(HEADINGS))
        self.table.setAccessibleName(self.tr("Errors of every layer"))
        self.table.customContextMenuRequested.connect(
            lambda point: self.show_menu(self.table.viewport().mapToGlobal(point))
        )
        self.halves = QSplitter()
        self.halves.addWidget(self.plot)
        self.halves.addWidget(self.table)
        self.halves.setChildrenCollapsible(False)
        self.halves.setSizes([1, 1])
        self.legend = QLabel()
        self.legend.setProperty("role", "figure")
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.legend.setContentsMargins(8, 0, 8, 2)
        for widget in (self.verdict, self.legend):
            self.body.addWidget(widget)
        self.body.addWidget(self.halves, 1)
        self.body.addWidget(self.rule)
        self.check: GradientCheck | None = None
        self._caption = ""  # what was checked
        self.apply_theme()
        self._forget()

    def begin(self, begun: Begun) -> None:
        super().begin(begun)
        self._forget()

    @property
    def used(self) -> bool:
        return self.check is not None

    def work(self, specimen: Specimen) -> Work[GradientCheck]:
        return gradient_check(specimen, every=self.many.index() == 1)

    def show_result(self, result: GradientCheck) -> None:
        self.check, self._gone_on = result, False
        self.verdict.setProperty("role", "" if result.passed else "warning")
        self.verdict.style().polish(self.verdict)
        self.plot.following = True
        self.plot.show_check(result)
        self._fill(result)
        self.halves.show()
        self._write(result)
        self.say(result.without_autograd)

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        super().show_frame(frame, resting=resting)
        check = self.check
        if check is not None and frame.step != check.step and not self._gone_on:
            self._gone_on = True
            self._write(check)

    def _write(self, check: GradientCheck) -> None:
        gone_on = self.tr("; the run has gone on") if self._gone_on else ""
        self._caption = f"{check.caption}{gone_on}"
        self.verdict.setText(check.verdict)
        self._on_read("")

    def numbers(self) -> Table:
        check = self.check
        if check is None:
            return Table(COLUMNS, [])
        comparison, count = check.comparison, len(check.sizes)
        columns = (
            range(1, count + 1),
            check.sizes.tolist(),
            check.counts.tolist(),
            comparison.relative.tolist(),
            check.allowed.tolist(),
            comparison.resolution.tolist(),
            comparison.compared.tolist(),
            [""] * count if check.autograd is None else check.autograd.tolist(),
            [""] * count if check.own is None else check.own.tolist(),
            check.passes.tolist(),
        )
        return Table(COLUMNS, list(zip(*columns, strict=True)))

    def apply_theme(self) -> None:
        self.plot.apply_theme()
        self.table.setStyleSheet(table_sheet(self.theme))
        self.table.setFont(self.theme.font())
        self.table.horizontalHeader().setFont(self.theme.font("small"))
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + 7)
        self.table.resizeColumnsToContents()
        self._on_read("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= SIDE_BY_SIDE_PX
        way = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        self.halves.setOrientation(way)
        short = self.width() < WIDE_ENOUGH_FOR_WORDS
        for button, words in zip(self.many.group.buttons(), MANY, strict=True):
            button.setText(self.tr(words[short]))
        self.rule.setVisible(self.height() >= HIGH_ENOUGH_FOR_RULE)

    def _forget(self) -> None:
        self.check, self._gone_on, self._caption = None, False, ""
        self.verdict.setText(
            self.tr("Press Check to compare backpropagation with what the loss really does.")
        )
        self.plot.show_check(None)
        self.table.setRowCount(0)
        self.halves.hide()
        self._on_read("")

    def _fill(self, check: GradientCheck) -> None:
        names = [self.tr(heading) for heading in HEADINGS]
        names[-1] = check.precision
        self.table.setHorizontalHeaderLabels(names)
        self.table.setColumnHidden(4, bool((check.comparison.compared == 1).all()))
        self.table.setColumnHidden(5, check.autograd is None)
        self.table.setColumnHidden(6, check.own is None)
        self.table.setRowCount(len(check.sizes))
        for row, passes in enumerate(check.passes.tolist()):
            cells = [
                f"{row + 1}",
                spaced(int(check.counts[row])),
                known(check.comparison.relative[row]) + ("" if passes else " !"),
                number(check.allowed[row]),
                percent(check.comparison.compared[row], 0),
                "" if check.autograd is None else known(check.autograd[row]),
                "" if check.own is None else known(check.own[row]),
            ]
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
        self.table.resizeColumnsToContents()

    def _on_read(self, text: str) -> None:
        self.readout.setText(text or self._caption)
        self.legend.setText(self.plot.legend())
        self.legend.setVisible(self.check is not None)


def _table(columns: int) -> QTableWidget:
    table = QTableWidget(0, columns)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)  # Tab leaves the table
    table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.verticalHeader().hide()
    table.horizontalHeader().setHighlightSections(False)
    return table
