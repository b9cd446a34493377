"""Work in pieces: all of it, or as a part of something longer."""

import pytest

from core.pieces import Pieces, part_of, whole


def work(count: int) -> Pieces[str]:
    for done in range(1, count + 1):
        yield done / count
    return f"{count} pieces"


def test_the_whole_has_the_result() -> None:
    assert whole(work(3)) == "3 pieces"
    assert whole(work(0)) == "0 pieces"


def test_a_part_lies_between_its_ends_and_keeps_its_result() -> None:
    assert [*part_of(work(4), 0.5, 0.9)] == pytest.approx([0.6, 0.7, 0.8, 0.9])
    assert whole(part_of(work(4), 0.5, 0.9)) == "4 pieces"
