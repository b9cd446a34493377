"""What an experiment is: a frozen record that cannot hold an impossible value.

Its fields are declared in `parts`; controls, command line, run files and error messages read them
through `KNOBS`, and none of them knows a field by itself. Here is what concerns several of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from core.datasets import DataSource, Task, train_size
from core.losses import LOSSES, Loss
from core.normalization import NORMS
from core.optimizers import OPTIMIZERS
from core.schedules import SCHEDULES
from lab.datasets import SOURCES
from lab.faults import Fault, SpecError, shown
from lab.fields import Knob
from lab.parts import CuresSpec, DataSpec, LayerSpec, NetworkSpec, TrainingSpec
from lab.records import Record, knobs_of

DEFAULT_LOSS = {
    Task.BINARY: "binary_cross_entropy",
    Task.CLASSES: "cross_entropy",
    Task.REGRESSION: "mse",
}


class Spec(Record):
    """A whole experiment. Two equal specs train to the same bits."""

    data: DataSpec = DataSpec()
    network: NetworkSpec = NetworkSpec()
    training: TrainingSpec = TrainingSpec()
    cures: CuresSpec = CuresSpec()

    def _misfits(self) -> Iterator[Fault]:
        for misfit in (_loss_misfit, _batch_misfit, _frozen_misfit):
            fault = misfit(self)
            if fault is not None:
                yield fault

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
    def hidden(self) -> tuple[LayerSpec, ...]:
        """The hidden layers."""
        network = self.network
        alike = LayerSpec(width=network.width, activation=network.activation)
        return network.layers or (alike,) * network.depth

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units per layer, inputs first: n_0..n_L."""
        widths = (layer.width for layer in self.hidden)
        return (self.source.n_inputs, *widths, self.source.n_outputs)

    @property
    def runs(self) -> tuple[int, ...]:
        """The run axis: none for one network alone."""
        return (self.network.seeds,) if self.network.seeds > 1 else ()

    def value(self, path: str) -> Any:
        """Return one field, such as `network.depth`."""
        part, name = path.split(".")
        return getattr(getattr(self, part), name)

    def with_values(self, changes: Mapping[str, Any]) -> "Spec":
        """Return this spec with other values, by path. Raises SpecError."""
        content = self.content()
        for path, value in changes.items():
            part, name = path.split(".")
            content[part][name] = value
        return spec_from(content)

    def differences(self, other: "Spec") -> dict[str, tuple[Any, Any]]:
        """Return the fields in which two specs differ: path -> (mine, the other's)."""
        pairs = {path: (self.value(path), other.value(path)) for path in KNOBS}
        return {path: pair for path, pair in pairs.items() if pair[0] != pair[1]}


def _loss_misfit(spec: Spec) -> Fault | None:
    """The loss must be defined for the data's kind of problem."""
    task, loss = spec.source.task, spec.training.loss
    if task in spec.loss_record.tasks:
        return None
    fitting = ", ".join(
        ["auto", *(name for name, record in LOSSES.items() if task in record.tasks)]
    )
    allowed = f"{fitting} with data.source {spec.data.source}"
    return Fault("training.loss", shown(loss), allowed)


def _batch_misfit(spec: Spec) -> Fault | None:
    """Batch norm needs samples that differ."""
    if not NORMS[spec.cures.norm].keeps_statistics:
        return None
    received: float
    share, allowed = spec.data.train_share, f"with cures.norm {spec.cures.norm}"
    if spec.training.batch_size == 1:
        field, received, allowed = "training.batch_size", 1, f"at least 2 {allowed}"
    elif train_size(spec.data.samples, share) == 1:
        field, received, allowed = "data.train_share", share, f"at least 2 samples {allowed}"
    else:
        return None
    return Fault(field, shown(received), allowed)


def _frozen_misfit(spec: Spec) -> Fault | None:
    """Only a layer that there is can be frozen."""
    frozen, count = spec.training.frozen, len(spec.hidden) + 1
    if all(layer <= count for layer in frozen):
        return None
    allowed = f"empty, or layers from 1 to {count}, as the network has no more"
    return Fault("training.frozen", shown(list(frozen)), allowed)


PARTS: dict[str, type[Record]] = {
    "data": DataSpec,
    "network": NetworkSpec,
    "training": TrainingSpec,
    "cures": CuresSpec,
}
KNOBS: dict[str, Knob] = {
    knob.path: knob for name, part in PARTS.items() for knob in knobs_of(part, name)
}


def idle_fields(spec: Spec) -> dict[str, str]:
    """Return the fields that have no effect in this spec, each with the reason in words."""
    return {path: reason for path, reason in _idle(spec) if reason}


def notices(spec: Spec) -> list[str]:
    """Say in a sentence each which cures were switched on and have no effect."""
    return [
        f"{KNOBS[path].label} has no effect. {reason}"
        for path, reason in idle_fields(spec).items()
        if path.startswith("cures.") and spec.value(path) != KNOBS[path].default
    ]


def _idle(spec: Spec) -> Iterator[tuple[str, str]]:
    if spec.source.resize is None:
        reason = f"{spec.source.label} has its own number of inputs and outputs."
        yield from (("data.inputs", reason), ("data.outputs", reason))
    if spec.data.unlabelled:
        yield "data.shuffled", "All labels are the same."
    if spec.network.layers:
        for name in ("depth", "width", "activation"):
            yield f"network.{name}", "The layers are given one by one."
    if not any(a == b for a, b in pairwise(spec.sizes[:-1])):
        yield "cures.residual", "No hidden layer is as wide as the one before it."
    if not spec.hidden:
        for name in ("norm", "dropout"):
            yield f"cures.{name}", "There is no hidden layer."
    optimizer, schedule = OPTIMIZERS[spec.training.optimizer], SCHEDULES[spec.training.schedule]
    if not optimizer.uses_momentum:
        yield "training.momentum", f"{optimizer.label} has no momentum."
    if not optimizer.uses_decay:
        yield "cures.decay", f"{optimizer.label} has no weight decay of its own."
    if not spec.loss_record.smooths:
        yield "training.smoothing", f"{spec.loss_record.label} has no classes to smooth."
    if not schedule.uses_period:
        yield "training.period", f"{schedule.label} has no period."
    if not schedule.uses_floor:
        yield "training.floor", f"{schedule.label} has no floor."


def spec_from(content: Any) -> Spec:
    """Return the spec of a mapping as JSON gives it; missing fields take their default.

    Raises SpecError with all faults at once.
    """
    try:
        return Spec.read(content)
    except SpecError as error:
        faults = [replace(fault, field=fault.field or "the spec") for fault in error.faults]
        raise SpecError([*faults, *_hidden_misfits(content, faults)]) from None


MISFITS: tuple[tuple[str, ...], ...] = (
    ("data.source", "training.loss"),
    ("cures.norm", "training.batch_size"),
    ("cures.norm", "data.train_share", "data.samples"),
    ("training.frozen", "network.layers", "network.depth"),
)


def _hidden_misfits(content: Any, faults: list[Fault]) -> Iterator[Fault]:
    """Whether fields fit each other is only looked at once all are right: look at them alone."""
    wrong = tuple(fault.field for fault in faults)
    for paths in MISFITS:
        clean = not any(path.startswith(wrong) for path in paths)
        inside = any(field.startswith(tuple(f"{path}." for path in paths)) for field in wrong)
        if not isinstance(content, Mapping) or not clean or inside:
            continue
        alone: dict[str, Any] = {}
        for part, name in (path.split(".") for path in paths):
            given = content.get(part)
            if isinstance(given, Mapping) and name in given:
                alone.setdefault(part, {})[name] = given[name]
        try:
            spec_from(alone)
        except SpecError as error:
            yield from error.faults
