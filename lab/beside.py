"""A computation in a process of its own: whoever trains and draws here does not feel it.

Threads of one interpreter wait for each other at every call of NumPy; processes do not. It begins
with nothing but what it is given, and yields the processor to those that it is beside.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from core.pieces import Pieces

ROOT = Path(__file__).resolve().parents[1]
POLITENESS = 5  # of 19; who trains, at 0, has three times the right to a processor
BELOW_NORMAL = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)  # what Windows has for it

T = TypeVar("T")


def beside(pieces: Callable[..., Pieces[T]], *args: Any) -> Pieces[T]:
    """Walk through `pieces(*args)` in another process; what is raised there is raised here.

    All is pickled, there and back: a function of a module, arguments, result. To close the
    generator ends the process. Raises RuntimeError if the process has died.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        creationflags=BELOW_NORMAL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        try:
            yield 0.0
            pickle.dump((pieces, args), process.stdin)
            process.stdin.flush()
            while True:
                kind, value = pickle.load(process.stdout)
                if kind == "result":
                    result: T = value
                    return result
                if kind == "failure":
                    raise value
                yield value
        except (EOFError, BrokenPipeError) as error:
            process.stdout.close()
            raise RuntimeError(
                f"the process that computed it has ended, with code {process.wait()}"
            ) from error
        finally:
            process.kill()


def _walk(given: BinaryIO, told: BinaryIO) -> None:
    """Be the other process."""

    def tell(kind: str, value: object) -> None:
        pickle.dump((kind, value), told)
        told.flush()

    try:
        pieces, args = pickle.load(given)
        walking = pieces(*args)
        while True:
            tell("share", next(walking))
    except StopIteration as stop:
        tell("result", stop.value)
    except BrokenPipeError:  # nobody listens any more
        os._exit(1)
    except Exception as error:
        tell("failure", error)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who began it ends it
    if hasattr(os, "nice"):
        os.nice(POLITENESS)
    _walk(sys.stdin.buffer, sys.stdout.buffer)
