"""Pinned runs in the picture of the loss: their lines, and how much room they are given.

The live run keeps at least a quarter of the width, and a ghost that blows up does not flatten it.
"""

from collections.abc import Iterator, Sequence
from math import log10

import numpy as np
from PySide6.QtGui import QColor

from core.arrays import Array
from lab.pins import Pin
from lab.traces import Trace, Wish
from widgets.plots.ghosts import Ghost, Ghosts, reach
from widgets.theme import Theme

MOST_ROWS = 240
GHOSTS_ABOVE = 3  # and up to this many times their own median loss


class LossGhosts:
    """Train loss a line, test loss and test accuracy dashed; hidden runs are left out."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._logarithmic = False
        self._within: tuple[float, Array] | None = None
        self.pins: tuple[Pin, ...] = ()
        self.losses, self.accuracies = Ghosts(), Ghosts()

    def show(self, pins: Sequence[Pin], *, logarithmic: bool) -> None:
        """Draw the visible ones in the present colours."""
        self.pins = tuple(pin for pin in pins if pin.visible)
        self._logarithmic, self._within = logarithmic, None
        for ghosts in (self.losses, self.accuracies):
            ghosts.font, ghosts.ground = self._theme.font("small"), self._theme.veil
        self.losses.set_ghosts([ghost for pin in self.pins for ghost in self._losses_of(pin)])
        self.accuracies.set_ghosts([self._accuracy_of(pin) for pin in self.pins])

    def end(self, live: int) -> int:
        """Return how far the axis of steps has to reach when the live run has come so far."""
        return reach(live, (pin.steps for pin in self.pins))

    def losses_up_to(self, step: float) -> Array:
        """Return what the axis of losses has to show, in its own numbers."""
        if self._within is None or self._within[0] != step:
            parts = [np.empty(0), *self._extremes(step)]
            self._within = (step, np.concatenate(parts))
        return self._within[1]

    def at(self, step: float) -> Iterator[tuple[Pin, float]]:
        """Yield the train loss of each ghost that reaches a step."""
        for pin in self.pins:
            trace = _trace(pin, "loss")
            row = int(np.searchsorted(trace.last, round(step)))
            if row < len(trace.last):
                yield pin, float(trace.values[0, row])

    def _losses_of(self, pin: Pin) -> Iterator[Ghost]:
        color = QColor(self._theme.colors.pins[pin.place])
        train = _trace(pin, "loss")
        x, y = measured(_trace(pin, "test_loss"), logarithmic=self._logarithmic)
        yield Ghost(x, y, color, dashed=True)
        mean = train.shown(logarithmic=self._logarithmic)[0]
        yield Ghost(train.center, mean, color, words=(str(pin.place + 1), pin.name))

    def _accuracy_of(self, pin: Pin) -> Ghost:
        x, y = measured(_trace(pin, "test_accuracy"))
        return Ghost(x, 100 * y, QColor(self._theme.colors.pins[pin.place]), dashed=True)

    def _extremes(self, step: float) -> Iterator[Array]:
        for ghost in self.losses.ghosts:
            shown = ghost.y[(ghost.x <= step) & np.isfinite(ghost.y)]
            if shown.size:
                middle = float(np.median(shown))
                above = middle + log10(GHOSTS_ABOVE) if self._logarithmic else GHOSTS_ABOVE * middle
                yield np.array([shown.min(), min(shown.max(), above)])


def measured(trace: Trace, *, logarithmic: bool = False) -> tuple[Array, Array]:
    """Return the rows of a scalar in which anything was measured."""
    values = trace.shown(logarithmic=logarithmic)[0]
    usable = np.isfinite(values)
    return trace.center[usable], values[usable]


def _trace(pin: Pin, name: str) -> Trace:
    return pin.trace(Wish(name, MOST_ROWS))
