"""Formulas as pictures: set by ziamath once, painted in any size and colour.

Setting one takes some 8 ms and the library 150 ms to import: both happen when a formula is first
looked at, and never again.
"""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QPointF, QRectF, QSizeF
from PySide6.QtGui import QPainter
from PySide6.QtSvg import QSvgRenderer

BASE = 16.0  # pixels, in which formulas are set


def formula_size(latex: str, pixels: float) -> QSizeF:
    """How large a formula is when its letters are so many pixels high."""
    return _renderer(latex, "black").viewBoxF().size() * (pixels / BASE)


def set_formula(latex: str) -> None:
    """Set a formula that is soon to be shown."""
    _svg(latex)


def paint_formula(painter: QPainter, latex: str, at: QPointF, pixels: float, color: str) -> None:
    """Paint a formula with its upper left corner at a point."""
    _renderer(latex, color).render(painter, QRectF(at, formula_size(latex, pixels)))


@lru_cache(maxsize=512)
def _renderer(latex: str, color: str) -> QSvgRenderer:
    svg = _svg(latex).replace('"black"', f'"{color}"')
    return QSvgRenderer(QByteArray(svg.encode()))


@lru_cache(maxsize=256)
def _svg(latex: str) -> str:
    from ziamath.config import config
    from ziamath.zmath import Latex

    config.svg2 = False  # Qt draws nothing of the other form
    svg: str = Latex(latex, size=BASE).svg()
    return svg
