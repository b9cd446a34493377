"""Colours in a light and a dark version of the same relations.

Colour means the same thing everywhere: layers run through viridis from input to output, two classes
are Okabe-Ito blue and orange, and the accent marks what is live or pressed.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from PySide6.QtGui import QColor

from core.arrays import Array
from lab.thumbnail import viridis

READABLE, VISIBLE = 4.5, 3.0  # contrast of words, and of lines, as guidelines ask for
INK_SHARES = np.linspace(0, 1, 21).tolist()


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


def blend(over: str, under: str, share: float) -> QColor:
    """Return the colour of `share` of one over the other."""
    a, b = QColor(over), QColor(under)
    channels = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return QColor(*(round(share * x + (1 - share) * y) for x, y in channels))


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
