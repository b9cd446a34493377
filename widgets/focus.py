"""What a person looks at, in all pictures: a layer, a moment, a network of several, a weight."""

from PySide6.QtCore import QObject, Signal

from core.places import Place


class Focus(QObject):
    """`layer` counts from 1, None is none; `moment` is a step, None is now; `seed` counts from 0.

    `place` is the weight or bias that tools take apart; there may be none such in a new run.
    `changed` is emitted once for every change, from wherever it came.

    `path` are layers and units, the inputs' layer being 0, that the network's picture joins by a
    line; it comes with every look at a network, and `path_changed` instead of `changed` tells of
    it. While there is one, a click on a unit asks by `unit_wanted` that it lead there.
    """

    changed = Signal()
    path_changed = Signal()
    unit_wanted = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.layer: int | None = None
        self.moment: int | None = None
        self.seed = 0
        self.place = Place("w", 1, 0, 0)
        self.path: tuple[tuple[int, int], ...] = ()

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

    def forget(self) -> None:
        """Look at a new run: no layer, now."""
        self._change(layer=None, moment=None)

    def _change(self, **values: int | Place | None) -> None:
        if any(getattr(self, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(self, name, value)
            self.changed.emit()
