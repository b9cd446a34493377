"""How activations, weights or gradients are distributed in each layer, now: a ridge per layer."""

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout

from lab.distributions import KINDS, Distributions, DistributionsOf
from lab.frames import Frame
from lab.mailbox import Wishes
from lab.spec import Spec
from lab.words import known, whole_percent
from widgets.controls.segments import Segments, small_button
from widgets.focus import Focus
from widgets.folding_row import FoldingRow
from widgets.plots.frame import Begun, PictureFrame, Table
from widgets.plots.quantity_choice import clips
from widgets.plots.ridge_numbers import RidgeNumbers
from widgets.plots.ridge_plot import RidgePlot
from widgets.theme import Theme

NAMES = tuple(KINDS)
WEIGHT, CLIPPED = (NAMES.index(name) for name in ("weight_gradient", "clipped_gradient"))
WIDE_ENOUGH_FOR_WORDS, WIDE_ENOUGH_FOR_TITLE, WIDE_ENOUGH_FOR_ENDS = 760, 560, 560
WIDE_ENOUGH_FOR_BOTH = 880


class DistributionPicture(PictureFrame):
    """The ridges, their numbers at the right, and what they are made of."""

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "Distributions")
        self._focus = focus
        self.kind = Segments(
            [(kind.letter, f"{kind.symbol}: {kind.help}") for kind in KINDS.values()],
            self.tr("Distribution of"),
        )
        for button, kind in zip(self.kind.group.buttons(), KINDS.values(), strict=True):
            button.setAccessibleName(f"{self.kind.accessibleName()}: {kind.label}")
        self.log_count = small_button(
            self.tr("log"),
            self.tr("Draw the logarithm of the counts, so that rare values can be seen."),
            checkable=True,
        )
        self.shared = small_button(
            self.tr("One axis"),
            self.tr("Show all layers over one range of values, not each over its own."),
            checkable=True,
        )
        switches = FoldingRow()  # below one another where there is little room
        switches.add(self.log_count, self.shared)
        self.header.insertWidget(1, self.kind)
        self.header.insertWidget(2, switches)
        # Else both would claim room, before the first size is known, and widen a small window.
        self.title.hide()
        self.readout.setMinimumWidth(1)
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
        self.show_spec(begun.spec)

    def show_spec(self, spec: Spec) -> None:
        on = clips(spec)
        self.kind.group.button(CLIPPED).setVisible(on)
        if not on and self.kind.index() == CLIPPED:
            self.kind.choose(WEIGHT)

    @property
    def request(self) -> DistributionsOf:
        """What is asked of the run."""
        kind, shared = NAMES[self.kind.index()], self.shared.isChecked()
        return DistributionsOf(kind, self._focus.seed, shared)

    @property
    def wishes(self) -> Wishes:
        return (self.request,) if self.seen else ()

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        found = frame.shown(self.request) if self.seen else None
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
        self._name_buttons()
        if self.shown is not None:
            self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._name_buttons()
        if self.shown is not None:
            self._draw()

    def _name_buttons(self) -> None:
        """Write words, or letters where there is no room for them; the title where there is."""
        width = self.width() / self.theme.enlarged
        wide = width >= WIDE_ENOUGH_FOR_WORDS
        self.title.setVisible(width >= (WIDE_ENOUGH_FOR_BOTH if wide else WIDE_ENOUGH_FOR_TITLE))
        for button, kind in zip(self.kind.group.buttons(), KINDS.values(), strict=True):
            button.setText(kind.label if wide else kind.letter)

    def _draw(self) -> None:
        assert self.shown is not None
        self.plot.show_distributions(self.shown, logarithmic=self.log_count.isChecked())
        self._write_numbers(self.shown)
        self.refresh()

    def _write_numbers(self, shown: Distributions) -> None:
        found = shown.histograms
        headings, widest = ["layer", "sat.", "dead", "zero"], ["000", *["100 %"] * 3]
        sizes = np.maximum(found.sizes, 1)
        columns = [
            [whole_percent(share) for share in shares.tolist()]
            for shares in (shown.saturated, shown.dead, found.zeros / sizes)
        ]
        columns.insert(0, [str(layer) for layer in range(1, len(sizes) + 1)])
        wide = self.width() >= WIDE_ENOUGH_FOR_ENDS
        if wide and not shown.shared:
            headings[1:1], widest[1:1] = ["lowest", "highest"], ["-0.0e-00"] * 2
            columns[1:1] = [[known(end) for end in ends] for ends in found.extremes.T.tolist()]
        odd = [("NaN", found.nans), ("∞", found.infinities)]
        if not wide and all(counts.any() for _, counts in odd):  # the pointer tells them apart
            odd = [("NaN, ∞", found.nans + found.infinities)]
        for name, counts in odd:
            if counts.any():
                headings, widest = [*headings, name], [*widest, "100 %"]
                columns.append([whole_percent(share) for share in (counts / sizes).tolist()])
        rows = list(zip(*columns, strict=True))
        self.side.show_columns(headings, widest, rows, narrow=not wide)

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
