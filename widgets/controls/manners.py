"""What every control owes the window around it: who gets the wheel, and who gets which key.

The window's keys (Space, Right, R, ...) reach it from everywhere, so a control has to claim the few
it cannot be used without. All others stay the window's, so that Space plays wherever the focus is.
"""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QSlider, QWidget

CLAIMED: tuple[tuple[type[QWidget], Qt.Key], ...] = (
    (QSlider, Qt.Key.Key_Right),
    (QAbstractButton, Qt.Key.Key_Right),  # one of several: arrows choose among them
    (QCheckBox, Qt.Key.Key_Space),
)


class Manners(QObject):
    """Turns the wheel only with focus, and keeps the keys that a control claims from the window."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel:
            if isinstance(watched, QWidget) and not watched.hasFocus():
                event.ignore()
                return True
        elif isinstance(event, QKeyEvent) and _claims(watched, event):
            event.accept()
            return True
        return False


def teach(control: QWidget) -> None:
    """Give a control its manners."""
    control.installEventFilter(Manners(control))


def _claims(control: QObject, event: QKeyEvent) -> bool:
    """Whether Qt asks, before it looks for a shortcut, and the control wants the key."""
    keys = Qt.KeyboardModifier
    return (
        event.type() == QEvent.Type.ShortcutOverride
        and event.modifiers() in (keys.NoModifier, keys.KeypadModifier)
        and any(isinstance(control, kind) and event.key() == key for kind, key in CLAIMED)
    )
