"""What is chosen of a weight's paths: a sample, a rank, how many are added up, a rung's unit."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from lab.ladders import MOST_LISTED, Choice, Ladder
from widgets.controls.index_box import IndexBox, WholeBox
from widgets.controls.segments import small_button
from widgets.folding_row import FoldingRow


class PathBoxes(FoldingRow):
    """`changed` tells of sample, rank or sum, `led` carries a unit, `freed` lets go of all.

    `refused` carries a sentence on a typed number that there is not.
    """

    changed = Signal()
    led = Signal(int)
    freed = Signal()
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.sample = IndexBox(
            self.tr("Sample"),
            self.tr("Which sample of the batch the factors are those of."),
            self.tr("sample"),
            self.tr("samples"),
        )
        self.rank = IndexBox(
            self.tr("Rank"),
            self.tr("1 is the strongest path, 2 the next, by size of the product."),
            self.tr("rank"),
            self.tr("ranks"),
        )
        self.listed = WholeBox(
            self.tr("Sum"),
            self.tr("How many of the strongest paths are added up, if all are too many."),
        )
        self.unit = IndexBox(
            self.tr("Unit"),
            self.tr("The unit at the chosen rung; the path is led through it."),
            self.tr("unit"),
            self.tr("units"),
        )
        for box in (self.sample, self.rank, self.listed, self.unit):
            self.add(_named(box))
            box.refused.connect(self.refused)
        for box in (self.sample, self.rank):
            box.limit(1, 1)
        self.listed.setRange(1, MOST_LISTED)
        self.listed.setValue(Choice.listed)
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
        self.sample.limit(1, ladder.n_samples)
        self.sample.set_value(ladder.choice.sample + 1)
        tip = self.tr("Which of the batch's {0} samples the factors are those of.")
        self.sample.setToolTip(tip.replace("{0}", str(ladder.n_samples)))
        self.rank.limit(1, min(ladder.n_paths, MOST_LISTED))
        self.rank.set_value(ladder.choice.rank)
        self.listed.setEnabled(not ladder.complete)
        self.free.setEnabled(bool(ladder.choice.through))

    def show_unit(self, unit: int | None, count: int) -> None:
        """Show the unit at the chosen rung, of so many in its layer, or that none is chosen."""
        self.unit.setEnabled(unit is not None)
        if unit is not None:
            self.unit.limit(0, count - 1)
            self.unit.set_value(unit)


def _named(box: WholeBox) -> QWidget:
    """Put a box after its name."""
    whole, label = QWidget(), QLabel(box.accessibleName())
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
    label.setProperty("role", "muted")
    label.setBuddy(box)
    box.setButtonSymbols(WholeBox.ButtonSymbols.NoButtons)
    row.addWidget(label)
    row.addWidget(box)
    return whole
