"""Opening a file: the training thread reads it, the session begins with what it has read.

Nothing is changed until then, so that a file that cannot be read leaves everything as it was. What
a person asks of the run in the meantime is meant for the one to come.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from lab.commands import Command, ReadFile
from lab.mailbox import FileNotRead, FileRead
from lab.runfile import read_run
from lab.runform import RunFileError
from lab.words import one_line, reason_of

LOG = logging.getLogger(__name__)


def read_file(wish: ReadFile, run_id: int) -> FileRead | FileNotRead:
    """Read it in the training thread; whatever goes wrong is said and harms no run."""
    try:
        return FileRead(run_id, wish, read_run(wish.path))
    except RunFileError as error:
        reason = str(error)
    except Exception as error:
        LOG.exception("a run file could not be read")
        reason = f"{one_line(wish.path.name)} cannot be opened: {one_line(reason_of(error))}."
    return FileNotRead(run_id, wish, reason)


class Opening:
    """The file that a session is about to open, if any, and the commands that wait for it."""

    def __init__(self, send: Callable[[Command], None]) -> None:
        self._send = send
        self._wish: ReadFile | None = None
        self._waiting: list[Command] = []

    @property
    def under_way(self) -> bool:
        """Whether a file is awaited."""
        return self._wish is not None

    def begin(self, wish: ReadFile) -> None:
        """Await this file, and no other any more."""
        self._wish = wish
        self._send(wish)

    def lead(self, command: Command) -> None:
        """Tell the run on the bench, or the one to come: the training thread is busy till then."""
        if self._wish is None:
            self._send(command)
        else:
            self._waiting.append(command)

    def awaits(self, wish: ReadFile) -> bool:
        """Whether this is the file that a person asked for last."""
        return wish is self._wish

    def give_up(self) -> Path | None:
        """Await no file: what waited for it goes to the run that there is. Return its path."""
        path = None if self._wish is None else self._wish.path
        for command in self.end():
            self._send(command)
        return path

    def end(self) -> list[Command]:
        """Await no file any more; return what waited for it."""
        waiting, self._wish, self._waiting = self._waiting, None, []
        return waiting
