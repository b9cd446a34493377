"""The network: layers as columns, what each unit computes, and the gradient flowing back.

A layer's card and a parameter's editor open from here.
"""

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QResizeEvent

from core.places import Place
from lab.frames import Frame
from lab.mailbox import Wishes
from lab.network_view import LINKS, NetworkState, NetworkView
from lab.spec import Spec
from widgets.controls.segments import Segments, small_button
from widgets.focus import Focus
from widgets.pace import Seldom
from widgets.plots.frame import Begun, PictureFrame, Table
from widgets.plots.network_canvas import NetworkCanvas
from widgets.plots.network_editors import NetworkEditors
from widgets.plots.network_geometry import Spot
from widgets.plots.network_words import caption, table_of, words_of
from widgets.plots.zoom import WHOLE
from widgets.theme import Theme

COARSE, FINE = 16, 32  # sides of the units' pictures
FINE_FROM = 20  # pixels
WIDE_ENOUGH_FOR_TITLE, WIDE_ENOUGH_FOR_WORDS = 560, 700
WIDE_ENOUGH_FOR_NAMES = 480
LETTERS = ("W", "∂W", "ΔW", "ΔW / W")
FRAMES = 8  # it takes 4 ms to paint, more than all others together


class NetworkPicture(PictureFrame):
    """What a person wants of the experiment is told by its `editors`, and carried out elsewhere."""

    def __init__(self, theme: Theme, focus: Focus) -> None:
        super().__init__(theme, "Network")
        self._focus = focus
        self._spec: Spec | None = None
        self.state: NetworkState | None = None
        self._pace = Seldom(FRAMES)
        self._before_click: tuple[int | None, int | None, Place] = (None, None, focus.place)
        self._led_through: tuple[int, int] | None = None
        self.kind = Segments(
            [
                (self.tr("Weight"), self.tr("Links by weight: orange positive, blue negative.")),
                (self.tr("Gradient"), self.tr("Links by ∂loss/∂w.")),
                (self.tr("Update"), self.tr("Links by what the last step added to each weight.")),
                (
                    self.tr("Ratio"),
                    self.tr("Links by the update over the size of their layer's weights."),
                ),
            ],
            self.tr("What colours the links"),
        )
        self._names = [
            (b.text(), s) for b, s in zip(self.kind.group.buttons(), LETTERS, strict=True)
        ]
        self.title.hide()  # its room would be claimed before the first size is known
        self.header.insertWidget(1, self.kind)
        self.canvas = NetworkCanvas(theme)
        self.canvas.setAccessibleName(self.tr("Network, layer by layer"))
        self.body.addWidget(self.canvas, 1)
        self.editors = NetworkEditors(self.canvas)
        self.log_switch = small_button(
            "log",
            self.tr("Show the links' sizes over decades, not in proportion."),
            self.tr("Logarithmic links"),
            checkable=True,
        )
        self.whole = small_button(
            self.tr("Whole"),
            self.tr("Show the whole network again; also 0, or a double click."),
            self.tr("Show the whole network"),
        )
        self.whole.setParent(self.canvas)
        self.whole.hide()
        self.header.insertWidget(2, self.log_switch)
        self._logarithmic = {kind: kind != "weight" for kind in LINKS}
        self.log_switch.clicked.connect(self._on_log_clicked)
        self.whole.clicked.connect(lambda: self.canvas.magnifier.show(WHOLE))
        self.kind.group.idToggled.connect(self._on_kind_toggled)
        self.canvas.pointed.connect(self._on_pointed)
        self.canvas.clicked.connect(self._on_clicked)
        self.canvas.pressed.connect(self._on_pressed)
        self.canvas.clicked_twice.connect(self._on_clicked_twice)
        self.canvas.moved.connect(self._on_moved)
        self.canvas.opened.connect(self._on_opened)
        self.canvas.zoomed.connect(self._on_zoomed)
        focus.path_changed.connect(lambda: self.canvas.set_path(focus.path))
        focus.lit_changed.connect(lambda: self.canvas.light(focus.lit))
        self.canvas.customContextMenuRequested.connect(
            lambda point: self.show_menu(self.canvas.mapToGlobal(point))
        )

    # -- what the window tells

    def begin(self, begun: Begun) -> None:
        self._spec, self.state = begun.spec, None
        self._pace.restart()
        self.canvas.begin(begun.spec.sizes)
        self._describe()
        if self.editors.layer is not None:
            self._open_card(self.editors.layer)
        self.editors.close_popup()  # its number may be of a network that is gone
        self._mark()

    def hold(self, paths: frozenset[str]) -> None:
        """Let a layer's card change none of these fields of the spec."""
        self.editors.hold(paths)
        if self._spec is not None:
            self.show_spec(self._spec)

    def show_spec(self, spec: Spec) -> None:
        if self._spec is not None and spec.sizes == self._spec.sizes:
            self._spec = spec  # else a new run will begin
            self._mark()
        self.editors.show_spec(spec)

    @property
    def wishes(self) -> Wishes:
        shown = self.seen and self.canvas.drawing.geometry is not None
        return (self._view,) if shown else ()

    @property
    def _view(self) -> NetworkView:
        geometry, side = self.canvas.drawing.geometry, 0
        if geometry is not None and geometry.cell:
            ratio = self.devicePixelRatioF()
            side = FINE if geometry.cell * ratio >= FINE_FROM else COARSE
        return NetworkView(side, self._focus.seed)

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        state = frame.shown(self._view) if self.seen else None
        if state is None or state is self.state:
            return
        if not self._pace.is_time(resting=resting):
            return
        self.state = state
        self.canvas.set_state(state)
        self._describe()
        self.editors.show_state(state)

    def refresh(self) -> None:
        self._mark()
        self._describe()

    def apply_theme(self) -> None:
        self.canvas.redraw()
        self._name_buttons()

    def numbers(self) -> Table:
        return table_of(self.state) if self.state is not None else Table([], [])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.title.setVisible(self.width() >= WIDE_ENOUGH_FOR_TITLE)
        self._place_whole()
        self._name_buttons()
        self._describe()

    def _name_buttons(self) -> None:
        """Write words, or letters where larger type would widen a small window for them."""
        wide = self.width() >= WIDE_ENOUGH_FOR_NAMES * self.theme.enlarged
        for button, name in zip(self.kind.group.buttons(), self._names, strict=True):
            button.setText(name[0] if wide else name[1])

    def _paint_whole(self, painter: QPainter) -> None:
        self.whole.move(0, -self.height())  # it is no part of the picture
        with self.canvas.direct():
            super()._paint_whole(painter)
        self._place_whole()

    def _mark(self) -> None:
        frozen = self._spec.training.frozen if self._spec is not None else ()
        self.canvas.mark(self._focus.layer, frozen)

    # -- what is pointed at

    def _on_kind_toggled(self, index: int, pressed: bool) -> None:
        if pressed:
            self._show_links(LINKS[index])

    def _on_log_clicked(self, on: bool) -> None:
        kind = LINKS[self.kind.index()]
        self._logarithmic[kind] = on
        self._show_links(kind)

    def _show_links(self, kind: str) -> None:
        """Colour the links by a quantity, whose scale is remembered."""
        self.log_switch.setChecked(self._logarithmic[kind])
        self.canvas.set_kind(kind, logarithmic=self._logarithmic[kind])
        self._describe()

    def _on_pointed(self, _spot: Spot | None) -> None:
        self._describe()

    def _describe(self) -> None:
        spot = self.canvas.spot
        text = self._words_of(spot)
        if self.readout.text() != text:
            self.readout.setText(text)
            # What does not fit can be read beside the pointer.
            whole = spot is None or not self.readout.is_cut()
            self.canvas.setToolTip("" if whole else text)

    def _words_of(self, spot: Spot | None) -> str:
        if self.state is None or self._spec is None:
            return ""
        if spot is None:
            short = self.width() < WIDE_ENOUGH_FOR_WORDS
            words = caption(self.state, short=short)
            if self._focus.moment is not None:  # which it cannot go back to
                words = self.tr("now: {0}").replace("{0}", words)
            if self._spec.network.seeds == 1 or short or not words:
                return words
            # of how many is said where it is chosen; here the number that follows needs the room
            which = self.tr("network {0}").replace("{0}", str(self._focus.seed + 1))
            return f"{which}: {words}"
        return words_of(spot, self.state, self._spec, LINKS[self.kind.index()])

    # -- what is clicked

    def _on_pressed(self) -> None:
        """Remember what a click may change, as it may be the first of two."""
        self._before_click = self._focus.layer, self.editors.layer, self._focus.place
        self._led_through = None

    def _on_clicked(self, spot: Spot, at: QPointF) -> None:
        geometry = self.canvas.drawing.geometry
        if self._focus.path and geometry is not None and spot.kind != "loss":
            unit = geometry.unit_at(spot, at.x(), at.y())
            if unit is not None:
                self._led_through = unit
                self._focus.unit_wanted.emit(*unit)
                return
        if spot.kind == "loss" or spot.layer == 0:
            return
        if spot.kind == "layer":
            self._select(spot.layer)
            self._open_card(spot.layer)
        elif self.state is not None:
            self._focus.choose_place(spot.place)
            self.editors.ask_for(spot.place, self.state.value_of(spot.place), at)

    def _on_clicked_twice(self) -> None:
        """Take back what the first click has opened and chosen."""
        layer, of_card, place = self._before_click
        self.editors.close_popup()
        if of_card is not None:
            self._open_card(of_card)
        else:
            self.editors.close_card()
        if layer != self._focus.layer:
            self._focus.choose_layer(layer)
        if place != self._focus.place:
            self._focus.choose_place(place)
        if self._led_through is not None:  # the second time, it is set free
            self._focus.unit_wanted.emit(*self._led_through)

    def _on_moved(self, step: int) -> None:
        if self._spec is None:
            return
        last = len(self._spec.sizes) - 1
        beyond = last + 1 if step < 0 else 0
        start = beyond if self._focus.layer is None else self._focus.layer
        self._select(max(1, min(last, start + step)))
        if self._focus.layer is not None:
            self.canvas.reveal(self._focus.layer)
        if self.editors.layer is not None and self._focus.layer is not None:
            self._open_card(self._focus.layer)

    def _on_opened(self) -> None:
        if self._focus.layer is not None:
            self._open_card(self._focus.layer)
            self.editors.card.setFocus()

    def _on_zoomed(self) -> None:
        is_part = self.canvas.magnifier.zoom != WHOLE
        if self.whole.hasFocus() and not is_part:
            self.canvas.setFocus()  # the button will be gone
        self.whole.setVisible(is_part)
        self._place_whole()
        self._pace.restart()  # units may have got room, or lost it

    def _place_whole(self) -> None:
        """Put the button over the picture: in the header it would take the words' room."""
        self.whole.adjustSize()
        self.whole.move(self.canvas.width() - self.whole.width() - 4, 2)
        self.canvas.room_of_button = self.whole.width() + 24

    def _select(self, layer: int) -> None:
        if layer != self._focus.layer:
            self._focus.choose_layer(layer)

    def _open_card(self, layer: int) -> None:
        if self._spec is not None:
            self.editors.open_card(self._spec, layer, self.state)
