"""The theme in force: its colours, the size of the type and the thickness of lines.

Widgets ask for the present `Colors` when they draw, and redraw when `changed` is emitted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QApplication

from widgets.colors import DARK, LIGHT
from widgets.dress import palette_of, style_sheet_of

Choice = Literal["system", "light", "dark"]
CHOICES: tuple[Choice, ...] = ("system", "light", "dark")

BASE_POINT_SIZE = 9.5
SMALLEST_ZOOM, LARGEST_ZOOM = -3, 8
PRESENTER_LINES = 2.0


class Theme(QObject):
    """The theme in force for the application; owned by it, handed to every widget that draws."""

    changed = Signal()

    def __init__(self, application: QApplication, choice: Choice = "system") -> None:
        super().__init__(application)
        self._application = application
        self._family = application.font().family()
        self.choice: Choice = choice
        self.zoom = 0
        self.presenter_zoom = 0
        self._dressed = True
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._on_system_changed)
        self.colors = DARK
        self._apply()

    @contextmanager
    def dressing_later(self) -> Iterator[None]:
        """Apply the style sheet at the end, to all widgets that are made in between.

        One after the other takes a third longer: each is looked at when it is made, and again when
        it is put somewhere.
        """
        self._dressed = False
        self._application.setStyleSheet("")
        yield
        self._dressed = True
        self._dress()

    def set_choice(self, choice: Choice) -> None:
        """Follow the system, or force light or dark."""
        self.choice = choice
        self._apply()

    def set_zoom(self, zoom: int) -> None:
        """Make all text larger or smaller, in steps of one point; 0 is the usual size."""
        zoom = max(SMALLEST_ZOOM, min(LARGEST_ZOOM, zoom))
        if zoom != self.zoom:
            self.zoom = zoom
            self._apply()

    def present(self, zoom: int) -> None:
        """Show everything to an audience: thicker lines, type larger by `zoom`; 0 is as usual."""
        if zoom != self.presenter_zoom:
            self.presenter_zoom = zoom
            self._apply()

    @property
    def line_width(self) -> float:
        """How thick lines are in pictures, in units of the usual thickness."""
        return PRESENTER_LINES if self.presenter_zoom else 1.0

    @property
    def enlargement(self) -> int:
        """By how many points the type is larger than the usual one."""
        return min(self.zoom + self.presenter_zoom, LARGEST_ZOOM)

    @property
    def enlarged(self) -> float:
        """The size of the type, over the usual one."""
        return 1 + self.enlargement / BASE_POINT_SIZE

    def font(self, size: Literal["small", "normal", "large"] = "normal") -> QFont:
        """The program's only type family in one of its three sizes, with tabular figures."""
        difference = {"small": -1.0, "normal": 0.0, "large": 3.5}[size]
        font = QFont(self._family)
        font.setPointSizeF(BASE_POINT_SIZE + self.enlargement + difference)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    @property
    def veil(self) -> QColor:
        """The ground of words inside a picture: what runs below them shines through."""
        color = QColor(self.colors.panel)
        color.setAlpha(190)
        return color

    def _on_system_changed(self) -> None:
        if self.choice == "system":
            self._apply()

    def _apply(self) -> None:
        hints = self._application.styleHints()
        schemes = {
            "light": Qt.ColorScheme.Light,
            "dark": Qt.ColorScheme.Dark,
            "system": Qt.ColorScheme.Unknown,
        }
        if self.choice == "system":
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(schemes[self.choice])
        dark = self.choice == "dark" or (
            self.choice == "system" and hints.colorScheme() == Qt.ColorScheme.Dark
        )
        self.colors = DARK if dark else LIGHT
        # From one style sheet to another takes twice as long as over none.
        self._application.setStyleSheet("")
        self._application.setPalette(palette_of(self.colors))
        self._application.setFont(self.font())
        if self._dressed:
            self._dress()
        self.changed.emit()

    def _dress(self) -> None:
        small, large = (self.font(size).pointSizeF() for size in ("small", "large"))
        self._application.setStyleSheet(style_sheet_of(self.colors, small, large))
