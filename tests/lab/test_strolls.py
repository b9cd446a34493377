"""Three strides lead through a walk, and back through the same places."""

import pytest

from core.moments import Stage
from core.walks import Walk
from lab.strolls import Stride, Stroll
from tests.lab.making import run_of


@pytest.fixture
def stroll() -> Stroll:
    return Stroll(Walk(run_of({"network.depth": 2}).trainer))


@pytest.mark.parametrize(("stride", "count"), [(Stride.STAGE, 4), (Stride.LAYER, 10)])
def test_there_and_back(stroll: Stroll, stride: Stride, count: int) -> None:
    there = [stroll.at]
    while stroll.on(stride):
        there.append(stroll.at)
    assert len(there) == count + 1
    assert stroll.over
    back = [stroll.at]
    while stroll.back(stride):
        back.append(stroll.at)
    assert back == there[::-1]
    assert stroll.moment is None
    assert not stroll.back(stride)


def test_line_by_line_every_moment_comes_once(stroll: Stroll) -> None:
    seen = []
    while stroll.on(Stride.LINE):
        seen.append(stroll.moment)
    assert seen == [*stroll.walk.moments]


def test_a_stage_is_completed_from_within(stroll: Stroll) -> None:
    stroll.on(Stride.LAYER)
    stroll.on(Stride.LINE)
    stroll.on(Stride.STAGE)
    assert stroll.moment is not None
    assert stroll.moment[:2] == (Stage.FORWARD, 3)
    assert stroll.shows_layers
    stroll.on(Stride.LINE)
    assert not stroll.shows_layers
    stroll.back(Stride.STAGE)
    assert stroll.moment[:2] == (Stage.FORWARD, 3)


def test_a_stage_can_be_gone_to(stroll: Stroll) -> None:
    assert stroll.go_to(Stage.BACKWARD)
    assert stroll.moment is not None
    assert stroll.moment[:2] == (Stage.BACKWARD, 1)
    assert stroll.go_to(Stage.LOSS)
    assert not stroll.shows_layers
