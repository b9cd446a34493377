"""Hand-outs: what a teacher says with a run file, and which controls those who open it have.

A hand-out is guidance, not security: it keeps an exercise to its question, and whoever opens it may
unlock all controls. It is a record in the run file, which may be a stranger's, and is checked like
everything else in it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import hint
from lab.spec import KNOBS, Spec
from lab.words import one_line

LONGEST_TITLE, LONGEST_TASK, MOST_LINES = 100, 4000, 100
LOCKED = "Locked by this hand-out."
# What is said with another control too is held with it.
WITH_OTHERS = {"network.layers": ("network.depth", "network.width", "network.activation")}


class HandoutError(Exception):
    """A hand-out that cannot be; the message is one sentence without its full stop."""


@dataclass(frozen=True)
class Handout:
    """A title, a task as plain text, and the controls, by path, that are locked or not shown.

    A lock on depth, width or activation locks the list of layers too, which says all three; what
    is hidden of them hides it.

    Raises HandoutError for what cannot be.
    """

    title: str
    task: str = ""
    locked: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_text("title", self.title, LONGEST_TITLE, lines=1)
        _check_text("task", self.task, LONGEST_TASK, lines=MOST_LINES)
        if not self.title.strip():
            raise HandoutError("it has no title")
        _check_paths((*self.locked, *self.hidden))

    @property
    def held(self) -> frozenset[str]:
        """The controls that cannot be changed."""
        return _with_others((*self.locked, *self.hidden))

    @property
    def unseen(self) -> frozenset[str]:
        """Those among them that are not shown."""
        return _with_others(self.hidden)

    def refusal(self, before: Spec, after: Spec) -> str:
        """Say in a sentence why the experiment is not to be changed so; nothing when it may be."""
        own, held = {*self.locked, *self.hidden}, list[str]()
        for path in after.differences(before):
            if path in self.held:
                why = [path] if path in own else [one for one in WITH_OTHERS[path] if one in own]
                held += [KNOBS[one].label for one in why]
        names = ", ".join(dict.fromkeys(held))
        return f"This hand-out locks {names}; the View menu unlocks." if held else ""

    def content(self) -> dict[str, Any]:
        """Return what a file holds of it."""
        return asdict(self)


def _with_others(paths: Sequence[str]) -> frozenset[str]:
    held = frozenset(paths)
    return held | {path for path, others in WITH_OTHERS.items() if not held.isdisjoint(others)}


def handout_from(content: Any) -> Handout:
    """Return the hand-out of what JSON gives. Raises HandoutError."""
    names = ("title", "task", "locked", "hidden")
    if not isinstance(content, dict) or set(content) != set(names):
        raise HandoutError(f"it does not consist of {', '.join(names)}")
    for name in ("locked", "hidden"):
        if not isinstance(content[name], list):
            raise HandoutError(f"its {name} controls are no list")
    paths = {name: tuple(content[name]) for name in ("locked", "hidden")}
    return Handout(content["title"], content["task"], **paths)


def _check_text(name: str, text: Any, longest: int, *, lines: int) -> None:
    if not isinstance(text, str):
        raise HandoutError(f"its {name} is no text")
    if len(text) > longest:
        raise HandoutError(f"its {name} has {len(text)} characters, of {longest} allowed")
    found = text.split("\n")
    if len(found) > lines:
        raise HandoutError(f"its {name} has {len(found)} lines, of {lines} allowed")
    if not all(line.isprintable() for line in found):
        raise HandoutError(f"its {name} has characters that no screen can show")


def _check_paths(paths: Sequence[Any]) -> None:
    for path in paths:
        if not isinstance(path, str) or path not in KNOBS:
            name = one_line(str(path))
            raise HandoutError(f"it names a control that there is not, {name}{hint(name, KNOBS)}")
    if len(set(paths)) < len(paths):
        twice = next(path for path in paths if paths.count(path) > 1)
        raise HandoutError(f"it names the control {twice} twice")
