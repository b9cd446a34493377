"""The prepared experiments: one JSON file each, found by name, in the order of their lesson."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lab.spec import Spec, spec_from

DIRECTORY = Path(__file__).resolve().parent.parent / "resources" / "presets"
OPENING = "vanishing"


@dataclass(frozen=True)
class Preset:
    """A spec worth starting from, what it shows, and what to try with it."""

    name: str
    title: str
    text: str
    spec: Spec


@cache
def presets() -> dict[str, Preset]:
    """Return all prepared experiments by name, in their order."""
    contents = {path.stem: json.loads(path.read_text("utf-8")) for path in DIRECTORY.glob("*.json")}
    ordered = sorted(contents.items(), key=lambda item: item[1]["order"])
    return {
        name: Preset(name, content["title"], content["text"], spec_from(content["spec"]))
        for name, content in ordered
    }
