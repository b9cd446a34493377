"""What a loss surface is to be of: the kind of plane and what it leaves open, and how finely.

`kind` stands where its panel puts it, the rest in rows that become more where there is less width.
"""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QWidget,
)

from core.places import Place
from lab.planes import PLANES, PlaneKind, Question
from lab.surfaces import COARSEST, FINEST, USUAL
from widgets.controls.index_box import IndexBox, WholeBox
from widgets.controls.manners import teach
from widgets.tools.place_boxes import PlaceBoxes

SIDE_BY_SIDE_PX, ONE_ROW_PX = 600, 900
NARROWEST_CHOICE_PX = 76
LARGEST_NUMBER = 999
LEAST_REACH, LARGEST_REACH = 0.01, 100.0


class PlaneChoice(QComboBox):
    """A list that takes less width than its words where a row has no room for them."""

    def minimumSizeHint(self) -> QSize:
        whole = super().minimumSizeHint()
        return QSize(min(NARROWEST_CHOICE_PX, whole.width()), whole.height())


class SurfaceSettings(QWidget):
    """`changed` tells that another surface is wanted; the first of `places` is the focus's own.

    `refused` carries a sentence on a typed number that is not allowed.
    """

    changed = Signal()
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        # Not as wide as it would like to be: the panel could never become narrower again.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._sizes: tuple[int, ...] = (1, 1)
        self._reaches = dict.fromkeys(PLANES, 1.0)
        self._make_controls()
        self._arrange()
        self.kind.activated.connect(self._on_kind_activated)
        for box in (self.resolution, self.number):
            box.valueChanged.connect(self.changed)
        self.reach.valueChanged.connect(self._on_reach_changed)
        self.places[1].value_changed.connect(self.changed)
        self._offer()

    def question(self, place: Place) -> Question:
        """Return the plane that a person wants to see; `place` is the weight in focus."""
        kind, reach = self._kind, self.reach.value()
        if kind.name == "weights":
            return Question(kind, reach, places=(place, self.places[1].value()))
        return Question(kind, reach, self.number.value() if kind.name == "gradient" else 1)

    def begin(self, sizes: Sequence[int], place: Place) -> None:
        """Offer the weights of a network of these sizes, the inputs first."""
        self._sizes = tuple(sizes)
        self.show_place(place)
        second = self.places[1].value()
        if second == place or not self._has(second):
            second = Place("w", 1, 0, 1) if self._sizes[0] > 1 else Place("b", 1, 0)
        self.places[1].set_value(second, self._sizes)

    def show_place(self, place: Place) -> None:
        """Show the weight in focus, if there is such a one."""
        if self._has(place):
            self.places[0].set_value(place, self._sizes)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        for rows, width in ((self._pair, SIDE_BY_SIDE_PX), (self._rows, ONE_ROW_PX)):
            rows.setDirection(across if self.width() >= width else down)

    @property
    def _kind(self) -> PlaneKind:
        return PLANES[self.kind.currentData()]

    def _make_controls(self) -> None:
        self.kind = PlaneChoice()
        for name, kind in PLANES.items():
            self.kind.addItem(kind.label, name)
            self.kind.setItemData(self.kind.count() - 1, kind.help, Qt.ItemDataRole.ToolTipRole)
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.reach = QDoubleSpinBox()
        self.resolution = WholeBox(
            self.tr("Points"),
            self.tr("How many points to each side; twice as many take four times as long."),
        )
        self.number = IndexBox(
            self.tr("Random direction"),
            self.tr("The number of the random direction; each number is another one."),
            self.tr("random direction"),
            self.tr("random directions"),
        )
        self.resolution.setRange(COARSEST, FINEST)
        self.resolution.setSingleStep(2)
        self.resolution.setValue(USUAL)
        self.number.setRange(1, LARGEST_NUMBER)
        self.reach.setRange(LEAST_REACH, LARGEST_REACH)
        self.reach.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.places = (PlaceBoxes(), PlaceBoxes())
        self.kind.setAccessibleName(self.tr("Plane"))
        self.reach.setAccessibleName(self.tr("Reach"))
        self.reach.setKeyboardTracking(False)
        for control in (self.kind, self.reach, self.resolution, self.number):
            control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for control in (self.kind, self.reach):
            teach(control)
        for box in (self.resolution, self.number, *self.places):
            box.refused.connect(self.refused)

    def _arrange(self) -> None:
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._rows.setContentsMargins(8, 0, 8, 4)
        self._rows.setSpacing(4)
        line, self._pair = QHBoxLayout(), QBoxLayout(QBoxLayout.Direction.LeftToRight)
        line.setSpacing(8)
        self._pair.setSpacing(4)
        self._number_label = QLabel(self.tr("Direction"))
        for label, box in (
            (QLabel(self.tr("Points")), self.resolution),
            (QLabel(self.tr("Reach")), self.reach),
            (self._number_label, self.number),
        ):
            label.setProperty("role", "muted")
            label.setBuddy(box)
            line.addWidget(label)
            line.addWidget(box)
        line.addStretch(1)
        for boxes in self.places:
            self._pair.addWidget(boxes, 0, Qt.AlignmentFlag.AlignLeft)
        self._rows.addLayout(line)
        self._rows.addLayout(self._pair)

    def _on_kind_activated(self) -> None:
        self._offer()
        self.changed.emit()

    def _on_reach_changed(self, reach: float) -> None:
        self._reaches[self._kind.name] = reach
        self.changed.emit()

    def _offer(self) -> None:
        """Offer what the kind of plane leaves open."""
        kind = self._kind
        self.kind.setToolTip(kind.help)
        self.reach.setToolTip(
            self.tr("How far the surface reaches, in units of {0}.").replace("{0}", kind.unit)
        )
        with QSignalBlocker(self.reach):
            self.reach.setValue(self._reaches[kind.name])
        for boxes in self.places:
            boxes.setVisible(kind.name == "weights")
        for widget in (self._number_label, self.number):
            widget.setVisible(kind.name == "gradient")

    def _has(self, place: Place) -> bool:
        """Whether the network has such a weight or bias."""
        sizes = self._sizes
        if not 1 <= place.layer < len(sizes) or place.kind not in ("w", "b"):
            return False
        row = 0 if place.row is None else place.row
        return row < sizes[place.layer - 1] and place.column < sizes[place.layer]
