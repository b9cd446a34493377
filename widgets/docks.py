"""The panels around the gradients: which there are, where they stand, and when they are made.

A panel that stands behind another one is made when it is first looked at, so that the window is up
soon. Adding a panel is one entry in `PANELS`.
"""

from operator import attrgetter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTabBar, QWidget

from lab.presets import presets
from widgets.dock import TOP, Panel

if TYPE_CHECKING:
    from widgets.main_window import MainWindow

Area = Qt.DockWidgetArea
LEFT, RIGHT, BOTTOM = Area.LeftDockWidgetArea, Area.RightDockWidgetArea, Area.BottomDockWidgetArea

LOW_WINDOW = 800
# Of the window's height.
SHARES = {"network": 0.225, "loss": 0.31, "data": 0.32, "verdict": 0.33, "lesson": 0.25}
LOW_SHARES = {"loss": 0.42, "data": 0.38, "verdict": 0.5}


def _runs(window: "MainWindow") -> QWidget:
    from widgets.runs_panel import RunsPanel

    return RunsPanel(window.session, window.runs, window.trials, window.theme)


def _distributions(window: "MainWindow") -> QWidget:
    from widgets.plots.distributions import DistributionPicture

    return DistributionPicture(window.theme, window.focus)


def _health(window: "MainWindow") -> QWidget:
    from widgets.plots.health_table import HealthTable

    table, verdict = HealthTable(window.theme, window.focus), window.verdict
    table.set_rule(verdict.rule)
    verdict.rule_changed.connect(lambda: table.set_rule(verdict.rule))
    return table


def _nudge(window: "MainWindow") -> QWidget:
    from widgets.tools.nudge import NudgeTool

    tool = NudgeTool(window.theme, window.focus)
    tool.parameter_wanted.connect(window.changes.set_parameter)
    return tool


def _path(window: "MainWindow") -> QWidget:
    from widgets.tools.path import PathTool

    return PathTool(window.theme, window.focus)


def _check(window: "MainWindow") -> QWidget:
    from widgets.tools.check_panel import CheckPanel

    return CheckPanel(window.theme, window.focus, window.session.errands)


def _surface(window: "MainWindow") -> QWidget:
    from widgets.tools.surface_panel import SurfacePanel

    return SurfacePanel(window.theme, window.focus, window.session.errands)


def _myths(window: "MainWindow") -> QWidget:
    from widgets.tools.myths import MythsPanel

    panel = MythsPanel(window.theme, window.focus, window.session.errands)
    panel.network_wanted.connect(lambda: window.open_preset(presets()["myths"]))
    return panel


def _steps(window: "MainWindow") -> QWidget:
    from widgets.tools.steps import StepsTool

    tool = StepsTool(window.theme, window.focus)
    tool.pause_wanted.connect(window.session.pause)
    tool.step_wanted.connect(window.session.take_step)
    tool.step_wanted.connect(window.look_soon)
    tool.play_wanted.connect(window.session.play)
    return tool


PANELS = (
    Panel("build", "Build", LEFT, attrgetter("build")),
    Panel("network", "Network", TOP, attrgetter("network"), low_behind="loss"),
    Panel("loss", "Loss", BOTTOM, attrgetter("loss")),
    Panel("distributions", "Distributions", BOTTOM, _distributions, behind="loss"),
    Panel("health", "Health", BOTTOM, _health, behind="loss"),
    Panel("steps", "Steps", BOTTOM, _steps, behind="loss", at_first=False, draws_on_network=True),
    Panel("nudge", "Nudge", BOTTOM, _nudge, behind="loss", at_first=False),
    Panel("path", "Path", BOTTOM, _path, behind="loss", at_first=False, draws_on_network=True),
    Panel("surface", "Surface", BOTTOM, _surface, behind="loss", at_first=False),
    Panel("check", "Check", BOTTOM, _check, behind="loss", at_first=False),
    Panel("myths", "Myths", BOTTOM, _myths, behind="loss", at_first=False),
    Panel("data", "Data", RIGHT, attrgetter("data")),
    Panel("verdict", "Verdict", RIGHT, attrgetter("verdict")),
    Panel("lesson", "Lesson", RIGHT, attrgetter("lesson_panel"), low_behind="verdict"),
    Panel("runs", "Runs", RIGHT, _runs, behind="lesson"),
)


def place_docks(window: "MainWindow") -> None:
    """Put every panel where it is at first; in a low window more of them share a place."""
    window.setCorner(Qt.Corner.TopLeftCorner, LEFT)
    window.setCorner(Qt.Corner.TopRightCorner, RIGHT)
    window.setCorner(Qt.Corner.BottomLeftCorner, LEFT)
    window.setCorner(Qt.Corner.BottomRightCorner, RIGHT)
    docks, width, height = window.docks, window.width(), window.height()
    low = height < LOW_WINDOW
    fronts = {panel.name: panel.front(low=low) for panel in PANELS}
    areas = {panel.name: panel.area for panel in PANELS}
    for name, front in fronts.items():
        window.addDockWidget(areas[front or name], docks[name])
        docks[name].show()
    for name, front in fronts.items():
        if front:
            window.tabifyDockWidget(docks[front], docks[name])
    for name, front in fronts.items():
        if not front:
            docks[name].raise_()
    for panel in PANELS:
        docks[panel.name].setVisible(panel.at_first)
    side = round(min(330, max(236, 0.225 * width)))
    horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
    window.resizeDocks([docks["build"], docks["data"]], [side, side], horizontal)
    shares = LOW_SHARES if low else SHARES
    heights = [round(share * height) for share in shares.values()]
    window.resizeDocks([docks[name] for name in shares], heights, vertical)
    # Qt leaves bars of tabs behind that it used on the way here; those in use it shows again.
    for bar in window.findChildren(QTabBar):
        bar.hide()


def widen_for_tabs(window: "MainWindow") -> None:
    """Give panels that share a place the width in which the names of all can be read."""
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        name = bar.tabText(bar.currentIndex())
        front = [dock for dock in window.docks.values() if dock.windowTitle() == name]
        wanted = bar.sizeHint().width()
        if bar.isVisible() and front and front[0].width() < wanted:
            window.resizeDocks(front, [wanted], Qt.Orientation.Horizontal)
