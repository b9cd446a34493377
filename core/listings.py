"""Which lines of the engine ran, and how they are written in its source.

Lines are found in what Python itself knows of a function, so that what is shown cannot differ from
what was computed.
"""

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from textwrap import dedent
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

ROOM = Path(__file__).resolve().parent


class Spot(NamedTuple):
    """Some lines of a function; without any, all of it."""

    code: CodeType
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class Passage:
    """A function as it is written: `lines`, of which the first has the number `first` in `file`.

    `current` are the numbers of the lines that are meant, `skipped` those of statements that have
    not run.
    """

    file: str
    name: str
    first: int
    lines: tuple[str, ...]
    current: frozenset[int]
    skipped: frozenset[int] = frozenset()


class Footprints:
    """Which lines ran while it watched, function by function, and which function called which."""

    def __init__(self) -> None:
        self._lines: dict[CodeType, set[int]] = {}
        self._called: dict[CodeType, list[CodeType]] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what this thread does inside the engine."""
        before = sys.gettrace()
        sys.settrace(self._on_call)
        try:
            yield
        finally:
            sys.settrace(before)

    def lines_of(self, code: CodeType) -> frozenset[int] | None:
        """Return the lines of a function that have run, or None if none has."""
        lines = self._lines.get(code)
        return None if lines is None else frozenset(lines)

    def with_helpers(self, code: CodeType) -> list[CodeType]:
        """Return a function and those of its own file that ran for it, in the order of calls."""
        found = [code]
        for one in found:
            for called in self._called.get(one, []):
                if called not in found and called.co_filename == code.co_filename:
                    found.append(called)
        return found

    def _on_call(self, frame: FrameType, _event: str, _argument: object) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(str(ROOM)):
            return None
        self._lines.setdefault(code, set())
        caller = frame.f_back.f_code if frame.f_back is not None else None
        if caller in self._lines and code.co_name[0] != "<":  # no comprehension
            calls = self._called.setdefault(caller, [])
            if code not in calls:
                calls.append(code)
        return self._on_line

    def _on_line(self, frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            self._lines[frame.f_code].add(frame.f_lineno)
        return self._on_line


def spot_of(function: object) -> Spot | None:
    """Return where a function is written; None for one that is not written in Python."""
    return Spot(function.__code__) if isinstance(function, FunctionType) else None


@lru_cache(maxsize=256)
def calls_in(code: CodeType, name: str) -> tuple[int, ...]:
    """Return the lines of a function that call something of that name."""
    return tuple(
        node.lineno + code.co_firstlineno - 1
        for node in ast.walk(_tree(code))
        if isinstance(node, ast.Call) and _name_of(node.func) == name
    )


def passage(spot: Spot, ran: frozenset[int] | None = None) -> Passage:
    """Return a function's source; `ran` are those of its lines that have run, if that is known."""
    code, file = spot.code, Path(spot.code.co_filename)
    every = _statements(code, _body(code))
    reached = every if ran is None else _statements(code, ran) & every
    return Passage(
        f"{file.parent.name}/{file.name}",
        code.co_qualname,
        code.co_firstlineno,
        _lines(code),
        _statements(code, spot.lines) if spot.lines else reached,
        every - reached,
    )


def merged(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """Show every function once, with all its lines that are meant."""
    found: dict[tuple[str, str], Passage] = {}
    for one in passages:
        before = found.get((one.file, one.name), one)
        found[one.file, one.name] = replace(one, current=before.current | one.current)
    return tuple(found.values())


def _name_of(function: ast.expr) -> str:
    return str(getattr(function, "attr", "") or getattr(function, "id", ""))


@lru_cache(maxsize=256)
def _lines(code: CodeType) -> tuple[str, ...]:
    return tuple(dedent(inspect.getsource(code)).rstrip().split("\n"))


@lru_cache(maxsize=256)
def _tree(code: CodeType) -> ast.Module:
    return ast.parse("\n".join(_lines(code)))


@lru_cache(maxsize=256)
def _body(code: CodeType) -> frozenset[int]:
    """The numbers of the first lines of a function's statements."""
    (function,) = _tree(code).body
    assert isinstance(function, ast.FunctionDef)
    rest = function.body[ast.get_docstring(function) is not None :]
    nodes = (node for statement in rest for node in ast.walk(statement))
    return frozenset(
        node.lineno + code.co_firstlineno - 1 for node in nodes if isinstance(node, ast.stmt)
    )


def _statements(code: CodeType, lines: Iterable[int]) -> frozenset[int]:
    return frozenset(number for line in lines for number in _statement_at(code, line))


@lru_cache(maxsize=4096)
def _statement_at(code: CodeType, line: int) -> range:
    """The lines of the innermost statement at a line; of a loop or a branch those of its head."""
    shift = code.co_firstlineno - 1
    spans = [range(line, line + 1)]
    for node in ast.walk(_tree(code)):
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
            span = range(node.lineno + shift, max(last, node.lineno) + shift + 1)
            if line in span:
                spans.append(span)
    return min(spans[1:] or spans, key=len)
