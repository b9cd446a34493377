"""Check: is backpropagation right, layer by layer? Differences, autograd, and a rule."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QLabel, QSplitter, QTableWidget, QTableWidgetItem

from lab.errands import Errands, Work
from lab.frames import Frame
from lab.gradient_check import RULE, GradientCheck, gradient_check
from lab.specimens import Specimen
from lab.words import UNKNOWN, known, spaced, whole_percent
from widgets.controls.segments import Segments
from widgets.focus import Focus
from widgets.plots.frame import Begun, Table
from widgets.plots.table_sheet import table_sheet
from widgets.theme import Theme
from widgets.tools.check_plot import CheckPlot
from widgets.tools.errand_tool import ErrandTool

SIDE_BY_SIDE_PX, WIDE_ENOUGH_FOR_WORDS = 440, 640
HIGH_ENOUGH_FOR_RULE = 330
# What the table has of every layer, and what is to be known of it.
HEADINGS = (
    ("layer", "Counted from the inputs; the last is the output."),
    ("worst", "The largest error of a single weight: this must not be above 1e-6."),
    ("of", "The weight that has it: W from a unit to a unit, b and others of a unit."),
    (
        "together",
        "|backpropagation − differences| / |differences|, norms over the checked weights.",
    ),
    ("autograd", "|backpropagation − autograd| / |autograd|, norms over the layer."),
    ("own precision", "|own precision − double precision| / |double precision|, norms."),
    ("smooth", "The share without a kink within the step."),
    ("checked", "How many weights and biases of the layer were checked."),
)
TOGETHER, AUTOGRAD, OWN, SMOOTH, CHECKED = range(3, len(HEADINGS))
# In this order, where there is no room; pointing shows them.
SPARED = (CHECKED, SMOOTH, TOGETHER, OWN, AUTOGRAD)
SHARES = (2, 3)  # of plot and table
# How many are checked: in words, in short, and what is to be known of it.
MANY = (
    ("2 000 weights", "2 000", "Chosen at random, as many of each layer."),
    ("Every weight", "Every", "All of them; of large networks it takes long."),
)
COLUMNS = (
    "layer",
    "weights",
    "weights_checked",
    "worst_error",
    "worst_weight",
    "floor",
    "relative_error",
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
        for index, share in enumerate(SHARES):
            self.halves.setStretchFactor(index, share)
        self.halves.setSizes([100 * share for share in SHARES])
        self.halves.splitterMoved.connect(self._fit_columns)
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
            comparison.errors.tolist(),
            ["" if place is None else str(place) for place in check.worst],
            comparison.floors.tolist(),
            comparison.relative.tolist(),
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
        QTimer.singleShot(0, self, self._fit_columns)  # once the table has its new width

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
        comparison = check.comparison
        for column, (name, tip) in enumerate(HEADINGS):
            head = QTableWidgetItem(check.precision if column == OWN else self.tr(name))
            head.setToolTip(self.tr(tip))
            self.table.setHorizontalHeaderItem(column, head)
        self.table.setRowCount(len(check.sizes))
        for row, passes in enumerate(check.passes.tolist()):
            cells = [
                f"{row + 1}",
                known(comparison.errors[row]) + ("" if passes else " !"),
                UNKNOWN if check.worst[row] is None else str(check.worst[row]),
                known(comparison.relative[row]),
                "" if check.autograd is None else known(check.autograd[row]),
                "" if check.own is None else known(check.own[row]),
                whole_percent(comparison.compared[row]),
                spaced(int(check.counts[row])),
            ]
            heads = [self.table.horizontalHeaderItem(column) for column in range(len(cells))]
            pairs = zip(heads, cells, strict=True)
            whole = "\n".join(f"{head.text()}: {text}" for head, text in pairs if head and text)
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(whole)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
        QTimer.singleShot(0, self, self._fit_columns)  # it may have been hidden

    def _fit_columns(self) -> None:
        """Show what there is to show, without what can be spared where there is no room."""
        check, table = self.check, self.table
        if check is None:
            return
        nothing = {
            SMOOTH: bool((check.comparison.compared == 1).all()),
            AUTOGRAD: check.autograd is None,
            OWN: check.own is None,
        }
        for column in range(len(HEADINGS)):
            table.setColumnHidden(column, nothing.get(column, False))
        table.resizeColumnsToContents()
        for column in SPARED:
            if table.horizontalHeader().length() > table.viewport().width():
                table.setColumnHidden(column, True)

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
