"""The list of pins survives a start, and whatever anybody writes into it."""

import json
from pathlib import Path

import pytest

from lab.pin_list import MOST_LEFT, entries_of, text_of, tidy
from lab.pins import MOST_PINS, Label, Pin
from lab.runfile import SUFFIX
from tests.lab.making import run_of


def pin_at(place: int, path: Path | None) -> Pin:
    run = run_of()
    return Pin(place, f"<b>run {place}", run.spec, run.history, path, f"note {place}", place == 2)


def test_the_list_says_all_that_a_person_said(tmp_path: Path) -> None:
    pins = [pin_at(place, tmp_path / f"{place}") for place in (2, 5)]
    assert entries_of(text_of(pins)) == [
        (tmp_path / "2", Label("<b>run 2", "note 2", visible=True, place=2)),
        (tmp_path / "5", Label("<b>run 5", "note 5", visible=False, place=5)),
    ]


def test_a_pin_without_a_file_is_not_listed() -> None:
    assert entries_of(text_of([pin_at(0, None)])) == []


@pytest.mark.parametrize(
    "text",
    [None, "", "nonsense", "{}", "7", "[" * 9999, '[1, null, {"path": 3}, {"path": ""}]'],
    ids=lambda text: str(text)[:9],
)
def test_nonsense_is_passed_over(text: object) -> None:
    assert entries_of(text) == []


def test_odd_words_are_made_to_fit_and_no_more_are_read_than_there_are_places() -> None:
    entry = {"path": "/x", "name": "a\nb" * 99, "note": 7, "visible": "?", "place": True}
    entries = entries_of(json.dumps([entry] * 99))
    assert len(entries) == MOST_PINS
    path, label = entries[0]
    assert (path, label.note, label.visible, label.place) == (Path("/x"), "7", True, None)
    assert "\n" not in label.name
    assert len(label.name) == 60


def test_files_of_removed_pins_do_not_pile_up(tmp_path: Path) -> None:
    files = [tmp_path / f"pin 2026-01-{day:02}{SUFFIX}" for day in range(1, 31)]
    for path in (*files, tmp_path / "mine.txt"):
        path.touch()
    tidy(tmp_path, files[:3])
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted(["mine.txt", *(path.name for path in (*files[:3], *files[-MOST_LEFT:]))])
    tidy(tmp_path / "nowhere", [])
