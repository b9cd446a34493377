"""How the picture of a network is painted: links, units, bars and bands.

Each function paints one thing into a `Geometry`; none keeps anything or knows a widget.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QPaintEngine,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
)

from core.arrays import Array
from lab.network_view import NetworkState
from widgets.colors import Colors
from widgets.plots.network_geometry import Geometry, is_curved
from widgets.theme import Theme

LINK_DECADES, BAND_DECADES = 4.0, 6.0  # that they differ in, on a logarithmic scale
SHADES = 7
THINNEST, THICKEST, FAST = 0.7, 2.6, 1.0
FEWEST_LINKS, MOST_LINKS_DRAWN = 12, 300  # of a layer, of all: a line takes 10 us
FAINTEST = 0.06
NARROWEST_NAME = 26.0
PATH_WIDTH = 2.0


def link_strengths(values: Array, *, logarithmic: bool) -> Array:
    """How strongly each link is drawn, 0..1, beside the strongest one."""
    size = np.abs(np.nan_to_num(values, posinf=0, neginf=0))
    # Over decades many are nearly as strong as the strongest: squared, they can be told apart.
    strengths = _strengths(size, LINK_DECADES if logarithmic else 0)
    return strengths * strengths if logarithmic else strengths


def visible_links(geometry: Geometry, strengths: Array) -> Array:
    """The numbers of the links worth drawing: of a layer in view with many, the strongest."""
    found, start = [np.zeros(0, np.intp)], 0
    most = max(FEWEST_LINKS, MOST_LINKS_DRAWN // max(1, geometry.in_view - 1))
    for layer, (n_in, n_out) in enumerate(pairwise(geometry.sizes), 1):
        if geometry.x[layer] >= 0 and geometry.x[layer - 1] <= geometry.width:
            own = strengths[start : start + n_in * n_out]
            order = np.argsort(own, kind="stable")[-most:]
            if len(own) > most:  # else even a faint one can be clicked
                order = order[own[order] > FAINTEST]
            found.append(start + order)
        start += n_in * n_out
    return np.concatenate(found)


def paint_links(
    painter: QPainter,
    geometry: Geometry,
    values: Array,
    strengths: Array,
    visible: Array,
    theme: Theme,
) -> None:
    """Lines coloured by sign; the stronger, the thicker and the less transparent."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    shade = np.minimum((strengths[visible] * SHADES).astype(int), SHADES - 1)
    positive = values[visible] > 0
    curved = is_curved(visible)
    thickest = THICKEST if curved else FAST
    for index in range(SHADES):
        colors = theme.colors
        for sign, name in ((False, colors.first_class), (True, colors.second_class)):
            ends = geometry.links[visible[(shade == index) & (positive == sign)]]
            if not len(ends):
                continue
            pen = _link_pen(name, (index + 1) / SHADES, thickest)
            pen.setWidthF(theme.line_width * pen.widthF())
            painter.setPen(pen)
            if curved:
                painter.drawPath(_curves(ends))
            else:
                painter.drawLines([QLineF(*line) for line in ends.tolist()])


def _link_pen(name: str, strength: float, thickest: float) -> QPen:
    """The pen of a link; thin lines are painted several times as fast as thick ones."""
    color = QColor(name)
    color.setAlphaF(0.10 + 0.85 * strength**1.3)
    return QPen(color, min(THINNEST + (THICKEST - THINNEST) * strength, thickest))


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
    """A cell per unit: what it computes over the plane, or its mean output, as colour.

    One whose output is not finite is crossed out.
    """
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
        in_lines = painter.paintEngine().type() == QPaintEngine.Type.SVG  # which takes whole images
        for index, box in enumerate(boxes):
            if in_lines:
                painter.drawImage(box, atlas.copy(0, index * step, step, step))
            else:
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
    if state is not None:
        painter.setPen(QPen(QColor(colors.warning), 1.5))
        for index in np.flatnonzero(np.concatenate(state.broken)).tolist():
            box = boxes[index]
            painter.drawLine(box.topLeft(), box.bottomRight())
            painter.drawLine(box.bottomLeft(), box.topRight())


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
    """A bar per layer, its units as cells coloured by their mean output, or by a warning."""
    bars = geometry.bars.tolist()
    warning = QColor(colors.warning).rgb()
    table = _packed(colors.unit_table)
    broken = () if state is None else state.broken
    # A unit is a cell with sharp edges; besides, a smooth image takes five times as long.
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
    for index, (x, y, width, height) in enumerate(bars):
        target = QRectF(x, y, width, height)
        if state is None:
            painter.fillRect(target, QColor(colors.line))
            continue
        pixels = np.where(broken[index], np.uint32(warning), table[state.tones[index]])
        image = QImage(pixels.data, 1, len(pixels), 4, QImage.Format.Format_RGB32)
        painter.drawImage(target, image)
        if width >= 6:
            painter.setPen(QPen(QColor(colors.line), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(target.adjusted(-0.5, -0.5, 0.5, 0.5))


def paint_bands(
    painter: QPainter, geometry: Geometry, sizes: Array, colors: Colors, *, logarithmic: bool
) -> None:
    """The links of each pair of layers as one band: the larger their size, the brighter."""
    decades = BAND_DECADES if logarithmic else 0
    strengths = _strengths(np.nan_to_num(sizes, posinf=0), decades)
    alphas = 0.02 + 0.24 * strengths
    bars, color = geometry.bars, QColor(colors.text)
    level = (bars[1:, 1:] == bars[:-1, 1:]).all(axis=1)
    painter.setPen(Qt.PenStyle.NoPen)
    for index in np.flatnonzero(~level).tolist():
        color.setAlphaF(float(alphas[index]))
        painter.setBrush(color)
        painter.drawPolygon(_band(bars[index].tolist(), bars[index + 1].tolist()))
    for top, height in np.unique(bars[1:][level][:, [1, 3]], axis=0).tolist():
        among = level & (bars[1:, 1] == top) & (bars[1:, 3] == height)
        row = np.zeros(int(geometry.width) + 1)
        for index in np.flatnonzero(among).tolist():
            ends = bars[index, 0] + bars[index, 2], bars[index + 1, 0]
            left, right = (int(np.clip(end, 0, len(row))) for end in ends)
            row[left:right] = alphas[index]
        _paint_row(painter, row, QColor(colors.text), top, height)


def _paint_row(painter: QPainter, row: Array, color: QColor, top: float, height: float) -> None:
    """Paint a row of opacities, stretched downward: one by one, bands take long."""
    channels = np.array([color.blueF(), color.greenF(), color.redF(), 1.0])
    pixels = np.ascontiguousarray((255 * channels * row[:, None]).astype(np.uint8))
    kind = QImage.Format.Format_ARGB32_Premultiplied
    painter.drawImage(
        QRectF(0, top, len(row), height), QImage(pixels.data, len(row), 1, 4 * len(row), kind)
    )


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
    clipped: Array = np.clip(np.nan_to_num(strengths, neginf=0), 0, 1)
    return clipped


def names_of(geometry: Geometry) -> Iterator[tuple[int, str]]:
    """The columns that are named, and how: as many as there is room for."""
    last = len(geometry.sizes) - 1
    steps = (n for n in (1, 2, 5, 10, 20, 50) if n * geometry.pitch >= NARROWEST_NAME)
    every = next(steps, last + 1)
    for index in range(1, last):
        crowded = (last - index) * geometry.pitch < 1.6 * NARROWEST_NAME and last - index < every
        if index % every == 0 and not crowded:
            yield index, str(index)
    yield 0, "in"
    yield last, "out"


def paint_path(
    painter: QPainter, geometry: Geometry, path: Sequence[tuple[int, int]], colors: Colors
) -> None:
    """One line through units, told from the links by a seam."""
    sizes = geometry.sizes
    if any(layer >= len(sizes) or unit >= sizes[layer] for layer, unit in path):
        return  # of a network that is gone
    line = QPolygonF([QPointF(*geometry.middle_of(*step)) for step in path])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for name, width in ((colors.panel, PATH_WIDTH + 3), (colors.accent, PATH_WIDTH)):
        painter.setPen(QPen(QColor(name), width))
        painter.drawPolyline(line)


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
