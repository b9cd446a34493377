"""The keys that go through a walk: which way, and how far."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from lab.strolls import Stride

KEYS = {
    (Qt.Key.Key_Right, False): (True, Stride.STAGE),
    (Qt.Key.Key_Right, True): (True, Stride.LAYER),
    (Qt.Key.Key_Down, False): (True, Stride.LINE),
    (Qt.Key.Key_Left, False): (False, Stride.STAGE),
    (Qt.Key.Key_Backspace, False): (False, Stride.STAGE),
    (Qt.Key.Key_Left, True): (False, Stride.LAYER),
    (Qt.Key.Key_Up, False): (False, Stride.LINE),
}
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


def move_of(event: QKeyEvent) -> tuple[bool, Stride] | None:
    """Return whether a key goes on (or back), and its stride; None for other keys."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if modifiers not in (NONE, SHIFT):
        return None
    return KEYS.get((Qt.Key(event.key()), modifiers == SHIFT))
