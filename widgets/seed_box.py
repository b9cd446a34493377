"""Which of the networks that are trained side by side is looked at."""

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QWidget

from widgets.controls.manners import teach
from widgets.focus import Focus


class SeedBox(QWidget):
    """A number box from 1 to the number of networks; it moves the focus."""

    def __init__(self, focus: Focus) -> None:
        super().__init__()
        self._focus = focus
        self.box = QSpinBox()
        self.box.setKeyboardTracking(False)
        self.box.setMinimum(1)
        self.box.setAccessibleName(self.tr("Network shown"))
        self.box.setToolTip(
            self.tr("Which of the networks the data, network and distribution pictures show.")
        )
        teach(self.box)
        label = QLabel(self.tr("Show"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 0, 0)
        layout.addWidget(label)
        layout.addWidget(self.box)
        self.box.valueChanged.connect(lambda number: focus.choose_seed(number - 1))
        focus.changed.connect(self._on_focus_changed)

    def set_count(self, count: int) -> None:
        """Offer the networks of a new run."""
        with QSignalBlocker(self.box):
            self.box.setMaximum(count)
            self.box.setSuffix(self.tr(" of {0}").replace("{0}", str(count)))
        self._focus.choose_seed(min(self._focus.seed, count - 1))

    def _on_focus_changed(self) -> None:
        with QSignalBlocker(self.box):
            self.box.setValue(self._focus.seed + 1)
