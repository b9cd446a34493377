"""Long work that goes on for as long as a test needs it to."""

from collections.abc import Callable
from contextlib import closing
from threading import Event
from typing import Any

import pytest

from lab.errands import Work
from lab.specimens import Specimen
from widgets.tools.errand_tool import ErrandTool

REST_S = 0.001


def hold(monkeypatch: pytest.MonkeyPatch, tool: type[ErrandTool[Any]]) -> None:
    """Let the work of such a tool really begin, but never end by itself.

    However busy the machine is, it is under way until somebody cancels it.
    """
    monkeypatch.setattr(tool, "work", _held(tool.work))


def _held(begin: Callable[[Any, Specimen], Work[Any]]) -> Callable[[Any, Specimen], Work[Any]]:
    def work(panel: ErrandTool[Any], specimen: Specimen) -> Work[Any]:
        rest, share = Event(), 0.0
        with closing(begin(panel, specimen)) as pieces:
            while True:
                if share:
                    rest.wait(REST_S)
                else:
                    share = next(pieces)
                yield share

    return work
