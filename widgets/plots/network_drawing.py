"""What the picture of a network shows, and how that is painted; it knows no widget."""

from functools import partial

import numpy as np
from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPaintEngine, QPainter, QPen, QPixmap

from core.arrays import Array
from lab.network_view import NetworkState
from lab.words import known
from widgets.focus import Lit
from widgets.plots import network_paint as paint
from widgets.plots.network_arrangement import geometry_of
from widgets.plots.network_flow import flow_strengths, paint_flow
from widgets.plots.network_geometry import HEAD, Geometry, Spot
from widgets.plots.network_lit import paint_lit
from widgets.plots.zoom import WHOLE, Zoom
from widgets.theme import Theme

tr = partial(QCoreApplication.translate, "NetworkCanvas")

NOTHING = np.zeros(0, np.intp)
PIXELS_IN_LINES = 3.0  # for one of the screen, where a picture of lines has a part of pixels


class NetworkDrawing:
    """A network of `sizes`, its links coloured by one quantity; `geometry` is where all of it is.

    `visible` are the numbers of the links worth drawing. `path` joins units by a line and `lit`
    lights layers: both lie over all else.
    """

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self.sizes: tuple[int, ...] = ()
        self.geometry: Geometry | None = None
        self.state: NetworkState | None = None
        self.kind, self.logarithmic = "weight", False
        self.visible = NOTHING
        self.selected: int | None = None
        self.frozen: tuple[int, ...] = ()
        self.path: tuple[tuple[int, int], ...] = ()
        self.lit: Lit | None = None
        self.values = self.strengths = np.zeros(0)  # of all links

    # -- what it shows

    def begin(self, sizes: tuple[int, ...]) -> None:
        """Show an empty network."""
        self.sizes, self.state = sizes, None

    def arrange(self, width: float, height: float, zoom: Zoom) -> None:
        """Find room for all of it in a picture of so many pixels, or for a part."""
        if self.sizes:
            self.geometry = geometry_of(self.sizes, width, height, zoom)
        self._weigh()

    def set_state(self, state: NetworkState) -> None:
        """Show a network as it is now."""
        self.state = state
        self._weigh()

    def set_kind(self, kind: str, *, logarithmic: bool) -> None:
        """Colour the links by another quantity, or on another scale."""
        self.kind, self.logarithmic = kind, logarithmic
        self._weigh()

    def _weigh(self) -> None:
        """Find out how strong every link is, and which are worth drawing."""
        self.values, self.visible = np.zeros(0), NOTHING
        if self.geometry is not None and self.geometry.cell and self._links:
            self.values = np.concatenate([values.ravel() for values in self._links])
            self.strengths = paint.link_strengths(self.values, logarithmic=self.logarithmic)
            self.visible = paint.visible_links(self.geometry, self.strengths)

    @property
    def _links(self) -> tuple[Array, ...]:
        return self.state.links.get(self.kind, ()) if self.state is not None else ()

    @property
    def loss(self) -> str:
        """The loss as it is written."""
        return "" if self.state is None else known(self.state.loss)

    # -- how it is painted

    def pixels(self, size: QSize, ratio: float, room: float = 0.0) -> QPixmap:
        """Paint it as `paint` does, so many pixels for one of the screen."""
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(QColor(self._theme.colors.panel))
        with QPainter(pixmap) as painter:
            self.paint(painter, room)
        return pixmap

    def paint(self, painter: QPainter, room: float = 0.0) -> None:
        """Paint all but what lies over it, no names in the `room` at the right of a part."""
        geometry = self.geometry
        if geometry is None:
            return
        colors, state = self._theme.colors, self.state
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state is not None:
            paint_flow(painter, geometry, flow_strengths(state.magnitudes), colors)
        painter.save()
        _clip(painter, geometry)
        self._paint_selected(painter, geometry)
        if geometry.cell:
            paint.paint_links(
                painter, geometry, self.values, self.strengths, self.visible, self._theme
            )
            paint.paint_units(painter, geometry, state, colors)
        else:
            if state is not None:
                sizes = state.sizes[self.kind]
                paint.paint_bands(painter, geometry, sizes, colors, logarithmic=self.logarithmic)
            paint.paint_bars(painter, geometry, state, colors)
        painter.restore()
        self._paint_words(painter, geometry, geometry.width - room)

    def paint_over(self, painter: QPainter, spot: Spot | None) -> None:
        """Paint what lies over it: the path, the unit or link at a spot, and what is lit."""
        geometry = self.geometry
        if geometry is None:
            return
        painter.save()
        _clip(painter, geometry)
        self._paint_path(painter, geometry)
        self._paint_pointed(painter, geometry, spot)
        painter.restore()
        if self.lit is not None:
            paint_lit(painter, geometry, self.lit, self._theme.colors)

    def paint_to_keep(self, painter: QPainter, size: QSize) -> None:
        """Paint lines and words; but a part as pixels where nothing can be clipped, as in SVG."""
        geometry = self.geometry
        if geometry is None:
            return
        engine = painter.paintEngine()
        if geometry.zoom != WHOLE and engine.type() == QPaintEngine.Type.SVG:
            pixmap = self.pixels(size, PIXELS_IN_LINES)
            with QPainter(pixmap) as inner:
                _clip(inner, geometry)
                self._paint_path(inner, geometry)
            painter.drawPixmap(0, 0, pixmap)
        else:
            self.paint(painter)
            _clip(painter, geometry)
            self._paint_path(painter, geometry)

    def _paint_words(self, painter: QPainter, geometry: Geometry, end: float) -> None:
        colors = self._theme.colors
        painter.setFont(self._theme.font("small"))
        for index, name in paint.names_of(geometry):
            if geometry.x[index] > end:
                continue
            chosen = index == self.selected
            painter.setPen(QColor(colors.accent if chosen else colors.muted))
            middle = float(geometry.x[index])
            painter.drawText(
                QRectF(middle - 40, 2, 80, HEAD - 6), Qt.AlignmentFlag.AlignCenter, name
            )
        for layer in self.frozen:
            if layer < len(geometry.x) and geometry.x[layer] <= end:
                middle = float(geometry.x[layer])
                shift = min(16.0, max(0.0, geometry.pitch / 2 - 5))
                paint.paint_lock(painter, middle + shift, HEAD / 2, QColor(colors.text))
        box = QRectF(geometry.loss_x - 29, geometry.foot - 30, 58, 38)
        painter.setPen(QColor(colors.muted))
        painter.drawText(box.adjusted(0, 0, 0, -20), Qt.AlignmentFlag.AlignCenter, tr("loss"))
        painter.setPen(QColor(colors.text))
        painter.drawText(box.adjusted(0, 22, 0, 0), Qt.AlignmentFlag.AlignCenter, self.loss)

    def _paint_selected(self, painter: QPainter, geometry: Geometry) -> None:
        layer = self.selected
        if layer is None or not 0 < layer < len(geometry.x):
            return
        left, top, width, height = geometry.bars[layer].tolist()
        accent = QColor(self._theme.colors.accent)
        painter.setPen(QPen(accent, 1.4 * self._theme.line_width))
        accent.setAlphaF(0.12)
        painter.setBrush(accent)
        margin = 4.0 if geometry.cell else 2.0
        frame = QRectF(left, top, width, height).adjusted(-margin, -margin, margin, margin)
        painter.drawRoundedRect(frame, 3, 3)

    def _paint_path(self, painter: QPainter, geometry: Geometry) -> None:
        if self.path:
            paint.paint_path(painter, geometry, self.path, self._theme.colors)

    def _paint_pointed(self, painter: QPainter, geometry: Geometry, spot: Spot | None) -> None:
        """Light up the unit or link under the pointer."""
        if spot is None or not geometry.cell or self.state is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._theme.colors.text), 1.6 * self._theme.line_width))
        if spot.kind == "unit":
            x, y = geometry.cells[spot.layer][spot.column].tolist()
            side = float(geometry.sides[spot.layer])
            painter.drawRect(QRectF(x, y, side, side))
        elif spot.kind == "link":
            paint.paint_link(painter, geometry, geometry.number_of_link(spot), self.visible)


def _clip(painter: QPainter, geometry: Geometry) -> None:
    """Leave out the units above and below the part that is shown."""
    if geometry.zoom != WHOLE:
        painter.setClipRect(QRectF(0, HEAD - 4, geometry.width, geometry.inside[3] + 8))
