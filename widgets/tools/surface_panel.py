"""Surface: the loss around the present weights, over a plane, and the way that training walks it.

A surface is computed when the panel is first seen, when another one is asked for, and with Renew.
Then the run goes on over it.
"""

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from core.places import Place
from lab.errands import Errands, Work
from lab.mailbox import Wishes
from lab.planes import PLANES, Path, PathOf, Question, Walk, WalkOn
from lab.run import Frame
from lab.specimens import Specimen
from lab.surfaces import COARSEST, FINEST, USUAL, LossSurface, Unseen, loss_surface
from lab.words import number
from widgets.controls.manners import teach
from widgets.focus import Focus
from widgets.plots.frame import Begun, Table
from widgets.theme import Theme
from widgets.tools.errand_tool import ErrandTool
from widgets.tools.place_boxes import PlaceBoxes
from widgets.tools.surface_plot import SurfacePlot

SIDE_BY_SIDE_PX, ONE_ROW_PX = 600, 900
LARGEST_NUMBER = 999
COLUMNS = ("what", "step", "first_axis", "second_axis", "loss")
Key = tuple[Question, int, int]  # with resolution and seed


class SurfacePanel(ErrandTool[LossSurface | Unseen]):
    """The surface and what it is to be of."""

    def __init__(self, theme: Theme, focus: Focus, errands: Errands) -> None:
        ask = ("Renew", "Compute the surface around the weights as they are now.")
        super().__init__(theme, "Surface", focus, errands, ask)
        self.kind = QComboBox()
        for name, kind in PLANES.items():
            self.kind.addItem(kind.label, name)
            self.kind.setItemData(self.kind.count() - 1, kind.help, Qt.ItemDataRole.ToolTipRole)
        self.resolution, self.number = QSpinBox(), QSpinBox()
        self.resolution.setRange(COARSEST, FINEST)
        self.resolution.setSingleStep(2)
        self.resolution.setValue(USUAL)
        self.number.setRange(1, LARGEST_NUMBER)
        self.reach = QDoubleSpinBox()
        self.reach.setRange(0.01, 100)
        self.reach.setDecimals(2)
        self.reach.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.reach.setValue(1)
        self.reaches = dict.fromkeys(PLANES, 1.0)
        self.places = (PlaceBoxes(), PlaceBoxes())
        self.settings = self._settings_row()
        self.body.insertWidget(1, self.settings)
        self.plot = SurfacePlot(theme)
        self.plot.on_read = self._on_read
        self.plot.customContextMenuRequested.connect(
            lambda point: self.show_menu(self.plot.mapToGlobal(point))
        )
        self.body.addWidget(self.plot, 1)
        self._sizes: tuple[int, ...] = (1, 1)
        self._asked_for: Key | None = None
        self._path: Path | None = None
        self._walk_wish: WalkOn | None = None
        self.walk: Walk | None = None
        self._caption = ""
        self._connect()
        self._show_settings()

    # -- what happens to the run

    def begin(self, begun: Begun) -> None:
        super().begin(begun)
        self._sizes = begun.spec.sizes
        self._asked_for = self._walk_wish = self.walk = None
        self.plot.show_surface(None)
        self._caption = ""
        self._on_read("")
        second = self.places[1].value()
        for boxes, place in zip(self.places, (self.focus.place, second), strict=True):
            if _fits(place, self._sizes):
                boxes.set_value(place, self._sizes)
        if second == self.focus.place or not _fits(second, self._sizes):
            another = Place("w", 1, 0, 1) if self._sizes[0] > 1 else Place("b", 1, 0)
            self.places[1].set_value(another, self._sizes)

    @property
    def wishes(self) -> Wishes:
        wishes = super().wishes
        if self.asked:
            wishes += (PathOf(self.focus.seed),)
        if self._walk_wish is not None and self.seen:
            wishes += (self._walk_wish,)
        return wishes

    def show_frame(self, frame: Frame, *, resting: bool) -> None:
        if self.asked:
            self._path = frame.shown(PathOf(self.focus.seed))
        super().show_frame(frame, resting=resting)
        if not self.seen:
            return
        walk = None if self._walk_wish is None else frame.shown(self._walk_wish)
        if walk is not None and walk is not self.walk:
            self.walk = walk
            self.plot.show_walk(walk)
            if not self.plot.underMouse():
                self._on_read("")
        self._look()

    def refresh(self) -> None:
        if self.focus.place != self.places[0].value() and _fits(self.focus.place, self._sizes):
            self.places[0].set_value(self.focus.place, self._sizes)
        self._look()

    # -- the question

    @property
    def question(self) -> Question:
        """The plane that a person wants to see."""
        kind = PLANES[self.kind.currentData()]
        if kind.name == "weights":
            places = (self.focus.place, self.places[1].value())
            return Question(kind, self.reach.value(), places=places)
        number = self.number.value() if kind.name == "gradient" else 1
        return Question(kind, self.reach.value(), number)

    def ask(self) -> None:
        self._asked_for = self._key
        super().ask()

    def work(self, specimen: Specimen) -> Work[LossSurface | Unseen]:
        return loss_surface(specimen, self.question, self.resolution.value(), self._path)

    def show_result(self, result: LossSurface | Unseen) -> None:
        self.walk = None
        if isinstance(result, Unseen):
            self._walk_wish = None
            self.plot.show_surface(None)
            self._caption = ""
            self.say(result.reason)
        else:
            self._walk_wish = WalkOn(result.plane)
            self.plot.following = True
            self.plot.show_surface(result)
            self._caption = result.caption
        self._on_read("")

    def numbers(self) -> Table:
        """Return the loss at every point, then the path."""
        surface = self.plot.surface
        if surface is None:
            return Table(COLUMNS, [])
        step = surface.plane.step
        rows: list[tuple[object, ...]] = [
            ("surface", step, a, b, loss)
            for a, losses in zip(surface.a.tolist(), surface.losses.tolist(), strict=True)
            for b, loss in zip(surface.b.tolist(), losses, strict=True)
        ]
        if self.walk is not None:
            walk = self.walk
            places = zip(walk.steps.tolist(), walk.places.tolist(), strict=True)
            rows += [("path", when, *place, "") for when, place in places]
            rows.append(("now", walk.step, *walk.now.tolist(), ""))
        return Table(COLUMNS, rows)

    def apply_theme(self) -> None:
        self.plot.apply_theme()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        for rows, width in ((self._pair, SIDE_BY_SIDE_PX), (self._rows, ONE_ROW_PX)):
            rows.setDirection(across if self.width() >= width else down)

    # -- inside

    @property
    def _key(self) -> Key:
        return self.question, self.resolution.value(), self.focus.seed

    def _look(self) -> None:
        """Ask, if what a person wants to see is another surface than the last one asked for."""
        if self.seen and self._key != self._asked_for:
            self.ask()

    def _settings_row(self) -> QWidget:
        row = QWidget()
        # Not as wide as it would like to be: the panel could never become narrower again.
        row.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, row)
        self._rows.setContentsMargins(8, 0, 8, 4)
        self._rows.setSpacing(4)
        line = QHBoxLayout()
        line.setSpacing(8)
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._name(self.kind, self.tr("Plane"), "")
        self._name(
            self.resolution,
            self.tr("Resolution"),
            self.tr("How many points to each side; twice as many take four times as long."),
        )
        self._name(self.reach, self.tr("Reach"), "")
        self._name(
            self.number,
            self.tr("Random direction"),
            self.tr("The number of the random direction; another number is another direction."),
        )
        self.add_control(self.kind, self.start)
        for text, box in (
            (self.tr("Points"), self.resolution),
            (self.tr("Reach"), self.reach),
            (self.tr("Direction"), self.number),
        ):
            label = QLabel(text)
            label.setProperty("role", "muted")
            label.setBuddy(box)
            line.addWidget(label)
            line.addWidget(box)
        self._number_label = label
        self._pair = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._pair.setSpacing(4)
        for boxes in self.places:
            self._pair.addWidget(boxes, 0, Qt.AlignmentFlag.AlignLeft)
        line.addStretch(1)
        self._rows.addLayout(line)
        self._rows.addLayout(self._pair)
        return row

    def _name(self, control: QWidget, name: str, tip: str) -> None:
        control.setAccessibleName(name)
        control.setToolTip(tip)
        control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if isinstance(control, QSpinBox | QDoubleSpinBox):
            control.setKeyboardTracking(False)
        teach(control)

    def _connect(self) -> None:
        self.kind.activated.connect(self._on_kind_activated)
        for box in (self.resolution, self.number):
            box.valueChanged.connect(self._look)
        self.reach.valueChanged.connect(self._on_reach_changed)
        self.places[0].value_changed.connect(self.focus.choose_place)
        self.places[1].value_changed.connect(self._look)

    def _on_kind_activated(self) -> None:
        self._show_settings()
        self._look()

    def _on_reach_changed(self, reach: float) -> None:
        self.reaches[self.kind.currentData()] = reach
        self._look()

    def _show_settings(self) -> None:
        """Offer what the kind of plane leaves open."""
        kind = PLANES[self.kind.currentData()]
        self.kind.setToolTip(kind.help)
        self.reach.setToolTip(
            self.tr("How far the surface reaches, in units of {0}.").replace("{0}", kind.unit)
        )
        with QSignalBlocker(self.reach):
            self.reach.setValue(self.reaches[kind.name])
        for boxes in self.places:
            boxes.setVisible(kind.name == "weights")
        for widget in (self._number_label, self.number):
            widget.setVisible(kind.name == "gradient")

    def _on_read(self, text: str) -> None:
        self.readout.setText(text or self._words())

    def _words(self) -> str:
        """What is shown, and where the run is now."""
        walk = self.walk
        if walk is None:
            return self._caption
        where = self.tr("now {0} off the plane").replace("{0}", number(walk.off))
        if not self.plot.is_inside(walk.now):
            where += self.tr(", outside the picture")
        return f"{self._caption}; {where}"


def _fits(place: Place, sizes: tuple[int, ...]) -> bool:
    """Whether a network of these sizes has such a weight or bias."""
    if not 1 <= place.layer < len(sizes) or place.kind not in ("w", "b"):
        return False
    row = 0 if place.row is None else place.row
    return row < sizes[place.layer - 1] and place.column < sizes[place.layer]
