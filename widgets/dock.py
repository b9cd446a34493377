"""A panel's dock: it makes its widget when it is first seen, and finds room for a tool.

It knows its window, and no other panel than the network, on which some tools draw.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDockWidget, QWidget

from widgets.plots.frame import PictureFrame
from widgets.watched import Watched

if TYPE_CHECKING:
    from widgets.main_window import MainWindow

TOP = Qt.DockWidgetArea.TopDockWidgetArea
TOOL_SHARE = 0.42  # of the window's height, which a tool takes when it is opened


@dataclass(frozen=True)
class Panel:
    """A dock: its name (which files of layouts use), title, place and how its widget is made.

    `behind` names the panel behind which it lies as a tab; `low_behind` the one in a low window.
    One that is not there `at_first` is opened from a menu or by a lesson. What `draws_on_network`
    keeps the network in sight.
    """

    name: str
    title: str
    area: Qt.DockWidgetArea
    make: Callable[["MainWindow"], QWidget]
    behind: str = ""
    low_behind: str = ""
    at_first: bool = True
    draws_on_network: bool = False

    def front(self, *, low: bool) -> str:
        """Return the name of the panel that stands before it, or nothing."""
        return (low and self.low_behind) or self.behind


class Dock(QDockWidget):
    """A dock whose widget is made when it is first seen; `made` then hands it over."""

    made = Signal(QWidget)

    def __init__(self, panel: Panel, window: "MainWindow") -> None:
        super().__init__(window.tr(panel.title), window)
        self.setObjectName(panel.name)
        self.panel = panel
        self._window = window
        # How the tabs were before it brought the network into sight: their order, the front one.
        self._before: tuple[list[QDockWidget], QDockWidget | None] | None = None
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

    def come(self) -> None:
        """Come to the front."""
        opened = self.isHidden()
        docks = self._window.docks.values()
        seen = [dock for dock in docks if not dock.visibleRegion().isEmpty()]
        self.show()
        if opened and not self.panel.at_first:
            self._make_room(seen)
        self.raise_()

    def _make_room(self, seen: "list[Dock]") -> None:
        """Take the height that a tool needs, with the network in sight if it draws on that.

        `seen` are the panels that could be seen before it came.
        """
        window, network = self._window, self._window.docks["network"]
        self._before = None  # of the last time, if the panels were put elsewhere since
        if self.isFloating():
            return
        beside = window.tabifiedDockWidgets(self)
        if self.panel.draws_on_network and network in beside:
            self._before = beside, next((dock for dock in seen if dock in beside), None)
            window.addDockWidget(TOP, network)
            network.show()
        wanted = round(TOOL_SHARE * window.height())
        beside = [dock for dock in window.tabifiedDockWidgets(self) if dock.isVisible()]
        if max((dock.height() for dock in beside), default=0) < wanted:
            window.resizeDocks([self], [wanted], Qt.Orientation.Vertical)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.isAncestorOf(self._window.focusWidget() or self._window):
            self._window.setFocus()  # not the next control, which would take keys such as Right
        super().closeEvent(event)
        self._put_back()

    def _put_back(self) -> None:
        """Put the network back among the tabs, where it was, unless a person has moved it."""
        if self._before is None:
            return
        before, self._before = self._before, None
        heir = self._heir()
        if heir is not None:
            heir._before = before
            return
        (order, front), window = before, self._window
        network = window.docks["network"]
        stayed = [dock for dock in order if dock in window.tabifiedDockWidgets(self)]
        if network.isFloating() or network.isHidden() or not stayed:
            return
        window.tabifyDockWidget(stayed[0], network)
        after = [dock for dock in order[order.index(network) + 1 :] if dock in stayed]
        for dock in (*after, *self._closed_tools()):  # each goes to the end
            window.tabifyDockWidget(network, dock)
        if front is not None:
            front.raise_()

    def _closed_tools(self) -> "list[Dock]":
        """The tools that would come back into the same place, behind all other tabs."""
        docks = [dock for dock in self._window.docks.values() if not dock.panel.at_first]
        return [dock for dock in docks if dock.isHidden() and dock._area == self._area]

    @property
    def _area(self) -> Qt.DockWidgetArea:
        return self._window.dockWidgetArea(self)

    def _heir(self) -> "Dock | None":
        """Another tool that wants the network in sight, and puts it back when it is closed."""
        docks = (dock for dock in self._window.docks.values() if dock is not self)
        wanting = (dock for dock in docks if dock.isVisible() and dock.panel.draws_on_network)
        return next(wanting, None)

    def _on_view_triggered(self, wanted: bool) -> None:
        if wanted:  # not to come back behind another tab
            self.hide()
            self.come()

    def _on_visibility_changed(self, visible: bool) -> None:
        if visible:
            self.make()
        panel = self.widget()
        if isinstance(panel, Watched):
            panel.set_in_front(visible)
