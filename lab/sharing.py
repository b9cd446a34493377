"""When the steps of several networks are shared out among processes, and how many at once.

Shared out they come faster, but a few at once: commands and frames wait for the last of them, and
whatever needs the networks at a certain step must find one of them ending there.
"""

import statistics
import time
from collections import deque
from collections.abc import Callable, Sequence

from core.training import StepRecord, Trainer
from lab.crew import AHEAD, NONE, Crew, Plan, Together, can_share
from lab.spec import Spec

MOST_TOGETHER = 32  # steps
AT_ONCE_S = 0.03  # what they take at most, unless one alone takes longer
LONGEST_S = 0.3  # a step; who takes longer would seem to hang
WORTH_S = 1.5e-4  # a shorter step takes longer to be shared out
SOON_S = 0.5  # a run that has just begun may give way to another one, as under a moving slider
ALONE_S = 10.0  # after a process has ended by itself, or where all has turned out slower
COMPARED = 20  # times


class Sharing:
    """Shares out the steps of a run's trainer where that is faster."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._crew: Crew | None = None
        self._since: float | None = None
        self._alone_until_s, self._alone_until_step = 0.0, 0
        # Seconds that a step took here, and with a crew.
        self._alone, self._together = deque[float](maxlen=9), deque[float]()

    def step(self, take: Callable[[], StepRecord]) -> StepRecord:
        """Take one step here."""
        began = time.perf_counter()
        record = take()
        self._alone.append(time.perf_counter() - began)
        return record

    def steps(
        self,
        spec: Spec,
        most: int,
        cycles: Sequence[int],
        meanwhile: Callable[[], object],
        *,
        whole: bool = False,
    ) -> Together:
        """Take up to `most` steps with other processes, or none; what is ahead comes first.

        They end where a multiple of a cycle is reached; the last cycle is that of the scores. With
        `whole`, steps soon to come will be whole.
        """
        if self._crew is not None and self._crew.over:
            self._go_alone()
        crew, done = self._crew, self._trainer.steps_done
        plans = [*crew.ahead] if crew else []
        if not plans:
            plan = self._plan(done, most, cycles) if most > 1 else None
            if plan is None or not self._is_time(done):
                return NONE
            plans.append(plan)
        crew = self._crew = crew or Crew(spec, self._trainer)
        planned, ahead = sum(plan.steps for plan in plans), AHEAD if self._affordable > 1 else 1
        while len(plans) <= ahead and (plan := self._plan(done + planned, most - planned, cycles)):
            wanted = whole and not any(other.whole for other in plans)
            plans.append(plan._replace(whole=wanted))
            planned += plan.steps
        steps = plans[0].steps
        began, was_ready = time.perf_counter(), crew.ready
        together = crew.steps(spec, plans, meanwhile)
        if together.records:
            self._together.append((time.perf_counter() - began) / steps)
            if self._is_slower():
                self._go_alone()
        elif was_ready:  # one of these steps cannot be taken
            self._alone_until_step = done + steps
        return together

    @property
    def ahead(self) -> bool:
        """Whether steps are under way that will come before any other."""
        return self._crew is not None and not self._crew.over and bool(self._crew.ahead)

    def forget(self) -> None:
        """Steps may take another time from now on."""
        self._alone.clear()
        self._together.clear()

    def end(self) -> None:
        """Let go of the processes."""
        if self._crew is not None:
            self._crew.close()
        self._crew = self._since = None
        self._together.clear()

    def _go_alone(self) -> None:
        self._alone_until_s = time.perf_counter() + ALONE_S
        self.end()

    def _plan(self, done: int, most: int, cycles: Sequence[int]) -> Plan | None:
        """What to do at once when so many steps are done; one alone only if it takes long."""
        affordable = self._affordable
        due = [every - done % every for every in cycles]
        count = min(most, MOST_TOGETHER, affordable, *due)
        return Plan(count, count == due[-1]) if count > 1 or 1 == affordable <= most else None

    @property
    def _affordable(self) -> int:
        """How many steps may be taken at once; none while it is not known, and none for ever."""
        if not self._alone:
            return 0
        alone = statistics.median(self._alone)
        return max(1, int(AT_ONCE_S / alone)) if alone < LONGEST_S else 0

    def _is_time(self, done: int) -> bool:
        now = time.perf_counter()
        self._since = self._since or now
        waits = now - self._since < SOON_S or now < self._alone_until_s
        quick = statistics.median(self._alone) < WORTH_S
        return not (waits or quick or done < self._alone_until_step) and can_share(self._trainer)

    def _is_slower(self) -> bool:
        """Whether other programs leave the processes too little."""
        if len(self._together) < COMPARED or not self._alone:
            return False
        together = statistics.median(self._together)
        self._together.clear()
        return together > statistics.median(self._alone)
