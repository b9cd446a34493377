"""How far the signals of every layer moved when a weight did, beside what was predicted."""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from core.arrays import Array
from core.nudges import Shift
from lab.nudging import Nudged
from lab.traces import decades
from lab.words import number
from widgets.plots.axes import Plot, Range, roomy_range
from widgets.plots.canvas import Labels, Polylines, Words
from widgets.plots.legend import Entry, Legend
from widgets.theme import Theme
from widgets.tools.markers import Mark, Markers

LAYERS_APART_PX = 36
ROOMY_PX = 14.0  # for each layer; with less the predictions are lines
ASIDE = 0.16  # of a layer: z to the left of it, h to the right
LEAST_DECADES = 1.0
EMPTY: Range = (-3.0, 0.0)
TITLE, SIZES = "layer (input → output)", "|Δz|, |Δh|"
HEADROOM = 0.5  # decades, for the legend


class LayerShifts(Plot):
    """z as squares and h as dots, filled where measured, larger and hollow where predicted.

    Of many layers the predictions are lines. Layers before the changed one do not move and are left
    out; what has not moved after it lies, hollow, on the lower edge.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, TITLE, SIZES)
        self.y_axis.logarithmic = self.x_axis.whole = True
        self.x_axis.apart_px = LAYERS_APART_PX
        self.predicted, self.markers = Polylines(), Markers()
        self.legend, self.labels = Legend(), Labels()
        self.draw(self.predicted, self.markers, self.legend, self.labels)
        self.nudged: Nudged | None = None
        self.read = self._describe
        self.setAccessibleName(self.tr("Change of every layer"))
        self.apply_theme()

    def show_nudged(self, nudged: Nudged) -> None:
        """Draw one nudge."""
        self.nudged, width = nudged, self.canvas.width()
        self.set_labels(TITLE if self.length_of(TITLE) <= width else self.tr("layer"), SIZES)
        n_layers = len(nudged.nudge.z)
        layers = np.arange(1, n_layers + 1)
        x_range = (0.5, max(2, n_layers) + 0.5)
        room = width / (x_range[1] - x_range[0])
        self.markers.marks = []
        self.predicted.set_data(layers, np.empty((0, 0)))
        if nudged.change:
            self._draw_marks(nudged, layers, roomy=room >= ROOMY_PX)
        self._write(nudged)
        self.legend.keep_to(self.canvas.height())
        z, h = (_decades_of(shifts, "actual") for shifts in (nudged.nudge.z, nudged.nudge.h))
        heights = np.concatenate([z, h])
        self.follow(x_range, _heights(heights))
        view = self.view()
        self.legend.avoid(np.tile(layers, 2), heights, view.x_range, view.y_range)

    def apply_theme(self) -> None:
        super().apply_theme()
        colors, font = self.theme.colors, self.theme.font("small")
        text = QColor(colors.text)
        self.predicted.pens = [QPen(text, 1, Qt.PenStyle.DotLine), QPen(text)]
        self.legend.font, self.legend.ground = font, self.theme.veil
        self.labels.font, self.labels.ground = font, self.theme.veil
        if self.nudged is not None:
            self.show_nudged(self.nudged)

    def _draw_marks(self, nudged: Nudged, layers: Array, *, roomy: bool) -> None:
        colors, text = self.theme.colors, QColor(self.theme.colors.text)
        marks = list[tuple[float, float, Mark]]()
        lines = list[Array]()
        for shape, aside, shifts in (
            ("square", -ASIDE, nudged.nudge.z),
            ("round", ASIDE, nudged.nudge.h),
        ):
            actual, predicted = (_decades_of(shifts, name) for name in ("actual", "predicted"))
            lines.append(predicted)
            for index in range(nudged.place.layer - 1, len(layers)):
                color, x = colors.layer(index, len(layers)), float(layers[index])
                x += aside if roomy else 0
                filled = bool(np.isfinite(actual[index])) and (roomy or shape == "round")
                mark = Mark(shape, color, filled, radius=3 if roomy else 2)
                marks.append((x, float(actual[index]), mark))
                if roomy:
                    ring = Mark(shape, text, filled=False, radius=5.5)
                    marks.append((x, float(predicted[index]), ring))
        self.markers.marks = marks
        if not roomy:
            broken = [np.where(np.isfinite(line), line, np.nan) for line in lines]
            self.predicted.set_data(layers, np.array(broken))

    def _write(self, nudged: Nudged) -> None:
        muted = QColor(self.theme.colors.muted)
        self.legend.entries, self.labels.words = [], []
        if nudged.change:
            self.legend.entries = self._entries(muted, wide=True)
            if not self.legend.fits(self.canvas.width()):
                self.legend.entries = self._entries(muted, wide=False)
        else:
            words = self.tr("d = 0: nothing has moved")
            if self.length_of(words) > self.canvas.width():
                words = self.tr("not moved")
            middle = (max(2, len(nudged.nudge.z)) + 1) / 2
            shift = (-self.length_of(words) / 2, 0)
            self.labels.words = [Words(words, middle, sum(EMPTY) / 2, muted, shift=shift)]

    def _entries(self, color: QColor, *, wide: bool) -> list[Entry]:
        as_lines = bool(len(self.predicted.y))
        measured = self.tr("□ z  ● h") if as_lines else self.tr("■ z  ● h")
        predicted = self.tr("┄ ─") if as_lines else self.tr("□ ○")
        if wide:
            measured += self.tr("  measured")
            predicted = self.tr("┄ z  ─ h") if as_lines else self.tr("□ z  ○ h")
        return [Entry(measured, color), Entry(predicted + self.tr(" predicted"), color)]

    def _describe(self, x: float, _y: float) -> str:
        if self.nudged is None:
            return ""
        nudge = self.nudged.nudge
        index = int(np.clip(round(x), 1, len(nudge.z))) - 1
        parts = [
            f"Δ{name} {number(shift.actual)}, predicted {number(shift.predicted)}"
            for name, shift in (("z", nudge.z[index]), ("h", nudge.h[index]))
        ]
        return f"layer {index + 1}: {'; '.join(parts)}"


def _decades_of(shifts: Sequence[Shift], name: str) -> Array:
    return decades(np.array([getattr(shift, name) for shift in shifts]))


def _heights(values: Array) -> Range:
    usable = values[np.isfinite(values)]
    if not usable.size:
        return EMPTY
    low, high = roomy_range((float(usable.min()), float(usable.max())), LEAST_DECADES)
    return math.floor(2 * low) / 2, math.ceil(2 * high) / 2 + HEADROOM
