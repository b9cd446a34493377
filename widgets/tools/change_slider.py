"""By how much a weight is changed: a slider with zero in its middle, a typed number, its scale."""

import math

from PySide6.QtCore import QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)

from lab.faults import Fault
from lab.fields import Knob
from lab.words import brief
from widgets.controls.editor import Editor
from widgets.controls.manners import teach
from widgets.controls.number_editor import NumberBox
from widgets.controls.segments import Segments, small_button

POSITIONS = 200  # on each side of zero
TICK_PX = 6.0  # half the mark of zero
DECADES = 8.0  # of each logarithmic side
SPANS = (0.01, 0.1, 1.0, 10.0)
USUAL_SPAN = 1.0
LARGEST = 1000.0  # that can be typed
CHANGE = Knob(
    "",
    "Change d",
    "What is added to the weight, for as long as you look; a double click is back to 0.",
    float,
    0.0,
    -LARGEST,
    LARGEST,
)


class MiddleSlider(QSlider):
    """A slider whose groove is filled from its middle, where zero is."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        complex_control, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
        handle = self.style().subControlRect(complex_control, option, part, self)
        middle, height = self.width() / 2, self.height() / 2
        room = (self.width() - handle.width()) / 2
        at = handle.center().x() + 0.5
        with QPainter(self) as painter:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().color(QPalette.ColorRole.Mid))
            painter.drawRect(QRectF(middle - room, height - 1, 2 * room, 2))
            painter.drawRect(QRectF(middle - 1, height - TICK_PX, 2, 2 * TICK_PX))
            if self.isEnabled():
                painter.setBrush(self.palette().color(QPalette.ColorRole.Highlight))
                painter.drawRect(QRectF(min(middle, at), height - 1.5, abs(at - middle), 3))
            option.subControls = part
            self.style().drawComplexControl(complex_control, option, painter, self)


class ChangeBox(NumberBox):
    """A typed number; `stepped` says that a person steps it, which moves the slider."""

    stepped = Signal(int)

    def stepBy(self, steps: int) -> None:
        self.stepped.emit(steps)


class ChangeSlider(Editor):
    """The value is the change; `span_changed` says that the slider reaches otherwise far.

    The slider's `settings` stand beside it, or below it where there is less room.
    """

    span_changed = Signal()

    def __init__(self) -> None:
        super().__init__(CHANGE)
        self._value = 0.0
        self.slider, self.box = MiddleSlider(Qt.Orientation.Horizontal), ChangeBox(CHANGE)
        self.slider.setRange(-POSITIONS, POSITIONS)
        self.slider.setPageStep(POSITIONS // 10)
        self.slider.setMinimumWidth(80)
        self.scale = Segments(
            [
                (self.tr("lin"), self.tr("The slider is linear.")),
                (self.tr("log"), self.tr("The slider is logarithmic on both sides of zero.")),
            ],
            self.tr("Scale of the slider"),
        )
        self.spans = QComboBox()
        for span in SPANS:
            self.spans.addItem(f"±{brief(span)}", span)
        self.spans.setCurrentIndex(SPANS.index(USUAL_SPAN))
        self.spans.setToolTip(self.tr("How far the slider and the line of the loss reach."))
        self.spans.setAccessibleName(self.tr("Span of the slider"))
        teach(self.spans)
        self.zero = small_button("0", self.tr("Back to the weight as it is."), self.tr("No change"))
        label = QLabel("d")
        label.setBuddy(self.slider)
        self._row.setSpacing(6)
        self._row.addWidget(label)
        self._adopt(self.slider)
        self._adopt(self.box, stretch=0)
        self._row.addWidget(self.zero)
        self.settings = QWidget()
        settings = QHBoxLayout(self.settings)
        settings.setContentsMargins(0, 0, 0, 0)
        settings.setSpacing(6)
        for control in (self.scale, self.spans):
            settings.addWidget(control)
        self.slider.valueChanged.connect(self._on_slider_moved)
        self.box.valueChanged.connect(self._take)
        self.box.done.connect(self.slider.setFocus)  # so that Space plays again
        self.box.stepped.connect(self._on_box_stepped)
        self.box.refused.connect(self._on_box_refused)
        self.zero.clicked.connect(lambda: self._take(0.0))
        self.scale.group.idToggled.connect(self._on_scale_toggled)
        self.spans.activated.connect(self._on_span_chosen)

    def value(self) -> float:
        return self._value

    def set_value(self, value: object) -> None:
        assert isinstance(value, int | float)
        self._value = float(value)
        with QSignalBlocker(self.box):
            self.box.setValue(self._value)
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._position_of(self._value))

    @property
    def span(self) -> float:
        """How far the slider reaches on each side."""
        return float(self.spans.currentData())

    @property
    def logarithmic(self) -> bool:
        """Whether equal steps of the slider are equal factors."""
        return self.scale.index() == 1

    def _at(self, position: int) -> float:
        share = abs(position) / POSITIONS
        if self.logarithmic and position:
            share = 10 ** (DECADES * (abs(position) - POSITIONS) / (POSITIONS - 1))
        return math.copysign(float(f"{self.span * share:.3g}"), position) if position else 0.0

    def _position_of(self, value: float) -> int:
        share = min(1.0, abs(value) / self.span)
        position = share * POSITIONS
        if self.logarithmic and share:
            position = POSITIONS + math.log10(share) * (POSITIONS - 1) / DECADES
            position = max(1.0, position)
        return round(math.copysign(position, value))

    def choose(self, value: float) -> None:
        """Take a change that a person has chosen elsewhere."""
        self._take(max(-LARGEST, min(float(f"{value:.3g}"), LARGEST)))

    def _take(self, value: float) -> None:
        if value != self._value:
            self.set_value(value)
            self._emit()

    def _on_slider_moved(self, position: int) -> None:
        self._take(self._at(position))

    def _on_box_stepped(self, steps: int) -> None:
        self._take(self._at(self.slider.value() + steps))

    def _on_box_refused(self, text: str) -> None:
        self.refused.emit(str(Fault(CHANGE.label, text, CHANGE.allowed)))

    def _on_scale_toggled(self, _index: int, _pressed: bool) -> None:
        self.set_value(self._value)

    def _on_span_chosen(self, _index: int) -> None:
        self.set_value(self._value)
        self.span_changed.emit()
