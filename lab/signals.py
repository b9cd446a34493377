"""Telling others what happened, without knowing them and without a toolkit."""

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Signal(Generic[P]):
    """Something that happens. Receivers are called in the thread that emits, in their order."""

    def __init__(self) -> None:
        self._receivers: list[Callable[P, object]] = []

    def connect(self, receiver: Callable[P, object]) -> None:
        """Call `receiver` whenever this happens."""
        self._receivers.append(receiver)

    def disconnect(self, receiver: Callable[P, object]) -> None:
        """Call it no more. Raises ValueError when it was not connected."""
        self._receivers.remove(receiver)

    def emit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Say that it happened; an exception of a receiver goes to the caller."""
        for receiver in tuple(self._receivers):
            receiver(*args, **kwargs)
