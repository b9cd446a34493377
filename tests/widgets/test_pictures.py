"""What every picture offers: reading values, zooming, taking picture or numbers away."""

import csv
import io
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QImage, QTextDocument
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from lab.answers import Confusion, Predictions, Surface
from lab.words import number
from tests.widgets.person import (
    boxes,
    close_boxes,
    double_click,
    drag,
    hover,
    mouse,
    pause,
    play,
    press,
    settle,
    shown_step,
    zoom,
)
from widgets.main_window import MainWindow
from widgets.plots.axes import Plot
from widgets.plots.frame import PictureFrame

Key = Qt.Key
NAMES = ("gradients", "loss", "data")
PLOTS = ("lines", "profile", "loss", "accuracy", "surface")
STEPS = 9
STRANGE = '<img src="x"> & <b>'


@pytest.fixture
def trained(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window whose run waits after the nine steps of an epoch."""
    press(window, Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: window.gradients.lines.lines.y.shape[1] == STEPS)
    settle(qtbot, window)
    return window


def picture_of(window: MainWindow, name: str) -> PictureFrame:
    found = getattr(window, name)
    assert isinstance(found, PictureFrame)
    return found


def plot_of(window: MainWindow, name: str) -> Plot:
    return {
        "lines": window.gradients.lines,
        "profile": window.gradients.profile,
        "loss": window.loss.plot,
        "accuracy": window.loss.accuracy_plot,
        "surface": window.data.surface,
    }[name]


def open_menu(plot: Plot) -> QMenu:
    """Right-click into the middle of a plot."""
    at = plot.canvas.geometry().center()
    viewport = plot.viewport()
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(viewport, QContextMenuEvent(reason, at, viewport.mapToGlobal(at)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def take(window: MainWindow, name: str, entry: str) -> None:
    """Choose an entry of a picture's menu."""
    plots = {"gradients": "lines", "loss": "loss", "data": "surface"}
    menu = open_menu(plot_of(window, plots[name]))
    (action,) = (action for action in menu.actions() if action.text() == entry)
    action.trigger()
    menu.close()


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where every dialog saves to, without an ending."""
    path = tmp_path / "picture"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), ""))
    return path


def colors_in(image: QImage) -> set[str]:
    places = [(x, y) for x in range(0, image.width(), 5) for y in range(0, image.height(), 2)]
    return {image.pixelColor(x, y).name() for x, y in places}


def test_the_menu_offers_picture_and_numbers(trained: MainWindow) -> None:
    for name in PLOTS:
        menu = open_menu(plot_of(trained, name))
        assert [action.text() for action in menu.actions() if not action.isSeparator()] == [
            "Copy picture",
            "Save picture…",
            "Copy numbers",
            "Save numbers (CSV)…",
        ]
        menu.close()


def test_pictures_are_saved_in_three_times_the_screens_resolution(
    trained: MainWindow, target: Path
) -> None:
    for name in NAMES:
        take(trained, name, "Save picture…")
        assert target.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
        image = QImage(str(target.with_suffix(".png")))
        picture = picture_of(trained, name)
        assert image.width() == 3 * picture.width()
        assert image.height() >= 3 * picture.height()
        assert len(colors_in(image)) > 10


def test_pictures_are_saved_as_lines_and_words(trained: MainWindow, tmp_path: Path) -> None:
    for name in NAMES:
        path = tmp_path / f"{name}.svg"
        picture_of(trained, name).save_picture(path)
        root = ET.fromstring(path.read_text(encoding="utf-8"))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        tags = [element.tag.rpartition("}")[2] for element in root.iter()]
        assert tags.count("polyline") + tags.count("path") + tags.count("image") > 5
        assert tags.count("text") > 5
        assert picture_of(trained, name).title.text() in "".join(root.itertext())


def rows_of(text: str, delimiter: str) -> tuple[list[str], np.ndarray]:
    head, *rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    return head, np.array(rows, float)


@pytest.mark.parametrize("how", ["saved", "copied"])
def test_the_numbers_of_the_gradients_are_those_shown(
    trained: MainWindow, target: Path, how: str
) -> None:
    if how == "saved":
        take(trained, "gradients", "Save numbers (CSV)…")
        text = target.with_suffix(".csv").read_text(encoding="utf-8")
    else:
        take(trained, "gradients", "Copy numbers")
        text = QApplication.clipboard().text()
    head, rows = rows_of(text, "," if how == "saved" else "\t")
    assert head[:4] == [
        "first_step",
        "last_step",
        "signal_gradient_rms_1",
        "signal_gradient_rms_2",
    ]
    np.testing.assert_array_equal(rows[:, 0], np.arange(1, STEPS + 1))
    np.testing.assert_allclose(np.log10(rows[:, 2:15].T), trained.gradients.lines.lines.y)


def test_the_menu_over_the_profile_offers_the_profiles_numbers(trained: MainWindow) -> None:
    for name, first in (("profile", "layer"), ("lines", "first_step"), ("profile", "layer")):
        menu = open_menu(plot_of(trained, name))
        (action,) = (one for one in menu.actions() if one.text() == "Copy numbers")
        action.trigger()
        menu.close()
        head, _ = rows_of(QApplication.clipboard().text(), "\t")
        assert head[0] == first


def test_the_numbers_of_the_loss_are_those_shown(trained: MainWindow) -> None:
    text = trained.loss.numbers().to_csv().replace("present,", "0,")  # the run's name
    head, rows = rows_of(text, ",")
    assert head[0] == "run"
    columns = dict(zip(head, rows.T, strict=True))
    np.testing.assert_allclose(columns["loss"], trained.loss.train.y[0])
    measured = np.isfinite(columns["test_loss"])
    np.testing.assert_allclose(columns["test_loss"][measured], trained.loss.test.y[0])
    np.testing.assert_array_equal(columns["last_step"], np.arange(1, STEPS + 1))


def test_the_numbers_of_the_data_are_those_shown(window: MainWindow, qtbot: QtBot) -> None:
    data = window.data
    for source, kind in (
        ("moons", Surface),
        ("digits", Confusion),
        ("white_noise", Predictions),
    ):
        changes = {"data.source": source, "data.inputs": 5}
        window.change_spec(window.session.spec.with_values(changes), "data")
        qtbot.waitUntil(lambda kind=kind: isinstance(data._answer, kind))  # type: ignore[misc]
        answer = data._answer
        head, rows = rows_of(data.numbers().to_csv(), ",")
        if isinstance(answer, Surface):
            assert head == ["input_1", "input_2", "answer"]
            np.testing.assert_allclose(rows[:, 2], answer.values.ravel(), rtol=1e-6)
        elif isinstance(answer, Confusion):
            np.testing.assert_array_equal(rows, answer.counts)
        elif isinstance(answer, Predictions):
            np.testing.assert_allclose(rows, np.column_stack([answer.true, answer.predicted]))


def test_a_copied_picture_is_on_the_clipboard(trained: MainWindow) -> None:
    take(trained, "loss", "Copy picture")
    image = QApplication.clipboard().image()
    assert image.width() == 3 * trained.loss.width()
    QApplication.clipboard().clear()


def test_saving_into_a_missing_folder_says_why(
    trained: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    entries = {".png": "Save picture…", ".svg": "Save picture…", ".csv": "Save numbers (CSV)…"}
    for ending, entry in entries.items():
        path = tmp_path / "<img src=x>" / f"name{ending}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, p=path: (str(p), ""))
        take(trained, "loss", entry)
        (box,) = boxes(trained)
        assert box.textFormat() == Qt.TextFormat.PlainText
        (said,) = close_boxes(qtbot, trained)
        assert said == f"{path} could not be saved: No such file or directory."


def test_the_pointer_reads_the_nearest_line(trained: MainWindow, qtbot: QtBot) -> None:
    panel = trained.gradients
    lines = panel.lines.lines
    hover(panel.lines, float(lines.x[4]), float(lines.y[2, 4]))
    value = number(10 ** float(lines.y[2, 4]))
    qtbot.waitUntil(lambda: panel.readout.text() == f"step 5, layer 3: {value}")
    assert lines.front == 2
    QApplication.sendEvent(panel.lines.viewport(), QEvent(QEvent.Type.Leave))
    assert panel.readout.text() == ""


def test_the_pointer_reads_a_layer_of_the_profile(trained: MainWindow, qtbot: QtBot) -> None:
    profile = trained.gradients.profile
    hover(profile, 4.2, float(np.log10(profile.values[3])))
    expected = f"layer 4: {number(profile.values[3])}"
    qtbot.waitUntil(lambda: trained.gradients.readout.text().startswith(expected))


def test_the_pointer_reads_a_step_of_the_map(trained: MainWindow, qtbot: QtBot) -> None:
    panel = trained.gradients
    panel.view.choose(1)
    qtbot.waitUntil(lambda: panel.map.image._corners is not None and panel.map.canvas.width() > 99)
    hover(panel.map, 2.6, 12.0)
    value = number(10 ** float(panel.lines.lines.y[11, 2]))
    qtbot.waitUntil(lambda: panel.readout.text() == f"step 3, layer 12: {value}")


def test_the_pointer_reads_a_step_of_the_loss_and_holds_it(
    trained: MainWindow, qtbot: QtBot
) -> None:
    readout = trained.loss.readout
    numbers = readout.text()
    hover(trained.loss.plot, 4, float(trained.loss.train.y[0, 3]))
    value = number(float(trained.loss.train.y[0, 3]))
    qtbot.waitUntil(lambda: f"step 4, train loss {value}" in readout.text())
    press(trained, Key.Key_Right)
    qtbot.waitUntil(lambda: shown_step(trained) == STEPS + 1)
    assert "step 4," in readout.text(), "new steps do not take the place of what is read"
    QApplication.sendEvent(trained.loss.plot.viewport(), QEvent(QEvent.Type.Leave))
    assert "train" in readout.text()
    assert readout.text() != numbers


def test_the_newest_numbers_are_whole_or_left_out(trained: MainWindow) -> None:
    loss = trained.loss
    for larger in (0, 3, 8):
        trained.theme.set_zoom(larger)
        for width in (900, 420, 330, 260):
            loss.readout.setFixedWidth(width)
            loss._show_readout()
            QApplication.processEvents()
            document = QTextDocument()
            document.setDefaultFont(loss.readout.font())
            document.setHtml(loss.readout.text())
            words = document.toPlainText().replace("\u00a0", " ")
            metrics = loss.readout.fontMetrics()
            assert words.startswith("— train ")
            assert metrics.horizontalAdvance(words) <= width or "test" not in words
            assert (loss.readout.toolTip() == "") is words.endswith(" % right")


def test_the_pointer_reads_the_surface(trained: MainWindow, qtbot: QtBot) -> None:
    hover(trained.data.surface, 0.0, 0.0)
    qtbot.waitUntil(lambda: "orange with probability 0." in trained.data.readout.text())


def test_a_drag_zooms_and_a_double_click_goes_back(trained: MainWindow) -> None:
    """Also when the run waits, so that no frame comes to draw it."""
    for name in PLOTS:
        plot = plot_of(trained, name)
        before = plot.view()
        zoom(plot)
        after = plot.view()
        assert before.x_range[0] < after.x_range[0] < after.x_range[1] < before.x_range[1]
        assert before.y_range[0] < after.y_range[0] < after.y_range[1] < before.y_range[1]
        double_click(plot.viewport(), plot.canvas.geometry().center())
        assert plot.view().x_range == before.x_range
        low, high = plot.view().y_range
        assert low < after.y_range[0] < after.y_range[1] < high
        assert high - low == pytest.approx(before.y_range[1] - before.y_range[0], rel=0.3)


@pytest.mark.parametrize("names", [("lines", "profile", "loss", "surface"), ("accuracy",)], ids=str)
def test_a_zoom_stays_while_training_goes_on(
    trained: MainWindow, names: tuple[str, ...], qtbot: QtBot
) -> None:
    plots = [plot_of(trained, name) for name in names]
    for plot in plots:
        zoom(plot)
    zoomed = [plot.view() for plot in plots]
    play(qtbot, trained, steps=60)
    pause(qtbot, trained)
    assert [plot.view() for plot in plots] == zoomed
    loss, accuracy = (plot_of(trained, name).view() for name in ("loss", "accuracy"))
    assert loss.x_range == accuracy.x_range
    for plot in plots:
        double_click(plot.viewport(), plot.canvas.geometry().center())
    play(qtbot, trained, steps=5)
    pause(qtbot, trained)
    for plot, before in zip(plots, zoomed, strict=True):
        assert plot.view().x_range[1] > before.x_range[1]


def test_loss_and_accuracy_share_their_steps(trained: MainWindow) -> None:
    for one, other in (("loss", "accuracy"), ("accuracy", "loss")):
        zoom(plot_of(trained, one))
        assert plot_of(trained, one).view().x_range == plot_of(trained, other).view().x_range
        double_click(
            plot_of(trained, one).viewport(), plot_of(trained, one).canvas.geometry().center()
        )
        assert plot_of(trained, one).view().x_range == plot_of(trained, other).view().x_range
    zoom(plot_of(trained, "loss"))
    trained.loss.log_switch.click()
    assert plot_of(trained, "loss").following
    assert plot_of(trained, "loss").view().x_range == plot_of(trained, "accuracy").view().x_range


def test_the_right_button_moves_nothing(trained: MainWindow) -> None:
    plot = trained.gradients.lines
    before = plot.view()
    at = plot.canvas.geometry().center()
    drag(
        plot.viewport(), [at, at + QPoint(60, 40), at + QPoint(90, 70)], Qt.MouseButton.RightButton
    )
    assert plot.view() == before


def test_names_from_outside_are_shown_as_they_are(trained: MainWindow, qtbot: QtBot) -> None:
    surface = trained.data.surface
    surface.set_labels(STRANGE, "y")
    assert surface.x_axis.label.toPlainText().strip() == STRANGE
    surface.apply_theme()
    assert surface.x_axis.label.toPlainText().strip() == STRANGE
    for label in (trained.data.readout, trained.gradients.readout, trained.data.title):
        assert label.textFormat() == Qt.TextFormat.PlainText
    trained.lesson_panel.contents.show_preset(STRANGE, STRANGE)
    for shown in (trained.lesson_panel.contents.title, trained.lesson_panel.contents.text):
        assert shown.text() == STRANGE
        assert shown.textFormat() == Qt.TextFormat.PlainText


def test_class_names_are_read_as_they_are(window: MainWindow, qtbot: QtBot) -> None:
    window.change_spec(window.session.spec.with_values({"data.source": "iris"}), "data")
    confusion = window.data.confusion
    qtbot.waitUntil(lambda: confusion.isVisible() and len(confusion._counts) == 3)
    confusion.set_names((STRANGE, "b", "c"))
    mouse(confusion, QEvent.Type.MouseMove, QPoint(confusion.MARGIN + 5, 9), down=False)
    assert window.data.readout.text().endswith(f"× {STRANGE} taken for {STRANGE}")


def test_an_empty_picture_says_what_would_fill_it(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.loss.readout.text() == "press Space to train")
