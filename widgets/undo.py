"""Undo for every slider and choice, and for numbers set by hand: one gesture is one named step."""

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from lab.spec import Spec

NO_GESTURE = -1


class SpecChange(QUndoCommand):
    """A change of the spec; changes of one field in one gesture become one step.

    A gesture that ends where it began leaves no step.
    """

    def __init__(
        self,
        apply: Callable[[Spec], None],
        before: Spec,
        after: Spec,
        text: str,
        gesture: tuple[str, int] | None = None,
    ) -> None:
        super().__init__(text)
        self._apply = apply
        self._before = before
        self._after = after
        self._gesture = gesture

    def redo(self) -> None:
        self._apply(self._after)

    def undo(self) -> None:
        self._apply(self._before)

    def id(self) -> int:
        return 1 if self._gesture else NO_GESTURE

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, SpecChange) or other._gesture != self._gesture:
            return False
        self._after = other._after
        self.setText(other.text())
        self.setObsolete(self._after == self._before)
        return True


class ParameterChange(QUndoCommand):
    """One parameter set by hand; to take it back sets the value it had then."""

    def __init__(
        self, apply: Callable[[float], None], before: float, after: float, text: str
    ) -> None:
        super().__init__(text)
        self._apply, self._before, self._after = apply, before, after

    def redo(self) -> None:
        self._apply(self._after)

    def undo(self) -> None:
        self._apply(self._before)
