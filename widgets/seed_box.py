"""Which of the networks that are trained side by side is looked at."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from widgets.controls.index_box import IndexBox
from widgets.focus import Focus


class SeedBox(QWidget):
    """A number box from 1 to the number of networks; it moves the focus.

    `refused` carries a sentence on a typed number of which there is no network.
    """

    refused = Signal(str)

    def __init__(self, focus: Focus) -> None:
        super().__init__()
        self._focus = focus
        self.box = IndexBox(
            self.tr("Network shown"),
            self.tr("Which of the networks the data, network and distribution pictures show."),
            self.tr("network"),
            self.tr("networks"),
        )
        self.box.limit(1, 1)
        self.box.refused.connect(self.refused)
        label = QLabel(self.tr("Show"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 0, 0)
        layout.addWidget(label)
        layout.addWidget(self.box)
        self.box.valueChanged.connect(lambda number: focus.choose_seed(number - 1))
        focus.changed.connect(self._on_focus_changed)

    def set_count(self, count: int) -> None:
        """Offer the networks of a new run."""
        self.box.limit(1, count)
        with QSignalBlocker(self.box):
            self.box.setSuffix(self.tr(" of {0}").replace("{0}", str(count)))
        self._focus.choose_seed(min(self._focus.seed, count - 1))

    def _on_focus_changed(self) -> None:
        self.box.set_value(self._focus.seed + 1)
