"""Step through: one turn of the loop by hand, as formula, as numbers and as code.

A walk goes through the next step of the run, on a twin; the run learns nothing of it. It begins at
rest: a first key press while training goes on pauses it. When training goes on, the walk is over.
"""

from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QLabel

from core.moments import Stage
from core.walks import Walk
from lab.frames import Frame
from lab.mailbox import Wishes
from lab.specimens import Specimen
from lab.strolls import Stride, Stroll
from widgets.controls.segments import small_button
from widgets.focus import Focus, Lit
from widgets.folding_row import FoldingRow
from widgets.one_line import OneLine
from widgets.plots.frame import Begun, Table
from widgets.text_panel import plain_text
from widgets.theme import Theme
from widgets.tools.step_bar import SampleChoice, SlowMotion, StrideButtons
from widgets.tools.step_columns import StepColumns
from widgets.tools.step_keys import move_of
from widgets.tools.step_words import headline_of, prepared
from widgets.tools.tool import Tool

LONGEST_WORDS = "Backward, layer 20 of 20, line 8 of 8 (step 10 000)"  # usually
REST_PX = 72  # of the title row: margins, gaps and the button that closes it


class StepsTool(Tool):
    """`pause_wanted`, `step_wanted` and `play_wanted` ask for the run to wait, step or go on."""

    pause_wanted = Signal()
    step_wanted = Signal()
    play_wanted = Signal()

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "Steps", focus)
        self.stroll: Stroll | None = None
        self._begun: Specimen | None = None  # of which the walk is
        self._resting, self._told = True, False
        self._next: Callable[[], None] | None = None  # to be done when a walk has begun
        self._preparation: Iterator[None] = iter(())
        self._preparer = QTimer(self)
        self._preparer.timeout.connect(self._on_idle)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.body.setContentsMargins(2, 2, 2, 2)
        self._make_bar()
        self.columns = StepColumns(theme)
        self.columns.rows.chosen.connect(self._on_row_chosen)
        self.body.addWidget(self.columns, 1)
        self.empty = plain_text("muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setText(
            self.tr(
                "Right goes on by one stage: forward, loss, backward, update.\nEach is shown as "
                "formula, as this network's numbers, and as the lines of code that run.\n"
                "The run learns nothing of it until you take the step."
            )
        )
        self.body.addWidget(self.empty, 1)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(
            lambda point: self.show_menu(self.mapToGlobal(point))
        )
        self._show()

    def _make_bar(self) -> None:
        self.strides = StrideButtons()
        self.header.insertWidget(1, self.strides)
        self.header.addStretch()  # in the readout's place, where that is hidden
        self.where = OneLine()
        self.where.setContentsMargins(8, 0, 8, 0)
        self.note = QLabel()
        self.note.setProperty("role", "warning")
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        self.note.setContentsMargins(8, 0, 8, 2)
        self.sample, self.slow = SampleChoice(), SlowMotion()
        self.take = small_button(
            self.tr("Take step"),
            self.tr("Let the run take this step, and go on with the next batch (Return)."),
        )
        self.leave = small_button(
            self.tr("Train on"), self.tr("Leave the walk and let the run train.")
        )
        row = FoldingRow()
        row.add(self.strides.finer, self.sample, self.slow)
        row.add(self.take, self.leave, end=True)
        self.body.addWidget(row)
        self.body.addWidget(self.where)
        self.body.addWidget(self.note)
        self.strides.moved.connect(self._move)
        self.strides.chosen.connect(self._on_stage_chosen)
        self.slow.ticked.connect(self._on_tick)
        self.sample.changed.connect(self._begin_walk)
        self.sample.refused.connect(self.refused)
        self.take.clicked.connect(self.step_wanted)
        self.leave.clicked.connect(self._on_leave)

    # -- what the window tells

    @property
    def wishes(self) -> Wishes:
        return super().wishes if self._resting else ()

    def begin(self, begun: Begun) -> None:
        super().begin(begun)
        self._resting, self._next = True, None
        self._end_walk()

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        self._resting = resting
        if resting:
            super().show_frame(frame, resting=resting)
            return
        # One step more may be on its way to rest.
        behind = self.specimen is None or frame.step > self.specimen.step + 1
        if self.seen and behind and not self._told:
            self._end_walk()

    def show_specimen(self) -> None:
        """Begin at the step that comes next, unless that is under way already."""
        assert self.specimen is not None
        if self.stroll is not None and self._is_under_way(self.specimen):
            return
        self._begin_walk()
        if self._next is not None:
            move, self._next = self._next, None
            move()

    def refresh(self) -> None:
        """Show nothing else: which layer or moment is in focus does not matter here."""

    def apply_theme(self) -> None:
        self.columns.apply_theme()
        self._arrange()

    def numbers(self) -> Table:
        return self.columns.numbers()

    def set_in_front(self, in_front: bool) -> None:
        super().set_in_front(in_front)
        if not in_front:
            self._forget()
        elif self.window().isVisible():
            self.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._forget()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Say where the walk is beside the buttons, or below them where there is no room."""
        metrics = self.readout.fontMetrics()
        words = max(map(metrics.horizontalAdvance, (LONGEST_WORDS, self.where.text())))
        room = self.width() - self.strides.sizeHint().width() - REST_PX
        wide = room >= words
        self.title.setVisible(room >= words + self.title.sizeHint().width())
        self.where.setVisible(not wide)
        self.readout.setVisible(wide)
        self.readout.setText(self.where.text())

    # -- the walk

    def _is_under_way(self, specimen: Specimen) -> bool:
        """Whether the walk is through this very step."""
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
        self.sample.set_count(len(specimen.trainer.data.x_train))
        self._begun, self.stroll = specimen, Stroll(walk)
        self._preparation = prepared(walk)
        self._preparer.start()
        self._show(refusal)

    def _refusal_of(self, specimen: Specimen, sample: int | None) -> str:
        if specimen.network.norm.keeps_statistics:
            return self.tr("Batch norm needs two samples or more: this is the batch.")
        text = self.tr("There is no sample {0} among the {1} of this run: this is the batch.")
        count = len(specimen.trainer.data.x_train)
        return text.replace("{0}", str((sample or 0) + 1)).replace("{1}", str(count))

    @property
    def used(self) -> bool:
        return self.stroll is not None and self.stroll.over

    def _end_walk(self) -> None:
        self.stroll = self._begun = None
        self._preparer.stop()
        self.slow.stop()
        self._show()

    def _forget(self) -> None:
        """Keep nothing while nobody looks."""
        self.specimen = self._next = None
        self._end_walk()

    def _move(self, on: bool, stride: Stride) -> None:
        """Make a stride; a run that trains is paused first."""
        if self.stroll is None:
            self._begin_with(partial(self._move, on, stride))
            return
        moved = self.stroll.on(stride) if on else self.stroll.back(stride)
        self._show("" if moved or not on else self._why_not())

    def _begin_with(self, move: Callable[[], None]) -> None:
        """Let the run wait, and make a stride as soon as it does."""
        self._next = move
        self.pause_wanted.emit()

    def _why_not(self) -> str:
        assert self.stroll is not None
        if self.stroll.walk.divergence:
            return self.tr("No update: {0}.").replace("{0}", self.stroll.walk.divergence)
        if self.sample.value() is not None:
            return self.tr("The step is complete; Left goes back.")
        return self.tr("The step is complete: take it (Return), or go back (Left).")

    # -- what a person does

    def _on_stage_chosen(self, stage: Stage) -> None:
        if self.stroll is None:
            self._begin_with(partial(self._on_stage_chosen, stage))
            return
        reached = self.stroll.go_to(stage)
        self._show("" if reached else self._why_not())

    def _on_row_chosen(self, row: int) -> None:
        stroll = self.stroll
        if stroll is not None and stroll.moment is not None and not stroll.shows_layers:
            stroll.stand_at(stroll.walk.moments_beside(stroll.at)[row])
            self._show()

    def _on_tick(self) -> None:
        self._move(True, Stride.LAYER)
        if self.stroll is not None and self.stroll.over:
            self.slow.stop()

    def _on_leave(self) -> None:
        self._end_walk()
        self.play_wanted.emit()

    def _on_idle(self) -> None:
        """Prepare one more thing, so that no key press has to wait for it."""
        if next(self._preparation, False) is False:
            self._preparer.stop()

    def event(self, event: QEvent) -> bool:
        """Keep the walk's keys from the window while the focus is here."""
        asked = event.type() == QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and move_of(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = move_of(event)
        if move is not None:
            self._move(*move)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.hasFocus():
            self.take.click()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    # -- showing

    def _show(self, note: str = "") -> None:
        """Show where the walk is, in the columns, the buttons and the picture of the network."""
        stroll, moment = self.stroll, None
        self._told = stroll is None and not self._resting
        words = self.tr("Training; Right pauses it and begins") if self._told else ""
        if stroll is not None and self._begun is not None:
            words, moment = headline_of(stroll, self._begun.step), stroll.moment
        self.where.setText(words)
        self._arrange()
        self.columns.show_stroll(stroll)
        self.columns.setVisible(stroll is not None)
        self.empty.setVisible(stroll is None)
        self.strides.show_stage(moment.stage if moment is not None else None)
        real = stroll is not None and self.sample.value() is None and not stroll.walk.divergence
        self.take.setEnabled(real)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.focus.light(_lit_of(stroll))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame the panel that has the keys."""
        super().paintEvent(event)
        if self.hasFocus():
            with QPainter(self) as painter:
                painter.setPen(QColor(self.theme.colors.accent))
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


def _lit_of(stroll: Stroll | None) -> Lit | None:
    moment = stroll.moment if stroll is not None else None
    if stroll is None or moment is None:
        return None
    every = (1, stroll.walk.count)
    first, last = every if stroll.shows_layers else (moment.layer, moment.layer)
    return Lit(first, last, moment.stage)
