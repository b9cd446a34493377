"""A computation in a process of its own: whoever trains and draws here does not feel it.

Threads of one interpreter wait for each other at every call of NumPy; processes do not. It begins
with nothing but what it is given, and yields the processor to those that it is beside.
"""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO, TypeVar

from core.pieces import Pieces
from lab.errands import Unfinished
from lab.processes import begin
from lab.words import reason_of

POLITENESS = 5  # of 19; who trains, at 0, has three times the right to a processor
BELOW_NORMAL = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)  # what Windows has for it
PATIENCE_S = 0.02  # after so long without a word from it, it can be ended

T = TypeVar("T")
Told = SimpleQueue[tuple[str, Any]]


def beside(pieces: Callable[..., Pieces[T]], *args: Any) -> Pieces[T]:
    """Walk through `pieces(*args)` in another process; what is raised there is raised here.

    All is pickled, there and back: a function of a module, arguments, result. To close the
    generator ends the process. Raises Unfinished if the process cannot begin, or dies.
    """
    try:
        process = begin(__name__, BELOW_NORMAL)
    except OSError as error:
        raise Unfinished(f"no process can begin for it ({reason_of(error).lower()}).") from error
    told, share = Told(), 0.0
    with process:
        # A process that hangs would hold whoever writes to it or reads from it.
        talk = threading.Thread(target=_talk, args=(process, (pieces, args), told), name="beside")
        talk.start()
        try:
            while True:
                yield share
                try:
                    kind, value = told.get(timeout=PATIENCE_S)
                except Empty:
                    continue
                if kind == "result":
                    result: T = value
                    return result
                if kind == "failure":
                    raise value
                share = value
        finally:
            process.kill()
            talk.join()


def _talk(process: subprocess.Popen[bytes], asked: object, told: Told) -> None:
    """Ask, and pass on what is told until the end."""
    assert process.stdin is not None
    assert process.stdout is not None
    kind = ""
    try:
        pickle.dump(asked, process.stdin)
        process.stdin.flush()
        while kind not in ("result", "failure"):
            kind, value = pickle.load(process.stdout)
            told.put((kind, value))
    except (OSError, EOFError, pickle.UnpicklingError):
        code = process.wait()
        told.put(("failure", Unfinished(f"the process that computed it has ended, code {code}.")))
    except Exception as error:
        told.put(("failure", error))


def _walk(given: BinaryIO, told: BinaryIO) -> None:
    """Be the other process."""

    def tell(kind: str, value: object) -> None:
        pickle.dump((kind, value), told)
        told.flush()

    pieces, args = pickle.load(given)
    try:
        walking = pieces(*args)
        while True:
            tell("share", next(walking))
    except StopIteration as stop:
        tell("result", stop.value)
    except Exception as error:
        tell("failure", error)


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(POLITENESS)
    try:
        _walk(sys.stdin.buffer, sys.stdout.buffer)
    except (BrokenPipeError, EOFError, pickle.UnpicklingError):
        os._exit(1)  # nobody listens any more
