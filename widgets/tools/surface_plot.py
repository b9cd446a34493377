"""The loss over a plane as colours and contours, with the way walked and the live position.

Colours and levels are logarithmic; the scale at the right has a tick at every contour.
"""

import math

import numpy as np
from PySide6.QtGui import QColor, QFontMetrics

from core.arrays import Array
from lab.planes import Walk
from lab.surfaces import LossSurface
from lab.traces import decades
from lab.words import brief, chosen, number
from widgets.plots.axes import Plot
from widgets.plots.color_scale import ColorScale
from widgets.plots.gradient_map import PatternKey, patterns_of
from widgets.plots.picture import Picture
from widgets.theme import Theme
from widgets.tools.contour_lines import ContourLines
from widgets.tools.walk_line import WalkLine

LEVELS = 10
MOST_DIGITS = 6
WIDEST_DECADES = 12.0  # below the largest loss; what is smaller has the lowest colour
FLATTEST, FLAT_ROOM = 1e-12, 1e-3  # decades: what is flatter has one colour


class SurfacePlot(Plot):
    """Shows one surface until it is given another one or none."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "", "")
        self.image, self.contours, self.walk = Picture(smooth=True), ContourLines(), WalkLine()
        self.draw(self.image, self.contours, self.walk)
        self.canvas.items.append(PatternKey(self.image))
        self.scale = ColorScale(self)
        self._ticks_of_scale = list[tuple[float, str]]()
        self.box.sigResized.connect(self._write_scale)
        self.surface: LossSurface | None = None
        self.read = self._describe
        self.setAccessibleName(self.tr("Loss over a plane through the weights"))
        self.apply_theme()

    def show_surface(self, surface: LossSurface | None) -> None:
        """Draw a surface, or none."""
        self.surface = surface
        self.walk.clear()
        if surface is None:
            self.image.clear()
            self.contours.clear()
            self.set_labels("", "")
            self.canvas.update()
            return
        self.set_labels(*surface.plane.names)
        self.walk.center = surface.plane.origin
        self._draw(surface)

    def show_walk(self, walk: Walk) -> None:
        """Draw the way so far, and where the network is now."""
        self.walk.places, self.walk.now = walk.places, walk.now
        self.canvas.update()

    def is_inside(self, place: Array) -> bool:
        """Whether a place lies on the surface."""
        surface = self.surface
        if surface is None:
            return False
        ends = ((axis[0], axis[-1]) for axis in (surface.a, surface.b))
        return all(low <= value <= high for value, (low, high) in zip(place, ends, strict=True))

    def apply_theme(self) -> None:
        super().apply_theme()
        colors = self.theme.colors
        self.image.patterns = patterns_of(colors)
        self.image.set_table(colors.layer_table, QColor(colors.panel))
        self.contours.font = self.theme.font("small")
        self.contours.color, self.contours.ground = QColor(colors.text), self.theme.veil
        key = self.canvas.items[-1]
        if isinstance(key, PatternKey):
            key.font, key.color = self.theme.font("small"), QColor(colors.text)
            key.ground, key.line = QColor(colors.panel), QColor(colors.muted)
        self.scale.apply_theme(self.theme)
        if self.surface is not None:
            self._draw(self.surface)

    def _draw(self, surface: LossSurface) -> None:
        heights = decades(surface.losses)
        ends = _ends_of(heights)
        levels = _levels_between(*ends)
        table = self.theme.colors.layer_table
        labels = labels_of(10**levels)
        a, b = surface.a, surface.b
        half_a, half_b = (a[1] - a[0]) / 2, (b[1] - b[0]) / 2
        corners = (a[0] - half_a, b[0] - half_b, a[-1] + half_a, b[-1] + half_b)
        # The picture's rows run from the top, along the second axis.
        shown = np.where(np.isfinite(heights), np.clip(heights, *ends), heights)
        self.image.set_data(shown.T[::-1], ends, corners)
        self.contours.avoided = surface.plane.origin
        self.contours.set_surface(a, b, heights, levels, labels, table)
        self.scale.show_levels(ends, self.tr("loss"), self.theme)
        self._ticks_of_scale = list(zip(levels.tolist(), labels, strict=True))
        self._write_scale()
        self.follow((a[0], a[-1]), (b[0], b[-1]), exact=True)

    def _write_scale(self) -> None:
        """Write as many levels beside the colours as there is room for."""
        apart = QFontMetrics(self.theme.font("small")).height()
        every = max(1, math.ceil(len(self._ticks_of_scale) * apart / max(1, self.canvas.height())))
        self.scale.axis.setTicks([self._ticks_of_scale[::every]])

    def _describe(self, x: float, y: float) -> str:
        surface = self.surface
        loss = math.nan if surface is None else surface.at(x, y)
        if surface is None or (math.isnan(loss) and not self.is_inside(np.array([x, y]))):
            return ""
        return f"loss {number(loss)} at {brief(x)}, {brief(y)}"


def labels_of(losses: Array) -> list[str]:
    """Write levels with the digits it takes to tell them apart.

    Where that would take very many, the higher ones are written as what they have above the lowest.
    """
    for digits in range(3, MOST_DIGITS + 1):
        labels = [chosen(loss, digits) for loss in losses.tolist()]
        if len(set(labels)) == len(labels):
            return labels
    above = [f"+{chosen(loss, 2)}" for loss in (losses[1:] - losses[0]).tolist()]
    return [chosen(losses[0], MOST_DIGITS), *above]


def _ends_of(heights: Array) -> tuple[float, float]:
    """The range of the colours, in decades."""
    finite = heights[np.isfinite(heights)]
    if not finite.size:
        return -1.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if high - low <= FLATTEST:
        return low - FLAT_ROOM, high + FLAT_ROOM
    return max(low, high - WIDEST_DECADES), high


def _levels_between(low: float, high: float) -> Array:
    """Evenly spaced levels, in decades, without the ends."""
    return np.linspace(low, high, LEVELS + 2)[1:-1]
