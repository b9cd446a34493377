"""What a person looks at, in all pictures: a layer, a moment, a network of several, a weight."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from core.moments import Stage
from core.places import Place


@dataclass(frozen=True)
class Lit:
    """Layers, counted from 1, in which something moves in a stage of a step."""

    first: int
    last: int
    stage: Stage


class Focus(QObject):
    """`layer` counts from 1, None is none; `moment` is a step, None is now; `seed` counts from 0.

    `place` is the weight or bias that tools take apart; there may be none such in a new run.
    `changed` is emitted once for every change, from wherever it came. What is only drawn over the
    picture of the network has signals of its own, as other pictures would be drawn again for
    nothing: `path` are layers and units, the inputs' layer being 0, that a line joins; while there
    is one, a click on a unit asks by `unit_wanted` that it lead there. `lit` is what a walk through
    a step lights.
    """

    changed = Signal()
    path_changed = Signal()
    unit_wanted = Signal(int, int)
    lit_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.layer: int | None = None
        self.moment: int | None = None
        self.seed = 0
        self.place = Place("w", 1, 0, 0)
        self.path: tuple[tuple[int, int], ...] = ()
        self.lit: Lit | None = None

    def choose_layer(self, layer: int | None) -> None:
        """Look at a layer; the one that is looked at already, or None, looks at none."""
        self._change(layer=None if layer == self.layer else layer)

    def choose_moment(self, step: int | None) -> None:
        """Look back at a step, or None for now."""
        self._change(moment=step)

    def choose_seed(self, seed: int) -> None:
        """Look at one of the networks that are trained side by side."""
        self._change(seed=seed)

    def choose_place(self, place: Place) -> None:
        """Look at one weight or bias."""
        self._change(place=place)

    def show_path(self, path: tuple[tuple[int, int], ...]) -> None:
        """Join these units, or none, in the network's picture."""
        if path != self.path:
            self.path = path
            self.path_changed.emit()

    def light(self, lit: Lit | None) -> None:
        """Light the layers that move, or none."""
        if lit != self.lit:
            self.lit = lit
            self.lit_changed.emit()

    def forget(self) -> None:
        """Look at a new run: no layer, now."""
        self._change(layer=None, moment=None)

    def _change(self, **values: int | Place | None) -> None:
        if any(getattr(self, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(self, name, value)
            self.changed.emit()
