"""How activations, weights or gradients are distributed in each layer, now: a ridge per layer."""

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton

from core.arrays import Array
from lab.distributions import KINDS, Distributions, DistributionsOf
from lab.mailbox import Wishes
from lab.run import Frame
from lab.verdict import number
from widgets.controls.manners import teach
from widgets.focus import Focus
from widgets.plots.axes import Plot
from widgets.plots.canvas import Labels, Words
from widgets.plots.frame import Begun, PictureFrame, Segments, Table
from widgets.plots.ridge_numbers import RidgeNumbers
from widgets.plots.ridges import Ridges, rise_of
from widgets.theme import Theme, blend

NAMES = tuple(KINDS)
WIDE_ENOUGH_FOR_WORDS, WIDE_ENOUGH_FOR_TITLE, WIDE_ENOUGH_FOR_ENDS = 700, 560, 560
NOTHING = "–"
LEFT = Qt.MouseButton.LeftButton
OWN_AXIS = ", each layer over its own range"
SHADE = 0.4


class DistributionPicture(PictureFrame):
    """The ridges, their numbers at the right, and what they are made of."""

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "Distributions")
        self._focus = focus
        self.kind = Segments(
            [(kind.label, f"{kind.symbol}: {kind.help}") for kind in KINDS.values()],
            self.tr("Distribution of"),
        )
        self.log_count = _switch(
            self.tr("Log"),
            self.tr("Draw the logarithm of the counts, so that rare values can be seen."),
        )
        self.shared = _switch(
            self.tr("One axis"),
            self.tr("Show all layers over one range of values, not each over its own."),
        )
        for index, widget in enumerate((self.kind, self.log_count, self.shared), start=1):
            self.header.insertWidget(index, widget)
        self.plot = RidgePlot(theme, focus)
        self.side = RidgeNumbers(theme, self.plot)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.plot, 1)
        row.addWidget(self.side)
        self.body.addLayout(row, 1)
        self.plot.customContextMenuRequested.connect(
            lambda point: self.show_menu(self.plot.mapToGlobal(point))
        )
        self.kind.group.idToggled.connect(self._on_request_changed)
        self.shared.toggled.connect(self._on_request_changed)
        self.log_count.toggled.connect(self._on_log_count_toggled)
        self.shown: Distributions | None = None
        self._networks = 1
        self.apply_theme()

    def begin(self, begun: Begun) -> None:
        self.shown, self._networks = None, begun.spec.network.seeds
        self.plot.following = True

    @property
    def request(self) -> DistributionsOf:
        """What is asked of the run."""
        kind, shared = NAMES[self.kind.index()], self.shared.isChecked()
        return DistributionsOf(kind, self._focus.seed, shared)

    @property
    def wishes(self) -> Wishes:
        return (self.request,) if self.isVisible() else ()

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        found = frame.shown(self.request) if self.isVisible() else None
        if found is not None and found is not self.shown:
            self.shown = found
            self._draw()

    def refresh(self) -> None:
        layer = self._focus.layer
        self.plot.ridges.chosen = self.side.chosen = None if layer is None else layer - 1
        self.plot.canvas.update()
        self.side.update()
        self.readout.setText(self._caption())

    def numbers(self) -> Table:
        """Return every bin of every layer."""
        columns = ["layer", "bin_low", "bin_high", "count"]
        if self.shown is None:
            return Table(columns, [])
        found = self.shown.histograms
        n_layers, n_bins = found.counts.shape
        layers = np.repeat(np.arange(1, n_layers + 1), n_bins).tolist()
        parts = (found.edges[:, :-1], found.edges[:, 1:], found.counts)
        rows = zip(layers, *(part.ravel().tolist() for part in parts), strict=True)
        return Table(columns, list(rows))

    def apply_theme(self) -> None:
        self.plot.apply_theme()
        self.side.setFont(self.theme.font("small"))
        if self.shown is not None:
            self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.title.setVisible(self.width() >= WIDE_ENOUGH_FOR_TITLE)
        wide = self.width() >= WIDE_ENOUGH_FOR_WORDS
        for button, kind in zip(self.kind.group.buttons(), KINDS.values(), strict=True):
            button.setText(kind.label if wide else kind.letter)
        if self.shown is not None:
            self._draw()

    def _draw(self) -> None:
        assert self.shown is not None
        self.plot.show_distributions(
            self.shown, logarithmic=self.log_count.isChecked(), shared=self.shared.isChecked()
        )
        self._write_numbers(self.shown)
        self.refresh()

    def _write_numbers(self, shown: Distributions) -> None:
        found = shown.histograms
        headings, widest = ["layer", "sat.", "dead", "zero"], ["000", *["100 %"] * 3]
        sizes = np.maximum(found.sizes, 1)
        columns = [
            [_percent(share) for share in shares.tolist()]
            for shares in (shown.saturated, shown.dead, found.zeros / sizes)
        ]
        columns.insert(0, [str(layer) for layer in range(1, len(sizes) + 1)])
        if self.width() >= WIDE_ENOUGH_FOR_ENDS and not self.shared.isChecked():
            headings[1:1], widest[1:1] = ["lowest", "highest"], ["-0.0e-00"] * 2
            columns[1:1] = [[_end(end) for end in ends] for ends in found.extremes.T.tolist()]
        for name, counts in (("NaN", found.nans), ("∞", found.infinities)):
            if counts.any():
                headings, widest = [*headings, name], [*widest, "100 %"]
                columns.append([_percent(share) for share in (counts / sizes).tolist()])
        self.side.show_columns(headings, widest, list(zip(*columns, strict=True)))

    def _caption(self) -> str:
        """Say what is seen of what a person looks at."""
        parts = []
        if self._networks > 1:
            parts.append(f"network {self._focus.seed + 1} of {self._networks}")
        if self._focus.moment is not None:
            parts.append("now; no earlier ones are kept")
        return ", ".join(parts)

    def _on_request_changed(self, _value: int | bool, _pressed: bool = True) -> None:
        self.plot.following = True

    def _on_log_count_toggled(self, _on: bool) -> None:
        if self.shown is not None:
            self._draw()


class RidgePlot(Plot):
    """Value against layer; a click chooses a layer."""

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "", "layer")
        self._focus = focus
        self.ridges, self._reading = Ridges(), Labels()
        self.draw(self.ridges, self._reading)
        self.on_read = self._show_reading
        self.y_axis.whole = True
        self._shown: Distributions | None = None
        self._shared = False
        self.read = self._describe
        self.scene().sigMouseClicked.connect(self._on_chosen)
        self.apply_theme()

    def show_distributions(self, shown: Distributions, *, logarithmic: bool, shared: bool) -> None:
        """Draw histograms over one range of values, or `shared` not, each over its own."""
        self._shown, self._shared = shown, shared
        found = shown.histograms
        n_layers, n_bins = found.counts.shape
        edges, zeros = found.edges, np.where(_holds_zero(found.edges), 0.0, np.nan)
        if not shared:
            zeros = zeros + np.array([_place(0.0, *row) for row in edges[:, [0, -1]].tolist()])
            edges = np.tile(np.linspace(0, 1, n_bins + 1), (n_layers, 1))
        if len(self.ridges.pens) != n_layers:
            self._color(n_layers)
        self.ridges.set_data(edges, _heights(found.counts, logarithmic=logarithmic), zeros)
        self.x_axis.setStyle(showValues=shared)
        self.set_labels(_name_of(shown) + ("" if shared else OWN_AXIS), "layer")
        ends = float(edges[0, 0]), float(edges[0, -1])
        rise = rise_of(self.canvas.height() / (n_layers + 1))
        self.follow(ends, (0.5, n_layers + max(0.5, rise - 0.4)), exact=True)

    def apply_theme(self) -> None:
        super().apply_theme()
        colors = self.theme.colors
        self._reading.font, self._reading.ground = self.theme.font("small"), QColor(colors.panel)
        self.ridges.zero_pen = QPen(QColor(colors.muted), 1, Qt.PenStyle.DotLine)
        self.ridges.set_table(colors.layer_table, QColor(colors.panel))
        self._color(len(self.ridges.pens))

    def _color(self, count: int) -> None:
        colors = self.theme.colors
        lines = [colors.layer(index, count) for index in range(count)]
        fills = [blend(line.name(), colors.panel, SHADE) for line in lines]
        self.ridges.set_colors(lines, fills, QColor(colors.text))

    def _layer_at(self, y: float) -> int:
        assert self._shown is not None
        return int(np.clip(round(y), 1, len(self._shown.histograms.counts)))

    def _show_reading(self, text: str) -> None:
        """Write what is under the pointer into the free corner: the title row has little room."""
        (left, _), (_, high) = self.view().x_range, self.view().y_range
        color = QColor(self.theme.colors.text)
        self._reading.words = [Words(text, left, high, color)] if text else []
        self.canvas.update()

    def _describe(self, x: float, y: float) -> str:
        shown = self._shown
        if shown is None:
            return ""
        found, layer = shown.histograms, self._layer_at(y)
        edges = found.edges[layer - 1]
        place = _place(x, float(edges[0]), float(edges[-1])) if self._shared else x
        bin_ = int(np.clip(place * (len(edges) - 1), 0, len(edges) - 2))
        low, high = (number(float(edge)) for edge in edges[bin_ : bin_ + 2])
        count, size = found.counts[layer - 1, bin_], max(1, found.sizes[layer - 1])
        text = f"layer {layer}: {count} of {size} ({count / size:.1%}) from {low} to {high}"
        for name, odd in (("NaN", found.nans), ("infinite", found.infinities)):
            if odd[layer - 1]:
                text += f", {odd[layer - 1]} {name}"
        return text

    def _on_chosen(self, event: Any) -> None:
        if self._shown is not None and not event.double() and event.button() == LEFT:
            at = self.box.mapSceneToView(event.scenePos())
            self._focus.choose_layer(self._layer_at(at.y()))


def _name_of(shown: Distributions) -> str:
    """Say whose distribution it is."""
    samples = f" of {shown.samples} training samples" if shown.samples else ""
    rows = f", every {shown.every}th row" if shown.every > 1 else ""
    return f"{shown.kind.symbol}{samples}{rows}"


def _switch(label: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(label)
    button.setToolTip(tip)
    button.setAccessibleName(label)
    button.setCheckable(True)
    button.setProperty("segment", "true")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    teach(button)
    return button


def _heights(counts: Array, *, logarithmic: bool) -> Array:
    """Return heights from 0 to 1, each layer's largest being 1; NaN where nothing is."""
    values = np.log1p(counts) if logarithmic else counts.astype(float)
    values /= np.maximum(values.max(axis=1, keepdims=True), 1e-9)
    values[counts == 0] = np.nan
    return values


def _holds_zero(edges: Array) -> Array:
    holds: Array = (edges[:, 0] <= 0) & (edges[:, -1] >= 0)
    return holds


def _place(value: float, low: float, high: float) -> float:
    """Return where a value lies between two others, as a share, however far they are apart."""
    return (value / 2 - low / 2) / (high / 2 - low / 2)


def _percent(share: float) -> str:
    if np.isnan(share):
        return NOTHING
    return f"{100 * share:.0f} %" if share == 0 or share >= 0.005 else "<1 %"


def _end(value: float) -> str:
    return NOTHING if np.isnan(value) else number(value)
