"""Where an axis has its ticks and how it writes them: plain numbers, steps, powers of ten.

A logarithmic axis is one of exponents; only its ticks know.
"""

import math
from collections.abc import Sequence

import pyqtgraph as pg

from lab.words import brief

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST_TICKS = 8
LONGEST_NUMBER = 1e7  # from here on ticks are written with an exponent
DIGITS = ((1, 2, 5), (1, 3))  # of the ticks within a decade, where there is room
TICKS_APART_PX = {"across": 80, "upward": 36}


class NumberAxis(pg.AxisItem):
    """An axis of plain numbers, or of exponents of ten when `logarithmic`."""

    logarithmic = False
    whole = False
    apart_px: int | None = None  # least distance of ticks, when not the usual one
    fewest = 3  # ticks, however small it is
    enlarged = 1.0  # its type, times the usual size
    _room = MOST_TICKS

    @property
    def style_now(self) -> tuple[object, ...]:
        """All that its ticks depend on beside its range."""
        return self.logarithmic, self.whole, self.apart_px, self._room

    def redraw(self) -> None:
        """Draw the ticks anew, also when the range is the same."""
        self.picture = None
        self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Return (spacing, values): whole decades, or 1-2-5 where there is room."""
        upright = self.orientation in ("left", "right")
        apart = self.apart_px or TICKS_APART_PX["upward" if upright else "across"]
        self._room = max(self.fewest, min(MOST_TICKS, int(size / (apart * self.enlarged))))
        ticks = self.ticks_between(low, high)
        spacing = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
        return [(spacing, ticks)]

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
        first, last = math.ceil(low / spacing), math.floor(high / spacing)
        return [index * spacing for index in range(first, last + 1)]

    def tickStrings(self, values: Sequence[float], _scale: float, spacing: float) -> list[str]:
        """Write each tick: powers of ten as such, steps with thin spaces."""
        if not self.logarithmic:
            if max(map(abs, values), default=0) >= LONGEST_NUMBER:
                return [brief(value) for value in values]
            digits = max(0, -math.floor(math.log10(spacing))) if spacing < 1 else 0
            return [f"{value:,.{digits}f}".replace(",", "\u202f") for value in values]
        return [_power_of_ten(value) for value in values]


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
