"""Colours, fonts and the style sheet, in a light and a dark version of the same relations.

Colour means the same thing everywhere: layers run through viridis from input to output, two classes
are Okabe-Ito blue and orange, and the accent marks what is live or pressed. Widgets ask for the
present `Colors` when they draw, and redraw when `changed` is emitted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from core.arrays import Array
from lab.thumbnail import viridis

Choice = Literal["system", "light", "dark"]
CHOICES: tuple[Choice, ...] = ("system", "light", "dark")

READABLE, VISIBLE = 4.5, 3.0  # contrast of words, and of lines, as guidelines ask for
INK_SHARES = np.linspace(0, 1, 21).tolist()
BASE_POINT_SIZE = 9.5
SMALLEST_ZOOM, LARGEST_ZOOM = -3, 8
PRESENTER_LINES = 2.0


@dataclass(frozen=True)
class Colors:
    """One theme. Text on `panel` and `ground` has a contrast of at least 4.5 to 1."""

    dark: bool
    ground: str
    panel: str
    field: str
    line: str
    grid: str
    text: str
    muted: str
    accent: str
    on_accent: str
    warning: str
    first_class: str
    second_class: str
    layer_span: tuple[float, float]
    pins: tuple[str, ...]

    @cached_property
    def layer_table(self) -> Array:
        """Colours (256, 3) uint8 from the input's to the output's end."""
        return viridis(np.linspace(*self.layer_span, 256))

    def layer(self, index: int, count: int) -> QColor:
        """The colour of layer `index` of `count`, counted from 0, for lines and dots.

        At the end that is nearly as dark, or as bright, as the panel, it is moved toward the
        text's colour until it stands out.
        """
        place = round(255 * index / max(1, count - 1))
        color = QColor(*(int(channel) for channel in self.layer_table[place]))
        return _standing_out(color.name(), self.text, self.panel, VISIBLE)

    @cached_property
    def class_table(self) -> Array:
        """Colours (256, 3) uint8 from the first class over the ground to the second."""
        # Neither end is taken at full strength: the samples on top must stand out.
        return self._from_class_to_class(0.62)

    @cached_property
    def unit_table(self) -> Array:
        """The same colours nearly at full strength, for what is small."""
        return self._from_class_to_class(0.92)

    def ink(self, color: str | QColor) -> QColor:
        """The same colour for words: moved toward the text's until they can be read."""
        return _standing_out(QColor(color).name(), self.text, self.panel, READABLE)

    def _from_class_to_class(self, strength: float) -> Array:
        ends = [QColor(name) for name in (self.first_class, self.panel, self.second_class)]
        stops = np.array([[color.red(), color.green(), color.blue()] for color in ends], float)
        stops[[0, 2]] = strength * stops[[0, 2]] + (1 - strength) * stops[1]
        share = np.linspace(0, 1, 256)
        channels = [np.interp(share, [0, 0.5, 1], stops[:, channel]) for channel in range(3)]
        return np.stack(channels, axis=1).astype(np.uint8)


def _luminance(color: QColor) -> float:
    channels = (color.redF(), color.greenF(), color.blueF())
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@lru_cache(maxsize=1024)
def _standing_out(color: str, text: str, panel: str, contrast: float) -> QColor:
    shades = (blend(text, color, share) for share in INK_SHARES)
    ground = _luminance(QColor(panel))
    return next(shade for shade in shades if _contrast(_luminance(shade), ground) >= contrast)


def _contrast(first: float, second: float) -> float:
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)


DARK = Colors(
    dark=True,
    ground="#14171c",
    panel="#1a1e24",
    field="#232830",
    line="#323944",
    grid="#252b33",
    text="#e6e8eb",
    muted="#9aa3ae",
    accent="#4cc2a8",
    on_accent="#0d1512",
    warning="#f0b429",
    first_class="#56b4e9",
    second_class="#e69f00",
    layer_span=(0.15, 1.0),
    # Okabe and Ito's colours, lightened to stand out; then two more hues, and grey.
    pins=("#cc79a7", "#f0e442", "#d55e00", "#5ec8a5", "#7fa8ff", "#c9a27e", "#b18cff", "#9aa3ae"),
)
LIGHT = Colors(
    dark=False,
    ground="#f4f5f7",
    panel="#fcfcfd",
    field="#ffffff",
    line="#d3d7dd",
    grid="#e8eaee",
    text="#1b1f24",
    muted="#59626d",
    accent="#08775f",
    on_accent="#ffffff",
    warning="#8a5a00",
    first_class="#0072b2",
    second_class="#d07800",
    layer_span=(0.0, 0.85),
    pins=("#a8447d", "#8f7d00", "#b34700", "#00785a", "#2f5fc4", "#7d5836", "#6a3fc0", "#59626d"),
)


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
        self._application.setStyleSheet(_style_sheet(self.colors, self))

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
        # Setting colorScheme alone does nothing on several platforms, hence a palette of our own.
        self._application.setPalette(_palette(self.colors))
        self._application.setFont(self.font())
        if self._dressed:
            self._application.setStyleSheet(_style_sheet(self.colors, self))
        self.changed.emit()


def _palette(colors: Colors) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for name, color in {
        role.Window: colors.panel,
        role.WindowText: colors.text,
        role.Base: colors.field,
        role.AlternateBase: colors.panel,
        role.Text: colors.text,
        role.Button: colors.field,
        role.ButtonText: colors.text,
        role.ToolTipBase: colors.field,
        role.ToolTipText: colors.text,
        role.PlaceholderText: colors.muted,
        role.Highlight: colors.accent,
        role.HighlightedText: colors.on_accent,
        role.Accent: colors.accent,
        role.Link: colors.accent,
    }.items():
        palette.setColor(name, QColor(color))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, blend(colors.text, colors.panel, 0.45))
    return palette


def blend(over: str, under: str, share: float) -> QColor:
    """Return the colour of `share` of one over the other."""
    a, b = QColor(over), QColor(under)
    channels = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return QColor(*(round(share * x + (1 - share) * y) for x, y in channels))


def _style_sheet(colors: Colors, theme: Theme) -> str:
    small = theme.font("small").pointSizeF()
    large = theme.font("large").pointSizeF()
    return f"""
    QMainWindow, QMainWindow::separator {{ background: {colors.ground}; }}
    QMainWindow::separator {{ width: 6px; height: 6px; }}
    QMainWindow > QTabBar {{ qproperty-elideMode: ElideNone; qproperty-usesScrollButtons: true; }}
    QMainWindow::separator:hover {{ background: {colors.accent}; }}
    QDockWidget {{ color: {colors.text}; font-weight: 600; }}
    QDockWidget::title {{ background: {colors.panel}; padding: 6px 8px 4px 8px; text-align: left; }}
    QDockWidget > QWidget {{ background: {colors.panel}; }}
    QToolBar {{ background: {colors.panel}; border: 0; border-bottom: 1px solid {colors.line};
        padding: 4px 8px; spacing: 4px; }}
    QToolBar QToolButton {{ padding: 4px 8px; border: 1px solid transparent; border-radius: 4px; }}
    QToolBar QToolButton:hover {{ background: {colors.field}; border-color: {colors.line}; }}
    QToolBar QToolButton:checked, QToolBar QToolButton:pressed {{
        background: {colors.accent}; color: {colors.on_accent}; }}
    QToolButton[segment="true"] {{ padding: 3px 9px; border: 1px solid {colors.line};
        border-radius: 0; background: {colors.field}; font-size: {small}pt; }}
    QToolButton[segment="true"]:checked {{
        background: {colors.accent}; color: {colors.on_accent}; border-color: {colors.accent}; }}
    QToolButton[segment="true"]:hover:!checked {{ color: {colors.accent}; }}
    QToolBar QToolButton:focus, QToolButton[segment="true"]:focus,
        QToolButton[close="true"]:focus, QToolButton[section="true"]:focus {{
        border: 1px solid {colors.accent}; }}
    QToolButton[segment="true"]:checked:focus {{ border-color: {colors.text}; }}
    QStatusBar {{ background: {colors.panel}; border-top: 1px solid {colors.line}; }}
    QStatusBar::item {{ border: 0; }}
    QLabel[role="muted"] {{ color: {colors.muted}; font-size: {small}pt; }}
    QLabel[role="figure"] {{ font-size: {small}pt; }}
    QLabel[role="warning"] {{ color: {colors.warning}; font-size: {small}pt; }}
    QLineEdit[flat="true"] {{ background: transparent; border: 1px solid transparent;
        border-radius: 4px; padding: 1px 3px; }}
    QLineEdit[flat="true"]:hover {{ border-color: {colors.line}; }}
    QLineEdit[flat="true"]:focus {{ background: {colors.field}; border-color: {colors.accent}; }}
    QLineEdit[role="title"] {{ font-weight: 600; }}
    QLineEdit[role="muted"] {{ color: {colors.muted}; font-size: {small}pt; }}
    QLabel[role="headline"] {{ font-size: {large}pt; }}
    QLabel[role="title"] {{ font-weight: 600; }}
    QToolButton[section="true"] {{ border: 1px solid transparent; padding: 3px 0;
        font-weight: 600; }}
    QToolButton[link="true"] {{ color: {colors.muted}; border: 0; padding: 2px 0;
        font-size: {small}pt; text-decoration: underline; }}
    QToolButton[link="true"]:hover, QToolButton[link="true"]:focus {{ color: {colors.accent}; }}
    QToolButton[entry="true"] {{ border: 1px solid transparent; border-radius: 4px;
        padding: 0; min-width: 22px; color: {colors.muted}; }}
    QToolButton[entry="true"]:hover, QToolButton[entry="true"]:focus {{
        border-color: {colors.accent}; color: {colors.accent}; }}
    QRadioButton::indicator {{ width: 11px; height: 11px; border: 1px solid {colors.muted};
        border-radius: 6px; background: {colors.field}; }}
    QRadioButton::indicator:hover, QRadioButton::indicator:focus {{
        border-color: {colors.accent}; }}
    QRadioButton::indicator:checked {{ background: {colors.accent};
        border-color: {colors.accent}; }}
    QProgressBar {{ background: {colors.line}; border: 0; border-radius: 1px; }}
    QProgressBar::chunk {{ background: {colors.accent}; border-radius: 1px; }}
    QTextBrowser {{ background: transparent; border: 0; }}
    QPushButton[small="true"] {{ padding: 3px 10px; border: 1px solid {colors.line};
        border-radius: 4px; background: {colors.field}; font-size: {small}pt; }}
    QPushButton[small="true"]:hover, QPushButton[small="true"]:focus {{
        border-color: {colors.accent}; color: {colors.accent}; }}
    QPushButton[small="true"]:pressed {{ background: {colors.accent}; color: {colors.on_accent}; }}
    QToolButton[close="true"] {{ color: {colors.muted}; border: 1px solid transparent;
        padding: 0 3px; }}
    QToolButton[close="true"]:hover {{ color: {colors.text}; }}
    QFrame[floating="true"] {{ background: {colors.field}; border: 1px solid {colors.line};
        border-radius: 6px; }}
    QScrollBar {{ background: {colors.panel}; border: 0; width: 8px; height: 8px; }}
    QScrollBar::handle {{ background: {colors.line}; border-radius: 4px; min-height: 24px;
        min-width: 24px; }}
    QScrollBar::handle:hover {{ background: {colors.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: {colors.panel}; border: 0; }}
    QToolTip {{ color: {colors.text}; background: {colors.field};
        border: 1px solid {colors.line}; padding: 4px; }}
    """
