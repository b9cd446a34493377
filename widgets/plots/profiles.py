"""Which numbers stand beside each other: a run at one moment, theory, and pinned runs."""

from collections.abc import Sequence

from PySide6.QtGui import QColor

from core.arrays import Array
from core.measures import ROW, Quantity
from lab.frames import Frame
from lab.moments import Moment
from lab.pins import Pin
from lab.predictions import Expectation
from lab.theory_lines import theory_line
from lab.traces import Wish
from lab.words import name_of_steps, of_networks
from widgets.colors import Colors
from widgets.plots.frame import Begun
from widgets.plots.ghosts import Ghost
from widgets.plots.gradient_profile import PinnedProfile, Profile
from widgets.plots.shown import Shown


class Profiles:
    """Makes profiles of one run; a moment that was looked up once is kept."""

    def __init__(self, begun: Begun) -> None:
        self._begun = begun
        self.expectation: Expectation | None = None
        self._pinned: dict[Pin, Moment] = {}

    def profile(
        self,
        shown: Shown,
        frame: Frame,
        moment: int | None,
        pins: Sequence[Pin],
        colors: Colors,
        layer: int | None,
    ) -> Profile:
        """Return the profile at a past `moment`, or now; `layer` counts from 1."""
        past = None if moment is None else self._begun.history.at(min(moment, frame.step))
        magnitudes = frame.record.magnitudes if past is None else past.magnitudes
        ranks = frame.ranks if past is None else past.ranks
        quantity, theory, seeds = shown.quantity, None, self._begun.spec.network.seeds
        measured = magnitudes[ROW[quantity.name]]
        if self.expectation is not None:
            expected, square = self.expectation.prediction, self.expectation.input_square
            theory = theory_line(expected, quantity.name, measured, square)
        step = frame.step if moment is None else moment
        return Profile(
            shown,
            _of_layers(measured, quantity),
            None if ranks is None else _of_layers(ranks[:, ROW[quantity.name]], quantity),
            theory,
            tuple(
                self._beside(pin, quantity, step, QColor(colors.pins[pin.place]))
                for pin in pins
                if pin.visible and len(pin.history)
            ),
            "" if past is None else name_of_steps(past.first, past.last),
            None if layer is None else layer - 1,
            of_networks(frame.learning, seeds, past=past is not None),
        )

    def _beside(self, pin: Pin, quantity: Quantity, step: int, color: QColor) -> PinnedProfile:
        step = min(max(1, step), len(pin.history))
        known = self._pinned.get(pin)
        if known is None or not known.first <= step <= known.last:
            known = pin.history.at(step)
            assert known is not None
            self._pinned[pin] = known
        values = _of_layers(known.magnitudes[ROW[quantity.name]], quantity)
        return PinnedProfile(_words(pin), color, values)


def ghosts_of(
    pins: Sequence[Pin], wish: Wish, layer: int | None, shown: Shown, colors: Colors
) -> list[Ghost]:
    """Return pinned runs' lines of the layer in focus, or of the first: all would be a tangle."""
    layer = layer or 1
    return [
        Ghost(
            trace.center,
            trace.shown(logarithmic=shown.logarithmic)[layer - 1],
            QColor(colors.pins[pin.place]),
            words=_words(pin),
            after=f", layer {layer}",
        )
        for pin, trace in ((pin, pin.trace(wish)) for pin in pins if pin.visible)
        if layer <= len(trace.values)
    ]


def _words(pin: Pin) -> tuple[str, str]:
    """A pin's number and name, as they stand at its line."""
    return str(pin.place + 1), pin.name


def _of_layers(values: Array, quantity: Quantity) -> Array:
    """Leave out the output layer (the last place) where it has no such quantity."""
    found: Array = values[..., :-1] if quantity.hidden_only and values.shape[-1] > 1 else values
    return found
