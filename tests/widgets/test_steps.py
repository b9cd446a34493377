"""Stepping through: keys, columns in step, the lit network, and a run that learns nothing of it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from core.activations import ACTIVATIONS
from core.losses import LOSSES
from core.moments import Stage
from core.optimizers import OPTIMIZERS
from lab.formulas import latex_of
from lab.run import Phase, Run
from lab.strolls import Stride
from tests.core.engines import all_bits
from tests.lab.making import WILD, spec_of
from tests.widgets.person import click, key, menu, pause, press, settle, shown_step
from tests.widgets.side_by_side import take_steps
from widgets.focus import Lit
from widgets.main_window import MainWindow
from widgets.tools.formulas import formula_size, paint_formula
from widgets.tools.steps import StepsTool

Key, SHIFT = Qt.Key, Qt.KeyboardModifier.ShiftModifier
DEPTH, STEPS = 3, 3
LOOP = [Stage.FORWARD, Stage.LOSS, Stage.BACKWARD, Stage.UPDATE]


def open_steps(window: MainWindow, qtbot: QtBot) -> StepsTool:
    """Open the panel as a person does, and wait until a walk has begun."""
    press(window, Key.Key_T)
    tool = window.docks["steps"].widget()
    assert isinstance(tool, StepsTool)
    qtbot.waitUntil(lambda: tool.stroll is not None and tool.hasFocus())
    return tool


@pytest.fixture
def begin(window: MainWindow, qtbot: QtBot) -> Callable[..., StepsTool]:
    """Load a small run, take some steps and open the panel."""

    def begin_one(changes: dict[str, Any] | None = None) -> StepsTool:
        window.session.load(spec_of({"network.depth": DEPTH, **(changes or {})}))
        take_steps(window, qtbot, STEPS)
        return open_steps(window, qtbot)

    return begin_one


@pytest.fixture
def tool(begin: Callable[..., StepsTool]) -> StepsTool:
    return begin()


def stage_of(tool: StepsTool) -> Stage | None:
    assert tool.stroll is not None
    return tool.stroll.moment.stage if tool.stroll.moment is not None else None


def place_of(tool: StepsTool) -> tuple[Stage, int]:
    assert tool.stroll is not None
    assert tool.stroll.moment is not None
    return tool.stroll.moment[:2]


def marked(tool: StepsTool) -> str:
    """The highlighted lines of the code."""
    document = tool.columns.code.document()
    return "\n".join(document.findBlockByNumber(n).text() for n in tool.columns.code.marked)


def bits_of(window: MainWindow) -> list[bytes]:
    """All that the run depends on; read while it waits."""
    run = window.session._worker._run
    assert isinstance(run, Run)
    return all_bits(run.trainer)


# -- keys


def test_four_keys_make_the_loop(tool: StepsTool, window: MainWindow) -> None:
    assert stage_of(tool) is None
    for stage in LOOP:
        key(tool, Key.Key_Right)
        assert stage_of(tool) is stage
        assert [one for one, b in tool.strides.stages.items() if b.isChecked()] == [stage]
    assert tool.stroll is not None
    assert tool.stroll.over
    key(tool, Key.Key_Right)
    assert "complete" in tool.note.text()
    assert shown_step(window) == STEPS, "the run has taken no step"
    for before in [*LOOP[-2::-1], None]:
        key(tool, Key.Key_Left)
        assert stage_of(tool) is before
    assert not tool.note.isVisible()


def test_shift_goes_layer_by_layer_and_down_line_by_line(tool: StepsTool) -> None:
    places = []
    for _ in range(2 * DEPTH + 3):
        key(tool, Key.Key_Right, SHIFT)
        places.append(place_of(tool))
    layers = range(1, DEPTH + 2)
    assert places == [
        *((Stage.FORWARD, layer) for layer in layers),
        (Stage.LOSS, layers[-1]),
        *((Stage.BACKWARD, layer) for layer in reversed(layers)),
    ]
    key(tool, Key.Key_Left, SHIFT)
    assert place_of(tool) == (Stage.BACKWARD, 2)
    assert tool.stroll is not None
    at = tool.stroll.at
    key(tool, Key.Key_Down)
    assert tool.stroll.at == at + 1
    assert place_of(tool) == (Stage.BACKWARD, 1)
    key(tool, Key.Key_Up)
    assert tool.stroll.at == at
    key(tool, Key.Key_Backspace)
    assert stage_of(tool) is Stage.LOSS


def test_elsewhere_the_keys_are_the_windows(
    tool: StepsTool, window: MainWindow, qtbot: QtBot
) -> None:
    key(tool, Key.Key_Right)
    press(window, Key.Key_Escape)
    assert not tool.hasFocus()
    press(window, Key.Key_Right)
    qtbot.waitUntil(lambda: shown_step(window) == STEPS + 1)
    qtbot.waitUntil(lambda: stage_of(tool) is None)  # a walk through the step that is next now


def test_buttons_do_what_keys_do(tool: StepsTool) -> None:
    click(tool.strides.stages[Stage.BACKWARD])
    assert stage_of(tool) is Stage.BACKWARD
    click(tool.strides.back)
    assert stage_of(tool) is Stage.LOSS
    click(tool.strides.layer)
    assert place_of(tool) == (Stage.BACKWARD, DEPTH + 1)
    click(tool.strides.line)
    assert place_of(tool) == (Stage.BACKWARD, DEPTH)
    assert tool.hasFocus(), "a click leaves the keys where they were"


def test_the_run_menu_opens_it(window: MainWindow, qtbot: QtBot) -> None:
    (action,) = (a for a in menu(window, "&Run").actions() if a.text() == "Step T&hrough")
    action.trigger()
    qtbot.waitUntil(window.docks["steps"].isVisible)


# -- the columns


def test_the_columns_are_in_step(tool: StepsTool) -> None:
    rows = tool.columns.rows
    key(tool, Key.Key_Down)
    assert rows.current == 0
    assert rows.rows[0].words == "matrix product and bias"
    assert rows.rows[0].formulas == (r"z_l = h_{l-1} W_l + b_l",)
    assert [tableau.title for tableau in rows.rows[0].tableaux] == ["z₁", "h₀", "W₁", "b₁"]
    assert '"matrix product"' in marked(tool)
    key(tool, Key.Key_Down)
    assert rows.current == 1
    assert rows.rows[1].words == "activation"
    assert '"activation"' in marked(tool)
    assert "line 2 of 2" in tool.readout.text()


def test_all_lines_of_a_layer_are_marked_at_once(tool: StepsTool) -> None:
    key(tool, Key.Key_Right, SHIFT)
    lines = marked(tool)
    assert all(f'"{name}"' in lines for name in ("matrix product", "activation"))
    assert tool.columns.rows.current is None


def test_a_stage_is_shown_layer_by_layer(tool: StepsTool) -> None:
    for _ in range(3):
        key(tool, Key.Key_Right)
    (row,) = tool.columns.rows.rows
    (table,) = row.tableaux
    assert table.heads == ("‖δ‖", "‖∂loss/∂W‖", "‖∂loss/∂b‖")
    assert len(table.cells) == DEPTH + 1
    assert "flow.backpropagate()" in marked(tool)


def test_a_click_on_a_line_stands_there(tool: StepsTool) -> None:
    key(tool, Key.Key_Right, SHIFT)
    rows = tool.columns.rows
    top, bottom = rows.span(1)
    click(rows, QPointF(20, (top + bottom) / 2).toPoint())
    assert rows.current == 1
    assert tool.stroll is not None
    assert tool.stroll.stride is Stride.LINE
    assert tool.hasFocus()


def test_the_numbers_are_the_networks(tool: StepsTool, window: MainWindow) -> None:
    key(tool, Key.Key_Down)
    assert tool.specimen is not None
    w = tool.specimen.network.layers[0].w
    tableau = next(t for t in tool.columns.rows.rows[0].tableaux if t.title == "W₁")
    shown = np.array([[float(cell) for cell in row] for row in tableau.cells])
    np.testing.assert_allclose(shown, w, rtol=0.006)
    table = tool.numbers()
    assert table.columns[:3] == ["line", "array", "row"]
    assert ("matrix product and bias", "W₁", 0) in [row[:3] for row in table.rows]


def test_of_a_small_network_a_whole_stage_has_every_matrix(
    window: MainWindow, qtbot: QtBot
) -> None:
    changes = {"network.layers": "3 tanh, 3 tanh", "training.batch_size": 2}
    window.session.load(spec_of(changes))
    take_steps(window, qtbot, 2)
    tool = open_steps(window, qtbot)
    qtbot.waitUntil(lambda: tool.stroll is not None)
    assert tool.specimen is not None
    layers, found = tool.specimen.network.layers, dict[str, dict[str, np.ndarray]]()
    for stage in LOOP:
        key(tool, Key.Key_Right)
        found[stage] = {
            tableau.title: np.array(tableau.cells, float)
            for row in tool.columns.rows.rows[stage is not Stage.LOSS :]
            for tableau in row.tableaux
            if "…" not in str(tableau.cells)
        }
    rate = window.session.spec.training.learning_rate
    for number, layer in zip("₁₂₃", layers, strict=True):
        w, g = found["update"][f"W{number}"], found["update"][f"∂loss/∂W{number}"]
        np.testing.assert_allclose(found["forward"][f"W{number}"], layer.w, rtol=0.006)
        np.testing.assert_array_equal(found["backward"][f"∂loss/∂W{number}"], g)
        assert f"δ{number}" in {**found["loss"], **found["backward"]}
        assert found["forward"][f"{'z' if number == '₃' else 'h'}{number}"].shape == (
            2,
            layer.w.shape[1],
        )
        after = found["update"][f"W{number} after"]
        np.testing.assert_allclose(after, w - rate * g, rtol=0.02)
    rows = tool.columns.rows.rows
    assert [row.words for row in rows][:2] == ["every layer, η = 0.05", "layer 1, η = 0.05"]


def test_an_update_shows_the_rate_beside_the_rule(tool: StepsTool) -> None:
    for _ in LOOP:
        key(tool, Key.Key_Right)
    (row,) = tool.columns.rows.rows
    assert row.words.startswith("every layer, η = ")
    assert any(r"\eta" in formula for formula in row.formulas)
    assert row.tableaux[0].heads == ("‖W‖", "‖g‖", "‖ΔW‖", "‖W after‖")
    key(tool, Key.Key_Left, SHIFT)
    titles = [tableau.title for row in tool.columns.rows.rows for tableau in row.tableaux]
    assert "η" in titles


# -- the network


def test_the_network_lights_what_moves(tool: StepsTool, window: MainWindow) -> None:
    canvas = window.network.canvas
    unlit = canvas.grab().toImage()
    assert canvas.drawing.lit is None
    key(tool, Key.Key_Right, SHIFT)
    assert canvas.drawing.lit == Lit(1, 1, Stage.FORWARD)
    forward = canvas.grab().toImage()
    assert forward != unlit
    for stage in LOOP:
        tool.strides.stages[stage].click()
        assert canvas.drawing.lit is not None
        assert canvas.drawing.lit.stage is stage
        assert canvas.grab().toImage() not in (unlit, forward)
    window.docks["steps"].hide()
    assert canvas.drawing.lit is None
    assert canvas.grab().toImage() == unlit


def test_lighting_paints_nothing_anew(
    tool: StepsTool, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted = list[int]()
    canvas = window.network.canvas
    window._timer.stop()  # a new frame would be painted, and rightly
    canvas.grab()

    def paint(painter: QPainter, room: float) -> None:
        painted.append(1)
        real(painter, room)

    real = canvas.drawing.paint
    monkeypatch.setattr(canvas.drawing, "paint", paint)
    refreshed = list[int]()
    window.focus.changed.connect(partial(refreshed.append, 1))
    for _ in range(6):
        key(tool, Key.Key_Right, SHIFT)
        canvas.repaint()
    window._timer.start()
    assert not painted
    assert not refreshed


# -- the run


@pytest.mark.parametrize(
    "changes",
    [{}, {"cures.norm": "batch", "cures.dropout": 0.3, "training.optimizer": "adam"}],
    ids=["plain", "with memory"],
)
def test_the_run_is_bit_identical_after_it(
    begin: Callable[..., StepsTool], window: MainWindow, qtbot: QtBot, changes: dict[str, Any]
) -> None:
    window.session.load(spec_of({"network.depth": DEPTH, **changes}))
    take_steps(window, qtbot, STEPS)
    before = bits_of(window)
    tool = open_steps(window, qtbot)
    for _ in LOOP:
        key(tool, Key.Key_Right)
    tool.sample.kind.choose(1)
    key(tool, Key.Key_Right, SHIFT)
    window.docks["steps"].close()
    assert bits_of(window) == before
    assert tool.stroll is None
    assert not tool.wishes


def test_a_step_that_is_taken_is_looked_for_before_the_next_frame(
    tool: StepsTool, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    key(tool, Key.Key_Right)
    settle(qtbot, window)
    monkeypatch.setattr("widgets.main_window.SOON_MS", 500)  # by then a step is done anywhere
    window._timer.stop()
    key(tool, Key.Key_Return)
    qtbot.waitUntil(lambda: shown_step(window) == STEPS + 1)
    window._timer.start()


def test_taking_the_step_takes_the_one_that_was_seen(
    tool: StepsTool, window: MainWindow, qtbot: QtBot
) -> None:
    for _ in LOOP:
        key(tool, Key.Key_Right)
    assert tool.stroll is not None
    seen = all_bits(tool.stroll.walk.twin)
    key(tool, Key.Key_Return)
    qtbot.waitUntil(lambda: shown_step(window) == STEPS + 1)
    settle(qtbot, window)
    assert bits_of(window) == seen
    qtbot.waitUntil(lambda: stage_of(tool) is None)
    for stage in LOOP:
        key(tool, Key.Key_Right)
        assert stage_of(tool) is stage
    assert shown_step(window) == STEPS + 1


def test_a_key_pauses_a_run_that_trains(tool: StepsTool, window: MainWindow, qtbot: QtBot) -> None:
    key(tool, Key.Key_Right)
    click(tool.leave)
    qtbot.waitUntil(lambda: shown_step(window) > STEPS + 10)
    assert tool.stroll is None
    assert not tool.wishes, "while it trains nothing is asked of it"
    assert "Training" in tool.readout.text()
    assert window.network.canvas.drawing.lit is None
    key(tool, Key.Key_Right)
    qtbot.waitUntil(lambda: tool.stroll is not None and stage_of(tool) is Stage.FORWARD)
    assert window.session.phase is Phase.PAUSED
    settle(qtbot, window)
    assert tool.stroll is not None
    assert tool.specimen is not None
    assert tool.specimen.step == shown_step(window)
    assert stage_of(tool) is Stage.FORWARD


def test_space_trains_on_from_any_stage(tool: StepsTool, window: MainWindow, qtbot: QtBot) -> None:
    for _ in range(2):
        key(tool, Key.Key_Right)
    press(window, Key.Key_Space)
    qtbot.waitUntil(lambda: shown_step(window) > STEPS + 10 and tool.stroll is None)
    pause(qtbot, window)
    qtbot.waitUntil(lambda: tool.stroll is not None)


def test_slow_motion_goes_through_the_step_and_stops(tool: StepsTool, qtbot: QtBot) -> None:
    tool.slow.slider.setValue(tool.slow.slider.maximum())
    click(tool.slow.button)
    assert place_of(tool) == (Stage.FORWARD, 1)
    qtbot.waitUntil(lambda: place_of(tool)[1] > 1)
    tool.slow._clock.setInterval(1)
    qtbot.waitUntil(lambda: tool.stroll is not None and tool.stroll.over)
    assert not tool.slow.button.isChecked()


# -- one sample


def test_one_sample(tool: StepsTool) -> None:
    click(tool.sample.kind.group.button(1))
    tool.sample.number.setValue(7)
    assert tool.stroll is not None
    assert tool.specimen is not None
    x = tool.stroll.walk.moments[0].glimpses[0]
    np.testing.assert_array_equal(x.values, tool.specimen.trainer.data.x_train[6:7])
    assert not tool.take.isEnabled(), "the run cannot take this step"
    click(tool.sample.kind.group.button(0))
    assert tool.stroll.walk.batch == 8
    assert tool.take.isEnabled()


def test_batch_norm_stays_with_the_batch(begin: Callable[..., StepsTool]) -> None:
    tool = begin({"cures.norm": "batch"})
    click(tool.sample.kind.group.button(1))
    assert "two samples" in tool.note.text()
    assert tool.sample.value() is None
    assert tool.stroll is not None
    assert tool.stroll.walk.batch == 8


def test_a_sample_that_is_gone_after_a_restart(
    tool: StepsTool, window: MainWindow, qtbot: QtBot
) -> None:
    click(tool.sample.kind.group.button(1))
    tool.sample.number.setValue(40)
    key(tool, Key.Key_Right, SHIFT)
    before = window.session.spec
    window.change_spec(before.with_values({"data.samples": 20, "network.depth": 1}), "smaller")
    qtbot.waitUntil(lambda: tool.stroll is not None and "no sample 40" in tool.note.text())
    assert tool.sample.value() is None
    assert window.session.spec.data.samples == 20
    assert window.network.canvas.drawing.lit is None


def test_a_step_that_diverges_says_so(begin: Callable[..., StepsTool]) -> None:
    tool = begin({"network.activation": "identity"})
    assert tool.specimen is not None
    tool.specimen.network.parameters[...] = 1e30
    tool.sample.changed.emit()  # begins anew
    for _ in range(4):
        key(tool, Key.Key_Right)
    assert stage_of(tool) is Stage.BACKWARD
    assert "not finite" in tool.note.text()
    assert not tool.take.isEnabled()


# -- other runs


def test_one_of_several_networks(
    begin: Callable[..., StepsTool], window: MainWindow, qtbot: QtBot
) -> None:
    tool = begin({"network.seeds": 3})
    window.focus.choose_seed(2)
    qtbot.waitUntil(lambda: tool.specimen is not None and tool.specimen.seed == 2)
    for _ in LOOP:
        key(tool, Key.Key_Right)
    assert tool.stroll is not None
    seen = tool.stroll.walk.twin.network.parameters
    key(tool, Key.Key_Return)
    qtbot.waitUntil(lambda: shown_step(window) == STEPS + 1)
    settle(qtbot, window)
    run = window.session._worker._run
    assert isinstance(run, Run)
    np.testing.assert_array_equal(run.trainer.network.parameters[2], seen)


def test_a_run_that_has_diverged(window: MainWindow, qtbot: QtBot) -> None:
    window.session.load(spec_of(WILD))
    window.session.play()
    qtbot.waitUntil(lambda: window.session.phase is Phase.DIVERGED)
    tool = open_steps(window, qtbot)
    for _ in LOOP:
        key(tool, Key.Key_Right)
    assert "not finite" in tool.note.text()
    assert stage_of(tool) is Stage.BACKWARD


def test_a_change_meanwhile_begins_anew(tool: StepsTool, window: MainWindow, qtbot: QtBot) -> None:
    key(tool, Key.Key_Right)
    spec = window.session.spec.with_values({"training.learning_rate": 0.5})
    window.change_spec(spec, "faster")
    qtbot.waitUntil(lambda: stage_of(tool) is None)
    assert tool.stroll is not None
    assert tool.stroll.walk.twin.settings.rates.learning_rate == 0.5


def test_another_wish_does_not_begin_anew(
    tool: StepsTool, window: MainWindow, qtbot: QtBot
) -> None:
    key(tool, Key.Key_Right)
    specimen = tool.specimen
    window.docks["data"].hide()
    qtbot.waitUntil(lambda: tool.specimen is not specimen)  # others are wished for: all come anew
    assert stage_of(tool) is Stage.FORWARD


# -- formulas


def dark_pixels(latex: str, color: str = "black") -> int:
    image = QImage(600, 120, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    with QPainter(image) as painter:
        paint_formula(painter, latex, QPointF(10, 10), 24, color)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(120, 600, 4)
    return int((pixels[..., :3] < 128).all(axis=-1).sum())


@pytest.mark.parametrize(
    "latex",
    [
        r"z_l = h_{l-1} W_l + b_l",
        *(
            latex_of(part)
            for formula in [
                *(record.formula for record in ACTIVATIONS.values()),
                *(record.formula for record in LOSSES.values()),
                *(record.formula for record in OPTIMIZERS.values()),
            ]
            for part in formula.split("; ")
        ),
    ],
)
def test_every_formula_is_drawn(qtbot: QtBot, latex: str) -> None:
    assert dark_pixels(latex) > 30


def test_formulas_grow_and_take_a_colour(qtbot: QtBot) -> None:
    latex = r"\frac{\partial \mathrm{loss}}{\partial W_l}"
    small, large = formula_size(latex, 10), formula_size(latex, 20)
    assert large.height() == pytest.approx(2 * small.height())
    assert dark_pixels(latex) > 100
    assert dark_pixels(latex, "#ffffff") == 0


def test_it_looks_right_in_every_theme_and_size(tool: StepsTool, window: MainWindow) -> None:
    key(tool, Key.Key_Right, SHIFT)
    rows = tool.columns.rows
    for theme in ("light", "dark"):
        for zoom in (-3, 8):
            window.theme.set_choice(theme)
            window.theme.set_zoom(zoom)
            image = rows.grab().toImage()
            text = QColor(window.theme.colors.text).lightness()
            found = sum(
                abs(image.pixelColor(x, y).lightness() - text) < 40
                for x in range(min(image.width(), 250))
                for y in range(min(image.height(), 60))
            )
            assert found > 10
            ends = [rows.span(index) for index in range(len(rows.rows))]
            assert all(bottom - top > 20 for top, bottom in ends)
            small = window.theme.font("small").pointSizeF()
            assert tool.columns.code.font().pointSizeF() == small


def test_where_one_is_can_be_read_in_full(window: MainWindow, qtbot: QtBot) -> None:
    for size in ((1440, 900), (1024, 700)):
        window.resize(*size)
        window.reset_layout()
        tool = open_steps(window, qtbot)
        tool.strides.stages[Stage.UPDATE].click()
        tool.strides.line.click()
        tool.strides.line.click()
        words = tool.readout if tool.readout.isVisible() else tool.where
        qtbot.waitUntil(words.isVisible)
        assert "line 2 of 2 (step" in words.text()
        assert not words.is_cut()
