"""A magnitude of every layer over time, as lines coloured from the input's to the output's end."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from PySide6.QtGui import QColor

from core.arrays import Array
from lab.moments import Mark
from lab.traces import Trace
from lab.words import number, spaced
from widgets.colors import Colors
from widgets.focus import Focus
from widgets.plots.axes import Plot, roomy_end
from widgets.plots.canvas import Labels, Polylines, Words
from widgets.plots.ghosts import Ghost, Ghosts, reach
from widgets.plots.handle import TimeHandle
from widgets.plots.level import Level
from widgets.plots.pixels import on_sheet
from widgets.plots.shown import Shown
from widgets.theme import Theme

LABELS_APART_PX = 15


class GradientLines(Plot):
    """One line per layer; that under the pointer, or else the one in focus, is in front."""

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "step", "")
        self._focus = focus
        self.lines, self._labels_inside = Polylines(), Labels()
        self.level, self.ghosts = Level(), Ghosts(names_right=False)
        self.draw(self.ghosts, self.lines, self._labels_inside, self.level)
        self.handle = TimeHandle(self, focus)
        self.canvas.items.append(self.ghosts.names)
        self.x_axis.whole = True
        self._trace: Trace | None = None
        self._shown: Shown | None = None
        self._pointed: int | None = None
        self.read = self._describe
        self.setAccessibleName(self.tr("Magnitude of every layer over time"))
        self.apply_theme()

    def show_trace(
        self,
        trace: Trace,
        shown: Shown,
        marks: tuple[Mark, ...],
        ghosts: Sequence[Ghost] = (),
        others: Iterable[int] = (),
    ) -> None:
        """Draw a quantity as far as the run has come, and other runs' lines of it.

        `others` are how far those have come.
        """
        if self._shown != shown or self.n_layers != len(trace.values):
            self._shown, self._pointed = shown, None
            self.y_axis.logarithmic = shown.logarithmic
            self.set_labels("step", shown.quantity.symbol)
            self.y_axis.redraw()
        self._trace = trace
        values = trace.shown(logarithmic=shown.logarithmic)
        if len(values) != self.n_layers:
            self._color_lines(len(values))
        self.lines.set_data(trace.center, values)
        self._bring_to_front()
        self.ghosts.set_ghosts(ghosts)
        self.marks.marks = marks
        self.handle.set_stops(trace.last)
        end = reach(int(trace.last[-1]) if len(trace.last) else 0, others)
        self.follow((0.0, roomy_end(end)), self._heights())
        self._name_ends(values)

    @property
    def n_layers(self) -> int:
        """How many layers are drawn."""
        return len(self.lines.y)

    def layer_at(self, x: float, y: float) -> int | None:
        """Return the layer, counted from 0, whose line is nearest to a point."""
        trace = self._trace
        if trace is None or not len(trace.first):
            return None
        distances = np.abs(self.lines.y[:, self._row_at(x)] - y)
        distances[np.isnan(distances)] = np.inf
        return int(distances.argmin()) if np.isfinite(distances).any() else None

    def leave(self) -> None:
        super().leave()
        self._pointed = None
        self._bring_to_front()
        self.canvas.update()

    def apply_theme(self) -> None:
        super().apply_theme()
        font, veil = self.theme.font("small"), self.theme.veil
        self._labels_inside.font, self._labels_inside.ground = font, veil
        self.ghosts.font, self.ghosts.ground = font, veil
        self.level.apply_theme(self.theme)
        self._color_lines(self.n_layers)

    def _heights(self) -> tuple[float, float]:
        assert self._trace is not None
        assert self._shown is not None
        wanted = self._shown.range_of_trace(self._trace)
        if self.ghosts.ghosts:
            ends = np.concatenate([ghost.y for ghost in self.ghosts.ghosts])
            others = self._shown.range_of(ends)
            wanted = min(wanted[0], others[0]), max(wanted[1], others[1])
        return self.level.widened(self._shown, wanted)

    def _color_lines(self, count: int) -> None:
        self.lines.set_colors([self.theme.colors.layer(index, count) for index in range(count)])

    def _bring_to_front(self) -> None:
        chosen = None if self._focus.layer is None else self._focus.layer - 1
        self.lines.front = chosen if self._pointed is None else self._pointed

    def _name_ends(self, values: Array) -> None:
        """Write the first, the last and the chosen layer's name above the end of their lines."""
        self._labels_inside.words = []
        if len(values) < 2 or not values.shape[1]:
            return
        count, last, x = len(values), values[:, -1], float(self.lines.x[-1])
        with np.errstate(all="ignore"):
            heights = on_sheet(self.view().y(last), self.canvas.height())
        ends = {0: "layer 1", count - 1: f"layer {count}, output"}
        if abs(heights[-1] - heights[0]) < LABELS_APART_PX:
            ends = {count - 1: f"layers 1–{count}"}
        chosen = (self._focus.layer or 0) - 1
        if 0 <= chosen < count:
            away = np.abs(heights - heights[chosen])
            ends = {place: text for place, text in ends.items() if away[place] >= LABELS_APART_PX}
            ends[chosen] = f"layer {chosen + 1}"
        colors = self.theme.colors
        self._labels_inside.words = [
            Words(text, x, float(last[index]), _ink_of(colors, index, count), True, (0, -4))
            for index, text in ends.items()
            if np.isfinite(last[index])
        ]

    def _row_at(self, x: float) -> int:
        assert self._trace is not None
        last = self._trace.last
        return int(np.clip(np.searchsorted(last, round(x)), 0, len(last) - 1))

    def _describe(self, x: float, y: float) -> str:
        layer, trace = self.layer_at(x, y), self._trace
        self._pointed = layer
        self._bring_to_front()
        if layer is None or trace is None:
            return ""
        row = self._row_at(x)
        value = trace.values[layer, row]
        text = f"{number(value)}{self.level.meaning(value)}"
        return f"step {spaced(int(trace.first[row]))}, layer {layer + 1}: {text}"


@lru_cache(maxsize=512)
def _ink_of(colors: Colors, index: int, count: int) -> QColor:
    return colors.ink(colors.layer(index, count))
