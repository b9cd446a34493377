"""The buttons of a walk: the four stages, finer strides, slow motion, one sample or the batch."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QSpinBox, QWidget

from core.moments import Stage
from widgets.controls.manners import teach
from widgets.controls.segments import Segments, small_button

SLOWEST, FASTEST = 1, 20  # half layers per second


class StageButtons(QWidget):
    """The loop as a row of four buttons; the stage that has happened last is pressed."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.buttons = {}
        tips = {
            Stage.FORWARD: self.tr("Every layer computes its output, from the first to the last."),
            Stage.LOSS: self.tr("The output is compared with the targets."),
            Stage.BACKWARD: self.tr("The gradient goes back, from the last layer to the first."),
            Stage.UPDATE: self.tr("Every weight takes a step down its gradient."),
        }
        for stage, tip in tips.items():
            button = small_button(stage.capitalize(), tip, checkable=True)
            button.clicked.connect(lambda _on, stage=stage: self.chosen.emit(stage))
            row.addWidget(button)
            self.buttons[stage] = button

    def show_stage(self, shown: Stage | None) -> None:
        """Press the button of a stage."""
        for stage, button in self.buttons.items():
            button.setChecked(stage is shown)


class PaceSlider(QSlider):
    """How many layers slow motion passes in a second."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(SLOWEST, FASTEST)
        self.setValue(4)
        self.setFixedWidth(70)
        teach(self)
        self.setAccessibleName(self.tr("Pace of slow motion"))
        self.valueChanged.connect(self._tell)
        self._tell()

    @property
    def interval_ms(self) -> int:
        """The time of one layer."""
        return round(2000 / self.value())

    def _tell(self) -> None:
        text = self.tr("Pace of slow motion: {0} layers a second.")
        self.setToolTip(text.replace("{0}", f"{self.value() / 2:g}"))


class SampleChoice(QWidget):
    """The whole batch, or one sample of the training set; `changed` says that it is another."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
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
        self.number = QSpinBox()
        self.number.setMinimum(1)
        self.number.setAccessibleName(self.tr("Number of the sample"))
        self.number.setToolTip(self.tr("Which sample of the training set, counted from 1."))
        self.number.setKeyboardTracking(False)
        row.addWidget(self.kind)
        row.addWidget(self.number)
        self.kind.group.idToggled.connect(self._on_kind_toggled)
        self.number.valueChanged.connect(self.changed)
        self.number.setEnabled(False)

    def value(self) -> int | None:
        """Return the number of the sample, counted from 0; None is the batch."""
        return self.number.value() - 1 if self.kind.index() else None

    def choose_batch(self) -> None:
        """Show that the batch is taken."""
        with QSignalBlocker(self.kind.group):
            self.kind.choose(0)
        self.number.setEnabled(False)

    def set_count(self, count: int) -> None:
        """Offer so many samples."""
        with QSignalBlocker(self.number):
            self.number.setMaximum(max(1, count))

    def _on_kind_toggled(self, index: int, pressed: bool) -> None:
        if pressed:
            self.number.setEnabled(index == 1)
            self.changed.emit()
