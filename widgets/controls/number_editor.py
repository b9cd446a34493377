"""A number: a slider beside a box, linear or logarithmic as the quantity is."""

import math
from functools import cache

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QKeySequence, QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSizePolicy, QSlider

from lab.faults import Fault
from lab.fields import Knob
from lab.words import chosen
from widgets.controls.editor import Editor

SLIDER_STEPS = 400
MOST_DECIMALS = 30  # Qt rounds to so many; small numbers must survive that
WIDEST_USUAL = "0.0000123"
WIDEST_SLIDER_RANGE = 10_000  # beyond it (seeds) a slider would be of no use


@cache
def _usual_width(description: str) -> int:
    """The room for a usual number; layouts ask for it many times."""
    font = QFont()
    font.fromString(description)
    return QFontMetrics(font).horizontalAdvance(WIDEST_USUAL)


class NumberBox(QDoubleSpinBox):
    """A number typed or stepped; `refused` carries a typed text that is not allowed.

    `done` says that a person has finished typing with Return.
    """

    refused = Signal(str)
    done = Signal()

    def __init__(self, knob: Knob) -> None:
        super().__init__()
        self._knob = knob
        self.setDecimals(0 if knob.kind is int else MOST_DECIMALS)
        self.setRange(float(knob.low or 0), float(knob.high or 0))
        self.setKeyboardTracking(False)
        self.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToPreviousValue)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def sizeHint(self) -> QSize:
        """Have room for a usual number; Qt's own hint has room for all decimals."""
        return QSize(_usual_width(self.font().toString()), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def event(self, event: QEvent) -> bool:
        """Leave undo and redo to the window, unless a number is half typed."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            keys = QKeySequence.StandardKey
            taken_back = event.matches(keys.Undo) or event.matches(keys.Redo)
            if taken_back and self.text() == self.textFromValue(self.value()):
                event.ignore()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.text()
        super().keyPressEvent(event)
        returned = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if returned and self._number(before) is not None:
            self.done.emit()

    def textFromValue(self, value: float) -> str:
        """Write all digits: to press Return must not change a value that shows fewer."""
        short = str(round(value)) if self._knob.kind is int else chosen(value)
        return short if float(short) == value else repr(value)

    def valueFromText(self, text: str) -> float:
        number = self._number(text)
        return self.value() if number is None else number

    def validate(self, text: str, position: int) -> object:
        """Refuse letters at once; a number that is not allowed stays editable and is not taken."""
        state = QValidator.State.Intermediate
        if not set(text) <= set("+-0123456789.,eE "):
            state = QValidator.State.Invalid
        elif self._number(text) is not None:
            state = QValidator.State.Acceptable
        return state, text, position

    def fixup(self, text: str) -> str:
        """Qt asks what to make of a text that is not a value: nothing, but say so."""
        if text.strip():
            self.refused.emit(text.strip())
        return text

    def _number(self, text: str) -> float | None:
        """Return the value a text means, or None when it is none of the knob's."""
        whole = self._knob.kind is int
        try:
            number = float(text if whole else text.replace(",", "."))
        except ValueError:
            return None
        allowed = self.minimum() <= number <= self.maximum()
        return number if allowed and (not whole or number.is_integer()) else None

    def stepBy(self, steps: int) -> None:
        """Step by one unit; on a log scale by a tenth of a decade."""
        if self._knob.scale == "log":
            low = self._knob.off_below or self.minimum()
            if self.value() < low:
                self.setValue(low if steps > 0 else 0)
            elif self._knob.off_below and steps < 0 and self.value() <= low:
                self.setValue(0)
            else:
                target = float(f"{self.value() * 10 ** (steps / 10):.3g}")
                whole = self._knob.kind is int
                self.setValue(
                    self.value() + steps if whole and round(target) == self.value() else target
                )
        else:
            unit = 1 if self._knob.kind is int else 0.01
            self.setValue(round(self.value() + steps * unit, 9))


class NumberEditor(Editor):
    """A slider beside an editable number, linear or logarithmic as the quantity is.

    Qt's integer slider carries keyboard and screen readers; positions 0..n map to the range. With
    `off_below` position 0 is 0 and the log scale starts at position 1.
    """

    def __init__(self, knob: Knob) -> None:
        super().__init__(knob)
        self.box = NumberBox(knob)
        self.slider: QSlider | None = None
        span = float(knob.high or 0) - float(knob.low or 0)
        if span <= WIDEST_SLIDER_RANGE:
            self.slider = QSlider(Qt.Orientation.Horizontal)
            whole = knob.kind is int and knob.scale == "linear"
            self._positions = min(int(span), SLIDER_STEPS) if whole else SLIDER_STEPS
            self._first = 0 if knob.off_below is None else 1  # where the scale begins
            self.slider.setRange(0, self._positions)
            self.slider.setPageStep(max(1, self._positions // 10))
            self.slider.setMinimumWidth(40)
            self._adopt(self.slider, stretch=3)
            self.slider.valueChanged.connect(self._on_slider_moved)
            self.slider.sliderPressed.connect(self._on_slider_pressed)
            self.slider.sliderReleased.connect(self._on_slider_released)
        self._adopt(self.box, stretch=0 if self.slider else 1)
        if self.slider:
            self.setFocusProxy(self.slider)
            self.box.done.connect(self.slider.setFocus)  # so that Space plays again
            self.box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.box.valueChanged.connect(self._on_box_changed)
        self.box.refused.connect(self._on_box_refused)
        self._value: float = knob.default
        self.set_value(knob.default)

    def value(self) -> object:
        return round(self._value) if self.knob.kind is int else float(self._value)

    def set_value(self, value: object) -> None:
        assert isinstance(value, int | float)
        self._value = value
        with QSignalBlocker(self.box):
            self.box.setValue(value)
        self._place_slider()

    def _place_slider(self) -> None:
        if self.slider is not None:
            with QSignalBlocker(self.slider):
                self.slider.setValue(self._position_of(self._value))

    def _position_of(self, value: float) -> int:
        low, high = self._limits()
        if self.knob.off_below is not None and value < low:
            return 0
        share = (value - low) / (high - low)
        if self.knob.scale == "log":
            share = math.log(value / low) / math.log(high / low)
        return self._first + round(share * (self._positions - self._first))

    def _at(self, position: int) -> float:
        low, high = self._limits()
        if position < self._first:
            return 0.0
        share = (position - self._first) / (self._positions - self._first)
        value = low + share * (high - low)
        if self.knob.scale == "log":
            value = low * (high / low) ** share
        return round(value) if self.knob.kind is int else float(f"{value:.3g}")

    def _limits(self) -> tuple[float, float]:
        low = self.knob.low if self.knob.off_below is None else self.knob.off_below
        return float(low or 0), float(self.knob.high or 0)

    def _on_slider_pressed(self) -> None:
        self._dragging = True
        self._gesture += 1

    def _on_slider_released(self) -> None:
        self._dragging = False

    def _on_slider_moved(self, position: int) -> None:
        if not self._dragging:
            position = self._where_value_changes(position)
        value = self._at(position)
        if value == self._value:
            return
        self._value = value
        with QSignalBlocker(self.box):
            self.box.setValue(value)
        self._place_slider()
        self._emit()

    def _where_value_changes(self, position: int) -> int:
        """Whole numbers on a log scale share positions: one press of a key goes to the next one."""
        direction = 1 if position > self._position_of(self._value) else -1
        while self._at(position) == self._value and 0 < position < self._positions:
            position += direction
        return position

    def _on_box_changed(self, value: float) -> None:
        self._value = round(value) if self.knob.kind is int else value
        self._place_slider()
        self._emit()

    def _on_box_refused(self, text: str) -> None:
        self.refused.emit(str(Fault(self.knob.label, text, self.knob.allowed)))
