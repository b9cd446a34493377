"""What the command line says about a run: one JSON document, or lines and a table for people."""

import math
from typing import Any

import click

from core.measures import QUANTITIES, ROW, Quantity
from lab import VERSION
from lab.run import Frame, Phase
from lab.spec import Spec
from lab.verdict import judge, number


def document(spec: Spec, frame: Frame, ending: Phase, detail: str) -> dict[str, Any]:
    """Return all that was measured as JSON can hold it: NaN is null, infinity a text."""
    verdict = judge(frame.record.magnitudes)
    content = {
        "version": VERSION,
        "ending": str(ending),
        "detail": detail,
        "step": frame.step,
        "epoch": frame.epoch,
        "loss": float(frame.record.loss),
        **frame.scores._asdict(),
        "verdict": {
            "finding": str(verdict.finding),
            "headline": verdict.headline,
            "detail": verdict.detail,
            "factor": verdict.factor,
            "total": verdict.total,
            "rule": verdict.rule,
        },
        "layers": [_layer(frame, layer) for layer in range(1, len(spec.sizes))],
        "spec": spec.content(),
    }
    plain: dict[str, Any] = _plain(content)
    return plain


def _layer(frame: Frame, layer: int) -> dict[str, Any]:
    values = {name: _value(frame, quantity, layer) for name, quantity in QUANTITIES.items()}
    return {"layer": layer, **values}


def _value(frame: Frame, quantity: Quantity, layer: int) -> float:
    """One number of a layer, counted from 1; NaN where the quantity has no meaning."""
    magnitudes = frame.record.magnitudes
    if quantity.hidden_only and layer == magnitudes.shape[1]:
        return math.nan
    return float(magnitudes[ROW[quantity.name], layer - 1])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def print_report(spec: Spec, frame: Frame, steps: int, seconds: float) -> None:
    """Print scores, verdict and a table of the layers on standard output."""
    verdict = judge(frame.record.magnitudes)
    if steps:
        click.echo(f"{steps} {'step' if steps == 1 else 'steps'} in {number(seconds)} s")
    click.echo(f"step {frame.step}, epoch {frame.epoch:.1f}")
    click.echo(", ".join(_scores(frame)))
    click.echo(f"\n{verdict.headline}. {verdict.detail}\n{verdict.rule}")
    _print_table(spec, frame)


def _scores(frame: Frame) -> list[str]:
    scores = frame.scores
    accuracies = {"train": scores.train_accuracy, "test": scores.test_accuracy}
    return [
        f"loss {number(float(frame.record.loss))}",
        f"test loss {number(scores.test_loss)}",
        *(
            f"{name} accuracy {100 * share:.1f} %"
            for name, share in accuracies.items()
            if not math.isnan(share)
        ),
    ]


def _print_table(spec: Spec, frame: Frame) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    # Norms grow with the size of a layer; root mean squares can be compared. Without clipping the
    # gradient after it is the one before.
    clips = spec.cures.clip_norm > 0 or spec.cures.clip_value > 0
    left_out = "_norm" if clips else ("_norm", "clipped_gradient_rms")
    shown = [quantity for name, quantity in QUANTITIES.items() if not name.endswith(left_out)]
    table = Table(box=SIMPLE_HEAD, padding=0)
    for title in ("Layer", "Units", *(quantity.label for quantity in shown)):
        table.add_column("\n".join(title.split()), justify="right")
    for layer, units in enumerate(spec.sizes[1:], 1):
        values = (_value(frame, quantity, layer) for quantity in shown)
        cells = ("" if math.isnan(value) else number(value) for value in values)
        table.add_row(str(layer), str(units), *cells)
    console = Console(highlight=False)
    with console.capture() as capture:
        console.print(table)
    click.echo(capture.get(), nl=False)
