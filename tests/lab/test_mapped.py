"""What another process tells comes as it was, and stays so for the next few answers."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lab.mapped
from core.arrays import Array
from lab.mapped import PLACES, ROOM, Reader, Writer


@pytest.fixture
def pair() -> tuple[Reader, Writer]:
    reader = Reader()
    writer = Writer(reader.path)
    reader.let_go()
    return reader, writer


def told(pair: tuple[Reader, Writer], answer: object) -> Any:
    reader, writer = pair
    pipe = io.BytesIO()
    writer.dump(answer, pipe)
    pipe.seek(0)
    return reader.load(pipe)


def test_arrays_of_any_kind_and_what_lies_around_them_come_as_they_are(
    pair: tuple[Reader, Writer],
) -> None:
    rng = np.random.default_rng(1)
    arrays: list[Array] = [
        rng.normal(size=(3, 5)).astype(np.float32),
        np.arange(7),
        np.zeros((0, 4)),
        np.array(2.5),
        rng.normal(size=(6, 8))[:, ::2],
        np.asfortranarray(rng.normal(size=(4, 3))),
    ]
    words, found = told(pair, ("words", arrays))
    assert words == "words"
    for array, one in zip(arrays, found, strict=True):
        assert (one.dtype, one.shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(one, array)
    assert told(pair, None) is None


def test_an_answer_outlives_those_that_come_to_other_places(pair: tuple[Reader, Writer]) -> None:
    answers = [told(pair, np.full(1000, float(number))) for number in range(PLACES)]
    for number, answer in enumerate(answers):
        np.testing.assert_array_equal(answer, np.full(1000, float(number)))


def test_what_has_no_room_comes_through_the_pipe(pair: tuple[Reader, Writer]) -> None:
    large = [np.full(ROOM // 8, 1.5), np.ones(9)]
    for array, one in zip(large, told(pair, large), strict=True):
        np.testing.assert_array_equal(one, array)


def test_no_file_is_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lab.mapped, "FOLDER", tmp_path)
    reader = Reader()
    assert [*tmp_path.iterdir()] == [reader.path]
    Writer(reader.path)
    reader.let_go()
    reader.let_go()
    assert not [*tmp_path.iterdir()]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lab.mapped.mmap.mmap", full)
    with pytest.raises(OSError, match="No space"):
        Reader()
    assert not [*tmp_path.iterdir()]


def test_without_a_folder_in_memory_another_one_serves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(lab.mapped, "FOLDER", tmp_path / "none")
    reader = Reader()
    pair = reader, Writer(reader.path)
    reader.let_go()
    np.testing.assert_array_equal(told(pair, np.arange(9.0)), np.arange(9.0))
