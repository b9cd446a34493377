"""The heart of the window: gradients per layer over time, as lines or map, and as a profile."""

from functools import cached_property, partial

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget

from core.arrays import PRECISIONS
from lab.frames import Frame
from lab.mailbox import Wishes
from lab.predictions import ExpectationOf
from lab.spec import Spec
from lab.traces import Wish
from widgets.controls.segments import Segments
from widgets.focus import Focus
from widgets.plots.axes import Plot
from widgets.plots.frame import Begun, PictureFrame, Table
from widgets.plots.ghosts import Ghost
from widgets.plots.gradient_lines import GradientLines
from widgets.plots.gradient_map import GradientMap
from widgets.plots.gradient_profile import GradientProfile
from widgets.plots.layer_keys import LayerKeys
from widgets.plots.now_button import NowButton
from widgets.plots.profiles import Profiles, ghosts_of
from widgets.plots.quantity_choice import SIGNAL, WEIGHT, QuantityChoice, clips
from widgets.plots.shown import Shown
from widgets.theme import Theme

EXPECTED = ExpectationOf()
WIDE_ENOUGH_FOR_TWO = 660
SPACE = 8
LINES, MAP, PROFILE = range(3)
MOST_ROWS, FEWEST_ROWS = 240, 96
MOST_POINTS = 6000  # of all lines together, per frame
MOST_ROWS_SAVED = 1024


class GradientPanel(PictureFrame):
    """Lines or map beside the profile; where there is room for one only, a person chooses."""

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "Gradients per layer")
        self._focus = focus
        self.choice = QuantityChoice()
        self.view = Segments(
            [
                (self.tr("Lines"), self.tr("Every layer over time, as a line.")),
                (self.tr("Map"), self.tr("Layer against time, the magnitude as colour.")),
                (self.tr("Profile"), self.tr("Magnitude against layer, at one moment.")),
            ],
            self.tr("View"),
        )
        self.now = NowButton(focus)
        self._second_row = QHBoxLayout()
        self._second_row.setContentsMargins(8, 0, 8, 4)
        self.body.addLayout(self._second_row)
        self.header.addWidget(self.choice)
        self.header.addStretch(0)
        self._in_one_row: bool | None = None
        self.lines, self.profile = GradientLines(theme, focus), GradientProfile(theme)
        self._over_time = QStackedWidget()
        self._over_time.addWidget(self.lines)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._over_time, 3)
        row.addWidget(self.profile, 2)
        self.body.addLayout(row, 1)
        for plot in self._plots():
            self._connect(plot)
        self.choice.changed.connect(self._on_choice_changed)
        self.view.group.idToggled.connect(self._on_view_toggled)
        self._begun: Begun | None = None
        self._profiles: Profiles | None = None
        self._frame: Frame | None = None
        self._drawn: object = None
        self._haunted: tuple[object, tuple[Ghost, ...]] = (None, ())
        self._over_profile = False
        self._layer_before: int | None = None
        self._arrange()

    def begin(self, begun: Begun) -> None:
        self._begun, self._profiles, self._frame = begun, Profiles(begun), None
        precision = PRECISIONS[begun.spec.network.precision]
        self.lines.level.precision = self.profile.level.precision = precision
        self.show_spec(begun.spec)
        for plot in self._plots():
            plot.following = True

    def show_spec(self, spec: Spec) -> None:
        self.choice.set_clipping(on=clips(spec))

    @property
    def wishes(self) -> Wishes:
        over_time = (self._wish,) if self._begun and self._over_time.isVisible() else ()
        return (*over_time, *self._wish_for_theory())

    def _wish_for_theory(self) -> Wishes:
        """Theory is asked once for a run, and not before its first frame, which must not wait."""
        if self._frame is None or self._profiles is None or not self.profile.isVisible():
            return ()
        return () if self._profiles.expectation is not None else (EXPECTED,)

    @property
    def _wish(self) -> Wish:
        n_layers = 1 if self._begun is None else self._begun.history.n_layers
        rows = max(FEWEST_ROWS, min(MOST_ROWS, MOST_POINTS // n_layers))
        return Wish(self.choice.value().quantity.name, rows)

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        expectation = frame.shown(EXPECTED)
        if expectation is not None and self._profiles is not None:
            self._profiles.expectation, self._drawn = expectation, None
        self._frame = frame
        self.refresh()

    @cached_property
    def map(self) -> GradientMap:
        """The map, made when it is first wanted."""
        plot = GradientMap(self.theme, self._focus)
        self._connect(plot)
        self._over_time.addWidget(plot)
        return plot

    def refresh(self) -> None:
        if self._frame is None or self._begun is None:
            return
        # A trace that no frame has brought yet comes with the next one.
        chosen, marks = self.choice.value(), self._begun.history.marks
        trace = self._frame.traces.get(chosen.quantity.name)
        shown = self._over_time.currentWidget()
        if trace is not None and isinstance(shown, GradientLines):
            others = [pin.steps for pin in self.pins if pin.visible]
            shown.show_trace(trace, chosen, marks, self._ghosts(chosen), others)
        elif trace is not None and isinstance(shown, GradientMap):
            shown.show_trace(trace, chosen, marks)
        if self.profile.isVisible():
            self._show_profile(self._frame)

    def toggle_kind(self) -> None:
        """Change between signal and weight gradient."""
        signal = self.choice.value().quantity.name == SIGNAL
        self.choice.choose(WEIGHT if signal else SIGNAL)

    def numbers(self) -> Table:
        """Return what is under the pointer of the menu: the profile, or all layers over time."""
        if self._begun is None:
            return Table([], [])
        if self._over_profile and self.profile.profile is not None:
            return self.profile.profile.table()
        history, name = self._begun.history, self.choice.value().quantity.name
        series = history.series(name, MOST_ROWS_SAVED)
        layers = range(1, history.n_layers + 1)
        parts = {"": series.mean, "_min": series.low, "_max": series.high}
        columns = ["first_step", "last_step"]
        columns += [f"{name}{end}_{layer}" for end in parts for layer in layers]
        values = np.column_stack([series.first, series.last, *parts.values()])
        return Table(columns, values.tolist())

    def apply_theme(self) -> None:
        self._drawn = None
        for plot in self._plots():
            plot.apply_theme()
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        self.refresh()  # a picture that was hidden is out of date, and a waiting run draws nothing

    def _ghosts(self, chosen: Shown) -> tuple[Ghost, ...]:
        """Return pinned runs' lines, the very same ones until something else is to be shown."""
        what = (self.pins, self._wish, self._focus.layer, chosen, self.theme.colors)
        if what != self._haunted[0]:
            self._haunted = (what, tuple(ghosts_of(*what)))
        return self._haunted[1]

    def _show_profile(self, frame: Frame) -> None:
        """Draw the profile, unless it is the same as before: a past moment stands still."""
        focus, chosen = self._focus, self.choice.value()
        now = frame if focus.moment is None else None
        wanted = (self._profiles, now, focus.moment, focus.layer, chosen, self.pins)
        if self._profiles is not None and wanted != self._drawn:
            self._drawn = wanted
            self.profile.show_profile(
                self._profiles.profile(
                    chosen, frame, focus.moment, self.pins, self.theme.colors, focus.layer
                )
            )

    def _plots(self) -> list[Plot]:
        """All plots made so far."""
        made = [self.lines, self.profile]
        return [*made, self.map] if "map" in vars(self) else made

    def _connect(self, plot: Plot) -> None:
        LayerKeys(plot, self._focus, lambda: self._begun.history.n_layers if self._begun else 0)
        plot.on_read = self._on_read
        plot.on_pick = partial(self._on_picked, plot)
        plot.customContextMenuRequested.connect(partial(self._on_menu_requested, plot))

    def _arrange(self) -> None:
        """Show two views side by side where they fit, else the chosen one."""
        both = self.width() >= WIDE_ENOUGH_FOR_TWO
        chosen = self.view.index()
        self.view.group.button(PROFILE).setVisible(not both)
        self._place_controls(both=both)
        if both and chosen == PROFILE:
            self.view.choose(LINES)
            return
        if chosen != PROFILE:
            self._over_time.setCurrentWidget(self.map if chosen == MAP else self.lines)
        self._over_time.setVisible(both or chosen != PROFILE)
        self.profile.setVisible(both or chosen == PROFILE)

    def _place_controls(self, *, both: bool) -> None:
        """Give the views and the readout a row of their own where one row is too short."""
        self._show_title()
        if both is self._in_one_row:
            return
        self._in_one_row = both
        if both:
            self.header.insertWidget(1, self.readout, 1)
            self.header.insertWidget(2, self.now)
            self.header.insertWidget(4, self.view)
        else:
            self._second_row.addWidget(self.view)
            self._second_row.addWidget(self.now)
            self._second_row.addWidget(self.readout, 1)

    def _on_read(self, text: str) -> None:
        self.readout.setText(text)
        self._show_title()

    def _show_title(self) -> None:
        """Show the title where it is not in the way of the controls and the readout."""
        row = (self.title, self.choice, self.view)
        room = self.width() - sum(widget.sizeHint().width() + 2 * SPACE for widget in row)
        both = self.width() >= WIDE_ENOUGH_FOR_TWO
        self.title.setVisible(both and room >= 0 and not self.readout.text())

    def _on_picked(self, plot: Plot, point: tuple[float, float] | None) -> None:
        """Look at the layer that is clicked; a double click is about the zoom only."""
        if point is None:
            if self._focus.layer != self._layer_before:
                self._focus.choose_layer(self._layer_before)
            return
        self._layer_before = self._focus.layer
        if isinstance(plot, GradientLines):
            index = plot.layer_at(*point)
        elif isinstance(plot, GradientMap):
            index = plot.layer_at(point[1])
        else:
            index = self.profile.layer_at(point[0])
        self._focus.choose_layer(None if index is None else index + 1)

    def _on_menu_requested(self, plot: Plot, at: QPoint) -> None:
        self._over_profile = plot is self.profile
        self.show_menu(plot.mapToGlobal(at))

    def _on_choice_changed(self) -> None:
        quick = self.choice.is_quick
        label = self.choice.value().quantity.label
        self.title.setText(self.tr("Gradients per layer") if quick else label)
        for plot in self._plots():
            plot.following = True
        self.refresh()

    def _on_view_toggled(self, _index: int, pressed: bool) -> None:
        if pressed:
            self._arrange()
            self.refresh()
