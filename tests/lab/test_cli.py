"""The command line, driven as main.py drives it: arguments in, exit code and text out."""

import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import save_file

import lab.options
import lab.train
from core.activations import ACTIVATIONS
from core.measures import QUANTITIES, ROW
from core.training import Trainer
from lab import VERSION
from lab.cli import WindowRequest, main
from lab.diagnosis import diagnosis_of
from lab.fields import Knob
from lab.moments import Mark
from lab.options import option_names
from lab.predictions import input_square_of, prediction_of
from lab.presets import presets
from lab.run import Run
from lab.runfile import read_run, write_run
from lab.spec import KNOBS, spec_from
from tests.lab.making import WILD, run_of, spec_of

ROOT = Path(__file__).resolve().parents[2]


class Shell:
    """Runs command lines; keeps what the window was asked to open and what was printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.opened: list[WindowRequest] = []
        self.window_code = 0
        self.out = self.err = ""

    def run(self, *arguments: str | Path) -> int:
        code = main(self._open_window, [str(argument) for argument in arguments])
        self.out, self.err = self._capsys.readouterr()
        return code

    def refusal(self, *arguments: str | Path) -> str:
        """What is said on standard error, and nothing else, about an impossible command line."""
        assert self.run(*arguments) == 2
        assert self.out == ""
        assert not self.opened
        return self.err

    def document(self, *arguments: str | Path) -> dict[str, Any]:
        assert self.run("train", *arguments, "--json") == 0
        return read_json(self.out)

    def _open_window(self, request: WindowRequest) -> int:
        self.opened.append(request)
        return self.window_code


def read_json(text: str) -> dict[str, Any]:
    """Read JSON as strict readers do: NaN and Infinity are no numbers."""

    def refuse(name: str) -> float:
        raise AssertionError(f"{name} is not JSON")

    content: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return content


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A JSON file with the small spec."""
    path = tmp_path / "small.json"
    path.write_text(json.dumps(spec_of().content()))
    return path


@pytest.fixture
def wild(tmp_path: Path) -> Path:
    """A JSON file with a spec that diverges."""
    path = tmp_path / "wild.json"
    path.write_text(json.dumps({"title": "Wild", "spec": spec_of(WILD).content()}))
    return path


def interrupt_at(step: int, monkeypatch: pytest.MonkeyPatch, times: int = 1) -> None:
    """Press Ctrl+C in the middle of a step."""
    real = Run.advance

    def advance(run: Run, most: int) -> None:
        if run.trainer.steps_done == step - 1:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        real(run, most)

    monkeypatch.setattr(Run, "advance", advance)


# -- the window


def test_without_arguments_the_window_opens_as_it_likes(shell: Shell) -> None:
    assert shell.run() == 0
    assert shell.opened == [WindowRequest()]
    assert (shell.out, shell.err) == ("", "")


def test_the_window_s_exit_code_is_ours(shell: Shell) -> None:
    shell.window_code = 3
    assert shell.run() == 3


def test_a_program_without_a_console_ends_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert main(lambda _request: 0, []) == 0


def test_everything_a_window_can_be_asked_for(shell: Shell, tmp_path: Path) -> None:
    out = tmp_path / "picture.png"
    assert (
        shell.run(
            "--preset", "digits", "--theme", "dark", "--size", "1440x900",
            "--screenshot", out, "--after", "2.5",
        )
        == 0
    )  # fmt: skip
    assert shell.opened == [
        WindowRequest(None, "digits", out, 2.5, (1440, 900), "dark"),
    ]
    assert not list(tmp_path.iterdir())


def test_a_file_may_stand_anywhere(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "mein Lauf ü.safetensors"
    path.write_bytes(b"")
    assert shell.run(path, "--theme", "light") == 0
    assert shell.run("--theme", "light", path) == 0
    assert shell.opened == [WindowRequest(file=path, theme="light")] * 2


def test_an_unknown_preset_is_refused_with_the_known_ones(shell: Shell) -> None:
    message = shell.refusal("--preset", "foo")
    assert message.startswith("There is no prepared experiment foo; there are vanishing, ")
    assert all(name in message for name in presets())


def test_a_missing_file_is_refused(shell: Shell) -> None:
    assert shell.refusal("trian") == (
        "There is no file trian; to train without a window, begin with train.\n"
    )


def test_a_file_and_a_preset_are_one_too_many(shell: Shell, small: Path) -> None:
    assert "not both" in shell.refusal(small, "--preset", "digits")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "1440"], "1440 is not a width and a height"),
        (["--size", "0x900"], "0x900 is not"),
        (["--size", "99999x900"], "99999x900 is not"),
        (["--size", "1440x900x3"], "is not a width"),
        (["--after", "nan"], "nan is not within 0 to 3600"),
        (["--after", "-1"], "-1 is not within"),
        (["--after", "inf"], "inf is not within"),
        (["--theme", "pink"], "'pink' is not one of"),
        (["--depth", "3"], "--depth"),
    ],
)
def test_impossible_options_of_the_window(shell: Shell, arguments: list[str], words: str) -> None:
    assert words in shell.refusal(*arguments)


def test_a_picture_that_cannot_be_written_is_told_at_once(shell: Shell, tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "picture.png"
    assert shell.run("--screenshot", out) == 1
    assert shell.err == f"{out} cannot be written: there is no folder {out.parent}.\n"
    assert not shell.opened


def test_the_version(shell: Shell) -> None:
    assert shell.run("--version") == 0
    assert shell.out == f"Backprop Lab {VERSION}\n"
    assert not shell.opened


def test_the_help_names_the_other_command(shell: Shell) -> None:
    assert shell.run("--help") == 0
    assert "train  Train without a window" in shell.out
    assert all(f"--{name}" in shell.out for name in ("preset", "theme", "size", "screenshot"))


# -- what is imported

NO_WINDOW = ["PySide6", "shiboken6", "pyqtgraph", "superqt", "qtawesome"]
NOTHING_HEAVY = [*NO_WINDOW, "numpy", "rich", "safetensors"]


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], NOTHING_HEAVY),
        (["--version"], NOTHING_HEAVY),
        (["--screenshot", "/nowhere/a.png"], NOTHING_HEAVY),
        (["train", "--help"], [*NO_WINDOW, "rich"]),
        (["train", "vanishing", "--steps", "2", "--json"], [*NO_WINDOW, "rich"]),
        (["train", "vanishing", "--steps", "2"], NO_WINDOW),
    ],
)
def test_no_more_is_imported_than_is_needed(arguments: list[str], unwanted: list[str]) -> None:
    program = f"""
import sys
from lab.cli import main
main(None, {arguments})
sys.exit(f"imported: {{found}}" if (found := set({unwanted}) & set(sys.modules)) else 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# -- options


def test_every_field_has_one_option(shell: Shell) -> None:
    names = option_names()
    assert list(names) == list(KNOBS)
    reserved = {"steps", "out", "json", "help"}
    assert len(reserved | set(names.values())) == len(reserved) + len(names)
    assert names["network.seed"] == "seed"
    assert names["data.seed"] == "data-seed"
    assert names["training.learning_rate"] == "learning-rate"
    assert shell.run("train", "--help") == 0
    words = " ".join(shell.out.split())
    for path, name in names.items():
        assert f"--{name}" in words
        assert KNOBS[path].help in words
        assert KNOBS[path].kind is bool or f"Allowed: {KNOBS[path].allowed}." in words
    assert all(f"{name} {preset.title}" in words for name, preset in presets().items())


def typed(knob: Knob) -> tuple[list[str], Any]:
    """An option that changes a field, and the value it should get."""
    name = option_names()[knob.path]
    if knob.kind is bool:
        return [f"--no-{name}" if knob.default else f"--{name}"], not knob.default
    if knob.choices:
        value = next(choice for choice in knob.choices if choice != knob.default)
    elif knob.path == "training.frozen":
        return [f"--{name}", "2, 1"], [1, 2]
    elif knob.form:
        return [f"--{name}", "2 relu"], [{"width": 2, "activation": "relu"}]
    else:
        return [f"--{name}", str(knob.high)], knob.high
    if knob.path == "training.loss":
        value = "mse"
    return [f"--{name}", str(value)], value


@pytest.mark.parametrize("knob", KNOBS.values(), ids=KNOBS.keys())
def test_every_option_sets_its_field(shell: Shell, knob: Knob) -> None:
    arguments, value = typed(knob)
    small = ["--steps", "0", "--width", "2"] if knob.path != "network.width" else ["--steps", "0"]
    spec = shell.document("vanishing", *small, *arguments)["spec"]
    part, name = knob.path.split(".")
    assert spec[part][name] == value
    changed = spec_from(spec).differences(presets()["vanishing"].spec)
    assert set(changed) <= {knob.path, "network.width"}


def test_a_new_field_is_an_option_by_itself(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = Knob("training.clip", "Clip", "The longest gradient.", float, 1.0, 0.1, 100)
    monkeypatch.setattr(lab.options, "KNOBS", KNOBS | {clip.path: clip})
    shell.run("train", "--help")
    assert "--clip NUMBER" in shell.out
    assert "training.clip: received 3.0; allowed: no such field" in shell.refusal(
        "train", "vanishing", "--clip", "3"
    )


def test_all_faults_are_told_at_once_one_per_line(shell: Shell) -> None:
    message = shell.refusal(
        "train", "vanishing", "--steps", "-1", "--depth", "x", "--width", "2.5", "--gain", "nan",
        "--momentum", "5", "--activation", "swish", "--loss", "cross_entropy",
    )  # fmt: skip
    lines = message.splitlines()
    assert lines[0].startswith("steps: received -1; allowed: whole number from 0 to ")
    assert lines[1:5] == [
        'network.depth: received "x"; allowed: whole number from 0 to 100',
        "network.width: received 2.5; allowed: whole number from 1 to 256",
        f'network.activation: received "swish"; allowed: {", ".join(ACTIVATIONS)}'
        " (did you mean mish?)",
        "network.gain: received NaN; allowed: 0.01 to 100",
    ]
    assert lines[5] == "training.momentum: received 5.0; allowed: 0 to 0.999"
    assert lines[6].startswith('training.loss: received "cross_entropy"; allowed: auto, mse')
    assert len(lines) == 7


@pytest.mark.parametrize("steps", ["1.5", "1e3", "", "x", "²", "9" * 30])
def test_steps_are_a_whole_number(shell: Shell, steps: str) -> None:
    message = shell.refusal("train", "vanishing", "--steps", steps)
    assert message.startswith(f"steps: received {steps}; allowed: whole number from 0")


def test_an_unknown_option_is_refused_with_a_guess(shell: Shell) -> None:
    assert "--depth" in shell.refusal("train", "vanishing", "--depht", "3")


def test_nothing_to_start_from_is_refused(shell: Shell) -> None:
    assert "PRESET|SPEC.json|RUN" in shell.refusal("train")


# -- files to start from


def test_an_unknown_start_is_refused_with_the_presets(shell: Shell) -> None:
    message = shell.refusal("train", "foo")
    assert message.startswith("foo is neither a file nor one of the prepared experiments vanishing")


def test_a_spec_file_is_a_spec_or_has_one(shell: Shell, tmp_path: Path, small: Path) -> None:
    bare = shell.document(small, "--steps", "20")
    within = tmp_path / "within.JSON"
    within.write_text(
        "\ufeff" + json.dumps({"order": 1, "title": "T", "spec": spec_of().content()}), "utf-8"
    )
    assert shell.document(within, "--steps", "20") == bare
    assert bare["spec"] == spec_of().content()


def test_options_stand_over_the_file(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "spec.json"
    path.write_text('{"network": {"depth": -5, "width": 3}}')
    spec = shell.document(path, "--steps", "0", "--depth", "4", "--l2", "0.5")["spec"]
    assert (spec["network"]["depth"], spec["network"]["width"]) == (4, 3)
    assert spec["cures"]["l2"] == 0.5


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            '{"network": {"depth": -5, "wdth": 1}, "cures": {"l2": 1e999}}',
            [
                "network.depth: received -5; allowed: whole number from 0 to 100",
                "network.wdth: received 1; allowed: no such field, only depth, width, activation, "
                "layers, initializer, gain, bias_std, precision, seed, seeds (did you mean width?)",
                "cures.l2: received Infinity; allowed: 0 to 1",
            ],
        ),
        ("[1]", ["the spec: received [1]; allowed: an object with data, network, training, cures"]),
        (
            '{"spec": 5}',
            ["the spec: received 5; allowed: an object with data, network, training, cures"],
        ),
        (
            '{"data": 5}',
            [
                "data: received 5; allowed: an object with source, samples, noise, train_share, "
                "standardize, shuffled, unlabelled, inputs, outputs, seed"
            ],
        ),
    ],
)
def test_every_fault_of_a_file_is_told(
    shell: Shell, tmp_path: Path, text: str, lines: list[str]
) -> None:
    path = tmp_path / "spec.json"
    path.write_text(text)
    assert shell.refusal("train", path, "--noise", "0").splitlines() == lines


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"nonsense"])
def test_a_json_file_that_is_none_is_one_sentence(
    shell: Shell, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "spec.json"
    path.write_bytes(content)
    assert len(shell.refusal("train", path).splitlines()) == 1


def test_a_folder_named_like_a_spec_is_one_sentence(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    message = shell.refusal("train", tmp_path / "a.json")
    assert message == f"{tmp_path / 'a.json'} cannot be opened: is a directory.\n"


@pytest.mark.parametrize("damage", ["no run", "cut", "altered", "newer", "other safetensors"])
def test_a_file_that_is_no_good_run_is_one_sentence(
    shell: Shell, tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "run.safetensors"
    write_run(path, run_of(steps=2))
    content = path.read_bytes()
    path.write_bytes(
        {
            "no run": b"\x89PNG" + bytes(100),
            "cut": content[:-5],
            "altered": content[:-5] + bytes(5),
            "newer": content.replace(b'\\"format\\": 1', b'\\"format\\": 9'),
            "other safetensors": b"",
        }[damage]
    )
    if damage == "other safetensors":
        save_file({"weight": run_of().trainer.network.parameters}, path)
    message = shell.refusal("train", path)
    assert message.startswith("run.safetensors cannot be opened: ")
    assert len(message.splitlines()) == 1


# -- training


def test_training_is_the_training_of_a_run(shell: Shell, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "a run.safetensors"
    document = shell.document(small, "--steps", "120", "--out", out)
    assert shell.err == f"Saved {out} at step 120.\n"
    run = run_of(steps=120)
    saved = read_run(out)
    assert saved.spec == run.spec
    assert saved.trainer.network.parameters.tobytes() == run.trainer.network.parameters.tobytes()
    frame = run.frame(0.0, renew=True)
    assert document["step"] == 120
    assert document["ending"] == "finished"
    assert document["epoch"] == frame.epoch
    assert document["loss"] == float(run.record.loss)
    for name, value in frame.scores._asdict().items():
        assert document[name] == value
    assert document["spec"] == run.spec.content()


def test_the_document_has_every_quantity_of_every_layer(shell: Shell, small: Path) -> None:
    document = shell.document(small, "--steps", "50")
    run = run_of(steps=50)
    predicted = prediction_of(run.spec, input_square_of(run.trainer.data))
    assert predicted.q is not None
    assert predicted.rms_h is not None
    assert predicted.factors is not None
    assert predicted.signal_gradient is not None
    assert [layer.pop("layer") for layer in document["layers"]] == [1, 2, 3, 4]
    for index, layer in enumerate(document["layers"]):
        theory, spread = layer.pop("theory"), layer.pop("spread")
        assert spread is None, "there is one network"
        assert list(layer) == list(QUANTITIES)
        assert theory == {
            "q": predicted.q[index],
            "activation_rms": predicted.rms_h[index] if index < 3 else None,
            "signal_gradient_factor": predicted.factors[index] if index < 3 else None,
            "signal_gradient_share": predicted.signal_gradient[index] if index < 3 else None,
        }
        for row, (name, quantity) in enumerate(QUANTITIES.items()):
            expected = float(run.record.magnitudes[row, index])
            assert layer[name] == (None if quantity.hidden_only and index == 3 else expected)
    assert document["theory"]["factor"] == predicted.mean_factor
    assert document["theory"]["chi_star"] == predicted.chi_star
    assert document["theory"]["caution"] == predicted.caution


def test_networks_that_have_diverged_are_counted(shell: Shell) -> None:
    wild = ("--learning-rate", "10", "--activation", "relu", "--initializer", "he_normal")
    document = shell.document("vanishing", "--steps", "300", "--seeds", "8", *wild)
    left = document["networks"]["learning"]
    assert document["networks"]["count"] == 8
    assert 0 < left < 4
    assert document["verdict"]["finding"] == "most diverged"
    assert document["verdict"]["headline"] == f"{8 - left} of 8 networks have diverged"
    assert shell.document("vanishing", "--steps", "3")["networks"] == {"count": 1, "learning": 1}


def test_the_document_has_all_that_was_found_and_what_helps(shell: Shell) -> None:
    found = shell.document("vanishing", "--steps", "50")["verdict"]
    run = Run(presets()["vanishing"].spec)
    for _ in range(50):
        run.advance()
    verdict = diagnosis_of(run.frame(0.0, renew=True), run.history, run.spec, run.trainer.data).main
    assert found["finding"] == "vanishing"
    assert (found["headline"], found["detail"]) == (verdict.headline, verdict.detail)
    assert (found["factor"], found["total"]) == (verdict.factor, verdict.total)
    assert found["rule"] == verdict.rule
    (early,) = found["further"]
    assert early["finding"] == "too early to say"
    cures = {cure["name"]: cure for cure in found["cures"]}
    assert list(cures) == ["gain", "relu_he", "batch_norm", "residual"]
    assert cures["residual"]["changes"] == {"cures.residual": True}
    assert cures["relu_he"]["predicted_factor"] == pytest.approx(1)
    assert all(cure["why"] for cure in cures.values())


def test_a_cure_that_cannot_apply_is_told(shell: Shell, small: Path) -> None:
    arguments = ["--residual", "--layers", "3 relu, 4 relu", "--steps", "1"]
    notice = "Residual has no effect. No hidden layer is as wide as the one before it."
    assert shell.document(small, *arguments)["notices"] == [notice]
    assert shell.run("train", small, *arguments) == 0
    assert notice in shell.out
    assert shell.document(small, "--steps", "1")["notices"] == []


def test_the_document_has_the_spread_of_several_networks(shell: Shell, small: Path) -> None:
    document = shell.document(small, "--steps", "5", "--seeds", "5")
    frame = run_of({"network.seeds": 5}, 5).frame(0.0, renew=True)
    assert frame.ranks is not None
    for index, layer in enumerate(document["layers"]):
        spread = layer["spread"]
        assert list(spread) == list(QUANTITIES)
        expected = frame.ranks[:, ROW["signal_gradient_rms"], index].tolist()
        assert spread["signal_gradient_rms"] == expected
        assert layer["signal_gradient_rms"] == expected[2]
    assert document["verdict"]["rule"].endswith(
        "Judged is the median of 5 networks. Judged by medians over the last 5 steps."
    )


def test_where_there_is_no_theory_the_document_says_why(shell: Shell, small: Path) -> None:
    document = shell.document(small, "--steps", "0", "--initializer", "constant")
    assert document["theory"]["reason"].startswith("There is no theory for Constant weights")
    assert document["theory"]["factor"] is None
    assert set(document["layers"][0]["theory"].values()) == {None}
    assert shell.run("train", small, "--steps", "0", "--initializer", "constant") == 0
    assert "Theory" not in shell.out.split()
    assert document["theory"]["reason"] in shell.out


def test_what_is_not_finite_is_still_json(shell: Shell) -> None:
    document = shell.document(
        "vanishing",
        "--steps",
        "0",
        "--depth",
        "100",
        "--gain",
        "100",
        "--activation",
        "identity",
        "--width",
        "1",  # wider layers add infinities of both signs
    )
    values = [value for layer in document["layers"] for value in layer.values()]
    assert "Infinity" in values
    assert None in values
    assert document["verdict"]["factor"] is None
    zeros = shell.document("vanishing", "--steps", "0", "--initializer", "zeros")
    assert zeros["verdict"]["finding"] == "no gradient"
    assert zeros["layers"][0]["update_ratio"] is None  # 0 / 0


def test_regression_has_no_accuracy(shell: Shell, small: Path) -> None:
    document = shell.document(small, "--steps", "3", "--source", "plane")
    assert document["train_accuracy"] is None
    assert shell.run("train", small, "--steps", "3", "--source", "plane") == 0
    assert "accuracy" not in shell.out


def test_no_steps_measure_without_learning(shell: Shell, small: Path, tmp_path: Path) -> None:
    document = shell.document(small, "--steps", "0", "--out", tmp_path / "run")
    assert (document["step"], document["epoch"]) == (0, 0)
    assert document["loss"] == float(run_of().record.loss)
    saved = read_run(tmp_path / "run")
    fresh = run_of()
    assert saved.trainer.network.parameters.tobytes() == fresh.trainer.network.parameters.tobytes()


def test_people_get_lines_and_a_table(shell: Shell, small: Path) -> None:
    assert shell.run("train", small, "--steps", "50") == 0
    lines = shell.out.splitlines()
    assert lines[0].startswith("50 steps in ")
    assert lines[1] == f"step 50, epoch {50 * 8 / 42:.1f}"
    assert lines[2].startswith("loss 0.")
    assert "test accuracy " in lines[2]
    run = run_of(steps=50)
    verdict = diagnosis_of(run.frame(0.0, renew=True), run.history, run.spec, run.trainer.data).main
    assert f"{verdict.headline}. {verdict.detail}" in lines
    assert verdict.rule in lines
    words = " ".join(shell.out.split())
    assert "Activation, gradient, gradient, gradient, weight Saturated Dead" in words
    assert "Signal Theory, Weight" in words
    assert "Too early to say whether it learns. 50 of 1\u202f000 steps are taken." in lines
    assert "…" not in shell.out
    rows = [line.split() for line in lines if line.split()[:1] in (["1"], ["2"], ["3"], ["4"])]
    assert [row[:2] for row in rows] == [["1", "6"], ["2", "6"], ["3", "6"], ["4", "1"]]
    assert [len(row) for row in rows] == [9, 9, 9, 6]
    assert rows[2][3] == rows[2][4], "theory is drawn from the last hidden layer on"
    assert shell.err == ""


def test_a_thousand_steps_are_usual(shell: Shell, small: Path) -> None:
    assert shell.document(small)["step"] == 1000


def test_a_run_is_continued_bit_for_bit(shell: Shell, small: Path, tmp_path: Path) -> None:
    out, again = tmp_path / "run", tmp_path / "again"
    shell.document(small, "--steps", "70", "--out", out)
    document = shell.document(out, "--steps", "50", "--out", again)
    assert document == shell.document(small, "--steps", "120")
    assert read_run(again).trainer.steps_done == 120
    assert read_run(out).trainer.steps_done == 70


def test_a_continued_run_takes_other_values_of_its_live_fields(
    shell: Shell, small: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    shell.document(small, "--steps", "10", "--out", out)
    options = ["--steps", "5", "--l2", "0.5", "--depth", "3", "--out", str(out)]
    assert shell.document(out, *options)["spec"]["cures"]["l2"] == 0.5
    assert read_run(out).history.marks == (Mark(10, "L2 penalty 0 → 0.5"),)


def test_a_continued_run_keeps_its_shape(shell: Shell, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shell.document(small, "--steps", "10", "--out", out)
    message = shell.refusal("train", out, "--depth", "5", "--activation", "relu", "--l2", "7")
    assert message.splitlines() == [
        "network.depth: received 5; allowed: 3, which a run that goes on keeps",
        "network.activation: received relu; allowed: tanh, which a run that goes on keeps",
        "cures.l2: received 7.0; allowed: 0 to 1",
    ]


def test_a_measured_run_is_shown_as_it_was(shell: Shell, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    trained = shell.document(small, "--steps", "10", "--out", out)
    assert shell.document(out, "--steps", "0") == trained


def test_divergence_is_told_and_the_last_good_state_saved(
    shell: Shell, wild: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    assert shell.run("train", wild, "--json", "--out", out) == 1
    document = read_json(shell.out)
    assert document["ending"] == "diverged"
    steps = document["step"]
    sentences = shell.err.splitlines()
    assert sentences[0] == f"Saved {out} at step {steps}."
    assert sentences[1].startswith(f"diverged at step {steps + 1}: the ")
    assert document["detail"] == sentences[1]
    assert document["verdict"]["finding"] == "diverged"
    assert document["verdict"]["headline"] == f"Diverged at step {steps + 1}"
    crash = document["crash"]
    assert crash["step"] == steps + 1
    assert (
        f"the {crash['operation']} is not finite, first in layer {crash['layer']}" in (sentences[1])
    )
    assert [cure["name"] for cure in document["verdict"]["cures"]][:1] == ["clip_norm"]
    assert read_run(out).trainer.steps_done == steps
    assert shell.run("train", wild) == 1
    assert shell.err.startswith("diverged at step ")


def test_an_interruption_saves_and_is_told(
    shell: Shell, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    before = signal.getsignal(signal.SIGINT)
    interrupt_at(7, monkeypatch)
    assert shell.run("train", small, "--json", "--out", out) == 130
    assert signal.getsignal(signal.SIGINT) is before
    document = read_json(shell.out)
    assert (document["ending"], document["step"]) == ("stopped", 7)
    assert "stopped after step 7" in shell.err
    monkeypatch.undo()
    saved, expected = read_run(out), run_of(steps=7)
    assert (
        saved.trainer.network.parameters.tobytes() == expected.trainer.network.parameters.tobytes()
    )


def test_two_interruptions_end_at_once(
    shell: Shell, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_at(7, monkeypatch, times=2)
    assert shell.run("train", small) == 130


def test_an_unexpected_error_still_saves(
    shell: Shell, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Trainer.step

    def step(trainer: Trainer) -> object:
        return 1 / 0 if trainer.steps_done == 5 else real(trainer)

    monkeypatch.setattr(Trainer, "step", step)
    with pytest.raises(ZeroDivisionError):
        shell.run("train", small, "--out", tmp_path / "run")
    assert read_run(tmp_path / "run").trainer.steps_done == 5


@pytest.mark.parametrize(
    ("place", "reason"),
    [("nowhere/run", "there is no folder"), (".", "is a directory"), ("small.json/x", "no folder")],
)
def test_a_place_that_cannot_be_written_is_told_before_training(
    shell: Shell, small: Path, tmp_path: Path, place: str, reason: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(lab.train, "_trained", None)
    assert shell.run("train", small, "--out", tmp_path / place) == 1
    assert "cannot be written: " in shell.err
    assert reason in shell.err
    assert shell.out == ""


def test_a_read_only_folder_is_told_before_training(
    shell: Shell, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_names: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    monkeypatch.setattr(lab.train, "_trained", None)
    assert shell.run("train", small, "--out", small.with_name("run")) == 1
    assert "cannot be written: read-only file system." in shell.err


def test_a_disk_that_fills_up_is_told_and_what_was_measured_shown(
    shell: Shell, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fill)
    out = tmp_path / "run"
    assert shell.run("train", small, "--json", "--steps", "5", "--out", out) == 1
    assert shell.err == f"{out} cannot be written: no space left on device.\n"
    assert read_json(shell.out)["step"] == 5
    assert list(tmp_path.iterdir()) == [small]


class Terminal(io.StringIO):
    """A standard error that a person is watching."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("seeds", ["1", "3"])
def test_a_terminal_gets_a_progress_bar_on_standard_error_alone(
    shell: Shell, small: Path, monkeypatch: pytest.MonkeyPatch, seeds: str
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(lab.train, "PROGRESS_INTERVAL_S", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    assert shell.run("train", small, "--seeds", seeds, "--steps", "5", "--json") == 0
    assert "5/5" in terminal.getvalue()
    assert "loss 0." in terminal.getvalue()
    assert read_json(shell.out)["step"] == 5


def test_output_nobody_reads_is_no_error() -> None:
    program = """
import os, sys
from lab.cli import main
os.close(1)
read, write = os.pipe()
os.close(read)
os.dup2(write, 1)
sys.exit(main(None, ["train", "vanishing", "--steps", "1", "--json"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
