"""Boxes for whole numbers in which a person may type any: what there is not is refused in words.

Qt's own box swallows the digit that would leave its range, and takes what is left for the number.
"""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QSpinBox

from lab.faults import Fault
from lab.words import one_line, spaced
from widgets.controls.manners import teach

SIGNS_AND_DIGITS = frozenset("+-0123456789")


class WholeBox(QSpinBox):
    """`refused` carries a sentence on a typed number that is not allowed; the old one stays."""

    refused = Signal(str)

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setKeyboardTracking(False)
        self.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToPreviousValue)
        teach(self)

    def limit(self, low: int, high: int) -> None:
        """Offer these numbers; a text that is half typed stays."""
        if (low, high) != (self.minimum(), self.maximum()):
            with QSignalBlocker(self):
                self.setRange(low, high)

    def set_value(self, value: int) -> None:
        """Show a value, silently; a text that is half typed stays if it is the same."""
        if value != self.value():
            with QSignalBlocker(self):
                self.setValue(value)

    def refusal(self, text: str) -> str:
        """Say in a sentence why a typed text is not taken."""
        span = f"{spaced(self.minimum())} to {spaced(self.maximum())}"
        return str(Fault(self.accessibleName(), text, f"a whole number from {span}"))

    def validate(self, text: str, position: int) -> object:
        """Refuse letters at once; a number that is not allowed stays editable and is not taken."""
        typed, special = self._typed(text), self.specialValueText()
        state = QValidator.State.Intermediate
        if self._number(text) is not None:
            state = QValidator.State.Acceptable
        elif not special.startswith(typed) and not set(typed) <= SIGNS_AND_DIGITS:
            state = QValidator.State.Invalid
        return state, text, position

    def fixup(self, text: str) -> str:
        """Qt asks what to make of a text that is no value: nothing, but say so."""
        if typed := self._typed(text):
            self.refused.emit(self.refusal(one_line(typed)))
        return text

    def valueFromText(self, text: str) -> int:
        number = self._number(text)
        return self.value() if number is None else number

    def _typed(self, text: str) -> str:
        return text.removeprefix(self.prefix()).removesuffix(self.suffix()).strip()

    def _number(self, text: str) -> int | None:
        """Return the value that a text means, or None where there is none such."""
        typed = self._typed(text)
        if typed and typed == self.specialValueText():
            return self.minimum()
        if not set(typed) <= SIGNS_AND_DIGITS:
            return None
        try:
            number = int(typed)
        except ValueError:
            return None
        return number if self._lowest <= number <= self.maximum() else None

    @property
    def _lowest(self) -> int:
        """The lowest number; below it there may be a word."""
        return self.minimum() + bool(self.specialValueText())


class IndexBox(WholeBox):
    """The number of something of which there are several: `one` and `many` name it.

    `where` may say of what they are.
    """

    def __init__(self, name: str, tip: str, one: str, many: str) -> None:
        super().__init__(name, tip)
        self._one, self._many, self.where = one, many, ""

    def refusal(self, text: str) -> str:
        what = f"{self._one} {text} {self.where}".strip()
        words = self.tr("There is no {0}: {1}.").replace("{0}", what)
        return words.replace("{1}", self._what_there_is())

    def _what_there_is(self) -> str:
        low, high = self._lowest, self.maximum()
        words = self.tr("{0} are {1} to {2}") if low < high else self.tr("the only one is {1}")
        if special := self.specialValueText():
            words += self.tr(", or {0}").replace("{0}", special)
        words = words.replace("{0}", self._many)
        return words.replace("{1}", spaced(low)).replace("{2}", spaced(high))
