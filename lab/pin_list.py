"""The list of pinned runs that outlives the program: which files, and what a person says of them.

It is kept as text wherever the window keeps its settings, which anybody may have edited: what makes
no sense in it is passed over.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from lab.pins import LONGEST_NAME, LONGEST_NOTE, MOST_PINS, Label, Pin
from lab.runfile import SUFFIX
from lab.words import one_line

MOST_LEFT = 16  # files of removed pins that stay in the folder, the newest ones


def text_of(pins: Iterable[Pin]) -> str:
    """Return the list of those pins that a file holds."""
    return json.dumps(
        [
            {
                "path": str(pin.path.absolute()),
                "name": pin.name,
                "note": pin.note,
                "visible": pin.visible,
                "place": pin.place,
            }
            for pin in pins
            if pin.path is not None
        ]
    )


def entries_of(text: object) -> list[tuple[Path, Label]]:
    """Read the list back."""
    try:
        listed = json.loads(str(text))
    except (ValueError, RecursionError):
        return []
    return list(_entries(listed))[:MOST_PINS] if isinstance(listed, list) else []


def tidy(folder: Path, used: Iterable[Path]) -> None:
    """Remove the files of pins that were removed long ago, all but the newest `MOST_LEFT`."""
    kept = {path.name for path in used}
    with suppress(OSError):
        left = [path for path in folder.glob(f"pin *{SUFFIX}") if path.name not in kept]
        for path in sorted(left)[:-MOST_LEFT]:  # their names begin with the time
            path.unlink()


def _entries(listed: list[Any]) -> Iterator[tuple[Path, Label]]:
    for entry in listed:
        if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
            continue
        path, place = entry["path"], entry.get("place")
        if not path or "\0" in path:
            continue
        label = Label(
            one_line(str(entry.get("name", "")), LONGEST_NAME),
            one_line(str(entry.get("note", "")), LONGEST_NOTE),
            entry.get("visible") is not False,
            place if type(place) is int else None,
        )
        yield Path(path), label
