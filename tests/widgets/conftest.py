"""A window of the real program for each test that wants one, with settings of its own."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lab.cli import WindowRequest
from lab.runfile import SUFFIX, write_run
from tests.lab.making import run_of, spec_of
from tests.widgets.side_by_side import STEPS, take_steps
from widgets import logs, pace
from widgets.application import make_window
from widgets.main_window import MainWindow

PATIENCE_MS = 60_000  # only a failure waits so long
FRAME_INTERVAL_MS = 8

WindowMaker = Callable[..., MainWindow]


class PatientBot(QtBot):
    """Waits as long as a busy machine may need."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE_MS) -> None:
        super().waitUntil(callback, timeout=timeout)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """The bot of every test here."""
    return PatientBot(request)


@pytest.fixture(autouse=True)
def nothing_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> Iterator[None]:
    """Keep logs in the test's folder, see every move of the mouse, leave no window behind."""
    monkeypatch.setattr(logs, "log_folder", lambda: tmp_path / "log")
    pg.setConfigOption("mouseRateLimit", -1)
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    left = [widget for widget in qapp.topLevelWidgets() if widget.isVisible()]
    for widget in left:
        widget.hide()
    assert not left, f"windows left open: {left}"


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    """Settings in a file of the test's own."""
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def make(
    qtbot: QtBot, qapp: QApplication, settings: QSettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WindowMaker]:
    """Make windows as the program does; all are closed with their threads in the end.

    Only their frames come faster, as tests mostly wait for the next one.
    """
    monkeypatch.setattr(pace, "FRAME_INTERVAL_MS", FRAME_INTERVAL_MS)
    made: list[MainWindow] = []

    def make_one(request: WindowRequest | None = None) -> MainWindow:
        window = make_window(qapp, request or WindowRequest(), settings)
        made.append(window)
        window.restore_layout()
        window.show()
        qtbot.waitUntil(lambda: window.session.frame is not None)
        return window

    yield make_one
    for window in made:
        if window.isVisible():
            window.leave()
            qtbot.waitUntil(partial(_is_gone, window))
        window.theme.setParent(None)
        window.theme.deleteLater()
        window.deleteLater()
        assert window.session.closed
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    # Style sheets are applied to every widget there is: what is left makes all later tests slow.
    left = [type(widget).__name__ for widget in qapp.allWidgets()] if made else []
    assert not left, f"widgets left behind: {left}"


@pytest.fixture
def window(make: WindowMaker) -> MainWindow:
    """The program's window as it opens, waiting at step 0."""
    return make()


@pytest.fixture
def waiting(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> MainWindow:
    """A window whose small run waits after some steps; its pins are written."""
    window.session.board.folder = tmp_path / "pins"
    window.session.load(spec_of({"network.depth": 4}))
    take_steps(window, qtbot, STEPS)
    return window


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    """A run of another depth in a file whose name is no HTML."""
    path = tmp_path / f"<img src=x> & co{SUFFIX}"
    write_run(path, run_of({"network.depth": 9}, steps=STEPS))
    return path


def _is_gone(window: MainWindow) -> bool:
    return not window.isVisible()
