"""A parameter set by hand while the run goes on or waits: what changes, what is told."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.places import Place
from lab.commands import Command, SetParameter, Start, worth_obeying
from lab.moments import Mark
from lab.run import Phase
from lab.runfile import read_run
from tests.lab.making import run_of
from tests.lab.test_session import Desk, desk, open_desk

__all__ = ["desk", "open_desk"]  # fixtures

WEIGHT = Place("w", 2, 3, 1)


def saved(desk: Desk, path: Path) -> Any:
    """Save the run and read it."""
    desk.session.save(path)
    desk.wait(lambda: desk.heard("saved"), "the file")
    return read_run(path)


def test_a_run_sets_one_number_and_marks_it() -> None:
    run, plain = run_of(steps=4), run_of(steps=4)
    run.set_parameter(WEIGHT, 0.5)
    assert run.history.marks == (Mark(4, "W_2[1, 3] = 0.5"),)
    assert run.trainer.network.layers[1].w[1, 3] == 0.5
    assert (run.trainer.network.parameters != plain.trainer.network.parameters).sum() == 1
    run.set_parameter(Place("b", 1, 0), -1 / 3)
    assert run.history.marks[-1].text == "b_1[0] = -0.333333"


def test_of_several_networks_one_is_set() -> None:
    run, plain = (run_of({"network.seeds": 3}, steps=2) for _ in range(2))
    run.set_parameter(WEIGHT, 0.5, 1)
    assert run.history.marks[-1].text == "W_2[1, 3] = 0.5, network 2"
    differs = run.trainer.network.parameters != plain.trainer.network.parameters
    assert differs.sum(axis=1).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("place", "value", "seed"),
    [(Place("w", 9, 0, 0), 1.0, 0), (Place("b", 1, 99), 1.0, 0), (WEIGHT, math.nan, 0)],
)
def test_what_cannot_be_changes_nothing(place: Place, value: float, seed: int) -> None:
    run = run_of(steps=2)
    before = run.trainer.network.parameters.copy()
    with pytest.raises(ValueError, match="received"):
        run.set_parameter(place, value, seed)
    assert np.array_equal(run.trainer.network.parameters, before)
    assert run.history.marks == ()


def test_a_waiting_run_shows_the_new_number_at_once(desk: Desk, tmp_path: Path) -> None:
    desk.wait(lambda: desk.session.frame, "a frame")
    assert not desk.session.changed_since_saving
    frames = len(desk.heard("frame_arrived"))
    desk.session.set_parameter(Place("w", 2, 3, 1), 0.5)
    desk.wait(lambda: desk.heard("marks_changed"), "the mark")
    desk.wait(lambda: len(desk.heard("frame_arrived")) > frames, "a frame of the same step")
    assert desk.session.changed_since_saving
    run = saved(desk, tmp_path / "run.safetensors")
    assert run.trainer.network.layers[1].w[1, 3] == 0.5
    assert not desk.session.changed_since_saving
    desk.session.set_parameter(Place("b", 2, 3), 0.5)
    desk.wait(lambda: len(desk.heard("marks_changed")) == 2, "the second mark")
    assert desk.session.changed_since_saving


def test_a_run_that_plays_goes_on_from_the_new_number(desk: Desk) -> None:
    desk.session.play()
    desk.wait_for_step(10)
    desk.session.set_parameter(Place("w", 2, 3, 1), 0.5)
    desk.wait(lambda: desk.heard("marks_changed"), "the mark")
    assert desk.session.history is not None
    (mark,) = desk.session.history.marks
    assert mark.text == "W_2[1, 3] = 0.5"
    assert mark.step >= 10
    desk.wait_for_step(mark.step + 10)
    assert desk.session.phase is Phase.PLAYING
    assert not desk.heard("refused")


def test_what_cannot_be_is_answered_in_a_sentence_and_the_run_lives(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk({"network.seeds": 2})
    desk.session.play()
    desk.wait_for_step(5)
    bias = Place("b", 1, 0)
    for place, value, seed, named in (
        (Place("w", 9, 0, 0), 1.0, 0, "layer"),
        (bias, math.inf, 0, "b_1[0]"),
        (bias, 1.0, 2, "run"),
    ):
        desk.said.clear()
        desk.session.set_parameter(place, value, seed)
        desk.wait(lambda: desk.heard("refused"), "the answer")
        (sentence,) = desk.heard("refused")
        assert sentence.startswith(f"{named}: received")
        assert "\n" not in sentence
        assert not desk.heard("marks_changed")
    desk.wait_for_step(desk.step + 5)
    assert desk.session.phase is Phase.PLAYING


def test_a_layer_that_a_restart_has_taken_away_is_refused(desk: Desk) -> None:
    desk.wait_for_start()
    desk.session.set_spec(desk.session.spec.with_values({"network.depth": 1}))
    desk.session.set_parameter(Place("w", 3, 0, 0), 1.0)
    desk.wait(lambda: desk.heard("refused"), "the answer")
    assert desk.heard("refused") == ["layer: received 3; allowed: a whole number from 1 to 2"]


def test_a_number_for_a_run_that_is_replaced_is_left_out() -> None:
    start = Start(2, lambda _run_id: run_of(), playing=False)
    assert worth_obeying([SetParameter(WEIGHT, 1.0), start]) == [start]
    both: list[Command] = [start, SetParameter(WEIGHT, 1.0), SetParameter(WEIGHT, 2.0)]
    assert worth_obeying(list(both)) == both
