"""A run file goes on bit for bit, opens without us, and refuses whatever is not one of ours."""

import errno
import json
import os
import re
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, load_file, save

from core.arrays import Array
from core.optimizers import OPTIMIZERS
from lab import runfile
from lab.moments import Mark
from lab.run import Run
from lab.runfile import read_run, write_run
from lab.runform import KEY, RunFileError
from lab.thumbnail import thumbnail
from tests.lab.making import WILD, diverge, run_of

Facts = dict[str, Any]
Arrays = dict[str, Array]

TINY: Facts = {"network.depth": 1, "network.width": 2, "data.samples": 6}


def saved(path: Path, run: Run) -> bytes:
    write_run(path, run)
    return path.read_bytes()


def refusal(path: Path, content: bytes) -> str:
    """The sentence that a file with this content is refused with."""
    path.write_bytes(content)
    with pytest.raises(RunFileError) as caught:
        read_run(path)
    message = str(caught.value)
    assert message.startswith(f"{path.name} cannot be opened: ")
    assert message.endswith(".")
    assert message.isprintable()
    assert len(message) < 300
    assert caught.value.__cause__ is None
    return message


def forged(run: Run, change: Callable[[Facts, Arrays], object]) -> bytes:
    """A file whose content was changed by someone who knows how to make the digest right."""
    content = runfile._encoded(run)
    (length,) = struct.unpack_from("<Q", content)
    facts = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][KEY])
    arrays = dict(load(content))
    change(facts, arrays)
    facts["digest"] = runfile._digest(arrays, facts)
    return save(arrays, metadata={KEY: json.dumps(facts)})


def same(first: Run, second: Run) -> bool:
    """Whether two runs are in the same state, bit for bit."""
    pairs = [
        (first.trainer.network.parameters, second.trainer.network.parameters),
        (first.trainer.slots, second.trainer.slots),
        (first.trainer.network.running, second.trainer.network.running),
    ]
    states = [first.history.state(), second.history.state()]
    pairs += [(states[0][0][name], states[1][0][name]) for name in states[0][0]]
    orders = [first.trainer.order.state(), second.trainer.order.state()]
    pairs.append((orders[0].pop("permutation"), orders[1].pop("permutation")))
    trails = [first.trail.state(), second.trail.state()]
    pairs += [(trails[0][0][name], trails[1][0][name]) for name in trails[0][0]]
    dropping = [
        [rng.bit_generator.state for rng in run.trainer.dropout_rngs] for run in (first, second)
    ]
    counts = [
        (run.spec, run.trainer.steps_done, run.trainer.samples_seen) for run in (first, second)
    ]
    return (
        all(a.tobytes() == b.tobytes() for a, b in pairs)
        and states[0][1] == states[1][1]
        and trails[0][1] == trails[1][1]
        and orders[0] == orders[1]
        and dropping[0] == dropping[1]
        and counts[0] == counts[1]
    )


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_run_goes_on_bit_for_bit(tmp_path: Path, optimizer: str, precision: str) -> None:
    run = run_of({"training.optimizer": optimizer, "network.precision": precision}, steps=600)
    live = {"training.batch_size": 13, "training.learning_rate": 0.01, "cures.l2": 0.001}
    run.tune(run.spec.with_values(live))
    for _ in range(505):
        run.advance()
    write_run(tmp_path / "run", run)
    again = read_run(tmp_path / "run", run_id=7)
    assert again.run_id == 7
    assert same(run, again)
    assert again.scores == run.frame(0.0, renew=True).scores
    for _ in range(1000):
        run.advance()
        again.advance()
    assert same(run, again)
    assert again.scores == run.scores
    assert [mark.step for mark in again.history.marks] == [600, 600, 600]


CURES: dict[str, dict[str, Any]] = {
    "batch norm and dropout": {"cures.norm": "batch", "cures.dropout": 0.3},
    "layer norm and shortcuts": {"cures.norm": "layer", "cures.residual": True},
    "all at once": {
        "network.layers": "5 relu, 5 tanh, 7 gelu",
        "network.precision": "float16",
        "network.initializer": "lsuv",
        "network.bias_std": 0.1,
        "cures.norm": "batch",
        "cures.residual": True,
        "cures.dropout": 0.1,
        "cures.clip_norm": 0.5,
        "cures.clip_value": 0.1,
        "cures.l1": 1e-4,
        "training.optimizer": "adamw",
        "training.schedule": "one_cycle",
        "training.smoothing": 0.1,
    },
}


@pytest.mark.parametrize("changes", CURES.values(), ids=CURES.keys())
def test_a_run_with_cures_goes_on_bit_for_bit(tmp_path: Path, changes: dict[str, Any]) -> None:
    run = run_of(changes, steps=200)
    write_run(tmp_path / "run", run)
    again = read_run(tmp_path / "run")
    assert same(run, again)
    for _ in range(300):
        run.advance()
        again.advance()
    assert same(run, again)
    assert again.scores == run.scores


def test_a_normalised_run_has_the_names_of_pytorch(tmp_path: Path) -> None:
    run = run_of({"cures.norm": "batch", "network.depth": 1}, steps=20)
    write_run(tmp_path / "run", run)
    arrays = load_file(tmp_path / "run")
    # nn.Sequential(Linear, BatchNorm1d, activation, Linear)
    names = {f"1.{name}" for name in ("weight", "bias", "running_mean", "running_var")}
    modules = {name for name in arrays if name[0].isdecimal()}
    assert modules == {"0.weight", "0.bias", *names, "3.weight", "3.bias"}
    assert (arrays["1.running_var"] != 1).any()


def test_an_opened_run_shows_what_it_showed(tmp_path: Path) -> None:
    run = run_of(steps=20)
    write_run(tmp_path / "run", run)
    again = read_run(tmp_path / "run")
    assert (again.record.step, again.record.loss) == (20, run.record.loss)
    np.testing.assert_array_equal(again.record.magnitudes, run.record.magnitudes)


def test_a_run_that_has_not_begun_keeps_its_marks(tmp_path: Path) -> None:
    run = run_of()
    run.history.mark("by hand")
    write_run(tmp_path / "run", run)
    again = read_run(tmp_path / "run")
    assert again.history.marks == (Mark(0, "by hand"),)
    for _ in range(5):
        run.advance()
        again.advance()
    assert same(run, again)


def test_the_file_opens_without_us_as_a_sequential_of_pytorch(tmp_path: Path) -> None:
    run = run_of({"network.activation": "sigmoid", "network.precision": "float64"}, steps=50)
    write_run(tmp_path / "run.safetensors", run)
    arrays = load_file(tmp_path / "run.safetensors")
    x = run.trainer.data.x_test
    # nn.Sequential(Linear, Sigmoid, Linear, Sigmoid, Linear, Sigmoid, Linear): x W^T + b
    h = x
    for place in (0, 2, 4):
        h = 1 / (1 + np.exp(-(h @ arrays[f"{place}.weight"].T + arrays[f"{place}.bias"])))
    z = h @ arrays["6.weight"].T + arrays["6.bias"]
    np.testing.assert_allclose(z, run.trainer.network.predict(x), rtol=1e-12)
    assert arrays["0.weight"].shape == (6, 2)


def test_every_array_is_contiguous_when_it_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some versions of safetensors write wrong numbers otherwise."""
    handed_over: Arrays = {}

    def collect(arrays: Arrays, metadata: dict[str, str]) -> bytes:
        handed_over.update(arrays)
        return b""

    monkeypatch.setattr(runfile, "save", collect)
    runfile._encoded(run_of(steps=3))
    assert "0.weight" in handed_over
    assert all(values.flags.c_contiguous for values in handed_over.values())


def test_the_file_holds_a_thumbnail_and_the_spec_as_text(tmp_path: Path) -> None:
    run = run_of(steps=20)
    content = saved(tmp_path / "run", run)
    np.testing.assert_array_equal(load(content)["thumbnail"], thumbnail(run.history))
    assert b'\\"learning_rate\\": 0.05' in content


def test_a_diverged_run_is_saved_with_finite_weights(tmp_path: Path) -> None:
    run = run_of(WILD)
    diverge(run)
    write_run(tmp_path / "run", run)
    again = read_run(tmp_path / "run")
    assert np.isfinite(again.trainer.network.parameters).all()
    assert again.trainer.steps_done == run.trainer.steps_done


@pytest.mark.parametrize("source", ["digits", "iris", "white_noise", "plane"])
@pytest.mark.parametrize("depth", [0, 2])
def test_every_kind_of_data_and_depth_round_trips(tmp_path: Path, source: str, depth: int) -> None:
    run = run_of({"data.source": source, "network.depth": depth}, steps=5)
    write_run(tmp_path / "run", run)
    assert same(run, read_run(tmp_path / "run"))


@pytest.mark.parametrize(
    "name",
    ["ein Lauf mit Lücken.safetensors", "走.safetensors", "no suffix", "a'b\"c & <i>", "x" * 250],
)
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    run = run_of(steps=2)
    write_run(tmp_path / name, run)
    assert same(run, read_run(tmp_path / name))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_writing_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_bytes(b"something else, and longer" * 10_000)
    run = run_of(steps=2)
    write_run(path, run)
    assert same(run, read_run(path))


# -- files that cannot be written


@pytest.mark.parametrize("where", ["open", "fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_failure_to_write_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, where: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run"
    before = saved(path, run_of(steps=2))

    def fail(*_args: object, **_names: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os if where == "fsync" else Path, where, fail)
    with pytest.raises(OSError, match=os.strerror(code)):
        write_run(path, run_of(steps=9))
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_while_writing_leaves_nothing_beside_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_file: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_run(tmp_path / "run", run_of())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [".", "nowhere/run", "x" * 300, "file/run"])
def test_a_place_that_is_none_is_an_os_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match=r"(?i)director|too long"):
        write_run(tmp_path / name if name != "." else tmp_path, run_of())
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


# -- files that are not ours, or not whole


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n" + bytes(1000),
        b"step,loss\n1,0.5\n",
        b"{}",
        bytes(64),
        struct.pack("<Q", 2) + b"{}",
        struct.pack("<Q", 4) + b"nope",
        struct.pack("<Q", 20) + b'{"__metadata__": [1]}',
        struct.pack("<Q", 2**63) + b"{" + bytes(100),
        struct.pack("<Q", 2**64 - 1) + b"{}",
        struct.pack("<Q", 100_000) + b"[" * 100_000,
        struct.pack("<Q", 100_001) + b"{" + b'"a":{' * 20_000,
        save({"weight": np.zeros(3)}),
        save({"weight": np.zeros(3)}, metadata={"format": "pt"}),
        save({"weight": np.zeros(3)}, metadata={KEY: "5"}),
        save({"weight": np.zeros(3)}, metadata={KEY: "[" * 100_000}),
        save({"weight": np.zeros(3)}, metadata={KEY: '{"format": "1"}'}),
        save({"weight": np.zeros(3)}, metadata={KEY: '{"format": true}'}),
        save({"weight": np.zeros(3)}, metadata={KEY: '{"format": 0}'}),
        save({"weight": np.zeros(3)}, metadata={KEY: '{"format": 1, "format": 1}'}),
    ],
    ids=range(20),
)
def test_what_is_no_run_is_refused(tmp_path: Path, content: bytes) -> None:
    message = refusal(tmp_path / "file", content)
    assert "it is not a run of Backprop Lab" in message or "it is cut short" in message


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, reason in {
        "missing": "no such file or directory",
        "": "it is not a file",
        "pipe": "it is not a file",
        "a\x00b": "null",
    }.items():
        with pytest.raises(RunFileError, match=reason):
            read_run(tmp_path / name)


def test_a_file_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(tmp_path / "run", run_of())

    def refuse(_path: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(RunFileError, match=r"^run cannot be opened: permission denied\.$"):
        read_run(tmp_path / "run")


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "run").open("wb") as file:
        file.truncate(runfile.LARGEST_FILE + 1)
    with pytest.raises(RunFileError, match="too many for a run"):
        read_run(tmp_path / "run")


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    content = saved(tmp_path / "whole", run_of(TINY, steps=3))
    (length,) = struct.unpack_from("<Q", content)
    data = 8 + length
    for size in (0, 1, 7, 8):
        assert "not a run" in refusal(tmp_path / "cut", content[:size])
    for size in (9, 100, data // 2, data - 1, data, data + 1, len(content) - 1):
        assert "it is cut short" in refusal(tmp_path / "cut", content[:size])
    refusal(tmp_path / "cut", content + b"x")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run, bytes]:
    path = tmp_path_factory.mktemp("flipped") / "run"
    run = run_of(TINY, steps=3)
    return path, run, saved(path, run)


@settings(max_examples=400)
@given(st.booleans(), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_a_changed_byte_is_noticed_or_means_nothing(
    tiny: tuple[Path, Run, bytes], in_header: bool, where: float, change: int
) -> None:
    path, run, content = tiny
    (length,) = struct.unpack_from("<Q", content)
    place = int(where * (8 + length if in_header else len(content)))
    altered = bytearray(content)
    altered[place] ^= change
    path.write_bytes(altered)
    try:
        again = read_run(path)
    except RunFileError:
        return
    assert place < 8 + length, "a number was altered and nobody noticed"
    assert same(run, again)


def test_an_altered_number_is_told(tmp_path: Path) -> None:
    content = bytearray(saved(tmp_path / "whole", run_of(steps=3)))
    content[-1000] ^= 1
    assert "its content was altered after it was saved" in refusal(tmp_path / "run", bytes(content))


def test_an_altered_spec_is_told(tmp_path: Path) -> None:
    content = saved(tmp_path / "whole", run_of(steps=3))
    altered = content.replace(b'\\"learning_rate\\": 0.05', b'\\"learning_rate\\": 0.06')
    assert altered != content
    assert "altered" in refusal(tmp_path / "run", altered)


def test_what_is_kept_for_every_parameter_is_in_an_order_of_its_own(tmp_path: Path) -> None:
    """However the engine lays it out in memory: all weights, all biases, all scales, all shifts."""
    changes = {"training.optimizer": "momentum", "cures.norm": "batch"}
    run = run_of(changes, steps=7)
    run.trainer.slots[0] = run.trainer.network.parameters  # whose parts have names in the file
    path = tmp_path / "run.safetensors"
    write_run(path, run)
    arrays, layers = load_file(path), run.trainer.network.layers
    parts = [layer.w for layer in layers] + [layer.b for layer in layers]
    for kind in ("scale", "shift"):
        parts += [getattr(layer, kind) for layer in layers[:-1]]
    whole = np.concatenate([part.ravel() for part in parts])
    np.testing.assert_array_equal(arrays["optimizer.slots"][0], whole)
    again = read_run(path)
    np.testing.assert_array_equal(again.trainer.slots, run.trainer.slots)
    before, after = run.trail.state()[0], again.trail.state()[0]
    np.testing.assert_array_equal(before["moments"], after["moments"])


def test_a_newer_format_is_told_with_both_versions(tmp_path: Path) -> None:
    content = forged(run_of(), lambda facts, _: facts.update(format=2, version="9.1"))
    message = refusal(tmp_path / "run", content)
    assert "it was saved by a newer version (9.1); this is" in message


# -- files whose digest is right and whose content is impossible

IMPOSSIBLE: dict[str, tuple[Callable[[Facts, Arrays], object], str]] = {
    "spec": (lambda f, _: f["spec"]["network"].update(depth=101), r"network\.depth: received 101"),
    "spec other": (lambda f, _: f["spec"]["network"].update(depth=2), "array"),
    "spec wider": (lambda f, _: f["spec"]["network"].update(width=256), "array 0.bias is F32"),
    "spec float64": (lambda f, _: f["spec"]["network"].update(precision="float64"), "is F32"),
    "spec text": (lambda f, _: f.update(spec="x"), "impossible values"),
    "no spec": (lambda f, _: f.pop("spec"), "spec"),
    "steps huge": (lambda f, _: f.update(steps_done=10**30), "steps_done is 10"),
    "steps other": (lambda f, _: f.update(steps_done=4), r"4 steps|samples_seen"),
    "steps negative": (lambda f, _: f.update(steps_done=-1), "steps_done is -1"),
    "steps true": (lambda f, _: f.update(steps_done=True), "steps_done is True"),
    "steps text": (lambda f, _: f.update(steps_done="3"), "steps_done is '3'"),
    "steps float": (lambda f, _: f.update(steps_done=3.0), "steps_done is 3.0"),
    "no steps": (lambda f, _: f.pop("steps_done"), "steps_done"),
    "samples huge": (lambda f, _: f.update(samples_seen=10**400), "samples_seen is 1000"),
    "samples few": (lambda f, _: f.update(samples_seen=2), "samples_seen is 2"),
    "position": (lambda f, _: f["order"].update(position=99), "position is 99"),
    "position text": (lambda f, _: f["order"].update(position="1"), "position is '1'"),
    "no order": (lambda f, _: f.update(order=None), "contradict"),
    "order a list": (lambda f, _: f.update(order=[1]), "contradict"),
    "no generators": (lambda f, _: f["order"].update(generators=[]), "contradict"),
    "two generators": (lambda f, _: f["order"]["generators"].append({}), "contradict"),
    "generator a text": (lambda f, _: f["order"].update(generators=["os.system"]), "contradict"),
    "no dropout": (lambda f, _: f.pop("dropout"), "contradict"),
    "dropout none": (lambda f, _: f.update(dropout=None), "contradict"),
    "dropout twice": (lambda f, _: f["dropout"].append(f["dropout"][0]), "contradict"),
    "dropout a text": (lambda f, _: f.update(dropout=["os.system"]), "contradict"),
    "dropout stuck": (lambda f, _: f["dropout"][0]["state"].update(inc=2), "impossible state"),
    "history none": (lambda f, _: f.update(history=None), "contradict"),
    "history width": (lambda f, _: f["history"].update(width=2**70), "history"),
    "history folded": (lambda f, _: f["history"].update(folded=512), "history"),
    "marks none": (lambda f, _: f["history"].update(marks=None), "contradict"),
    "marks later": (lambda f, _: f["history"].update(marks=[[99, "x"]]), "mark"),
    "no path": (lambda f, _: f.pop("trail"), "contradict"),
    "path a text": (lambda f, _: f.update(trail="x"), "contradict"),
    "path every 3": (lambda f, _: f["trail"].update(every=3), "its path keeps one step of 3"),
    "path every 0": (lambda f, _: f["trail"].update(every=0), "one step of 0"),
    "path every huge": (
        lambda f, _: f["trail"].update(every=2**70),
        "one step of 118059",
    ),
    "path every other": (lambda f, _: f["trail"].update(every=2), "its path are in no order"),
    "path ends": (lambda f, _: f["trail"].update(ends=[[0, 2]]), "does not end with its networks"),
    "path ends none": (lambda f, _: f["trail"].update(ends=None), "contradict"),
    "path ends where": (lambda f, _: f["trail"].update(ends=[["x", 2]]), "does not end"),
}


@pytest.mark.parametrize(("change", "reason"), IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_impossible_facts_are_refused(
    tmp_path: Path, change: Callable[[Facts, Arrays], object], reason: str
) -> None:
    assert re.search(reason, refusal(tmp_path / "run", forged(run_of(steps=3), change)))


STATES: dict[str, dict[str, Any]] = {
    "another generator": {"bit_generator": "MT19937"},
    "unknown generator": {"bit_generator": "os.system"},
    "no state": {"state": None},
    "state negative": {"state": {"state": -1, "inc": 1}},
    "state huge": {"state": {"state": 2**200, "inc": 1}},
    "state a fraction": {"state": {"state": 1.5, "inc": 1}},
    "state a text": {"state": {"state": "1", "inc": 1}},
    "increment even": {"state": {"state": 1, "inc": 2}},
    "increment zero": {"state": {"state": 0, "inc": 0}},
    "flag a text": {"has_uint32": "x"},
    "half": {"uinteger": 2**40},
}


@pytest.mark.parametrize("change", STATES.values(), ids=STATES.keys())
def test_impossible_generators_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    content = forged(run_of(), lambda facts, _: facts["order"]["generators"][0].update(change))
    message = refusal(tmp_path / "run", content)
    assert "contradict" in message or "impossible state" in message


ARRAYS: dict[str, tuple[Callable[[Arrays], object], str]] = {
    "missing weight": (lambda a: a.pop("2.weight"), "array 2.weight is missing"),
    "missing history": (lambda a: a.pop("history.low"), "array history.low is missing"),
    "extra": (lambda a: a.update(extra=np.zeros(3)), "does not belong to it (extra)"),
    "extra layer": (lambda a: a.update({"8.weight": np.zeros((6, 6))}), "does not belong"),
    "transposed": (lambda a: a.update({"0.weight": a["0.weight"].T.copy()}), "0.weight is F32"),
    "flat": (lambda a: a.update({"0.weight": a["0.weight"].ravel()}), "0.weight is F32 of shape"),
    "one bias": (lambda a: a.update({"0.bias": a["0.bias"][:1]}), "array 0.bias is F32"),
    "scalar": (lambda a: a.update({"0.bias": np.zeros((), "f4")}), "0.bias is F32"),
    "double": (lambda a: a.update({"0.bias": a["0.bias"].astype(float)}), "0.bias is F64"),
    "whole": (lambda a: a.update({"0.bias": a["0.bias"].astype(np.int32)}), "0.bias is I32"),
    "slots": (lambda a: a.update({"optimizer.slots": np.zeros((1, 3), "f4")}), "slots is F32"),
    "order short": (lambda a: a.update({"order.permutation": np.arange(5)}), "order of samples"),
    "order long": (lambda a: a.update({"order.permutation": np.arange(61)}), "permutation is I64"),
    "order twice": (lambda a: a["order.permutation"].fill(1), "order of samples"),
    "recent long": (lambda a: a.update({"history.recent": np.zeros((1025, 48))}), "recent is F64"),
    "recent full": (lambda a: a.update({"history.recent": np.zeros((1024, 48))}), "history"),
    "recent narrow": (lambda a: a.update({"history.recent": np.zeros((3, 47))}), "recent is F64"),
    "means alone": (lambda a: a.update({"history.mean": np.zeros((1, 48))}), "history"),
    "path backward": (lambda a: a.update({"trail.steps": np.array([3, 2, 1, 0])}), "no order"),
    "path later": (lambda a: a.update({"trail.steps": np.arange(4) + 1}), "leads from step 1 to 4"),
    "path before": (lambda a: a.update({"trail.steps": np.arange(4) - 1}), "from step -1 to 2"),
    "path twice": (lambda a: a["trail.steps"].fill(1), "no order"),
    "path short": (lambda a: a.update({"trail.steps": np.arange(3)}), "3 steps, 4 moments"),
    "path narrow": (lambda a: a.update({"trail.moments": np.zeros((4, 9), "f4")}), "is F32 of"),
    "thumbnail": (lambda a: a.update(thumbnail=np.zeros((64, 95, 3), "u1")), "thumbnail is U8"),
}


@pytest.mark.parametrize(("change", "reason"), ARRAYS.values(), ids=ARRAYS.keys())
def test_impossible_arrays_are_refused(
    tmp_path: Path, change: Callable[[Arrays], object], reason: str
) -> None:
    def edit(_facts: Facts, arrays: Arrays) -> None:
        for name, values in arrays.items():
            arrays[name] = values.copy()
        change(arrays)

    assert reason in refusal(tmp_path / "run", forged(run_of(steps=3), edit))


def with_header(content: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The file with another description of its arrays, the data as it was."""
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


HEADERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no offsets": lambda h: h["0.bias"].pop("data_offsets"),
    "empty offsets": lambda h: h["0.bias"].update(data_offsets=[]),
    "offsets a text": lambda h: h["0.bias"].update(data_offsets="xy"),
    "offsets negative": lambda h: h["0.bias"].update(data_offsets=[-24, 0]),
    "offsets overlap": lambda h: h["0.bias"].update(data_offsets=h["2.bias"]["data_offsets"]),
    "offsets beyond": lambda h: h["0.bias"].update(data_offsets=[10**12, 10**12 + 24]),
    "entry a list": lambda h: h.update({"0.bias": [1, 2]}),
    "entry none": lambda h: h.update({"0.bias": None}),
    "no shape": lambda h: h["0.bias"].pop("shape"),
    "shape negative": lambda h: h["history.recent"].update(shape=[-3, 48]),
    "shape absurd": lambda h: h["history.recent"].update(shape=[2**62, 48]),
    "shape a text": lambda h: h["0.bias"].update(shape="6"),
    "dtype unknown": lambda h: h["0.bias"].update(dtype="X9"),
    "no arrays": lambda h: [h.pop(name) for name in list(h) if name != "__metadata__"],
}


@pytest.mark.parametrize("change", HEADERS.values(), ids=HEADERS.keys())
def test_an_impossible_header_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    refusal(tmp_path / "run", with_header(runfile._encoded(run_of(steps=3)), change))


def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    content = runfile._encoded(run_of(steps=3))
    (length,) = struct.unpack_from("<Q", content)
    text = content[8 : 8 + length].rstrip()
    twice = b'{"0.bias":{"dtype":"F32","shape":[9],"data_offsets":[0,36]},' + text[1:]
    refusal(tmp_path / "run", struct.pack("<Q", len(twice)) + twice + content[8 + length :])


def test_absurd_claims_make_no_large_arrays(tmp_path: Path) -> None:
    """The spec of the largest network, in a file of a few kilobytes."""
    largest = {"depth": 100, "width": 256, "precision": "float64"}
    content = forged(run_of(steps=3), lambda facts, _: facts["spec"]["network"].update(largest))
    tracemalloc.start()
    try:
        refusal(tmp_path / "run", content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * len(content)


def test_a_stranger_s_words_are_shown_short(tmp_path: Path) -> None:
    def edit(facts: Facts, arrays: Arrays) -> None:
        arrays["\n<img src=x>\x00" + "y" * 5000] = np.zeros(1)

    refusal(tmp_path / "run", forged(run_of(), edit))
    newer = forged(run_of(), lambda facts, _: facts.update(format=99, version="v\n" * 9000))
    refusal(tmp_path / "run", newer)
