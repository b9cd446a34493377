"""Every field of the spec as an option of the command line, made from its knob.

An option's text is read as a number where one belongs, and judged by the spec like any other value.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import click

from lab.fields import Knob
from lab.spec import KNOBS

GENERAL = "Options"
READERS = {int: (int, float), float: (float,)}  # 2.5 for a whole number is refused as 2.5


def option_names() -> dict[str, str]:
    """Return path -> option. Fields that share a name are told apart as their labels do it."""
    uses = Counter(path.split(".")[1] for path in KNOBS)
    words = {
        path: name if uses[name := path.split(".")[1]] == 1 else knob.label.lower()
        for path, knob in KNOBS.items()
    }
    return {path: word.replace("_", "-").replace(" ", "-") for path, word in words.items()}


def knob_options() -> list[click.Option]:
    """Return the options of all fields; a field without its option keeps its value."""
    return [_option(KNOBS[path], name) for path, name in option_names().items()]


def given_values(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return path -> value for the options that were given, from click's parameters by name."""
    given = {path: parameters[_parameter_name(path)] for path in KNOBS}
    return {path: _value(KNOBS[path], text) for path, text in given.items() if text is not None}


def section_of(option: click.Option) -> str:
    """Return the title of the help's section that an option belongs to."""
    group, separator, _ = (option.name or "").partition("__")
    return group.capitalize() if separator else GENERAL


def _parameter_name(path: str) -> str:
    return path.replace(".", "__")


def _option(knob: Knob, name: str) -> click.Option:
    parameter = _parameter_name(knob.path)
    if knob.kind is bool:
        return click.Option([f"--{name}/--no-{name}", parameter], default=None, help=knob.help)
    metavar = "NAME" if knob.choices is not None else "NUMBER"
    text = f"{knob.help} Allowed: {knob.allowed}."
    return click.Option([f"--{name}", parameter], metavar=metavar, help=text)


def _value(knob: Knob, text: Any) -> Any:
    for read in READERS.get(knob.kind, ()):
        with suppress(ValueError):
            return read(text)
    return text
