"""Lessons of one window: which is open, how far one is, and the lab as far as a step looks at it.

It reads lessons, puts their experiments on the bench by the same way as the menu, and keeps the
progress in the settings. A file that is no lesson is refused in one sentence, changing nothing.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QFileDialog, QMessageBox

from lab.frames import Frame
from lab.lesson_tasks import Situation, ToolUsed
from lab.lesson_walks import Walk, is_done, walk_from
from lab.lessons import Compare, Do, Entry, Lesson, SetUp, Step, contents
from widgets.docks import PANELS
from widgets.lesson_panel import LessonPanel
from widgets.messages import show_message
from widgets.watched import Watched

if TYPE_CHECKING:
    from lab.measurements import MeasurementOf
    from widgets.main_window import MainWindow

GROUP = "lessons"
# Of the window's height, for an open lesson and what stands beside it, if it is no tab behind.
SHARES = {"lesson": 0.48, "data": 0.22, "verdict": 0.18}
CENTRAL = ("gradients",)  # always there
LOOK_MS = 200  # at tools, which tell of no use
PANEL_NAMES = (*(panel.name for panel in PANELS), *CENTRAL)


class Lessons(QObject):
    """`lesson` is the open one or None, `walk` how far one is in it."""

    def __init__(self, window: "MainWindow", panel: LessonPanel) -> None:
        super().__init__(window)
        self._window, self._panel = window, panel
        self.entries = contents()
        self.lesson: Lesson | None = None
        self.walk = Walk()
        self._used: set[str] = set()
        self._looker = QTimer(self, interval=LOOK_MS)
        self._looker.timeout.connect(self._look)
        panel.chosen.connect(self._on_entry_chosen)
        panel.moved.connect(self._on_moved)
        panel.left.connect(self.leave)
        panel.set_up_wanted.connect(self._on_set_up_wanted)
        panel.panel_wanted.connect(self._show_panel)
        panel.answered.connect(self._on_answered)
        session = window.session
        session.spec_changed.connect(self._look)
        session.phase_changed.connect(self._look)
        session.frame_arrived.connect(self._on_frame_arrived)
        for dock in window.docks.values():
            # Qt tells before the tab is painted; afterwards one can see what is in front.
            dock.visibilityChanged.connect(self._look, Qt.ConnectionType.QueuedConnection)
        window.gradients.choice.changed.connect(self._look)
        window.presenter.settled.connect(self._on_presenter_settled)
        self._list()

    @property
    def step(self) -> Step | None:
        """The present step."""
        return None if self.lesson is None else self.lesson.steps[self.walk.position]

    @property
    def wishes(self) -> "tuple[MeasurementOf, ...]":
        """What the next frame is to measure."""
        step = self.step
        if not isinstance(step, Compare) or not self._panel.seen:
            return ()
        from lab.measurements import MeasurementOf

        return tuple(MeasurementOf(claim.measure) for claim in step.claims)

    @property
    def done(self) -> frozenset[str]:
        """The names of the lessons that have been walked to their end."""
        return frozenset(entry.name for entry in self.entries if is_done(self._kept(entry.name)))

    @property
    def begun(self) -> frozenset[str]:
        """The names of the lessons in which one has gone on at least once."""
        return frozenset(entry.name for entry in self.entries if self._kept(entry.name))

    def open(self, path: Path) -> None:
        """Open a lesson where one left it, or say in one sentence why not."""
        from lab.lesson_form import LessonError
        from lab.lesson_reader import read_lesson

        try:
            lesson = read_lesson(path, PANEL_NAMES)
        except LessonError as error:
            show_message(
                self._window, QMessageBox.Icon.Warning, self.tr("Not a lesson"), str(error)
            )
            return
        self.lesson, self.walk = lesson, walk_from(self._kept(lesson.name), lesson)
        if self.walk.done and self.walk.position == len(lesson.steps) - 1:
            self.walk = Walk(0, done=True)  # begun again
        self._make_room()
        self._show()

    def ask_and_open(self) -> None:
        """Let a person choose a lesson's file."""
        chosen, _ = QFileDialog.getOpenFileName(
            self._window,
            self.tr("Open a lesson"),
            str(Path.home()),
            self.tr("Lessons (*.md)"),
        )
        if chosen:
            self.open(Path(chosen))

    def leave(self) -> None:
        """Go back to the list; the place in the lesson is kept."""
        self.lesson = None
        self._looker.stop()
        self._list()
        self._panel.show_contents()

    # -- what a person does

    def _on_entry_chosen(self, entry: Entry) -> None:
        self.open(entry.path)

    def _on_moved(self, steps: int) -> None:
        if self.lesson is None:
            return
        position = self.walk.position + steps
        if position >= len(self.lesson.steps):
            self.leave()
            return
        self._keep(self.walk.at(position, self.lesson))
        self._show()

    def _on_answered(self, answer: float) -> None:
        self._keep(self.walk.answered(answer))

    def _on_set_up_wanted(self) -> None:
        step = self.step
        if not isinstance(step, SetUp) or self.lesson is None:
            return
        title = self.lesson.title
        self._window.set_up(step.spec, title, lambda: self._after_set_up(step))

    def _after_set_up(self, step: SetUp) -> None:
        if step.place is not None:
            self._window.focus.choose_place(step.place)
        for name in step.panels:
            self._show_panel(name)
        self._window.show_panel("lesson")  # one of them may have come before it
        self._look()

    def _show_panel(self, name: str) -> None:
        if name not in CENTRAL:
            self._window.show_panel(name)

    # -- what is shown

    def _show(self) -> None:
        if self.lesson is not None:
            self._panel.show_step(self.lesson, self.walk)
            self._used.clear()
            self._look()
            if self._window.session.frame is not None:
                self._on_frame_arrived(self._window.session.frame)

    def _list(self) -> None:
        self._panel.contents.show_lessons(self.entries, self.done, self.begun)

    def _look(self, *_: object) -> None:
        if self.step is not None:
            self._look_at_tools()
            self._panel.reader.show_situation(self._situation())

    def _look_at_tools(self) -> None:
        """Note which tools have been used, and look again soon while one is still to be."""
        step = self.step
        tasks = step.tasks if isinstance(step, Do) else ()
        wanted = {task.name for task in tasks if isinstance(task, ToolUsed)} - self._used
        for name in wanted:
            widget = self._window.docks[name].widget()
            if isinstance(widget, Watched) and widget.used:
                self._used.add(name)
        if wanted - self._used:
            self._looker.start()
        else:
            self._looker.stop()

    def _on_frame_arrived(self, frame: Frame) -> None:
        if self.lesson is None or not self._panel.seen:
            return
        self._look()
        shown = {wish.name: frame.shown(wish) for wish in self.wishes}
        known = {name: value for name, value in shown.items() if value is not None}
        if known:
            self._panel.reader.show_measured(known)

    def _situation(self) -> Situation:
        session = self._window.session
        frame = session.frame
        step = frame.step if frame is not None and frame.run_id == session.run_id else 0
        panels = (
            name
            for name, dock in self._window.docks.items()
            if dock.isVisible() and not dock.visibleRegion().isEmpty()
        )
        quantity = self._window.gradients.choice.value().quantity.name
        return Situation(
            session.spec,
            step,
            session.phase,
            (*panels, *CENTRAL),
            quantity,
            frozenset(self._used),
            session.set_by_hand,
        )

    def _on_presenter_settled(self) -> None:
        """Give a lesson that was opened before an audience its room in the usual view, too."""
        if self.lesson is not None:
            self._make_room()

    def _make_room(self) -> None:
        """Bring the panel to the front, with room for a paragraph."""
        window, dock = self._window, self._window.docks["lesson"]
        window.show_panel("lesson")
        behind = window.tabifiedDockWidgets(dock)
        shares = {name: share for name, share in SHARES.items() if window.docks[name] not in behind}
        heights = [round(share * window.height()) for share in shares.values()]
        if not dock.isFloating() and dock.height() < heights[0]:
            docks = [window.docks[name] for name in shares]
            window.resizeDocks(docks, heights, Qt.Orientation.Vertical)

    # -- progress

    def _keep(self, walk: Walk) -> None:
        self.walk = walk
        if self.lesson is not None:
            self._window.settings.setValue(f"{GROUP}/{self.lesson.name}", walk.to_text())

    def _kept(self, name: str) -> str:
        return str(self._window.settings.value(f"{GROUP}/{name}", ""))
