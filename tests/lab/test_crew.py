"""Networks trained in several processes: the same bits, and nothing is lost if one ends."""

import math
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lab.crew
import lab.sharing
from core.arrays import Array
from core.places import Place
from core.training import StepRecord
from lab.build import make_trainer
from lab.commands import Pause, Play, Start, Stop, Tune
from lab.crew import NONE, Crew, Plan, Together, can_share
from lab.mailbox import Mailbox, PhaseChanged
from lab.network_view import NetworkState, NetworkView
from lab.run import Phase, Run
from lab.scoring import scores_of, steps_between_scores
from lab.sharing import Sharing
from lab.spec import Spec
from lab.train import _trained
from lab.worker import Worker
from tests.core.engines import REORDERED
from tests.lab.making import WILD, diverge, run_of, spec_of, wait_until

MANY: dict[str, Any] = {"network.seeds": 9, "network.seed": 3}
PROCESSES = 2
ENDLESS = 1 << 30


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has."""
    monkeypatch.setattr(lab.crew, "_processors", lambda: PROCESSES)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run asks for a crew at its first step, however small it is."""
    monkeypatch.setattr(lab.sharing, "SOON_S", 0.0)
    monkeypatch.setattr(lab.sharing, "WORTH_S", 0.0)
    monkeypatch.setattr(lab.sharing, "COMPARED", ENDLESS)


def crew_of(run: Run) -> Crew:
    crew = Crew(run.spec, run.trainer)
    wait_until(lambda: crew.ready, "the processes")
    return crew


def taken(crew: Crew, run: Run, count: int, *then: int) -> list[StepRecord]:
    plans = [Plan(steps) for steps in (count, *then)]
    return crew.steps(run.spec, plans, lambda: None).records


def state_of(run: Run) -> list[Array]:
    """Everything the next step depends on."""
    trainer = run.trainer
    order = trainer.order.state()
    generators = [*order["generators"], *(g.bit_generator.state for g in trainer.dropout_rngs)]
    numbers = [[g["state"]["state"], g["state"]["inc"], g["uinteger"]] for g in generators]
    return [
        trainer.network.parameters.copy(),
        trainer.network.running.copy(),
        trainer.slots.copy(),
        order["permutation"],
        np.array([order["position"], trainer.steps_done, trainer.samples_seen]),
        np.array(numbers, object),
    ]


def assert_same(run: Run, other: Run) -> None:
    for own, theirs in zip(state_of(run), state_of(other), strict=True):
        np.testing.assert_array_equal(own, theirs)


def sharing_of(run: Run) -> Sharing:
    assert run._sharing is not None
    return run._sharing


def ended(crew: Crew) -> bool:
    return all(process.poll() is not None for process in crew._processes)


@pytest.fixture
def no_thread_is_left() -> Iterator[None]:
    yield
    wait_until(
        lambda: not any(thread.name == "crew" for thread in threading.enumerate()), "its end"
    )


@pytest.mark.usefixtures("no_thread_is_left")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cures.dropout": 0.3, "cures.norm": "batch", "training.optimizer": "adam"},
        {
            "network.precision": "float64",
            "data.source": "iris",
            "data.samples": 150,
            "cures.clip_norm": 0.1,
            "training.schedule": "cosine",
        },
        {
            "network.precision": "float16",
            "training.frozen": (2,),
            "cures.residual": True,
            "cures.norm": "layer",
            "cures.l1": 0.001,
            "cures.l2": 0.01,
            "cures.clip_value": 0.1,
        },
    ],
)
def test_steps_are_those_of_one_process(changes: dict[str, Any]) -> None:
    run, alone = run_of({**MANY, **changes}, 1), run_of({**MANY, **changes}, 1)
    with closing(crew_of(run)) as crew:
        seen = [*taken(crew, run, 7, 2, 3), *taken(crew, run, 2, 3), *taken(crew, run, 3)]
        seen += [run.trainer.step(), *taken(crew, run, 6, 9, 2)]  # which nobody will ask for
        changed = run.spec.with_values({"training.learning_rate": 0.02, "training.batch_size": 5})
        run.tune(changed)
        found = crew.steps(run.spec, [Plan(4, score=True)], lambda: None)
        seen += found.records
        run.set_parameter(Place("w", 1, 2, 1), 0.5, 7)
        seen += taken(crew, run, 3)
    expected = [alone.trainer.step() for _ in range(19)]
    alone.tune(changed)
    expected += [alone.trainer.step() for _ in range(4)]
    scores = scores_of(alone.trainer)
    alone.set_parameter(Place("w", 1, 2, 1), 0.5, 7)
    expected += [alone.trainer.step() for _ in range(3)]
    assert_same(run, alone)
    np.testing.assert_array_equal(found.scores, scores)
    for record, other in zip(seen, expected, strict=True):
        assert record.step == other.step
        np.testing.assert_array_equal(record.loss, other.loss)
        np.testing.assert_allclose(record.magnitudes, other.magnitudes, REORDERED)


def test_a_step_that_one_network_cannot_take_is_taken_by_none() -> None:
    run = run_of({**MANY, **WILD})
    with closing(crew_of(run)) as crew:
        before = state_of(run)
        assert taken(crew, run, 60, 5, 3) == []
        assert not crew.ahead
        for own, other in zip(state_of(run), before, strict=True):
            np.testing.assert_array_equal(own, other)
    alone = run_of({**MANY, **WILD})
    assert diverge(run) == diverge(alone)
    assert_same(run, alone)


@pytest.mark.usefixtures("no_thread_is_left")
@pytest.mark.parametrize("what", ["SIGKILL", "SIGSTOP"])
def test_a_process_that_ends_or_hangs_costs_nothing(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.crew, "PATIENCE_S", 0.2)
    monkeypatch.setattr(lab.crew, "LOOK_S", 0.05)
    run, alone = run_of(MANY), run_of(MANY)
    with closing(crew_of(run)) as crew:
        os.kill(crew._processes[1].pid, getattr(signal, what))
        assert taken(crew, run, 5, 5) == []
        assert not crew.ready
        wait_until(lambda: ended(crew), "the end of the other one")
    assert_same(run, alone)
    run.advance()


def test_networks_that_have_diverged_stay_left_behind() -> None:
    run, alone = (run_of({**MANY, "network.activation": "identity"}) for _ in range(2))
    for one in (run, alone):
        one.trainer.network.parameters[7] *= 1e30
        one.advance()
        assert one.trainer.retired.runs == (7,)
    with closing(crew_of(run)) as crew:
        found = crew.steps(run.spec, [Plan(9, score=True)], lambda: None)
    expected = [alone.trainer.step() for _ in range(9)]
    assert_same(run, alone)
    np.testing.assert_array_equal(found.scores, scores_of(alone.trainer))
    for record, other in zip(found.records, expected, strict=True):
        np.testing.assert_array_equal(record.loss, other.loss)
        np.testing.assert_allclose(record.magnitudes, other.magnitudes, REORDERED)


def test_what_they_are_ahead_with_may_fail() -> None:
    run, alone = run_of({**MANY, **WILD}), run_of({**MANY, **WILD})
    with closing(crew_of(run)) as crew:
        first = taken(crew, run, 2, 60)
        assert [record.step for record in first] == [1, 2]
        before = state_of(run)
        assert taken(crew, run, 60, 4) == []
        for own, other in zip(state_of(run), before, strict=True):
            np.testing.assert_array_equal(own, other)
        assert [record.step for record in taken(crew, run, 1)] == [3]
    for _ in range(3):
        alone.trainer.step()
    assert_same(run, alone)


def test_what_they_are_ahead_with_may_not_be_wanted() -> None:
    run, alone = run_of(MANY), run_of(MANY)
    with closing(crew_of(run)) as crew:
        taken(crew, run, 5, 4)
        assert [record.step for record in taken(crew, run, 7)] == [*range(6, 13)]
    for _ in range(12):
        alone.trainer.step()
    assert_same(run, alone)


def test_an_interruption_in_between_changes_nothing() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    run, alone = run_of(MANY), run_of(MANY)
    with closing(crew_of(run)) as crew:
        with pytest.raises(KeyboardInterrupt):
            crew.steps(run.spec, [Plan(30)], interrupt)
        assert not crew.ready
    assert_same(run, alone)


def test_who_closes_it_before_it_is_there_leaves_nothing() -> None:
    run = run_of(MANY)
    crew = Crew(run.spec, run.trainer)
    crew.close()
    wait_until(lambda: ended(crew), "the end")
    assert taken(crew, run, 5) == []


def test_no_process_can_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(Path(__file__).parent / "nothing"))
    run = run_of(MANY)
    crew = Crew(run.spec, run.trainer)
    wait_until(crew._closed.is_set, "the end")
    assert taken(crew, run, 5) == []
    run.advance()


@pytest.mark.parametrize(
    ("changes", "shared"),
    [(MANY, True), ({"network.seeds": 7}, False), ({}, False)],
)
def test_who_is_shared_out(
    changes: dict[str, Any], shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = run_of(changes).trainer
    assert can_share(trainer) == shared
    monkeypatch.setattr(lab.crew, "_processors", lambda: 1)
    assert not can_share(trainer)


def advanced(run: Run, steps: int) -> int:
    """Take steps, as many at once as the run likes; returns the largest number of them."""
    most = 0
    while run.trainer.steps_done < steps:
        most = max(most, run.advance(steps - run.trainer.steps_done))
    return most


@pytest.mark.usefixtures("at_once", "no_thread_is_left")
def test_a_run_is_recorded_as_by_one_process() -> None:
    run, alone = run_of(MANY), run_of(MANY)
    while run.trainer.steps_done < 300:
        run.advance()
    shared_out(run)
    steps = run.trainer.steps_done + 600
    assert advanced(run, steps) > 3
    run.rest()
    for _ in range(steps):
        alone.advance()
    assert_same(run, alone)
    assert len(run.history) == steps
    assert run.trail.every == alone.trail.every
    for seed in (0, 8):
        own, other = run.trail.of(seed), alone.trail.of(seed)
        assert own.keys() == other.keys()
        assert all(np.array_equal(own[step], other[step]) for step in own)
    assert run._checkpoints.step == alone._checkpoints.step
    assert run.scores == alone.scores
    (arrays, numbers), (others, other_numbers) = run.history.state(), alone.history.state()
    assert numbers == other_numbers
    for name, values in arrays.items():
        np.testing.assert_allclose(values, others[name], REORDERED)


def shared_out(run: Run) -> Crew:
    """Let a run share out its steps; returns by whom they are taken."""
    crew = crew_of(run)
    sharing_of(run)._crew = crew
    wait_until(lambda: not run.whole, "steps taken elsewhere", lambda: run.advance(ENDLESS))
    return crew


@pytest.mark.usefixtures("at_once", "no_thread_is_left")
def test_where_it_is_slower_the_run_goes_alone_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = run_of(MANY, 300)
    crew, sharing = shared_out(run), sharing_of(run)
    monkeypatch.setattr(lab.sharing, "COMPARED", len(sharing._together) + 3)
    sharing._together.extend([1e9] * 2)
    run.advance(ENDLESS)
    assert sharing._crew is None
    wait_until(lambda: ended(crew), "the end of the processes")
    assert [run.advance(ENDLESS) for _ in range(50)] == [1] * 50
    sharing._alone_until_s = 0.0
    wait_until(lambda: sharing._crew is not None, "others", lambda: run.advance(ENDLESS))
    others = sharing._crew
    assert others is not None
    others.close()  # as if one had ended by itself
    assert [run.advance(ENDLESS) for _ in range(50)] == [1] * 50
    assert sharing._crew is None
    run.rest()


@pytest.mark.usefixtures("at_once", "no_thread_is_left")
def test_another_batch_size_takes_another_time() -> None:
    run = run_of(MANY, 300)
    shared_out(run)
    wait_until(lambda: run.whole, "a step taken here", lambda: run.advance(1))
    run.tune(run.spec.with_values({"training.batch_size": 40}))
    assert not sharing_of(run)._alone, "how long a step takes now is to be seen"
    assert run.advance(ENDLESS) == 1
    run.rest()


@pytest.mark.usefixtures("at_once", "no_thread_is_left")
def test_steps_that_cannot_be_taken_together_are_taken_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = run_of(MANY, 1500)  # by now little is due every few steps
    crew, tried = shared_out(run), list[tuple[int, int]]()

    def fails(_spec: Spec, plans: Sequence[Plan], *_: Any) -> Together:
        tried.append((run.trainer.steps_done, plans[0].steps))
        crew.ahead = ()
        return NONE

    monkeypatch.setattr(crew, "steps", fails)
    wait_until(lambda: len(tried) == 2, "two attempts", lambda: run.advance(ENDLESS))
    (first, steps), (second, _) = tried
    assert second == first + steps
    run.rest()


@pytest.mark.usefixtures("at_once")
def test_an_interrupted_history_is_told_each_step_once(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(MANY, 300)
    shared_out(run)
    wait_until(lambda: len(run._unwritten) > 2, "steps", lambda: run.advance(ENDLESS))
    append = run.history.append

    def interrupted(*step: Any) -> None:
        append(*step)
        raise KeyboardInterrupt

    monkeypatch.setattr(run.history, "append", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.rest()
    monkeypatch.setattr(run.history, "append", append)
    run.rest()
    assert len(run.history) == run.trainer.steps_done


@pytest.mark.usefixtures("at_once", "no_thread_is_left")
def test_without_a_window_too() -> None:
    run = run_of(MANY)
    while run.trainer.steps_done < 300:  # until when every few steps something is due
        run.advance()
    crew = sharing_of(run)._crew = crew_of(run)
    ending, *_ = _trained(run, 301)
    assert ending is Phase.FINISHED
    assert len(run.history) == run.trainer.steps_done
    wait_until(lambda: ended(crew), "the end of the processes")


@pytest.mark.usefixtures("at_once", "no_thread_is_left")
def test_steps_that_take_long_are_shared_out_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.sharing, "AT_ONCE_S", 1e-9)
    run, alone = run_of(MANY), run_of(MANY)
    crew = shared_out(run)
    begun = run.trainer.steps_done
    assert [run.advance(ENDLESS) for _ in range(20)] == [1] * 20
    assert not run.whole
    assert len(crew.ahead) == 1
    while not run.whole:  # as before a command
        assert run.advance(1) == 1
    assert run.trainer.steps_done == begun + 22
    run.rest()
    for _ in range(run.trainer.steps_done):
        alone.advance()
    assert_same(run, alone)


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker(Mailbox())
    worker.start()
    yield worker
    worker.send(Stop())
    worker.join()


@pytest.mark.usefixtures("no_thread_is_left")
@pytest.mark.parametrize("limit", [("SOON_S", 1e9), ("WORTH_S", 1e9), ("LONGEST_S", 1e-9)])
def test_a_run_that_is_young_quick_or_slow_goes_alone(
    limit: tuple[str, float], at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.sharing, *limit)
    run = run_of(MANY)
    for _ in range(300):
        assert run.advance(ENDLESS) == 1
    assert sharing_of(run)._crew is None


@pytest.mark.usefixtures("at_once", "no_thread_is_left")
def test_the_training_thread_shares_out_and_shows_all_there_is(worker: Worker) -> None:
    run, mailbox = run_of({**MANY, "network.depth": 12}), worker._mailbox
    worker.send(Start(0, lambda _run_id: run, playing=True))
    wait_until(lambda: not run.whole, "steps taken elsewhere")
    crew = sharing_of(run)._crew
    assert crew is not None
    view = NetworkView(side=8)
    mailbox.ask_for_frame((view,))
    wait_until(lambda: not mailbox.frame_wanted, "a frame")
    frame = mailbox.take_frame()
    assert frame is not None
    assert frame.shown(view) is not None
    worker.send(Tune(run.spec.with_values({"training.learning_rate": 0.01})))
    worker.send(Pause())
    wait_until(lambda: worker._phase is Phase.PAUSED, "rest")
    assert run.whole
    assert len(run.history) == run.trainer.steps_done
    before = run.trainer.steps_done
    worker.send(Play(203))
    wait_until(
        lambda: worker._phase is Phase.PAUSED and run.trainer.steps_done > before, "203 steps"
    )
    assert run.trainer.steps_done == before + 203
    assert run.whole
    # the gradient that is there made the last step
    np.testing.assert_allclose(
        np.linalg.norm(run.trainer.network.layers[0].d_w, axis=(-2, -1)),
        run.record.magnitudes[:, 2, 0],
        1e-5,
    )
    worker.send(Stop())
    wait_until(lambda: ended(crew), "the end of the processes")


@pytest.mark.usefixtures("at_once", "no_thread_is_left")
def test_a_history_that_fails_ends_the_run_and_not_the_thread(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise MemoryError

    run, mailbox = run_of(MANY), worker._mailbox
    worker.send(Start(0, lambda _run_id: run, playing=True))
    wait_until(lambda: not run.whole, "steps taken elsewhere")
    crew = sharing_of(run)._crew
    assert crew is not None
    monkeypatch.setattr(run.history, "append", fails)
    phases: list[Phase] = []
    wait_until(
        lambda: Phase.FAILED in phases,
        "the end",
        lambda: phases.extend(m.phase for m in mailbox.drain() if isinstance(m, PhaseChanged)),
    )
    wait_until(lambda: ended(crew), "the end of the processes")
    assert worker.is_alive()


@pytest.fixture
def by_hand() -> Iterator[Worker]:
    """A worker in no thread of its own, which shares out its steps."""
    # by now little is due every few steps
    worker, run = Worker(Mailbox()), run_of({**MANY, "network.activation": "tanh"}, 1500)
    worker._start(Start(0, lambda _run_id: run, playing=True))
    wait_until(lambda: not run.whole, "steps taken elsewhere", lambda: worker._advance(ENDLESS))
    yield worker
    run.rest()


def shown_by(worker: Worker, view: NetworkView) -> NetworkState | None:
    worker._mailbox.ask_for_frame((view,))
    worker._show()
    frame = worker._mailbox.take_frame()
    assert frame is not None
    assert worker._run is not None
    assert frame.step == len(worker._run.history)
    return frame.shown(view)


def assert_of_one_step(state: NetworkState | None) -> None:
    """What was measured is what is shown."""
    assert state is not None
    for name in ("weight", "gradient", "update"):
        found = [np.sqrt(np.mean(np.square(part, dtype=float))) for part in state.links[name]]
        # Weights are shown as the step left them, and measured as it found them.
        tolerance = 1e-5 if name != "weight" else 0.1
        np.testing.assert_allclose(found, state.sizes[name], tolerance)


@pytest.mark.usefixtures("at_once", "no_thread_is_left")
def test_a_picture_that_is_wished_for_anew_is_of_one_step(by_hand: Worker) -> None:
    by_hand._next_exhibits_at = math.inf
    assert_of_one_step(shown_by(by_hand, NetworkView(side=8, seed=2)))


@pytest.mark.usefixtures("at_once", "no_thread_is_left")
def test_pictures_are_made_anew_of_steps_taken_elsewhere(
    by_hand: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, run, seen = NetworkView(side=8, seed=2), by_hand._run, list[NetworkState | None]()
    assert run is not None

    def advance_and_show() -> None:
        by_hand._advance(ENDLESS)
        seen.append(shown_by(by_hand, view))

    by_hand._next_exhibits_at = math.inf
    advance_and_show()
    here: list[object] = []
    monkeypatch.setattr(sharing_of(run), "step", here.append)
    for _ in range(3):
        by_hand._next_exhibits_at = 0.0
        del seen[:-1]
        wait_until(lambda: seen[-1] is not seen[0], "another one", advance_and_show)
        assert_of_one_step(seen[-1])
        assert by_hand._next_exhibits_at > 0
    assert not here, "no step was taken here"


@pytest.mark.parametrize(("samples", "batch"), [(400, 32), (400, 10), (50, 40), (2000, 16)])
def test_scores_of_several_networks_are_due_with_all_else(samples: int, batch: int) -> None:
    changes = {"data.samples": samples, "training.batch_size": batch}
    alone = steps_between_scores(make_trainer(spec_of(changes)))
    several = steps_between_scores(make_trainer(spec_of({**changes, "network.seeds": 8})))
    assert alone <= several < 2 * alone
    assert several & (several - 1) == 0


@pytest.mark.usefixtures("at_once", "no_thread_is_left")
def test_a_step_after_a_whole_plan_is_one_step(by_hand: Worker) -> None:
    """What the processes are ahead with comes before a command, however whole the run is."""
    run, rounds = by_hand._run, 0
    assert run is not None
    while rounds < 3:
        by_hand._awaits_whole = True
        by_hand._advance(ENDLESS)
        if run.settled or not run.whole:
            continue
        rounds += 1
        by_hand.send(Pause())
        assert by_hand._serve(0.0)
        assert by_hand._phase is Phase.PAUSED
        assert run.settled
        before = run.trainer.steps_done
        by_hand.send(Play(1))
        assert by_hand._serve(0.0)
        by_hand._advance(by_hand._most_at_once())
        assert (by_hand._phase, run.trainer.steps_done) == (Phase.PAUSED, before + 1)
        by_hand.send(Play(None))
        assert by_hand._serve(0.0)


@pytest.mark.usefixtures("at_once", "no_thread_is_left")
def test_an_exhibit_that_fails_ends_the_run_once(
    by_hand: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    def fails(_self: NetworkView, run: Run) -> None:
        made.append(run)
        raise MemoryError

    run, mailbox = by_hand._run, by_hand._mailbox
    assert run is not None
    shown_by(by_hand, NetworkView(side=8))
    assert [*mailbox.drain()]
    monkeypatch.setattr(NetworkView, "made_of", fails)
    by_hand._awaits_whole = True
    wait_until(lambda: made, "a picture", lambda: by_hand._advance(ENDLESS))
    mailbox.ask_for_frame((NetworkView(side=8),))
    for _ in range(3):
        by_hand._show()
    assert len(made) == 1
    assert [m.phase for m in mailbox.drain() if isinstance(m, PhaseChanged)] == [Phase.FAILED]
