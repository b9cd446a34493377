"""Step through: one turn of the loop by hand, as formula, as numbers and as code.

A walk goes through the next step of the run, on a twin; the run learns nothing of it. It begins at
rest: a first key press while training goes on pauses it. When training goes on, the walk is over.
"""

from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QHideEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter

from core.moments import Stage
from core.walks import Walk
from lab.mailbox import Wishes
from lab.run import Frame
from lab.specimens import Specimen
from lab.strolls import Stride, Stroll
from widgets.controls.segments import small_button
from widgets.focus import Focus, Lit
from widgets.plots.frame import Begun, Table
from widgets.theme import Theme
from widgets.tools.code_view import CodeView
from widgets.tools.step_bar import PaceSlider, SampleChoice, StageButtons
from widgets.tools.step_rows import ScrolledRows
from widgets.tools.step_words import headline_of, passages_of, prepared, rows_of
from widgets.tools.tool import Tool

WIDTH_OF_ROWS, WIDTH_OF_CODE = 5000, 4000
KEYS = {
    (Qt.Key.Key_Right, False): (True, Stride.STAGE),
    (Qt.Key.Key_Right, True): (True, Stride.LAYER),
    (Qt.Key.Key_Down, False): (True, Stride.LINE),
    (Qt.Key.Key_Left, False): (False, Stride.STAGE),
    (Qt.Key.Key_Backspace, False): (False, Stride.STAGE),
    (Qt.Key.Key_Left, True): (False, Stride.LAYER),
    (Qt.Key.Key_Up, False): (False, Stride.LINE),
}


class StepsTool(Tool):
    """`pause_wanted`, `step_wanted` and `play_wanted` ask for the run to wait, step or go on."""

    pause_wanted = Signal()
    step_wanted = Signal()
    play_wanted = Signal()

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "Steps", focus)
        self.stroll: Stroll | None = None
        self._resting = True
        self._step = 0
        self._told = False  # that it trains
        self._begun: Specimen | None = None
        self._next: Callable[[], None] | None = None
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._on_tick)
        self._preparation: Iterator[None] = iter(())
        self._preparer = QTimer(self)
        self._preparer.timeout.connect(self._on_idle)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._make_bar()
        self.note = QLabel()
        self.note.setProperty("role", "warning")
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        self.note.setContentsMargins(8, 0, 8, 2)
        self.columns = ScrolledRows(theme)
        self.columns.rows.setAccessibleName(self.tr("Formulas and numbers"))
        self.columns.rows.chosen.connect(self._on_row_chosen)
        self.code = CodeView(theme)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.columns)
        self.splitter.addWidget(self.code)
        self.splitter.setSizes([WIDTH_OF_ROWS, WIDTH_OF_CODE])  # in this relation
        self.splitter.setChildrenCollapsible(False)
        self.body.addWidget(self.note)
        self.body.addWidget(self.splitter, 1)
        self.body.setContentsMargins(2, 2, 2, 2)
        self._show()

    def _make_bar(self) -> None:
        tr = self.tr
        self.stages = StageButtons()
        self.stages.chosen.connect(self._on_stage_chosen)
        self.back = small_button("◂", tr("Undo the last stage (Left or Backspace)."), tr("Back"))
        self.layer = small_button(
            tr("Layer ▸"),
            tr("Go on by one layer (Shift+Right); Shift+Left goes back."),
            tr("Layer"),
        )
        self.line = small_button(
            tr("Line ▸"), tr("Go on by one line of one layer (Down); Up goes back."), tr("Line")
        )
        for index, widget in enumerate((self.back, self.stages, self.layer, self.line), 1):
            self.header.insertWidget(index, widget)
        self.back.clicked.connect(partial(self._move, on=False, stride=Stride.STAGE))
        self.layer.clicked.connect(partial(self._move, on=True, stride=Stride.LAYER))
        self.line.clicked.connect(partial(self._move, on=True, stride=Stride.LINE))
        self.slow = small_button(
            tr("Slow motion"), tr("Go on by itself, layer by layer."), checkable=True
        )
        self.pace = PaceSlider()
        self.sample = SampleChoice()
        self.take = small_button(
            tr("Take this step"),
            tr("Let the run take this step, and go on with the next batch (Return)."),
        )
        self.leave = small_button(tr("Train on"), tr("Leave the walk and let the run train."))
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 2)
        row.setSpacing(6)
        for widget in (self.sample, self.slow, self.pace):
            row.addWidget(widget)
        row.addStretch(1)
        for widget in (self.take, self.leave):
            row.addWidget(widget)
        self.body.addLayout(row)
        self.slow.toggled.connect(self._on_slow_toggled)
        self.pace.valueChanged.connect(self._on_pace_changed)
        self.sample.changed.connect(self._on_sample_changed)
        self.take.clicked.connect(self._on_take)
        self.leave.clicked.connect(self._on_leave)

    # -- what the window tells

    @property
    def wishes(self) -> Wishes:
        return super().wishes if self._resting else ()

    def begin(self, begun: Begun) -> None:
        super().begin(begun)
        self._resting, self._next = True, None
        self.sample.set_count(len(begun.data.x_train))
        self._end_walk()

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        self._resting, self._step = resting, frame.step
        if resting:
            super().show_frame(frame, resting=resting)
        elif self.seen and self._is_behind() and (self.stroll is not None or not self._told):
            self._end_walk()

    def _is_behind(self) -> bool:
        """Whether the run has left the walk behind: one step more may be on its way to rest."""
        return self.specimen is None or self._step > self.specimen.step + 1

    def show_specimen(self) -> None:
        """Begin at the step that comes next, unless that is under way already."""
        assert self.specimen is not None
        if self.stroll is None or not self._is_known(self.specimen):
            self._begin_walk()
            if self._next is not None:
                move, self._next = self._next, None
                move()

    def refresh(self) -> None:
        """The focus is on another layer or moment, which is no matter here."""

    def apply_theme(self) -> None:
        self.columns.rows.apply_theme()
        self.code.apply_theme()

    def numbers(self) -> Table:
        """Return every number of the rows that are shown."""
        rows = [
            (row.words, tableau.title, place, *line)
            for row in self.columns.rows.rows
            for tableau in row.tableaux
            for place, line in enumerate(tableau.cells)
        ]
        width = max(map(len, rows), default=3)
        columns = ["line", "array", "row", *(f"column_{i}" for i in range(width - 3))]
        return Table(columns, [(*row, *[""] * (width - len(row))) for row in rows])

    def set_in_front(self, in_front: bool) -> None:
        super().set_in_front(in_front)
        if in_front and self.window().isVisible():
            self.setFocus()
        if not in_front:
            self._forget()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._forget()

    # -- the walk

    def _is_known(self, specimen: Specimen) -> bool:
        """Whether the walk under way is of this very step."""
        mine = self._begun
        return (
            mine is not None
            and (mine.step, mine.seed, mine.spec) == (specimen.step, specimen.seed, specimen.spec)
            and bool((mine.network.parameters == specimen.network.parameters).all())
        )

    def _begin_walk(self) -> None:
        specimen, sample, refusal = self.specimen, self.sample.value(), ""
        if specimen is None:
            return
        try:
            walk = Walk(specimen.trainer, sample)
        except ValueError:
            refusal = self._refusal_of(specimen, sample)
            self.sample.choose_batch()
            walk = Walk(specimen.trainer)
        self._begun, self.stroll = specimen, Stroll(walk)
        self._preparation = prepared(walk)
        self._preparer.start()
        self._show(refusal)

    def _on_idle(self) -> None:
        """Prepare one more thing, so that no key press has to wait for it."""
        if next(self._preparation, False) is False:
            self._preparer.stop()

    def _refusal_of(self, specimen: Specimen, sample: int | None) -> str:
        if specimen.network.norm.keeps_statistics:
            return self.tr("Batch norm needs two samples or more: this is the batch.")
        text = self.tr("There is no sample {0} among the {1} of this run: this is the batch.")
        count = len(specimen.trainer.data.x_train)
        return text.replace("{0}", str((sample or 0) + 1)).replace("{1}", str(count))

    def _end_walk(self) -> None:
        self.stroll = self._begun = None
        self._preparer.stop()
        self._show()

    def _forget(self) -> None:
        """Keep nothing while nobody looks."""
        self.specimen, self._next = None, None
        self._end_walk()

    def _move(self, _pressed: bool = False, *, on: bool, stride: Stride) -> None:
        """Make a stride; a run that trains is paused first."""
        if self.stroll is None:
            if on:
                self._next = partial(self._move, on=on, stride=stride)
                self.pause_wanted.emit()
            return
        moved = self.stroll.on(stride) if on else self.stroll.back(stride)
        self._show("" if moved or not on else self._why_not())

    def _why_not(self) -> str:
        assert self.stroll is not None
        if self.stroll.walk.divergence:
            return self.tr("No update: {0}.").replace("{0}", self.stroll.walk.divergence)
        return self.tr("The step is complete: take it (Return), or go back (Left).")

    # -- what a person does

    def _on_stage_chosen(self, stage: Stage) -> None:
        if self.stroll is None:
            self._next = partial(self._on_stage_chosen, stage)
            self.pause_wanted.emit()
            self._show()
            return
        reached = self.stroll.go_to(stage)
        self._show("" if reached else self._why_not())

    def _on_row_chosen(self, row: int) -> None:
        stroll = self.stroll
        if stroll is not None and stroll.moment is not None and not stroll.shows_layers:
            stroll.stand_at(stroll.walk.moments_beside(stroll.at)[row])
            self._show()

    def _on_sample_changed(self) -> None:
        self._begin_walk()

    def _on_slow_toggled(self, on: bool) -> None:
        if on:
            self._clock.start(self.pace.interval_ms)
            self._on_tick()
        else:
            self._clock.stop()

    def _on_pace_changed(self) -> None:
        self._clock.setInterval(self.pace.interval_ms)

    def _on_tick(self) -> None:
        self._move(on=True, stride=Stride.LAYER)
        if self.stroll is not None and self.stroll.over:
            self.slow.setChecked(False)

    def _on_take(self) -> None:
        if self.take.isEnabled():
            self.step_wanted.emit()

    def _on_leave(self) -> None:
        self._end_walk()
        self.play_wanted.emit()

    def event(self, event: QEvent) -> bool:
        """Keep the walk's keys from the window while the focus is here."""
        asked = event.type() == QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and _known(event) in KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _known(event) in KEYS:
            on, stride = KEYS[_known(event)]
            self._move(on=on, stride=stride)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.hasFocus():
            self._on_take()
        else:
            super().keyPressEvent(event)

    # -- showing

    def _show(self, note: str = "") -> None:
        """Show where the walk is, in the columns, the buttons and the picture of the network."""
        stroll = self.stroll
        self._told = stroll is None and not self._resting
        if stroll is None:
            text = self.tr("Training: Right pauses it, and walks through the next step.")
            self.readout.setText(text if self._told else "")
            self.columns.show_rows((), None)
            self.code.show_passages(())
            self.slow.setChecked(False)
        else:
            self.readout.setText(headline_of(stroll, self._begun.step if self._begun else 0))
            self.columns.show_rows(*rows_of(stroll))
            self.code.show_passages(passages_of(stroll))
        moment = stroll.moment if stroll is not None else None
        self.stages.show_stage(moment.stage if moment is not None else None)
        self.take.setEnabled(stroll is not None and self._is_real(stroll.walk))
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.focus.light(_lit_of(stroll))

    def _is_real(self, walk: Walk) -> bool:
        """Whether the run can take this step."""
        return self.sample.value() is None and not walk.divergence

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            with QPainter(self) as painter:
                painter.setPen(QColor(self.theme.colors.accent))
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


def _known(event: QKeyEvent) -> tuple[Qt.Key, bool]:
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if modifiers not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
        return Qt.Key.Key_unknown, False
    return Qt.Key(event.key()), modifiers == Qt.KeyboardModifier.ShiftModifier


def _lit_of(stroll: Stroll | None) -> Lit | None:
    moment = stroll.moment if stroll is not None else None
    if stroll is None or moment is None:
        return None
    every = (1, stroll.walk.count)
    first, last = every if stroll.shows_layers else (moment.layer, moment.layer)
    return Lit(first, last, moment.stage)
