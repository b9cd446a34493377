"""Panels of text: wrapped, selectable, scrolling."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget


class TextPanel(QScrollArea):
    """A column of wrapped texts that scrolls when it does not fit."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        self._layout = QVBoxLayout(content)
        self._layout.setContentsMargins(8, 2, 8, 8)
        self._layout.setSpacing(6)
        self._layout.addStretch(1)
        self.setWidget(content)

    def add_text(self, role: str = "") -> QLabel:
        """Add a plain, selectable, wrapped text."""
        label = plain_text(role)
        self.add(label)
        return label

    def add(self, widget: QWidget) -> None:
        """Add what belongs among the texts."""
        self._layout.insertWidget(self._layout.count() - 1, widget)

    def insert_after(self, known: QWidget, widget: QWidget) -> None:
        """Add what belongs right below something else."""
        self._layout.insertWidget(self._layout.indexOf(known) + 1, widget)


def plain_text(role: str = "") -> QLabel:
    """Return a wrapped text that can be selected, and is never taken for HTML."""
    label = QLabel()
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
