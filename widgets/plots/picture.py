"""Numbers as colours over a rectangle: a map, a surface, the scale beside them.

Zero on a logarithmic scale, infinity and what is not a number have no colour on the scale: each has
a pattern of its own, so that nothing is ever a blank. One image holds all, as places in a table of
colours; the patterns are laid through the same image with another table.
"""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter

from core.arrays import Array
from widgets.plots.canvas import View

N_SHADES = 253  # places of the table for numbers on the scale
ZERO, INFINITE, UNKNOWN = range(N_SHADES, N_SHADES + 3)
TRANSPARENT, OPAQUE = 0x00000000, 0xFF000000


@dataclass(frozen=True)
class Pattern:
    """How numbers that are not on the scale look."""

    name: str
    ground: QColor
    brush: QBrush


class Picture:
    """Colours for finite numbers; `patterns` for -inf (zero), +inf and NaN, by place."""

    def __init__(self, *, smooth: bool = False) -> None:
        self._smooth = smooth
        self._image = QImage()
        self._pixels: Array = np.empty((0, 0), np.uint8)
        self._corners: tuple[float, float, float, float] | None = None
        self._colors: list[int] = []
        self.patterns: dict[int, Pattern] = {}
        self.present: tuple[int, ...] = ()

    def set_table(self, table: Array, nothing: QColor) -> None:
        """Use these colours (256, 3) uint8; what is not finite has the colour of nothing."""
        chosen = table[np.linspace(0, len(table) - 1, N_SHADES).round().astype(int)]
        self._colors = [QColor(*row).rgb() for row in chosen.tolist()] + 3 * [nothing.rgb()]
        for place, pattern in self.patterns.items():
            self._colors[place] = pattern.ground.rgb()
        if not self._image.isNull():
            self._image.setColorTable(self._colors)

    def set_data(
        self,
        values: Array,
        levels: tuple[float, float],
        corners: tuple[float, float, float, float],
    ) -> None:
        """Show values (rows from the top, columns) over (left, low, right, high)."""
        low, high = levels
        with np.errstate(all="ignore"):
            share = (values - low) * ((N_SHADES - 1) / max(high - low, 1e-300))
        finite = np.isfinite(share)
        rows, columns = values.shape[0], values.shape[1]
        # QImage wants rows of whole 32-bit words, and does not keep the memory alive.
        self._pixels = np.zeros((rows, -(-columns // 4) * 4), np.uint8)
        shown = self._pixels[:, :columns]
        shown[finite] = np.clip(share[finite], 0, N_SHADES - 1).astype(np.uint8)
        self.present = () if finite.all() else self._place_others(shown, share)
        self._image = self._with_table(self._colors, columns)
        self._corners = corners

    def _place_others(self, shown: Array, share: Array) -> tuple[int, ...]:
        found = {
            ZERO: np.isneginf(share),
            INFINITE: np.isposinf(share),
            UNKNOWN: np.isnan(share),
        }
        for place, where in found.items():
            shown[where] = place
        return tuple(place for place, where in found.items() if where.any())

    def clear(self) -> None:
        """Show nothing."""
        self._corners, self.present = None, ()

    def draw(self, painter: QPainter, view: View) -> None:
        if self._corners is None:
            return
        target = view.rect(*self._corners)
        if self._smooth:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self._image.convertToFormat(QImage.Format.Format_RGB32))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
        else:
            painter.drawImage(target, self._image)
        for place in self.present:
            if place in self.patterns:
                self._draw_pattern(painter, view, target, place)

    def _draw_pattern(self, painter: QPainter, view: View, target: QRectF, place: int) -> None:
        """Lay a pattern over the cells of one kind, at the cost of a few images."""
        table = [TRANSPARENT] * len(self._colors)
        table[place] = OPAQUE
        layer = QImage(view.width, view.height, QImage.Format.Format_ARGB32_Premultiplied)
        layer.fill(Qt.GlobalColor.transparent)
        with QPainter(layer) as inner:
            inner.fillRect(target, self.patterns[place].brush)
            inner.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
            inner.drawImage(target, self._with_table(table, self._image.width()))
        painter.drawImage(0, 0, layer)

    def _with_table(self, table: list[int], columns: int) -> QImage:
        rows, stride = self._pixels.shape
        image = QImage(self._pixels.data, columns, rows, stride, QImage.Format.Format_Indexed8)
        image.setColorTable(table)
        return image
