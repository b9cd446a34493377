"""Every field of the spec takes what it says it takes and refuses the rest, naming all faults."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lab.spec
from core.datasets import Task
from core.losses import LOSSES
from lab.datasets import SOURCES
from lab.faults import Fault, SpecError, content_of_json
from lab.fields import Knob, number
from lab.parts import TrainingSpec
from lab.records import knobs_of
from lab.spec import (
    DEFAULT_LOSS,
    KNOBS,
    Spec,
    idle_fields,
    spec_from,
)

ROOT = Path(__file__).resolve().parents[2]

every_knob = pytest.mark.parametrize("knob", KNOBS.values(), ids=KNOBS.keys())
every_number = pytest.mark.parametrize(
    "knob", [knob for knob in KNOBS.values() if knob.low is not None], ids=lambda knob: knob.path
)
every_choice = pytest.mark.parametrize(
    "knob", [knob for knob in KNOBS.values() if knob.choices], ids=lambda knob: knob.path
)


def content_with(path: str, value: Any) -> dict[str, Any]:
    part, name = path.split(".")
    return {part: {name: value}}


def faults_of(content: Any) -> tuple[Fault, ...]:
    with pytest.raises(SpecError) as caught:
        spec_from(content)
    assert str(caught.value) == "\n".join(str(fault) for fault in caught.value.faults)
    return caught.value.faults


def just_outside(knob: Knob) -> list[float]:
    assert knob.low is not None
    assert knob.high is not None
    if knob.kind is int:
        return [int(knob.low) - 1, int(knob.high) + 1]
    return [math.nextafter(knob.low, -math.inf), math.nextafter(knob.high, math.inf)]


def test_every_field_is_a_knob_and_every_default_is_the_fields() -> None:
    fields = [f"{part}.{name}" for part, values in Spec().content().items() for name in values]
    assert list(KNOBS) == fields
    assert all(knob.default == Spec().value(path) for path, knob in KNOBS.items())


@every_knob
def test_a_knob_has_words_a_kind_and_what_it_allows(knob: Knob) -> None:
    assert knob.label
    assert knob.help.endswith(".")
    assert knob.allowed
    assert knob.tooltip.startswith(f"{knob.help}\n")
    assert type(knob.default) is knob.kind
    assert (knob.low is not None) == (knob.kind in (int, float))
    assert (knob.choices is not None) == (knob.kind is str)


@every_number
def test_both_bounds_are_inside(knob: Knob) -> None:
    for bound in (knob.low, knob.high):
        spec = spec_from(content_with(knob.path, bound))
        assert spec.value(knob.path) == bound
        assert type(spec.value(knob.path)) is knob.kind


@every_number
def test_just_outside_the_bounds_is_refused_with_field_value_and_range(knob: Knob) -> None:
    for value in just_outside(knob):
        (fault,) = faults_of(content_with(knob.path, value))
        assert fault == Fault(knob.path, json.dumps(value), knob.allowed)


@every_number
def test_a_range_is_written_out_in_digits_that_can_be_typed(knob: Knob) -> None:
    low, high = knob.allowed.removeprefix("whole number from ").split(" to ")
    assert (knob.kind(low), knob.kind(high)) == (knob.low, knob.high)


@every_choice
def test_every_choice_is_taken_and_no_other_text(knob: Knob) -> None:
    assert knob.choices
    for name in knob.choices:
        if knob.path != "training.loss":
            assert spec_from(content_with(knob.path, name)).value(knob.path) == name
    (fault,) = faults_of(content_with(knob.path, "zzz"))
    assert fault == Fault(knob.path, '"zzz"', ", ".join(knob.choices))


WRONG: dict[type, list[Any]] = {
    int: ["3", True, None, [3], {}, 1.5, 3.0, math.nan, math.inf, 10**400],
    float: ["0.1", True, None, [0.1], {}, math.nan, math.inf, -math.inf],
    bool: ["true", 1, 0, None, [True], 1.0],
    str: [1, True, None, ["relu"], {}, math.nan],
    tuple: [1, True, None, {}, math.nan, 0.5],
}


@every_knob
def test_a_value_of_another_type_is_refused(knob: Knob) -> None:
    for value in WRONG[knob.kind]:
        (fault,) = faults_of(content_with(knob.path, value))
        assert (fault.field, fault.allowed) == (knob.path, knob.allowed)


def test_all_faults_are_told_at_once() -> None:
    content: dict[str, Any] = {}
    for path in KNOBS:
        content.setdefault(path.split(".")[0], {})[path.split(".")[1]] = None
    assert [fault.field for fault in faults_of(content)] == list(KNOBS)


def test_a_loss_that_does_not_fit_is_told_beside_other_faults() -> None:
    content = {
        "data": {"source": "digits", "noise": 7},
        "cures": {"l2": "x"},
        "training": {"loss": "mse"},
    }
    assert [str(fault) for fault in faults_of(content)] == [
        "data.noise: received 7; allowed: 0 to 1",
        'cures.l2: received "x"; allowed: 0 to 1',
        'training.loss: received "mse"; '
        "allowed: auto, cross_entropy, hinge with data.source digits",
    ]


@pytest.mark.parametrize("part", ["data", "training"])
def test_a_misfit_is_not_guessed_where_a_part_is_no_object(part: str) -> None:
    content = {"data": {"source": "digits"}, "training": {"loss": "mse"}} | {part: 5}
    assert [fault.field for fault in faults_of(content)] == [part]


@pytest.mark.parametrize("source", SOURCES)
def test_a_loss_is_taken_exactly_where_it_fits_the_data(source: str) -> None:
    task = SOURCES[source].task
    for name, loss in LOSSES.items():
        content = {"data": {"source": source}, "training": {"loss": name}}
        if task in loss.tasks:
            assert spec_from(content).loss_record is loss
        else:
            (fault,) = faults_of(content)
            assert (fault.field, fault.received) == ("training.loss", f'"{name}"')
    assert task in spec_from({"data": {"source": source}}).loss_record.tasks


def test_every_task_has_a_usual_loss() -> None:
    assert {
        task: task in LOSSES[name].tasks for task, name in DEFAULT_LOSS.items()
    } == dict.fromkeys(Task, True)


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    faults = faults_of({"network": {"dept": 3}, "netwrk": {}, "training": 5})
    assert [str(fault) for fault in faults] == [
        "network.dept: received 3; allowed: no such field, only depth, width, activation, layers, "
        "initializer, gain, bias_std, precision, seed, seeds (did you mean depth?)",
        "training: received 5; allowed: an object with optimizer, learning_rate, momentum, "
        "batch_size, loss, smoothing, schedule, period, floor, frozen",
        "netwrk: received {}; allowed: no such field, only data, network, training, cures (did "
        "you mean network?)",
    ]


@pytest.mark.parametrize("content", [None, 5, "text", [], True])
def test_what_is_no_object_is_refused(content: object) -> None:
    (fault,) = faults_of(content)
    assert fault.field == "the spec"
    assert fault.allowed == "an object with data, network, training, cures"


def test_a_long_or_unprintable_value_is_shown_short_on_one_line() -> None:
    faults = faults_of({"network": {"activation": "x" * 10_000, "a\nb\x00\ud800": 1}, "data": 3})
    for fault in faults:
        assert len(fault.received) <= 60
        assert str(fault).isprintable()


@pytest.mark.parametrize(
    "text", ["", "{", "nonsense", "{'network': {}}", "[" * 100_000, "9" * 10_000, '{"a": 1}}']
)
def test_text_that_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        spec_from(content_of_json(text))
    (fault,) = caught.value.faults
    assert fault.field == "the file"
    assert str(fault).isprintable()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_json_knows_and_the_spec_does_not(number: str) -> None:
    with pytest.raises(SpecError, match=r"learning_rate: received (NaN|-?Infinity); allowed"):
        spec_from(content_of_json(f'{{"training": {{"learning_rate": {number}}}}}'))


def test_a_round_trip_through_json_changes_nothing() -> None:
    changes: dict[str, Any] = {
        path: knob.high if knob.low is not None else list(knob.choices or [False])[-1]
        for path, knob in KNOBS.items()
        if not knob.form
    }
    changes["network.layers"] = "3 relu, 256 tanh"
    changes["training.frozen"] = "3, 1"
    spec = Spec().with_values({**changes, "training.loss": "auto", "training.learning_rate": 0.1})
    assert spec.differences(Spec())
    again = spec_from(content_of_json(json.dumps(spec.content())))
    assert again == spec
    assert hash(again) == hash(spec)
    assert not again.differences(spec)


def test_with_values_changes_these_alone_and_refuses_with_faults() -> None:
    spec = Spec().with_values({"network.depth": 3, "cures.l2": 0.5})
    assert spec.differences(Spec()) == {"network.depth": (3, 12), "cures.l2": (0.5, 0.0)}
    with pytest.raises(SpecError, match=r"network\.depth: received 101"):
        spec.with_values({"network.depth": 101})


def test_a_spec_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="frozen"):
        Spec().network.depth = 3  # type: ignore[misc]


def test_sizes_come_from_data_depth_and_width() -> None:
    spec = Spec().with_values({"data.source": "digits", "network.depth": 2, "network.width": 5})
    assert spec.sizes == (64, 5, 5, 10)
    wide = {"data.source": "white_noise", "data.inputs": 7, "data.outputs": 3, "network.depth": 0}
    assert Spec().with_values(wide).sizes == (7, 3)


def test_idle_fields_say_why() -> None:
    idle = {"data.inputs", "data.outputs", "training.momentum", "cures.decay"}
    assert set(idle_fields(Spec())) == {*idle, "training.period", "training.floor"}
    busy = {"training.optimizer": "adamw", "training.schedule": "cosine"}
    noise = Spec().with_values({"data.source": "white_noise", **busy})
    assert set(idle_fields(noise)) == {"training.smoothing"}
    assert not idle_fields(Spec().with_values({**busy})).keys() - {"data.inputs", "data.outputs"}


def test_a_residual_connection_that_can_never_apply_says_so() -> None:
    narrowing = Spec().with_values({"network.layers": "9 relu, 8 relu, 7 relu"})
    assert "as wide as" in idle_fields(narrowing)["cures.residual"]
    shallow = Spec().with_values({"network.depth": 0})
    assert {"cures.residual", "cures.norm", "cures.dropout"} <= idle_fields(shallow).keys()


def test_layers_may_be_given_one_by_one_as_text_or_as_records() -> None:
    spec = Spec().with_values({"network.layers": " 32 relu,16   tanh "})
    records = [{"width": 32, "activation": "relu"}, {"width": 16, "activation": "tanh"}]
    assert spec == Spec().with_values({"network.layers": records})
    assert spec.content()["network"]["layers"] == records
    assert spec.sizes == (2, 32, 16, 1)
    assert [layer.activation for layer in spec.hidden] == ["relu", "tanh"]
    assert {"network.depth", "network.width", "network.activation"} <= idle_fields(spec).keys()
    assert Spec().with_values({"network.layers": ""}) == Spec()


def test_frozen_layers_are_numbers_as_text_or_as_a_list() -> None:
    spec = Spec().with_values({"training.frozen": " 3,1 , 3"})
    assert spec.training.frozen == (1, 3)
    assert spec == Spec().with_values({"training.frozen": [3, 1]})
    assert KNOBS["training.frozen"].shown(spec.training.frozen) == "1, 3"
    assert Spec().with_values({"training.frozen": ""}) == Spec()
    assert KNOBS["training.frozen"].shown(()) == "none"


@pytest.mark.parametrize(
    "value", ["x", "0", "-1", "1.5", "1 2", "9" * 9, [0], [True], [1.0], 3], ids=str
)
def test_what_is_no_number_of_a_layer_is_refused(value: Any) -> None:
    (fault,) = faults_of(content_with("training.frozen", value))
    assert fault.field == "training.frozen"
    assert "1, 3" in fault.allowed


@pytest.mark.parametrize("layers", [{"depth": 2}, {"layers": "3 relu, 4 tanh"}])
def test_a_frozen_layer_that_there_is_not_is_a_fault(layers: dict[str, Any]) -> None:
    assert spec_from({"network": layers, "training": {"frozen": [3]}})
    (fault,) = faults_of({"network": layers, "training": {"frozen": [1, 4]}})
    assert (fault.field, fault.received) == ("training.frozen", "[1, 4]")
    assert fault.allowed == "empty, or layers from 1 to 3, as the network has no more"
    faults = faults_of({"network": layers, "training": {"frozen": [4], "momentum": 5}})
    assert {one.field for one in faults} == {"training.frozen", "training.momentum"}


WRONG_LAYERS = {
    "32": "network.layers",
    "relu": "network.layers",
    "3.5 relu": "network.layers",
    "-1 relu": "network.layers",
    "257 relu": "network.layers.0.width",
    "8 tanh, 8 rleu": "network.layers.1.activation",
    ", ".join(["1 relu"] * 101): "network.layers",
}


@pytest.mark.parametrize("text", WRONG_LAYERS)
def test_wrong_layers_are_refused_with_their_place(text: str) -> None:
    (fault,) = faults_of(content_with("network.layers", text))
    assert fault.field == WRONG_LAYERS[text]
    assert fault.allowed


def test_the_name_that_was_probably_meant_is_asked_for() -> None:
    wrong = {"network": {"activation": "rellu", "widht": 3}, "cures": {"norm": "batc"}}
    asked = {fault.field: fault.allowed.partition(" (")[2] for fault in faults_of(wrong)}
    assert asked == {
        "network.activation": "did you mean relu?)",
        "network.widht": "did you mean width?)",
        "cures.norm": "did you mean batch?)",
    }


def test_batch_norm_needs_two_samples_to_learn_from() -> None:
    few = {"data": {"samples": 10, "train_share": 0.05}, "cures": {"norm": "batch"}}
    (fault,) = faults_of(few)
    assert str(fault) == (
        "data.train_share: received 0.05; allowed: at least 2 samples with cures.norm batch"
    )
    assert spec_from(few | {"cures": {}}).data.samples == 10


def test_batch_norm_needs_a_batch() -> None:
    content = {"cures": {"norm": "batch"}, "training": {"batch_size": 1, "momentum": 5}}
    assert [str(fault) for fault in faults_of(content)] == [
        "training.momentum: received 5; allowed: 0 to 0.999",
        "training.batch_size: received 1; allowed: at least 2 with cures.norm batch",
    ]


def test_a_new_field_is_a_knob_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    class Training(TrainingSpec):
        clip: float = number(
            1.0, 0.1, 100, "Clip", "The longest gradient.", unit="u", scale="log", live=True
        )

    class Wider(Spec):
        training: Training = Training()

    monkeypatch.setattr(lab.spec, "Spec", Wider)
    knobs = KNOBS | {knob.path: knob for knob in knobs_of(Training, "training")}
    assert len(knobs) == len(KNOBS) + 1
    assert knobs["training.clip"] == Knob(
        path="training.clip",
        label="Clip",
        help="The longest gradient.",
        kind=float,
        default=1.0,
        low=0.1,
        high=100,
        unit="u",
        scale="log",
        live=True,
    )
    monkeypatch.setattr(lab.spec, "KNOBS", knobs)
    (fault,) = faults_of({"training": {"clip": 0}})
    assert str(fault) == "training.clip: received 0; allowed: 0.1 to 100"


def test_a_new_record_in_a_registry_is_a_choice_by_itself() -> None:
    program = """
from dataclasses import replace
from core.activations import ACTIVATIONS
ACTIVATIONS["other"] = replace(ACTIVATIONS["tanh"], name="other", label="Another one")
from lab.spec import KNOBS, Spec
from lab.run import Run
assert KNOBS["network.activation"].choices["other"] == "Another one"
assert KNOBS["network.activation"].allowed.endswith(", other")
Run(Spec().with_values({"network.activation": "other", "network.depth": 2})).advance()
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
