"""Which measured quantity is shown: four at hand, all others in a menu, on either kind of axis."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from core.measures import QUANTITIES
from lab.spec import Spec
from widgets.controls.segments import Segments, small_button
from widgets.plots.shown import Shown

SIGNAL, WEIGHT, CLIPPED, RATIO = QUICK = (
    "signal_gradient_rms",
    "weight_gradient_rms",
    "clipped_gradient_rms",
    "update_ratio",
)


def clips(spec: Spec) -> bool:
    """Tell whether the gradient after clipping is another one than before."""
    return spec.cures.clip_norm > 0 or spec.cures.clip_value > 0


class QuantityChoice(QWidget):
    """`changed` is emitted when a person chooses; the kind of axis is kept per quantity.

    The gradient after clipping is at hand only while something is clipped: else it is the same.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        labels = (self.tr("Signal"), self.tr("Weight"), self.tr("Clipped"), self.tr("Ratio"))
        helps = [QUANTITIES[name].help for name in QUICK]
        self.kind = Segments(list(zip(labels, helps, strict=True)), self.tr("Which gradient"))
        self.more = self._more_button()
        self.log_switch = small_button(
            "log",
            self.tr("Show the magnitude on a logarithmic scale."),
            self.tr("Logarithmic magnitude"),
            checkable=True,
        )
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.kind, self.more, self.log_switch):
            row.addWidget(widget)
        self._logarithmic = {name: one.logarithmic for name, one in QUANTITIES.items()}
        self._name = SIGNAL
        self.set_clipping(on=False)
        self._show()
        self.kind.group.idToggled.connect(self._on_kind_toggled)
        self.log_switch.clicked.connect(self._on_log_clicked)
        self.more.clicked.connect(self._show)  # a click alone presses nothing

    def value(self) -> Shown:
        """Return what is chosen."""
        return Shown(QUANTITIES[self._name], self._logarithmic[self._name])

    @property
    def is_quick(self) -> bool:
        """Whether the quantity is one of those at hand."""
        return self._name in QUICK

    def choose(self, name: str) -> None:
        """Choose a quantity, as a person does."""
        self._name = name
        self._show()
        self.changed.emit()

    def set_clipping(self, *, on: bool) -> None:
        """Offer the gradient after clipping, or no longer."""
        self.kind.group.button(QUICK.index(CLIPPED)).setVisible(on)
        if not on and self._name == CLIPPED:
            self.choose(WEIGHT)

    def _show(self) -> None:
        group = self.kind.group
        group.setExclusive(self.is_quick)
        for index, name in enumerate(QUICK):
            group.button(index).setChecked(name == self._name)
        group.setExclusive(True)
        for action in self.more.menu().actions():
            action.setChecked(action.data() == self._name)
        self.more.setText(self.tr("More") if self.is_quick else QUANTITIES[self._name].label)
        self.more.setChecked(not self.is_quick)
        self.log_switch.setChecked(self._logarithmic[self._name])

    def _more_button(self) -> QToolButton:
        button = small_button(
            self.tr("More"),
            self.tr("Show another quantity measured in every layer."),
            self.tr("More quantities"),
            checkable=True,
        )
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for quantity in QUANTITIES.values():
            action = QAction(f"{quantity.label}   {quantity.symbol}", menu)
            action.setData(quantity.name)
            action.setCheckable(True)
            action.setToolTip(quantity.help)
            action.triggered.connect(partial(self.choose, quantity.name))
            menu.addAction(action)
        menu.setToolTipsVisible(True)
        button.setMenu(menu)
        return button

    def _on_kind_toggled(self, index: int, pressed: bool) -> None:
        if pressed and self._name != QUICK[index]:
            self.choose(QUICK[index])

    def _on_log_clicked(self, pressed: bool) -> None:
        self._logarithmic[self._name] = pressed
        self.changed.emit()
