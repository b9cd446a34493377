"""Third myth: that backpropagation finds the global optimum. Where 32 networks end, and between."""

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QLabel

from core.arrays import Array
from lab.errands import Errands, Work
from lab.myth_words import words_of_optima
from lab.optima import FEWEST, SEEDS, Descents, Found, Line, Optima, line_between, usual_steps
from lab.specimens import Specimen
from lab.traces import decades
from lab.words import known, number
from widgets.controls.index_box import IndexBox
from widgets.plots.axes import Plot, finite_range
from widgets.plots.canvas import Labels, Polylines, Words
from widgets.plots.dots import Dots
from widgets.plots.frame import Table
from widgets.theme import Theme
from widgets.tools.myth import Claim, Myth

FLATTEST_DECADES = 0.3
ENDS = ("A", "B")
AXIS_PX = 64  # as ticks within a decade need more room than powers of ten
RISES = (17, -8)  # of their letters from their dots: neighbours' do not meet


class OptimaMyth(Myth):
    """The final losses in order, and the loss along a straight line between two of them."""

    def __init__(self, theme: Theme, errands: Errands) -> None:
        super().__init__(
            theme,
            errands,
            Claim(
                self.tr("It does not find the global optimum."),
                self.tr(
                    "32 networks like yours, each from other first weights. Do they end at one "
                    "loss? What lies on the straight line between two?"
                ),
                self.tr(
                    "Press Run: dots will show the loss at which each network ends, a line the "
                    "loss on the way from one to another."
                ),
                self.tr(
                    "The loss is that of the training samples, along (1 - t) A + t B in the space "
                    "of all weights (Goodfellow et al. 2015, arXiv 1412.6544). Part of a hill is "
                    "that hidden units may stand in any order: much of it can go when those of B "
                    "are put in A's (Entezari et al. 2022, arXiv 2110.06296)."
                ),
                self.tr("steps"),
                self.tr("How many steps the 32 networks take, side by side."),
                FEWEST,
                100_000,
                usual_steps,
            ),
        )
        self.boxes = tuple(self._box(name) for name in ENDS)
        labels = [QLabel(name) for name in ENDS]
        for label, box in zip(labels, self.boxes, strict=True):
            label.setBuddy(box)
        self.add_controls(labels[0], self.boxes[0], labels[1], self.boxes[1])
        self.spread = Plot(theme, "networks, sorted", "training loss")
        self.way = Plot(theme, "way from A to B", "loss")
        self.spread.x_axis.whole = True
        self.dots, self.spread_names = Dots(), Labels()
        self.curve, self.way_names = Polylines(), Labels()
        self.spread.draw(self.dots, self.spread_names)
        self.way.draw(self.curve, self.way_names)
        for plot in (self.spread, self.way):
            plot.y_axis.logarithmic = True
            self.add_plot(plot)
        self.spread.read, self.way.read = self._describe_network, self._describe_way
        self.spread.on_pick = self._on_network_picked
        self.descents: Descents | None = None
        self.optima: Optima | None = None
        self.line: Line | None = None
        self.apply_theme()
        self._show_boxes()

    def work(self, specimen: Specimen) -> Work[Found]:
        self.forget()
        self.descents = Descents(specimen.spec_alone, self.amount.value())
        return self.descents.run()

    def show_so_far(self) -> None:
        if self.optima is None and self.descents is not None:
            self._draw_spread(np.sort(self.descents.losses))

    def show_result(self, result: Found) -> str:
        self.optima, self.line = result.optima, result.line
        if result.optima is None:  # the losses on the way are nobody's any more
            self.descents = None
        self._show_boxes()
        self._draw()
        return words_of_optima(result)

    @property
    def drawn(self) -> bool:
        descents, optima = self.descents, self.optima
        if optima is not None:
            return bool(np.isfinite(optima.losses).any())
        return descents is not None and bool(np.isfinite(descents.losses).any())

    def forget(self) -> None:
        self.descents, self.optima, self.line = None, None, None
        self.spread_names.words, self.way_names.words = [], []
        self.curve.set_data(np.empty(0), np.empty((1, 0)))
        self.dots.set_data(np.empty(0), np.empty(0))
        for plot in self.plots:
            plot.following = True
            plot.canvas.update()
        self._show_boxes()

    def numbers(self) -> Table:
        columns = ["what", "seed_or_share", "loss"]
        rows: list[tuple[Any, ...]] = []
        if self.optima is not None:
            pairs = zip(self.optima.seeds.tolist(), self.optima.losses.tolist(), strict=True)
            rows += [("network", *pair) for pair in pairs]
        if self.optima is not None and self.line is not None:
            seeds = self.optima.seeds[[self.line.start, self.line.end]].tolist()
            name = f"from seed {seeds[0]} to seed {seeds[1]}"
            pairs = zip(self.line.shares.tolist(), self.line.losses.tolist(), strict=True)
            rows += [(name, *pair) for pair in pairs]
        return Table(columns, rows)

    def apply_theme(self) -> None:
        super().apply_theme()
        colors = self.theme.colors
        for plot in self.plots:
            plot.y_axis.setWidth(AXIS_PX + 3 * max(0, self.theme.zoom))
        self.dots.pen = QPen(Qt.PenStyle.NoPen)
        self.curve.set_colors([QColor(colors.accent)])
        for names in (self.spread_names, self.way_names):
            names.font, names.ground = self.theme.font("small"), self.theme.veil
        self._draw()

    def _box(self, name: str) -> IndexBox:
        tip = self.tr("Which network is {0}, by its place; a click in the picture makes it B.")
        box = IndexBox(
            self.tr("Network {0}").replace("{0}", name),
            tip.replace("{0}", name),
            self.tr("network"),
            self.tr("networks"),
        )
        box.limit(1, SEEDS)
        box.valueChanged.connect(self._on_box_changed)
        box.refused.connect(self.refused)
        return box

    def _show_boxes(self) -> None:
        chosen = (0, 1) if self.line is None else (self.line.start, self.line.end)
        for box, rank in zip(self.boxes, chosen, strict=True):
            if self.optima is not None:
                box.limit(1, len(self.optima.losses))
            box.set_value(rank + 1)
            box.setEnabled(self.optima is not None)

    def _draw(self) -> None:
        if self.optima is None or self.line is None:
            return
        self._draw_spread(self.optima.losses)
        line, color = self.line, QColor(self.theme.colors.text)
        logs = decades(line.losses)
        self.curve.set_data(line.shares, logs[None, :])
        y_range = finite_range(logs, FLATTEST_DECADES)
        if y_range is not None:
            self.way.follow((-0.02, 1.02), y_range)
        self.way_names.words = [
            Words(name, x, float(y), color, right=x == 1, shift=(0, -8))
            for name, x, y in zip(ENDS, (0.0, 1.0), logs[[0, -1]], strict=True)
            if np.isfinite(y)
        ]
        ends = zip(ENDS, (line.start, line.end), RISES, strict=True)
        all_logs = decades(self.optima.losses)
        self.spread_names.words = [
            Words(name, rank + 1, float(all_logs[rank]), color, shift=(-3, rise))
            for name, rank, rise in ends
            if np.isfinite(all_logs[rank])
        ]

    def _draw_spread(self, losses: Array) -> None:
        colors, logs = self.theme.colors, decades(losses)
        self.dots.colors = [QColor(colors.muted)] * len(losses)
        if self.line is not None:
            for rank in (self.line.start, self.line.end):
                self.dots.colors[rank] = QColor(colors.accent)
        self.dots.set_data(np.arange(1.0, len(losses) + 1), logs)
        y_range = finite_range(logs, FLATTEST_DECADES)
        if y_range is not None:
            self.spread.follow((0.0, SEEDS + 1.0), y_range)

    def _walk(self, start: int, end: int) -> None:
        """Look at the line between two networks, by their ranks from 0."""
        optima = self.optima
        if optima is None or self.busy:
            self._show_boxes()
            return
        self.way.following = True
        self.start(
            line_between(optima, start, end), lambda line: self.show_result(Found(optima, line))
        )

    def _on_box_changed(self, _value: int) -> None:
        self._walk(*(box.value() - 1 for box in self.boxes))

    def _on_network_picked(self, point: tuple[float, float] | None) -> None:
        if point is not None and self.optima is not None and self.line is not None:
            rank = int(np.clip(round(point[0]) - 1, 0, len(self.optima.losses) - 1))
            if rank != self.line.end:
                self._walk(self.line.end, rank)

    def _describe_network(self, x: float, _y: float) -> str:
        if self.optima is None:
            return ""
        rank = int(np.clip(round(x) - 1, 0, len(self.optima.losses) - 1))
        seed, loss = int(self.optima.seeds[rank]), float(self.optima.losses[rank])
        return f"network {rank + 1}, seed {seed}: training loss {number(loss)}"

    def _describe_way(self, x: float, _y: float) -> str:
        line = self.line
        if line is None:
            return ""
        place = int(np.abs(line.shares - x).argmin())
        return f"{line.shares[place]:.2f} of the way: loss {known(float(line.losses[place]))}"
