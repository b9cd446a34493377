"""Many networks trained in several processes: as many processors as there are do what one did.

A step of a stack is a hundred calls of NumPy of a few microseconds, between which threads of one
interpreter would wait for each other; processes do not. The trainer of the run stays the one that
knows: for some steps its networks are shared out, and what has become of them is put back. If a
network diverges, or a process ends or hangs, nothing has happened, and the run goes on alone.
"""

import logging
import math
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from importlib import import_module
from itertools import pairwise
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from core.arrays import Array
from core.divergence import Divergence
from core.shares import EVERYONE, Share, joined, share_of, stretch_of, unite
from core.training import StepRecord, Trainer
from lab.build import make_trainer, settings_of
from lab.mapped import PLACES, Reader, Writer
from lab.processes import begin
from lab.scoring import scores_of
from lab.spec import Spec

LOG = logging.getLogger(__name__)

SEEDS = "network.seeds"
FEWEST_NETWORKS = 4  # of a process; with fewer, sharing out costs more than it saves
MOST_PROCESSES = 8
AHEAD = PLACES - 1  # plans: so no process waits for another one, nor for what is done between them
MOST_BYTES = 256 << 20  # of a trainer, which there will be twice
PATIENCE_S = 3.0  # for steps that take far less; then a process hangs
PIPE_BYTES = 1 << 20
LOOK_S = 1.0  # how often that is looked at


class Plan(NamedTuple):
    """So many steps, and whether the networks are scored after the last of them.

    After steps that are to be `whole`, what the last one leaves for pictures is there, too.
    """

    steps: int
    score: bool = False
    whole: bool = False


class Together(NamedTuple):
    """What steps saw, and the scores (n, 3) if they were planned."""

    records: list[StepRecord]
    scores: Array | None = None
    whole: bool = False


NONE = Together([])


class _Asked(NamedTuple):
    """What a process is to do; with what is new of its networks and of their settings."""

    plan: Plan
    spec: Spec | None
    networks: Share | None


class Crew:
    """Takes steps of a trainer of several networks, by processes that have a share of them each.

    The processes begin in the background; until all are there, and when one has ended, `steps`
    takes none. `ahead` is what they have been asked for already. Who has made a crew closes it.
    """

    def __init__(self, spec: Spec, trainer: Trainer) -> None:
        self._trainer, self._spec = trainer, spec
        count, seeds = _processes_for(trainer), spec.network.seeds
        edges = [seeds * index // count for index in range(count + 1)]
        self._parts = [slice(*pair) for pair in pairwise(edges)]
        self._processes = list[subprocess.Popen[bytes]]()
        self._readers = list[Reader]()
        self.ahead: Sequence[Plan] = ()
        # The networks as they were put back at last: where they still are so, they are known.
        self._left: Sequence[tuple[slice, Share]] = ()
        self._deadline = math.inf
        self._ready, self._closed = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        threading.Thread(target=self._attend, name="crew", daemon=True).start()

    def steps(self, spec: Spec, plans: Sequence[Plan], meanwhile: Callable[[], object]) -> Together:
        """Take the steps of the first plan, with the settings of the spec, and call `meanwhile`.

        The processes go on with the other plans, which can be up to `AHEAD`. Those they are ahead
        with come first, if these are still what is wanted. Takes none, changing nothing, where a
        network diverges and where not all processes are to be had.
        """
        if not self.ready:
            return NONE
        self._deadline = time.monotonic() + PATIENCE_S
        known = spec == self._spec and self._knows_all()
        if self.ahead and not (known and [*plans[: len(self.ahead)]] == [*self.ahead]):
            self._forget()
            known = False
        for plan in plans[len(self.ahead) :]:
            self._ask(plan, spec, known=known)
            known = True
        self.ahead = plans[1:]
        together = self._put_back(plans[0], meanwhile)
        if together is NONE:
            self._forget()
        self._deadline = math.inf
        return together

    def _forget(self) -> None:
        """Let what they are ahead with have been for nothing."""
        for _ in self.ahead:
            self._answers()
        self.ahead = ()

    def _ask(self, plan: Plan, spec: Spec, *, known: bool) -> None:
        changed, self._spec = spec if spec != self._spec else None, spec
        for runs, process in zip(self._parts, self._processes, strict=True):
            networks = None if known else share_of(self._trainer, runs)
            self._tell(process, _Asked(plan, changed, networks))

    def _put_back(self, plan: Plan, meanwhile: Callable[[], object]) -> Together:
        """Let the trainer have what has become of its networks."""
        self._left = ()
        try:
            meanwhile()
            done = self._answers()
        except BaseException:  # Ctrl+C too
            self.close()
            raise
        if any(answer is None for answer in done):
            return NONE
        shares, stretches, scores = zip(*done, strict=True)
        self._left = [*zip(self._parts, shares, strict=True)]
        unite(self._trainer, self._left)
        found = np.concatenate(scores) if plan.score else None
        together = Together(joined(stretches), found, plan.whole)
        self._blank(together)
        return together

    def _blank(self, together: Together) -> None:
        """Of a network that has retired nothing is known, as in a step taken here."""
        retired = self._trainer.retired
        if not retired:
            return
        for record in together.records:
            retired.blank(record.loss, record.magnitudes)
        if together.scores is not None:
            together.scores[list(retired.runs)] = math.nan

    def _knows_all(self) -> bool:
        return bool(self._left) and all(s.is_of(self._trainer, runs) for runs, s in self._left)

    def _answers(self) -> list[Any]:
        """What the processes tell, in memory that they write to again when they are `AHEAD`."""
        pairs = zip(self._processes, self._readers, strict=True)
        return [self._told(process, reader) for process, reader in pairs]

    @property
    def ready(self) -> bool:
        """Whether all processes are there."""
        return self._ready.is_set() and not self.over

    @property
    def over(self) -> bool:
        """Whether a process has ended, or is to end."""
        return self._closed.is_set()

    def close(self) -> None:
        """End the processes."""
        self._closed.set()
        with self._lock:
            for process in self._processes:
                process.kill()

    def _attend(self) -> None:
        """Begin the processes, and end them should one hang (in a thread of its own)."""
        with suppress(OSError), ExitStack() as stack:  # a pipe may end with something still in it
            for runs in self._parts:
                if self._closed.is_set():
                    return
                try:
                    reader = Reader()
                    stack.callback(reader.let_go)
                    process = begin(__name__)
                except OSError as error:
                    LOG.warning("no process can begin beside the training: %s", error)
                    self.close()
                    return
                stack.enter_context(process)
                _widen(process.stdout)
                with self._lock:
                    self._processes.append(process)
                    self._readers.append(reader)
                spec = self._spec.with_values({SEEDS: runs.stop - runs.start})
                self._tell(process, (spec, reader.path))
                if self._closed.is_set():
                    process.kill()
            if all(self._answers()):
                for reader in self._readers:
                    reader.let_go()
                self._ready.set()
            while not self._closed.wait(LOOK_S):
                if time.monotonic() > self._deadline:
                    self._end()

    def _tell(self, process: subprocess.Popen[bytes], what: object) -> None:
        assert process.stdin is not None
        try:
            pickle.dump(what, process.stdin, pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
        except (OSError, ValueError):  # or closed meanwhile
            self._end()

    def _told(self, process: subprocess.Popen[bytes], reader: Reader) -> Any:
        """Return what a process tells, or None if it has ended."""
        assert process.stdout is not None
        try:
            return reader.load(process.stdout)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):  # or closed meanwhile
            self._end()
            return None

    def _end(self) -> None:
        if not self._closed.is_set():
            LOG.warning("a process that trained some of the networks has ended, or hangs")
        self.close()


def _widen(pipe: Any) -> None:
    """Let a pipe hold a whole answer, where it can: so who writes need not wait for who reads."""
    with suppress(ImportError, AttributeError, OSError):
        fcntl: Any = import_module("fcntl")
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def can_share(trainer: Trainer) -> bool:
    """Whether there are networks and processors enough for a crew, and not too much memory."""
    network = trainer.network
    held = network.memory.nbytes + trainer.flow.memory.nbytes + trainer.slots.nbytes
    return _processes_for(trainer) > 1 and held <= MOST_BYTES


def _processes_for(trainer: Trainer) -> int:
    networks = math.prod(trainer.network.runs)
    return min(_processors(), MOST_PROCESSES, networks // FEWEST_NETWORKS)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _serve(given: BinaryIO, told: BinaryIO) -> None:
    """Be one of the processes, until nobody asks any more."""
    spec, path = pickle.load(given)
    writer, trainer = Writer(path), make_trainer(spec)
    answer: object = True
    while True:
        writer.dump(answer, told)
        answer = _answer(trainer, pickle.load(given))


def _answer(trainer: Trainer, asked: _Asked) -> object:
    """Take steps; None if a network diverges."""
    if asked.spec is not None:
        trainer.tune(settings_of(asked.spec))
    if asked.networks is not None:
        unite(trainer, [(EVERYONE, asked.networks)])
    plan = asked.plan
    try:
        records = [trainer.step() for _ in range(plan.steps)]
    except Divergence:
        return None
    scores = scores_of(trainer) if plan.score else None
    return share_of(trainer, last_step=plan.whole), stretch_of(records), scores


if __name__ == "__main__":
    with suppress(BrokenPipeError, EOFError, pickle.UnpicklingError):
        _serve(sys.stdin.buffer, sys.stdout.buffer)
    os._exit(0)  # without a word to a pipe that nobody reads
