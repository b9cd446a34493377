"""Small buttons in the title rows of panels, alone or in a row of which one is pressed."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from widgets.controls.manners import teach


def small_button(text: str, tip: str, name: str = "", *, checkable: bool = False) -> QToolButton:
    """Return a button with a tooltip; its accessible name is its text, or `name`."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(name or text)
    button.setCheckable(checkable)
    button.setProperty("segment", "true")
    # A click leaves the focus, and with it the arrow keys, where it was.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    teach(button)
    return button


class Segments(QWidget):
    """A row of buttons of which one is pressed; `changed` is the group's `idToggled`."""

    def __init__(self, labels: Sequence[tuple[str, str]], name: str) -> None:
        super().__init__()
        self.group = QButtonGroup(self)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for index, (label, tip) in enumerate(labels):
            button = small_button(label, tip, f"{name}: {label}", checkable=True)
            self.group.addButton(button, index)
            layout.addWidget(button)
        self.group.button(0).setChecked(True)

    def index(self) -> int:
        """Return which button is pressed, counted from 0."""
        return self.group.checkedId()

    def choose(self, index: int) -> None:
        """Press a button."""
        self.group.button(index).setChecked(True)
