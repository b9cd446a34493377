"""Where an axis has its ticks and how it writes them: plain numbers, steps, powers of ten.

A logarithmic axis is one of exponents; only its ticks know.
"""

import math
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QPainter

from lab.words import brief, chosen

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST_TICKS = 8
LARGE = {"across": 1e7, "upward": 1e5}  # from here on ticks are written with an exponent,
SMALL_SPACING = 1e-3  # and where they are so close
MOST_DIGITS = 14  # that a number has
SAME = 1e-9  # of logarithms
NAME_EDGE_PX = 6  # which Qt leaves free around letters
DIGITS = ((1, 2, 5), (1, 3))  # of the ticks within a decade, where there is room
TICKS_APART_PX = {"across": 80, "upward": 36}


class NumberAxis(pg.AxisItem):
    """An axis of plain numbers, or of exponents of ten when `logarithmic`."""

    logarithmic = False
    whole = False
    apart_px: int | None = None  # least distance of ticks, when not the usual one
    bounds: tuple[float, float] | None = None  # there is nothing beyond them
    fewest = 3  # ticks, however small it is
    enlarged = 1.0  # its type, times the usual size
    _room = MOST_TICKS

    @property
    def style_now(self) -> tuple[object, ...]:
        """All that its ticks depend on beside its range."""
        return self.logarithmic, self.whole, self.apart_px, self.bounds, self._room

    def set_bounds(self, bounds: tuple[float, float]) -> None:
        """Have ticks only from here to there."""
        if bounds != self.bounds:
            self.bounds = bounds
            self.redraw()

    @property
    def _way(self) -> str:
        return "upward" if self.orientation in ("left", "right") else "across"

    def redraw(self) -> None:
        """Draw the ticks anew, also when the range is the same."""
        self.picture = None
        self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Return (spacing, values): whole decades, or 1-2-5 where there is room."""
        apart = self.apart_px or TICKS_APART_PX[self._way]
        self._room = max(self.fewest, min(MOST_TICKS, int(size / (apart * self.enlarged))))
        ticks = self.ticks_between(low, high)
        if len(ticks) > 1:
            return [(ticks[1] - ticks[0], ticks)]
        alone = (high - low) / self._room  # what one tick is told apart from
        return [(_nice_spacing(alone, whole=self.logarithmic or self.whole), ticks)]

    def ticks_between(self, low: float, high: float) -> list[float]:
        """Return the ticks of a range."""
        spacing = _nice_spacing((high - low) / self._room, whole=self.logarithmic or self.whole)
        fitting = (some for some in DIGITS if len(some) * (high - low) <= self._room)
        if self.logarithmic and (digits := next(fitting, None)):
            ticks = [
                exponent + math.log10(digit)
                for exponent in range(math.floor(low), math.ceil(high) + 1)
                for digit in digits
            ]
            return [tick for tick in ticks if low <= tick <= high]
        if self.bounds is not None:
            low, high = max(low, self.bounds[0]), min(high, self.bounds[1])
        first, last = math.ceil(low / spacing), math.floor(high / spacing)
        if first == last and not (self.logarithmic or self.whole):  # one alone tells no scale
            spacing = _nice_spacing(spacing / 2.1, whole=False)
            first, last = math.ceil(low / spacing), math.floor(high / spacing)
        return [index * spacing for index in range(first, last + 1)]

    def tickStrings(self, values: Sequence[float], _scale: float, spacing: float) -> list[str]:
        """Write each tick: powers of ten as such, steps with thin spaces, no two alike."""
        if not self.logarithmic:
            largest = max(map(abs, values), default=0)
            if largest >= LARGE[self._way] or spacing < SMALL_SPACING:
                return [_with_exponent(value, spacing) for value in values]
            digits = max(0, -math.floor(math.log10(spacing))) if spacing < 1 else 0
            return [f"{value:,.{digits}f}".replace(",", "\u202f") for value in values]
        return [_power_of_ten(value) for value in values]

    def generateDrawSpecs(self, p: QPainter) -> Any:
        """Leave out numbers that would lie under the axis' name, which has no other place."""
        line, ticks, texts = super().generateDrawSpecs(p)
        if self.label.isVisible():
            name = self.label.mapRectToParent(self.label.boundingRect())
            name = name.adjusted(NAME_EDGE_PX, NAME_EDGE_PX, -NAME_EDGE_PX, -NAME_EDGE_PX)
            texts = [text for text in texts if not name.intersects(text[0])]
        return line, ticks, texts


def _with_exponent(value: float, spacing: float) -> str:
    """Write a number with as many digits as tell it from its neighbours."""
    if value == 0:
        return "0"
    digits = math.floor(math.log10(abs(value)) + SAME) - math.floor(math.log10(spacing) + SAME)
    mantissa, exponent = f"{value:.{max(0, min(digits, MOST_DIGITS))}e}".split("e")
    return f"{chosen(float(mantissa), MOST_DIGITS)}e{int(exponent)}"


def _power_of_ten(exponent: float) -> str:
    whole = round(exponent)
    if abs(exponent - whole) > 1e-6:
        whole = math.floor(exponent)
        if -3 <= whole <= 3:
            return brief(10**exponent)
        return f"{10 ** (exponent - whole):.0f}e{whole}"  # short: the axis' name is beside it
    if -2 <= whole <= 3:
        return f"{10**whole:g}"
    return f"10{str(whole).translate(SUPERSCRIPT)}"


def _nice_spacing(rough: float, *, whole: bool) -> float:
    if rough <= 0:
        return 1.0
    base = 10 ** math.floor(math.log10(rough))
    spacing = next(base * factor for factor in (1, 2, 5, 10) if base * factor >= 0.7 * rough)
    return max(1.0, float(round(spacing))) if whole else float(spacing)
