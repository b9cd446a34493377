"""The window: panels around the gradients, one session behind them, one timer that draws.

It connects; it computes nothing. Controls push changes of the spec on the undo stack, the session
makes them and says so, panels show what the session says.
"""

import gc
from collections.abc import Callable

from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QResizeEvent,
    QUndoStack,
)
from PySide6.QtWidgets import QAbstractButton, QMainWindow

from lab.frames import Frame
from lab.presets import Preset
from lab.run import Phase
from lab.session import Session
from lab.spec import Spec
from widgets import logs, pace
from widgets.changes import Changes
from widgets.controls.build_panel import BuildPanel
from widgets.dock import Dock
from widgets.docks import PANELS, place_docks, widen_for_tabs
from widgets.files import FileActions
from widgets.focus import Focus
from widgets.handouts import Handouts
from widgets.lesson_panel import LessonPanel
from widgets.lessons import Lessons
from widgets.menus import build_menus
from widgets.pace import Seldom
from widgets.pictures import Pictures
from widgets.plots.data_picture import DataPicture
from widgets.plots.gradient_panel import GradientPanel
from widgets.plots.loss_plot import LossPlot
from widgets.plots.network_picture import NetworkPicture
from widgets.presenter import Presenter
from widgets.run_actions import RunActions
from widgets.status_bar import StatusBar
from widgets.theme import Theme
from widgets.transport import Transport
from widgets.trials import Trials
from widgets.undo import SpecChange
from widgets.verdict_panel import VerdictPanel

SOON_MS = 12
STATUS_FRAMES = 4
VERDICT_FRAMES = 8
COLLECT_INTERVAL_MS = 10_000
KEEP_INTERVAL_MS = 60_000
LAYOUT_VERSION = 2
LOWEST_GRADIENTS = 190  # when the window shrinks, the panels around give way first
NARROWEST_PICTURE = 200


class MainWindow(QMainWindow):
    """One experiment on the screen. `settings` keeps the layout between starts."""

    def __init__(self, session: Session, theme: Theme, settings: QSettings) -> None:
        super().__init__()
        self.session = session
        self.theme = theme
        self.settings = settings
        self.undo_stack = QUndoStack(self)
        self.focus = Focus()
        self._status_pace, self._verdict_pace = Seldom(STATUS_FRAMES), Seldom(VERDICT_FRAMES)
        self._closing = False
        self.setObjectName("main_window")
        self.setAcceptDrops(True)
        self.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
        )
        self.transport = Transport(session, theme, self.focus)
        self.addToolBar(self.transport)
        self.gradients = GradientPanel(theme, self.focus)
        self.loss = LossPlot(theme, self.focus)
        self.data = DataPicture(theme, self.focus)
        self.network = NetworkPicture(theme, self.focus)
        self.verdict = VerdictPanel(theme, settings)
        self.lesson_panel = LessonPanel()
        self.build = BuildPanel()
        self.status = StatusBar()
        self.setStatusBar(self.status)
        self.setCentralWidget(self.gradients)
        self.gradients.setMinimumHeight(LOWEST_GRADIENTS)
        self.data.setMinimumWidth(NARROWEST_PICTURE)
        self.docks = {panel.name: Dock(panel, self) for panel in PANELS}
        self.files = FileActions(self)
        self.runs = RunActions(self)
        self.trials = Trials(self)
        self.presenter = Presenter(self, LAYOUT_VERSION)
        self.handouts = Handouts(self)
        self.lessons = Lessons(self, self.lesson_panel)
        self.changes = Changes(self)
        build_menus(self)
        self._connect()
        self.pictures = Pictures(self)
        session.wished = lambda: (*self.pictures.wishes, *self.lessons.wishes)
        self.build.set_spec(session.spec)
        self.update_title()
        self.setFocus()  # not the first control, which would take keys such as Right
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_tick)
        self._timer.start(pace.FRAME_INTERVAL_MS)
        self._collector = QTimer(self)
        self._collector.timeout.connect(self._on_collect)
        self._collector.start(COLLECT_INTERVAL_MS)
        self._keeper = QTimer(self)
        self._keeper.timeout.connect(self.files.keep_copy)
        self._keeper.start(KEEP_INTERVAL_MS)

    # -- what menus and controls ask for

    def change_spec(self, spec: Spec, text: str, gesture: tuple[str, int] | None = None) -> None:
        """Change the experiment; several changes of one gesture are one step to take back."""
        if spec != self.session.spec and self.handouts.allow(spec):
            change = SpecChange(self.session.set_spec, self.session.spec, spec, text, gesture)
            self.undo_stack.push(change)

    def look_soon(self) -> None:
        """See what has happened before the next frame is due: somebody waits for one step."""
        QTimer.singleShot(SOON_MS, self, self._on_tick)

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front."""
        self.docks[name].come()

    def open_preset(self, preset: Preset) -> None:
        """Put a prepared experiment on the bench and show its words."""
        self.set_up(preset.spec, preset.title, lambda: self.show_preset(preset))

    def set_up(self, spec: Spec, title: str, then: Callable[[], object]) -> None:
        """Put an experiment on the bench, as a step that can be taken back.

        A file's run with unsaved steps is asked about first; `then` follows if it is done.
        """
        self.files.guard_run(lambda: self._begin_set_up(spec, title, then))

    def _begin_set_up(self, spec: Spec, title: str, then: Callable[[], object]) -> None:
        session = self.session
        handout = session.handout

        def load(chosen: Spec) -> None:  # back to a hand-out is back to its locks and words, too
            session.set_handout(None if chosen == spec else handout)
            session.load(chosen)
            if chosen == spec:
                then()

        if spec == session.spec:
            load(spec)
        else:
            text = self.tr("experiment “{0}”").replace("{0}", title)
            self.undo_stack.push(SpecChange(load, session.spec, spec, text))
        self.files.forget_path()

    def show_preset(self, preset: Preset) -> None:
        """Show a prepared experiment's words in place of a lesson's."""
        self.show_words(preset.title, preset.text)

    def show_words(self, title: str, text: str) -> None:
        """Show the words of what is on the bench in place of a lesson's."""
        self.lesson_panel.contents.show_preset(title, text)
        self.lessons.leave()

    def new_seed(self) -> None:
        """Start again from other weights, as a step that can be taken back."""
        self.change_spec(self.session.new_seed(), self.tr("new seed"))

    def reset_layout(self) -> None:
        """Put every panel where it was at first."""
        for dock in self.docks.values():
            dock.setFloating(False)
        place_docks(self)

    def update_title(self) -> None:
        """Name the file; the star says that there are steps no file holds."""
        name = self.files.path.name if self.files.path else self.tr("untitled")
        parts = [f"{name}[*]", self.handouts.title, "Backprop Lab"]
        self.setWindowTitle(" – ".join(part for part in parts if part))
        self.setWindowModified(self.session.changed_since_saving)

    # -- Qt's side

    def restore_layout(self) -> None:
        """Take over the layout of the last time, if it is of this version and fits the screen."""
        geometry, state = self.settings.value("geometry"), self.settings.value("state")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if not (isinstance(state, QByteArray) and self.restoreState(state, LAYOUT_VERSION)):
            place_docks(self)
        self._fit_tabs()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.files.dropped_path(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = self.files.dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.files.open(path)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return presses the button in focus, as Space is the window's.

        Escape leaves a control, and with none in focus the presenter's view.
        """
        focused, keys = self.focusWidget(), Qt.Key
        if event.key() in (keys.Key_Return, keys.Key_Enter) and isinstance(
            focused, QAbstractButton
        ):
            focused.click()
        elif event.key() == keys.Key_Escape:
            if focused in (None, self):
                self.presenter.set_on(False)
            self.setFocus()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.status.set_narrow(self.width() < 1200)

    def leave(self) -> None:
        """Close without asking and without keeping the layout."""
        self._closing = True
        self.session.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask before losing work; leave when the training thread has ended, painting until then."""
        if self.session.closed:
            self._timer.stop()
            self._collector.stop()
            self._keeper.stop()
            event.accept()
            return
        event.ignore()
        if not self._closing:
            self.files.guard_run(self._end)

    def _end(self) -> None:
        self._closing = True
        self.files.keep_copy()
        geometry, state = self.presenter.usual_layout
        self.settings.setValue("geometry", geometry)
        self.settings.setValue("state", state)
        self.settings.setValue("theme", self.theme.choice)
        self.settings.setValue("zoom", self.theme.zoom)
        self.session.close()
        self.status.show_message(self.tr("Ending the training thread …"))

    # -- building

    def _connect(self) -> None:
        session = self.session
        self.theme.changed.connect(self._fit_tabs)
        self.focus.changed.connect(self._show_verdict)
        self.build.refused.connect(self.status.show_message)
        self.verdict.cures_wanted.connect(session.ask_for_cures)
        session.advised.connect(self.verdict.show_cures)
        self.verdict.rule_changed.connect(self._show_verdict)
        self.verdict.refused.connect(self.status.show_message)
        self.transport.new_seed.triggered.connect(self.new_seed)
        self.transport.seed_box.refused.connect(self.status.show_message)
        session.spec_changed.connect(self._on_spec_changed)
        session.run_started.connect(self._on_run_started)
        session.frame_arrived.connect(self._on_frame_arrived)
        session.phase_changed.connect(self._on_phase_changed)
        session.marks_changed.connect(self._show_verdict)
        session.failed.connect(self._on_run_failed)
        session.refused.connect(self.status.show_message)
        for dock in self.docks.values():
            dock.visibilityChanged.connect(self._on_dock_shown)

    # -- what happened

    def _on_spec_changed(self, spec: Spec) -> None:
        self.build.set_spec(spec)

    def _fit_tabs(self) -> None:
        QTimer.singleShot(0, self, lambda: widen_for_tabs(self))  # once the tabs have the new type

    def _on_run_started(self) -> None:
        self.focus.forget()
        self.transport.show_seeds(self.session.spec.network.seeds)
        self._status_pace.restart()
        self._verdict_pace.restart()

    def _on_frame_arrived(self, frame: Frame) -> None:
        resting = self.session.phase is not Phase.PLAYING
        if self._status_pace.is_time(resting=resting):
            self.status.show_frame(frame)
        self.pictures.show_frame(frame, resting=resting)
        if self._verdict_pace.is_time(resting=resting):
            self._show_verdict()
        self.setWindowModified(self.session.changed_since_saving)

    def _show_verdict(self) -> None:
        session = self.session
        if session.phase is Phase.FAILED:
            self.verdict.show_failure(session.detail)
        elif session.frame is not None and session.history is not None and session.data is not None:
            run = session.spec, session.frame, session.history, session.data, session.crash
            playing = session.phase is Phase.PLAYING
            self.verdict.show_run(*run, self.focus.moment, playing=playing)

    def _on_phase_changed(self, phase: Phase) -> None:
        self.transport.show_phase(phase)
        self.status.show_phase(phase, self.session.detail)
        if phase is not Phase.PLAYING and not self._show_again():  # no frame may follow
            self._show_verdict()

    def _on_dock_shown(self, shown: bool) -> None:
        # A hidden picture is not drawn; a run that waits would leave it as it was.
        if shown:
            self._show_again()

    def _show_again(self) -> bool:
        """Show the last frame all over, as not everything is shown each time; if there is one."""
        frame = self.session.frame
        if frame is None or frame.run_id != self.session.run_id:
            return False
        self._on_frame_arrived(frame)
        return True

    def _on_run_failed(self, traceback: str) -> None:
        self.files.show_failure(traceback)

    def _on_tick(self) -> None:
        ended = self.session.closed  # before its last words are taken
        self.session.poll()
        if logs.unshown and not self.files.shows_failure:
            self.files.show_failure(logs.unshown.popleft())
        if self._closing and ended:
            self.close()

    def _on_collect(self) -> None:
        # The cyclic collector is off (see application), so that no Qt object dies in the worker.
        # What start-up made is frozen, so that even a full collection takes little time.
        gc.collect()
