"""Builds the application: Qt, theme, session, window; or, without a screen, a picture of it."""

import gc
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from lab.presets import OPENING, presets
from lab.runfile import SUFFIX
from lab.session import Session
from widgets import logs
from widgets.main_window import MainWindow
from widgets.theme import CHOICES, Theme

if TYPE_CHECKING:
    from lab.cli import WindowRequest

DEFAULT_SIZE = (1440, 900)
SMALLEST_SIZE = (900, 600)


def display_is_missing() -> bool:
    """Whether Qt would abort because there is no screen to draw on."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return False
    return not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def make_window(
    application: QApplication, request: "WindowRequest", settings: QSettings
) -> MainWindow:
    """Make the window as the request wants it, not yet shown."""
    stored = str(settings.value("theme", "system"))
    choices = (one for one in CHOICES if one == (request.theme or stored))
    theme = Theme(application, next(choices, "system"))
    theme.set_zoom(_whole(settings.value("zoom", 0)))
    preset = presets()[request.preset or OPENING]
    session = Session(preset.spec)
    with theme.dressing_later():
        window = MainWindow(session, theme, settings)
    window.setMinimumSize(*SMALLEST_SIZE)
    window.resize(*(request.size or DEFAULT_SIZE))
    window.show_preset(preset)
    return window


def open_window(request: "WindowRequest") -> int:
    """Show the window until it is closed; with a screenshot wanted, take it and leave.

    Returns the exit code.
    """
    if request.screenshot is not None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = QApplication(sys.argv[:1])
    application.setApplicationName("backprop-lab")
    application.setApplicationDisplayName("Backprop Lab")
    application.setOrganizationName("backprop-lab")
    logs.install()
    if request.screenshot is not None:
        return take_screenshot(application, request, request.screenshot)
    window = make_window(application, request, QSettings())
    window.files.kept_path = logs.log_folder() / f"last run{SUFFIX}"
    window.session.board.folder = logs.log_folder() / "pins"
    try:
        return _run(application, window, request.file)
    finally:
        window.session.close()  # its thread would keep the process alive


def _run(application: QApplication, window: MainWindow, file: Path | None) -> int:
    window.restore_layout()
    window.show()
    if file is not None:
        window.files.open(file)
    window.runs.restore()
    freeze_garbage_collection()
    # The window's timer runs Python often enough for a signal to be noticed.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda _number, _frame: window.leave())
    return application.exec()


def take_screenshot(application: QApplication, request: "WindowRequest", target: Path) -> int:
    """Train for a while in the real window and write its picture."""
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(f"{folder}/none.ini", QSettings.Format.IniFormat)
        window = make_window(application, request, settings)
        try:
            return _picture_of(window, application, request, target)
        finally:
            window.session.close()


def _picture_of(
    window: MainWindow, application: QApplication, request: "WindowRequest", target: Path
) -> int:
    window.restore_layout()
    window.show()
    said = [f"{target} cannot be written."]

    def write() -> None:
        if window.grab().save(str(target), "PNG"):
            said.clear()
        window.leave()

    def train(_opened: Path | None = None) -> None:
        window.session.play()
        QTimer.singleShot(round(1000 * request.after), write)

    def refuse(_file: Path, reason: str) -> None:
        said[:] = [reason]
        window.leave()

    if request.file is None:
        train()
    else:
        window.session.opened.connect(train)
        window.session.open_failed.disconnect(window.files.tell_not_opened)  # nobody would see it
        window.session.open_failed.connect(refuse)
        window.session.open(request.file)
    application.exec()
    sys.stderr.writelines(f"{sentence}\n" for sentence in said)
    return len(said)


def freeze_garbage_collection() -> None:
    """Collect only from the window's timer: elsewhere a Qt object might die in another thread."""
    gc.collect()
    gc.freeze()
    gc.disable()


def _whole(stored: object) -> int:
    """Read a whole number from the settings, which anybody may have edited."""
    text = str(stored)
    return int(text) if text.lstrip("-").isdecimal() else 0
