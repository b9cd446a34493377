"""The runs a session compares with: up to eight, each at a place of its own.

Making a pin takes time and is left to the training thread; here is what has become of the requests,
and what a person changes in the pins that are there.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path

from lab.commands import PinFile, PinRun
from lab.mailbox import NotPinned, Pinned
from lab.pins import ALL_TAKEN, MOST_PINS, Label, Pin, PinError, changed, fitted, usual_name
from lab.runfile import SUFFIX
from lab.signals import Signal
from lab.spec import Spec
from lab.words import one_line


class PinBoard:
    """Pins by place. Of what is asked for, `pinned` (after `changed`) or `failed` tells.

    `folder` is where live runs are written, so that they outlive the program; None keeps none.
    """

    def __init__(self, send: Callable[[PinRun | PinFile], None]) -> None:
        self.changed = Signal[[]]()
        self.pinned = Signal[[Pin]]()
        self.failed = Signal[[str]]()
        self.pins: tuple[Pin, ...] = ()
        self.folder: Path | None = None
        self._send = send
        self._awaited = 0

    def pin_run(self, spec: Spec, label: Label) -> None:
        """Ask for a pin of the run in training, of this spec. Raises PinError without a place."""
        self._await()
        path = None
        if self.folder is not None:
            path = self.folder / f"pin {datetime.now():%Y-%m-%d %H.%M.%S.%f}{SUFFIX}"
        name = label.name or usual_name(spec, self.pins)
        self._send(PinRun(path, replace(label, name=name)))

    def pin_file(self, path: Path, label: Label | None = None) -> None:
        """Ask for a pin of a run from a file. Raises PinError when all places are taken."""
        self._await()
        label = label or Label()
        self._send(PinFile(path, replace(label, name=label.name or path.stem)))

    def unpin(self, place: int) -> Pin:
        """Compare with a run no more; return it, for `put_back`. Its file stays."""
        pin = self.at(place)
        self._set(tuple(other for other in self.pins if other is not pin))
        return pin

    def put_back(self, pin: Pin) -> Pin:
        """Compare with a run again. Raises PinError when all places are taken."""
        pin = fitted(pin, self.pins)
        self._set(tuple(sorted((*self.pins, pin), key=attrgetter("place"))))
        return pin

    def change(
        self,
        place: int,
        *,
        name: str | None = None,
        note: str | None = None,
        visible: bool | None = None,
    ) -> None:
        """Rename, annotate, show or hide a pinned run. Raises PinError for an empty name."""
        old = self.at(place)
        new = changed(old, name=name, note=note, visible=visible)
        self._set(tuple(new if pin is old else pin for pin in self.pins))

    def at(self, place: int) -> Pin:
        """Return the pin at a place. Raises KeyError when there is none."""
        return {pin.place: pin for pin in self.pins}[place]

    def hear(self, message: Pinned | NotPinned) -> None:
        """Take what has become of a request."""
        self._awaited -= 1
        if isinstance(message, NotPinned):
            self.failed.emit(message.reason)
            return
        label = message.label
        name, place = one_line(label.name), -1 if label.place is None else label.place
        pin = Pin(place, name, message.spec, message.history, message.path)
        if message.reason:
            self.failed.emit(
                f"“{name}” is pinned for now only, as it could not be written to "
                f"{self.folder}: {message.reason}."
            )
        try:
            pin = self.put_back(replace(pin, note=label.note, visible=label.visible))
        except PinError as error:  # a removed one was put back meanwhile
            self.failed.emit(str(error))
        else:
            self.pinned.emit(pin)

    def _await(self) -> None:
        if len(self.pins) + self._awaited >= MOST_PINS:
            raise PinError(ALL_TAKEN)
        self._awaited += 1

    def _set(self, pins: tuple[Pin, ...]) -> None:
        self.pins = pins
        self.changed.emit()
