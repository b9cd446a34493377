"""What opens over the picture of a network: the card of a layer, the editor of one number.

Each is made, and imported, when it is first wanted.
"""

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QPointF, Signal

from core.places import Place
from lab.network_view import NetworkState
from lab.spec import Spec
from widgets.plots.network_canvas import NetworkCanvas

if TYPE_CHECKING:
    from widgets.plots.layer_card import LayerCard
    from widgets.plots.value_popup import ValuePopup

OVERLAP = 8  # pixels of the picture that the card covers


class NetworkEditors(QObject):
    """`changes_wanted` carries fields of the spec by path, words and a gesture's number.

    `parameter_wanted` carries a parameter's place, its new value and the one it had.
    """

    changes_wanted = Signal(dict, str, int)
    parameter_wanted = Signal(object, float, float)

    def __init__(self, canvas: NetworkCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._held: frozenset[str] = frozenset()
        self._asked: tuple[Place, float] | None = None

    # -- the card of a layer

    @cached_property
    def card(self) -> "LayerCard":
        """The card."""
        from widgets.plots.layer_card import LayerCard

        card = LayerCard(self._canvas.window())
        card.changes_wanted.connect(self.changes_wanted)
        card.closed.connect(self._canvas.setFocus)
        card.held = self._held
        return card

    @property
    def layer(self) -> int | None:
        """The layer whose card is open."""
        return self.card.layer if "card" in vars(self) and self.card.isVisible() else None

    def hold(self, paths: frozenset[str]) -> None:
        """Let the card change none of these fields of the spec."""
        self._held = paths
        if "card" in vars(self):
            self.card.held = paths

    def show_spec(self, spec: Spec) -> None:
        """Renew the card, if it is open."""
        if self.layer is not None and self.layer < len(spec.sizes):
            self.card.show_layer(spec, self.layer)

    def show_state(self, state: NetworkState) -> None:
        """Renew the card's numbers, if it is open."""
        if self.layer is not None:
            self.card.show_magnitudes(state.magnitudes)

    def open_card(self, spec: Spec, layer: int, state: NetworkState | None) -> None:
        """Show the card of a layer; of one that is gone, none."""
        geometry = self._canvas.drawing.geometry
        if geometry is None or layer >= len(spec.sizes):
            self.close_card()
            return
        moved = self.layer != layer
        self.card.show_layer(spec, layer)
        if state is not None:
            self.card.show_magnitudes(state.magnitudes)
        if moved:
            # Below the picture, which is what one wants to watch while changing the layer.
            x = min(max(0.0, float(geometry.x[layer])), geometry.width)
            at = QPoint(round(x), self._canvas.height() - OVERLAP)
            self.card.move_near(self._canvas.mapTo(self._canvas.window(), at))
        self.card.show()
        self.card.raise_()

    def close_card(self) -> None:
        """Take the card away."""
        if self.layer is not None:
            self.card.leave()

    # -- one number

    @cached_property
    def popup(self) -> "ValuePopup":
        """The editor of one number."""
        from widgets.plots.value_popup import ValuePopup

        popup = ValuePopup(self._canvas.window())
        popup.entered.connect(self._on_entered)
        return popup

    def ask_for(self, place: Place, value: float, at: QPointF) -> None:
        """Let a person type another value of a parameter, near a point of the picture."""
        self._asked = place, value
        over = self._canvas.mapTo(self._canvas.window(), at.toPoint())
        self.popup.ask(str(place), value, over)

    def close_popup(self) -> None:
        """Ask for no number any more."""
        if "popup" in vars(self):
            self.popup.hide()

    def _on_entered(self, value: float) -> None:
        assert self._asked is not None
        place, before = self._asked
        self._canvas.setFocus()
        self.parameter_wanted.emit(place, value, before)
