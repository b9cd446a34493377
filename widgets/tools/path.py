"""The ladder of a weight: the factors along one path to the loss, and what all paths add up to.

The path is the strongest, or the one of another rank, of those through the units that a person has
clicked in the network's picture or changed on a rung. It is drawn over that picture too.
"""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel

from core.places import Place
from lab.ladders import Choice, Ladder, ladder_of
from lab.specimens import Specimen
from widgets.focus import Focus
from widgets.one_line import OneLine
from widgets.plots.frame import Begun, Table
from widgets.theme import Theme
from widgets.tools.path_boxes import PathBoxes
from widgets.tools.path_plot import LadderPlot
from widgets.tools.path_words import part_sentence, sum_sentence, summary, table_of
from widgets.tools.place_boxes import PlaceBoxes
from widgets.tools.tool import Tool

Units = dict[int, int]  # by layer
LOW_PX = 260  # below, the picture needs the height of a line of words
REST_PX = 80  # of the title row: the button that closes, and what is between


class PathTool(Tool):
    """`through` are the units that the path has to pass, by layer."""

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "Path", focus)
        self.ladder: Ladder | None = None
        self.through: Units = {}
        self._rung: int | None = None
        self._read = ""
        self.boxes = PlaceBoxes()
        self.choices = PathBoxes()
        self.product, self.sum, self.part, self.reason = OneLine(), OneLine(), OneLine(), QLabel()
        self.plot = LadderPlot(theme)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.header.insertWidget(1, self.boxes)
        self.body.addWidget(self.choices)
        for line, role in ((self.product, "muted"), (self.sum, "figure"), (self.part, "muted")):
            line.setProperty("role", role)
            line.setContentsMargins(8, 0, 8, 1)
            self.body.addWidget(line)
        self.sum.setToolTip(
            self.tr(
                "The products of all paths add up to this sample's gradient. The share is of the "
                "magnitudes of all, which may cancel each other."
            )
        )
        self.reason.setWordWrap(True)
        self.reason.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.reason.setMargin(16)
        self.body.addWidget(self.plot, 1)
        self.body.addWidget(self.reason, 1)

    def _connect(self) -> None:
        focus, plot = self.focus, self.plot
        self.boxes.value_changed.connect(focus.choose_place)
        self.choices.changed.connect(self.refresh)
        self.choices.led.connect(self._on_unit_changed)
        self.choices.freed.connect(self._on_freed)
        for boxes in (self.boxes, self.choices):
            boxes.refused.connect(self.refused)
        focus.unit_wanted.connect(self._on_unit_wanted)
        plot.chosen.connect(self._on_rung_chosen)
        plot.turned.connect(self._on_rung_turned)
        plot.released.connect(self._on_rung_released)
        plot.pointed.connect(self._on_pointed)
        plot.menu_wanted.connect(self.show_menu)

    # -- what the window tells

    def begin(self, begun: Begun) -> None:
        super().begin(begun)
        sizes = begun.spec.sizes
        self.through = {
            layer: unit
            for layer, unit in self.through.items()
            if layer < len(sizes) and unit < sizes[layer]
        }
        self.plot.follow_again()
        self._show_nothing(self.tr("The ladder comes with the run's first frame."))

    def set_in_front(self, in_front: bool) -> None:
        super().set_in_front(in_front)
        if self.seen:
            self.refresh()
        else:
            self.focus.show_path(())

    def show_specimen(self) -> None:
        specimen = self.specimen
        if specimen is None or not self.seen:
            return
        reason = self._reason_against(specimen)
        if reason:
            self._show_nothing(reason)
            return
        try:
            ladder = ladder_of(specimen, self._choice(specimen))
        except ValueError as error:
            self._show_nothing(str(error))
            return
        self._show(ladder, specimen)

    def numbers(self) -> Table:
        return table_of(self.ladder) if self.ladder is not None else Table([], [])

    def apply_theme(self) -> None:
        self.plot.apply_theme()

    # -- what it shows

    def _reason_against(self, specimen: Specimen) -> str:
        """Say in one sentence why there is no ladder."""
        if specimen.network.norm.axis is not None:
            return self.tr(
                "With normalisation every unit depends on its whole layer or batch, so there are "
                "no single paths. See the signal gradient of every layer instead, or set "
                "Normalisation to none."
            )
        if self.place is None:
            text = self.tr("This network has no {0}: choose a weight or bias above.")
            return text.replace("{0}", str(self.focus.place))
        return ""

    def _choice(self, specimen: Specimen) -> Choice:
        place, boxes = self.focus.place, self.choices
        return Choice(
            place,
            min(boxes.sample.value(), len(specimen.batch.x)) - 1,
            boxes.rank.value(),
            boxes.listed.value(),
            {layer: unit for layer, unit in self.through.items() if layer > place.layer},
        )

    def _show_nothing(self, reason: str) -> None:
        self.ladder = self._rung = None
        self.reason.setText(reason)
        self._write_product("")
        self.plot.show_ladder(None, None)
        self.focus.show_path(())
        self._show_parts(ladder=False)
        if self.specimen is not None:
            sizes = self.specimen.network.sizes
            self.boxes.set_value(self.place or Place("w", 1, 0, 0), sizes)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._write_product(self.product.text())
        self._show_parts(ladder=self.ladder is not None)
        self._write_part()

    def _write_product(self, text: str) -> None:
        """Write it in the title row, or below where that has no room for it."""
        self.product.setText(text)
        taken = self.title.sizeHint().width() + self.boxes.sizeHint().width() + REST_PX
        self.title.setVisible(taken <= self.width())
        wide = taken + self.product.fontMetrics().horizontalAdvance(text) <= self.width()
        self.readout.setText(text if wide else "")
        self.product.setVisible(bool(text) and not wide)

    def _show_parts(self, *, ladder: bool) -> None:
        for widget in (self.choices, self.sum, self.plot):
            widget.setVisible(ladder)
        self.part.setVisible(ladder and not self._low)
        self.reason.setVisible(not ladder)

    def _show(self, ladder: Ladder, specimen: Specimen) -> None:
        self.ladder = ladder
        count = len(ladder.path.factors)
        if self._rung is not None:
            self._rung = min(self._rung, count - 1)
        self.plot.show_ladder(ladder, self._rung)
        self.focus.show_path(ladder.units)
        self._write_product(summary(ladder))
        self._write_part()
        self.boxes.set_value(self.focus.place, specimen.network.sizes)
        self.choices.show_ladder(ladder)
        self._fill_unit()
        self._show_parts(ladder=True)

    def _fill_unit(self) -> None:
        spot = self._spot()
        if spot is None or self.specimen is None:
            self.choices.show_unit(None, 0)
        else:
            layer, unit = spot
            self.choices.show_unit(unit, self.specimen.network.sizes[layer])

    @property
    def _low(self) -> bool:
        return self.height() < LOW_PX

    def _write_part(self) -> None:
        """Write the two sentences; what is under the pointer takes the place of the last one."""
        if self.ladder is not None:
            self.part.setText(self._read or part_sentence(self.ladder))
            total = sum_sentence(self.ladder, alone=self._low)
            self.sum.setText(self._read if self._read and self._low else total)

    def _spot(self) -> tuple[int, int] | None:
        """Layer and unit of the chosen rung."""
        if self.ladder is None or self._rung is None:
            return None
        factor = self.ladder.path.factors[self._rung]
        return factor.layer, factor.unit

    # -- what a person does

    @property
    def used(self) -> bool:
        return bool(self.through)

    def _lead_through(self, layer: int, unit: int) -> None:
        """Let the path pass a unit: of the weight's own layers it is the weight that changes."""
        place = self.focus.place
        if layer > place.layer:
            self.through[layer] = unit
            self.refresh()
        elif layer == place.layer:
            self.focus.choose_place(replace(place, column=unit))
        elif layer == place.layer - 1 and place.row is not None:
            self.focus.choose_place(replace(place, row=unit))
        elif layer > 0:
            self.focus.choose_place(Place("b", layer, unit))

    def _on_unit_wanted(self, layer: int, unit: int) -> None:
        if layer > self.focus.place.layer and self.through.get(layer) == unit:
            self._release(layer)
        else:
            self._lead_through(layer, unit)

    def _release(self, layer: int) -> None:
        if self.through.pop(layer, None) is not None:
            self.refresh()

    def _on_rung_chosen(self, rung: int) -> None:
        if self.ladder is not None:
            self._rung = rung
            self.plot.show_ladder(self.ladder, rung)
            self._fill_unit()

    def _on_rung_turned(self, step: int) -> None:
        spot = self._spot()
        if spot is not None and self.specimen is not None:
            layer, unit = spot
            self._lead_through(layer, (unit + step) % self.specimen.network.sizes[layer])

    def _on_rung_released(self) -> None:
        spot = self._spot()
        if spot is not None:
            self._release(spot[0])

    def _on_unit_changed(self, unit: int) -> None:
        spot = self._spot()
        if spot is not None:
            self._lead_through(spot[0], unit)

    def _on_freed(self) -> None:
        self.through = {}
        self.refresh()

    def _on_pointed(self, text: str) -> None:
        self._read = text
        self._write_part()
