"""What the editors of all kinds of fields share.

An editor is a value: `value()`, a silent `set_value()`, and `value_changed`, which only a person's
gesture emits. What it allows and says comes from the field's `Knob`; no editor knows a field.
"""

import math
import time

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolTip, QWidget

from lab.fields import Knob
from widgets.controls.manners import teach

GESTURE_PAUSE_S = 0.7  # changes closer together than this are one step of undo


class Editor(QWidget):
    """What all editors share. `value_changed` carries the value and the number of the gesture.

    `refused` carries the sentence that says why a typed value was not taken.
    """

    value_changed = Signal(object, int)
    refused = Signal(str)

    def __init__(self, knob: Knob) -> None:
        super().__init__()
        self.knob = knob
        self._gesture = 0
        self._last_change = -math.inf
        self._dragging = False
        self._controls: list[QWidget] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)

    def value(self) -> object:
        """Return what the editor shows."""
        raise NotImplementedError

    def set_value(self, value: object) -> None:
        """Show a value, without a signal."""
        raise NotImplementedError

    def set_idle(self, reason: str) -> None:
        """Disable the field, saying why it has no effect; "" enables it."""
        self.setEnabled(not reason)
        for control in self._controls:
            control.setToolTip(reason or self.knob.tooltip)
            control.setAccessibleDescription(reason or self.knob.help)

    def say(self, text: str) -> None:
        """Tell something about this field, right below it."""
        QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), text, self)

    def _adopt(self, control: QWidget, stretch: int = 1) -> None:
        """Place a control and give it the field's words."""
        control.setToolTip(self.knob.tooltip)
        control.setAccessibleName(self.knob.label)
        control.setAccessibleDescription(self.knob.help)
        control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        control.installEventFilter(self)
        teach(control)
        self._controls.append(control)
        self._row.addWidget(control, stretch)
        if self.focusProxy() is None:
            self.setFocusProxy(control)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Restore the default at a double click on the slider."""
        if event.type() == QEvent.Type.MouseButtonDblClick and isinstance(watched, QSlider):
            self.set_value(self.knob.default)
            self._emit()
            return True
        return super().eventFilter(watched, event)

    def _emit(self) -> None:
        now = time.monotonic()
        if not self._dragging and now - self._last_change > GESTURE_PAUSE_S:
            self._gesture += 1
        self._last_change = now
        self.value_changed.emit(self.value(), self._gesture)
