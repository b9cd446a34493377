"""Measures the window in a process of its own; prints one JSON line. Run by test_window_speed."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

FREEZE_AFTER_MS = 500
SIZE = (1440, 900)
WARM_UP_S, MEASURED_S = 1.0, 2.5
ROUNDS = 7  # of which the median counts: one alone may be off by a twentieth
LATENESS_TIMER_MS = 4
MOVES, FRAMES = 15, 120


def say(**facts: object) -> None:
    """Print the result, and when it was reached."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def leave_after_first_frame(plot: Any) -> None:
    """Report the frame in which a plot is first painted, and end the process at once.

    Only the plot's viewport is watched: a watch over every event would be part of the time.
    """
    from PySide6.QtCore import QEvent, QObject, QTimer

    def leave() -> None:
        say(painted=True)
        os._exit(0)

    class FirstPaint(QObject):
        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                QTimer.singleShot(0, leave)  # once the whole frame is painted
            return False

    plot.first_paint = FirstPaint()
    plot.viewport().installEventFilter(plot.first_paint)


def bare_first_frame() -> None:
    """A window with one empty plot, which is what every such program must import and show."""
    import pyqtgraph
    from PySide6.QtWidgets import QApplication, QMainWindow

    application = QApplication([])
    window = QMainWindow()
    plot = pyqtgraph.PlotWidget()
    window.setCentralWidget(plot)
    window.resize(*SIZE)
    leave_after_first_frame(plot)
    window.show()
    application.exec()


def make_window(changes: dict[str, object]) -> tuple[Any, Any]:
    """Return application and window with the default layout, not yet shown."""
    import main  # noqa: F401 - the program's own start, which comes before Qt

    # isort: split
    from PySide6.QtCore import QSettings, QTimer
    from PySide6.QtWidgets import QApplication

    from lab.cli import WindowRequest
    from widgets.application import freeze_garbage_collection, make_window

    application = QApplication([])
    request = WindowRequest(size=SIZE, theme="dark")
    settings = QSettings(os.devnull, QSettings.Format.IniFormat)
    window = make_window(application, request, settings)
    window.restore_layout()
    if changes:
        window.session.set_spec(window.session.spec.with_values(changes))
    QTimer.singleShot(FREEZE_AFTER_MS, freeze_garbage_collection)
    return application, window


def first_frame() -> None:
    """The real window, as the program opens it."""
    application, window = make_window({})
    leave_after_first_frame(window.gradients.lines)
    window.show()
    application.exec()


def changes_for(network: str) -> dict[str, object]:
    """Return the fields of a network written as depth x width."""
    depth, width = map(int, network.split("x"))
    return {
        "network.depth": depth,
        "network.width": width,
        "network.activation": "relu",
        "network.initializer": "he_normal",
        "training.learning_rate": 0.001,
    }


def alone(network: str, seconds: float) -> float:
    """Steps per second of the same loop without a window."""
    from lab.run import Run
    from lab.spec import Spec

    run = Run(Spec().with_values(changes_for(network)))
    began = time.perf_counter()
    while time.perf_counter() < began + seconds:
        run.advance()
    return run.trainer.steps_done / (time.perf_counter() - began)


def training(network: str) -> None:
    """Steps per second in the window against the loop alone, turn by turn, and frames.

    Lateness is measured afterwards, with every picture open: its timer would take from the
    training too.
    """
    from PySide6.QtCore import Qt, QTimer

    application, window = make_window(changes_for(network))
    session = window.session
    window.show()
    rates: dict[str, list[float]] = {"alone": [], "window": [], "frames": []}
    frames, late = [0], list[float]()
    session.frame_arrived.connect(lambda _frame: frames.__setitem__(0, frames[0] + 1))
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    last = [time.perf_counter()]

    def tick() -> None:
        now = time.perf_counter()
        late.append(1000 * (now - last[0]) - LATENESS_TIMER_MS)
        last[0] = now

    timer.timeout.connect(tick)

    def later(seconds: float, action: Callable[[], None]) -> None:
        QTimer.singleShot(round(1000 * seconds), action)

    def begin() -> None:
        session.play()
        later(WARM_UP_S, measure)

    def measure() -> None:
        start = (session.frame.step, time.perf_counter(), frames[0])
        later(MEASURED_S, lambda: finish(*start))

    def finish(step: int, began: float, frame: int) -> None:
        elapsed = time.perf_counter() - began
        rates["window"].append((session.frame.step - step) / elapsed)
        rates["frames"].append((frames[0] - frame) / elapsed)
        session.pause()
        later(0.3, compare)

    def compare() -> None:
        rates["alone"].append(alone(network, MEASURED_S))
        if len(rates["alone"]) < ROUNDS:
            begin()
            return
        open_all(window)
        session.play()
        later(WARM_UP_S, watch)

    def watch() -> None:
        last[0] = time.perf_counter()
        timer.start(LATENESS_TIMER_MS)
        later(MEASURED_S, leave)

    def leave() -> None:
        say(**rates, late_ms=sorted(late))
        os._exit(0)

    later(0.5, begin)
    application.exec()


def seeds(count: int) -> None:
    """Steps per second in the window of one network and of `count` at once, in turn."""
    from PySide6.QtCore import QTimer

    application, window = make_window({})
    session = window.session
    window.show()
    rates: dict[str, list[float]] = {"one": [], "many": []}

    def begin() -> None:
        many = len(rates["many"]) < len(rates["one"])
        session.load(session.spec.with_values({"network.seeds": count if many else 1}))
        session.play()
        QTimer.singleShot(round(1000 * WARM_UP_S), lambda: measure("many" if many else "one"))

    def measure(which: str) -> None:
        start = session.frame.step, time.perf_counter()
        QTimer.singleShot(round(1000 * MEASURED_S), lambda: finish(which, *start))

    def finish(which: str, step: int, began: float) -> None:
        rates[which].append((session.frame.step - step) / (time.perf_counter() - began))
        if len(rates["many"]) < ROUNDS:
            begin()
            return
        say(**rates)
        os._exit(0)

    QTimer.singleShot(500, begin)
    application.exec()


def surface(resolution: int) -> None:
    """Seconds for a loss surface of the opening experiment, and what training keeps meanwhile."""
    from PySide6.QtCore import QTimer

    application, window = make_window({})
    session = window.session
    window.show()
    seconds: list[float] = []
    kept: list[float] = []

    def begin() -> None:
        session.play()
        window.show_panel("surface")
        panel = window.docks["surface"].widget()
        panel.settings.resolution.setValue(resolution)
        QTimer.singleShot(round(1000 * WARM_UP_S), lambda: when_idle(panel))

    def when_idle(panel: Any) -> None:
        if panel.busy:
            QTimer.singleShot(100, lambda: when_idle(panel))
            return
        start = session.frame.step, time.perf_counter()
        QTimer.singleShot(round(1000 * MEASURED_S), lambda: compute(panel, *start))

    def compute(panel: Any, step: int, began: float) -> None:
        alone = (session.frame.step - step) / (time.perf_counter() - began)
        start = session.frame.step, time.perf_counter()
        panel.ask()
        watch(panel, alone, *start)

    def watch(panel: Any, alone: float, step: int, began: float) -> None:
        if panel.busy:
            QTimer.singleShot(5, lambda: watch(panel, alone, step, began))
            return
        seconds.append(time.perf_counter() - began)
        kept.append((session.frame.step - step) / seconds[-1] / alone)
        if len(seconds) < ROUNDS:
            when_idle(panel)
            return
        say(seconds=seconds, kept=kept)
        os._exit(0)

    QTimer.singleShot(500, begin)
    application.exec()


def new_network(network: str) -> None:
    """Milliseconds from moving the depth slider to the first frame of the new network."""
    from PySide6.QtCore import QTimer

    application, window = make_window(changes_for(network))
    session, slider = window.session, window.build.editors["network.depth"]
    window.show()
    waited: list[float] = []
    began = [0.0]

    def move() -> None:
        began[0] = time.perf_counter()
        depth = session.spec.network.depth
        slider.slider.setValue(slider.slider.value() + (1 if depth % 2 == 0 else -1))

    def arrived(frame: Any) -> None:
        n_layers = session.spec.network.depth + 1
        if not began[0] or frame.record.magnitudes.shape[1] != n_layers:
            return
        QTimer.singleShot(0, painted)  # once the frame is painted

    def painted() -> None:
        if not began[0]:
            return
        waited.append(1000 * (time.perf_counter() - began[0]))
        began[0] = 0.0
        if len(waited) < MOVES:
            QTimer.singleShot(300, move)
            return
        say(waited_ms=sorted(waited))
        os._exit(0)

    session.frame_arrived.connect(arrived)
    QTimer.singleShot(500, session.play)
    QTimer.singleShot(1500, move)
    application.exec()


def nudge(network: str) -> None:
    """Milliseconds from moving the nudge's slider, and from choosing a weight, to all redrawn."""
    from core.places import Place

    application, window = make_window(changes_for(network))
    window.show()
    window.show_panel("nudge")
    tool = window.docks["nudge"].widget()
    wait(application, lambda: tool.nudged is not None, 1.0)
    places = [Place("w", 1, 1, 0), Place("w", 1, 0, 1)]
    taken: dict[str, list[float]] = {"moved_ms": [], "chosen_ms": []}
    for turn in range(MOVES):
        began = time.perf_counter()
        window.focus.choose_place(places[turn % 2])
        application.processEvents()
        taken["chosen_ms"].append(1000 * (time.perf_counter() - began))
        for side in (-1, 1):
            began = time.perf_counter()
            tool.change.slider.setValue(side * (10 + 5 * turn))
            application.processEvents()
            taken["moved_ms"].append(1000 * (time.perf_counter() - began))
            assert tool.nudged.change == tool.change.value() != 0
    say(**taken)
    os._exit(0)


def old_and_young(network: str, few: int, many: int) -> None:
    """Milliseconds that frames of all pictures take after few and after many steps."""
    from lab.history import History

    application, window = make_window(changes_for(network))
    window.show()
    open_all(window)
    session = window.session
    wait(application, lambda: session.frame is not None, 1.0)
    record, n_layers = session.frame.record, len(session.spec.sizes) - 1
    taken = {}
    for steps in (few, many):
        history = History(n_layers)
        for _ in range(steps):
            history.append(record)
        taken[steps] = frame_time(application, window, history)
    say(few=taken[few], many=taken[many])
    os._exit(0)


def open_all(window: Any) -> None:
    """Show every picture at once: docks that share a place are put beside one another.

    Not the tools, which take a network apart and are opened for that alone.
    """
    from PySide6.QtCore import Qt

    for dock in window.docks.values():
        if dock.panel.at_first:
            dock.make()
    pictures = [dock for dock in window.docks.values() if dock.widget() in window.pictures.made]
    for dock in pictures:
        if window.tabifiedDockWidgets(dock):
            window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, dock)
        dock.show()
    assert all(picture.isVisible() for picture in window.pictures.made)


def wait(application: Any, condition: Callable[[], bool], seconds: float) -> None:
    """Serve events until a condition holds, and for some time more."""
    until = time.perf_counter() + seconds
    while not condition() or time.perf_counter() < until:
        application.processEvents()


def frame_time(application: Any, window: Any, history: Any) -> float:
    """The median milliseconds of making, showing and painting a frame of a history."""
    from lab.run import Run
    from widgets.plots.frame import Begun

    session = window.session
    run = Run(session.spec)
    run = Run(session.spec, 0, run.trainer, history)
    window._timer.stop()
    for picture in window.pictures.made:
        picture.begin(Begun(session.spec, history, run.trainer.data))
    taken = []
    for _ in range(FRAMES):
        history.append(run.record)
        wishes = tuple(wish for picture in window.pictures.made for wish in picture.wishes)
        began = time.perf_counter()
        frame = run.frame(0.0, renew=True, wishes=wishes)
        for picture in window.pictures.made:
            picture.show_frame(frame, resting=False)
        application.processEvents()
        taken.append(1000 * (time.perf_counter() - began))
    return sorted(taken)[len(taken) // 2]


def memory(network: str, few: int, many: int) -> None:
    """Resident memory, in bytes, after few and after many steps of a run with its history."""
    from lab.run import Run
    from lab.spec import Spec

    run = Run(Spec().with_values(changes_for(network)))
    resident = []
    for steps in (few, many):
        while run.trainer.steps_done < steps:
            run.advance()
        resident.append(_resident_bytes())
    say(few=resident[0], many=resident[1])


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    globals()[sys.argv[1]](*(int(word) if word.isdigit() else word for word in sys.argv[2:]))
