"""The three claims about backpropagation, measured; and their words for networks of every kind."""

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pytest

from core.arrays import Array
from core.copies import alone
from core.datasets import Task
from core.propagation import Propagation
from core.search import RandomSearch
from core.training import StepRecord, Trainer
from lab import memorizing, optima
from lab.build import make_trainer
from lab.datasets import SOURCES
from lab.effort import STEP_COST
from lab.errands import Work
from lab.judging import MOST_JUDGED, judge_of
from lab.memorizing import SHUFFLED, Memorizing, Outcome, guessing
from lab.myth_words import words_of_memorizing, words_of_optima, words_of_race
from lab.optima import SEEDS, Descents, Found, Optima, line_between
from lab.presets import OPENING, presets
from lab.races import Race, usual_forwards
from lab.run import Run
from lab.spec import Spec
from lab.specimens import SpecimenOf
from tests.lab.making import WILD, run_of, spec_of

T = TypeVar("T")
MYTHS = presets()["myths"].spec
OF_NUMBERS = next(name for name, one in SOURCES.items() if one.task is Task.REGRESSION)


def result_of(work: Work[T]) -> T:
    """Do an errand's work here; its progress goes from 0 to 1 and never back."""
    before = 0.0
    while True:
        try:
            now = next(work)
        except StopIteration as stop:
            result: T = stop.value
            return result
        assert before <= now <= 1
        before = now


def raced(spec: Spec, forwards: int = 3000) -> Race:
    race = Race(lambda: make_trainer(spec), forwards)
    result_of(race.run())
    return race


def memorized(spec: Spec, steps: int) -> tuple[Memorizing, Outcome]:
    found = Memorizing(spec, steps)
    return found, result_of(found.run())


def ended(spec: Spec, steps: int) -> Found:
    return result_of(Descents(spec, steps).run())


def optima_of(spec: Spec, steps: int) -> Optima:
    optima = ended(spec, steps).optima
    assert optima is not None
    return optima


# -- it does not search at random


def test_gradient_descent_beats_random_search_by_far() -> None:
    race = raced(MYTHS)
    lines = race.lines
    assert lines.forwards[0] == 0
    assert lines.forwards[-1] == 3000
    assert lines.descent[0] == lines.search[0], "they start from the same weights"
    assert lines.descent[-1] < lines.search[-1] / 20
    assert lines.overtaken < 3000 / 4
    assert (np.diff(lines.search) <= 0).all()
    assert "times sooner" in words_of_race(race)


def test_both_have_the_same_number_of_forward_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    steps, tries = list[int](), list[int]()
    real_step, real_try = Trainer.step, RandomSearch.try_once

    def step(trainer: Trainer) -> StepRecord:
        steps.append(1)
        return real_step(trainer)

    def try_once(search: RandomSearch) -> bool:
        tries.append(1)
        return real_try(search)

    monkeypatch.setattr(Trainer, "step", step)
    monkeypatch.setattr(RandomSearch, "try_once", try_once)
    raced(spec_of(), 300)
    assert len(tries) == 300 == STEP_COST * len(steps)


def test_gradient_descent_goes_as_the_run_does() -> None:
    run, trainer = Run(MYTHS), make_trainer(MYTHS)
    result_of(Race(lambda: trainer, 300).run())
    for _ in range(100):
        run.advance()
    assert np.array_equal(trainer.network.parameters, run.trainer.network.parameters)


def test_from_a_specimen_it_starts_where_that_stands() -> None:
    run = run_of(steps=30)
    specimen = SpecimenOf().made_of(run)
    race = Race(lambda: specimen.trainer, 300)
    work = race.run()
    next(work)
    network = run.trainer.network
    judge = judge_of(run.trainer, network)
    assert race.lines.search[0] == pytest.approx(judge.loss_at(network.parameters))


def test_the_lines_are_bounded() -> None:
    assert len(raced(spec_of(), 6000).lines.forwards) <= 402


def test_a_race_in_which_gradient_descent_diverges_goes_on() -> None:
    race = raced(spec_of(WILD), 300)
    assert math.isnan(race.lines.descent[-1])
    assert math.isfinite(race.lines.search[-1])
    assert words_of_race(race).startswith("Gradient descent diverged at step ")


def test_a_network_that_does_not_learn_is_said_to_be_one() -> None:
    assert "hardly learns" in words_of_race(raced(presets()[OPENING].spec, 900))


# -- it does not replace labels


def test_labels_are_learned_by_heart_and_the_test_set_does_not_follow() -> None:
    found, outcome = memorized(MYTHS, 3000)
    all_shuffled, none = SHUFFLED.index(100), -1
    assert outcome.train_accuracy[0] == 1
    assert outcome.test_accuracy[0] > 0.9
    assert outcome.train_accuracy[all_shuffled] > 0.9
    assert outcome.test_accuracy[all_shuffled] < 0.62
    assert outcome.test_loss[all_shuffled] > math.log(2), "worse than to know nothing"
    assert outcome.train_accuracy[none] == 1
    assert outcome.test_accuracy[none] == pytest.approx(found.guessing, abs=0.05)
    share = outcome.test_accuracy[:5]  # of neighbours either may be ahead by chance
    assert (share[2:] < share[:-2]).all()
    text = words_of_memorizing(found)
    assert text.startswith("True labels: 100 % right in training, 9")
    assert "not even" not in text


def test_true_labels_are_learned_as_in_a_run() -> None:
    _, outcome = memorized(spec_of({"network.seeds": 3}), 50)
    run = run_of(steps=49)
    run.advance(score=True)
    assert outcome.test_loss[0] == pytest.approx(run.scores.test_loss)
    assert outcome.train_accuracy[0] == run.scores.train_accuracy


def test_few_steps_are_said_to_be_too_few() -> None:
    assert "give it more steps" in words_of_memorizing(memorized(presets()[OPENING].spec, 20)[0])


def test_numbers_have_a_loss_and_no_accuracy() -> None:
    spec = spec_of({"data.source": OF_NUMBERS, "data.samples": 60})
    found, outcome = memorized(spec, 400)
    assert np.isnan(outcome.train_accuracy).all()
    assert outcome.train_loss[-1] < outcome.test_loss[-1]
    text = words_of_memorizing(found)
    assert "loss of" in text
    assert "%" not in text


def test_a_network_that_diverges_has_no_outcome() -> None:
    found, outcome = memorized(spec_of(WILD), 200)
    assert np.isnan(outcome.train_loss[0])
    first = min(found.diverged.values())
    assert words_of_memorizing(found) == (
        f"All 6 networks diverged, the first at step {first}: there is nothing to compare. "
        "A lower learning rate may help."
    )
    assert 1 < first < 200


def test_those_of_several_that_diverge_are_named_and_need_no_more_steps() -> None:
    found, outcome = memorized(spec_of(), 100)
    assert not found.diverged
    for values in outcome:
        values[[0, 1, 5]] = np.nan
    found.diverged = {0: 7, 1: 1200, 5: 9}
    text = words_of_memorizing(found)
    assert "True labels: – right in training, – in the test" in text
    assert text.endswith(
        "Diverged: true labels at step 7, 25 % shuffled labels at step 1\u202f200, "
        "no labels at step 9."
    )
    assert "more steps" not in text


def test_guessing_is_the_commonest_class_or_the_mean() -> None:
    trainer = make_trainer(spec_of())
    y = trainer.data.y_test
    assert guessing(trainer.data, trainer.loss) == pytest.approx(max(y.mean(), 1 - y.mean()))
    trainer = make_trainer(spec_of({"data.source": OF_NUMBERS}))
    mean = trainer.data.y_train.mean()
    expected = np.mean((trainer.data.y_test - mean) ** 2)
    assert guessing(trainer.data, trainer.loss) == pytest.approx(expected, rel=1e-5)


# -- it does not find the global optimum


def test_networks_end_in_different_places_with_a_hill_between() -> None:
    found = ended(MYTHS, 400)
    optima, line = found.optima, found.line
    assert optima is not None
    assert line is not None
    assert len(optima.losses) == SEEDS
    assert (np.diff(optima.losses) >= 0).all()
    assert optima.losses[-1] > 2 * optima.losses[0]
    assert sorted(optima.seeds) == list(range(SEEDS))
    assert (line.start, line.end) == (0, 1)
    assert line.losses[0] == pytest.approx(optima.losses[0])
    assert line.losses[-1] == pytest.approx(optima.losses[1])
    assert line.hill > 10 * max(line.losses[0], line.losses[-1])
    assert "climbs to" in words_of_optima(found)


def test_each_is_the_network_that_its_seed_trains_alone() -> None:
    optima = optima_of(spec_of(), 50)
    for rank in (0, 9):
        seed = int(optima.seeds[rank])
        run = run_of({"network.seed": seed}, steps=50)
        np.testing.assert_allclose(
            optima.parameters[rank], run.trainer.network.parameters, rtol=1e-3, atol=1e-4
        )


def test_a_line_to_itself_has_no_hill() -> None:
    optima = optima_of(spec_of(), 20)
    way = result_of(line_between(optima, 3, 9))
    middle = (optima.parameters[3] + optima.parameters[9]) / 2
    assert way.losses[50] == pytest.approx(optima.probe.loss_at(middle))
    line = result_of(line_between(optima, 3, 3))
    np.testing.assert_allclose(line.losses, optima.losses[3])
    assert "the same network" in words_of_optima(Found(optima, line))


def test_where_nothing_was_learned_there_is_no_hill() -> None:
    text = words_of_optima(ended(presets()[OPENING].spec, 50))
    assert "hardly a hill" in text


def test_networks_that_diverge_are_counted_and_left_out() -> None:
    found = ended(spec_of({**WILD, "training.learning_rate": 0.3}), 60)
    optima = found.optima
    assert optima is not None
    assert 0 < optima.diverged < SEEDS
    assert len(optima.losses) == SEEDS - optima.diverged
    assert np.isfinite(optima.losses).all()
    assert f"{optima.diverged} diverged" in words_of_optima(found)


def test_when_all_diverge_it_says_so() -> None:
    assert words_of_optima(ended(spec_of(WILD), 60)).startswith("All 32 networks diverged")


# -- the judge


@pytest.mark.parametrize(
    "changes", [{}, {"cures.norm": "batch"}, {"cures.dropout": 0.5}, {"data.source": "digits"}]
)
def test_the_judge_is_the_loss_of_training_samples_without_dropout(changes: dict[str, Any]) -> None:
    trainer = run_of(changes, steps=5).trainer
    probe = judge_of(trainer, trainer.network)
    seen = slice(0, MOST_JUDGED)
    x, y = trainer.data.x_train[seen], trainer.data.y_train[seen]
    expected = Propagation(alone(trainer.network), len(x)).gradient_of(x, y, trainer.loss)
    assert probe.loss_at(trainer.network.parameters) == pytest.approx(float(expected))


# -- for networks of any size


@pytest.mark.parametrize("usual", [usual_forwards, memorizing.usual_steps, optima.usual_steps])
def test_large_networks_do_less(usual: Callable[[Spec], int]) -> None:
    small, large, huge = (
        usual(spec_of({"network.depth": depth, "network.width": width}))
        for depth, width in ((2, 8), (20, 64), (100, 256))
    )
    assert small > large > 0
    assert large >= huge >= 100
    assert usual(MYTHS) == small, "the most that it needs"


def test_frozen_layers_stay_in_a_race(monkeypatch: pytest.MonkeyPatch) -> None:
    points = list[Array]()
    real = RandomSearch.try_once

    def try_once(search: RandomSearch) -> bool:
        points.append(search.point)
        return real(search)

    monkeypatch.setattr(RandomSearch, "try_once", try_once)
    spec = spec_of({"training.frozen": [2]})
    raced(spec, 300)
    views = make_trainer(spec).network.layout.views
    for layer, (first, last) in enumerate(zip(views(points[0]), views(points[-1]), strict=True), 1):
        assert np.array_equal(first.w, last.w) == np.array_equal(first.b, last.b) == (layer == 2)


@pytest.mark.parametrize("size", [1e200, np.nan])
def test_a_race_of_a_network_that_is_no_number_any_more_ends_without_a_winner(size: float) -> None:
    trainer = make_trainer(spec_of({"network.precision": "float64"}))
    trainer.network.parameters[...] = size
    race = Race(lambda: trainer, 60)
    lines = result_of(race.run())
    assert math.isnan(race.kept) or race.kept <= 1
    assert len(lines.search) > 1
