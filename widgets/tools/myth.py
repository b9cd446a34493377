"""A page of the panel of myths: a claim, how it is put to the test, and what was measured.

The test is an errand on a specimen of the network on the bench, which goes on as it was. Subclasses
say what the errand is and draw what it has found so far.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lab.errands import Errand, Errands, Latest, Work
from lab.spec import Spec
from lab.specimens import QUESTIONS, Specimen
from lab.words import spaced
from widgets.controls.index_box import WholeBox
from widgets.plots.axes import Plot
from widgets.plots.frame import Table
from widgets.text_panel import TextPanel, plain_text
from widgets.theme import Theme

COLUMN_PX, COLUMN_SHARE = 250, 42  # at most, and in percent
LINES = 2  # of what was measured, whatever it is: so the picture does not jump
WIDE_ENOUGH = 480  # to have words and picture side by side
DRAWN_EVERY = 3  # of the times that progress is told


@dataclass(frozen=True)
class Claim:
    """What a page says before anything is measured; `amount` is what a person may choose.

    `usual` suggests one that takes some seconds; `promise` is what its picture will show.
    """

    text: str
    method: str
    promise: str
    details: str
    amount: str
    tip: str
    low: int
    high: int
    usual: Callable[[Spec], int]


class Myth(QWidget):
    """While it is `waiting`, it wants a specimen; `network_wanted` asks for one that learns.

    `refused` carries a sentence on a typed number that is not allowed.
    """

    network_wanted = Signal()
    read = Signal(str)
    refused = Signal(str)
    menu_wanted = Signal(QPoint)

    def __init__(self, theme: Theme, errands: Errands, claim: Claim) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self.theme, self.waiting, self.question = theme, False, 0
        self._latest, self._told = Latest[Any](errands), 0
        self._usual, self._suggested = claim.usual, claim.low
        self.column = TextPanel()
        self.claim = self.column.add_text("title")
        self.claim.setText(claim.text)
        self.column.add(self._make_controls(claim))
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.column.add(self.progress)
        self.method = self.column.add_text("muted")
        self.method.setText(claim.method)
        self.method.setToolTip(claim.details)
        self.column.add(self._make_link())
        self.plots, self._picture = list[Plot](), QWidget()
        self._plot_row = QHBoxLayout(self._picture)
        self._plot_row.setContentsMargins(0, 0, 0, 0)
        self._plot_row.setSpacing(0)
        self.promise, self._promised = plain_text(), claim.promise
        self.promise.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.promise.setContentsMargins(16, 8, 16, 8)
        self.words = plain_text("figure")
        self.words.setContentsMargins(8, 0, 8, 6)
        self.words.setMinimumHeight(LINES * self.words.fontMetrics().lineSpacing())
        picture = QVBoxLayout()
        picture.setSpacing(0)
        picture.addWidget(self._picture, 1)
        picture.addWidget(self.promise, 1)
        picture.addWidget(self.words)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self.column)
        self._row.addLayout(picture)
        self._show_picture(False)
        self._show_busy()

    # -- what subclasses say

    def work(self, specimen: Specimen) -> Work[Any]:
        """Make the errand, with all that `show_so_far` reads."""
        raise NotImplementedError

    def show_so_far(self) -> None:
        """Draw what the errand has found until now."""
        raise NotImplementedError

    def show_result(self, result: Any) -> str:
        """Draw what was found, and return it in words."""
        raise NotImplementedError

    def forget(self) -> None:
        """Show nothing."""
        raise NotImplementedError

    def numbers(self) -> Table:
        """Return what is shown."""
        raise NotImplementedError

    @property
    def drawn(self) -> bool:
        """Whether what was found has numbers that can be drawn."""
        raise NotImplementedError

    # -- what they share

    @property
    def busy(self) -> bool:
        """Whether it is being put to the test."""
        return self.waiting or self._latest.errand is not None

    def add_plot(self, plot: Plot) -> None:
        """Show a plot beside the words."""
        self.plots.append(plot)
        self._plot_row.addWidget(plot, 1)
        plot.on_read = self.read.emit
        plot.customContextMenuRequested.connect(
            lambda point: self.menu_wanted.emit(plot.mapToGlobal(point))
        )

    def add_controls(self, *widgets: QWidget) -> None:
        """Put a person's further choices into a row below the button."""
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in widgets:
            layout.addWidget(widget)
        layout.addStretch(1)
        self.column.insert_after(self._controls, row)

    def begin(self, specimen: Specimen) -> None:
        """Put it to the test."""
        self.waiting = False
        self._show_picture(True)
        self.start(self.work(specimen), self.show_result)

    def start(self, work: Work[Any], show: Callable[[Any], str]) -> None:
        """Begin an errand; `show` draws its result and returns its words."""
        self._told = 0
        self._latest.run(work, moved=self._on_moved, ended=partial(self._on_ended, show))
        self._show_busy()

    def cancel(self) -> None:
        """End it before its time; what was found until now stays to be seen."""
        self.waiting = False
        self._latest.cancel()
        self._show_busy()

    def clear(self, spec: Spec) -> None:
        """Forget what belongs to another network; `spec` is the one on the bench now."""
        self._latest.drop()
        self.progress.setValue(0)
        self.words.setText("")
        self.forget()
        self._show_picture(False)
        if self.amount.value() == self._suggested:  # a person's own choice stays
            self._suggested = self._usual(spec)
            self.amount.setValue(self._suggested)
        self._show_busy()

    def apply_theme(self) -> None:
        """Take over the colours of the present theme."""
        for plot in self.plots:
            plot.apply_theme()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= WIDE_ENOUGH
        directions = QBoxLayout.Direction
        self._row.setDirection(directions.LeftToRight if wide else directions.TopToBottom)
        self._row.setStretch(0, COLUMN_SHARE if wide else 0)
        self._row.setStretch(1, 100 - COLUMN_SHARE)
        self.column.setMaximumWidth(COLUMN_PX if wide else self.width())
        self.column.setMinimumHeight(0 if wide else self.progress.geometry().bottom() + 8)

    def _make_controls(self, claim: Claim) -> QWidget:
        self._controls = controls = QWidget()
        self.button = QPushButton()
        tip = f"{claim.tip}\n{spaced(claim.low)} to {spaced(claim.high)}"
        self.amount = WholeBox(claim.amount, tip)
        self.button.setProperty("small", "true")
        self.button.clicked.connect(self._on_button_clicked)
        self.amount.setRange(claim.low, claim.high)
        self.amount.setSingleStep(claim.low)
        self.amount.refused.connect(self.refused)
        label = QLabel(claim.amount)
        label.setProperty("role", "muted")
        label.setBuddy(self.amount)
        row = QHBoxLayout(controls)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)  # “Cancel” is longer than “Run”
        for widget in (self.button, self.amount, label):
            row.addWidget(widget)
        row.addStretch(1)
        return controls

    def _make_link(self) -> QToolButton:
        self.link = link = QToolButton()
        link.setText(self.tr("Use a network that shows it"))
        link.setProperty("link", "true")
        link.setToolTip(
            self.tr("Put a small network that learns fast on the bench; undo takes it back.")
        )
        link.setAccessibleName(link.text())
        link.clicked.connect(self.network_wanted)
        return link

    def _show_picture(self, shown: bool, instead: str = "") -> None:
        """Show what was found, or say what will be seen here: axes alone would say nothing.

        `instead` is said in its place.
        """
        self.promise.setText(instead or self._promised)
        self._picture.setVisible(shown)
        self.words.setVisible(shown)
        self.promise.setVisible(not shown)

    def _show_busy(self) -> None:
        busy = self.busy
        self.button.setText(self.tr("Cancel") if busy else self.tr("Run"))
        self.button.setToolTip(
            self.tr("End it before its time; what it found stays.")
            if busy
            else self.tr("Put it to the test on the network on the bench, which stays as it is.")
        )
        self.button.setAccessibleName(f"{self.button.text()}: {self.claim.text()}")
        self.amount.setEnabled(not busy)

    def _on_button_clicked(self) -> None:
        if self.busy:
            self.cancel()
            return
        self.waiting, self.question = True, next(QUESTIONS)
        self.words.setText("")
        self.progress.setValue(0)
        self._show_busy()

    def _on_moved(self, progress: float) -> None:
        self.progress.setValue(round(100 * progress))
        if self._told % DRAWN_EVERY == 0:
            self.show_so_far()
        self._told += 1

    def _on_ended(self, show: Callable[[Any], str], errand: Errand[Any]) -> None:
        if errand.result is not None:
            self.progress.setValue(100)
            self.words.setText(show(errand.result))
        elif errand.failure:
            self.words.setText(self.tr("It failed: {0}.").replace("{0}", errand.failure))
        else:
            self.words.setText(self.tr("Cancelled."))
        self._show_picture(self.drawn, self.words.text())
        self._show_busy()
