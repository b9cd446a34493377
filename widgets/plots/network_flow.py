"""The gradient that flows back through the picture of a network, from the loss to the inputs.

It is as strong as the signal gradient of each layer, in decades, beside that of the last one.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QLinearGradient, QPainter, QPen, QPolygonF

from core.arrays import Array
from core.measures import ROW
from widgets.colors import Colors, blend
from widgets.plots.network_geometry import HEAD, LOSS_ROOM, Geometry

FLOW_DECADES = 6.0  # below the last layer's, where nothing is seen any more
STRONGEST_FLOW = 1.5  # times that of the last layer, in the picture
FLOW_ROOM = 8.0  # half the height of the flow at the loss
GLOW_ROWS, BRIGHTEST_GLOW = 24, 0.5


def flow_strengths(magnitudes: Array) -> Array:
    """How strongly the gradient flows through each layer; the last one's is 1."""
    signal = magnitudes[ROW["signal_gradient_rms"]]
    with np.errstate(all="ignore"):
        decades = np.log10(signal / signal[-1])
    strengths = np.nan_to_num(1 + decades / FLOW_DECADES, nan=0.0)
    clipped: Array = np.clip(strengths, 0, STRONGEST_FLOW)
    return np.round(clipped, 2)  # so that few colours have to be made


def paint_flow(painter: QPainter, geometry: Geometry, strengths: Array, colors: Colors) -> None:
    """What flows back from the loss: it fades, and thins, where the gradient does."""
    end = geometry.loss_x - LOSS_ROOM / 2 - 4
    x = [*geometry.x[1:].tolist(), end]
    strength = [*strengths.tolist(), float(strengths[-1])]
    _paint_glow(painter, geometry, strengths, colors)
    y = geometry.foot
    painter.setPen(QPen(QColor(colors.line), 1))
    painter.drawLine(QPointF(float(geometry.x[0]), y), QPointF(end, y))
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


@lru_cache(maxsize=512)
def _flow_color(strength: float, colors: Colors) -> QColor:
    """The accent, ever fainter; the colour of warnings where the gradient grows."""
    growth = max(0.0, min(1.0, (strength - 1) / (STRONGEST_FLOW - 1)))
    color = blend(colors.warning, colors.accent, growth)
    color.setAlphaF(min(1.0, max(0.0, strength)) ** 0.8 * 0.9)
    return color


def _paint_glow(painter: QPainter, geometry: Geometry, strengths: Array, colors: Colors) -> None:
    """Light that rises from the flow, as one small image that is stretched."""
    shades = [_flow_color(strength, colors) for strength in (0.0, *strengths.tolist())]
    channels = np.array([(c.blueF(), c.greenF(), c.redF(), 1.0) for c in shades])
    alpha = np.array([c.alphaF() for c in shades])
    rising = BRIGHTEST_GLOW * np.linspace(0, 1, GLOW_ROWS) ** 2
    pixels = 255 * channels * (alpha * rising[:, None])[..., None]  # premultiplied
    light, count = np.ascontiguousarray(pixels.astype(np.uint8)), len(shades)
    kind = QImage.Format.Format_ARGB32_Premultiplied
    image = QImage(light.data, count, GLOW_ROWS, 4 * count, kind)
    left = float(geometry.x[0]) - geometry.pitch / 2
    target = QRectF(left, HEAD, geometry.pitch * count, geometry.foot - HEAD)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(target, image)


def _paint_arrows(
    painter: QPainter,
    geometry: Geometry,
    x: Sequence[float],
    strength: Sequence[float],
    colors: Colors,
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
