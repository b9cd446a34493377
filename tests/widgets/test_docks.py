"""Where the panels are: every tab is there, and once."""

from PySide6.QtWidgets import QTabBar
from pytestqt.qtbot import QtBot

from widgets.main_window import MainWindow


def test_every_tab_is_there_once(window: MainWindow, qtbot: QtBot) -> None:
    def tabs() -> list[str]:
        bars = [bar for bar in window.findChildren(QTabBar) if bar.isVisible()]
        return sorted(bar.tabText(index) for bar in bars for index in range(bar.count()))

    expected = sorted(
        dock.windowTitle() for dock in window.docks.values() if window.tabifiedDockWidgets(dock)
    )
    assert "Runs" in expected
    for name in ("runs", "lesson"):
        window.show_panel(name)
        qtbot.waitUntil(lambda name=name: not window.docks[name].visibleRegion().isEmpty())  # type: ignore[misc]
        qtbot.waitUntil(lambda: tabs() == expected)
    window.reset_layout()
    qtbot.waitUntil(lambda: tabs() == expected)
