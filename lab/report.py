"""What the command line says about a run to people: lines, and a table of the layers.

Beside the measured signal gradient stands what theory expects of a fresh network, drawn from the
last hidden layer on.
"""

import math

import click

from core.measures import QUANTITIES, ROW
from lab.frames import Frame
from lab.outcome import Outcome
from lab.spec import notices
from lab.theory_lines import theory_line
from lab.words import number, percent

SIGNAL = "signal_gradient_rms"
THEORY = "Theory, gradient, RMS"


def print_report(outcome: Outcome, steps: int, seconds: float) -> None:
    """Print scores, verdict, cures and a table of the layers on standard output."""
    frame = outcome.frame
    if steps:
        click.echo(f"{steps} {'step' if steps == 1 else 'steps'} in {number(seconds)} s")
    click.echo(f"step {frame.step}, epoch {frame.epoch:.1f}")
    click.echo(", ".join(_scores(frame)))
    main, *further = outcome.diagnosis.verdicts
    click.echo(f"\n{main.headline}. {main.detail}\n{main.rule}")
    for verdict in further:
        click.echo(f"{verdict.headline}. {verdict.detail}")
    for offer in outcome.offers:
        click.echo(f"Try {offer.title}. {offer.cure.why}")
    _print_table(outcome)
    theory = outcome.prediction.reason, outcome.prediction.caution
    for sentence in (*filter(None, theory), *notices(outcome.spec)):
        click.echo(sentence)


def _scores(frame: Frame) -> list[str]:
    scores = frame.scores
    accuracies = {"train": scores.train_accuracy, "test": scores.test_accuracy}
    return [
        f"loss {number(float(frame.record.loss))}",
        f"test loss {number(scores.test_loss)}",
        *(
            f"{name} accuracy {percent(share)}"
            for name, share in accuracies.items()
            if not math.isnan(share)
        ),
    ]


def _print_table(outcome: Outcome) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    # Norms grow with the size of a layer; root mean squares can be compared. A line has no room for
    # the clipped gradient, which mostly is the one before clipping.
    left_out = ("_norm", "clipped_gradient_rms")
    shown = [quantity for name, quantity in QUANTITIES.items() if not name.endswith(left_out)]
    titles = ["Layer", "Units", *(quantity.label for quantity in shown)]
    columns = [[outcome.value(quantity, layer) for layer in _layers(outcome)] for quantity in shown]
    expected = _expected(outcome)
    if expected:
        place = 1 + [quantity.name for quantity in shown].index(SIGNAL)
        columns.insert(place, expected)
        titles.insert(2 + place, THEORY)
    table = Table(box=SIMPLE_HEAD, padding=0)
    for title in titles:
        table.add_column("\n".join(title.split()), justify="right")
    for layer, values in zip(_layers(outcome), zip(*columns, strict=True), strict=True):
        cells = ("" if math.isnan(value) else number(value) for value in values)
        table.add_row(str(layer), str(outcome.spec.sizes[layer]), *cells)
    console = Console(highlight=False)
    with console.capture() as capture:
        console.print(table)
    click.echo(capture.get(), nl=False)


def _layers(outcome: Outcome) -> range:
    return range(1, len(outcome.spec.sizes))


def _expected(outcome: Outcome) -> list[float]:
    """The RMS of the signal gradient that theory expects of each layer; empty without a theory."""
    signal = outcome.frame.record.magnitudes[ROW[SIGNAL]]
    line = theory_line(outcome.prediction, SIGNAL, signal, input_square=math.nan)
    return [] if line is None or line.values is None else [*line.values.tolist(), math.nan]
