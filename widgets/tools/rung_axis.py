"""The axis below a ladder: the names of its rungs, as many as fit, none over another."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from PySide6.QtGui import QFontMetricsF

from core.paths import Factor
from widgets.plots.ticks import NumberAxis

SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SYMBOLS = {"slope": "φ′", "weight": "w", "residual": "+"}
NAMED_FIRST = ("slope", "residual")
LAYER = re.compile(r"_(\d+)")
LOSS, SHORT_LOSS = "∂loss/∂z", "δ"
EVERY = (1, 2, 5, 10, 20, 50, 100)
GAP_PX = 5.0

Named = dict[int, str]  # names by rung


def symbol_of(factor: Factor) -> str:
    """Return a short name such as φ′₃."""
    if factor.kind == "loss":
        return LOSS
    if factor.kind == "input" and factor.layer == 0:
        return "x"
    return SYMBOLS.get(factor.kind, "h") + str(factor.layer).translate(SUBSCRIPT)


def long_name(factor: Factor) -> str:
    """Return the name with its layer as a small number below the line."""
    return LAYER.sub(lambda found: found[1].translate(SUBSCRIPT), factor.name)


class RungAxis(NumberAxis):
    """Rung i stands at i."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self._factors: tuple[Factor, ...] = ()
        self._names: Named = {}
        self.metrics: QFontMetricsF | None = None

    def set_factors(self, factors: tuple[Factor, ...]) -> None:
        """Name these rungs."""
        if [factor.name for factor in factors] != [factor.name for factor in self._factors]:
            self._factors = factors
            self.redraw()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Return (spacing, values)."""
        pitch = size / (high - low)
        self._names = next(self._fitting(pitch), {})
        return [(1.0, self.ticks_between(low, high))]

    def ticks_between(self, low: float, high: float) -> list[float]:
        """Return the rungs of a range that are named."""
        return [float(rung) for rung in self._names if low <= rung <= high]

    def tickStrings(self, values: Sequence[float], _scale: float, _spacing: float) -> list[str]:
        """Write the names."""
        return [self._names.get(round(value), "") for value in values]

    def _fitting(self, pitch: float) -> Iterator[Named]:
        """Ways to name rungs that far apart, the fullest first."""
        factors = dict(enumerate(self._factors))
        short = {rung: symbol_of(factor) for rung, factor in factors.items()}
        for names in ({rung: long_name(factor) for rung, factor in factors.items()}, short):
            if self._fits(names, pitch):
                yield names
        slopes = [rung for rung, factor in factors.items() if factor.kind in NAMED_FIRST]
        for every in EVERY:
            inner = {rung: short[rung] for rung in slopes if factors[rung].layer % every == 0}
            if self._fits(inner, pitch):
                ways = [self._with_ends(inner, end, pitch) for end in (LOSS, SHORT_LOSS)]
                # The last slope is the first that the gradient meets on its way back.
                whole = [names for names in ways if set(slopes[-1:]) & set(inner) <= set(names)]
                yield (whole or ways)[0]

    def _with_ends(self, inner: Named, loss: str, pitch: float) -> Named:
        """Name the ends too, in place of what is too near to them."""
        last = len(self._factors) - 1
        ends = {0: symbol_of(self._factors[0]), last: loss} if last >= 0 else {}
        beside = {
            rung: name
            for rung, name in inner.items()
            if rung not in ends
            and all(self._fits({rung: name, end: ends[end]}, pitch) for end in ends)
        }
        return beside | ends

    def _fits(self, names: Named, pitch: float) -> bool:
        if self.metrics is None:
            return False
        widths = {rung: self.metrics.horizontalAdvance(name) for rung, name in names.items()}
        return all(
            (right - left) * pitch >= (widths[left] + widths[right]) / 2 + GAP_PX
            for left, right in pairwise(sorted(names))
        )
