"""How the picture of a network is painted: links, units, bars, and the gradient flowing back.

Each function paints one thing into a `Geometry`; none keeps anything or knows a widget.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
)

from core.arrays import Array
from core.measures import ROW
from lab.network_view import NetworkState
from widgets.plots.network_geometry import FOOT, HEAD, LOSS_ROOM, Geometry, is_curved
from widgets.theme import Colors, blend

DECADES = {"weight": 0.0, "gradient": 4.0, "update": 4.0}  # that links differ in; 0 is linear
BAND_DECADES = {"weight": 2.0, "gradient": 6.0, "update": 6.0}
FLOW_DECADES = 6.0
STRONGEST_FLOW = 1.5  # times that of the last layer, in the picture
FLOW_ROOM = 8.0  # half the height of the flow at the loss
SHADES = 7
GLOW_MARGIN = 12.0
THINNEST, THICKEST = 0.7, 2.6
FEWEST_LINES, DENSITY = 16, 1 / 70  # of a layer; lines per square pixel
FAINTEST = 0.06
NARROWEST_NAME = 26.0


def link_strengths(values: Array, kind: str) -> Array:
    """How strongly each link is drawn, 0..1, beside the strongest one."""
    size = np.abs(np.nan_to_num(values, posinf=0, neginf=0))
    # Over decades many are nearly as strong as the strongest: squared, they can be told apart.
    return _strengths(size, DECADES[kind]) ** (2 if DECADES[kind] else 1)


def flow_strengths(magnitudes: Array) -> Array:
    """How strongly the gradient flows through each layer; the last one's is 1."""
    signal = magnitudes[ROW["signal_gradient_rms"]]
    with np.errstate(all="ignore"):
        decades = np.log10(signal / signal[-1])
    return np.clip(np.nan_to_num(1 + decades / FLOW_DECADES, nan=0.0), 0, STRONGEST_FLOW)


def visible_links(geometry: Geometry, strengths: Array) -> Array:
    """The numbers of the links worth drawing: the strongest of every layer that has many."""
    found, start = [np.zeros(0, np.intp)], 0
    room = geometry.height - HEAD - FOOT
    for layer, (n_in, n_out) in enumerate(pairwise(geometry.sizes)):
        left, _, width, _ = geometry.bars[layer]
        gap = geometry.bars[layer + 1][0] - left - width
        own = strengths[start : start + n_in * n_out]
        order = np.argsort(own, kind="stable")[-max(FEWEST_LINES, int(room * gap * DENSITY)) :]
        found.append(start + order[own[order] > FAINTEST])
        start += n_in * n_out
    return np.concatenate(found)


def paint_links(
    painter: QPainter,
    geometry: Geometry,
    values: Array,
    strengths: Array,
    visible: Array,
    colors: Colors,
) -> None:
    """Lines coloured by sign; the stronger, the thicker and the less transparent."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    shade = np.minimum((strengths[visible] * SHADES).astype(int), SHADES - 1)
    positive = values[visible] > 0
    curved = is_curved(visible)
    for index in range(SHADES):
        for sign, name in ((False, colors.first_class), (True, colors.second_class)):
            ends = geometry.links[visible[(shade == index) & (positive == sign)]]
            if not len(ends):
                continue
            painter.setPen(link_pen(name, (index + 1) / SHADES, geometry.cell))
            if curved:
                painter.drawPath(_curves(ends))
            else:
                painter.drawLines([QLineF(*line) for line in ends.tolist()])


def link_pen(name: str, strength: float, cell: float) -> QPen:
    """The pen of a link; in a small picture lines are thinner."""
    color = QColor(name)
    color.setAlphaF(0.10 + 0.85 * strength**1.3)
    thickest = THICKEST if cell > 12 else 1.6
    return QPen(color, THINNEST + (thickest - THINNEST) * strength)


def _curves(ends: Array) -> QPainterPath:
    path = QPainterPath()
    for x0, y0, x1, y1 in ends.tolist():
        bend = (x1 - x0) / 2
        path.moveTo(x0, y0)
        path.cubicTo(x0 + bend, y0, x1 - bend, y1, x1, y1)
    return path


def paint_units(
    painter: QPainter, geometry: Geometry, state: NetworkState | None, colors: Colors
) -> None:
    """A cell per unit: what it computes over the plane, or its mean output, as colour."""
    boxes = [
        QRectF(x, y, side, side)
        for cells, side in zip(geometry.cells, geometry.sides.tolist(), strict=True)
        for x, y in cells.tolist()
    ]
    if state is None:
        for box in boxes:
            painter.fillRect(box, QColor(colors.ground))
    elif state.images:
        atlas = _atlas(state.images, colors)
        step = atlas.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for index, box in enumerate(boxes):
            painter.drawImage(box, atlas, QRectF(0, index * step, step, step))
    else:
        shades = colors.unit_table[np.concatenate(state.tones)].tolist()
        for box, shade in zip(boxes, shades, strict=True):
            painter.fillRect(box, QColor(*shade))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.setPen(QPen(QColor(colors.line), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRects(boxes)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _atlas(images: Sequence[Array], colors: Colors) -> QImage:
    """All units' pictures below one another."""
    tones = np.concatenate(images)
    pixels = np.ascontiguousarray(_packed(colors.unit_table)[tones])
    side = pixels.shape[-1]
    image = QImage(pixels.data, side, pixels.size // side, 4 * side, QImage.Format.Format_RGB32)
    return image.copy()  # which owns its pixels


def _packed(table: Array) -> Array:
    """Colours (n, 3) as Qt's 32-bit pixels."""
    red, green, blue = table.astype(np.uint32).T
    packed: Array = (0xFF << 24) | (red << 16) | (green << 8) | blue
    return packed.astype(np.uint32)


def paint_bars(
    painter: QPainter, geometry: Geometry, state: NetworkState | None, colors: Colors
) -> None:
    """A bar per layer, its units as cells coloured by their mean output."""
    bars = geometry.bars.tolist()
    table = _packed(colors.unit_table)
    for index, (x, y, width, height) in enumerate(bars):
        target = QRectF(x, y, width, height)
        if state is None:
            painter.fillRect(target, QColor(colors.line))
            continue
        pixels = np.ascontiguousarray(table[state.tones[index]])
        image = QImage(pixels.data, 1, len(pixels), 4, QImage.Format.Format_RGB32)
        painter.drawImage(target, image)
        if width >= 6:
            painter.setPen(QPen(QColor(colors.line), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(target.adjusted(-0.5, -0.5, 0.5, 0.5))


def paint_bands(
    painter: QPainter, geometry: Geometry, state: NetworkState, kind: str, colors: Colors
) -> None:
    """The links of each pair of layers as one band: the brighter, the larger their root mean square."""
    strengths = _strengths(np.nan_to_num(state.sizes[kind], posinf=0), BAND_DECADES[kind])
    painter.setPen(Qt.PenStyle.NoPen)
    bars, color = geometry.bars.tolist(), QColor(colors.text)
    for before, after, strength in zip(bars, bars[1:], strengths.tolist(), strict=False):
        color.setAlphaF(0.02 + 0.24 * strength)
        painter.setBrush(color)
        painter.drawPolygon(_band(before, after))


def _band(before: Sequence[float], after: Sequence[float]) -> QPolygonF:
    x0, x1 = before[0] + before[2], after[0]
    corners = [
        (x0, before[1]),
        (x1, after[1]),
        (x1, after[1] + after[3]),
        (x0, before[1] + before[3]),
    ]
    return QPolygonF([QPointF(*corner) for corner in corners])


def _strengths(size: Array, decades: float) -> Array:
    """From 0 to 1 for the largest: linear, or over so many decades."""
    largest = size.max(initial=0)
    if not largest > 0:
        return np.zeros(size.shape)
    if not decades:
        linear: Array = size / largest
        return linear
    with np.errstate(all="ignore"):
        strengths = 1 + np.log10(size / largest) / decades
    return np.clip(np.nan_to_num(strengths, neginf=0), 0, 1)


def paint_flow(painter: QPainter, geometry: Geometry, strengths: Array, colors: Colors) -> None:
    """What flows back from the loss: it fades, and thins, where the gradient does."""
    x = [*geometry.x[1:].tolist(), geometry.loss_x - LOSS_ROOM / 2 - 4]
    strength = [*strengths.tolist(), float(strengths[-1])]
    _paint_glow(painter, geometry, strengths, colors)
    y = geometry.foot
    painter.setPen(QPen(QColor(colors.line), 1))
    painter.drawLine(QPointF(float(geometry.x[0]), y), QPointF(geometry.loss_x - LOSS_ROOM / 2 - 4, y))
    half = [FLOW_ROOM * min(s, 1.2) for s in strength]
    upper = [QPointF(a, y - t) for a, t in zip(x, half, strict=True)]
    lower = [QPointF(a, y + t) for a, t in zip(x, half, strict=True)]
    fade = QLinearGradient(x[0], 0, x[-1], 0)
    span = max(x[-1] - x[0], 1e-9)
    for place, s in zip(x, strength, strict=True):
        fade.setColorAt(min(1.0, (place - x[0]) / span), _flow_color(s, colors))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(fade))
    painter.drawPolygon(QPolygonF([*upper, *reversed(lower)]))
    _paint_arrows(painter, geometry, x, strength, colors)


def _flow_color(strength: float, colors: Colors) -> QColor:
    """The accent, ever fainter; the colour of warnings where the gradient grows."""
    growth = max(0.0, min(1.0, (strength - 1) / (STRONGEST_FLOW - 1)))
    color = blend(colors.warning, colors.accent, growth)
    color.setAlphaF(min(1.0, max(0.0, strength)) ** 0.8 * 0.9)
    return color


def _paint_glow(painter: QPainter, geometry: Geometry, strengths: Array, colors: Colors) -> None:
    """Light that rises from the flow behind every layer."""
    painter.setPen(Qt.PenStyle.NoPen)
    widths = np.minimum(geometry.pitch, geometry.bars[1:, 2] + GLOW_MARGIN).tolist()
    for x, width, strength in zip(
        geometry.x[1:].tolist(), widths, strengths.tolist(), strict=True
    ):
        bottom = geometry.foot - FLOW_ROOM * min(strength, 1.2)
        light = QLinearGradient(0, bottom, 0, HEAD - 4)
        for share, alpha in ((0, 0.42), (0.35, 0.16), (1, 0.0)):
            color = _flow_color(strength, colors)
            color.setAlphaF(color.alphaF() * alpha)
            light.setColorAt(share, color)
        painter.fillRect(QRectF(x - width / 2, HEAD - 4, width, bottom - HEAD + 4), QBrush(light))


def _paint_arrows(
    painter: QPainter, geometry: Geometry, x: Sequence[float], strength: Sequence[float], colors: Colors
) -> None:
    """Arrow heads between the layers: it flows to the left."""
    every = max(1, round(34 / geometry.pitch))
    y, ground = geometry.foot, QColor(colors.ground)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for left, right, s in [*zip(x, x[1:], strength, strict=False)][::-every]:
        size = FLOW_ROOM * 0.5 * min(s, 1.0)
        if size < 1:
            continue
        ground.setAlphaF(0.8)
        painter.setPen(QPen(ground, 1.6))
        middle = (left + right) / 2
        painter.drawPolyline(
            [
                QPointF(middle + size / 2, y - size),
                QPointF(middle - size / 2, y),
                QPointF(middle + size / 2, y + size),
            ]
        )


def names_of(geometry: Geometry) -> Iterator[tuple[int, str]]:
    """The columns that are named, and how: as many as there is room for."""
    last = len(geometry.sizes) - 1
    every = next(n for n in (1, 2, 5, 10, 20, 50, 100) if n * geometry.pitch >= NARROWEST_NAME)
    for index in range(1, last):
        crowded = (last - index) * geometry.pitch < 1.6 * NARROWEST_NAME and last - index < every
        if index % every == 0 and not crowded:
            yield index, str(index)
    yield 0, "in"
    yield last, "out"


def paint_lock(painter: QPainter, x: float, y: float, color: QColor) -> None:
    """A small padlock: this layer is frozen."""
    painter.setPen(QPen(color, 1.2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(x - 2.2, y - 6.0, 4.4, 6.0), 0, 180 * 16)
    painter.fillRect(QRectF(x - 3.5, y - 3.0, 7.0, 5.2), color)




def paint_link(painter: QPainter, geometry: Geometry, index: int, visible: Array) -> None:
    """One link in the present pen, formed like the others."""
    ends = geometry.links[[index]]
    if is_curved(visible):
        painter.drawPath(_curves(ends))
    else:
        painter.drawLine(QLineF(*ends[0].tolist()))
