"""What helps against what was found: a row for each cure, with a button that tries it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from lab.handouts import LOCKED
from lab.offers import Offer
from lab.words import number


class CureRow(QWidget):
    """One cure: its name, what it changes and why, and the button."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.offer: Offer | None = None
        self.name, self.change, self.why = QLabel(), QLabel(), QLabel()
        for label, role in ((self.name, "title"), (self.change, ""), (self.why, "muted")):
            label.setProperty("role", role)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.button = QPushButton(self.tr("Try"))
        self.button.setProperty("small", "true")
        self.button.clicked.connect(self._on_button_clicked)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 4)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(0, 1)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.name, 0, 0)
        grid.addWidget(self.button, 0, 1, top)
        grid.addWidget(self.change, 1, 0, 1, 2)
        grid.addWidget(self.why, 2, 0, 1, 2)

    def show_offer(self, offer: Offer) -> None:
        """Show a cure."""
        self.offer = offer
        change = offer.title
        if offer.factor is not None:
            expected = self.tr("in theory ×{0} per layer").replace("{0}", number(offer.factor))
            roughly = self.tr(", roughly") if offer.caution else ""
            change = f"{change}, {expected}{roughly}"
        self.name.setText(self.tr(offer.cure.label))
        self.change.setText(change)
        self.change.setToolTip(self.tr(offer.caution))
        self.why.setText(self.tr(offer.cure.why))
        self.button.setAccessibleName(self.tr("Try {0}").replace("{0}", offer.cure.label))
        self.button.setAccessibleDescription(f"{change}. {self.why.text()}")

    def hold(self, paths: frozenset[str]) -> None:
        """Disable the button where the cure changes one of these fields."""
        assert self.offer is not None
        held = not paths.isdisjoint(self.offer.changes)
        self.button.setEnabled(not held)
        usual = self.tr("Make this one change: {0}.").replace("{0}", self.offer.title)
        self.button.setToolTip(self.tr(LOCKED) if held else usual)

    def _on_button_clicked(self) -> None:
        self.chosen.emit(self.offer)


class CureList(QWidget):
    """Rows under a title, hidden while there is nothing to offer; `chosen` carries the offer."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.offers: tuple[Offer, ...] = ()
        self._held: frozenset[str] = frozenset()
        self._rows: list[CureRow] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 4, 0, 0)
        self._layout.setSpacing(4)
        self.title = QLabel(self.tr("What helps"))
        self.title.setProperty("role", "muted")
        self._layout.addWidget(self.title)
        self.hide()

    @property
    def rows(self) -> list[CureRow]:
        """The rows in use."""
        return self._rows[: len(self.offers)]

    def hold(self, paths: frozenset[str]) -> None:
        """Let no cure be tried that changes one of these fields."""
        self._held = paths
        for row in self.rows:
            row.hold(paths)

    def show_offers(self, offers: tuple[Offer, ...]) -> None:
        """Show these cures, leaving alone what is shown already."""
        if offers == self.offers:
            return
        self.offers = offers
        while len(self._rows) < len(offers):
            row = CureRow()
            row.chosen.connect(self.chosen)
            self._rows.append(row)
            self._layout.addWidget(row)
        for row, offer in zip(self._rows, offers, strict=False):
            row.show_offer(offer)
            row.hold(self._held)
        for index, row in enumerate(self._rows):
            row.setVisible(index < len(offers))
        self.setVisible(bool(offers))
