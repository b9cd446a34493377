"""What an experiment is: frozen records that cannot hold an impossible value.

A hyper-parameter is one field here, with its range, unit and words. Controls, command line, run
files and error messages read these fields through `KNOBS`; none of them knows a field by itself.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from core.activations import ACTIVATIONS
from core.arrays import PRECISIONS
from core.datasets import DataSource, Task
from core.initializers import INITIALIZERS
from core.losses import LOSSES, Loss
from core.optimizers import OPTIMIZERS
from lab.datasets import SOURCES
from lab.words import one_line

Scale = Literal["linear", "log"]

DEFAULT_LOSS = {
    Task.BINARY: "binary_cross_entropy",
    Task.CLASSES: "cross_entropy",
    Task.REGRESSION: "mse",
}
LARGEST_SEED = 2**31 - 1


def _number(
    default: float,
    low: float,
    high: float,
    label: str,
    text: str,
    *,
    unit: str = "",
    scale: Scale = "linear",
    off_below: float | None = None,
    live: bool = False,
) -> Any:
    """Make a field of numbers; `off_below` starts a log scale whose first position is 0."""
    about: dict[str, Any] = {"unit": unit, "scale": scale, "off_below": off_below, "live": live}
    return Field(default, ge=low, le=high, title=label, description=text, json_schema_extra=about)


def _choice(default: str, labels: Mapping[str, str], label: str, text: str) -> Any:
    """Make a field whose value is one of the keys of `labels`, which are words for people."""
    about: dict[str, Any] = {"choices": dict(labels)}
    return Field(default, title=label, description=text, json_schema_extra=about)


def _labels(records: Mapping[str, Any]) -> dict[str, str]:
    return {name: record.label for name, record in records.items()}


class Record(BaseModel):
    """A frozen part of a spec; strict, so that a text is never taken for a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _among_choices(cls, value: Any, info: ValidationInfo) -> Any:
        about = cls.model_fields[str(info.field_name)].json_schema_extra
        choices = about.get("choices") if isinstance(about, dict) else None
        if isinstance(choices, dict) and value not in choices:
            raise PydanticCustomError("choice", "not one of the choices")
        return value


class DataSpec(Record):
    """Which data, how much of it, and how it is split."""

    source: str = _choice("spiral", _labels(SOURCES), "Data", "The problem to learn.")
    samples: int = _number(
        400, 4, 5000, "Samples", "How many samples are drawn; a stored data set gives what it has."
    )
    noise: float = _number(
        0.05, 0, 1, "Noise", "Spread added to the data, as a share of each column's own spread."
    )
    train_share: float = _number(
        0.7, 0.05, 0.95, "Train share", "Share of the samples used to learn; the rest is the test."
    )
    standardize: bool = Field(
        default=True,
        title="Standardise",
        description="Give every input mean 0 and spread 1, measured on the training samples.",
    )
    inputs: int = _number(
        2, 1, 784, "Inputs", "Number of inputs, for white noise; other data have their own."
    )
    outputs: int = _number(
        1, 1, 64, "Outputs", "Number of outputs, for white noise; other data have their own."
    )
    seed: int = _number(0, 0, LARGEST_SEED, "Data seed", "Starts the random draw of the data.")


class NetworkSpec(Record):
    """The layers and their first weights."""

    depth: int = _number(12, 0, 100, "Depth", "Number of hidden layers.", unit="layers")
    width: int = _number(16, 1, 256, "Width", "Units in every hidden layer.", unit="units")
    activation: str = _choice(
        "sigmoid", _labels(ACTIVATIONS), "Activation", "The non-linearity of the hidden layers."
    )
    initializer: str = _choice(
        "xavier_normal", _labels(INITIALIZERS), "Initial weights", "How the weights are drawn."
    )
    gain: float = _number(
        1.0, 0.01, 100, "Gain", "Factor on every initial weight.", unit="×", scale="log"
    )
    precision: str = _choice(
        "float32",
        {name: name for name in PRECISIONS},
        "Precision",
        "How numbers are stored: float32 is usual and fast, float64 is exact to 16 digits.",
    )
    seed: int = _number(
        0, 0, LARGEST_SEED, "Seed", "Starts the random draw of weights and sample order."
    )


class TrainingSpec(Record):
    """How the network learns."""

    optimizer: str = _choice(
        "sgd", _labels(OPTIMIZERS), "Optimiser", "The rule that turns gradients into updates."
    )
    learning_rate: float = _number(
        0.05, 1e-6, 10, "Learning rate", "Size of a step.", scale="log", live=True
    )
    momentum: float = _number(
        0.9,
        0,
        0.999,
        "Momentum",
        "How much of the last update is kept; for Adam, its first decay rate beta1.",
        live=True,
    )
    batch_size: int = _number(
        32, 1, 1024, "Batch size", "Samples per step.", unit="samples", scale="log", live=True
    )
    l2: float = _number(
        0.0,
        0,
        1,
        "L2 penalty",
        "Pulls weights toward zero: half this times the sum of their squares joins the loss.",
        scale="log",
        off_below=1e-6,
        live=True,
    )
    loss: str = _choice(
        "auto",
        {"auto": "Automatic", **_labels(LOSSES)},
        "Loss",
        "What is made small; automatic takes the usual one for the data.",
    )


class Spec(Record):
    """A whole experiment. Two equal specs train to the same bits."""

    data: DataSpec = DataSpec()
    network: NetworkSpec = NetworkSpec()
    training: TrainingSpec = TrainingSpec()

    @model_validator(mode="after")
    def _loss_fits_data(self) -> "Spec":
        task = self.source.task
        if task not in self.loss_record.tasks:
            fitting = [name for name, loss in LOSSES.items() if task in loss.tasks]
            fault = {
                "field": "training.loss",
                "received": self.training.loss,
                "allowed": f"{', '.join(['auto', *fitting])} with data.source {self.data.source}",
            }
            raise PydanticCustomError("misfit", "{allowed}", fault)
        return self

    @property
    def source(self) -> DataSource:
        """The data source with its final number of inputs and outputs."""
        source = SOURCES[self.data.source]
        if source.resize is not None:
            return source.resize(self.data.inputs, self.data.outputs)
        return source

    @property
    def loss_record(self) -> Loss:
        """The loss in use."""
        name = self.training.loss
        return LOSSES[DEFAULT_LOSS[self.source.task] if name == "auto" else name]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units per layer, inputs first: n_0..n_L."""
        hidden = (self.network.width,) * self.network.depth
        return (self.source.n_inputs, *hidden, self.source.n_outputs)

    def value(self, path: str) -> Any:
        """Return one field, such as `network.depth`."""
        part, name = path.split(".")
        return getattr(getattr(self, part), name)

    def with_values(self, changes: Mapping[str, Any]) -> "Spec":
        """Return this spec with other values, by path. Raises SpecError."""
        content = self.model_dump()
        for path, value in changes.items():
            part, name = path.split(".")
            content[part][name] = value
        return spec_from(content)

    def differences(self, other: "Spec") -> dict[str, tuple[Any, Any]]:
        """Return the fields in which two specs differ: path -> (mine, the other's)."""
        pairs = {path: (self.value(path), other.value(path)) for path in KNOBS}
        return {path: pair for path, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(frozen=True, slots=True)
class Knob:
    """One field of the spec as controls, command line and messages see it.

    `kind` is the type of its value; `choices` maps values to words when only those are allowed.
    `live` fields may change between two steps of a running network.
    """

    path: str
    label: str
    help: str
    kind: type
    default: Any
    low: float | None = None
    high: float | None = None
    unit: str = ""
    scale: Scale = "linear"
    off_below: float | None = None
    live: bool = False
    choices: dict[str, str] | None = None

    @property
    def group(self) -> str:
        """The part of the spec it belongs to."""
        return self.path.split(".")[0]

    @property
    def allowed(self) -> str:
        """What values are allowed, in words."""
        if self.choices is not None:
            return ", ".join(self.choices)
        if self.kind is bool:
            return "true, false"
        kind = "whole number from " if self.kind is int else ""
        return f"{kind}{self.span}"

    @property
    def span(self) -> str:
        """The range of a number, in words."""
        return f"{self.shown(self.low)} to {self.shown(self.high)}"

    def shown(self, value: Any) -> str:
        """Write one of its values for people."""
        if self.choices is not None:
            return self.choices[value]
        if self.kind is bool:
            return "on" if value else "off"
        return f"{value:g}" if self.kind is float else str(value)

    @property
    def tooltip(self) -> str:
        """One sentence, and the range and default below it."""
        facts = f"default {self.shown(self.default)}"
        if self.low is not None:
            facts = f"{self.span} {self.unit}".rstrip() + f", {facts}"
        return f"{self.help}\n{facts}"


def _knobs() -> Iterator[Knob]:
    for part, part_field in Spec.model_fields.items():
        record = part_field.annotation
        assert isinstance(record, type)
        assert issubclass(record, Record)
        for name, field in record.model_fields.items():
            limits = {type(limit).__name__: limit for limit in field.metadata}
            about = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
            kind = field.annotation
            assert isinstance(kind, type)
            yield Knob(
                path=f"{part}.{name}",
                label=field.title or name,
                help=field.description or "",
                kind=kind,
                default=field.default,
                low=limits["Ge"].ge if "Ge" in limits else None,
                high=limits["Le"].le if "Le" in limits else None,
                **about,  # type: ignore[arg-type]
            )


KNOBS: dict[str, Knob] = {knob.path: knob for knob in _knobs()}


def idle_fields(spec: Spec) -> dict[str, str]:
    """Return the fields that have no effect in this spec, each with the reason in words."""
    idle: dict[str, str] = {}
    if spec.source.resize is None:
        reason = f"{spec.source.label} has its own number of inputs and outputs."
        idle |= {"data.inputs": reason, "data.outputs": reason}
    optimizer = OPTIMIZERS[spec.training.optimizer]
    if not optimizer.uses_momentum:
        idle["training.momentum"] = f"{optimizer.label} has no momentum."
    return idle


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong value: where it stands, what it is and what would be right."""

    field: str
    received: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field}: received {self.received}; allowed: {self.allowed}"


class SpecError(ValueError):
    """A spec with impossible values; `faults` has every one of them."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


def spec_from(content: Any) -> Spec:
    """Return the spec of a mapping as JSON gives it; missing fields take their default.

    Raises SpecError with all faults at once.
    """
    try:
        return Spec.model_validate(content)
    except ValidationError as error:
        faults = [_fault(details) for details in error.errors()]
        raise SpecError([*faults, *_hidden_misfit(content, faults)]) from None


def _hidden_misfit(content: Any, faults: list[Fault]) -> list[Fault]:
    """Whether loss and data fit is only looked at once every field is right: look at them alone."""
    paths = ("data.source", "training.loss")
    wrong = tuple(fault.field for fault in faults)
    if not isinstance(content, Mapping) or any(path.startswith(wrong) for path in paths):
        return []
    pair: dict[str, Any] = {}
    for part, name in (path.split(".") for path in paths):
        given = content.get(part)
        pair[part] = {name: given[name]} if isinstance(given, Mapping) and name in given else {}
    try:
        spec_from(pair)
    except SpecError as error:
        return list(error.faults)
    return []


def _fault(details: ErrorDetails) -> Fault:
    context = details.get("ctx", {})
    if details["type"] == "misfit":
        return Fault(context["field"], _shown(context["received"]), context["allowed"])
    field = ".".join(str(part) for part in details["loc"])
    unknown = details["type"] == "extra_forbidden"
    return Fault(one_line(field) or "the spec", _shown(details["input"]), _allowed(field, unknown))


def _shown(value: Any) -> str:
    return one_line(json.dumps(value, default=repr, ensure_ascii=False))


def _allowed(field: str, unknown: bool) -> str:
    """What may stand at a path: a knob's values, or the names that a part knows."""
    if field in KNOBS:
        return KNOBS[field].allowed
    part = field.split(".", maxsplit=1)[0]
    fields = [knob.path.split(".")[1] for knob in KNOBS.values() if knob.group == part]
    known = ", ".join(fields or Spec.model_fields)
    return f"no such field, only {known}" if unknown else f"an object with {known}"


def spec_from_json(text: str) -> Spec:
    """Return the spec of a JSON text. Raises SpecError, also for text that is not JSON."""
    return spec_from(content_of_json(text))


def content_of_json(text: str) -> Any:
    """Return what a JSON text holds. Raises SpecError when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        fault = Fault("the file", f"text that is not JSON ({one_line(str(error))})", "JSON")
        raise SpecError([fault]) from None
