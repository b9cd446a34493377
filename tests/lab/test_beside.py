"""A process beside this one: what it computes, raises and leaves behind."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core.arrays import Array
from core.errors import wrong
from core.pieces import Pieces, whole
from core.probes import Probe
from lab.beside import POLITENESS, beside
from tests.lab.making import run_of

MINE = os.getpid()


def squares(values: Array) -> Pieces[tuple[int, Array]]:
    yield 0.5
    return os.getpid(), values**2


def refusing() -> Pieces[None]:
    yield 0.25
    raise wrong("width", 3, "an even number")


def dying() -> Pieces[None]:
    yield 0.25
    os.kill(os.getpid(), signal.SIGKILL)


def endless() -> Pieces[None]:
    while True:
        yield float(os.getpid())


def priority() -> Pieces[int]:
    yield 1.0
    return os.nice(0)


def loss_of(probe: Probe) -> Pieces[float]:
    yield 1.0
    return probe.gradient()[0]


def test_it_computes_elsewhere_and_tells_how_far_it_is() -> None:
    told = list[float]()

    def walked() -> Iterator[float]:
        process, result = yield from beside(squares, np.arange(4.0))
        assert process != MINE
        assert result.tolist() == [0, 1, 4, 9]

    told.extend(walked())
    assert told == [0.0, 0.5]


def test_what_is_raised_there_is_raised_here() -> None:
    with pytest.raises(ValueError, match=r"width.*3.*an even number"):
        whole(beside(refusing))


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_a_process_that_dies_is_one_sentence() -> None:
    with pytest.raises(RuntimeError, match=r"^the process that computed it has ended, with code -"):
        whole(beside(dying))


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_who_closes_it_ends_the_process() -> None:
    with closing(beside(endless)) as walking:
        next(walking)
        process = int(next(walking))
        os.kill(process, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@pytest.mark.skipif(os.name != "posix", reason="Windows has classes of priority instead")
def test_it_yields_the_processor() -> None:
    assert whole(beside(priority)) == os.nice(0) + POLITENESS


def test_a_probe_of_any_network_goes_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    changes = {"cures.norm": "batch", "cures.residual": True, "network.precision": "float16"}
    trainer = run_of(changes, steps=3).trainer
    probe = Probe(trainer.network, trainer.loss, trainer.data.x_train, trainer.data.y_train)
    assert whole(beside(loss_of, probe)) == probe.gradient()[0]
