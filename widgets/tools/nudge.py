"""A weight is changed a little, and everything that follows is seen beside what was predicted.

The change is made on a specimen, never on the run; "Commit" alone asks for it to be kept.
"""

import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel

from core.places import Place
from lab.frames import Frame
from lab.nudging import Nudged, Nudging
from widgets.controls.segments import small_button
from widgets.focus import Focus
from widgets.plots.frame import Begun, Table
from widgets.theme import Theme
from widgets.tools.change_slider import ChangeSlider
from widgets.tools.nudge_plots import NudgePlots
from widgets.tools.nudge_words import sentence_of, table_of
from widgets.tools.place_boxes import PlaceBoxes
from widgets.tools.tool import Tool

PAUSES = 5.0  # while it trains, times what it takes to show a specimen
HIGH_ENOUGH_PX = 420  # for plots below each other
GAP_PX, MARGINS_PX = 8, 16
REST_PX = 64  # of the title row: margins and the button that closes it


class NudgeTool(Tool):
    """`parameter_wanted` carries a place, the value to keep there, and the one that it had."""

    parameter_wanted = Signal(object, float, float)

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "Nudge", focus)
        self.nudged: Nudged | None = None
        self._nudging: Nudging | None = None
        self._subject: tuple[Place, int] | None = None  # whose change the slider holds, with seed
        self._next_at = 0.0
        self._reason = ""  # why there is no such place
        self.boxes, self.change = PlaceBoxes(), ChangeSlider()
        self.commit = small_button(
            self.tr("Commit"),
            self.tr(
                "Keep the change: set the weight in the network that trains; undo takes it back."
            ),
        )
        self.header.insertWidget(1, self.boxes)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setContentsMargins(8, 0, 8, 4)
        self._row.setSpacing(6)
        self._row.addWidget(self.change, 1)
        self._second = QHBoxLayout()
        self._second.setSpacing(6)
        self._second.addWidget(self.change.settings)
        self._second.addStretch(1)
        self._second.addWidget(self.commit)
        self._row.addLayout(self._second)
        self.body.addLayout(self._row)
        self.sentence = QLabel()
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setWordWrap(True)
        self.sentence.setProperty("role", "figure")
        self.sentence.setContentsMargins(8, 0, 8, 2)
        self.body.addWidget(self.sentence)
        self.area = NudgePlots(theme)
        self.line, self.errors, self.layers = self.plots = self.area.plots
        self.area.read.connect(self.readout.setText)
        self.area.menu_wanted.connect(self.show_menu)
        self.body.addWidget(self.area, 1)
        self._arrange()
        self.boxes.value_changed.connect(focus.choose_place)
        self.change.value_changed.connect(lambda *_: self._draw())
        self.change.span_changed.connect(self._on_span_changed)
        for control in (self.boxes, self.change):
            control.refused.connect(self.refused)
        self.commit.clicked.connect(self._on_commit_clicked)
        self.line.on_pick = self._on_weight_picked
        self._draw()

    @property
    def used(self) -> bool:
        return self.change.value() != 0

    # -- what the window tells

    def begin(self, begun: Begun) -> None:
        super().begin(begun)
        # The plots stay until the new network is here: nothing flickers.
        self._nudging = self.nudged = None
        self.change.set_value(0.0)
        self.commit.setEnabled(False)
        self.area.follow()

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        if resting or time.perf_counter() >= self._next_at:
            super().show_frame(frame, resting=resting)
            self.refresh()  # of a place that was chosen while nobody saw it

    def show_specimen(self) -> None:
        assert self.specimen is not None
        began = time.perf_counter()
        place = self.focus.place
        self._take_up(place)
        self._reason = ""
        try:
            self._nudging = Nudging(self.specimen, place)
        except ValueError as error:
            self._nudging, self._reason = None, str(error)
        self.boxes.set_value(
            nearest(self.specimen.network.sizes, place), self.specimen.network.sizes
        )
        self._draw()
        now = time.perf_counter()
        self._next_at = now + PAUSES * (now - began)

    def refresh(self) -> None:
        if not self.seen or self._subject is None:
            return
        place, seed = self._subject
        if self.focus.seed != seed:  # of whose network there will be a specimen
            self.specimen = self._nudging = None
            self._take_up(self.focus.place)
            self._draw()
        elif self.focus.place != place:
            super().refresh()

    def _take_up(self, place: Place) -> None:
        """Turn to a weight of the network in focus; the one before is left as it was."""
        if (place, self.focus.seed) != self._subject:
            self._subject = place, self.focus.seed
            self.change.set_value(0.0)
            self.area.follow()

    def numbers(self) -> Table:
        """Return the change of the loss and of every layer, the line and the errors."""
        return table_of(self.nudged)

    def apply_theme(self) -> None:
        self.area.apply_theme()
        self._arrange()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous() and self.change.value():  # closed, not with the whole window
            self.change.set_value(0.0)
            self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    # -- what a person does

    def _on_weight_picked(self, point: tuple[float, float] | None) -> None:
        if point is not None and self.nudged is not None:
            self.change.choose(point[0] - self.nudged.value)

    def _on_commit_clicked(self) -> None:
        if self.nudged is not None and self.nudged.change:
            nudged = self.nudged
            self.change.set_value(0.0)
            self._draw()
            self.parameter_wanted.emit(nudged.place, nudged.held, nudged.value)

    def _on_span_changed(self) -> None:
        self.area.follow()
        self._draw()

    # -- drawing

    def _draw(self) -> None:
        nudging = self._nudging
        self.nudged = None
        if nudging is not None:
            self.nudged = nudging.nudged(self.change.value(), self.change.span)
            self.area.show_nudged(self.nudged)
        self.area.setVisible(self.nudged is not None)
        for part in (self.change, self.change.settings):
            part.setEnabled(self.nudged is not None)
        self.commit.setEnabled(self.nudged is not None and self.nudged.change != 0)
        self.sentence.setText(sentence_of(self.nudged) if self.nudged else self._missing())

    def _missing(self) -> str:
        if not self._reason:
            return self.tr("Waiting for the network …")
        text = self.tr("{0} is not in this network ({1}). Click a link, or choose another above.")
        if self.place is not None:
            text = self.tr("{0} cannot be nudged ({1}). Click a link, or choose another above.")
        return text.replace("{0}", str(self.focus.place)).replace("{1}", self._reason)

    def _arrange(self) -> None:
        self._fold()
        self.area.set_high(self.height() >= HIGH_ENOUGH_PX)

    def _fold(self) -> None:
        """Let title row and slider have no more width, and then no more height, than they need."""
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        slider, settings, commit, boxes, title = (
            part.sizeHint().width() + GAP_PX
            for part in (self.change, self.change.settings, self.commit, self.boxes, self.title)
        )
        room, above = self.width() - MARGINS_PX, self.width() - boxes - REST_PX
        in_row = slider + settings + commit <= room
        in_title = not in_row and slider + settings <= room and commit <= above
        self._row.setDirection(across if in_row or in_title else down)
        if in_title:
            self.header.insertWidget(self.header.indexOf(self.readout), self.commit)
        elif self._second.indexOf(self.commit) < 0:
            self._second.addWidget(self.commit)
        self.title.setVisible(title + (commit if in_title else 0) <= above)


def nearest(sizes: tuple[int, ...], place: Place) -> Place:
    """Return the place itself, or the one of these layers that is next to it."""
    layer = max(1, min(place.layer, len(sizes) - 1))
    column = max(0, min(place.column, sizes[layer] - 1))
    row = None if place.row is None else max(0, min(place.row, sizes[layer - 1] - 1))
    return Place("w" if row is not None else "b", layer, column, row)
