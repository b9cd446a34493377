"""A process beside this one: what it computes, raises and leaves behind."""

import os
import pickle
import signal
import subprocess
import sys
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
from lab.errands import Unfinished
from lab.processes import ROOT
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


def hanging(_much: int) -> Pieces[None]:
    yield float(os.getpid())
    os.kill(os.getpid(), signal.SIGSTOP)


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
    assert set(told) == {0.0, 0.5}


def test_what_is_raised_there_is_raised_here() -> None:
    with pytest.raises(ValueError, match=r"width.*3.*an even number"):
        whole(beside(refusing))


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_a_process_that_dies_is_one_sentence() -> None:
    with pytest.raises(Unfinished, match=r"^the process that computed it has ended, code -9\.$"):
        whole(beside(dying))


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_a_process_that_hangs_can_be_ended() -> None:
    with closing(beside(hanging, 1 << 20)) as walking:
        while not (process := int(next(walking))):
            pass
        for _ in range(3):
            assert next(walking) == process
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_no_process_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(Unfinished, match=r"^no process can begin for it \(no such file"):
        whole(beside(endless))


def test_what_cannot_be_sent_is_told() -> None:
    with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
        whole(beside(lambda: squares(np.arange(2.0))))


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_it_ends_without_a_word_when_whoever_began_it_is_gone() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lab.beside"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(pickle.dumps((endless, ())))
    process.stdin.close()
    pickle.load(process.stdout)
    process.stdout.close()
    assert process.wait(60) == 1
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_who_closes_it_ends_the_process() -> None:
    with closing(beside(endless)) as walking:
        while not (process := int(next(walking))):
            pass
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
