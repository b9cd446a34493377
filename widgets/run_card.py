"""One run in the list of runs: its mark, its words, its key numbers, and how it differs.

Names and notes may come from strangers: everything is shown as plain text. A card shows what it is
given and says what a person did with it; it changes nothing by itself.
"""

import math
from collections.abc import Collection, Sequence
from html import escape

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lab.compare import KeyNumbers, changes_in_both, differences, last_numbers, warnings
from lab.moments import Mark
from lab.pins import LONGEST_NAME, LONGEST_NOTE, Pin
from lab.spec import Spec
from lab.words import UNKNOWN, known, number, percent, spaced
from widgets.controls.manners import teach
from widgets.icons import icon
from widgets.text_panel import plain_text
from widgets.theme import Theme

COLUMNS = (  # a name, its help, and a text as wide as any
    ("step", "Steps taken.", "000 000"),
    ("loss", "Loss of the last batch trained on.", "0.0e-00"),
    ("test", "Loss on the test set.", "0.0e-00"),
    ("right", "Share of the test set that is classified right.", "00.0 %"),
    ("layer 1", "Signal gradient (RMS) at layer 1, as the verdict judges it.", "0.0e-00"),
    ("factor", "Its factor per layer toward the input, as in the verdict.", "×0.000"),
)
FIRST_LEFT_OUT = ("loss", "right", "step")  # where there is no room for all columns
SPACING = 4
MARK_SIZE, ICON_SIZE = 18, 14


class NumbersRow(QWidget):
    """The key numbers of a run, one column each, as wide as those of every other run."""

    def __init__(self, role: str = "figure") -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        self.cells: list[QLabel] = []
        for name, tip, widest in COLUMNS:
            cell = QLabel(UNKNOWN)
            cell.setProperty("role", role)
            cell.setAlignment(Qt.AlignmentFlag.AlignRight)
            cell.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            cell.setToolTip(self.tr(tip))
            cell.setAccessibleName(self.tr(name))
            layout.addWidget(cell, len(widest))
            self.cells.append(cell)

    def show_names(self) -> None:
        """Be the head of the columns."""
        for cell, (name, _help, _widest) in zip(self.cells, COLUMNS, strict=True):
            cell.setText(self.tr(name))

    def show_numbers(self, numbers: KeyNumbers | None) -> None:
        """Show the numbers of a run, or that there are none."""
        texts = _texts(numbers) if numbers is not None else [UNKNOWN] * len(COLUMNS)
        for cell, text in zip(self.cells, texts, strict=True):
            if cell.text() != text:
                cell.setText(text)

    def show_columns(self, names: Collection[str]) -> None:
        """Show only these columns."""
        for cell, (name, _help, _widest) in zip(self.cells, COLUMNS, strict=True):
            cell.setVisible(name in names)

    def columns_within(self, room: int) -> set[str]:
        """Return the columns whose numbers can be read in so many pixels."""
        metrics = self.cells[0].fontMetrics()
        widths = {name: metrics.horizontalAdvance(text) for name, _help, text in COLUMNS}
        for name in FIRST_LEFT_OUT:
            if sum(widths.values()) + SPACING * (len(widths) - 1) <= room:
                break
            del widths[name]
        return set(widths)


def _texts(numbers: KeyNumbers) -> list[str]:
    right = numbers.test_accuracy
    return [
        spaced(numbers.step),
        known(numbers.loss),
        known(numbers.test_loss),
        UNKNOWN if math.isnan(right) else percent(right),
        known(numbers.first_gradient),
        UNKNOWN if math.isnan(numbers.factor) else f"×{number(numbers.factor)}",
    ]


class RunMark(QLabel):
    """A run's sign: its number on its colour, hollow when the run is hidden."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setFixedSize(MARK_SIZE, MARK_SIZE)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def set_color(self, color: str, over: str, *, filled: bool) -> None:
        """Fill it with a colour, or draw its rim."""
        ground, text = (color, over) if filled else ("transparent", color)
        self.setStyleSheet(
            f"background: {ground}; color: {text}; border: 1px solid {color};"
            " border-radius: 4px; font-weight: 600;"
        )


class PinCard(QFrame):
    """A pinned run. Signals say what a person did: new words, the eye, the cross."""

    named = Signal(str)
    annotated = Signal(str)
    shown = Signal(bool)
    removed = Signal()

    def __init__(self, pin: Pin, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.pin = pin
        self.mark = RunMark("")
        self.name = _line("title", LONGEST_NAME)
        self.note = _line("muted", LONGEST_NOTE)
        self.note.setPlaceholderText(self.tr("note"))
        self.note.setToolTip(self.tr("A note of your own about this run."))
        self.eye = _button(self.tr("Show or hide this run in the pictures."))
        self.eye.setCheckable(True)
        self.cross = _button(self.tr("Remove this run from the list; Ctrl+Z brings it back."))
        self.cross.setText("✕")
        self.cross.setProperty("close", "true")
        self.numbers = NumbersRow()
        self.differs, self.warns = plain_text("muted"), plain_text("warning")
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.mark)
        head.addWidget(self.name, 1)
        head.addWidget(self.eye)
        head.addWidget(self.cross)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 8)
        layout.setSpacing(2)
        layout.addLayout(head)
        for widget in (self.numbers, self.differs, self.warns, self.note):
            layout.addWidget(widget)
        self.name.editingFinished.connect(self._on_name_edited)
        self.note.editingFinished.connect(self._on_note_edited)
        self.eye.clicked.connect(self.shown)
        self.cross.clicked.connect(lambda _checked: self.removed.emit())
        self.numbers.show_numbers(last_numbers(pin.history))
        self.set_pin(pin)

    def set_pin(self, pin: Pin) -> None:
        """Show the same run with other words, or hidden."""
        self.pin = pin
        place = pin.place + 1
        self.mark.setText(str(place))
        for line, text in ((self.name, pin.name), (self.note, pin.note)):
            if line.text() != text:
                line.setText(text)
                line.setCursorPosition(0)
        tip = self.tr("{0}: the run's name; type another one.")
        self.name.setToolTip(f"<qt>{escape(tip.replace('{0}', pin.name))}</qt>")
        self.eye.setChecked(pin.visible)
        for widget, words in (
            (self, self.tr("Pinned run {0}")),
            (self.name, self.tr("Name of pinned run {0}")),
            (self.note, self.tr("Note on pinned run {0}")),
            (self.eye, self.tr("Show pinned run {0}")),
            (self.cross, self.tr("Remove pinned run {0}")),
            (self.mark, self.tr("Number {0} in the pictures")),
        ):
            widget.setAccessibleName(words.replace("{0}", str(place)))
        self.apply_theme()

    def compare_with(self, spec: Spec, marks: tuple[Mark, ...]) -> None:
        """Say how the run differs from one of this spec, with these changes while it trained."""
        found = differences(self.pin.spec, spec)
        listed = "; ".join(str(difference) for difference in found)
        lines = [
            self.tr("Pinned → present: {0}").replace("{0}", listed)
            if found
            else self.tr("Same settings as the present run.")
        ]
        lines += changes_in_both(self.pin.history.marks, marks)
        self.differs.setText("\n".join(lines))
        show_warnings(self.warns, warnings(found, self.pin.history.marks, marks))

    def apply_theme(self) -> None:
        """Take over the colours of the present theme."""
        colors = self._theme.colors
        self.mark.set_color(colors.pins[self.pin.place], colors.panel, filled=self.pin.visible)
        eye = "eye" if self.pin.visible else "hidden"
        color = colors.text if self.pin.visible else colors.muted
        self.eye.setIcon(icon(eye, color, ICON_SIZE))

    def _on_name_edited(self) -> None:
        if self.name.text() != self.pin.name:
            self.named.emit(self.name.text())
            self.name.setText(self.pin.name)  # what has become of it; an empty one is refused

    def _on_note_edited(self) -> None:
        if self.note.text() != self.pin.note:
            self.annotated.emit(self.note.text())


def show_warnings(label: QLabel, said: Sequence[str]) -> None:
    """Show sentences that ask for caution, a line each."""
    label.setText("\n".join(f"⚠ {sentence}" for sentence in said))
    label.setVisible(bool(said))


def _line(role: str, longest: int) -> QLineEdit:
    line = QLineEdit()
    line.setProperty("flat", "true")
    line.setProperty("role", role)
    line.setMaxLength(longest)
    line.setMinimumWidth(40)
    return line


def _button(tip: str) -> QToolButton:
    button = QToolButton()
    button.setAutoRaise(True)
    button.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    teach(button)
    return button
