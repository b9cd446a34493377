"""A magnitude against the layer at one moment: a vanishing gradient is a slope in it.

Over the measurement lie what theory predicts, the spread over several networks, and the ghosts of
pinned runs. What is shown comes as one record; the picture looks up nothing by itself.
"""

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPen
from PySide6.QtWidgets import QToolTip

from core.arrays import Array
from lab.fading import factor_of
from lab.theory_lines import TheoryLine
from lab.words import number
from widgets.colors import blend
from widgets.plots.axes import Plot
from widgets.plots.canvas import Polylines
from widgets.plots.dots import Dots
from widgets.plots.frame import Table
from widgets.plots.ghosts import Ghost, Ghosts
from widgets.plots.legend import Entry, Legend
from widgets.plots.level import Level
from widgets.plots.shown import Shown
from widgets.plots.spread import Spread
from widgets.theme import Theme

SHARE_RANGE = (0.0, 1.0)
LAYERS_APART_PX = 36
PER_DECADE = 2  # places where the log axis may end
RANK_NAMES = ("minimum", "first_quartile", "median", "third_quartile", "maximum")
TITLE = "layer (input → output)"


@dataclass(frozen=True, eq=False)
class PinnedProfile:
    """A pinned run's values (layers,) at the same moment, or at its end if that came before."""

    words: tuple[str, str]
    color: QColor
    values: Array


@dataclass(frozen=True, eq=False)
class Profile:
    """All that the picture shows: values (layers,) and, of several networks, ranks (5, layers).

    `moment` names the moment when it is not now; `layer`, counted from 0, is the one in focus.
    """

    shown: Shown
    values: Array
    ranks: Array | None = None
    theory: TheoryLine | None = None
    pins: tuple[PinnedProfile, ...] = ()
    moment: str = ""
    layer: int | None = None
    networks: str = "1"

    @property
    def factor(self) -> float:
        """A gradient's measured factor per layer toward the input, or NaN."""
        is_signal = self.shown.quantity.name.startswith("signal_gradient")
        with np.errstate(over="ignore"):
            return factor_of(self.values) if is_signal else math.nan

    def table(self) -> Table:
        """Return the numbers: a row per layer."""
        count = len(self.values)
        columns: dict[str, Array] = {self.shown.quantity.name: self.values}
        if self.theory is not None and self.theory.values is not None:
            columns["theory"] = self.theory.values
        if self.ranks is not None:
            columns |= dict(zip(RANK_NAMES, self.ranks, strict=True))
        columns |= {" ".join(pin.words): pin.values for pin in self.pins}
        longest = max([count, *map(len, columns.values())])
        filled = [
            np.append(values, np.full(longest - len(values), np.nan)) for values in columns.values()
        ]
        rows = np.column_stack([np.arange(1, longest + 1), *filled])
        return Table(["layer", *columns], rows.tolist())


class GradientProfile(Plot):
    """Dots per layer, and over them theory, spread and ghosts."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, TITLE, "")
        self.dots, self.spread, self.theory = Dots(), Spread(), Polylines()
        self.ghosts, self.legend, self.level = Ghosts(names_right=False), Legend(), Level()
        self.draw(self.spread, self.ghosts, self.theory, self.dots, self.legend, self.level)
        self.canvas.items.append(self.ghosts.names)
        self.x_axis.whole, self.x_axis.apart_px = True, LAYERS_APART_PX
        self.profile: Profile | None = None
        self.read = self._describe
        self.viewport().installEventFilter(self)
        self.setAccessibleName(self.tr("Magnitude against layer"))
        self.apply_theme()

    @property
    def values(self) -> Array:
        """The values (layers,) that are drawn."""
        return np.empty(0) if self.profile is None else self.profile.values

    def show_profile(self, profile: Profile) -> None:
        """Draw one moment."""
        before, shown = self.profile, profile.shown
        self.profile = profile
        if before is None or before.shown != shown:
            self.y_axis.logarithmic = shown.logarithmic
            self.set_labels(TITLE, shown.quantity.symbol)
            self.y_axis.redraw()
        if len(self.values) != len(self.dots.colors):
            self._color_dots()
        layers = np.arange(1, len(self.values) + 1)
        plotted = shown.plotted(self.values)
        self.dots.set_data(layers, plotted)
        self.dots.ringed = profile.layer
        ranks = None if profile.ranks is None else shown.plotted(profile.ranks)
        if ranks is not None:  # where all are zero, a mark says so
            ranks = np.where(np.isneginf(ranks).all(axis=0), np.nan, ranks)
        self.spread.set_data(layers, ranks)
        self._show_theory(profile)
        self.ghosts.set_ghosts([self._ghost(pin, shown) for pin in profile.pins])
        self._write(profile)
        ghosts = self.ghosts.ghosts
        x = np.concatenate([layers, *(ghost.x for ghost in ghosts)])
        y = np.concatenate([plotted, *(ghost.y for ghost in ghosts)])
        everything = y if ranks is None else np.concatenate([y, ranks.ravel()])
        longest = max(len(layers), *(len(ghost.x) for ghost in ghosts), 1)
        self.x_axis.set_bounds((1, longest))
        x_range = 0.5, max(2, longest) + 0.5
        self.follow(x_range, self._heights(shown, everything))
        view = self.view()
        self.legend.avoid(x, y, view.x_range, view.y_range)

    def apply_theme(self) -> None:
        super().apply_theme()
        colors = self.theme.colors
        self.dots.pen = QPen(QColor(colors.muted))
        self.dots.ring_pen = QPen(QColor(colors.text), 1.5)
        self.spread.fill = blend(colors.accent, colors.panel, 0.22)
        self.spread.pen = QPen(blend(colors.accent, colors.panel, 0.55))
        self.theory.pens = [QPen(QColor(colors.text), 1, Qt.PenStyle.DashLine)]
        self.level.apply_theme(self.theme)
        font, veil = self.theme.font("small"), self.theme.veil
        self.legend.font, self.legend.ground = font, veil
        self.legend.large_font = self.theme.font("large")
        self.ghosts.font, self.ghosts.ground = font, veil
        self._color_dots()
        if self.profile is not None:
            self._write(self.profile)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Explain the theory's line where the legend names it."""
        if isinstance(event, QHelpEvent) and self.profile is not None and self.profile.theory:
            at = event.pos() - self.canvas.pos()
            if self.legend.place.contains(at.toPointF()):
                QToolTip.showText(event.globalPos(), self.profile.theory.note, self.viewport())
                return True
        return bool(super().eventFilter(watched, event))

    def layer_at(self, x: float) -> int | None:
        """Return the layer, counted from 0, at a place of the axis."""
        return int(np.clip(round(x), 1, len(self.values))) - 1 if len(self.values) else None

    def _color_dots(self) -> None:
        count = len(self.values)
        self.dots.colors = [self.theme.colors.layer(index, count) for index in range(count)]

    def _show_theory(self, profile: Profile) -> None:
        line = None if profile.theory is None else profile.theory.values
        if line is None:
            self.theory.set_data(np.empty(0), np.empty((0, 0)))
        else:
            self.theory.set_data(np.arange(1, len(line) + 1), profile.shown.plotted(line)[None, :])

    def _ghost(self, pin: PinnedProfile, shown: Shown) -> Ghost:
        layers = np.arange(1, len(pin.values) + 1)
        return Ghost(layers, shown.plotted(pin.values), pin.color, words=pin.words)

    def _heights(self, shown: Shown, plotted: Array) -> tuple[float, float]:
        if not shown.logarithmic and not shown.quantity.logarithmic:
            return SHARE_RANGE
        low, high = self.level.widened(shown, shown.range_of(plotted))
        if shown.logarithmic:  # batches differ: an axis that moved with each could not be read
            low = math.floor(low * PER_DECADE) / PER_DECADE
            high = math.ceil(high * PER_DECADE) / PER_DECADE
        return low, high

    def _write(self, profile: Profile) -> None:
        """Say in the free corner what is drawn."""
        colors = self.theme.colors
        text, accent, muted = (QColor(name) for name in (colors.text, colors.accent, colors.muted))
        entries = []
        factor, theory = profile.factor, profile.theory
        if not math.isnan(factor):
            measured = self.tr("×{0} per layer").replace("{0}", number(factor))
            entries.append(Entry(measured, accent, large=True))
        if theory is not None:
            entries.append(self._theory_entry(theory, text, muted))
        if profile.ranks is not None:
            spread = self.tr("{0} networks: quartiles, range")
            pen = QPen(self.spread.fill, 8, c=Qt.PenCapStyle.FlatCap)
            entries.append(Entry(spread.replace("{0}", profile.networks), muted, pen))
        if profile.moment:
            entries.append(Entry(profile.moment, text))
        plotted = profile.shown.plotted(profile.values)
        odd = ((np.isneginf, "○ zero"), (np.isposinf, "△ infinite"), (np.isnan, "× no number"))
        marks = [self.tr(words) for is_odd, words in odd if is_odd(plotted).any()]
        if marks:
            entries.append(Entry(", ".join(marks), muted))
        self.legend.entries = entries

    def _theory_entry(self, theory: TheoryLine, text: QColor, muted: QColor) -> Entry:
        if theory.values is None:
            return Entry(self.tr("no theory for these weights"), muted)
        words = self.tr("theory at start")
        if theory.factor is not None:
            words += f" {'≈' if theory.rough else ''}×{number(theory.factor)}"
        return Entry(words, text, self.theory.pens[0])

    def _describe(self, x: float, _y: float) -> str:
        profile, index = self.profile, self.layer_at(x)
        if profile is None or index is None:
            return ""
        value = profile.values[index]
        parts = [f"layer {index + 1}: {number(value)}{self.level.meaning(value)}"]
        theory = None if profile.theory is None else profile.theory.values
        if theory is not None and index < len(theory):
            parts.append(f"theory {number(theory[index])}")
        if profile.ranks is not None:
            low, high = (number(profile.ranks[end, index]) for end in (0, 4))
            parts.append(f"networks {low} to {high}")
        return ", ".join(parts)
