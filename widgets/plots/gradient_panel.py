"""The heart of the window: gradients per layer over time, as lines or map, and as profile now."""

from functools import cached_property, partial

import numpy as np
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QToolButton

from core.arrays import PRECISIONS
from core.measures import QUANTITIES
from lab.history import History
from lab.mailbox import Wishes
from lab.run import Frame
from lab.traces import Wish
from widgets.plots.axes import Plot
from widgets.plots.frame import Begun, PictureFrame, Segments, Table
from widgets.plots.gradient_lines import GradientLines
from widgets.plots.gradient_map import GradientMap
from widgets.plots.gradient_profile import GradientProfile
from widgets.theme import Theme

WIDE_ENOUGH_FOR_TWO = 660
WIDE_ENOUGH_FOR_TITLE = 540
QUICK = ("signal_gradient_rms", "weight_gradient_rms")
LINES, MAP, PROFILE = range(3)
MOST_ROWS, FEWEST_ROWS = 240, 96
MOST_POINTS = 6000  # of all lines together, per frame
MOST_ROWS_SAVED = 1024


class GradientPanel(PictureFrame):
    """Lines or map beside the profile; where there is room for one only, a person chooses."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Gradients per layer")
        self.quantity = QUANTITIES[QUICK[0]]
        self.kind = Segments(
            [
                (self.tr("Signal"), QUANTITIES[QUICK[0]].help),
                (self.tr("Weight"), QUANTITIES[QUICK[1]].help),
            ],
            self.tr("Which gradient"),
        )
        self.more = self._more_button()
        self.view = Segments(
            [
                (self.tr("Lines"), self.tr("Every layer over time, as a line.")),
                (self.tr("Map"), self.tr("Layer against time, the magnitude as colour.")),
                (self.tr("Profile"), self.tr("Magnitude against layer, now.")),
            ],
            self.tr("View"),
        )
        for index, widget in enumerate((self.kind, self.more, self.view), start=1):
            self.header.insertWidget(index, widget)
        self.header.addStretch(0)
        self.lines, self.profile = GradientLines(theme), GradientProfile(theme)
        self._over_time = QStackedWidget()
        self._over_time.addWidget(self.lines)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._over_time, 3)
        row.addWidget(self.profile, 2)
        self.body.addLayout(row, 1)
        for plot in self._plots():
            self._connect(plot)
        self.kind.group.idToggled.connect(self._on_kind_toggled)
        self.view.group.idToggled.connect(self._on_view_toggled)
        self._history: History | None = None
        self._frame: Frame | None = None
        self._arrange()

    def begin(self, begun: Begun) -> None:
        self._history, self._frame = begun.history, None
        precision = PRECISIONS[begun.spec.network.precision]
        self.lines.level.precision = self.profile.level.precision = precision
        for plot in self._plots():
            plot.following = True

    @property
    def wishes(self) -> Wishes:
        if self._history is None or not self._over_time.isVisible():
            return ()
        rows = max(FEWEST_ROWS, min(MOST_ROWS, MOST_POINTS // self._history.n_layers))
        return (Wish(self.quantity.name, rows),)

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        self._frame = frame
        self.refresh()

    @cached_property
    def map(self) -> GradientMap:
        """The map, made when it is first wanted."""
        plot = GradientMap(self.theme)
        self._connect(plot)
        self._over_time.addWidget(plot)
        return plot

    def refresh(self) -> None:
        # A trace that no frame has brought yet comes with the next one.
        frame, history, shown = self._frame, self._history, self._over_time.currentWidget()
        if frame is None or history is None:
            return
        trace = frame.traces.get(self.quantity.name)
        if trace is not None and isinstance(shown, GradientLines | GradientMap):
            shown.show_trace(trace, self.quantity, history.marks)
        if self.profile.isVisible():
            self.profile.show_magnitudes(frame.record.magnitudes, self.quantity)

    def set_quantity(self, name: str) -> None:
        """Show another measured quantity in all views."""
        self.quantity = QUANTITIES[name]
        quick = name in QUICK
        self.kind.group.setExclusive(quick)
        for index, quick_name in enumerate(QUICK):
            self.kind.group.button(index).setChecked(quick_name == name)
        self.kind.group.setExclusive(True)
        for action in self.more.menu().actions():
            action.setChecked(action.data() == name)
        self.title.setText(self.tr("Gradients per layer") if quick else self.quantity.label)
        for plot in self._plots():
            plot.following = True
        self.refresh()

    def toggle_kind(self) -> None:
        """Change between signal and weight gradient."""
        self.set_quantity(QUICK[1] if self.quantity.name == QUICK[0] else QUICK[0])

    def numbers(self) -> Table:
        """Return the quantity's mean, minimum and maximum per layer over time."""
        if self._history is None:
            return Table([], [])
        series = self._history.series(self.quantity.name, MOST_ROWS_SAVED)
        layers = range(1, self._history.n_layers + 1)
        parts = {"": series.mean, "_min": series.low, "_max": series.high}
        columns = ["first_step", "last_step"]
        columns += [f"{self.quantity.name}{end}_{layer}" for end in parts for layer in layers]
        values = np.column_stack([series.first, series.last, *parts.values()])
        return Table(columns, values.tolist())

    def apply_theme(self) -> None:
        for plot in self._plots():
            plot.apply_theme()
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        self.refresh()  # a picture that was hidden is out of date, and a waiting run draws nothing

    def _more_button(self) -> QToolButton:
        button = QToolButton()
        button.setText(self.tr("More"))
        button.setProperty("segment", "true")
        button.setToolTip(self.tr("Show another quantity measured in every layer."))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for quantity in QUANTITIES.values():
            action = QAction(f"{quantity.label}   {quantity.symbol}", menu)
            action.setData(quantity.name)
            action.setCheckable(True)
            action.setToolTip(quantity.help)
            action.setChecked(quantity.name == self.quantity.name)
            action.triggered.connect(partial(self.set_quantity, quantity.name))
            menu.addAction(action)
        menu.setToolTipsVisible(True)
        button.setMenu(menu)
        return button

    def _plots(self) -> list[Plot]:
        """All plots made so far."""
        made = [self.lines, self.profile]
        return [*made, self.map] if "map" in vars(self) else made

    def _connect(self, plot: Plot) -> None:
        plot.on_read = self.readout.setText
        plot.customContextMenuRequested.connect(
            lambda point: self.show_menu(plot.mapToGlobal(point))
        )

    def _arrange(self) -> None:
        """Show two views side by side where they fit, else the chosen one."""
        both = self.width() >= WIDE_ENOUGH_FOR_TWO
        chosen = self.view.index()
        self.view.group.button(PROFILE).setVisible(not both)
        if both and chosen == PROFILE:
            self.view.choose(LINES)
            return
        if chosen != PROFILE:
            self._over_time.setCurrentWidget(self.map if chosen == MAP else self.lines)
        self._over_time.setVisible(both or chosen != PROFILE)
        self.profile.setVisible(both or chosen == PROFILE)
        self.readout.setVisible(both)
        self.title.setVisible(self.width() >= WIDE_ENOUGH_FOR_TITLE)

    def _on_kind_toggled(self, index: int, pressed: bool) -> None:
        if pressed and self.quantity.name != QUICK[index]:
            self.set_quantity(QUICK[index])

    def _on_view_toggled(self, _index: int, pressed: bool) -> None:
        if pressed:
            self._arrange()
            self.refresh()
