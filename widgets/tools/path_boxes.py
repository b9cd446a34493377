"""What is chosen of a weight's paths: a sample, a rank, how many are added up, a rung's unit."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QWidget

from lab.ladders import MOST_LISTED, Choice, Ladder
from widgets.controls.manners import teach
from widgets.controls.segments import small_button
from widgets.folding_row import FoldingRow


class PathBoxes(FoldingRow):
    """`changed` tells of sample, rank or sum, `led` carries a unit, `freed` lets go of all."""

    changed = Signal()
    led = Signal(int)
    freed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.sample, self.rank, self.listed, self.unit = (
            _box(self, *words)
            for words in (
                (
                    self.tr("Sample"),
                    self.tr("Which sample of the batch the factors are those of."),
                ),
                (
                    self.tr("Rank"),
                    self.tr("1 is the strongest path, 2 the next, by size of the product."),
                ),
                (
                    self.tr("Sum"),
                    self.tr("How many of the strongest paths are added up, if all are too many."),
                ),
                (
                    self.tr("Unit"),
                    self.tr("The unit at the chosen rung; the path is led through it."),
                ),
            )
        )
        self.listed.setRange(1, MOST_LISTED)
        self.listed.setValue(Choice.listed)
        self.unit.setMinimum(0)
        self.free = small_button(
            self.tr("Free"), self.tr("Let the path pass wherever it is strongest.")
        )
        self.add(self.free)
        for box in (self.sample, self.rank, self.listed):
            box.valueChanged.connect(self.changed)
        self.unit.valueChanged.connect(self.led)
        self.free.clicked.connect(self.freed)

    def show_ladder(self, ladder: Ladder) -> None:
        """Show what it was asked for, and what else there is to choose."""
        with QSignalBlocker(self.sample), QSignalBlocker(self.rank):
            self.sample.setMaximum(ladder.n_samples)
            self.sample.setValue(ladder.choice.sample + 1)
            tip = self.tr("Which of the batch's {0} samples the factors are those of.")
            self.sample.setToolTip(tip.replace("{0}", str(ladder.n_samples)))
            self.rank.setMaximum(min(ladder.n_paths, MOST_LISTED))
            self.rank.setValue(ladder.choice.rank)
        self.listed.setEnabled(not ladder.complete)
        self.free.setEnabled(bool(ladder.choice.through))

    def show_unit(self, unit: int | None, count: int) -> None:
        """Show the unit at the chosen rung, of so many in its layer, or that none is chosen."""
        self.unit.setEnabled(unit is not None)
        if unit is not None:
            with QSignalBlocker(self.unit):
                self.unit.setMaximum(count - 1)
                self.unit.setValue(unit)


def _box(boxes: FoldingRow, text: str, tip: str) -> QSpinBox:
    """Add a box after its name."""
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
    label, box = QLabel(text), QSpinBox()
    label.setProperty("role", "muted")
    label.setBuddy(box)
    box.setMinimum(1)
    box.setKeyboardTracking(False)
    box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
    box.setAccessibleName(text)
    box.setToolTip(tip)
    teach(box)
    row.addWidget(label)
    row.addWidget(box)
    boxes.add(whole)
    return box
