"""Answers of another process by way of memory that both see: through a pipe they took 45 us a step.

Arrays lie in a file that is mapped into both processes, the rest of an answer goes through a pipe.
There are places for a few answers: one stays what it is until all have been written to again.
"""

import mmap
import os
import pickle
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

PLACES = 3
ROOM = 4 << 20  # bytes of an answer's arrays; a larger answer goes through the pipe
ALIGNED = 64
FOLDER = Path("/dev/shm")  # memory, where there is such a folder


class Reader:
    """Has the memory, whose `path` a `Writer` in another process is to be told.

    Raises OSError where there is no room for it.
    """

    def __init__(self) -> None:
        try:
            self._memory = self._mapped(FOLDER)
        except OSError:  # no such folder, or, as in some containers, too small a one
            self._memory = self._mapped(None)

    def _mapped(self, folder: Path | None) -> memoryview:
        with tempfile.NamedTemporaryFile(prefix="answers-", dir=folder, delete=False) as file:
            self.path = Path(file.name)
            try:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, PLACES * ROOM)
                else:
                    file.truncate(PLACES * ROOM)
                return memoryview(mmap.mmap(file.fileno(), PLACES * ROOM))
            except BaseException:
                self.let_go()
                raise

    def load(self, told: IO[bytes]) -> Any:
        """Return an answer; its arrays are views of the memory."""
        data, places = pickle.load(told)
        return pickle.loads(data, buffers=[self._memory[slice(*place)] for place in places])

    def let_go(self) -> None:
        """Remove the file's name; the memory is there for as long as it is used."""
        with suppress(OSError):  # some systems keep the name, too
            self.path.unlink()


class Writer:
    """Writes answers for the `Reader` of a path."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), PLACES * ROOM)
        self._count = 0

    def dump(self, answer: object, told: IO[bytes]) -> None:
        """Tell an answer."""
        buffers = list[pickle.PickleBuffer]()
        data = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL, buffer_callback=buffers.append)
        arrays = [buffer.raw() for buffer in buffers]
        start = self._count % PLACES * ROOM
        end, places, self._count = start + ROOM, list[tuple[int, int]](), self._count + 1
        for array in arrays:
            places.append((start, start + array.nbytes))
            start += -(-array.nbytes // ALIGNED) * ALIGNED
        if start > end:
            data, places = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL), []
        for place, array in zip(places, arrays, strict=False):
            self._memory[slice(*place)] = array
        pickle.dump((data, places), told, pickle.HIGHEST_PROTOCOL)
        told.flush()
