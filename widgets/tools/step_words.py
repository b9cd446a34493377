"""What the columns of a walk show where a person stands: rows of formulas and numbers, and words."""

from core.moments import Stage
from core.walks import Walk
from lab.formulas import WORDS, formulas_of, overview_of
from lab.strolls import Stride, Stroll
from widgets.tools.step_rows import Row
from widgets.tools.tableau import tableau_of, tableau_of_layers

LOOP = "forward, loss, backward, update"


def rows_of(stroll: Stroll) -> tuple[list[Row], int | None]:
    """Return the rows to show, and which of them is the current one."""
    walk, moment = stroll.walk, stroll.moment
    if moment is None:
        x, y = walk.moments[0].glimpses[0], walk.moments[walk.ends[Stage.LOSS, walk.count]].glimpses[1]
        return [Row("the batch", (r"h_0 = x",), (tableau_of(x), tableau_of(y)))], None
    if stroll.stride is Stride.STAGE and moment.stage is not Stage.LOSS:
        names, values = walk.norms(moment.stage)
        table = tableau_of_layers("layer by layer", names, values)
        return [Row("every layer", overview_of(moment.stage, walk.twin.network), (table,))], None
    numbers = walk.moments_beside(stroll.at)
    rows = [
        Row(
            WORDS[one.name],
            formulas_of(one, walk.twin),
            tuple(map(tableau_of, one.glimpses)),
        )
        for one in (walk.moments[number] for number in numbers)
    ]
    return rows, stroll.at - numbers.start


def headline_of(stroll: Stroll, step: int) -> str:
    """Say in a sentence where a person stands."""
    walk, moment = stroll.walk, stroll.moment
    samples = "one sample" if walk.batch == 1 else f"a batch of {walk.batch}"
    where = f"step {step + 1}, {samples}"
    if moment is None:
        return f"Ready for {where}"
    stage = moment.stage.capitalize()
    if stroll.stride is Stride.STAGE:
        return f"{stage} of {where}"
    if moment.stage is Stage.LOSS:
        return f"{stage} of {where}"
    numbers = walk.moments_beside(stroll.at)
    line = f"line {stroll.at - numbers.start + 1} of {len(numbers)}"
    return f"{stage}, layer {moment.layer} of {walk.count}, {line}; {where}"
