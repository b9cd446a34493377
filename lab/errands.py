"""Long computations beside the training: each in a plain thread, with its progress, and an end.

Work is a generator: it yields how far it is, 0 to 1, and returns its result. At a yield it can be
cancelled, so they should lie no more than some 20 ms apart. What it computes with must be its own,
such as a specimen. `Errands.poll`, called by the window's one timer, tells what happened.
"""

import logging
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from core.pieces import Pieces

LOG = logging.getLogger(__name__)

REST, LONGEST_REST_S = 1.0, 0.05  # times the work before it

T = TypeVar("T")
Work = Pieces[T]


class Unfinished(Exception):
    """Work that could not be done for a known reason, which is one sentence for people."""


class Errand(Generic[T]):
    """Once it has ended, it is `cancelled`, has a `failure`, one line about it, or a `result`.

    `moved` and `ended` are called by `Errands.poll`, `ended` exactly once.
    """

    def __init__(
        self,
        work: Work[T],
        moved: Callable[[float], object],
        ended: Callable[["Errand[T]"], object],
        is_polite: Callable[[], bool],
    ) -> None:
        self.result: T | None = None
        self.failure = ""
        self.cancelled = False
        self._work, self._moved, self._ended = work, moved, ended
        self._is_polite = is_polite
        self._progress = self._told = 0.0
        self._thread = threading.Thread(target=self._run, name="errand")
        self._thread.start()

    def cancel(self) -> None:
        """Let it end without a result."""
        self.cancelled = True

    @property
    def over(self) -> bool:
        """Whether its thread has ended."""
        return not self._thread.is_alive()

    def tell(self, *, over: bool) -> None:
        """Say how far it is, or how it ended."""
        if over:
            self._ended(self)
        elif self._progress != self._told:
            self._told = self._progress
            self._moved(self._told)

    def _run(self) -> None:
        try:
            while not self.cancelled:
                began = time.perf_counter()
                self._progress = next(self._work)
                if self._is_polite():
                    worked = time.perf_counter() - began
                    time.sleep(min(REST * worked, LONGEST_REST_S))
        except StopIteration as stop:
            self.result = stop.value
        except Unfinished as error:
            self.failure = str(error)
        except Exception as error:
            LOG.exception("an errand failed")
            self.failure = traceback.format_exception_only(error)[-1].strip()
        finally:
            self._work.close()


class Errands:
    """Those under way. `polite` ones rest between pieces: somebody trains meanwhile."""

    def __init__(self) -> None:
        self.polite = False
        self._all: list[Errand[Any]] = []

    def run(
        self,
        work: Work[T],
        *,
        moved: Callable[[float], object],
        ended: Callable[[Errand[T]], object],
    ) -> Errand[T]:
        """Begin an errand."""
        errand = Errand(work, moved, ended, lambda: self.polite)
        self._all.append(errand)
        return errand

    def poll(self) -> None:
        """Tell what happened since the last call."""
        for errand in list(self._all):
            over = errand.over
            if over:
                self._all.remove(errand)
            errand.tell(over=over)

    def cancel(self) -> None:
        """Let all of them end without a result."""
        for errand in self._all:
            errand.cancel()

    @property
    def over(self) -> bool:
        """Whether the threads of all have ended."""
        return all(errand.over for errand in self._all)


class Latest(Generic[T]):
    """The errand that somebody began last; of those before, nothing is told any more."""

    def __init__(self, errands: Errands) -> None:
        self._errands = errands
        self.errand: Errand[T] | None = None  # while it is under way

    def run(
        self,
        work: Work[T],
        *,
        moved: Callable[[float], object],
        ended: Callable[[Errand[T]], object],
    ) -> None:
        """Begin an errand in place of the one under way."""

        def tell_progress(share: float) -> None:
            if self.errand is errand:
                moved(share)

        def tell_end(_errand: Errand[T]) -> None:
            if self.errand is errand:
                self.errand = None
                ended(errand)

        self.drop()
        errand = self.errand = self._errands.run(work, moved=tell_progress, ended=tell_end)

    def cancel(self) -> None:
        """Let it end without a result, which `ended` tells."""
        if self.errand is not None:
            self.errand.cancel()

    def drop(self) -> None:
        """Let it end, and tell nothing more of it."""
        self.cancel()
        self.errand = None
