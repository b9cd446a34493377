"""Hand-outs: what they may be, that files keep them, and that a stranger's are checked."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.handouts import LONGEST_TASK, LONGEST_TITLE, Handout, HandoutError, handout_from
from lab.run import Run
from lab.runfile import read_run, write_run
from lab.spec import KNOBS
from tests.lab.making import run_of, spec_of
from tests.lab.test_runfile import forged, refusal, same
from tests.lab.test_session import Desk

HANDOUT = Handout(
    "Why does it stop? <b>", "Find out.\nThen explain.", ("network.depth",), ("cures.norm",)
)
CONTENT: dict[str, Any] = {"title": "a", "task": "b", "locked": [], "hidden": []}


def handed_out(steps: int = 5) -> Run:
    run = run_of({"cures.dropout": 0.2}, steps=steps)
    run.handout = HANDOUT
    return run


def test_a_file_keeps_it_and_the_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    run = handed_out()
    write_run(tmp_path / "run", run)
    again = read_run(tmp_path / "run")
    assert again.handout == HANDOUT
    for one in (run, again):
        for _ in range(30):
            one.advance()
    assert same(run, again)
    write_run(tmp_path / "again", again)
    assert read_run(tmp_path / "again").handout == HANDOUT


def test_a_run_without_one_has_none(tmp_path: Path) -> None:
    write_run(tmp_path / "run", run_of())
    assert read_run(tmp_path / "run").handout is None


def test_it_is_covered_by_the_digest(tmp_path: Path) -> None:
    write_run(tmp_path / "run", handed_out())
    content = (tmp_path / "run").read_bytes()
    assert content.count(b"Find out") == 1
    assert "was altered" in refusal(tmp_path / "run", content.replace(b"Find out", b"Fine out"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"title": 3}, "its title is no text"),
        ({"title": "x" * (LONGEST_TITLE + 1)}, "its title has 101 characters, of 100 allowed"),
        ({"title": " "}, "it has no title"),
        ({"title": "two\nlines"}, "its title has 2 lines, of 1 allowed"),
        ({"title": "bell\a"}, "its title has characters that no screen can show"),
        ({"title": "\u202egnp.exe"}, "its title has characters that no screen can show"),
        ({"task": None}, "its task is no text"),
        ({"task": "x" * (LONGEST_TASK + 1)}, "its task has 4001 characters, of 4000 allowed"),
        ({"task": "\n" * 200}, "its task has 201 lines, of 100 allowed"),
        ({"locked": "network.depth"}, "its locked controls are no list"),
        ({"locked": ["network.dept"]}, "a control that there is not, network.dept (did you mean"),
        ({"hidden": [["network.depth"]]}, "a control that there is not, ['network.depth']"),
        ({"hidden": [{}]}, "a control that there is not, {}"),
        ({"locked": ["network.depth"] * 2}, "it names the control network.depth twice"),
        (
            {"locked": ["network.depth"], "hidden": ["network.depth"]},
            "it names the control network.depth twice",
        ),
        ({"more": 1}, "it does not consist of title, task, locked, hidden"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    content = forged(run_of(), lambda facts, _: facts.update(handout={**CONTENT, **change}))
    message = refusal(tmp_path / "run", content)
    assert "cannot be opened: its hand-out is impossible: it" in message
    assert reason in message


@pytest.mark.parametrize("content", [None, 3, [], "text", {}, {"title": "a"}])
def test_what_is_no_record_is_refused(content: Any) -> None:
    with pytest.raises(HandoutError, match="does not consist of"):
        handout_from(content)


def test_it_says_what_it_locks() -> None:
    before = spec_of()
    depth, norm, gain = (
        before.with_values({path: value})
        for path, value in {
            "network.depth": 5,
            "cures.norm": "layer",
            "network.gain": 2.0,
        }.items()
    )
    assert HANDOUT.refusal(before, depth) == "This hand-out locks Depth; the View menu unlocks."
    assert HANDOUT.refusal(before, norm).startswith("This hand-out locks Normalisation;")
    assert HANDOUT.refusal(before, gain) == ""
    assert HANDOUT.held == {"network.depth", "network.layers", "cures.norm"}
    assert HANDOUT.unseen == {"cures.norm"}
    everything = Handout("all", locked=tuple(KNOBS))
    assert handout_from({**everything.content(), "locked": [*KNOBS], "hidden": []}) == everything


@pytest.mark.parametrize("label", ["Depth", "Width", "Activation"])
@pytest.mark.parametrize("kind", ["locked", "hidden"])
def test_what_layers_say_too_holds_the_list_of_layers(label: str, kind: str) -> None:
    path = f"network.{label.lower()}"
    handout = Handout("one", **{kind: (path,)})  # type: ignore[arg-type]
    layers = spec_of().with_values({"network.layers": "3 relu, 4 tanh"})
    sentence = f"This hand-out locks {label}; the View menu unlocks."
    assert handout.refusal(spec_of(), layers) == sentence
    assert handout.refusal(layers, spec_of()) == sentence
    assert ("network.layers" in handout.unseen) == (kind == "hidden")
    assert handout_from(json.loads(json.dumps(handout.content()))) == handout
    free = Handout("two", locked=("network.layers",))
    assert free.refusal(spec_of(), spec_of({path: KNOBS[path].default})) == ""
    assert free.refusal(spec_of(), layers).startswith("This hand-out locks Layers;")


@pytest.fixture
def desk() -> Any:
    desk = Desk(spec_of())
    desk.wait_for_start()
    yield desk
    desk.close()


def test_handing_out_leaves_the_run_its_own(desk: Desk, tmp_path: Path) -> None:
    done: list[Path] = []
    desk.session.handout_saved.connect(done.append)
    desk.session.take_step()
    desk.wait_for_step(1)
    desk.session.save_handout(tmp_path / "handout", HANDOUT)
    desk.wait(lambda: done, "the file")
    assert not desk.heard("saved")
    assert desk.session.changed_since_saving
    assert desk.session.handout is None
    handed = read_run(tmp_path / "handout")
    assert (handed.handout, handed.trainer.steps_done) == (HANDOUT, 1)
    desk.session.save(tmp_path / "own")
    desk.wait(lambda: desk.heard("saved"), "the other file")
    assert read_run(tmp_path / "own").handout is None


def test_a_hand_out_that_cannot_be_written_says_why(desk: Desk, tmp_path: Path) -> None:
    desk.session.save_handout(tmp_path / "nowhere" / "handout", HANDOUT)
    desk.wait(lambda: desk.heard("save_failed"), "the refusal")


def saved_by(desk: Desk, path: Path) -> Handout | None:
    desk.said.clear()
    desk.session.save(path)
    desk.wait(lambda: desk.heard("saved"), "the file")
    return read_run(path).handout


def opened(desk: Desk, path: Path) -> None:
    desk.said.clear()
    desk.session.open(path)
    desk.wait(lambda: desk.heard("opened") and desk.heard("run_started"), "the run")


CHANGES: dict[str, Callable[[Desk], object]] = {
    "as it is": lambda _desk: None,
    "reset": lambda desk: desk.session.reset(),
    "other depth": lambda desk: desk.session.set_spec(spec_of({"network.depth": 1})),
}


@pytest.mark.parametrize("change", CHANGES)
def test_saving_again_keeps_it(desk: Desk, tmp_path: Path, change: str) -> None:
    write_run(tmp_path / "handout", handed_out())
    opened(desk, tmp_path / "handout")
    assert desk.session.handout == HANDOUT
    CHANGES[change](desk)
    assert saved_by(desk, tmp_path / "again") == HANDOUT


def test_another_file_is_without_it(desk: Desk, tmp_path: Path) -> None:
    write_run(tmp_path / "handout", handed_out())
    write_run(tmp_path / "plain", run_of())
    changes: list[Handout | None] = []
    desk.session.handout_changed.connect(lambda: changes.append(desk.session.handout))
    for name in ("handout", "handout", "plain", "plain"):
        opened(desk, tmp_path / name)
    assert changes == [HANDOUT, HANDOUT, None]
    assert saved_by(desk, tmp_path / "again") is None


def test_a_broken_one_opens_nothing(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_bytes(forged(run_of(), lambda facts, _: facts.update(handout=7)))
    desk.session.open(path)
    desk.wait(lambda: desk.heard("open_failed"), "the refusal")
    assert "its hand-out is impossible" in desk.heard("open_failed")[0][1]
    assert desk.session.handout is None
