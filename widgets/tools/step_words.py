"""What the columns of a walk show where a person stands: formulas, numbers, code, and words."""

from collections.abc import Iterator, Sequence

import numpy as np

from core.glimpses import Glimpse
from core.listings import Passage
from core.moments import Moment, Stage
from core.walks import SUMMARIES, Walk
from lab.formulas import WORDS, formulas_of, overview_of
from lab.strolls import Stride, Stroll
from lab.words import chosen, spaced
from widgets.tools.formulas import set_formula
from widgets.tools.step_rows import Row
from widgets.tools.tableau import tableau_of, tableau_of_layers

MOST_LAYERS, MOST_UNITS = 4, 4  # of a network whose matrices are all shown at once


def rows_of(stroll: Stroll) -> tuple[list[Row], int | None]:
    """Return the rows to show and, where a person goes line by line, which is the current one."""
    walk, moment = stroll.walk, stroll.moment
    if moment is None:
        x, y = _batch_of(walk)
        inputs = Row("inputs of the next batch", ("h_0 = x",), (tableau_of(x),))
        return [inputs, Row("and their targets", ("y",), (tableau_of(y),))], None
    if stroll.shows_layers:
        return _rows_of_stage(walk, moment.stage), None
    numbers = walk.moments_beside(stroll.at)
    rows = [
        Row(WORDS[one.name], formulas_of(one, walk.twin), (*map(tableau_of, _result_first(one)),))
        for one in (walk.moments[number] for number in numbers)
    ]
    return rows, stroll.at - numbers.start if stroll.stride is Stride.LINE else None


def _rows_of_stage(walk: Walk, stage: Stage) -> list[Row]:
    """Every layer's norms beside the formula; of a small network all matrices below."""
    (names, values), layers, words = walk.norms(stage), walk.moments_of(stage), ""
    formulas = overview_of(stage, walk.twin.network)
    if stage is Stage.UPDATE:
        rules = [_rule_of(layer) for layer in layers]
        w, rate, gradient, _ = zip(*(rule.glimpses for rule in rules), strict=True)
        norms = [[one.norm for one in pair] for pair in zip(w, gradient, strict=True)]
        names, values = ("‖W‖", "‖g‖", *names), np.hstack([norms, values])
        formulas = (*formulas_of(rules[0], walk.twin), *formulas)
        words = f", η = {chosen(float(rate[0].values[0, 0]))}"
    table = tableau_of_layers("layer by layer", names, values)
    rows = [Row(f"every layer{words}", formulas, (table,))]
    if len(layers) <= MOST_LAYERS and max(walk.twin.network.sizes) <= MOST_UNITS:
        rows += [row for layer in layers for row in _rows_of_layer(layer, words)]
    return rows


def _rule_of(moments: Sequence[Moment]) -> Moment:
    return next(one for one in moments if one.name == "rule")


def _rows_of_layer(moments: Sequence[Moment], more: str) -> Iterator[Row]:
    """What a stage makes of one layer, from what came to it: lines between are left out."""
    made = {one.result.name for one in moments}
    words = f"layer {moments[0].layer}"
    if moments[0].stage is Stage.BACKWARD:
        kept = frozenset[str]().union(*SUMMARIES[Stage.BACKWARD].values())
        for one in moments:
            if one.name in kept:
                tableaux = map(tableau_of, _result_first(one))
                yield Row(f"{words}: {WORDS[one.name]}", (), tuple(tableaux))
        return
    known = {*made, "η"}  # which is in the words
    inputs = {g.name: g for one in moments for g in one.glimpses if g.name not in known}
    yield Row(f"{words}{more}", (), tuple(map(tableau_of, (moments[-1].result, *inputs.values()))))


def passages_of(stroll: Stroll) -> Sequence[Passage]:
    """Return the code to show."""
    walk, moment = stroll.walk, stroll.moment
    if moment is None or stroll.stride is Stride.STAGE:
        return walk.passages_of(None if moment is None else moment.stage)
    if stroll.stride is Stride.LAYER:
        return walk.passages(walk.moments_beside(stroll.at))
    return walk.passages([stroll.at])


def headline_of(stroll: Stroll, step: int) -> str:
    """Say where a person stands; `step` is the last that the run has taken."""
    walk, moment = stroll.walk, stroll.moment
    if moment is None:
        return f"Step {spaced(step + 1)}: press Right to begin"
    words = [moment.stage.capitalize()]
    if moment.stage is not Stage.LOSS and stroll.stride is not Stride.STAGE:
        words.append(f"layer {moment.layer} of {walk.count}")
    if stroll.stride is Stride.LINE:
        numbers = walk.moments_beside(stroll.at)
        words.append(f"line {stroll.at - numbers.start + 1} of {len(numbers)}")
    return f"{', '.join(words)} (step {spaced(step + 1)})"


def prepared(walk: Walk) -> Iterator[None]:
    """Set all formulas and read all sources that a walk will show, a little at a time.

    Each takes some milliseconds when it is first wanted, and none afterwards.
    """
    for stage in Stage:
        for latex in overview_of(stage, walk.twin.network):
            set_formula(latex)
            yield
        walk.passages_of(stage)
        yield
    known, phi = set[tuple[str, str]](), walk.twin.network.activations
    for number, moment in enumerate(walk.moments):
        name = phi[moment.layer - 1].name if moment.layer <= len(phi) else ""
        if (moment.name, name) not in known:
            known.add((moment.name, name))
            for latex in formulas_of(moment, walk.twin):
                set_formula(latex)
                yield
            walk.passages([number])
            yield


def _batch_of(walk: Walk) -> tuple[Glimpse, Glimpse]:
    loss = next(one for one in walk.moments if one.stage is Stage.LOSS)
    return walk.moments[0].glimpses[0], loss.glimpses[1]


def _result_first(moment: Moment) -> tuple[Glimpse, ...]:
    return (moment.result, *moment.glimpses[:-1])
