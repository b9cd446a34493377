"""What was measured about each of the three myths, in a sentence with its numbers.

A network that does not learn shows none of them: the sentence says so then.
"""

import math

from core.arrays import Array
from core.datasets import Task
from lab.memorizing import SHUFFLED, Memorizing
from lab.optima import SEEDS, Found
from lab.races import Race
from lab.words import brief, known, number, percent, spaced

TANGIBLE = 1.1  # times the higher end: under it a hill is none
HARDLY = 0.9  # of the loss at the start: over it nothing was learned
BARELY = 0.05  # of the samples: what is right beyond guessing


def words_of_race(race: Race) -> str:
    """Say who is lower, and how much sooner."""
    lines = race.lines
    passes, start = float(lines.forwards[-1]), float(lines.search[0])
    descent, search = float(lines.descent[-1]), float(lines.search[-1])
    if race.divergence:
        ended = f"Random search ended at {number(search)}."
        return f"Gradient descent {race.divergence}. {ended}"
    ends = (
        f"After {spaced(round(passes))} forward passes gradient descent is at {number(descent)}, "
        f"random search at {number(search)}"
    )
    if min(descent, search) > HARDLY * start:
        return f"{ends}, from {number(start)}: this network hardly learns, either way."
    if descent > search:
        return f"{ends}: here the search, which sees all samples at every try, ends lower."
    tries = f"{percent(race.kept, 0)} of the search's tries were kept"
    if not lines.overtaken:
        return f"{ends}, no lower than at the start. {tries}."
    sooner = f"gradient descent was as low as that after {spaced(round(lines.overtaken))}"
    return f"{ends}; {sooner}, {brief(passes / lines.overtaken)} times sooner. {tries}."


def words_of_memorizing(found: Memorizing) -> str:
    """Say how well the training samples were learned, and what the test set makes of it."""
    outcome, diverged = found.outcome, found.diverged
    assert outcome is not None
    if len(diverged) == len(outcome.train_loss):
        first = spaced(min(diverged.values()))
        return (
            f"All {len(diverged)} networks diverged, the first at step {first}: there is nothing "
            "to compare. A lower learning rate may help."
        )
    numbers = found.spec.source.task is Task.REGRESSION
    train, test = outcome[:2] if numbers else outcome[2:]
    shown = known if numbers else _percent
    true, mixed, none = (
        (shown(float(train[place])), shown(float(test[place])))
        for place in (0, SHUFFLED.index(100), -1)
    )
    measured = "a loss of {} in training, of {}" if numbers else "{} right in training, {}"
    text = (
        f"True labels: {measured.format(*true)} in the test; all shuffled: {mixed[0]} and "
        f"{mixed[1]}; none: {none[0]} and {none[1]}. Guessing gives {shown(found.guessing)}."
    )
    if diverged:
        names = [*(f"{share} % shuffled labels" if share else "true labels" for share in SHUFFLED)]
        names.append("no labels")
        steps = (f"{names[place]} at step {spaced(diverged[place])}" for place in sorted(diverged))
        text += f" Diverged: {', '.join(steps)}."
    if 0 not in diverged and not _has_learned(train, found.guessing, numbers=numbers):
        text += " This network has not even learned the true labels: give it more steps."
    return text


def words_of_optima(found: Found) -> str:
    """Say how far apart the networks ended, and how high the hill between two is."""
    optima, line = found.optima, found.line
    if optima is None or line is None:
        return f"All {SEEDS} networks diverged: there is nothing to compare."
    low, high = float(optima.losses[0]), float(optima.losses[-1])
    middle = float(optima.losses[len(optima.losses) // 2])
    diverged = f" {optima.diverged} diverged." if optima.diverged else ""
    count = len(optima.losses)
    some = f"{count} of {SEEDS}" if count < SEEDS else f"{SEEDS}"
    spread = (
        f"{some} networks ended at {number(low)} to {number(high)}, "
        f"half of them above {number(middle)}.{diverged}"
    )
    ends = [float(line.losses[0]), float(line.losses[-1])]
    between = f"between A ({number(ends[0])}) and B ({number(ends[1])})"
    if line.start == line.end:
        return f"{spread} A and B are the same network."
    if not line.hill > TANGIBLE * max(ends):
        return (
            f"{spread} There is hardly a hill {between}: the highest loss is {number(line.hill)}."
        )
    return f"{spread} The straight line {between} climbs to {number(line.hill)}."


def _percent(share: float) -> str:
    return known(share) if math.isnan(share) else percent(share, 0)


def _has_learned(train: Array, guessing: float, *, numbers: bool) -> bool:
    if numbers:
        return bool(train[0] < HARDLY * guessing)
    return bool(train[0] > guessing + BARELY)
