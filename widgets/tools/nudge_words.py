"""A nudge in words, and as numbers to take away."""

import math

from lab.nudging import Nudged
from lab.words import chosen, number
from widgets.plots.frame import Table

SEPARATOR = "  ·  "
DIGITS = 8  # of a weight, about what float32 holds
COLUMNS = ("what", "at", "before", "measured", "predicted", "error")


def sentence_of(nudged: Nudged) -> str:
    """Say what the nudge did, beside what was predicted."""
    return SEPARATOR.join(_still(nudged) if nudged.change == 0 else _moved(nudged))


def signed(value: float) -> str:
    """Write a measured change with its sign."""
    return f"+{number(value)}" if value > 0 else number(value)


def _still(nudged: Nudged) -> list[str]:
    step = nudged.landing[0] - nudged.value
    return [
        f"{nudged.place} = {chosen(nudged.value, DIGITS)}",
        f"loss {number(nudged.nudge.loss_before)}",
        f"gradient {number(nudged.gradient)}",
        f"one step of the learning rate {chosen(nudged.learning_rate)} would change it by "
        f"{signed(step)}",
    ]


def _moved(nudged: Nudged) -> list[str]:
    nudge = nudged.nudge
    parts = [
        f"{nudged.place}: {chosen(nudged.value, DIGITS)} → {chosen(nudged.after, DIGITS)}",
        f"loss {number(nudge.loss_before)} → {number(nudge.loss_after)}: "
        f"{signed(nudge.loss_change)}, predicted {signed(nudge.loss_predicted)}, "
        f"off by {number(abs(nudge.loss_error))}{_share(nudged)}",
    ]
    if nudged.loses_precision:
        name = nudged.precision.name
        same = nudged.held == nudged.value
        parts.append(
            f"{name} would not notice"
            if same
            else f"{name} would hold {chosen(nudged.held, DIGITS + 2)}"
        )
    return parts


def _share(nudged: Nudged) -> str:
    change, error = abs(nudged.nudge.loss_change), abs(nudged.nudge.loss_error)
    if change == 0 or not math.isfinite(error / change):
        return ""
    return f" ({number(100 * error / change)} %)"


def table_of(nudged: Nudged | None) -> Table:
    """Return the change of the loss and of every layer, then the line and the errors."""
    if nudged is None:
        return Table(COLUMNS, [])
    nudge, nothing = nudged.nudge, ""
    rows: list[list[object]] = [
        ["weight", str(nudged.place), nudged.value, nudged.change, nothing, nothing],
        ["gradient", str(nudged.place), nudged.gradient, nothing, nothing, nothing],
        [
            "loss",
            nothing,
            nudge.loss_before,
            nudge.loss_change,
            nudge.loss_predicted,
            nudge.loss_error,
        ],
    ]
    for name, shifts in (("z", nudge.z), ("h", nudge.h)):
        rows += [
            [f"norm of change of {name}", layer, nothing, s.actual, s.predicted, s.error]
            for layer, s in enumerate(shifts, 1)
        ]
    line, errors = nudged.line, nudged.errors
    tangent = nudged.tangent(line.values)
    rows += [
        ["loss at weight", value, nothing, loss, predicted, loss - predicted]
        for value, loss, predicted in zip(
            line.values.tolist(), line.losses.tolist(), tangent.tolist(), strict=True
        )
    ]
    rows += [
        ["error at change", change, nothing, nothing, nudged.gradient * change, error]
        for change, error in zip(errors.changes.tolist(), errors.errors.tolist(), strict=True)
    ]
    return Table(COLUMNS, rows)
