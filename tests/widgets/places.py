"""Where the panels of a window are, once they no longer move."""

from PySide6.QtCore import QRect
from pytestqt.qtbot import QtBot

from widgets.main_window import MainWindow


def places_of(window: MainWindow) -> dict[str, QRect | None]:
    """Where every panel is that can be seen."""
    docks = window.docks.items()
    return {
        name: None if dock.visibleRegion().isEmpty() else dock.geometry() for name, dock in docks
    }


def settled_places(window: MainWindow, qtbot: QtBot) -> dict[str, QRect | None]:
    """Where every panel is once they no longer move."""
    seen: list[dict[str, QRect | None]] = []

    def stand_still() -> bool:
        seen.append(places_of(window))
        return len(seen) > 10 and all(places == seen[-1] for places in seen[-10:])

    qtbot.waitUntil(stand_still)
    return seen[-1]
