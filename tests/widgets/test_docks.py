"""Where the panels are: every tab is there, and once."""

import pytest
from PySide6.QtWidgets import QTabBar
from pytestqt.qtbot import QtBot

from tests.widgets.places import settled_places
from tests.widgets.side_by_side import take_steps
from widgets.main_window import MainWindow


def tabs_of(bar: QTabBar) -> list[str]:
    """The names on a bar, from left to right."""
    return [bar.tabText(index) for index in range(bar.count())]


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


def test_what_lies_behind_another_panel_costs_nothing(window: MainWindow, qtbot: QtBot) -> None:
    for name in ("network", "verdict"):
        window.tabifyDockWidget(window.docks["loss"], window.docks[name])
    window.show_panel("loss")
    qtbot.waitUntil(lambda: window.loss.seen and not window.network.seen)
    qtbot.waitUntil(lambda: not window.verdict.seen)
    assert window.network.isVisible()
    assert window.network.wishes == ()
    before = window.verdict.headline.text()
    cured = {"network.activation": "relu", "network.initializer": "he_normal"}
    window.change_spec(window.session.spec.with_values(cured), "cured")
    take_steps(window, qtbot, 3)
    assert window.verdict.headline.text() == before
    window.show_panel("verdict")
    qtbot.waitUntil(lambda: window.verdict.headline.text() != before)
    window.show_panel("network")
    qtbot.waitUntil(lambda: len(window.network.wishes) == 1)


def test_an_opened_tool_gets_the_height_it_needs(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1440, 900)
    window.reset_layout()
    assert window.docks["loss"].height() < 0.3 * window.height()
    window.show_panel("steps")
    qtbot.waitUntil(lambda: window.docks["steps"].height() > 0.36 * window.height())


def test_a_tool_in_a_low_window_leaves_the_network_in_sight(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.resize(1024, 700)
    window.reset_layout()
    network, steps = window.docks["network"], window.docks["steps"]
    assert network in window.tabifiedDockWidgets(window.docks["loss"])
    window.show_panel("steps")
    for dock in (steps, network):
        qtbot.waitUntil(lambda dock=dock: not dock.visibleRegion().isEmpty())  # type: ignore[misc]
    steps.close()
    assert network in window.tabifiedDockWidgets(window.docks["loss"])


@pytest.mark.parametrize("front", ["health", "network"])
def test_tabs_are_as_before_when_a_tool_is_closed(
    window: MainWindow, qtbot: QtBot, front: str
) -> None:
    window.resize(1024, 700)
    window.reset_layout()
    window.show_panel(front)
    title = window.docks[front].windowTitle()

    def is_as_before() -> bool:
        bar = next(bar for bar in window.findChildren(QTabBar) if bar.tabText(0) == "Loss")
        return (tabs_of(bar), bar.tabText(bar.currentIndex())) == (before, title)

    before = ["Loss", "Network", "Distributions", "Health"]
    qtbot.waitUntil(is_as_before)
    window.show_panel("steps")
    qtbot.waitUntil(lambda: not window.docks["network"].visibleRegion().isEmpty())
    window.show_panel("path")
    window.docks["path"].close()
    window.docks["steps"].close()
    qtbot.waitUntil(is_as_before)
    window.show_panel("nudge")
    tabs = [*before, "Nudge"]
    bars = window.findChildren(QTabBar)
    qtbot.waitUntil(lambda: any(tabs_of(bar) == tabs for bar in bars))


def test_a_network_that_is_no_tab_any_more_stays_where_it_is(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.resize(1024, 700)
    window.reset_layout()
    window.show_panel("steps")
    window.resize(1440, 900)
    window.reset_layout()
    network, loss = window.docks["network"], window.docks["loss"]
    settled_places(window, qtbot)
    window.show_panel("steps")
    window.docks["steps"].close()
    settled_places(window, qtbot)
    assert network not in window.tabifiedDockWidgets(loss)


def test_no_name_of_a_tab_is_cut(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1024, 700)
    window.reset_layout()
    tools = [name for name, dock in window.docks.items() if not dock.panel.at_first]
    for name in tools:
        window.show_panel(name)

    settled_places(window, qtbot)
    for bar in (bar for bar in window.findChildren(QTabBar) if bar.isVisible()):
        assert bar.rect().contains(bar.tabRect(bar.currentIndex()))
        widths = [bar.tabRect(index).width() for index in range(bar.count())]
        assert sum(widths) >= bar.sizeHint().width()
