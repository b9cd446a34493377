"""Which numbers stand beside each other: a run at one moment, theory, and pinned runs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor

from core.arrays import Array
from core.measures import ROW, Quantity
from lab.history import Moment
from lab.pins import Pin
from lab.run import Frame
from lab.theory_lines import theory_line
from lab.traces import Wish
from lab.words import one_line, spaced
from widgets.plots.frame import Begun
from widgets.plots.ghosts import Ghost
from widgets.plots.gradient_profile import PinnedProfile, Profile
from widgets.plots.shown import Shown
from widgets.theme import Colors

if TYPE_CHECKING:
    from core.theory import Prediction

LONGEST_NAME = 24


class Profiles:
    """Makes profiles of one run; a moment that was looked up once is kept."""

    def __init__(self, begun: Begun) -> None:
        self._begun = begun
        self._prediction: Prediction | None = None
        self._input_square = 0.0
        self._past: tuple[int, Moment] | None = None
        self._pinned: dict[Pin, Moment] = {}

    def predict(self) -> None:
        """Ask theory. It takes some milliseconds, and is better done after the first frame."""
        from lab.predictions import input_square_of, prediction_of  # not before the first frame

        self._input_square = input_square_of(self._begun.data)
        self._prediction = prediction_of(self._begun.spec, self._input_square)

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
        past = None if moment is None else self._look_back(min(moment, frame.step))
        magnitudes = frame.record.magnitudes if past is None else past.magnitudes
        ranks = frame.ranks if past is None else past.ranks
        quantity, theory = shown.quantity, None
        measured = magnitudes[ROW[quantity.name]]
        if self._prediction is not None:
            theory = theory_line(self._prediction, quantity.name, measured, self._input_square)
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
            "" if past is None else moment_name(past),
            None if layer is None else layer - 1,
            self._begun.spec.network.seeds,
        )

    def _look_back(self, step: int) -> Moment | None:
        if self._past is None or self._past[0] != step:
            found = self._begun.history.at(step)
            self._past = None if found is None else (step, found)
        return None if self._past is None else self._past[1]

    def _beside(self, pin: Pin, quantity: Quantity, step: int, color: QColor) -> PinnedProfile:
        step = min(max(1, step), len(pin.history))
        known = self._pinned.get(pin)
        if known is None or not known.first <= step <= known.last:
            known = pin.history.at(step)
            assert known is not None
            self._pinned[pin] = known
        values = _of_layers(known.magnitudes[ROW[quantity.name]], quantity)
        return PinnedProfile(_words(pin), color, values)


def moment_name(moment: Moment) -> str:
    """Name the step, or the steps whose mean is shown."""
    if moment.first == moment.last:
        return f"step {spaced(moment.last)}"
    return f"mean of steps {spaced(moment.first)}–{spaced(moment.last)}"


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
            words=_words(pin, f", layer {layer}"),
        )
        for pin, trace in ((pin, pin.trace(wish)) for pin in pins if pin.visible)
        if layer <= len(trace.values)
    ]


def _words(pin: Pin, more: str = "") -> tuple[str, str]:
    """A pin's number and name, as they stand at its line."""
    return str(pin.place + 1), one_line(pin.name, LONGEST_NAME) + more


def _of_layers(values: Array, quantity: Quantity) -> Array:
    """Leave out the output layer (the last place) where it has no such quantity."""
    found: Array = values[..., :-1] if quantity.hidden_only and values.shape[-1] > 1 else values
    return found
