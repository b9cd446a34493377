"""How soon stepping through answers a key: until formulas, numbers and code are painted."""

import statistics
import sys
import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.walks import Walk
from lab.run import Run
from lab.spec import Spec
from lab.specimens import SpecimenOf
from widgets.focus import Focus
from widgets.theme import Theme
from widgets.tools.step_words import prepared
from widgets.tools.steps import StepsTool

PRESSES, ROUNDS = 60, 7
KEYS = {
    "Right": (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 4),
    "Shift+Right": (Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier, PRESSES),
    "Down": (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier, PRESSES),
}

pytestmark = pytest.mark.bench


@pytest.mark.parametrize(("depth", "width", "bound"), [(20, 32, 50.0), (100, 64, 150.0)])
def test_answer_to_a_key(qapp: QApplication, depth: int, width: int, bound: float) -> None:
    changes = {
        "network.depth": depth,
        "network.width": width,
        "network.activation": "relu",
        "network.initializer": "he_normal",
    }
    run = Run(Spec().with_values(changes))
    run.advance()
    tool = StepsTool(Theme(qapp), Focus())
    tool.resize(780, 260)
    tool.show()
    tool.specimen = SpecimenOf().made_of(run)

    def begin() -> None:
        tool.stroll = None
        tool.show_specimen()
        qapp.processEvents()

    _show(f"a walk begins, {depth}x{width}, ms", [_time(begin) for _ in range(ROUNDS)], bound)
    assert tool.stroll is not None
    for _ in prepared(tool.stroll.walk):
        pass
    for name, (key, modifier, count) in KEYS.items():
        begin()

        def press(key: Qt.Key = key, modifier: Qt.KeyboardModifier = modifier) -> None:
            QTest.keyClick(tool, key, modifier)
            tool.columns.rows.repaint()
            tool.columns.code.viewport().repaint()

        _show(f"{name}, {depth}x{width}, ms", [_time(press) for _ in range(count)], bound)
    tool.close()


@pytest.mark.parametrize(("depth", "width"), [(20, 32), (100, 64)])
def test_a_walk_beside_a_step(depth: int, width: int) -> None:
    """How many steps of training a walk through one costs; nothing waits for it."""
    run = Run(Spec().with_values({"network.depth": depth, "network.width": width}))
    run.advance()
    walk = statistics.median(_time(lambda: Walk(run.trainer)) for _ in range(ROUNDS))
    step = statistics.median(_time(run.advance) for _ in range(ROUNDS))
    sys.stdout.write(f"\na walk takes {walk:.1f} ms, a step {step:.2f} ms, {depth}x{width}\n")


def _time(action: Callable[[], object]) -> float:
    """Milliseconds of the processor: what one waits for where nothing else runs."""
    began = time.process_time()
    action()
    return 1000 * (time.process_time() - began)


def _show(text: str, taken: list[float], bound: float) -> None:
    reached = statistics.median(taken)
    sys.stdout.write(f"\n{text:<58} {reached:8.2f}   <= {bound:g}  (worst {max(taken):.1f})\n")
    assert reached <= bound
