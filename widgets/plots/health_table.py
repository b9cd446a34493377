"""A row per layer: the size of its signals and gradients, how fast it moves, and a word for it."""

from functools import partial

from PySide6.QtCore import QItemSelection, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView

from core.arrays import Array
from core.datasets import Dataset
from lab.frames import Frame
from lab.history import History
from lab.spec import Spec
from lab.stakes import STILL_ABOVE, stakes_of
from lab.verdict import Rule
from lab.words import name_of_steps, of_networks, spaced
from widgets.focus import Focus
from widgets.pace import Seldom
from widgets.plots.frame import Begun, PictureFrame, Table
from widgets.plots.health_model import ARROWS, COLUMNS, DOWN, HealthModel
from widgets.plots.quantity_choice import clips
from widgets.plots.table_sheet import PADDING_PX, table_sheet
from widgets.theme import Theme

SHOWN_FRAMES = 7
FRAME_PX = 8  # what Qt leaves free in them besides
SPARED = [place for place, column in enumerate(COLUMNS) if column.name in ("width", "activation")]


class HealthTable(PictureFrame):
    """The table; its selected row is the layer in focus."""

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "Health")
        self._focus = focus
        self._spec: Spec | None = None
        self._history: History | None = None
        self._data: Dataset | None = None
        self._frame: Frame | None = None
        self._pace = Seldom(SHOWN_FRAMES)
        self.model = HealthModel(theme, self)
        self.table = LayerView(self.model)
        self.table.setAccessibleName(self.tr("Health of every layer"))
        self.table.setToolTip(self.tr("Choose a layer; a click on a heading sorts."))
        self.table.customContextMenuRequested.connect(
            lambda point: self.show_menu(self.table.viewport().mapToGlobal(point))
        )
        self.table.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.body.addWidget(self.table, 1)
        self.apply_theme()

    def begin(self, begun: Begun) -> None:
        self._spec, self._history, self._data = begun.spec, begun.history, begun.data
        self._frame = None
        self._pace.restart()
        self.model.begin(begun.spec)
        self.show_spec(begun.spec)

    def set_rule(self, rule: Rule) -> None:
        """Go by this rule from now on."""
        self.model.rule = rule
        self.refresh()

    def show_spec(self, spec: Spec) -> None:
        """Take over changes of the run that is shown; another network will be begun with."""
        self.table.set_clipping(on=clips(spec))
        if self._spec is not None and spec.network == self._spec.network:
            self._spec = spec
            self.model.set_spec(spec)
            self.refresh()

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        self._frame = frame
        if self.seen and self._pace.is_time(resting=resting):
            self.refresh()

    def refresh(self) -> None:
        if self._frame is None or not self.seen:
            return
        magnitudes, loss, when = self._looked_at(self._frame)
        assert self._data is not None
        assert self._spec is not None
        left = stakes_of(self._data, self._spec).left(loss)
        self.model.show(magnitudes, learned=left < STILL_ABOVE)
        self._select_focus()
        self.readout.setText(when)

    def numbers(self) -> Table:
        return self.model.numbers(self.model.layers)

    def add_menu_entries(self, menu: QMenu) -> None:
        copy = menu.addAction(self.tr("Copy selected rows"), self.table.copy_rows)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setEnabled(self.table.selectionModel().hasSelection())
        order = menu.addMenu(self.tr("Sort by"))
        for place in self.model.places:
            order.addAction(COLUMNS[place].label, partial(self.model.sort_or_turn, place))
        menu.addSeparator()

    def apply_theme(self) -> None:
        self.table.setStyleSheet(table_sheet(self.theme))
        self.table.setFont(self.theme.font())
        self.table.horizontalHeader().setFont(self.theme.font("small"))
        self.table.fit()

    def _looked_at(self, frame: Frame) -> tuple[Array, float, str]:
        """Return the moment's matrix (quantities, layers), its loss, and words for it."""
        assert self._spec is not None
        assert self._history is not None
        count = self._spec.network.seeds
        wanted = self._focus.moment
        moment = None if wanted is None else self._history.at(wanted)
        networks = of_networks(frame.learning, count, past=moment is not None)
        of_whom = self.tr(", medians of {0} networks").replace("{0}", networks)
        whose = of_whom if count > 1 else ""
        if moment is None:
            record = frame.record
            return record.magnitudes, float(record.loss), f"step {spaced(frame.step)}{whose}"
        losses = self._history.series("loss", 1, moment.first, moment.last, spread=False).mean
        when = f"{name_of_steps(moment.first, moment.last)}{whose}"
        return moment.magnitudes, float(losses[-1]), when

    def _select_focus(self) -> None:
        """Select the layer in focus, unless it is among the selected ones."""
        layer, table, model = self._focus.layer, self.table, self.model
        selected = [model.layers[row].number for row in table.rows()]
        if layer in selected or (layer is None and not selected):
            return
        row = None if layer is None else model.row_of(layer)
        if row is None:
            table.clearSelection()
        else:
            table.setCurrentIndex(model.index(row, 0))

    def _on_selection_changed(self, _new: QItemSelection, _old: QItemSelection) -> None:
        rows = self.table.rows()
        if not rows:
            self._focus.choose_layer(None)
            return
        current = self.table.currentIndex().row()
        layer = self.model.layers[current if current in rows else rows[0]].number
        if layer != self._focus.layer:  # the same one again would let it go
            self._focus.choose_layer(layer)


class LayerView(QTableView):
    """A quiet table whose rows are selected as a whole and copied with their headings."""

    def __init__(self, model: HealthModel) -> None:
        super().__init__()
        self.setModel(model)
        self._model = model
        self._widths = [self.horizontalHeader().defaultSectionSize()] * len(COLUMNS)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)  # Tab leaves the table
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        # Qt's own sign of the order would lie over right-aligned headings.
        header.setSectionsClickable(True)
        header.sectionClicked.connect(model.sort_or_turn)

    def fit(self) -> None:
        """Give rows and columns the room that their texts need in the present font.

        Not asked of the contents, which change while training: columns would jump.
        """
        metrics, heads = self.fontMetrics(), self.horizontalHeader().fontMetrics()
        self.verticalHeader().setDefaultSectionSize(metrics.height() + 7)
        for place, column in enumerate(COLUMNS):
            head = heads.horizontalAdvance(column.label + ARROWS[DOWN])
            room = max(metrics.horizontalAdvance(column.widest), head)
            self._widths[place] = room + 2 * PADDING_PX + FRAME_PX
            self.setColumnWidth(place, self._widths[place])
        self._share_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def set_clipping(self, *, on: bool) -> None:
        """Have a column for the gradient after clipping, or none."""
        self._model.set_clipping(on=on)
        self._share_room()

    def _share_room(self) -> None:
        """Leave out what stands among the controls too, where not all columns have room."""
        places = self._model.places
        needed = sum(self._widths[place] for place in places)
        spared = [place for place in SPARED if needed > self.viewport().width()]
        for place in range(len(COLUMNS)):
            self.setColumnHidden(place, place not in places or place in spared)

    def rows(self) -> list[int]:
        """Return which rows are selected, from the top."""
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def copy_rows(self) -> None:
        """Put the selected rows on the clipboard, headings first."""
        layers = [self._model.layers[row] for row in self.rows()]
        QGuiApplication.clipboard().setText(self._model.numbers(layers).to_tabs())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_rows()
        else:
            super().keyPressEvent(event)
