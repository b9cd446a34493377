"""The controls of a walk: stages and finer strides, slow motion, one sample or the batch."""

from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QWidget

from core.moments import Stage
from lab.strolls import Stride
from widgets.controls.index_box import IndexBox
from widgets.controls.manners import teach
from widgets.controls.segments import Segments, small_button

SLOWEST, FASTEST = 1, 20  # half layers per second


def _row_of(widget: QWidget, spacing: int) -> QHBoxLayout:
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(spacing)
    return row


class StrideButtons(QWidget):
    """The loop as four buttons, of which that of the last stage is pressed.

    `moved` carries whether it goes on or back, and the stride; `chosen` a stage. The buttons of the
    `finer` strides stand where the panel has room for them.
    """

    moved = Signal(bool, object)
    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        row = _row_of(self, 4)
        self.back = small_button(
            "◂", self.tr("Undo the last stage (Left or Backspace)."), self.tr("Back")
        )
        self.layer = small_button(
            self.tr("Layer ▸"),
            self.tr("Go on by one layer (Shift+Right); Shift+Left goes back."),
            self.tr("Next layer"),
        )
        self.line = small_button(
            self.tr("Line ▸"),
            self.tr("Go on by one line of a layer (Down); Up goes back."),
            self.tr("Next line"),
        )
        row.addWidget(self.back)
        row.addWidget(self._stages())
        self.finer = QWidget()
        finer_row = _row_of(self.finer, 4)
        finer_row.addWidget(self.layer)
        finer_row.addWidget(self.line)
        self.back.clicked.connect(lambda: self.moved.emit(False, Stride.STAGE))
        self.layer.clicked.connect(lambda: self.moved.emit(True, Stride.LAYER))
        self.line.clicked.connect(lambda: self.moved.emit(True, Stride.LINE))

    def show_stage(self, shown: Stage | None) -> None:
        """Press the button of a stage."""
        for stage, button in self.stages.items():
            button.setChecked(stage is shown)

    def _stages(self) -> QWidget:
        whole = QWidget()
        row = _row_of(whole, 0)
        self.stages = {}
        tips = {
            Stage.FORWARD: self.tr("Every layer computes its output, from the first to the last."),
            Stage.LOSS: self.tr("The output is compared with the targets."),
            Stage.BACKWARD: self.tr("The gradient goes back, from the last layer to the first."),
            Stage.UPDATE: self.tr("Every weight takes a step down its gradient."),
        }
        for stage, tip in tips.items():
            keys = self.tr("Right goes on by one stage.")
            button = small_button(stage.capitalize(), f"{tip} {keys}", checkable=True)
            button.clicked.connect(partial(self.chosen.emit, stage))
            row.addWidget(button)
            self.stages[stage] = button
        return whole


class SlowMotion(QWidget):
    """A button that plays a walk and a slider for its pace; `ticked` says that it goes on."""

    ticked = Signal()

    def __init__(self) -> None:
        super().__init__()
        row = _row_of(self, 6)
        self.button = small_button(
            self.tr("Slow"), self.tr("Slow motion: go on, layer by layer."), checkable=True
        )
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(SLOWEST, FASTEST)
        self.slider.setValue(4)
        self.slider.setFixedWidth(60)
        teach(self.slider)
        self.slider.setAccessibleName(self.tr("Pace of slow motion"))
        row.addWidget(self.button)
        row.addWidget(self.slider)
        self._clock = QTimer(self)
        self._clock.timeout.connect(self.ticked)
        self.button.toggled.connect(self._on_toggled)
        self.slider.valueChanged.connect(self._on_pace_changed)
        self._on_pace_changed(self.slider.value())

    def stop(self) -> None:
        """Play no further."""
        self.button.setChecked(False)

    def _on_toggled(self, on: bool) -> None:
        if on:
            self._clock.start()
            self.ticked.emit()
        else:
            self._clock.stop()

    def _on_pace_changed(self, value: int) -> None:
        self._clock.setInterval(round(2000 / value))
        text = self.tr("Pace of slow motion: {0} layers a second.")
        self.slider.setToolTip(text.replace("{0}", f"{value / 2:g}"))


class SampleChoice(QWidget):
    """The whole batch, or one sample of the training set; `changed` says that it is another.

    `refused` carries a sentence on a typed number of which there is no sample.
    """

    changed = Signal()
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        row = _row_of(self, 4)
        self.kind = Segments(
            [
                (self.tr("Batch"), self.tr("Walk through the step that the run takes next.")),
                (
                    self.tr("One sample"),
                    self.tr("Walk through a step with one training sample alone."),
                ),
            ],
            self.tr("What the step learns from"),
        )
        self.number = IndexBox(
            self.tr("Number of the sample"),
            self.tr("Which sample of the training set, counted from 1."),
            self.tr("sample"),
            self.tr("samples"),
        )
        self.number.limit(1, 1)
        self.number.hide()
        row.addWidget(self.kind)
        row.addWidget(self.number)
        self.kind.group.idToggled.connect(self._on_kind_toggled)
        self.number.valueChanged.connect(self.changed)
        self.number.refused.connect(self.refused)

    def value(self) -> int | None:
        """Return the number of the sample, counted from 0; None is the batch."""
        return self.number.value() - 1 if self.kind.index() else None

    def set_count(self, count: int) -> None:
        """Offer so many samples."""
        self.number.limit(1, count)

    def choose_batch(self) -> None:
        """Show that the batch is taken."""
        with QSignalBlocker(self.kind.group):
            self.kind.choose(0)
        self.number.hide()

    def _on_kind_toggled(self, index: int, pressed: bool) -> None:
        if pressed:
            self.number.setVisible(index == 1)
            self.changed.emit()
