"""What an axis of losses counts from, and in what unit, so that its numbers stay short.

Along one weight the loss may change in its tenth digit only: then the axis shows differences.
"""

import math

import numpy as np

from core.arrays import Array

PLAIN_SHARE = 3e-3  # of the loss; of an axis that spans less, ticks would be long numbers
MOST_PLAIN_DIGITS = 3
ROOM = 3.0  # times; so much more or less is shown before the axis counts otherwise
LIMITS = (1e-300, 1e300)


class LossScale:
    """Fitted to a range of losses; while it fits well it stays, so that an axis stands still."""

    def __init__(self) -> None:
        self.origin, self._exponent, self._relative = 0.0, 0, False

    def fit(self, now: float, width: float) -> None:
        """Fit it to losses that differ by up to `width`; `now` is the present one."""
        width = min(max(width, LIMITS[0]), LIMITS[1])
        room = 1 / ROOM if self._relative else ROOM  # to stay as it is
        self._relative = math.isfinite(now) and width * room < PLAIN_SHARE * abs(now)
        self.origin = now if self._relative else 0.0
        exponent = math.floor(math.log10(width))
        if not self._relative and abs(exponent) <= MOST_PLAIN_DIGITS:
            self._exponent = 0
        elif not 1 / ROOM <= width / self.unit <= 10 * ROOM:
            self._exponent = exponent

    @property
    def unit(self) -> float:
        """What a height of 1 is."""
        return 10.0**self._exponent

    @property
    def label(self) -> str:
        """The axis in words."""
        return ("(loss − now)" if self._relative else "loss") + self._unit_words

    @property
    def short_label(self) -> str:
        """The same where there is less room."""
        return ("Δloss" if self._relative else "loss") + self._unit_words

    @property
    def _unit_words(self) -> str:
        return f" / 1e{self._exponent}" if self._exponent else ""

    def height(self, loss: Array | float) -> Array:
        """Return where losses are on the axis."""
        heights: Array = (np.asarray(loss) - self.origin) / self.unit
        return heights
