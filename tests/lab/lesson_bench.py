"""A bench on which a lesson is walked without a window: its steps are performed on a run."""

from core.divergence import Divergence
from lab.lesson_tasks import FieldIs, HasEnded, Situation, StepsTaken, Task
from lab.lessons import Compare, Do, SetUp, Step
from lab.measurements import MeasurementOf
from lab.run import Phase, Run
from lab.spec import KNOBS, Spec

MOST_STEPS = 500  # for a run that is to come to an end


class Bench:
    """Does what a person would do with the controls, and measures what the panel would."""

    def __init__(self) -> None:
        self.run = Run(Spec())
        self.phase = Phase.PAUSED

    def perform(self, step: Step) -> None:
        """Set up or do what a step says; the others ask for nothing."""
        if isinstance(step, SetUp):
            self.run, self.phase = Run(step.spec), Phase.PAUSED
        if isinstance(step, Do):
            self._set(step.tasks)
            for task in step.tasks:
                if isinstance(task, StepsTaken):
                    self._train(task.count)
                if isinstance(task, HasEnded):
                    self._train(self.run.trainer.steps_done + MOST_STEPS)

    def measured(self, step: Compare) -> dict[str, float]:
        """Return the value of every measurement that a step compares."""
        wishes = tuple(MeasurementOf(claim.measure) for claim in step.claims)
        frame = self.run.frame(0.0, renew=True, wishes=wishes)
        return {wish.name: value for wish in wishes if (value := frame.shown(wish)) is not None}

    def situation(self) -> Situation:
        """What a step would see of it."""
        return Situation(self.run.spec, self.run.trainer.steps_done, self.phase)

    def _set(self, tasks: tuple[Task, ...]) -> None:
        changes = {c.path: c.example for c in tasks if isinstance(c, FieldIs)}
        spec = self.run.spec.with_values(changes)
        if all(KNOBS[path].live for path in spec.differences(self.run.spec)):
            self.run.tune(spec)
        else:
            self.run, self.phase = Run(spec), Phase.PAUSED

    def _train(self, steps: int) -> None:
        try:
            while self.run.trainer.steps_done < steps:
                self.run.advance()
        except Divergence:
            self.phase = Phase.DIVERGED
