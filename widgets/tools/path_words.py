"""A ladder in words and numbers: what the paths add up to, what a rung is, a table to take away."""

from functools import partial
from math import isfinite

from PySide6.QtCore import QCoreApplication

from lab.ladders import Ladder
from lab.words import brief, known, number, spaced
from widgets.plots.frame import Table

LARGEST_SPACED = 100_000
TIMES = "×"

tr = partial(QCoreApplication.translate, "PathTool")


def sum_sentence(ladder: Ladder, *, alone: bool = False) -> str:
    """Say what the paths add up to; beside the gradient, if no other sentence tells it."""
    listed = ladder.listed
    if ladder.complete:
        text = tr("{count} up to {sum}, the gradient is {gradient} (difference {difference}).")
        count = tr("The only path adds") if listed.n_paths == 1 else tr("All {n} paths add")
    elif ladder.magnitude:
        text = tr("{count}: sum {sum}, share {share}.")
        if alone:
            text = tr("{count}: sum {sum} of {gradient}, share {share}.")
        count = tr("Strongest {n} of {all} paths")
    else:
        text = tr("The products of all {all} paths are 0, and so is this sample’s gradient.")
        count = ""
    words = {
        "{count}": count,
        "{n}": spaced(listed.n_paths),
        "{all}": count_of(ladder.n_paths),
        "{share}": share_of(ladder.share),
        "{sum}": number(listed.total),
        "{gradient}": number(ladder.gradient),
        "{difference}": number(ladder.difference),
    }
    for name, value in words.items():
        text = text.replace(name, value)
    return text


def part_sentence(ladder: Ladder) -> str:
    """Say what the sample's part is a part of."""
    text = tr("∂loss/∂{place}: sample {sample} gives {part}, the batch {whole}.")
    return (
        text.replace("{place}", str(ladder.choice.place))
        .replace("{part}", number(ladder.gradient))
        .replace("{sample}", str(ladder.choice.sample + 1))
        .replace("{whole}", number(ladder.batch_gradient))
    )


def summary(ladder: Ladder) -> str:
    """Say which factors make the product small or large."""
    names = {"slope": tr("{n} slopes φ′"), "weight": tr("{n} weights")}
    parts = []
    for kind, name in names.items():
        count, product = ladder.product_of(kind)
        if count:
            parts.append(f"{name.replace('{n}', str(count))} {TIMES}{number(product)}")
    parts.append(tr("whole path {0}").replace("{0}", number(ladder.path.product)))
    return " · ".join(parts)


def rung_words(ladder: Ladder, rung: int) -> str:
    """Say what one factor is, and the product so far."""
    factor, bound = ladder.path.factors[rung], ladder.bounds[rung]
    most = tr(" (at most {0})").replace("{0}", brief(bound)) if isfinite(bound) else ""
    value, product = number(factor.value), number(factor.product)
    return f"{factor.name} = {value}{most} · " + tr("product so far {0}").replace("{0}", product)


def table_of(ladder: Ladder) -> Table:
    """Return the factors in their order."""
    columns = ["factor", "kind", "layer", "unit", "value", "largest_possible", "product_so_far"]
    rows = [
        [factor.name, factor.kind, factor.layer, factor.unit, factor.value, bound, factor.product]
        for factor, bound in zip(ladder.path.factors, ladder.bounds, strict=True)
    ]
    return Table(columns, rows)


def count_of(count: int) -> str:
    """Write a count of any size."""
    if count < LARGEST_SPACED:
        return spaced(count)
    digits = str(count)
    return f"{digits[0]}.{digits[1]}e{len(digits) - 1}"


def share_of(share: float) -> str:
    """Write a share, however small, in percent."""
    return f"{known(100 * share)} %"
