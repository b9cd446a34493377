"""The panels around the gradients: which there are, where they stand, and when they are made.

A panel that stands behind another one is made when it is first looked at, so that the window is up
soon. Adding a panel is one entry in `PANELS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDockWidget, QWidget

from widgets.plots.frame import PictureFrame

if TYPE_CHECKING:
    from widgets.main_window import MainWindow

Area = Qt.DockWidgetArea
LEFT, RIGHT, BOTTOM = Area.LeftDockWidgetArea, Area.RightDockWidgetArea, Area.BottomDockWidgetArea
TOP = Area.TopDockWidgetArea


@dataclass(frozen=True)
class Panel:
    """A dock: its name (which files of layouts use), title, place and how its widget is made.

    `behind` names the panel on top of which it lies as a tab.
    """

    name: str
    title: str
    area: Area
    make: Callable[["MainWindow"], QWidget]
    behind: str = ""


def _distributions(window: "MainWindow") -> QWidget:
    from widgets.plots.distributions import DistributionPicture

    return DistributionPicture(window.theme, window.focus)


def _health(window: "MainWindow") -> QWidget:
    from widgets.plots.health_table import HealthTable

    return HealthTable(window.theme, window.focus)


PANELS = (
    Panel("build", "Build", LEFT, attrgetter("build")),
    Panel("network", "Network", TOP, attrgetter("network")),
    Panel("loss", "Loss", BOTTOM, attrgetter("loss")),
    Panel("distributions", "Distributions", BOTTOM, _distributions, behind="loss"),
    Panel("health", "Health", BOTTOM, _health, behind="loss"),
    Panel("data", "Data", RIGHT, attrgetter("data")),
    Panel("verdict", "Verdict", RIGHT, attrgetter("verdict")),
    Panel("lesson", "Lesson", RIGHT, attrgetter("lesson_panel")),
)


class Dock(QDockWidget):
    """A dock whose widget is made when it is first seen; `made` then hands it over."""

    made = Signal(QWidget)

    def __init__(self, panel: Panel, window: "MainWindow") -> None:
        super().__init__(window.tr(panel.title), window)
        self.setObjectName(panel.name)
        self.panel = panel
        self._window = window
        self.visibilityChanged.connect(self._on_visibility_changed)
        self.toggleViewAction().triggered.connect(self._on_view_triggered)
        if not panel.behind:
            self.make()

    def make(self) -> None:
        """Make the widget, unless it has been made."""
        if self.widget() is not None:
            return
        widget = self.panel.make(self._window)
        if isinstance(widget, PictureFrame):
            widget.become_dock(self)
        else:
            self.setWidget(widget)
        self.made.emit(widget)

    def _on_view_triggered(self, wanted: bool) -> None:
        if wanted:  # not to come back behind another tab
            self.raise_()

    def _on_visibility_changed(self, visible: bool) -> None:
        if visible:
            self.make()
        picture = self.widget()
        if isinstance(picture, PictureFrame):
            picture.in_front = visible


def place_docks(window: "MainWindow") -> None:
    """Put every panel where it is at first."""
    window.setCorner(Qt.Corner.TopLeftCorner, LEFT)
    window.setCorner(Qt.Corner.TopRightCorner, RIGHT)
    window.setCorner(Qt.Corner.BottomLeftCorner, LEFT)
    window.setCorner(Qt.Corner.BottomRightCorner, RIGHT)
    docks = window.docks
    for panel in PANELS:
        window.addDockWidget(panel.area, docks[panel.name])
        docks[panel.name].show()
    for panel in PANELS:
        if panel.behind:
            window.tabifyDockWidget(docks[panel.behind], docks[panel.name])
            docks[panel.behind].raise_()
    width, height = window.width(), window.height()
    side = round(min(330, max(236, 0.225 * width)))
    horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
    window.resizeDocks([docks["build"], docks["data"]], [side, side], horizontal)
    heights = [round(0.225 * height), round(0.31 * height)]
    window.resizeDocks([docks["network"], docks["loss"]], heights, vertical)
    right = [docks["data"], docks["verdict"], docks["lesson"]]
    window.resizeDocks(right, [side + 20, round(0.26 * height), round(0.2 * height)], vertical)
