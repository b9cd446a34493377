"""One run in one file, which PyTorch, NumPy and pandas open without us.

The file is valid safetensors: weights under the names and in the layout of PyTorch's state_dict of
an `nn.Sequential(Linear, activation, Linear, ...)`, everything else under prefixed names, plain
facts as JSON in the header. It is written beside its target and renamed over it, and read as a
stranger's file: everything is checked before an array is used, and nothing in it is executed.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from safetensors import SafetensorError
from safetensors.numpy import load, save

from core.arrays import Array
from core.sampling import BatchOrder
from lab import VERSION
from lab.build import make_trainer
from lab.faults import SpecError
from lab.handouts import HandoutError, handout_from
from lab.history import MOST_STEPS, History
from lab.run import Run
from lab.runform import FORMAT, KEY, RunFileError, check_arrays, checked_header
from lab.spec import Spec, spec_from
from lab.statistics import STATISTICS
from lab.thumbnail import thumbnail
from lab.words import one_line, reason_of

SUFFIX = ".safetensors"
# What is kept for every parameter, in the order of `Layout.by_kind`: files are older than memory.
FLAT = ("optimizer.slots", "trail.moments")
LARGEST_FILE = 1 << 30
LONGEST_STEM = 40  # of the temporary file's name, so that it is no longer than file systems allow
LONGEST_REASON = 200


def write_run(path: Path, run: Run) -> None:
    """Write a run. Raises OSError, leaving what was at `path` before as it was."""
    content = _encoded(run)
    temporary = path.with_name(f".{path.name[:LONGEST_STEM]}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def read_run(path: Path, run_id: int = 0) -> Run:
    """Read a run, ready to go on bit for bit. Raises RunFileError with a plain reason."""
    with _refusals(path):
        return _decoded(*_checked_content(path), run_id)


def read_record(path: Path) -> tuple[Spec, History]:
    """Read what a run was and showed, not to go on with it. Raises RunFileError."""
    with _refusals(path):
        spec, facts, arrays = _checked_content(path)
        return spec, _history(spec, facts, arrays)


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Turn whatever a stranger's file can cause into one sentence."""
    try:
        yield
        return
    except RunFileError as error:
        reason = str(error)
    except SpecError as error:
        reason = f"its experiment has impossible values ({error.faults[0]})"
    except HandoutError as error:
        reason = f"its hand-out is impossible: {error}"
    except OSError as error:
        reason = reason_of(error).lower()
    except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as error:
        reason = f"its parts contradict each other ({error})"
    except (SafetensorError, RecursionError) as error:
        reason = f"its parts contradict each other ({error})"
    name, reason = one_line(path.name), one_line(reason, LONGEST_REASON)
    raise RunFileError(f"{name} cannot be opened: {reason}.") from None


def _encoded(run: Run) -> bytes:
    trainer = run.trainer
    arrays: dict[str, Array] = {}
    with trainer.retired.undone():
        arrays |= {name: values.copy() for name, values in trainer.network.state().items()}
    order = trainer.order.state()
    if order["given_back"] is not None:  # of a step that could not be taken
        order["given_back"] = order["given_back"].tolist()
    history_arrays, history_numbers = run.history.state()
    arrays |= {"optimizer.slots": trainer.slots, "order.permutation": order.pop("permutation")}
    arrays |= {f"history.{name}": values for name, values in history_arrays.items()}
    trail_arrays, trail_numbers = run.trail.state()
    arrays |= {f"trail.{name}": values for name, values in trail_arrays.items()}
    arrays["thumbnail"] = thumbnail(run.history)
    order_of_files = trainer.network.layout.by_kind()
    arrays |= {name: arrays[name][..., order_of_files] for name in FLAT}
    # safetensors 0.8 writes wrong numbers for arrays that are not contiguous, such as w.T.
    arrays = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
    facts = {
        "format": FORMAT,
        "version": VERSION,
        "spec": run.spec.content(),
        "steps_done": trainer.steps_done,
        "samples_seen": trainer.samples_seen,
        "retired": list(trainer.retired.runs),
        "order": order,
        "dropout": [rng.bit_generator.state for rng in trainer.dropout_rngs],
        "history": history_numbers,
        "trail": trail_numbers,
    }
    if run.handout is not None:
        facts["handout"] = run.handout.content()
    facts["digest"] = _digest(arrays, facts)
    return save(arrays, metadata={KEY: json.dumps(facts)})


def _checked_content(path: Path) -> tuple[Spec, dict[str, Any], dict[str, Array]]:
    """Return the spec, our facts and all arrays of a file that is whole."""
    content = _file_content(path)
    facts, header = checked_header(content)
    spec = spec_from(facts["spec"])
    check_arrays(header, spec)
    arrays = load(content)
    if _digest(arrays, facts) != facts["digest"]:
        raise RunFileError("its content was altered after it was saved: the digest differs")
    return spec, facts, arrays


def _digest(arrays: Mapping[str, Array], facts: Mapping[str, Any]) -> str:
    plain = {name: value for name, value in facts.items() if name != "digest"}
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode())
    for name in sorted(arrays):
        values = arrays[name]
        digest.update(f"{name} {values.dtype.str} {values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def _file_content(path: Path) -> bytes:
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):  # to open a pipe would wait for its writer
        raise RunFileError("it is not a file")
    if facts.st_size > LARGEST_FILE:
        raise RunFileError(f"{facts.st_size} bytes are too many for a run")
    return path.read_bytes()


def _decoded(spec: Spec, facts: Mapping[str, Any], arrays: Mapping[str, Array], run_id: int) -> Run:
    handout = handout_from(facts["handout"]) if "handout" in facts else None
    trainer = make_trainer(spec)
    network, layout = trainer.network, trainer.network.layout
    network.load({name: arrays[name] for name in network.state()})
    flat, order_of_files = {name: np.empty_like(arrays[name]) for name in FLAT}, layout.by_kind()
    for name, values in flat.items():
        values[..., order_of_files] = arrays[name]
    trainer.slots[...] = flat["optimizer.slots"]
    trainer.retired.retire(_places(facts["retired"], network.runs))
    trainer.steps_done = _count(facts, "steps_done", MOST_STEPS)
    most_samples = trainer.steps_done * len(trainer.data.x_train)
    trainer.samples_seen = _count(facts, "samples_seen", most_samples, trainer.steps_done)
    _restore_order(trainer.order, facts["order"], arrays["order.permutation"])
    _restore_generators(trainer.dropout_rngs, facts["dropout"])
    run = Run(spec, run_id, trainer, _history(spec, facts, arrays))
    trail = {"steps": arrays["trail.steps"], "moments": flat["trail.moments"]}
    run.trail.restore(trail, facts["trail"])
    run.handout = handout
    return run


def _history(spec: Spec, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> History:
    names = ("recent", *STATISTICS)
    history = History.from_state(
        len(spec.sizes) - 1,
        {name: arrays[f"history.{name}"] for name in names},
        facts["history"],
        stacked=bool(spec.runs),
    )
    steps_done = _count(facts, "steps_done", MOST_STEPS)
    if len(history) != steps_done:
        raise RunFileError(f"it counts {steps_done} steps and shows {len(history)}")
    return history


def _places(places: Any, runs: tuple[int, ...]) -> list[int]:
    """Check which networks no longer learn: some of those that there are, but not all."""
    there = range(runs[0] if runs else 0)
    if type(places) is not list or not all(type(place) is int for place in places):
        raise RunFileError("it does not say which networks no longer learn")
    if len({*places}) != len(places) or not {*places} <= {*there} or {*places} == {*there} != set():
        raise RunFileError(f"its networks {places} cannot be the ones that no longer learn")
    return places


def _restore_order(order: BatchOrder, facts: Mapping[str, Any], permutation: Array) -> None:
    _count(facts, "position", order.n_samples)
    order.restore({**facts, "permutation": permutation})
    _check_generators(order.state()["generators"], facts["generators"])


def _restore_generators(rngs: Sequence[Generator], states: list[dict[str, Any]]) -> None:
    for rng, state in zip(rngs, states, strict=True):
        rng.bit_generator.state = state
    _check_generators([rng.bit_generator.state for rng in rngs], states)


def _check_generators(taken: Sequence[Any], states: list[dict[str, Any]]) -> None:
    # NumPy takes over some states that no generator can be in; an even increment may loop forever.
    if taken != states or not all(state["state"]["inc"] % 2 for state in taken):
        raise RunFileError("its random generator is in an impossible state")


def _count(facts: Mapping[str, Any], name: str, most: int, least: int = 0) -> int:
    value = facts[name]
    if type(value) is not int or not least <= value <= most:
        raise RunFileError(f"its {name} is {value!r}, not a whole number from {least} to {most}")
    return value
