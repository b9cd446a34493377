"""Several seeds at once: each network is the one it would be alone, and their spread is kept."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.divergence import Divergence
from core.measures import ROW
from lab.answers import AnswerOf, Surface
from lab.checkpoints import EVERY_STEPS
from lab.distributions import DistributionsOf
from lab.history import History
from lab.moments import Mark
from lab.network_view import NetworkView
from lab.ranks import MEDIAN, ranks_of
from lab.run import Run
from lab.runfile import read_run, write_run
from lab.scoring import scores_of
from lab.traces import Tracer, Wish
from tests.core.engines import REORDERED
from tests.lab.making import diverge, run_of, spec_of

SEEDS, FIRST, STEPS = 5, 7, 300
STACK: dict[str, Any] = {"network.seeds": SEEDS, "network.seed": FIRST}


@pytest.fixture(scope="module")
def stack() -> Run:
    return run_of(STACK, STEPS)


@pytest.fixture(scope="module")
def singles() -> list[Run]:
    return [run_of({"network.seed": FIRST + index}, STEPS) for index in range(SEEDS)]


def test_each_network_is_the_one_of_its_seed(stack: Run, singles: list[Run]) -> None:
    for index, single in enumerate(singles):
        own = single.trainer.network
        np.testing.assert_array_equal(stack.network(index).parameters, own.parameters)
        assert stack.record.loss[index] == single.record.loss
        np.testing.assert_allclose(
            stack.record.magnitudes[index], single.record.magnitudes, REORDERED
        )


@pytest.mark.parametrize(
    "changes",
    [
        {"cures.dropout": 0.3, "cures.norm": "batch"},
        {"network.initializer": "lsuv", "training.optimizer": "adam"},
        {"data.source": "iris", "data.samples": 150},
        {"data.source": "sine_ridge"},
    ],
)
def test_so_it_is_with_everything_random(changes: dict[str, Any]) -> None:
    stack = run_of({**STACK, "network.seeds": 2, **changes}, 20)
    for index in range(2):
        single = run_of({"network.seed": FIRST + index, **changes}, 20)
        own = single.trainer.network
        np.testing.assert_array_equal(stack.network(index).parameters, own.parameters)
        np.testing.assert_array_equal(scores_of(stack.trainer)[index], scores_of(single.trainer))


def test_a_frame_shows_the_median_and_the_spread(stack: Run, singles: list[Run]) -> None:
    frame = stack.frame(0.0, renew=True)
    matrices = np.array([single.record.magnitudes for single in singles])
    assert frame.ranks is not None
    np.testing.assert_allclose(frame.ranks, ranks_of(matrices), REORDERED)
    np.testing.assert_allclose(frame.record.magnitudes, np.median(matrices, axis=0), REORDERED)
    losses = [float(single.record.loss) for single in singles]
    assert float(frame.record.loss) == np.median(losses)
    scores = np.array([scores_of(single.trainer) for single in singles])
    np.testing.assert_array_equal(list(frame.scores), np.median(scores, axis=0))


def test_scores_of_many_networks_are_taken_at_rest_and_now_and_then() -> None:
    run = run_of(STACK, 60)
    known, now = run.scores, scores_of(run.trainer)
    assert not np.array_equal(known, np.median(now, axis=0))
    run.renew(hurried=True)
    assert run.frame(0.0, renew=False).scores == known
    np.testing.assert_array_equal(run.frame(0.0, renew=True).scores, np.median(now, axis=0))
    alone = run_of({}, 60)
    alone.renew(hurried=True)
    assert alone.frame(0.0, renew=False).scores == (*scores_of(alone.trainer),)


def test_the_history_keeps_the_spread_of_every_step(stack: Run, singles: list[Run]) -> None:
    series = stack.history.series("loss", STEPS)
    alone = np.array([single.history.series("loss", STEPS).mean for single in singles])
    assert series.ranks is not None
    np.testing.assert_allclose(series.ranks[:, -50:], ranks_of(alone)[:, -50:], rtol=1e-12)
    np.testing.assert_array_equal(series.ranks[MEDIAN], series.mean)
    for step in (1, 200, STEPS):
        moment = stack.history.at(step)
        assert moment is not None
        assert moment.ranks is not None
        others = [single.history.at(step) for single in singles]
        expected = ranks_of(np.array([other.magnitudes for other in others if other is not None]))
        if moment.first == moment.last:
            np.testing.assert_allclose(moment.ranks, expected, REORDERED)
        np.testing.assert_array_equal(moment.ranks[MEDIAN], moment.magnitudes)


def test_a_trace_has_the_spread_of_a_scalar_and_the_median_of_layers(stack: Run) -> None:
    loss = Tracer(stack.history, Wish("loss", 100)).trace()
    assert loss.ranks is not None
    assert loss.ranks.shape == (5, loss.values.shape[1])
    np.testing.assert_allclose(loss.ranks[MEDIAN], loss.values[0])
    assert (np.diff(loss.ranks, axis=0) >= 0).all()
    signal = Tracer(stack.history, Wish("signal_gradient_rms", 100)).trace()
    assert signal.ranks is None
    assert signal.values.shape[0] == stack.history.n_layers


def test_one_network_has_no_spread() -> None:
    run = run_of(steps=3)
    assert run.frame(0.0, renew=True).ranks is None
    moment = run.history.at(2)
    assert moment is not None
    assert moment.ranks is None
    assert run.history.series("loss", 10).ranks is None
    assert run.spec.runs == ()


def test_the_answer_is_that_of_the_chosen_network(stack: Run, singles: list[Run]) -> None:
    for index in (0, SEEDS - 1):
        own, other = AnswerOf(index).made_of(stack), AnswerOf().made_of(singles[index])
        assert isinstance(own, Surface)
        assert isinstance(other, Surface)
        np.testing.assert_array_equal(own.values, other.values)


def test_a_file_holds_them_all_and_they_go_on_bit_for_bit(tmp_path: Path) -> None:
    run = run_of({**STACK, "cures.dropout": 0.2}, 40)
    write_run(tmp_path / "run", run)
    again = read_run(tmp_path / "run")
    for _ in range(30):
        run.advance()
        again.advance()
    np.testing.assert_array_equal(run.trainer.network.parameters, again.trainer.network.parameters)
    ours, theirs = (one.history.state()[0] for one in (run, again))
    for name, values in ours.items():
        np.testing.assert_array_equal(values, theirs[name])


def test_a_file_shows_what_was_shown_when_it_was_written(tmp_path: Path) -> None:
    run = run_of(STACK, 40)
    write_run(tmp_path / "run", run)
    again = read_run(tmp_path / "run")
    view, of_weights = NetworkView(16, SEEDS - 1), DistributionsOf("weight", SEEDS - 1)
    ours, theirs = (
        one.frame(0.0, renew=True, wishes=(view, of_weights, AnswerOf(SEEDS - 1)))
        for one in (run, again)
    )
    np.testing.assert_allclose(theirs.record.loss, ours.record.loss)
    np.testing.assert_allclose(theirs.record.magnitudes, ours.record.magnitudes)
    assert ours.ranks is not None
    assert theirs.ranks is not None
    np.testing.assert_allclose(theirs.ranks, ours.ranks)
    state = theirs.shown(view)
    assert state is not None
    # Which network measured what is known again after a step.
    np.testing.assert_array_equal(state.magnitudes, theirs.record.magnitudes)
    for one in (run, again):
        one.advance()
    np.testing.assert_array_equal(run.magnitudes(SEEDS - 1), again.magnitudes(SEEDS - 1))


def wild_stack() -> Run:
    """Networks of which the second will diverge at once, as its weights are far too large."""
    run = run_of({**STACK, "network.activation": "identity"})
    run.trainer.network.parameters[1] *= 1e30
    return run


def test_a_network_that_diverges_is_marked_and_left_behind(tmp_path: Path) -> None:
    run = wild_stack()
    huge = run.trainer.network.parameters[1].copy()
    for _ in range(10):
        run.advance()
    assert run.history.marks == (Mark(0, "network 2 diverged"),)
    np.testing.assert_array_equal(run.network(1).parameters, huge)
    single = run_of({"network.activation": "identity", "network.seed": FIRST + 2}, 10)
    np.testing.assert_array_equal(run.network(2).parameters, single.trainer.network.parameters)
    frame = run.frame(0.0, renew=True)
    assert np.isfinite(frame.record.magnitudes[ROW["signal_gradient_rms"]]).all()
    assert np.isfinite(frame.record.loss)
    assert frame.learning == SEEDS - 1
    write_run(tmp_path / "run", run)
    np.testing.assert_array_equal(run.network(1).parameters, huge)
    again = read_run(tmp_path / "run")
    np.testing.assert_array_equal(again.network(1).parameters, huge)
    for one in (run, again):
        one.advance()
    np.testing.assert_array_equal(run.network(3).parameters, again.network(3).parameters)


def test_from_the_calm_state_all_go_on_that_learned_then(tmp_path: Path) -> None:
    run = run_of({**STACK, "network.activation": "identity"}, 2 * EVERY_STEPS + 5)
    calm = run._checkpoints.step
    assert calm >= EVERY_STEPS
    kept = run._checkpoints._calm.parameters.copy()
    run.trainer.network.parameters[1] *= 1e30
    run.advance()
    assert run.trainer.retired.runs == (1,)
    run.trail.keep()
    run.trainer.network.parameters *= 1e30
    diverge(run)
    run.recover(calm=True)
    assert max(run.trail.of(1)) <= calm
    assert not run.trainer.retired
    np.testing.assert_array_equal(run.trainer.network.parameters, kept)
    run.advance()
    assert np.isfinite(run.record.loss).all()
    assert run.frame(0.0, renew=True).learning == SEEDS
    write_run(tmp_path / "run", run)
    again = read_run(tmp_path / "run")
    assert not again.trainer.retired
    np.testing.assert_array_equal(again.network(1).parameters, run.network(1).parameters)


def test_when_all_diverge_the_run_ends() -> None:
    run = run_of({**STACK, "network.activation": "identity"})
    run.trainer.network.parameters *= 1e30
    before = run.trainer.network.parameters.copy()
    with pytest.raises(Divergence, match="in 5 of 5 networks"):
        run.advance()
    np.testing.assert_array_equal(run.trainer.network.parameters, before)


def test_the_last_to_diverge_are_said_to_be_the_last() -> None:
    run = wild_stack()
    run.trainer.network.layers[-1].w[[0, 2, 3, 4]] = 3e38
    with pytest.raises(Divergence, match="diverged at step 1 in the last 4 of 5 networks: "):
        run.advance()


def test_a_copied_history_no_longer_grows(stack: Run) -> None:
    copy = stack.history.copy()
    length = len(copy)
    assert isinstance(copy, History)
    assert copy.stacked
    stack_again = run_of(STACK, 3)
    kept = stack_again.history.copy()
    stack_again.advance()
    assert (len(kept), len(stack_again.history), length) == (3, 4, len(stack.history))


def test_seeds_are_counted_from_the_seed() -> None:
    assert spec_of(STACK).runs == (SEEDS,)
