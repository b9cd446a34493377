"""What is said of a ladder."""

import re

import numpy as np
import pytest

from core.places import Place
from lab.ladders import Choice, Ladder, ladder_of
from lab.specimens import SpecimenOf
from lab.words import number
from tests.lab.making import run_of
from widgets.tools.path_words import count_of, part_sentence, rung_words, share_of, sum_sentence

FIRST = Place("w", 1, 0, 1)


def ladder(place: Place, depth: int, bias: float | None = None) -> Ladder:
    specimen = SpecimenOf().made_of(
        run_of({"network.depth": depth, "network.activation": "relu", "network.width": 4})
    )
    if bias is not None:
        specimen.network.layers[1].b[...] = bias
    return ladder_of(specimen, Choice(place))


def test_all_paths_the_only_one_and_some() -> None:
    assert sum_sentence(ladder(FIRST, 3)).startswith("All 16 paths add up to ")
    assert sum_sentence(ladder(Place("b", 4, 0), 3)).startswith("The only path adds up to ")
    some = sum_sentence(ladder(FIRST, 12))
    assert re.match(r"Strongest 100 of 4.1e6 paths: sum [-\d.e]+, share [\d.e-]+ %\.", some)
    deep = ladder(FIRST, 12)
    assert f" of {number(deep.gradient)}, share " in sum_sentence(deep, alone=True)


def test_paths_that_are_all_zero() -> None:
    dead = ladder(FIRST, 12, bias=-1e3)
    assert sum_sentence(dead) == (
        "The products of all 4.1e6 paths are 0, and so is this sample’s gradient."
    )
    assert np.isnan(dead.share)


def test_the_part_of_a_sample_and_a_rung() -> None:
    one = ladder(FIRST, 3)
    assert part_sentence(one).startswith("∂loss/∂W_1[1, 0]: ")
    assert part_sentence(one).endswith(f", the batch {number(one.batch_gradient)}.")
    assert "(at most 1)" in rung_words(one, 1)
    assert "at most" not in rung_words(one, 0)


@pytest.mark.parametrize(
    ("count", "words"),
    [(7, "7"), (4096, "4\u202f096"), (123_456, "1.2e5"), (64**99, "6.4e178")],
)
def test_counts_of_any_size(count: int, words: str) -> None:
    assert count_of(count) == words


def test_shares_however_small() -> None:
    assert share_of(0.123) == "12.3 %"
    assert share_of(4.5e-17) == "4.5e-15 %"
